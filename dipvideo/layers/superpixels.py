"""Small parts of pictures that are alike and lie together, and which of a shot's look alike."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree
from skimage.segmentation import slic

from . import colours

COMPACT = 20.0  # how square they are, for Lab colours
GRAIN = 1.0  # pixels that they look at are smoothed by: noise of 60 of 255 had all pixels in one
COUNT = 200  # of each frame of a shot
FRIENDS, MOST_FRIENDS = 2, 60  # the nearest in look that each has, for each frame and in all
SPREAD = 0.5  # weight of the spread of a superpixel's colours against their mean
KIN = 0.3  # distance, of colours in COLOUR_STEP and places in heights of the picture, that counts e^-.5


def superpixels(picture: np.ndarray, count: int) -> np.ndarray:
    """(h, w) int from 0: about `count` parts of a (h, w, 3) float32 picture in [0, 1] (SLIC, on Lab)."""
    # In RGB, which slic turns into Lab itself: whatever it is given it first brings to [0, 1], and of Lab in [0, 1] the
    # colours count so little that all parts are squares.
    return slic(picture, count, COMPACT, sigma=GRAIN, start_label=0)


class Superpixels:
    """Of one shot's (n, h, w, 3) uint8 frames, in Lab, (n, h, w, 3) float32.

    of: (n, h, w) int, the one of each pixel; sizes: (total,), how many pixels each has.
    """

    def __init__(self, frames: np.ndarray, lab: np.ndarray):
        parts = [superpixels(frame.astype(np.float32) / 255, COUNT) for frame in frames]
        first = np.cumsum([0, *(part.max() + 1 for part in parts)])
        self.of = np.stack([part + begin for part, begin in zip(parts, first[:-1], strict=True)])
        self.sizes = np.maximum(np.bincount(self.of.ravel(), minlength=first[-1]), 1)
        self._lab = lab

    def mean(self, values: np.ndarray) -> np.ndarray:
        """(total,) of (n, h, w) values, over each superpixel."""
        return np.bincount(self.of.ravel(), values.ravel(), len(self.sizes)) / self.sizes

    @cached_property
    def alike(self) -> sparse.csr_array:
        """(total, total): how much alike two superpixels look, 0 for most; to each, 1 in all."""
        look, total = self._look(), len(self.sizes)
        count = min(FRIENDS * len(self.of), MOST_FRIENDS, total)
        far, near = cKDTree(look).query(look, k=[*range(1, count + 1)])
        weight = np.exp(-(far / KIN) ** 2 / 2)
        weight /= weight.sum(1, keepdims=True)
        heard = sparse.csr_array((weight.ravel(), (np.repeat(np.arange(total), count), near.ravel())), (total, total))
        heard = heard + heard.T
        return sparse.diags_array(1 / heard.sum(1)) @ heard

    def _look(self) -> np.ndarray:
        """(total, 8): colours of each superpixel, their spread, and its place."""
        height, width = self.of.shape[1:]
        y, x = (np.broadcast_to(axis / height, self.of.shape) for axis in np.mgrid[:height, :width])
        mean = [self.mean(self._lab[..., axis]) for axis in range(3)]
        square = [self.mean(self._lab[..., axis] ** 2) for axis in range(3)]
        spread = [np.sqrt(np.maximum(s - m ** 2, 0)) for s, m in zip(square, mean, strict=True)]
        return np.stack([*(m / colours.COLOUR_STEP for m in mean), *(SPREAD * s / colours.COLOUR_STEP for s in spread),
                         self.mean(x), self.mean(y)], -1)
