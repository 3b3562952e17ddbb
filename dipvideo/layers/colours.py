"""What colours a layer has, and layers of pictures in which nothing moves."""

from __future__ import annotations

import cv2
import numpy as np

BINS = (12, 14, 14)  # of L, a and b
REACH = 70  # a and b count from −REACH to REACH
BLUR = 0.7  # bins
FLOOR = 1e-5  # probability of a colour that a layer never showed
LEAST = 1e-3  # of the pictures: smaller layers count as so large
NEAR = 1.0  # of the picture's height: two places so far apart differ as much as two colours COLOUR_STEP apart
COLOUR_STEP = 25.0  # in Lab
SAMPLES = 20_000  # pixels that k-means looks at


def lab_of(frames: np.ndarray) -> np.ndarray:
    """(n, h, w, 3) float32 CIE Lab of uint8 RGB."""
    return np.stack([cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for frame in frames])


def codes_of(lab: np.ndarray) -> np.ndarray:
    """The bin of each pixel."""
    low, span = np.array([0, -REACH, -REACH]), np.array([100, 2 * REACH, 2 * REACH])
    bins = ((lab - low) / span * BINS).astype(int).clip(0, np.array(BINS) - 1)
    return (bins[..., 0] * BINS[1] + bins[..., 1]) * BINS[2] + bins[..., 2]


def counted(codes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(layers, bins): how much of each colour each layer has; `shares` are (…, layers) for codes (…)."""
    return np.stack([np.bincount(codes.ravel(), shares[..., layer].ravel(), int(np.prod(BINS)))
                     for layer in range(shares.shape[-1])])


def unlikely(counts: np.ndarray, area: float = 0.0) -> np.ndarray:
    """(layers, bins): minus the logarithm of each colour's probability in each layer, times the layer's area to the
    power of `area`: with 0 how well the colour suits the layer, with 1 how likely it is the layer's (Bayes)."""
    blurred = []
    for layer in counts:
        cube = layer.reshape(BINS).astype(np.float32)
        for axis in range(3):
            cube = np.moveaxis(cube, axis, 0)
            flat = cv2.GaussianBlur(cube.reshape(len(cube), -1), (1, 5), sigmaX=BLUR, sigmaY=BLUR,
                                    borderType=cv2.BORDER_REFLECT)
            cube = np.moveaxis(flat.reshape(cube.shape), 0, axis)
        blurred.append(cube.ravel() / max(cube.sum(), 50))
    size = counts.sum(1, keepdims=True) / max(counts.sum(), 1e-6)
    return -np.log(np.stack(blurred) + FLOOR) - area * np.log(np.maximum(size, LEAST))


def alike(lab: np.ndarray, layers: int, within: np.ndarray | None = None) -> np.ndarray:
    """(n, h, w) int: pixels of like colour and place, by k-means over all frames; −1 outside `within`, if given."""
    count, height, width = lab.shape[:3]
    y, x = np.mgrid[:height, :width].astype(np.float32) / (NEAR * height)
    place = np.broadcast_to(np.stack((x, y), -1), (count, height, width, 2))
    features = np.concatenate((lab / COLOUR_STEP, place), -1).astype(np.float32)
    inside = np.ones(lab.shape[:3], bool) if within is None else within
    chosen = features[inside]
    cv2.setRNGSeed(0)
    sample = np.ascontiguousarray(chosen[::max(len(chosen) // SAMPLES, 1)])
    centres = cv2.kmeans(sample, layers, None, (3, 50, 0.01), 5, cv2.KMEANS_PP_CENTERS)[2]
    found = np.stack([((chosen - centre) ** 2).sum(-1) for centre in centres], -1).argmin(-1)
    labels = np.full(lab.shape[:3], -1)
    labels[inside] = found
    return labels
