"""What haze adds to a picture, before any prior: its colour, and how much of the picture comes through.

The dark channel: He, Sun, Tang: Single Image Haze Removal Using Dark Channel Prior, CVPR 2009.
"""

from __future__ import annotations

import cv2
import numpy as np

from .guided import GuidedFilter

HAZE_LINES = 160  # of the pictures that haze is judged in
WINDOW = 5  # pixels on a side of the dark channel's window, at so many lines
BRIGHTEST = 1e-3  # of the pixels: those with the brightest dark channel show the haze's own colour
RADIUS, EPSILON = 8, 1e-3  # of the guided filter
DARKEST = 0.1  # haze
# Of the light, that comes through anything: with .1 the blocks and noise of a foggy sky outshine what it shows.
LEAST = 0.25
# Share of the light, in the mean: a further pass that finds less has nothing left to do but to darken. The indoor pair
# has 19.9 dB after one pass of strength .9 and 16.4 after two, of which the second finds .11; of strength .5 17.1, 20.2
# (.16) and 19.6 (.10).
LITTLE = 0.125


def air_of(picture: np.ndarray) -> np.ndarray:
    """(3,) float32: the haze's own colour, of a (h, w, 3) float32 picture in [0, 1]."""
    dark = _dark(picture).ravel()
    most = np.argsort(dark)[-max(round(dark.size * BRIGHTEST), 1):]
    return np.median(picture.reshape(-1, 3)[most], 0).clip(DARKEST, 1)


def through(picture: np.ndarray, air: np.ndarray, strength: float, passes: int = 1) -> np.ndarray:
    """(h, w) float32: the share of light that comes through the haze, of which `strength` is to go.

    passes: how often, at most, what is cleared is cleared again, with the same air (Haddad's iterative system), until a
    pass finds less than LITTLE of the light missing.
    """
    share, clear = np.ones(picture.shape[:2], np.float32), picture
    for _ in range(passes):
        guess = 1 - strength * _dark(clear / air)
        guess = GuidedFilter(picture, RADIUS, EPSILON)(guess[..., None])[..., 0]
        if share.min() < 1 and (1 - guess).mean() < LITTLE:
            break
        share = (share * guess).clip(LEAST, 1)
        clear = ((picture - air) / share[..., None] + air).clip(0, 1).astype(np.float32)
    return share


def cleared(frame: np.ndarray, small: np.ndarray, share: np.ndarray, air: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: the frame without the haze, from the share (h, w) that comes through its reduced self."""
    fine = GuidedFilter(small, RADIUS, EPSILON)(np.ascontiguousarray(share[..., None]), frame).clip(LEAST, 1)
    return ((frame - air) / fine + air).clip(0, 1).astype(np.float32)


def flow_back(picture: np.ndarray, last: np.ndarray) -> np.ndarray:
    """(h, w, 2) float32 pixels: where each pixel of a float32 picture was in the last one (DIS flow)."""
    luma = [cv2.cvtColor(np.rint(p * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY) for p in (picture, last)]
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(*luma, None)


def _dark(picture: np.ndarray) -> np.ndarray:
    return cv2.erode(picture.min(-1), np.ones((WINDOW, WINDOW)))
