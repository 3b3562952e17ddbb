"""How far two pictures of one scene lie apart, whatever light they were taken in."""

from __future__ import annotations

import cv2
import numpy as np

BLUR = 2.0  # pixels; without it noise is taken for edges


def shift_between(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """How many pixels `other` lies right of and below `one`, and the response in [0, 1] of the correlation.

    Phase correlation (OpenCV) of how steep the grey pictures are, (h, w, 3) float32 each: light changes, edges stay.
    """
    steep = [_steepness(picture) for picture in (one, other)]
    (x, y), response = cv2.phaseCorrelate(*steep, cv2.createHanningWindow(steep[0].shape[::-1], cv2.CV_32F))
    return x, y, response


def _steepness(picture: np.ndarray) -> np.ndarray:
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), BLUR)
    return np.hypot(cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1))
