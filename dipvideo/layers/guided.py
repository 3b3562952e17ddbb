"""The guided filter: what is smoothed keeps the edges of a picture, and may be brought to a finer one's.

He, Sun, Tang: Guided Image Filtering, ECCV 2010 (colour guide); He, Sun: Fast Guided Filter, arXiv 1505.00996.
"""

from __future__ import annotations

import cv2
import numpy as np

RADIUS, EPSILON = 3, 1e-4  # of the filter that brings masks up


class GuidedFilter:
    """Filters any number of maps by one guide, whose statistics are gathered once.

    guide: (h, w, 3) float32 in [0, 1]; radius: pixels of its window to each side; epsilon: variance, in squared units
    of the guide, from which an edge is kept.
    """

    def __init__(self, guide: np.ndarray, radius: int, epsilon: float):
        self._guide, self._radius = guide, radius
        self._mean = self._box(guide)
        pairs = self._box(guide[..., (0, 0, 0, 1, 1, 2)] * guide[..., (0, 1, 2, 1, 2, 2)])
        r, g, b = np.moveaxis(self._mean, -1, 0)
        rr, rg, rb, gg, gb, bb = np.moveaxis(pairs, -1, 0)
        rr, gg, bb = rr - r * r + epsilon, gg - g * g + epsilon, bb - b * b + epsilon
        rg, rb, gb = rg - r * g, rb - r * b, gb - g * b
        # The inverse of a symmetric matrix of three, by its cofactors: numpy's batched one takes ten times as long.
        c00, c01, c02 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
        c11, c12, c22 = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
        scale = 1 / (rr * c00 + rg * c01 + rb * c02)
        self._inverse = np.stack((c00, c01, c02, c01, c11, c12, c02, c12, c22), -1) * scale[..., None]

    def __call__(self, values: np.ndarray, onto: np.ndarray | None = None) -> np.ndarray:
        """`values`, (h, w, n) float32, smoothed along the guide; along `onto`, a finer guide (H, W, 3), if given."""
        slopes, offsets = zip(*(self._coefficients(values[..., n]) for n in range(values.shape[-1])), strict=True)
        guide = self._guide if onto is None else onto
        size = guide.shape[1::-1]
        return np.stack([(_sized(slope, size) * guide).sum(-1) + _sized(offset, size)
                         for slope, offset in zip(slopes, offsets, strict=True)], -1)

    def _coefficients(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = self._box(values)
        cross = self._box(self._guide * values[..., None]) - self._mean * mean[..., None]
        slope = (self._inverse.reshape(*mean.shape, 3, 3) @ cross[..., None])[..., 0]
        return self._box(slope), self._box(mean - (slope * self._mean).sum(-1))

    def _box(self, values: np.ndarray) -> np.ndarray:
        side = (2 * self._radius + 1,) * 2
        if values.ndim == 2 or values.shape[-1] <= 4:
            return cv2.boxFilter(values, -1, side, borderType=cv2.BORDER_REFLECT)
        return np.stack([cv2.boxFilter(np.ascontiguousarray(values[..., n]), -1, side, borderType=cv2.BORDER_REFLECT)
                         for n in range(values.shape[-1])], -1)


def _sized(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return values if values.shape[1::-1] == size else cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)


def brought_up(shares: np.ndarray, small: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """(H, W, n) float32 shares of a picture, (H, W, 3) uint8, from those of its reduced self, along its edges."""
    smooth = GuidedFilter(small.astype(np.float32) / 255, RADIUS, EPSILON)
    shares = smooth(shares, picture.astype(np.float32) / 255).clip(0, None)
    return shares / np.maximum(shares.sum(-1, keepdims=True), 1e-6)
