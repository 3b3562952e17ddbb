"""How the picture comes through a mark: y = (1 − α) x + α w, with α and w the same in all frames, so x is y stretched
and shifted. Neither α nor w need be known: mean and deviation of x over the frames are nearly those beside the mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..geometry import Box
from .membrane import Membrane

STEEP, STEEPEST = 2.5, 5.0  # times: what is stretched more is trusted less, and not at all: it is noise
LEAST_SPREAD = 0.01  # deviation of the picture beside a mark, below which nothing is learnt from it
# Where the mark does not change from one pixel to the next, the picture's own step between them is known but for the
# stretching; other steps are taken for 0, and believed STEPPED times. A mark changes where edges are steadier than EVEN
# or deviation changes by a factor of e^LEAP; it does not, whatever edges say, below e^ALIKE. Six marks on four clips of
# 48 frames, read through: 30.6 dB in the mean with a membrane alone, 32.9 with EVEN alone, 35.5 so.
EVEN, LEAP, ALIKE, STEPPED = 0.2, 0.15, 0.05, 0.3
FAINTEST = 1e-3  # deviation: what changes less is taken to change so much
# Where what is read comes out so many times as rough as the picture beside the mark, for an edge that stayed or noise
# that was stretched, its median over MEDIAN pixels stands in for it, in part and wholly …
UNEVEN, UNEVENEST, MEDIAN = 1.3, 2.0, 5
# … and where that is so rough, it is believed less, and not at all. Six made marks, masks told: 33.7 dB in the mean
# without both, 33.4 with both, 33.0 with 1.4 and 2; but names on real films stay as specks without.
ROUGH, ROUGHEST = 2.0, 3.0
WINDOW = 5  # pixels on a side that roughness is told over
CALM = 0.5 / 255  # roughness of any picture
REACHES, ENOUGH = (2, 5, 12, 40), 0.05  # pixels that values are carried in from, and how much must be known


@dataclass(frozen=True, slots=True)
class Mark:
    """hole: (H, W) bool; gain, shift: (H, W, 3) float32, so that x = gain · y + shift; trust: (H, W) float32 in [0, 1],
    0 where too little of the picture comes through; uneven: (H, W) float32 in [0, 1], how far x is smoothed."""

    hole: np.ndarray
    gain: np.ndarray
    shift: np.ndarray
    trust: np.ndarray
    uneven: np.ndarray

    @classmethod
    def of(cls, mean: np.ndarray, spread: np.ndarray, hole: np.ndarray, even: np.ndarray) -> Mark:
        """mean, spread: (H, W, 3) float32, of the picture over the frames; even: (H, W) bool, where no edge stays."""
        membrane = Membrane(hole)
        one, other = membrane.ends
        own = np.log(np.maximum(spread, FAINTEST)).mean(-1, keepdims=True)
        leap, lively = np.abs(own[other] - own[one])[:, 0], np.exp(own[..., 0]) > LEAST_SPREAD
        known = (even[one] & even[other] & (leap < LEAP)) | (lively[one] & lively[other] & (leap < ALIKE))
        weights = np.where(known, 1, STEPPED)
        beside = membrane(own, np.where(known[:, None], own[other] - own[one], 0), weights)
        gain = np.where(hole[..., None], np.maximum(np.exp(beside - own), 1), 1)  # a mark hides, it never brings out
        stretched = (gain[one] + gain[other]) / 2 * (mean[other] - mean[one])
        behind = membrane(mean, np.where(known[:, None], stretched, 0), weights)
        shift = np.where(hole[..., None], behind - gain * mean, 0).astype(np.float32)
        sure = np.exp(beside[..., 0]) > LEAST_SPREAD
        trust = np.where(hole & sure, (STEEPEST - gain[..., 0]) / (STEEPEST - STEEP), 0).clip(0, 1)
        return cls(hole, np.repeat(gain, 3, -1).astype(np.float32), shift, trust.astype(np.float32),
                   np.zeros(hole.shape, np.float32))

    def read(self, picture: np.ndarray, part: Box) -> np.ndarray:
        """(h, w, 3) float32 in [0, 1]: the `part` of a frame, (h, w, 3) float32, without the mark."""
        read = (self.gain[part.slices] * picture + self.shift[part.slices]).clip(0, 1)
        uneven = self.uneven[part.slices][..., None]
        return read + uneven * (cv2.medianBlur(read, MEDIAN) - read)

    def checked(self, pictures: Sequence[np.ndarray], part: Box) -> Mark:
        """The same, trusted only where it reads what is as smooth as the picture around. pictures: some frames,
        (h, w, 3) uint8, of the part of the picture that `part` names."""
        rows, columns = np.flatnonzero(self.hole.any(1)), np.flatnonzero(self.hole.any(0))
        if not len(rows):
            return self
        around = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
        around = around.grown(REACHES[-1], *self.hole.shape) & part
        if not around or (hole := self.hole[around.slices]).all():
            return self
        given = [picture[around.within(part)] for picture in pictures]
        rim = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3))).view(bool)
        beside = cv2.blur(carried(_roughness(map(_unit, given)), rim), (WINDOW,) * 2) + CALM * len(given)

        def times(mark: Mark) -> np.ndarray:
            rough = _roughness(mark.read(_unit(picture), around) for picture in given)
            return (cv2.blur(rough, (WINDOW,) * 2) + CALM * len(given)) / beside

        uneven, trust = self.uneven.copy(), self.trust.copy()
        uneven[around.slices] = hole * ((times(self) - UNEVEN) / (UNEVENEST - UNEVEN)).clip(0, 1)
        smoothed = replace(self, uneven=uneven)
        trust[around.slices] *= ((ROUGHEST - times(smoothed)) / (ROUGHEST - ROUGH)).clip(0, 1)
        return replace(smoothed, trust=trust)

    def picture(self) -> np.ndarray:
        """(H, W, 4) uint8: the mark's own colour, and how much it covers as alpha."""
        stretched = np.maximum(self.gain - 1, 1e-6)
        colour = np.where(self.gain > 1, -self.shift / stretched, 0).clip(0, 1)
        cover = np.where(self.hole, 1 - 1 / self.gain.mean(-1), 0)
        return np.rint(np.concatenate((colour, cover[..., None]), -1) * 255).astype(np.uint8)


def carried(values: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(H, W, …) float32: what surrounds the hole, carried into it: means of what is known nearby, the nearest first."""
    known, filled, open_ = (~hole).astype(np.float32), values.astype(np.float32), hole.copy()
    for reach in REACHES:
        amount = cv2.GaussianBlur(known, (0, 0), reach)
        near = open_ & (amount > ENOUGH)
        filled[near] = (cv2.GaussianBlur((filled.T * known.T).T, (0, 0), reach).T / amount.T.clip(1e-6)).T[near]
        open_ &= ~near
    return filled


def _unit(picture: np.ndarray) -> np.ndarray:
    """uint8 as float32 in [0, 1]."""
    return picture / np.float32(255)


def _roughness(pictures: Iterable[np.ndarray]) -> np.ndarray:
    """(h, w): how much pixels of (h, w, 3) pictures differ from those beside them, of all pictures together."""
    return sum(np.abs(cv2.Laplacian(picture, cv2.CV_32F, ksize=1)).mean(-1) for picture in pictures)
