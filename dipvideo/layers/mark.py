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
from scipy.fft import dstn, idstn
from skimage.filters import apply_hysteresis_threshold

from ..geometry import Box

SAMPLES = 32  # frames that gradients are compared over
FEWEST = 4  # frames, below which a mark cannot be told from the picture
# Share of a gradient that is the same in all frames, from which it is a mark's; LOW of it does beside such. In a film
# that hardly moves most gradients are steady, the mark's still the steadiest: the first to leave a small mark counts.
STEADY, LOW = (0.5, 0.6, 0.7, 0.8, 0.9), 0.4
PLAIN = 2.0  # of 255: a fainter gradient is no mark's
INK = 6.0  # of 255, that a mark adds where its edges say that it does
WIDEST = 16  # pixels from an edge that its ink reaches
CLOSED = 5  # pixels between two edges of one stroke that are closed
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
        found = (_strokes(apply_hysteresis_threshold(steady, LOW * least, least), middle) for least in STEADY)
        return next((strokes for strokes in found if 0 < strokes.sum() < MOST * self._picture), None)

    def mark(self, hole: np.ndarray) -> Mark:
        """How the picture comes through a hole of (H, W) bool, the whole picture's size."""
        mean = self._sum / self._count
        spread = np.sqrt(np.maximum(self._squares / self._count - mean**2, 0)).astype(np.float32)
        mean = mean.astype(np.float32)
        own, beside = np.maximum(spread, 1e-4), _carried(spread, hole)
        gain = np.where(hole[..., None], beside / own, 1).astype(np.float32)
        gain = np.maximum(gain, 1)  # a mark hides, it never brings out
        gain[gain.mean(-1) < HARDLY] = 1
        shift = np.where((gain > 1).any(-1, keepdims=True), _carried(mean, hole) - gain * mean, 0).astype(np.float32)
        known = (beside.min(-1) > LEAST_SPREAD) & (self._count >= FEWEST)
        trust = np.where(hole & known, (STEEPEST - gain.max(-1)) / (STEEPEST - STEEP), 0).clip(0, 1)
        return Mark(hole, gain, shift, trust.astype(np.float32))


def _strokes(edges: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """(h, w) bool: the mark that edges outline, without specks; slopes: (h, w, 2), of luma in 255ths a pixel."""
    edges = edges.astype(np.uint8)
    inked = np.abs(_integrated(slopes * cv2.dilate(edges, np.ones((3, 3)))[..., None])) > INK
    inked &= cv2.dilate(edges, np.ones((2 * WIDEST + 1,) * 2)).view(bool)
    closed = cv2.morphologyEx(edges | inked, cv2.MORPH_CLOSE, np.ones((CLOSED, CLOSED), np.uint8))
    count, parts, sizes, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    kept = np.zeros(count, bool)
    kept[np.unique(parts[edges > 0])] = True
    kept &= sizes[:, cv2.CC_STAT_AREA] >= SPECK
    kept[0] = False
    return kept[parts]


def _integrated(slopes: np.ndarray) -> np.ndarray:
    """(h, w): what has these slopes (h, w, 2) and is 0 at the border (Poisson's equation, by a sine transform)."""
    bend = np.gradient(slopes[..., 0], axis=1) + np.gradient(slopes[..., 1], axis=0)
    down, across = (2 * np.cos(np.pi * np.arange(1, n + 1) / (n + 1)) - 2 for n in bend.shape)
    return idstn(dstn(bend, 1) / (down[:, None] + across[None]), 1)


def _carried(values: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: what surrounds the hole, carried into it: means of what is known nearby, the nearest first."""
    known, filled, open_ = (~hole).astype(np.float32), values.copy(), hole.copy()
    for reach in REACHES:
        amount = cv2.GaussianBlur(known, (0, 0), reach)
        near = open_ & (amount > ENOUGH)
        filled[near] = (cv2.GaussianBlur(values * known[..., None], (0, 0), reach) / amount.clip(1e-6)[..., None])[near]
        open_ &= ~near
    return filled
