"""Where each pixel went: dense optical flow between neighbours, chained so that a pixel is resampled only once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock

import cv2
import numpy as np

from .fill import fill_smoothly
from .scene import Scene

FINE, RANGE = 64, (-(2**15), 2**15 - 1)  # flow is kept in parts of a working pixel: √44 links are off by .03 in all
NEAR_HOLE = 5  # working pixels: flow this near to a hole saw its filling, and is replaced by the flow around it


class Flows:
    """DIS flow (Kroeger et al., ECCV 2016) between neighbouring frames, found once and kept while it is needed; for two
    and four frames put together once, so that a chain to far frames has fewer links."""

    def __init__(self, scene: Scene):
        self._scene = scene
        self._kept: dict[tuple[int, int], np.ndarray] = {}
        self._one_at_a_time = Lock()  # the search has its buffers, and what is found is found once
        self._search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._search.setFinestScale(1)

    def chain(self, start: int, offsets: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
        """For each frame that lies `offsets` after `start` (before it, if they are negative; nearest first, each 1, 2
        or 4 from the last one), up to the first that there is not: its number, and where start's pixels lie in it.

        Places are (h, w, 2) float32 x and y in working pixels.
        """
        place, frame = self._scene.still, start
        for offset in offsets:
            if not 0 <= start + offset < len(self._scene.luma):
                return
            place = _on(place, self._between(frame, start + offset))
            frame = start + offset
            yield frame, place

    def forget(self, before: int) -> None:
        """Drop what touches frames before `before`: the window is walked forwards."""
        with self._one_at_a_time:
            for pair in [p for p in self._kept if min(p) < before]:
                del self._kept[pair]

    def _between(self, one: int, other: int) -> np.ndarray:
        """The flow from frame `one` to frame `other`, 1, 2 or 4 from it."""
        with self._one_at_a_time:
            return self._found(one, other) * np.float32(1 / FINE)

    def _found(self, one: int, other: int) -> np.ndarray:
        if (one, other) not in self._kept:
            if abs(other - one) > 1:
                middle = (one + other) // 2
                half, rest = (self._found(*pair) * np.float32(1 / FINE) for pair in ((one, middle), (middle, other)))
                move = _on(self._scene.still + half, rest) - self._scene.still
            else:
                move = self._searched(one, other)
            self._kept[one, other] = np.rint(move * FINE).clip(*RANGE).astype(np.int16)  # half the memory
        return self._kept[one, other]

    def _searched(self, one: int, other: int) -> np.ndarray:
        scene = self._scene
        move = self._search.calc(scene.luma[one], scene.luma[other], None)
        seen = cv2.erode(np.minimum(scene.known[one], scene.known[other]), np.ones((NEAR_HOLE, NEAR_HOLE)))
        return move if seen.all() else fill_smoothly(move, seen)


def _on(place: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Where what lies at `place` goes by `move`."""
    return place + cv2.remap(move, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
