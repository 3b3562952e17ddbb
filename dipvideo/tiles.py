"""Large pictures in parts: boxes that overlap, and their answers put together without a seam."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .geometry import Box
from .planes import Patch

OVERLAP = 32  # pixels that neighbours share at the least


def tiles(box: Box, most: int) -> list[Box]:
    """Boxes of one size, with sides of at most `most` pixels, that cover `box` and overlap by OVERLAP."""
    (height, tops), (width, lefts) = (_spans(side, most) for side in (box.height, box.width))
    return [Box(box.top + t, box.left + x, box.top + t + height, box.left + x + width) for t in tops for x in lefts]


def joined(box: Box, patches: Sequence[Patch]) -> Patch:
    """One patch for all of `box`: the only one there is, or of several, which make every pixel anew, at each pixel the
    mean of those that cover it, weighing more the further inside it lies."""
    if len(patches) == 1:
        return patches[0]
    total = np.zeros((box.height, box.width, 3), np.float32)
    weight = np.zeros(total.shape[:2], np.float32)
    for patch in patches:
        part = patch.box.within(box)
        ramp = np.minimum(*np.meshgrid(*(_ramp(side) for side in patch.weight.shape), indexing="ij"))
        total[part] += patch.rgb * ramp[..., None]
        weight[part] += ramp
    return Patch(box, total / weight[..., None], np.ones_like(weight))


def _spans(side: int, most: int) -> tuple[int, list[int]]:
    if side <= most:
        return side, [0]
    count = -(-(side - OVERLAP) // (most - OVERLAP))
    return most, [round(place * (side - most) / (count - 1)) for place in range(count)]


def _ramp(side: int) -> np.ndarray:
    """1 inside, falling towards both ends over the overlap."""
    return np.minimum(np.minimum(np.arange(side) + 1, np.arange(side, 0, -1)), OVERLAP).astype(np.float32)
