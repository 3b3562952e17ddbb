"""What haze adds to a picture, before any prior: its colour, and how much of the picture comes through.

The dark channel: He, Sun, Tang: Single Image Haze Removal Using Dark Channel Prior, CVPR 2009. It takes what is light
and grey itself, a road or a white roof, for haze; haze, though, lies over all that is near in the picture, so that no
more of it is believed than the darkest things around show, too.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import percentile_filter

from .guided import GuidedFilter

HAZE_LINES = 160  # of the pictures that haze is judged in
WINDOW = 5  # pixels on a side of the dark channel's window, at so many lines
BRIGHTEST = 1e-3  # of the pixels: those whose surroundings are lightest throughout show the haze's own colour
# How much haze there is shows in the DARKER per cent of the dark channels within AROUND, a share of the lines; a clear
# picture shows CLEAR of the light there, too. Mean PSNR of frames of five clips as they are, with haze of .9 and of
# .75, and of the indoor pair: within .33 24.2, 23.1, 21.0 and 20.3 dB, within .6 27.4, 22.3, 22.0 and 19.6, within .8
# 29.5, 21.2, 21.9 and 19.3. With the dark channel alone clear clips had 15.7, with haze of .9 17.8, of .75 16.1.
DARKER, AROUND, CLEAR, COARSE = 10, 0.6, 0.05, 4
BAR = 0.06  # rows and columns at the rim that nowhere are lighter than this are bars, and not of the picture
RADIUS, EPSILON = 8, 1e-3  # of the guided filter
DARKEST = 0.1  # haze
# Of the light, that comes through anything: with .1 the blocks and noise of a foggy sky outshine what it shows.
LEAST = 0.25
# Share of the light, in the mean: a further pass that finds less has nothing left to do but to darken. After one of
# strength .9 a second loses on six of seven clips with haze of .9 (it finds .10 to .13), 25.5 dB become 19.8 at worst;
# after one of .5 it gains 2 to 6 dB on each, and finds .13 to .17 (on a road without anything dark .30, which is odd).
LITTLE = 0.125


def air_of(picture: np.ndarray) -> np.ndarray:
    """(3,) float32: the haze's own colour, of a (h, w, 3) float32 picture in [0, 1]."""
    # Not the dark channel's lightest: of a yellow sky it is the blue that is dark, and the grey road below would win.
    dark = _darkest(picture.mean(-1)).ravel()
    most = np.argsort(dark)[-max(round(dark.size * BRIGHTEST), 1):]
    return np.median(picture.reshape(-1, 3)[most], 0).clip(DARKEST, 1)


def through(picture: np.ndarray, air: np.ndarray, strength: float, passes: int = 1) -> np.ndarray:
    """(h, w) float32: the share of light that comes through the haze, of which `strength` is to go.

    passes: how often, at most, what is cleared is cleared again, with the same air (Haddad's iterative system), until a
    pass finds less than LITTLE of the light missing.
    """
    share, clear = np.ones(picture.shape[:2], np.float32), picture
    for _ in range(passes):
        guess = 1 - strength * _veil(clear / air)
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


def _veil(picture: np.ndarray) -> np.ndarray:
    """(h, w) float32 in [0, 1]: the share of light that is haze, of a (h, w, 3) picture in units of the haze's."""
    veil = np.zeros(picture.shape[:2], np.float32)
    part = _without_bars(picture)
    if not veil[part].size:
        return veil
    dark = _darkest(picture[part].min(-1)).clip(0, 1)
    size = [max(round(side / COARSE), 1) for side in dark.shape[::-1]]
    coarse = cv2.resize(dark, size, interpolation=cv2.INTER_AREA)
    side = round(AROUND * coarse.shape[0]) | 1
    around = cv2.GaussianBlur(percentile_filter(coarse, DARKER, size=side, mode="reflect"), (0, 0), side / 4)
    around = cv2.resize(around, dark.shape[::-1], interpolation=cv2.INTER_LINEAR)
    veil[part] = ((np.minimum(dark, around) - CLEAR) / (1 - CLEAR)).clip(0, 1)
    return veil


def _without_bars(picture: np.ndarray) -> tuple[slice, slice]:
    lit = picture.max(-1) > BAR
    rows, columns = np.flatnonzero(lit.any(1)), np.flatnonzero(lit.any(0))
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if len(rows) else (slice(0), slice(0))


def _darkest(values: np.ndarray) -> np.ndarray:
    return cv2.erode(values, np.ones((WINDOW, WINDOW)))
