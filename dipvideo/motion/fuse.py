"""The same moment seen again: neighbours moved onto a frame and averaged with it where they show the same.

Motion and agreement are judged on *guides*, frames whose noise has been taken away one by one; what is averaged are
the frames themselves, so that nothing is smoothed twice. Where motion is not found the guides disagree, a neighbour
weighs nothing, and the frame stays as noisy as it was: `share` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

SOFT = 0.1  # squared deviations of the noise at which a neighbour weighs e⁻¹; .05 and .2 cost .3 and .1 dB
AROUND = 5  # pixels of the window that agreement is judged in


@dataclass(frozen=True, slots=True)
class Fused:
    """picture: (h, w, 3) float32; share: (h, w) float32 in (0, 1], the deviation of its noise over a single frame's."""

    picture: np.ndarray
    share: np.ndarray


class Fuser:
    """Averages frames of a window with their neighbours.

    frame: gives the (h, w, 3) float32 frame of a number; guide: the same without noise; count: how many there are;
    deviation: of the noise, in [0, 1]; reach: how many neighbours on both sides. Guides and their luma are
    kept while they are near.
    """

    def __init__(self, frame: Callable[[int], np.ndarray], guide: Callable[[int], np.ndarray], count: int,
                 deviation: float, reach: int):
        self._frame, self._guide, self._count = frame, guide, count
        self._deviation, self._reach = max(deviation, 1e-4), reach
        self._guides: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # Kroeger et al., ECCV 2016

    def fuse(self, place: int) -> Fused:
        """Frame `place` with what its neighbours add."""
        guide, luma = self._guided(place)
        total = self._frame(place).copy()
        weight = np.ones(total.shape[:2], np.float32)
        squares = weight.copy()
        still = np.stack(np.meshgrid(*map(np.arange, luma.shape[::-1])), -1).astype(np.float32)
        for other in range(max(place - self._reach, 0), min(place + self._reach + 1, self._count)):
            if other == place:
                continue
            other_guide, other_luma = self._guided(other)
            places = still + self._search.calc(luma, other_luma, None)
            off = np.square(_moved(other_guide, places) - guide).mean(-1)
            share = np.exp(cv2.blur(off, (AROUND, AROUND)) * (-1 / (SOFT * self._deviation**2)))
            total += share[..., None] * _moved(self._frame(other), places)
            weight += share
            squares += share**2
        self._forget(place - self._reach + 1)
        return Fused(total / weight[..., None], np.sqrt(squares) / weight)

    def _guided(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        if place not in self._guides:
            guide = self._guide(place)
            luma = cv2.cvtColor(guide.clip(0, 1), cv2.COLOR_RGB2GRAY)
            self._guides[place] = guide, np.rint(luma * 255).astype(np.uint8)
        return self._guides[place]

    def _forget(self, before: int) -> None:
        for place in [p for p in self._guides if p < before]:
            del self._guides[place]


def _moved(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    """`picture` taken at `places`, x and y; cubic, since linear interpolation would blur a little each time."""
    return cv2.remap(picture, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
