"""The picture that rises as it is told: a Poisson equation, which cosines solve."""

from __future__ import annotations

import numpy as np
from scipy.fft import dctn, idctn


def fitted(right: np.ndarray, down: np.ndarray, level: np.ndarray, weight: float) -> np.ndarray:
    """(h, w, c) float64: the picture that rises to the right, (h, w − 1, c), and down, (h − 1, w, c), as told, and is
    near `level`, (h, w, c), both as nearly as can be; weight: of a sample's level against 1 for a slope.

    Bhat, Zitnick, Cohen, Curless: GradientShop, ACM Transactions on Graphics 2010.
    """
    wanted = weight * level.astype(np.float64)
    wanted[:, 1:] += right
    wanted[:, :-1] -= right
    wanted[1:] += down
    wanted[:-1] -= down
    rows, columns = (2 - 2 * np.cos(np.pi * np.arange(side) / side) for side in level.shape[:2])
    waves = dctn(wanted, axes=(0, 1), norm="ortho") / (rows[:, None, None] + columns[None, :, None] + weight)
    return idctn(waves, axes=(0, 1), norm="ortho")
