"""One motion for a whole layer: affine, fitted robustly to dense flow."""

from __future__ import annotations

import cv2
import numpy as np

STIFF = 1e-3  # pull of shear, turn and zoom towards none, as a share of the weight of all pixels
LEAST_SPREAD = 0.1  # pixels


def places(height: int, width: int) -> np.ndarray:
    """(h, w, 3) float32: 1, x and y of each pixel, in widths from the middle."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack((np.ones_like(x), (x - width / 2) / width, (y - height / 2) / width), -1)


def solve(place: np.ndarray, flow: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(3, 2): the affine motion that fits flow (n, 2) at places (n, 3) best by weighted least squares."""
    weighted = place * weight[:, None]
    normal = weighted.T @ place + np.diag([1e-9, *[STIFF * weight.sum() + 1e-9] * 2])
    return np.linalg.solve(normal, weighted.T @ flow)


def robust(place: np.ndarray, flow: np.ndarray, weight: np.ndarray, rounds: int = 4) -> tuple[np.ndarray, float]:
    """The motion of what weighs most, and how far its pixels stray from it (a deviation, in pixels).

    Iteratively reweighted least squares (Geman–McClure), from the weighted median.
    """
    weight = weight + 1e-9
    motion = np.zeros((3, 2))
    motion[0] = [_median(flow[:, axis], weight) for axis in range(2)]
    for _ in range(rounds):
        stray = strays(place, flow, motion)
        spread = max(1.48 * _median(stray, weight), LEAST_SPREAD)
        motion = solve(place, flow, weight / (1 + (stray / (2 * spread)) ** 2) ** 2)
    return motion, spread


def strays(place: np.ndarray, flow: np.ndarray, motion: np.ndarray) -> np.ndarray:
    """How far each pixel's flow is from the motion, in pixels."""
    return np.linalg.norm(flow - place @ motion, axis=-1)


def warped(values: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """`values` (h, w, …) fetched from where `flow` (h, w, 2) leads."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(values, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
                     ).reshape(values.shape)


def _median(values: np.ndarray, weight: np.ndarray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])
