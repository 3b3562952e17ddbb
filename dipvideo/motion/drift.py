"""Where a picture as a whole has gone: what most of its known pixels did, added up from frame to frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

NEAR = 9  # pixels: flow this near to a hole saw its filling


def drift(pictures: Iterable[np.ndarray], holes: Iterable[np.ndarray]) -> Iterator[tuple[int, int]]:
    """By how many rows and columns each picture lies further down and right than the first one.

    pictures: (h, w, 3) float32 in [0, 1]; holes: (h, w) bool. The median of DIS flow (Kroeger et al., ECCV 2016) over
    the known pixels, which fractions of a pixel add up to; what moves by itself is not followed.
    """
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    last, known, so_far = None, None, np.zeros(2)
    for picture, hole in zip(pictures, holes, strict=True):
        grey = cv2.cvtColor(np.rint(picture.clip(0, 1) * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
        grey = cv2.inpaint(grey, hole.view(np.uint8), 3, cv2.INPAINT_TELEA)
        seen = cv2.dilate(hole.view(np.uint8), np.ones((NEAR, NEAR))) == 0
        if last is not None:
            flow, both = search.calc(last, grey, None), seen & known
            so_far = so_far + np.median(flow[both] if both.any() else flow.reshape(-1, 2), axis=0)
        last, known = grey, seen
        right, down = np.rint(so_far).astype(int)
        yield int(down), int(right)
