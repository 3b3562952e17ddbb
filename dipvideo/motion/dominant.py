"""The layer of a film that moves as one, where another that moves otherwise shines through it or is mirrored over it.

With frames moved onto one another, this layer's slopes are the medians of theirs, whatever the other does (Weiss:
Deriving Intrinsic Images from Image Sequences, ICCV 2001), and it is nowhere lighter than the darkest of them. That the
picture follows both as nearly as can be is a Poisson equation.
Means instead of medians lose 1.8, .3 and .6 dB on three films, their level told, and gain .4 on another.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..slopes import fitted
from .align import Tracks
from .scene import Scene

DOMINANT_LINES = 240  # of the pictures that layers are told apart in
DOMINANT_REACH, EVERY = 48, 4  # frames to each side, of which every so many is looked at
FEWEST = 4  # of those frames, below which nothing is told apart
DOMINANT_LEAST = EVERY * FEWEST  # frames of a shot
DARKEST = 0.05  # share of the frames that may be darker than the layer: one of 25, where noise made it so
# Weight of what is darkest against 1 for a slope. Of 3e-5 to 1e-2, on eight films of a layer that moves as one and one
# that does not, this one is within .3 dB of the best but on two (.4 and .6); with 3e-5 four of them lose .7 to 1.5 dB.
DARK = 1e-3
SOFT = 1.5  # pixels of the blur that the other layer is seen with, so that what is sharp stays this layer's
# Share of the pixels of what lies over a film that are taken to be black: without that the film's own darkest goes with
# it, and four films of four lose .8 to 7 dB. Of a scene under something it is a guess that gains 2 dB, and flickers.
BLACK = 0.001


class Dominant:
    """Tells the layers of one shot's frames apart, which are given reduced, (n, h, w, 3) uint8.

    first: the number of the first of them; moves: whether the layer moves as most corners of the picture do, as the
    camera's pan or shake makes it; else it stays where it is in the picture.
    """

    def __init__(self, small: np.ndarray, *, first: int = 0, moves: bool = True):
        self._small, self._first = small, first
        self._tracks, self._grid = None, 1
        if moves:
            scene = Scene(small, np.zeros(small.shape[:3], bool))
            self._tracks, self._grid = Tracks(scene), scene.grid

    def scene(self, place: int, frame: np.ndarray) -> np.ndarray:
        """The frame at `place`, whole, (H, W, 3) float32 in [0, 1], without what lies over the layer. What lies there
        in all frames stays: nothing tells it from the layer."""
        return self._without(place, frame, lambda own, layer: _soft((own - layer).clip(0, 1)))

    def beneath(self, place: int, frame: np.ndarray) -> np.ndarray:
        """The same without the layer, which lies over it and is black somewhere."""
        return self._without(place, frame, lambda own, layer:
                             (layer - np.quantile(layer, BLACK, axis=(0, 1)).min()).clip(0))

    def _without(self, place: int, frame: np.ndarray, over: Callable[[np.ndarray, np.ndarray], np.ndarray]
                 ) -> np.ndarray:
        layer = self._layer(place)
        if layer is None:
            return frame
        taken = over(self._small[place].astype(np.float32) / 255, layer).astype(np.float32)
        return (frame - cv2.resize(taken, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)).clip(0, 1)

    def _way(self, one: int, other: int) -> np.ndarray | None:
        """(2, 3) float32: where the layer's places of one reduced frame are in another; None if they share too few."""
        if self._tracks is None:
            return np.eye(2, 3, dtype=np.float32)
        way = self._tracks.model(one, other)
        return None if way is None else way * np.float32((1, 1, self._grid))

    def _layer(self, place: int) -> np.ndarray | None:
        """(h, w, 3) float64, of the reduced frame; None if too few others show it."""
        own, size = self._small[place], self._small.shape[2:0:-1]
        shown = []
        for other in range(-self._first % EVERY, len(self._small), EVERY):  # the same for all places: no flicker
            way = self._way(place, other) if abs(other - place) <= DOMINANT_REACH else None
            if way is not None:
                how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP  # `own` stands in for what has left the picture
                shown.append(cv2.warpAffine(self._small[other], way, size, dst=own.copy(), flags=how,
                                            borderMode=cv2.BORDER_TRANSPARENT))
        if len(shown) < FEWEST:
            return None
        stack = np.stack(shown).astype(np.float32) / 255
        right, down = (np.median(np.diff(stack, axis=axis), axis=0) for axis in (2, 1))
        darkest = int(DARKEST * (len(stack) - 1))
        return fitted(right, down, np.partition(stack, darkest, axis=0)[darkest], DARK)


def _soft(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), SOFT)

