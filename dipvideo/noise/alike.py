"""A single picture without its noise: groups of blocks that look alike are shrunk together.

BM3D (Dabov et al., IEEE TIP 2007): hard thresholds, then the empirical Wiener filter, guided by what they gave. What is
alike is sought in the noisy picture itself first: in one that `shrunk` has cleaned, whose leftover noise has the same
grain everywhere, a hill with noise of 25/255 comes out at 32.4 dB instead of 32.8 (`shrunk` alone: 31.7).
"""

from __future__ import annotations

import numpy as np
import torch

from .blocks import turned, turned_back
from .groups import MARGIN, Groups, Shares, filtered, grouped
from .shrink import LEAST

THRESHOLD = 2.7  # deviations of the noise that a group's coefficient must exceed to be kept at first
FIRST_COUNT = 16  # blocks of a group at first, then 32


def shrunk_alike(picture: np.ndarray, levels: np.ndarray,
                 groups: tuple[Groups, ...] = ()) -> tuple[np.ndarray, tuple[Groups, ...]]:
    """(h, w, 3) float32 without white noise of deviations `levels` (as in `shrunk`), and the groups of both times.

    picture: (h, w, 3) float32 in [0, 1]; groups: to take instead of looking for them, as for the same picture a
    little noisier.
    """
    noisy = torch.from_numpy(np.pad(turned(picture), ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)), mode="symmetric"))
    deviations = [max(float(level), LEAST) for level in levels[:len(noisy)]]
    once, twice = groups or (grouped(noisy[0].numpy(), count=FIRST_COUNT), None)
    guide = torch.stack([filtered(plane, once, _large(level))
                         for plane, level in zip(noisy, deviations, strict=True)])
    twice = twice or grouped(guide[0].numpy())
    clean = torch.stack([filtered(plane, twice, _wiener(level), known)
                         for plane, known, level in zip(noisy, guide, deviations, strict=True)])
    return turned_back(clean[:, MARGIN:-MARGIN, MARGIN:-MARGIN].numpy()), (once, twice)


def _large(level: float) -> Shares:
    return lambda found, _: (found.abs() > THRESHOLD * level).float()


def _wiener(level: float) -> Shares:
    def share(_: torch.Tensor, clean: torch.Tensor) -> torch.Tensor:
        power = clean.square()
        return power / (power + level**2)

    return share
