"""Where the colour of text bleeds into the picture around its hole, and the picture without it.

Encoders keep colour at half the size, in blocks, and coarsely: around letters it may be a mixture of theirs and the
picture's over several pixels, while the luma beside them is the picture's own.
"""

from __future__ import annotations

import cv2
import numpy as np

from .fill import fill_smoothly

LOOKS = 12  # frames that are looked at
FAR = 10  # pixels from the hole where the picture is taken to be clean …
FARTHEST = 6  # … and the last that are cleaned
BLEEDS = 0.03  # share of the text's colour, above which a pixel is not clean: 17 films have .0, or .04 to .4 beside it
APART = 8 / 255  # of chroma between text and picture: less does not tell
LEAST = 200  # pixels that tell
CORE = 70  # per cent of a hole's pixels lie less deep than letters
WINDOW = 19  # pixels of a side in which chroma follows luma as a straight line
RIDGE = 3e-4  # of luma squared: noise is no line to follow


def reach_of_bleeding(frames: np.ndarray, holes: np.ndarray) -> int:
    """How many pixels beyond the holes the text's colour is seen, 0 … FARTHEST.

    frames: (n, h, w, 3) RGB, uint8 or float32 in [0, 1]; holes: (n, h, w) bool. All around the text, on average, what
    part of the way from the picture's chroma, as it is FAR off, to the text's lies what is seen at each distance?
    """
    there = np.flatnonzero(holes.any((1, 2)))
    way, whole, told = np.zeros((3, FAR + 1))
    for place in there[np.linspace(0, len(there) - 1, min(len(there), LOOKS)).astype(int)] if len(there) else ():
        hole, chroma = holes[place], _planes(frames[place])[..., 1:]
        off, deep = _distance(hole), _distance(~hole)
        if not (off >= FAR).any():
            continue
        text = np.median(chroma[deep >= np.percentile(deep[hole], CORE)], axis=0)
        far = fill_smoothly(chroma, (off >= FAR).astype(np.float32))
        toward, moved = text - far, chroma - far
        apart = (toward**2).sum(-1)
        tells = (off > 0) & (off < FAR) & (apart > APART**2)
        steps = np.rint(off[tells]).astype(int)
        for sums, values in ((way, (moved * toward).sum(-1)[tells]), (whole, apart[tells]), (told, None)):
            sums += np.bincount(steps, weights=values, minlength=FAR + 1)
    clean = ~((told >= LEAST) & (way > BLEEDS * whole))
    return int(np.argmax(clean[1:FARTHEST + 1])) if clean[1:FARTHEST + 1].any() else FARTHEST


def without_bleeding(frame: np.ndarray, hole: np.ndarray, reach: int) -> np.ndarray:
    """The frame, as it was given, with the chroma that clean pixels of like luma have, up to `reach` off its hole.

    Around each pixel chroma is a straight line of luma (He, Sun, Tang: Guided Image Filtering, 2013), fitted to what is
    clean. Two pixels beside yellow text over green, strongly compressed: 43.6 dB of chroma → 47.5.
    """
    off = _distance(hole)
    bled, clean = (off > 0) & (off <= reach), (off > reach).astype(np.float32)
    if not bled.any() or not clean.any():
        return frame
    planes = _planes(frame)
    luma, chroma = planes[..., :1], planes[..., 1:]
    share = cv2.blur(clean, (WINDOW, WINDOW))[..., None]
    mean, mean_chroma, square, product = (cv2.blur(clean[..., None] * values, (WINDOW, WINDOW)).reshape(
        *hole.shape, -1) / np.maximum(share, 1e-6) for values in (luma, chroma, luma**2, luma * chroma))
    slope = (product - mean * mean_chroma) / (square - mean**2 + RIDGE)
    known = (share[..., 0] > 1 / WINDOW**2).astype(np.float32)
    slope, level = fill_smoothly(slope, known), fill_smoothly(mean_chroma - slope * mean, known)
    planes[..., 1:] = np.where(bled[..., None], slope * luma + level, chroma)
    cleaned = cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB).clip(0, 1)
    if frame.dtype == np.uint8:
        cleaned = np.rint(cleaned * 255).astype(np.uint8)
    return np.where(bled[..., None], cleaned, frame)


def grown(holes: np.ndarray, reach: int) -> np.ndarray:
    """(n, h, w) bool: the holes and all that lies up to `reach` pixels off them."""
    return np.stack([_distance(hole) <= reach for hole in holes])


def _planes(frame: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32 luma and chroma, about .5, of an RGB frame."""
    frame = frame.astype(np.float32) / 255 if frame.dtype == np.uint8 else frame
    return cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb)


def _distance(hole: np.ndarray) -> np.ndarray:
    """(h, w) float32: pixels from each pixel to the hole; far, where there is none."""
    if not hole.any():
        return np.full(hole.shape, 1e6, np.float32)
    return cv2.distanceTransform((~hole).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
