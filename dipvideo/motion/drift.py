"""Where a picture as a whole has gone: what most of its known pixels did, added up from frame to frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from .fill import fill_smoothly

NEAR = 9  # working pixels: flow this near to a hole saw its filling
LEAST = 20  # working pixels of the shorter side: of a picture of 8x200 the flow is not a number
WIDE = 320  # pixels of the longer side that are enough: of more every second, third … is looked at


def drift(pictures: Iterable[np.ndarray], holes: Iterable[np.ndarray]) -> Iterator[tuple[int, int]]:
    """By how many rows and columns each picture lies further down and right than the first one.

    pictures: (h, w, 3) float32 in [0, 1]; holes: (h, w) bool. The median of DIS flow (Kroeger et al., ECCV 2016) over
    the known pixels, which fractions of a pixel add up to; what moves by itself is not followed, and what is too small
    to tell stays.
    """
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    last, known, so_far = None, None, np.zeros(2)
    for picture, hole in zip(pictures, holes, strict=True):
        step = -(-max(hole.shape) // WIDE)
        size = (hole.shape[1] // step, hole.shape[0] // step)
        grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        hidden = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
        grey = np.rint(fill_smoothly(grey, 1 - hidden.astype(np.float32)) * 255).clip(0, 255).astype(np.uint8)
        seen = cv2.dilate(hidden.view(np.uint8), np.ones((NEAR, NEAR))) == 0
        if last is not None and min(size) >= LEAST:
            flow, both = search.calc(last, grey, None), seen & known
            so_far = so_far + step * np.median(flow[both] if both.any() else flow.reshape(-1, 2), axis=0)
        last, known = grey, seen
        right, down = np.rint(so_far).astype(int)
        yield int(down), int(right)
