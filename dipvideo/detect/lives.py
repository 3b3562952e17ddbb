"""Since when has each pixel stood still?

Caption pixels share one life: they are born together, hold their value, and die together, whatever the picture
behind them does. That is what tells them from texture, from signs on a moving camera, and from a static background,
which is older.
"""

from __future__ import annotations

import cv2
import numpy as np

TOLERANCE_255 = 24  # luma may wander this far from its running mean: compression, grain, a halo
FOLLOW = 0.25  # how fast the running mean follows
OLDEST = 255  # ages saturate here


class Lives:
    """Keeps each pixel's steady value and its age, in constant memory and a few passes over uint8 arrays.

    steady: (H, W) uint8, the running mean of luma since the pixel's birth.
    age: (H, W) uint8, frames since the birth; 0 in the frame where it was born.
    """

    def __init__(self) -> None:
        self.steady: np.ndarray = np.empty((0, 0), np.uint8)
        self.age: np.ndarray = np.empty((0, 0), np.uint8)
        self._step: np.ndarray = np.empty((0, 0), np.uint8)  # scratch

    def update(self, luma: np.ndarray) -> None:
        """Take the next frame's luma, (H, W) uint8."""
        if self.steady.size == 0:
            self.steady, self.age, self._step = luma.copy(), np.zeros_like(luma), np.empty_like(luma)
            return
        step, steady = self._step, self.steady  # in place: fresh pages for every pass would take as long as the passes
        cv2.absdiff(luma, steady, dst=step)
        cv2.threshold(step, TOLERANCE_255, OLDEST, cv2.THRESH_BINARY_INV, dst=step)
        cv2.min(cv2.add(self.age, 1, dst=self.age), step, dst=self.age)
        cv2.addWeighted(luma, FOLLOW, steady, 1 - FOLLOW, 0, dst=steady)
        cv2.copyTo(luma, cv2.bitwise_not(step, dst=step), steady)

    def born_between(self, youngest: int, oldest: int) -> np.ndarray:
        """(H, W) uint8, 255 where the age is within [youngest, oldest]."""
        return cv2.inRange(self.age, youngest, oldest)
