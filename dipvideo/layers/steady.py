"""Edges that stay where they are while the picture moves: a mark's, after Dekel, Rubinstein, Liu, Freeman: On the
Effectiveness of Visible Watermarks, CVPR 2017 (the median gradient over the frames is the mark's).

Each shot says by itself what stays in it, and what most shots agree on counts: a long shot in which the camera stands
still says no more than a short one. A colour is looked at by itself, since a red mark is darker than the sky and
lighter than the wood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

PLAIN = 2.0  # of 255: a fainter gradient is no mark's
STRIP = 32  # rows that are looked at together, so that memory stays small


@dataclass(frozen=True, slots=True)
class Steady:
    """All (h, w) float32 in [0, 1]. share: of a gradient that is the same in all frames, 0 where it is faint; at_least:
    the same, a gradient that is stronger in some frames not held against it; busy: of the frames that have an edge."""

    share: np.ndarray
    at_least: np.ndarray
    busy: np.ndarray

    @classmethod
    def of(cls, pictures: np.ndarray, shots: Sequence[int]) -> Steady:
        """pictures: (n, h, w, 3) uint8; shots: the number of the shot that each is from."""
        height = pictures.shape[1]
        parts = []
        for top in range(0, height, STRIP):
            first, last = max(top - 1, 0), min(top + STRIP + 1, height)
            found = _steady(pictures[:, first:last], np.asarray(shots))
            parts.append(found[:, top - first:top - first + min(STRIP, height - top)])
        share, at_least, busy = np.concatenate(parts, 1)
        return cls(*(cv2.GaussianBlur(values, (3, 3), 0) for values in (share, at_least)), busy)


def _steady(pictures: np.ndarray, shots: np.ndarray) -> np.ndarray:
    """(3, h, w) float32: share, at_least and busy, the first two in the colour that shows them best."""
    members = [shots == shot for shot in np.unique(shots)]
    each = []
    for colour in np.moveaxis(pictures, -1, 0):
        slopes = np.stack([_slopes(picture) for picture in colour])
        common = common_to(slopes, shots)
        strength = np.linalg.norm(common, axis=-1)
        along = (slopes * common).sum(-1) / np.maximum(strength, 1e-6)
        aside = np.sqrt(np.maximum((slopes**2).sum(-1) - along**2, 0))
        found = [(np.linalg.norm(slopes, axis=-1) > 2 * PLAIN).mean(0)]
        for short in (np.abs(strength - along), np.maximum(strength - along, 0)):
            missed = np.hypot(aside, short)
            stray = np.median(np.stack([np.median(missed[of_shot], 0) for of_shot in members]), 0)
            found.append(np.where(strength > PLAIN, strength / (strength + stray + 1e-6), 0))
        each.append(np.stack(found))
    busy, share, at_least = np.moveaxis(np.stack(each), 1, 0)
    return np.stack((share.max(0), at_least.max(0), busy.mean(0))).astype(np.float32)


def _slopes(colour: np.ndarray) -> np.ndarray:
    """(h, w, 2) float32, per pixel, of (h, w) uint8."""
    return np.stack([cv2.Scharr(colour, cv2.CV_32F, *axes) / 32 for axes in ((1, 0), (0, 1))], -1)


def common_to(values: np.ndarray, shots: np.ndarray) -> np.ndarray:
    """What most shots agree on of values, (n, …), each shot by its median; shots: (n,), the shot that each is from."""
    return _agreed(np.stack([np.median(values[shots == shot], 0) for shot in np.unique(shots)]))


def _agreed(values: np.ndarray) -> np.ndarray:
    """The middle of the first axis; of two in the middle the one nearer to 0, and 0 where they are of unlike signs."""
    values = np.sort(values, 0)
    low, high = values[(len(values) - 1) // 2], values[len(values) // 2]
    return np.where(low * high > 0, np.where(np.abs(low) < np.abs(high), low, high), 0)
