"""Frames at the resolution that motion is sought in, holes filled so that nothing stands still there."""

from __future__ import annotations

import cv2
import numpy as np

from .fill import fill_smoothly

# (pixels of a crop, how many times smaller it is searched): a caption's crop of a 360p film is searched as it is.
GRIDS = ((60_000, 1), (200_000, 2))
COARSEST = 4


class Scene:
    """Luma and knowledge of every frame.

    luma: (n, h, w) uint8, holes filled from around them; known: (n, h, w) float32, 1 where every pixel below is known,
    else 0; grid: how many times smaller than the frames; still: (h, w, 2) float32, each place's own x and y. lent,
    lendable: luma and known as other frames may borrow them.
    """

    def __init__(self, frames: np.ndarray, holes: np.ndarray):
        self._frames = frames
        count, height, width = holes.shape
        self.grid = next((grid for area, grid in GRIDS if height * width <= area), COARSEST)
        self._size = (-(-width // self.grid), -(-height // self.grid))
        self._edge = (0, self._size[1] * self.grid - height, 0, self._size[0] * self.grid - width)
        self.luma = np.empty((count, *self._size[::-1]), np.uint8)
        self.known = np.empty(self.luma.shape, np.float32)
        for index in range(count):
            luma, self.known[index] = self.view(index, ~holes[index])
            whole = self.known[index].all()
            self.luma[index] = luma if whole else np.rint(fill_smoothly(luma, self.known[index])).clip(0, 255)
        self.lent, self.lendable = self.luma, self.known
        self.still = np.stack(np.meshgrid(*map(np.arange, self._size)), -1).astype(np.float32)

    def lend(self, index: int, known: np.ndarray) -> None:
        """Let a frame lend what of its hole is `known`, (H, W) bool, after all."""
        if self.lent is self.luma:
            self.lent, self.lendable = self.luma.copy(), self.known.copy()
        luma, lendable = self.view(index, known)
        self.lent[index] = np.where(lendable > 0, luma, self.lent[index])
        self.lendable[index] = np.maximum(lendable, self.lendable[index])

    def view(self, index: int, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(luma as it is, 1 where every pixel below is `known`, (H, W) bool) of a frame: uint8 and float32, (h, w)."""
        luma = cv2.copyMakeBorder(_luma(self._frames[index]), *self._edge, cv2.BORDER_REPLICATE)
        known = cv2.copyMakeBorder(known.astype(np.float32), *self._edge, cv2.BORDER_REPLICATE)
        if self.grid > 1:
            luma = cv2.resize(luma, self._size, interpolation=cv2.INTER_AREA)
            known = cv2.resize(known, self._size, interpolation=cv2.INTER_AREA)
        return luma, (known > 0.999).astype(np.float32)


def _luma(frame: np.ndarray) -> np.ndarray:
    if frame.dtype != np.uint8:
        frame = np.rint(frame * 255).clip(0, 255).astype(np.uint8)
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
