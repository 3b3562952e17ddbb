"""Figures of quality: pictures are (H, W, 3) float arrays in [0, 1], holes (H, W) bool."""

from __future__ import annotations

import math

import numpy as np


def mse(picture: np.ndarray, truth: np.ndarray, hole: np.ndarray | None = None) -> float:
    """Mean squared error, over `hole` if given; 0 for a hole without pixels."""
    difference = picture.astype(np.float64) - truth
    if hole is not None:
        difference = difference[hole]
    return float(np.mean(difference**2)) if difference.size else 0.0


def decibels(error: float) -> float:
    """Peak signal-to-noise ratio of a mean squared error, for a peak of 1: 10 log10(1 / error)."""
    return math.inf if error == 0 else -10 * math.log10(error)


def psnr(picture: np.ndarray, truth: np.ndarray, hole: np.ndarray | None = None) -> float:
    """Peak signal-to-noise ratio in dB, over `hole` if given; inf where both are equal."""
    return decibels(mse(picture, truth, hole))
