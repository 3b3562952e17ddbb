"""What alike parts of all frames say together: superpixels vote on the layer of each.

After Faktor and Irani: Video Segmentation by Non-Local Consensus Voting, BMVC 2014. Mean IoU of hints alone, 24 frames
of 120 lines, before votes were asked for of layers of affine motion, too, and since: seven composites of two layers
.946 and .972, three of three .906 and .931; things cut out of real films by hand, moved over other clips, fourteen of
one .808 and .848, fourteen of two .607 and .676.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from . import colours
from .patches import superpixels
from .sweeps import ELSEWHERE, Motion

SUPERPIXELS = 200  # that vote, of each frame
VOTERS, MOST_VOTERS = 2, 60  # nearest superpixels, for each frame and in all, whose votes a superpixel hears
SPREAD = 0.5  # weight of the spread of a superpixel's colours against their mean
KIN = 0.3  # distance, of colours in COLOUR_STEP and places in heights of the picture, at which a vote counts e^-.5
ROUNDS, OWN = 20, 0.2  # of votes, and what its own pixels say of a superpixel each time
WHOLLY = 0.99  # quantile of the votes for a layer that counts as wholly its own
WEIGHT = 1.5  # of what was voted, as a Motion


class Votes:
    """Of one shot's (n, h, w, 3) uint8 frames, in Lab, (n, h, w, 3) float32."""

    def __init__(self, frames: np.ndarray, lab: np.ndarray):
        parts = [superpixels(frame.astype(np.float32) / 255, SUPERPIXELS) for frame in frames]
        first = np.cumsum([0, *(part.max() + 1 for part in parts)])
        self._of = np.stack([part + begin for part, begin in zip(parts, first[:-1], strict=True)])
        self._sizes = np.maximum(np.bincount(self._of.ravel(), minlength=first[-1]), 1)
        self._hears = self._heard(lab, min(VOTERS * len(frames), MOST_VOTERS, first[-1]))

    def __call__(self, shares: np.ndarray) -> np.ndarray:
        """(n, h, w, layers) float32 shares, as alike superpixels of all frames agree on such ones."""
        said = np.stack([self._mean(shares[..., layer]) for layer in range(shares.shape[-1])], -1)
        votes = said
        for _ in range(ROUNDS):
            votes = (1 - OWN) * (self._hears @ votes) + OWN * said
        things = votes[self._of][..., 1:]
        wholly = np.quantile(things.reshape(-1, things.shape[-1]), WHOLLY, axis=0)
        things = np.minimum(things / np.maximum(wholly, 1e-6), 1)
        shares = np.concatenate((1 - things.max(-1, keepdims=True), things), -1)
        return (shares / shares.sum(-1, keepdims=True)).astype(np.float32)

    def _heard(self, lab: np.ndarray, count: int) -> sparse.csr_array:
        """(total, total): how much each superpixel's vote counts for each, 1 in all."""
        look, total = self._look(lab), len(self._sizes)
        far, near = cKDTree(look).query(look, k=[*range(1, count + 1)])
        weight = np.exp(-(far / KIN) ** 2 / 2)
        weight /= weight.sum(1, keepdims=True)
        heard = sparse.csr_array((weight.ravel(), (np.repeat(np.arange(total), count), near.ravel())), (total, total))
        heard = heard + heard.T
        return sparse.diags_array(1 / heard.sum(1)) @ heard

    def _look(self, lab: np.ndarray) -> np.ndarray:
        """(total, 8): colours of each superpixel, their spread, and its place."""
        height, width = self._of.shape[1:]
        y, x = (np.broadcast_to(axis / height, self._of.shape) for axis in np.mgrid[:height, :width])
        mean = [self._mean(lab[..., axis]) for axis in range(3)]
        square = [self._mean(lab[..., axis] ** 2) for axis in range(3)]
        spread = [np.sqrt(np.maximum(s - m ** 2, 0)) for s, m in zip(square, mean, strict=True)]
        return np.stack([*(m / colours.COLOUR_STEP for m in mean), *(SPREAD * s / colours.COLOUR_STEP for s in spread),
                         self._mean(x), self._mean(y)], -1)

    def _mean(self, values: np.ndarray) -> np.ndarray:
        """(total,) of (n, h, w) values, over each superpixel."""
        return np.bincount(self._of.ravel(), values.ravel(), len(self._sizes)) / self._sizes


def heeded(shares: np.ndarray, parts: np.ndarray) -> Motion:
    """The Motion of layers each of which is a part, by `parts`, of one that has such (n, h, w, k) shares."""
    def cost(number: int, _: np.ndarray) -> np.ndarray:
        return -WEIGHT * np.log(shares[number] + ELSEWHERE)[..., parts]

    return cost
