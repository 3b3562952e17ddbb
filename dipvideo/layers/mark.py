"""A mark that lies on every frame at the same place: found by what stands still while the picture moves.

Gradients that are the same in most frames are the mark's (Dekel, Rubinstein, Liu, Freeman: On the Effectiveness of
Visible Watermarks, CVPR 2017). How it is taken off is dipvideo's: under a mark y = (1 − α) x + α w, with α and w the
same in all frames, so y is x stretched and shifted, and mean and deviation of x over the frames are those beside the
mark. Neither α nor w need be known.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.filters import apply_hysteresis_threshold

from ..geometry import Box

SAMPLES = 32  # frames that gradients are compared over
FEWEST = 4  # frames, below which a mark cannot be told from the picture
# Share of a gradient that is the same in all frames, from which it is a mark's; LOW of it does beside such. In a film
# that hardly moves most gradients are steady, the mark's still the steadiest: the first to leave a small mark counts.
STEADY, LOW = (0.5, 0.6, 0.7, 0.8, 0.9), 0.4
PLAIN = 2.0  # of 255: a fainter gradient is no mark's
# Ink is sought around its edges, AROUND pixels beyond at most, in so many rounds: it is off what lies beside by AWAY,
# and changes CALM times less. On four clips .97 of what is found is mark, where integrated edges had .32 to .67.
AROUND, ROUNDS = 10, 3
AWAY, CALM = 5 / 255, 1.25
EXPLAINED = 0.72  # share of steady edges that must be ink's: with fewer the camera stands still, and all is steady
CLOSED = 7  # pixels on a side of the window in which edges belong to ink
SPECK = 12  # pixels: smaller is no mark
MOST = 0.12  # of the picture: more stands still because the picture does
REACHES, ENOUGH = (2, 5, 12, 40), 0.05  # pixels that mean and deviation are carried in from, and how much must be known
STEEP, STEEPEST = 2.5, 5.0  # times: what is stretched more is trusted less, and not at all: it is noise
HARDLY = 1.1  # times: what is stretched less is the picture itself, beside the mark
LEAST_SPREAD = 0.01  # deviation of the picture beside a mark, below which nothing is learnt from it


@dataclass(frozen=True, slots=True)
class Mark:
    """hole: (H, W) bool; gain, shift: (H, W, 3) float32, so that x = gain · y + shift; trust: (H, W) float32 in [0, 1],
    0 where too little of the picture comes through."""

    hole: np.ndarray
    gain: np.ndarray
    shift: np.ndarray
    trust: np.ndarray

    def picture(self) -> np.ndarray:
        """(H, W, 4) uint8: the mark's own colour, and how much it covers as alpha."""
        stretched = np.maximum(self.gain - 1, 1e-6)
        colour = np.where(self.gain > 1, -self.shift / stretched, 0).clip(0, 1)
        cover = np.where(self.hole, 1 - 1 / self.gain.mean(-1), 0)
        return np.rint(np.concatenate((colour, cover[..., None]), -1) * 255).astype(np.uint8)


class MarkFinder:
    """Gathers what finds a mark, frame after frame; its memory does not grow with their number.

    region: where the mark may be; frames: how many will come.
    """

    def __init__(self, region: Box, frames: int):
        self._region, self._every = region, max(frames / SAMPLES, 1)
        self._slopes: list[np.ndarray] = []
        self._sum = self._squares = 0.0
        self._count, self._picture = 0, 0

    def update(self, picture: np.ndarray) -> None:
        """(H, W, 3) float32 in [0, 1]: the next frame."""
        if self._count >= len(self._slopes) * self._every:
            luma = cv2.cvtColor(picture[self._region.slices], cv2.COLOR_RGB2GRAY) * 255
            slopes = [cv2.Scharr(luma, cv2.CV_32F, *axes) / 32 for axes in ((1, 0), (0, 1))]
            self._slopes.append(np.stack(slopes, -1).astype(np.float16))
        self._picture = picture.shape[0] * picture.shape[1]
        self._sum = self._sum + picture
        self._squares = self._squares + picture.astype(np.float64) ** 2
        self._count += 1

    def hole(self) -> np.ndarray | None:
        """(h, w) bool, of the region: the pixels of the mark; None where it cannot be told from the picture."""
        if self._count < FEWEST:
            return None
        slopes = np.stack(self._slopes).astype(np.float32)
        middle = np.median(slopes, 0)
        strength = np.linalg.norm(middle, axis=-1)
        stray = np.median(np.linalg.norm(slopes - middle, axis=-1), 0)
        steady = cv2.GaussianBlur(np.where(strength > PLAIN, strength / (strength + stray + 1e-6), 0), (3, 3), 0)
        for least in STEADY:
            edges = apply_hysteresis_threshold(steady, LOW * least, least)
            if 0 < edges.sum() < MOST * self._picture:
                ink, explained = self._ink(edges)
                if explained > EXPLAINED and 0 < ink.sum() < MOST * self._picture:
                    return ink
        return None

    def _ink(self, edges: np.ndarray) -> tuple[np.ndarray, float]:
        """(h, w) bool: the mark that has these edges: what around them is lighter or darker, and changes less, than
        the picture beside it; and the share of the edges that belong to it."""
        mean, spread = (values[self._region.slices] for values in self._statistics())
        ink = edges
        for _ in range(ROUNDS):
            hull = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, _disc(AROUND))
            hull = cv2.dilate(hull, _disc(AROUND // 2)).view(bool)
            away = np.abs(mean - _carried(mean, hull)).mean(-1)
            beside, own = (cv2.blur(values.mean(-1), (3, 3)) for values in (_carried(spread, hull), spread))
            ink = hull & (away > AWAY) & (beside > CALM * np.maximum(own, 1e-3))
            ink = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).view(bool)
        whole = _whole(ink, edges)
        return whole, float((whole & edges).sum() / edges.sum())

    def _statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation over the frames, (H, W, 3) float32."""
        mean = self._sum / self._count
        spread = np.sqrt(np.maximum(self._squares / self._count - mean**2, 0))
        return mean.astype(np.float32), spread.astype(np.float32)

    def mark(self, hole: np.ndarray) -> Mark:
        """How the picture comes through a hole of (H, W) bool, the whole picture's size."""
        mean, spread = self._statistics()
        own, beside = np.maximum(spread, 1e-4), _carried(spread, hole)
        gain = np.where(hole[..., None], beside / own, 1).astype(np.float32)
        gain = np.maximum(gain, 1)  # a mark hides, it never brings out
        gain[gain.mean(-1) < HARDLY] = 1
        shift = np.where((gain > 1).any(-1, keepdims=True), _carried(mean, hole) - gain * mean, 0).astype(np.float32)
        known = (beside.min(-1) > LEAST_SPREAD) & (self._count >= FEWEST)
        trust = np.where(hole & known, (STEEPEST - gain.max(-1)) / (STEEPEST - STEEP), 0).clip(0, 1)
        return Mark(hole, gain, shift, trust.astype(np.float32))


def _whole(ink: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(h, w) bool: ink, the edges beside it and what both enclose closely, without specks."""
    near = cv2.dilate(ink.astype(np.uint8), np.ones((CLOSED, CLOSED))).view(bool)
    closed = cv2.morphologyEx((ink | (edges & near)).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    kept = sizes[:, cv2.CC_STAT_AREA] >= SPECK
    kept[0] = False
    return kept[parts]


def _disc(reach: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)


def _carried(values: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: what surrounds the hole, carried into it: means of what is known nearby, the nearest first."""
    known, filled, open_ = (~hole).astype(np.float32), values.copy(), hole.copy()
    for reach in REACHES:
        amount = cv2.GaussianBlur(known, (0, 0), reach)
        near = open_ & (amount > ENOUGH)
        filled[near] = (cv2.GaussianBlur(values * known[..., None], (0, 0), reach) / amount.clip(1e-6)[..., None])[near]
        open_ &= ~near
    return filled
