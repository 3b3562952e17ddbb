"""Finds the cuts of a film while it streams by."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from ..frame import Frame
from .luma import full_range

THUMB_WIDTH, THUMB_HEIGHT = 64, 36  # small enough that camera motion blurs away, large enough to know a scene by
BLOCKS = 4  # histograms of 4 × 4 blocks: a cut changes most of them, a moving actor a few
BINS = 16
NOISE_255 = 4.0  # luma that varies less than this carries no structure
FEATURELESS_255 = 6.0  # black, white flash, end of a fade: it belongs to whatever comes next or came before
STRUCTURE_LOST = 0.35  # of 1 − correlation with the last frame: a fast pan reaches .25
HISTOGRAMS_LOST = 0.19  # mean over blocks of the share of samples that changed their bin
BLOCK_LOST = 0.1  # share of its samples by which a block changes in a cut
FLAT = 0.98  # of its samples in one bin: a block of a bar, say, which has nothing to change
OVER_USUAL = 4.0  # a cut stands out from the last frames, shaking and explosions do not
MEMORY = 8  # frames that say what is usual


class ShotFinder:
    """Tells for each frame, in order, whether a new shot begins with it.

    A flash or a fade to black and back to the same scene is no cut. A dissolve is one at most.
    """

    def __init__(self) -> None:
        self._thumb: np.ndarray | None = None  # of the last frame that showed something
        self._histograms: np.ndarray | None = None
        self._usual: deque[float] = deque(maxlen=MEMORY)

    def update(self, frame: Frame) -> bool:
        """True if `frame` opens a new shot; never for the first frame."""
        planes = frame.planes
        # green carries most of the luma of "rgb"
        plane = planes.arrays[1] if planes.layout.family == "rgb" else planes.luma
        while plane.shape[1] >= 4 * THUMB_WIDTH and plane.shape[0] >= 4 * THUMB_HEIGHT:  # by halves: four times as fast
            plane = cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        thumb = cv2.resize(plane, (THUMB_WIDTH, THUMB_HEIGHT), interpolation=cv2.INTER_AREA)
        thumb = full_range(thumb, planes.layout)
        if thumb.std() < FEATURELESS_255 and self._thumb is not None:
            return False
        histograms = _block_histograms(thumb)
        if self._thumb is None:
            self._thumb, self._histograms = thumb, histograms
            return False
        lost = 1 - _correlation(thumb, self._thumb)
        moved = np.abs(histograms - self._histograms).sum(-1) / 2
        living = np.minimum(histograms, self._histograms).max(-1) < FLAT
        # half of the picture may be a caption's box that comes or goes
        most = np.count_nonzero(moved > BLOCK_LOST) > np.count_nonzero(living) / 2
        usual = float(np.median(self._usual)) if self._usual else 0.0
        self._thumb, self._histograms = thumb, histograms
        if lost > STRUCTURE_LOST and moved.mean() > HISTOGRAMS_LOST and most and lost > OVER_USUAL * usual:
            self._usual.clear()
            return True
        self._usual.append(lost)
        return False


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """How alike two thumbnails are, whatever their brightness and contrast: 1 the same, about 0 unrelated."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    a, b = a - a.mean(), b - b.mean()
    noise = NOISE_255 ** 2
    return float(((a * b).mean() + noise) / np.sqrt(((a * a).mean() + noise) * ((b * b).mean() + noise)))


def _block_histograms(thumb: np.ndarray) -> np.ndarray:
    """(BLOCKS², BINS) shares that sum to 1 in each block."""
    rows, columns = THUMB_HEIGHT // BLOCKS, THUMB_WIDTH // BLOCKS
    blocks = thumb.reshape(BLOCKS, rows, BLOCKS, columns).swapaxes(1, 2).reshape(BLOCKS * BLOCKS, -1)
    bins = blocks // (256 // BINS) + np.arange(BLOCKS * BLOCKS)[:, None] * BINS
    counts = np.bincount(bins.ravel(), minlength=BLOCKS * BLOCKS * BINS)
    return counts.reshape(BLOCKS * BLOCKS, BINS) / (rows * columns)
