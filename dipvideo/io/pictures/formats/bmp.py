"""BMP: grey or RGB through Pillow, with alpha through OpenCV, which alone says in the file that it is alpha."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from .content import Content, Notes, check_size, content_of

MAGIC = b"BM"
DEPTHS, ALPHA = (8,), True


def read(data: bytes) -> Content:
    """Grey, RGB or RGBA of 8 bits; palettes come as RGB."""
    with Image.open(io.BytesIO(data), formats=["BMP"]) as image:
        check_size(*image.size)
        notes = Notes(dpi=image.info.get("dpi"))
        mode = {"1": "L", "P": "RGB"}.get(image.mode, image.mode)
        return content_of(np.asarray(image.convert(mode)), notes)


def write(content: Content) -> bytes:
    """An uncompressed file."""
    samples, notes = content.samples, content.native or content.notes
    channels = samples.shape[-1]
    if channels in (2, 4):
        order = [2, 1, 0, 3] if channels == 4 else [0, 0, 0, 1]
        return cv2.imencode(".bmp", np.ascontiguousarray(samples[..., order]))[1].tobytes()
    out = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(samples if channels == 3 else samples[..., 0]))
    image.save(out, "BMP", **({"dpi": notes.dpi} if notes.dpi else {}))
    return out.getvalue()
