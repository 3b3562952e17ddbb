"""Unknown samples from the known ones around them, smoothly: a pyramid of averages goes down, and comes up again."""

from __future__ import annotations

import cv2
import numpy as np


def fill_smoothly(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Keep `values` where `known` is 1; elsewhere take the average of what is known nearby, the nearer the finer.

    values: (h, w) or (h, w, c), anything float32 can hold. known: (h, w) float32 weights in [0, 1].
    Returns float32 of the shape of `values`; zeros where nothing at all is known. (Push-pull: Gortler et al., 1996.)
    """
    planes = values.astype(np.float32).reshape(*known.shape, -1)
    return _fill(planes * known[..., None], known.astype(np.float32)).reshape(values.shape)


def _fill(weighted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    h, w = weight.shape
    mean = weighted / np.maximum(weight, 1e-6)[..., None]
    if weight.min() >= 1 or max(h, w) == 1:
        return mean
    size = ((w + 1) // 2, (h + 1) // 2)
    smaller = cv2.resize(weighted, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
    amount = cv2.resize(weight, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0])
    # One known sample in a block of four speaks for the whole block.
    gain = np.where(amount > 0, np.minimum(4.0, 1 / np.maximum(amount, 1e-6)), 0).astype(np.float32)
    coarse = _fill(smaller * gain[..., None], amount * gain)
    around = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR).reshape(h, w, -1)
    keep = np.minimum(weight, 1)[..., None]
    return mean * keep + around * (1 - keep)
