"""Two pictures of one scene in which two layers are mixed differently: by how much, and the layers back.

Edges of two layers seldom lie at one place, so that the right unmixing has the fewest gradients: the mixing is the most
likely one under Laplacian gradients (sparse independent component analysis: Zibulevsky & Pearlmutter, Neural
Computation 2001). Double-DIP (Gandelsman, Shocher, Irani, CVPR 2019) fits it along with its networks.

Of one picture of both, two networks whose gradients exclude each other (Double-DIP, 400 steps, 120 lines, three seeds)
have 17.7 dB of the scene at best, its level told, where the picture itself has 22.5 (one pair): `defocus` does better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np

# Pixels of the blur before gradients are taken: a reflection is out of focus, and code values' rounding is stronger
# than what it has between two neighbours. .7 and 1.5 cost up to 20 dB of the transmission on one pair of six.
BLUR = 1.0
DARKEST, LIGHTEST = 0.005, 0.99  # beyond, a sample is clipped, and is no sum of layers any more
APART = 0.01  # radians between the mixings of the two layers, below which both pictures show the same
ROUNDS = 3  # in which each layer's mixing is sought given the other's; after one two pairs of six lose up to 25 dB
FINEST = 2e-5  # radians
ROUNDED = 2.3e-4  # mean gradient: of 8 bits rounding alone leaves 1.8e-4 of two pictures with one mixing
HARDLY = 0.05  # weight of a layer where both pictures are taken for mixtures whose weights add up to 1
MOST = 400_000  # gradients that are looked at


def mixing_of(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray | None:
    """(2, 2) float64: how much of each layer (a column) each picture (a row) holds; None where they cannot be told.

    pairs: (h, w, 3) float32 pictures in [0, 1] of one mixing. Layers are known but for a factor each: weights add up to
    1 in both pictures where that can be, and the first layer is the one that weighs more in the first picture; else a
    layer is as strong as in the picture that shows it best, and the first is the one with more detail.
    """
    found = [_gradients(*pair) for pair in pairs]
    slopes = np.concatenate(found, 1) if found else np.zeros((2, 0))
    slopes = slopes[:, ::max(slopes.shape[1] // MOST, 1)]
    if slopes.shape[1] < 2 or not np.abs(slopes).sum(1).all():
        return None

    def left(angle: float) -> float:
        """The logarithm of the gradients left once the layer is taken off that both pictures show in this ratio."""
        return np.log(np.abs(np.cos(angle) * slopes[0] - np.sin(angle) * slopes[1]).mean() + 1e-9)

    def beside(other: float) -> float:
        """The likeliest angle, given the other layer's."""
        return _least(lambda angle: left(angle) - np.log(np.abs(np.sin(angle - other)) + 1e-9))

    first = _least(left)
    if left(first) < np.log(ROUNDED):
        return None
    for _ in range(ROUNDS):
        second = beside(first)
        first = beside(second)
    if abs(np.sin(first - second)) < APART:
        return None
    mixing = np.array([[np.sin(first), np.sin(second)], [np.cos(first), np.cos(second)]])
    weights = np.linalg.solve(mixing, np.ones(2))
    if (weights > HARDLY).all():
        mixing *= weights
        share = mixing[0]
    else:
        mixing /= mixing.max(0)
        share = np.abs(np.linalg.solve(mixing, slopes)).mean(1) * mixing[0]
    return mixing if share[0] >= share[1] else mixing[:, ::-1].copy()


def unmixed(first: np.ndarray, second: np.ndarray, mixing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two layers, (h, w, 3) float32, as two pictures of that mixing show them; they may leave [0, 1]."""
    (a, b), (c, d) = np.linalg.inv(mixing).astype(np.float32)
    return a * first + b * second, c * first + d * second


def clipped(picture: np.ndarray) -> np.ndarray:
    """(h, w, 3) bool: samples that are as light as can be, and may have been lighter."""
    return picture > LIGHTEST


def _gradients(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(2, n): of both pictures, wherever neither is clipped nearby."""
    sound = np.logical_and(*((p > DARKEST).all(-1) & ~clipped(p).any(-1) for p in (first, second)))
    sound = cv2.erode(sound.astype(np.uint8), np.ones((2 * round(3 * BLUR) + 1,) * 2)).view(bool)
    soft = [cv2.GaussianBlur(picture, (0, 0), BLUR) for picture in (first, second)]
    across = [np.diff(p, axis=1)[sound[:, 1:] & sound[:, :-1]].ravel() for p in soft]
    down = [np.diff(p, axis=0)[sound[1:] & sound[:-1]].ravel() for p in soft]
    return np.concatenate((across, down), 1)


def _least(cost: Callable[[float], float]) -> float:
    """The angle of a right one at which `cost` is least, to FINEST."""
    angles = np.linspace(0, np.pi / 2, 46)
    while True:
        best, step = angles[int(np.argmin([cost(angle) for angle in angles]))], angles[1] - angles[0]
        if step < FINEST:
            return float(best)
        angles = np.linspace(max(best - step, 0), min(best + step, np.pi / 2), 9)
