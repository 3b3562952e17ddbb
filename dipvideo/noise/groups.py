"""Blocks of a picture that look alike, wherever they lie in it, and what is common to them told from what is not.

After Dabov et al.: Image denoising by sparse 3-D transform-domain collaborative filtering (BM3D), IEEE TIP 2007: each
group of like blocks is turned as a whole into few large coefficients and many small ones. Groups overlap, and each
pixel's answer is the mean of all it is in, those weighing most that needed the fewest coefficients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch

from .blocks import SIDE, cosines, spread, summed

REACH = 16  # pixels in which like blocks are sought, on all sides; 10 cost .13 dB on a hill with noise of 25/255
MARGIN = 2 * SIDE  # pixels by which a picture should be continued, so that its rim is in as many groups as the rest
STRIP = 16  # rows of groups at a time
PART = 2048  # groups at a time
FAR = 1e3  # what lies outside the picture looks like nothing in it

Shares = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Groups:
    """Like blocks of (height, width) planes. members: (groups, count), row · columns + column of each one's corner."""

    height: int
    width: int
    members: torch.Tensor

    @property
    def places(self) -> tuple[int, int]:
        return self.height - SIDE + 1, self.width - SIDE + 1


def grouped(guide: np.ndarray, *, step: int = 3, count: int = 32, touching: np.ndarray | None = None) -> Groups:
    """For blocks all over `guide`, those around each that are nearest to it, itself first.

    guide: (h, w) float32 of at least 2 REACH a side; step: pixels from the block of one group to that of the next;
    count: blocks of a group, a power of 2; touching: (h, w) bool, only for blocks with a pixel of these.
    """
    height, width = guide.shape
    rows, columns = height - SIDE + 1, width - SIDE + 1
    moves = [(y, x) for y in range(-REACH, REACH + 1) for x in range(-REACH, REACH + 1)]
    ways = torch.tensor([y * columns + x for y, x in moves])
    wide = np.pad(guide, REACH, constant_values=FAR)
    asked = np.ones(guide.shape, np.float32) if touching is None else touching.astype(np.float32)
    tops, lefts = _starts(rows, step), _starts(columns, step)
    found = []
    for first in range(0, len(tops), STRIP):
        strip = tops[first:first + STRIP]
        top, bottom = strip[0], strip[-1] + SIDE
        mine = guide[top:bottom]
        i, j = np.nonzero(_summed(asked[top:bottom])[np.ix_(strip - top, lefts)] > 0.5)
        i, j = strip[i] - top, lefts[j]
        off = np.empty((len(moves), len(i)), np.float32)
        for row, (y, x) in zip(off, moves, strict=True):
            theirs = wide[top + REACH + y:bottom + REACH + y, REACH + x:REACH + x + width]
            row[:] = _summed(np.square(mine - theirs))[i, j]
        off[len(moves) // 2] = -1  # itself
        nearest = torch.from_numpy(off).t().topk(count, largest=False).indices
        found.append(torch.from_numpy((top + i) * columns + j)[:, None] + ways[nearest])
    return Groups(height, width, torch.cat(found))


def filtered(plane: torch.Tensor, groups: Groups, share: Shares, guide: torch.Tensor | None = None) -> torch.Tensor:
    """`plane`, (h, w), of whose groups' coefficients c only share(c, g) · c is kept, for those g of `guide`.

    Pixels that no group holds become 0.
    """
    mine = _table(plane)
    theirs = mine if guide is None else _table(guide)
    along = _haar(groups.members.shape[1])
    total, weight = torch.zeros_like(mine), torch.zeros(len(mine))
    for members in groups.members.split(PART):
        flat = members.flatten()
        found = _turned(mine[flat], along)
        kept = share(found, found if guide is None else _turned(theirs[flat], along))
        worth = 1 / kept.square().sum((1, 2), keepdim=True).clamp(min=1)
        total.index_add_(0, flat, (along.t() @ found.mul_(kept).mul_(worth)).view(-1, SIDE * SIDE))
        weight.index_add_(0, flat, worth.flatten().repeat_interleave(len(along)))
    whole = total.t().reshape(SIDE, SIDE, *groups.places)
    return summed(whole, 1) / spread(weight.view(groups.places), 1).clamp(min=1e-9)


def _starts(places: int, step: int) -> np.ndarray:
    """Every `step`th place, and the last."""
    return np.unique(np.append(np.arange(0, places, step), places - 1))


def _summed(plane: np.ndarray) -> np.ndarray:
    """(h, w): of the block that begins at each pixel."""
    return cv2.boxFilter(plane, cv2.CV_32F, (SIDE, SIDE), anchor=(0, 0), normalize=False)


def _table(plane: torch.Tensor) -> torch.Tensor:
    """(places, SIDE²): the coefficients of each block."""
    return cosines(plane, 1).flatten(2).flatten(0, 1).t().contiguous()


@cache
def _haar(count: int) -> torch.Tensor:
    """(count, count) orthonormal: the mean of all, then differences of halves, quarters, …: the like stay close."""
    rows = np.ones((1, 1))
    while len(rows) < count:
        rows = np.vstack([np.kron(rows, [1, 1]), np.kron(np.eye(len(rows)), [1, -1])]) / np.sqrt(2)
    return torch.from_numpy(rows.astype(np.float32))


def _turned(blocks: torch.Tensor, along: torch.Tensor) -> torch.Tensor:
    return along @ blocks.view(-1, len(along), SIDE * SIDE)
