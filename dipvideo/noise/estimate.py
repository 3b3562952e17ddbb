"""How strong the noise of a picture is, from the picture alone.

Immerkær's and the wavelets' estimators take all fine detail for noise; here only the quarter of the blocks that are
smoothest in their middle frequencies is asked for its high ones, so that texture is not counted: five
pictures with noise of 25/255 give 24 to 25, and without it 1 to 5. Grain that compression has smoothed is
underestimated by all of them.
"""

from __future__ import annotations

import numpy as np
import torch

from .blocks import SIDE, cosines, turned, turned_back

SMOOTHEST = 0.25  # share of the blocks that are asked
GAUSS = 0.6745  # median of |x| for a normal x of deviation 1
MOST_BLOCKS = 40_000  # more do not tell more
FLOOR = 0.5  # of the grey noise, for a colour that seems to have less: halved chroma hides its noise from high ones

_RANK = np.add.outer(np.arange(SIDE), np.arange(SIDE))
_MIDDLE, _HIGH = (_RANK >= 2) & (_RANK < 6), _RANK >= 9


def levels_of(picture: np.ndarray) -> np.ndarray:
    """(3,) float32: deviations of the noise in the colours of `turned`, for a (h, w, 3) float32 picture in [0, 1]."""
    planes = turned(picture)
    step = max(int(np.sqrt(planes[0].size / MOST_BLOCKS)), 4)
    found = [_level(torch.from_numpy(plane), step) for plane in planes]
    return np.maximum(np.array((found * 3)[:3] if len(found) == 1 else found, np.float32), FLOOR * found[0])


def white(level: float) -> np.ndarray:
    """The levels of noise that is equally strong in red, green and blue."""
    return np.full(3, level, np.float32)


def drawn(picture: np.ndarray, levels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """(h, w, 3) float32: noise of these levels, as it would lie on `picture` (grey on grey)."""
    planes = turned(picture)
    noise = draw.standard_normal(planes.shape, np.float32) * levels[:len(planes), None, None]
    return turned_back(noise)


def _level(plane: torch.Tensor, step: int) -> float:
    if min(plane.shape) < SIDE:
        return 0.0
    found = cosines(plane, step).flatten(2).numpy()
    smoothness = np.square(found[_MIDDLE]).reshape(_MIDDLE.sum(), -1).sum(0)
    count = max(int(smoothness.size * SMOOTHEST), 1)
    smoothest = np.argpartition(smoothness, count - 1)[:count]
    high = found[_HIGH].reshape(_HIGH.sum(), -1)[:, smoothest]
    return float(np.median(np.abs(high)) / GAUSS)
