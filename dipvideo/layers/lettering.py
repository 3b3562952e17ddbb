"""The letters of a mark, where a text detector saw it: what of the picture is the same in all frames, built up again
from its slopes, and of that what stands out narrowly, lighter or darker.

From the median slopes the mark comes back by itself where the picture moves behind it (Dekel, Rubinstein, Liu, Freeman:
On the Effectiveness of Visible Watermarks, CVPR 2017), and with the picture where that stands still.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..geometry import Box
from ..slopes import fitted
from .steady import common_to

ABOUT = 0.5  # of its height around a box, that is looked at …
OVER, BESIDE = 0.1, 0.33  # … and that letters may lie outside it: boxes are at times a letter short
SAME = 0.5  # share of a slope that must be the same in all frames
LEVEL = 3e-3  # weight of no level at all against 1 for a slope
GROUND, STROKE = 0.9, 0.4  # of the box's height: windows of what lies behind letters, and wider than any stroke
LETTERS = 0.4  # of what stands out most in the box: the least that a letter does
FAINT = 2.0  # of 255, and so much at least
SHOWN, ALWAYS = 0.5, 0.9  # of a mark's slopes, that a frame shows which has it, and how many frames must: captions go
SPECK = 6  # pixels: smaller is no letter, and no dot of one


def lettering(pictures: Sequence[np.ndarray], shots: Sequence[int], text: Box) -> np.ndarray:
    """(h, w) bool: the letters in `text`. pictures: (h, w, 3) uint8; shots: the number of each one's shot."""
    height, width = pictures[0].shape[:2]
    around = text.grown(round(ABOUT * text.height), height, width)
    luma = np.stack([cv2.cvtColor(picture[around.slices], cv2.COLOR_RGB2GRAY) for picture in pictures])
    core = text.grown(round(OVER * text.height), height, width)
    core = Box(core.top, max(text.left - round(BESIDE * text.height), 0), core.bottom,
               min(text.right + round(BESIDE * text.height), width)) & around
    inside, letters = np.zeros(luma.shape[1:], bool), np.zeros((height, width), bool)
    inside[core.within(around)] = True
    letters[around.slices] = _in_all(luma, np.asarray(shots), inside, text.height)
    return letters


def without_specks(pixels: np.ndarray, least: int) -> np.ndarray:
    """(h, w) bool, without the parts that are smaller than `least` pixels."""
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(pixels.astype(np.uint8), connectivity=8)
    kept = sizes[:, cv2.CC_STAT_AREA] >= least
    kept[0] = False
    return kept[parts]


def _in_all(luma: np.ndarray, shots: np.ndarray, inside: np.ndarray, height: int) -> np.ndarray:
    """(h, w) bool: the letters within `inside` that all of (n, h, w) uint8 frames show; none if some do not."""
    slopes = [np.diff(luma.astype(np.float32), axis=axis) for axis in (2, 1)]
    common = [_common(each, shots) for each in slopes]
    letters = _letters(fitted(*(each[..., None] for each in common), np.zeros((*luma.shape[1:], 1)), LEVEL)[..., 0]
                       .astype(np.float32), inside, height)
    near = cv2.dilate(letters.astype(np.uint8), np.ones((3, 3))).view(bool)
    near = near[:, 1:], near[1:]
    strength = sum((each[part] ** 2).sum() for each, part in zip(common, near, strict=True))
    shown = sum((each[:, part] * own[part]).sum(-1) for each, own, part in zip(slopes, common, near, strict=True))
    return letters if (shown > SHOWN * strength).mean() >= ALWAYS else np.zeros_like(letters)


def _common(slopes: np.ndarray, shots: np.ndarray) -> np.ndarray:
    """(h, w): the slopes that are the same in all of (n, h, w), 0 where there is none."""
    common = common_to(slopes, shots)
    stray = np.median(np.abs(slopes - common), 0)
    return np.where(np.abs(common) > SAME * (np.abs(common) + stray), common, 0)


def _letters(built: np.ndarray, inside: np.ndarray, height: int) -> np.ndarray:
    """(h, w) bool: the strokes of letters `height` pixels high, within `inside`."""
    low, high = built.min(), built.max()
    grey = np.rint((built - low) / max(high - low, 1e-6) * 255).astype(np.uint8)
    window = min(max(round(GROUND * height), 3) | 1, 255)
    ground = cv2.medianBlur(grey, window).astype(np.float32) / 255 * (high - low) + low
    ground = cv2.GaussianBlur(ground, (0, 0), max(height / 8, 1))
    kernel = np.ones((max(round(STROKE * height), 3) | 1,) * 2, np.uint8)
    lighter, darker = (cv2.morphologyEx(built, which, kernel) for which in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))
    out = np.where(built > ground, np.minimum(lighter, built - ground), np.minimum(darker, ground - built))
    return without_specks(inside & (out > max(LETTERS * np.percentile(out[inside], 95), FAINT)), SPECK)
