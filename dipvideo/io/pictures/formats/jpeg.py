"""JPEG, edited in its own luma and chroma and written with its own tables: blocks without a patch hardly change.

Decoding rounds samples, so a second coding cannot promise the same ones. With the same tables, the same subsampling
and no way through RGB the rounding mostly finds the old coefficients again; saturated blocks and qualities above 90
are the exceptions. Blocks at the picture's edge reach beyond it: their hidden samples are decoded, too, by telling
the decoder a larger size.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ....planes import Planes
from ...planes import view
from .codec import decode
from .content import Content, check_size

MAGIC = b"\xff\xd8\xff"
DEPTHS, ALPHA = (8,), False

_SUBSAMPLING = {(0, 0): 0, (1, 0): 1, (1, 1): 2}  # Pillow's names; others are written 4:4:4
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers that begin with depth, height and width
_SCAN = 0xDA
_QUALITY = 98  # of pictures that come from another format
_ACCURATE = {"idct": "int"}  # libjpeg's own: what it rounded is found again most often


@dataclass(frozen=True, slots=True)
class Coding:
    """How a JPEG was coded.

    keywords: of Pillow's JPEG writer; size: (height, width); arrays: planes with the hidden samples beyond it.
    """

    keywords: dict[str, Any]
    size: tuple[int, int]
    arrays: tuple[np.ndarray, ...]


def read(data: bytes) -> Content:
    """Luma and chroma, or grey, as the file has them. An orientation tag is kept and not followed."""
    with Image.open(io.BytesIO(data)) as image:
        check_size(*image.size)
        if image.mode not in ("L", "RGB"):
            raise ValueError("its colours are those of print (CMYK)")
        image.load()  # FFmpeg hands out half a picture without a word; this raises where the file is cut off
        info = image.info
        keep = {name: info[name] for name in ("exif", "icc_profile", "xmp", "comment", "dpi") if info.get(name)}
        progressive = bool(info.get("progressive"))
        keep |= {"qtables": image.quantization, "progressive": progressive}
        width, height = image.size
        # Scans of one component count its own blocks, not those of all: there the size may grow to 8 only.
        block_x, block_y = (8, 8) if progressive or not _interleaved(data) else (
            8 * max(x for _, x, _, _ in image.layer), 8 * max(y for _, _, y, _ in image.layer))
    whole = view(decode("mjpeg", _resized(data, -(-height // block_y) * block_y, -(-width // block_x) * block_x),
                        _ACCURATE))
    layout, arrays = whole.layout, tuple(a.copy() for a in whole.arrays)
    y, x = (layout.shift_y, layout.shift_x) if layout.family == "yuv" else (0, 0)
    seen = [arrays[0][:height, :width], *(a[:-(-height >> y), :-(-width >> x)] for a in arrays[1:])]
    return Content(Planes(layout, tuple(seen)), native=Coding(keep, (height, width), arrays))


def write(content: Content) -> bytes:
    """Its own tables and subsampling, or quality 98 in 4:4:4 for a picture from another format."""
    layout, arrays = content.planes.layout, content.planes.arrays
    if content.native is not None:
        keywords, arrays = content.native.keywords, content.native.arrays
        if layout.family == "rgb":
            keywords = keywords | {"keep_rgb": True}
    else:
        notes = content.notes
        known = {"icc_profile": notes.icc, "exif": notes.exif, "xmp": notes.xmp, "dpi": notes.dpi}
        if notes.exif:
            known["exif"] = b"Exif\0\0" + notes.exif.removeprefix(b"Exif\0\0")
        keywords = {"quality": _QUALITY, **{name: value for name, value in known.items() if value}}
    if layout.family == "yuv":  # repeated chroma is averaged back to itself
        height, width = arrays[0].shape
        arrays = (arrays[0], *(np.repeat(np.repeat(a, 1 << layout.shift_y, 0), 1 << layout.shift_x, 1)[:height, :width]
                               for a in arrays[1:]))
    mode = {"gray": "L", "rgb": "RGB", "yuv": "YCbCr"}[layout.family]
    image = Image.merge(mode, [Image.fromarray(np.ascontiguousarray(a)) for a in arrays])
    if mode != "L":
        keywords = keywords | {"subsampling": _SUBSAMPLING.get((layout.shift_x, layout.shift_y), 0)}
    out = io.BytesIO()
    image.save(out, "JPEG", optimize=True, **keywords)
    return out.getvalue() if content.native is None else _resized(out.getvalue(), *content.native.size)


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """(marker, place of its content) up to the first scan."""
    place = 2
    while place + 4 <= len(data):
        marker = data[place + 1]
        if data[place] != 0xFF or marker == 0xFF:  # fill bytes
            place += 1
            continue
        yield marker, place + 4
        if marker == _SCAN:
            return
        place += 2 + struct.unpack_from(">H", data, place + 2)[0]


def _resized(data: bytes, height: int, width: int) -> bytes:
    """The same blocks said to be a picture of another size; it must need as many of them."""
    place = next(place for marker, place in _segments(data) if marker in _FRAMES)
    return data[:place + 1] + struct.pack(">HH", height, width) + data[place + 5:]


def _interleaved(data: bytes) -> bool:
    """Whether the first scan holds every component."""
    first = dict(_segments(data))
    frame = next(place for marker, place in first.items() if marker in _FRAMES)
    return data[first[_SCAN]] == data[frame + 5]
