"""WebP, always written losslessly: a second lossy coding would change what was not touched."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from .content import Content, Notes, check_size, content_of

MAGIC = b"RIFF"
DEPTHS, ALPHA = (8,), True


def read(data: bytes) -> Content:
    """RGB or RGBA of 8 bits."""
    with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
        check_size(*image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise ValueError("it is animated")
        info = image.info
        notes = Notes(info.get("icc_profile"), info.get("exif"), info.get("xmp"))
        return content_of(np.asarray(image), notes)


def write(content: Content) -> bytes:
    """A lossless file; colours stay where nothing shows through alpha, too."""
    notes = content.native or content.notes
    samples = content.samples
    if samples.shape[-1] < 3:
        samples = np.concatenate([samples[..., :1]] * 3 + [samples[..., 1:]], axis=-1)
    known = {"icc_profile": notes.icc, "exif": notes.exif, "xmp": notes.xmp}
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(samples)).save(
        out, "WEBP", lossless=True, exact=True, **{name: value for name, value in known.items() if value})
    return out.getvalue()
