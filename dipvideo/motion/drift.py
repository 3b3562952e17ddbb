"""Where a picture has gone since the first one, pixel by pixel: dense flow, added up from frame to frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from .fill import fill_smoothly

NEAR = 17  # working pixels: flow this near to a hole saw its filling; it compares patches of 8 on every second one
LEAST = 20  # working pixels of the shorter side: of a picture of 8x200 the flow is not a number
SMOOTH = 6  # working pixels: finer bends of flow are mostly its errors, which would add up from frame to frame
WIDE = 320  # pixels of the longer side that are enough: of more every second, third … is looked at


def drift(pictures: Iterable[np.ndarray], holes: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """How far back, in the picture before it, what each picture shows was: zeros for the first.

    pictures: (h, w, 3) float32 in [0, 1]; holes: (h, w) bool. Yields x and y in pixels, (rows, columns, 2) float32 on
    every first, second … of their pixels: DIS flow (Kroeger et al., ECCV 2016), and under a hole the flow around it.
    What is too small to tell stays.
    """
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    last, known = None, None
    for picture, hole in zip(pictures, holes, strict=True):
        step = -(-max(hole.shape) // WIDE)
        size = (max(hole.shape[1] // step, 1), max(hole.shape[0] // step, 1))
        grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        hidden = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
        grey = np.rint(fill_smoothly(grey, 1 - hidden.astype(np.float32)) * 255).clip(0, 255).astype(np.uint8)
        seen = cv2.dilate(hidden.view(np.uint8), np.ones((NEAR, NEAR))) == 0
        back = np.zeros((*grey.shape, 2), np.float32)
        if last is not None and min(size) >= LEAST:
            sure = seen & known
            sure = sure if sure.any() else ~sure
            back = step * fill_smoothly(search.calc(grey, last, None), sure.astype(np.float32))
        last, known = grey, seen
        yield back


def followed(backs: Iterable[np.ndarray], size: tuple[int, int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What `drift` found, for pictures of `size` (h, w): where each pixel was in the first picture, and where in the
    one before, (h, w, 2) float32 each, x and y in pixels from where it is.

    Since the first picture it is the camera's shift, the median of all pixels', and how things bend besides, smoothed
    anew in every frame.
    """
    height, width = size
    camera, bends = np.zeros(2, np.float32), None
    for back in backs:
        rows, columns = back.shape[:2]
        if bends is None:
            bends = np.zeros_like(back)
            here = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).astype(np.float32)
        step, shift = np.array([width / columns, height / rows], np.float32), np.median(back, (0, 1))
        bends = back - shift + cv2.remap(bends, here + back / step, None, cv2.INTER_LINEAR,
                                         borderMode=cv2.BORDER_REPLICATE)
        camera, bends = camera + shift, cv2.GaussianBlur(bends, (0, 0), SMOOTH)
        yield cv2.resize(camera + bends, (width, height)), cv2.resize(back, (width, height))
