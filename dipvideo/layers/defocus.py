"""The layer of a picture that is out of focus, as what a window mirrors is where the camera looks through it.

Slopes that are weak are the layer's, all others the scene's: the picture without them is a Poisson equation (Yang, Ma,
Zheng, Cai, Liu: Fast Single Image Reflection Suppression via Convex Optimization, CVPR 2019, whose threshold stands
here between soft ends), and what it has lost is the layer once it is blurred, so that what is fine stays the scene's.

Six pairs of a photograph and a blurred reflection, and ten made of photographs, whose sum alone was given: PSNR of the
scene rises by 1.6 and 4.9 dB in the mean, by .5 at least, if the mean level is told by .3 and .9, and falls by .4 at
worst. Without the blur by .3 and .7 and −1.1. Of four photographs without any reflection 17 to 34 dB are left, most of
that in their level. To ask for softness besides, by how much steeper a slope is under a finer blur (Wan et al.: Depth
of Field Guided Reflection Removal, ICIP 2016), gains nothing more (.3, .8; worst −.1), and keeps 4 dB more of those.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..slopes import fitted

DEFOCUS_LINES = 480  # of the pictures that this is told in: a reflection is soft at any size, and costs the same
BLUR = 3.0  # pixels: 2 and 4 gain as much, and lose .6 and .2 at worst
# Weight of the picture's own level against 1 for a slope: with 1e-2 half as much is gained, with 1e-4 more is lost.
LEVEL = 1e-3
BLACK = 0.01  # share of the samples in which the layer is taken to be black


def out_of_focus(pictures: Sequence[np.ndarray], weak: float) -> Sequence[np.ndarray]:
    """(h, w, 3) float32 each: what of a shot's pictures, (h, w, 3) uint8, is out of focus, black somewhere in them.

    weak: what a weak slope is less than, of 1 a pixel.
    """
    found = [cv2.GaussianBlur(picture - _in_focus(picture, weak), (0, 0), BLUR) for picture in
             (picture.astype(np.float32) / 255 for picture in pictures)]
    black = min(np.quantile(np.stack(found), BLACK, axis=(0, 1, 2)))  # one for all, so that nothing flickers
    return [(picture - black).clip(0, 1).astype(np.float32) for picture in found]


def without(frame: np.ndarray, over: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32 in [0, 1]: the frame without the layer that was found, (h, w, 3), of its reduced self."""
    return (frame - cv2.resize(over, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)).clip(0, 1)


def _in_focus(picture: np.ndarray, weak: float) -> np.ndarray:
    right, down = (_strong(np.diff(picture, axis=axis), weak) for axis in (1, 0))
    return fitted(right, down, picture, LEVEL)


def _strong(slopes: np.ndarray, weak: float) -> np.ndarray:
    """Slopes of at least `weak` in any colour as they are, of less than half of it none."""
    return slopes * (2 * np.abs(slopes).max(-1, keepdims=True) / weak - 1).clip(0, 1)
