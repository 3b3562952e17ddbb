"""Layers from a few labelled pixels: by the colours under them, and by how far away they are along the picture.

Distance along the picture: Bai & Sapiro, Geodesic Matting, IJCV 2009.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.graph import MCP_Geometric

from . import affine, colours
from .guided import GuidedFilter
from .hints import LINES, Hints, reduced
from .moves import Moves
from .patches import steepness
from .search import shares_of
from .sweeps import ELSEWHERE, EPSILON, RADIUS

KERNEL = 8.0  # in Lab: how far a labelled pixel's colour speaks for others; with 15, mean IoU of ten pictures falls .04
SAMPLES = 80  # labelled pixels of a class that speak
FLOOR = 1e-3  # likelihood of a colour that no labelled pixel is near
COLOUR, MOST = 0.7, 4.0  # weight of a colour's improbability, and how much of it counts
FAR, STEP = 2.0, 0.02  # weight of distance; what a pixel costs without an edge. FAR 6: .02 less
CARRIED = 2.0  # weight of where a layer was a frame ago
PINNED = 9.0  # units that a labelled pixel is held to its label by
COVERED = 0.2  # of a reduced pixel, from which its label counts


@dataclass(frozen=True, slots=True)
class Labels:
    """marks: (h, w, classes) bool, at a reduced picture's size; samples: for each class (n, 3) Lab colours under it."""

    marks: np.ndarray
    samples: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, frame: np.ndarray, classes: np.ndarray, lines: int = LINES) -> Labels:
        """frame: (H, W, 3); classes: (H, W) int, −1 where nothing is said, else from 0; lines: of the reduced picture,
        at most."""
        small = reduced(frame, lines)
        size = small.shape[1::-1]
        marks = np.stack([cv2.resize((classes == n).astype(np.float32), size, interpolation=cv2.INTER_AREA)
                          for n in range(classes.max() + 1)], -1)
        marks = (marks > np.minimum(COVERED, marks.max((0, 1)) / 2)) & (marks == marks.max(-1, keepdims=True))
        lab = colours.lab_of(small[None])[0]
        under = (lab[marks[..., n]] for n in range(marks.shape[-1]))
        return cls(marks, tuple(found[::max(len(found) // SAMPLES, 1)] for found in under))

    def unlikely(self, lab: np.ndarray) -> np.ndarray:
        """(h, w, classes): minus the logarithm of how likely a colour is, by the labelled pixels near it."""
        near = [np.exp(((lab[:, :, None] - some) ** 2).sum(-1) / (-2 * KERNEL**2)).mean(-1) for some in self.samples]
        cost = -np.log(np.stack(near, -1) + FLOOR)
        return COLOUR * np.minimum(cost - cost.min(-1, keepdims=True), MOST)

    def away(self, lab: np.ndarray) -> np.ndarray:
        """(h, w, classes): the way to the nearest labelled pixel of each class, longer across edges."""
        slope = steepness(lab / 100)
        ways = [MCP_Geometric(STEP + slope).find_costs(np.argwhere(self.marks[..., n]))[0]
                for n in range(self.marks.shape[-1])]
        return FAR * np.stack(ways, -1)


def spread(frame: np.ndarray, labels: Labels) -> np.ndarray:
    """(h, w, classes) float32 shares of the labelled frame."""
    small = reduced(frame)
    lab = colours.lab_of(small[None])[0]
    cost = labels.unlikely(lab) + labels.away(lab)
    some = labels.marks.any(-1)
    cost[some] = PINNED * ~labels.marks[some]
    return shares_of(_smooth(small, cost))


def carry(frames: np.ndarray, labels: Labels, first: np.ndarray | None) -> Hints:
    """Shares of all frames of a shot, from those of its first; by colour alone where there are none."""
    small = np.stack([reduced(frame) for frame in frames])
    moves, lab = Moves.of(small), colours.lab_of(small)
    if first is None:
        first = shares_of(_smooth(small[0], labels.unlikely(lab[0])))
    shares = [first]
    for place in range(1, len(small)):
        there = affine.warped(shares[-1], moves.behind[place])
        cost = labels.unlikely(lab[place]) - CARRIED * np.log(there + ELSEWHERE)
        shares.append(shares_of(_smooth(small[place], cost)))
    return Hints(small, np.stack(shares), moves, 1, np.arange(shares[0].shape[-1]))


def _smooth(small: np.ndarray, cost: np.ndarray) -> np.ndarray:
    return GuidedFilter(small.astype(np.float32) / 255, RADIUS, EPSILON)(cost.astype(np.float32))
