"""What alike parts of all frames say together: superpixels vote on the layer of each.

After Faktor and Irani: Video Segmentation by Non-Local Consensus Voting, BMVC 2014. Mean IoU of hints alone, 24 frames
of 120 lines, before votes were asked for of layers of affine motion, too, and since: seven composites of two layers
.946 and .972, three of three .906 and .931; things cut out of real films by hand, moved over other clips, fourteen of
one .808 and .848, fourteen of two .607 and .676.
"""

from __future__ import annotations

import numpy as np

from .superpixels import Superpixels
from .sweeps import ELSEWHERE, Motion

ROUNDS, OWN = 20, 0.2  # of votes, and what its own pixels say of a superpixel each time
WHOLLY = 0.99  # quantile of the votes for a layer that counts as wholly its own
WEIGHT = 1.5  # of what was voted, as a Motion


def agreed(parts: Superpixels, shares: np.ndarray) -> np.ndarray:
    """(n, h, w, layers) float32 shares, as alike superpixels of all frames agree on such ones."""
    said = np.stack([parts.mean(shares[..., layer]) for layer in range(shares.shape[-1])], -1)
    votes = said
    for _ in range(ROUNDS):
        votes = (1 - OWN) * (parts.alike @ votes) + OWN * said
    things = votes[parts.of][..., 1:]
    wholly = np.quantile(things.reshape(-1, things.shape[-1]), WHOLLY, axis=0)
    things = np.minimum(things / np.maximum(wholly, 1e-6), 1)
    shares = np.concatenate((1 - things.max(-1, keepdims=True), things), -1)
    return (shares / shares.sum(-1, keepdims=True)).astype(np.float32)


def heeded(shares: np.ndarray, parts: np.ndarray) -> Motion:
    """The Motion of layers each of which is a part, by `parts`, of one that has such (n, h, w, k) shares."""
    def cost(number: int, _: np.ndarray) -> np.ndarray:
        return -WEIGHT * np.log(shares[number] + ELSEWHERE)[..., parts]

    return cost
