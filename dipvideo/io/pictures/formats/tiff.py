"""TIFF: through tifffile, which keeps alpha and 16 bits as they are; FFmpeg reads the compressions it lacks."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from .codec import decode, plane_of
from .content import Content, check_size, content_of

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
DEPTHS, ALPHA = (8, 16, 32), True

# tags that say something of the picture rather than of how its samples lie in the file
_KEPT = {269, 270, 271, 272, 274, 285, 301, 305, 306, 315, 316, 318, 319, 700, 33432, 33723, 34377, 34675, 51043}
_ICC, _XMP = 34675, 700
_TIFFFILE_READS = {1, 8, 32946, 32773}  # none, Deflate (two numbers), PackBits
_FFMPEG = {"gray": ("u1", 1), "ya8": ("u1", 2), "rgb24": ("u1", 3), "rgba": ("u1", 4), "gray16le": ("<u2", 1),
           "gray16be": (">u2", 1), "ya16le": ("<u2", 2), "rgb48le": ("<u2", 3), "rgb48be": (">u2", 3),
           "rgba64le": ("<u2", 4), "rgba64be": (">u2", 4)}

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # without one it writes to the screen


@dataclass(frozen=True, slots=True)
class Tags:
    """What a TIFF is written with again: keywords of tifffile's writer, and the samples' type in the file."""

    keywords: dict[str, Any]
    dtype: np.dtype


def read(data: bytes) -> Content:
    """Grey or RGB, with alpha or without, of 8 or 16 bits or floats. An orientation tag is kept and not followed."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages = [page for page in file.pages if not page.is_reduced]
        if len(pages) != 1:
            raise ValueError(f"it holds {len(pages)} pictures")
        page = pages[0].aspage()
        check_size(page.imagewidth, page.imagelength)
        if page.photometric not in (1, 2) or page.bitspersample < 8:
            return _converted(data)
        samples = _samples(page, data)
        if samples.dtype not in (np.uint8, np.uint16, np.float16, np.float32) or samples.shape[-1] > 4:
            raise ValueError(f"it has {samples.shape[-1]} channels of {samples.dtype}")
        raw = page.compression == 1
        keywords = {
            "photometric": int(page.photometric), "extrasamples": [int(x) for x in page.extrasamples] or None,
            "compression": None if raw else "zlib", "predictor": not raw and samples.dtype.kind == "u",
            "byteorder": file.byteorder, "bigtiff": file.is_bigtiff,
            "extratags": [(t.code, int(t.dtype), t.count, t.value, True) for t in page.tags if t.code in _KEPT]}
        if 282 in page.tags and 283 in page.tags:
            keywords |= {"resolution": (page.tags[282].value, page.tags[283].value),
                         "resolutionunit": int(page.resolutionunit)}
        return content_of(samples, Tags(keywords, samples.dtype))


def write(content: Content) -> bytes:
    """Uncompressed if it came so, else Deflate; a picture from another format is written with Deflate."""
    samples, native = content.samples, content.native
    if native is None:
        notes = content.notes
        tags = [(_ICC, 7, len(notes.icc), notes.icc, True)] if notes.icc else []
        tags += [(_XMP, 1, len(notes.xmp), notes.xmp, True)] if notes.xmp else []
        keywords = {"photometric": 2 if samples.shape[-1] > 2 else 1, "compression": "zlib",
                    "predictor": samples.dtype.kind == "u", "extratags": tags,
                    "extrasamples": ["unassalpha"] if content.alpha is not None else None}
        if notes.dpi:
            keywords |= {"resolution": notes.dpi, "resolutionunit": 2}
    else:
        keywords, samples = native.keywords, samples.astype(native.dtype.newbyteorder("="))
    out = io.BytesIO()
    tifffile.imwrite(out, samples if samples.shape[-1] > 1 else samples[..., 0], metadata=None, software=False,
                     planarconfig=1 if samples.shape[-1] > 1 else None, **keywords)
    return out.getvalue()


def _samples(page: tifffile.TiffPage, data: bytes) -> np.ndarray:
    """(H, W, C)."""
    if page.compression in _TIFFFILE_READS and page.predictor in (1, 2):
        samples = page.asarray()
        if page.planarconfig == 2 and samples.ndim == 3:
            samples = np.moveaxis(samples, 0, -1)
        return samples.reshape(*samples.shape[:2], -1)
    frame = decode("tiff", data)
    if frame.format.name not in _FFMPEG:
        raise ValueError(f"its compression ({page.compression.name}) is not known for such samples")
    dtype, channels = _FFMPEG[frame.format.name]
    samples = plane_of(frame, 0, dtype, channels)
    return samples.reshape(*samples.shape[:2], channels)


def _converted(data: bytes) -> Content:
    """Palettes, one bit, and 0 for white as 8 bits; what they were is not written again."""
    with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
        mode = {"1": "L", "L": "L", "P": "RGB"}.get(image.mode)
        if mode is None:
            raise ValueError(f"its colours are {image.mode}")
        return content_of(np.asarray(image.convert(mode)))
