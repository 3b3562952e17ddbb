"""What a picture file holds, and how arrays of samples become that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....planes import PixelLayout, Planes

MOST_PIXELS = 1 << 28  # of a picture that is believed: 16384 × 16384


@dataclass(frozen=True, slots=True)
class Notes:
    """What travels beside the samples from one format to another: an ICC profile, EXIF and XMP data, dots an inch."""

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a picture file holds.

    planes: its samples, which may be edited in place.
    alpha: (H, W) samples of their type, or None; nothing here edits them.
    native: what its own format needs to write it as it came; None for a picture that came from another one.
    notes: for a picture that came from another format.
    """

    planes: Planes
    alpha: np.ndarray | None = None
    native: Any = None
    notes: Notes = field(default_factory=Notes)

    @property
    def samples(self) -> np.ndarray:
        """(H, W, C) of "gray" or "rgb" planes and alpha after them."""
        arrays = self.planes.arrays
        return np.stack(arrays if self.alpha is None else (*arrays, self.alpha), axis=-1)


def content_of(samples: np.ndarray, native: Any = None) -> Content:
    """The content of (H, W) or (H, W, C) samples: grey, grey and alpha, RGB or RGBA; uint8, uint16 or floats."""
    if samples.ndim == 2:
        samples = samples[..., None]
    dtype = np.float32 if samples.dtype.kind == "f" else samples.dtype.newbyteorder("=")
    planes = [np.array(samples[..., i], dtype) for i in range(samples.shape[-1])]
    alpha = planes.pop() if len(planes) in (2, 4) else None
    layout = PixelLayout("gray" if len(planes) == 1 else "rgb", 8 * planes[0].itemsize, full_range=True)
    return Content(Planes(layout, tuple(planes)), alpha, native)


def check_size(width: int, height: int) -> None:
    """Raise ValueError for a size that nobody's picture has, before memory is asked for."""
    if not 0 < width * height <= MOST_PIXELS:
        raise ValueError(f"it says that it is {width}x{height}")
