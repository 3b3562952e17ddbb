"""Where each pixel went: dense optical flow between neighbours, chained so that a pixel is resampled only once."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

import cv2
import numpy as np

from .fill import fill_smoothly
from .scene import Scene

NEAR_HOLE = 5  # working pixels: flow this near to a hole saw its filling, and is replaced by the flow around it


class Flows:
    """DIS flow (Kroeger et al., ECCV 2016) between neighbouring frames, computed once and kept while it is needed."""

    def __init__(self, scene: Scene):
        self._scene = scene
        self._kept: dict[tuple[int, int], np.ndarray] = {}
        self._one_at_a_time = Lock()  # the search has its buffers, and what is found is found once
        self._search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._search.setFinestScale(1)

    def chain(self, start: int, step: int) -> Iterator[tuple[int, np.ndarray]]:
        """For each frame from `start` on, by `step` (1 or −1): its number, and where start's pixels lie in it.

        Places are (h, w, 2) float32 x and y in working pixels.
        """
        place, frame = self._scene.still, start
        while 0 <= frame + step < len(self._scene.luma):
            move = self._between(frame, frame + step)
            place = place + cv2.remap(move, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            frame += step
            yield frame, place

    def forget(self, before: int) -> None:
        """Drop what touches frames before `before`: the window is walked forwards."""
        with self._one_at_a_time:
            for pair in [p for p in self._kept if min(p) < before]:
                del self._kept[pair]

    def _between(self, one: int, other: int) -> np.ndarray:
        with self._one_at_a_time:
            if (one, other) not in self._kept:
                scene = self._scene
                move = self._search.calc(scene.luma[one], scene.luma[other], None)
                seen = cv2.erode(np.minimum(scene.known[one], scene.known[other]), np.ones((NEAR_HOLE, NEAR_HOLE)))
                self._kept[one, other] = move if seen.all() else fill_smoothly(move, seen)
            return self._kept[one, other]
