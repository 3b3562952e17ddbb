"""OpenEXR: samples through FFmpeg, half stays half; the header's own attributes are kept by hand.

A patched picture comes out as scan lines over its display window, uncompressed, RLE, ZIPS or ZIP as it was, and ZIP
where FFmpeg cannot write what it was (PIZ, and the lossy ones): the samples are the same.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from ....planes import PixelLayout, Planes
from .codec import decode, encode, plane_of
from .content import Content, check_size

MAGIC = b"v/1\x01"
DEPTHS, ALPHA = (32,), True

_TILED, _LONG_NAMES, _DEEP, _PARTS = 0x200, 0x400, 0x800, 0x1000
_KINDS = {1: "half", 2: "float"}
_COMPRESSIONS = {0: "none", 1: "rle", 2: "zip1", 3: "zip16"}
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}  # of a block, by compression
_OF_SAMPLES = {b"channels", b"compression", b"lineOrder", b"dataWindow"}  # as the encoder says
_NEEDED = _OF_SAMPLES | {b"displayWindow"}
_STALE = {b"tiles", b"type", b"name", b"version", b"chunkCount", b"preview"}  # hold no longer
_CHANNELS = ({"R", "G", "B"}, {"R", "G", "B", "A"}, {"Y"})

Attributes = dict[bytes, tuple[bytes, bytes]]
"""Type and value by name, in the order of the file."""


@dataclass(frozen=True, slots=True)
class Header:
    """flags: of the version field; size: of the header in bytes, from the file's first."""

    flags: int
    attributes: Attributes
    size: int

    def number(self, name: bytes) -> int:
        return self.attributes[name][1][0]

    def window(self, name: bytes) -> tuple[int, int, int, int]:
        """left, top, right, bottom; the last two are inside."""
        return struct.unpack("<4i", self.attributes[name][1])

    def channels(self) -> dict[str, tuple[int, int, int]]:
        """Type and sampling steps by name."""
        value, place, found = self.attributes[b"channels"][1], 0, {}
        while value[place]:
            end = value.index(0, place)
            kind, x, y = struct.unpack_from("<i4xii", value, end + 1)
            found[value[place:end].decode("latin-1")] = kind, x, y
            place = end + 17
        return found


def read(data: bytes) -> Content:
    """Float32 samples, exact, over the display window. Raises ValueError for what would be lost when written again."""
    header = _header(data)
    if header.flags & (_DEEP | _PARTS):
        raise ValueError("it is deep or has several parts")
    channels = header.channels()
    if set(channels) not in _CHANNELS:
        raise ValueError(f"its channels are {', '.join(channels)}, and only Y, RGB or RGBA can be kept")
    kinds = {kind for kind, _, _ in channels.values()}
    if len(kinds) > 1 or not kinds <= _KINDS.keys() or any((x, y) != (1, 1) for _, x, y in channels.values()):
        raise ValueError("its channels are not all half or all float at full resolution")
    left, top, right, bottom = header.window(b"displayWindow")
    data_left, data_top, data_right, data_bottom = header.window(b"dataWindow")
    check_size(right - left + 1, bottom - top + 1)
    if data_left < left or data_top < top or data_right > right or data_bottom > bottom:
        raise ValueError("its samples reach beyond its display window")
    _check_blocks(data, header)
    frame = decode("exr", _moved(data, header, -left, -top))
    half = "f16" in frame.format.name
    planes = [plane_of(frame, i, "<f2" if half else "<f4").astype(np.float32) for i in range(len(frame.planes))]
    if len(planes) == 1:
        return Content(Planes(PixelLayout("gray", 32, full_range=True), tuple(planes)), None, header)
    green, blue, red, *alpha = planes  # FFmpeg's order
    layout = PixelLayout("rgb", 32, full_range=True)
    return Content(Planes(layout, (red, green, blue)), alpha[0] if alpha else None, header)


def write(content: Content) -> bytes:
    """The same kind of floats and, where it can be written, the same compression; half and ZIP for a new picture."""
    source: Header | None = content.native
    half = source is None or {kind for kind, _, _ in source.channels().values()} == {1}
    compression = "zip16" if source is None else _COMPRESSIONS.get(source.number(b"compression"), "zip16")
    arrays = content.planes.arrays
    if len(arrays) == 1 and content.alpha is not None:
        arrays *= 3
    if len(arrays) == 3:
        arrays = (arrays[1], arrays[2], arrays[0], *([] if content.alpha is None else [content.alpha]))
    pix_fmt = {1: "grayf32le", 3: "gbrpf32le", 4: "gbrapf32le"}[len(arrays)]
    coded = encode("exr", pix_fmt, [a.astype("<f4") for a in arrays],
                   {"format": "half" if half else "float", "compression": compression})
    return coded if source is None else _with_attributes(coded, source)


def _with_attributes(coded: bytes, source: Header) -> bytes:
    """The encoder's file under the source's header, its samples where the display window is."""
    ours = _header(coded)
    kept = {name: value for name, value in source.attributes.items() if name not in _STALE}
    kept |= {name: ours.attributes[name] for name in _OF_SAMPLES | {b"displayWindow"}}
    flags = ours.flags | source.flags & _LONG_NAMES
    head = _head(flags, kept)
    offsets = np.frombuffer(coded, "<u8", _blocks(ours), ours.size) + np.uint64(len(head)) - np.uint64(ours.size)
    whole = head + offsets.astype("<u8").tobytes() + coded[ours.size + offsets.nbytes:]
    left, top, _, _ = source.window(b"displayWindow")
    return _moved(whole, Header(flags, kept, len(head)), left, top)


def _moved(data: bytes, header: Header, x: int, y: int) -> bytes:
    """The same picture elsewhere on its plane; FFmpeg knows it only where the display window begins at 0, 0."""
    if not (x or y):
        return data
    windows = {name: (header.attributes[name][0], struct.pack("<4i", *np.add(header.window(name), (x, y, x, y))))
               for name in (b"dataWindow", b"displayWindow")}
    moved = bytearray(_head(header.flags, header.attributes | windows) + data[header.size:])
    if not header.flags & _TILED:  # tiles are counted from their window's corner, scan lines are not
        for offset in np.frombuffer(data, "<u8", _blocks(header), header.size).tolist():
            struct.pack_into("<i", moved, offset, struct.unpack_from("<i", moved, offset)[0] + y)
    return bytes(moved)


def _head(flags: int, attributes: Attributes) -> bytes:
    return MAGIC + struct.pack("<i", flags) + b"".join(
        name + b"\0" + kind + b"\0" + struct.pack("<i", len(value)) + value
        for name, (kind, value) in attributes.items()) + b"\0"


def _header(data: bytes) -> Header:
    try:
        flags, place, found = struct.unpack_from("<i", data, 4)[0], 8, {}
        while data[place]:
            name_end = data.index(0, place)
            kind_end = data.index(0, name_end + 1)
            size = struct.unpack_from("<i", data, kind_end + 1)[0]
            value = data[kind_end + 5:kind_end + 5 + size]
            found[data[place:name_end]] = data[name_end + 1:kind_end], value
            place = kind_end + 5 + size
            if size < 0 or len(value) < size:
                raise ValueError
    except (ValueError, IndexError, struct.error) as error:
        raise ValueError("it is cut off or damaged") from error
    if not found.keys() >= _NEEDED or found[b"compression"][1][0] not in _LINES:
        raise ValueError("its header lacks what every picture has, or names a compression that is not known")
    return Header(flags, found, place + 1)


def _blocks(header: Header) -> int:
    """How many blocks of samples follow the header."""
    left, top, right, bottom = header.window(b"dataWindow")
    if not header.flags & _TILED:
        return -(-(bottom - top + 1) // _LINES[header.number(b"compression")])
    width, height, mode = struct.unpack("<IIB", header.attributes[b"tiles"][1])
    if mode & 15:
        raise ValueError("it holds the picture at several sizes")
    return -(-(right - left + 1) // width) * -(-(bottom - top + 1) // height)


def _check_blocks(data: bytes, header: Header) -> None:
    """FFmpeg fills what is missing with black and says nothing."""
    count, fields = _blocks(header), 20 if header.flags & _TILED else 8  # bytes before a block's samples
    if header.size + 8 * count > len(data):
        raise ValueError("it is cut off")
    for offset in np.frombuffer(data, "<u8", count, header.size).tolist():
        if offset + fields > len(data) or offset < header.size or (
                offset + fields + struct.unpack_from("<i", data, offset + fields - 4)[0] > len(data)):
            raise ValueError("it is cut off")
