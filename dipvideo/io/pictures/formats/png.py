"""PNG: samples through FFmpeg, which has grey with alpha at 16 bits too; every chunk that still holds is kept."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .codec import decode, encode, plane_of
from .content import Content, Notes, check_size, content_of

MAGIC = b"\x89PNG\r\n\x1a\n"
DEPTHS, ALPHA = (8, 16), True

_FORMATS = {(1, 8): "gray", (2, 8): "ya8", (3, 8): "rgb24", (4, 8): "rgba",
            (1, 16): "gray16be", (2, 16): "ya16be", (3, 16): "rgb48be", (4, 16): "rgba64be"}
_CHANNELS = {name: channels for (channels, depth), name in _FORMATS.items()}
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels
_PALETTE = 3
_OWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}  # written anew
_OF_SAMPLES = {b"tRNS", b"bKGD", b"hIST", b"sBIT"}  # mean something for one colour type and depth only
_METRE = 39.37007874  # inches


@dataclass(frozen=True, slots=True)
class Chunks:
    """colour: (colour type, depth) in the file; before, after: the chunks around the samples, name and content."""

    colour: tuple[int, int]
    before: list[tuple[bytes, bytes]]
    after: list[tuple[bytes, bytes]]


def read(data: bytes) -> Content:
    """Samples as they are; palettes and less than 8 bits come as 8 bits. Raises ValueError for what is damaged."""
    chunks = list(_chunks(data))
    names = [name for name, _ in chunks]
    if names[0] != b"IHDR" or names[-1] != b"IEND" or b"IDAT" not in names:
        raise ValueError("it is cut off")
    if b"acTL" in names:
        raise ValueError("it is animated")
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    check_size(width, height)
    samples_at = names.index(b"IDAT")
    native = Chunks((colour, depth), *([c for c in part if c[0] not in _OWN]
                                       for part in (chunks[:samples_at], chunks[samples_at:])))
    if colour == _PALETTE or depth < 8:
        image = Image.open(io.BytesIO(data))
        see_through = "transparency" in image.info
        mode = "LA" if see_through else "L"
        if colour == _PALETTE:
            mode = "RGBA" if see_through else "RGB"
        return content_of(np.asarray(image.convert(mode)), native)
    frame = decode("png", data)
    name = frame.format.name
    return content_of(plane_of(frame, 0, ">u2" if name.endswith("be") else "u1", _CHANNELS[name]), native)


def write(content: Content) -> bytes:
    """A file of the same depth, with the chunks it came with."""
    samples, native = content.samples, content.native
    channels, depth = samples.shape[-1], content.planes.layout.depth
    coded = encode("png", _FORMATS[channels, depth], [samples.astype(">u2") if depth == 16 else samples],
                   {"pred": "mixed"})
    parts = list(_chunks(coded))
    if native is None:
        before, after = _noted(content.notes), []
    else:
        same = native.colour == (_COLOUR_TYPES[channels], depth)
        before, after = ([c for c in part if same or c[0] not in _OF_SAMPLES]
                         for part in (native.before, native.after))
    body = b"".join(inside for name, inside in parts if name == b"IDAT")
    order = [parts[0], *before, (b"IDAT", body), *after, (b"IEND", b"")]
    return MAGIC + b"".join(_chunk(name, inside) for name, inside in order)


def _noted(notes: Notes) -> list[tuple[bytes, bytes]]:
    chunks = []
    if notes.icc:
        chunks.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(notes.icc)))
    if notes.dpi:
        chunks.append((b"pHYs", struct.pack(">IIB", *(round(d * _METRE) for d in notes.dpi), 1)))
    if notes.exif:
        chunks.append((b"eXIf", notes.exif.removeprefix(b"Exif\0\0")))
    return chunks


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every chunk; raises ValueError where one is damaged or cut off."""
    place, name = len(MAGIC), b""
    while name != b"IEND":
        if place + 12 > len(data):
            raise ValueError("it is cut off")
        size, name = struct.unpack_from(">I4s", data, place)
        inside = data[place + 8:place + 8 + size]
        if data[place + 8 + size:place + 12 + size] != struct.pack(">I", zlib.crc32(name + inside)):
            raise ValueError("it is cut off or damaged")
        place += 12 + size
        yield name, inside


def _chunk(name: bytes, inside: bytes) -> bytes:
    return struct.pack(">I4s", len(inside), name) + inside + struct.pack(">I", zlib.crc32(name + inside))
