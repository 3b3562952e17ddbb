"""Layers made better, over all frames at once: by their motions, by colours, by where they are a frame away.

What a layer costs at each pixel is smoothed along the picture's edges (Hosni et al., Fast Cost-Volume Filtering, CVPR
2011).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import affine, colours
from .guided import GuidedFilter
from .moves import Moves
from .search import GONE, shares_of

ROUNDS = 2  # over all frames, with the colours and motions of the round before
SPREAD = (0.2, 0.8)  # pixels, least and most, that a layer's own pixels are taken to stray from its motion
MOST = 6.0  # units that a pixel's stray costs at most …
REST = 1.5  # … and so much less in the first layer: what fits no motion is ground
COLOUR, MOST_COLOUR = 0.5, 4.0  # weight of a colour's improbability, and how much of it counts
# How far a layer's area speaks for it, where motion tells layers apart and a colour is another's, too. With 0 a car
# takes along the asphalt around it, where motion says nothing; 1, as Bayes has it, counts twice what is known of where
# layers were. Mean IoU of six composites, 16 frames, hints alone: .894, with 0.5 .914, with 1 .913 (one gains .14, the
# worst loses .01, with 1 .03). Where colours alone told layers apart, it took a signing person's face away.
AREA = 0.5
ELSEWHERE = 0.05  # least probability of a layer where neighbouring frames have none of it
RADIUS, EPSILON = 8, 1e-3  # of the guided filter that smooths what a layer costs along the picture's edges

Motion = Callable[[int, np.ndarray], np.ndarray]
"""What it costs by motion to put each pixel of a frame, by its number, into each layer, given the layers' (h, w, k)
shares of it: (h, w, k)."""


class Sweeps:
    """Of one shot's (n, h, w, 3) uint8 frames, in Lab, (n, h, w, 3) float32, and with their moves."""

    def __init__(self, frames: np.ndarray, lab: np.ndarray, moves: Moves):
        self.moves, self.codes = moves, colours.codes_of(lab)
        self._filters = [GuidedFilter(picture.astype(np.float32) / 255, RADIUS, EPSILON) for picture in frames]

    def __call__(self, shares: np.ndarray, motion: Motion | None = None) -> np.ndarray:
        """(n, h, w, layers) float32 shares, from such ones; None where motion tells nothing apart."""
        for _ in range(ROUNDS):
            unlikely = colours.unlikely(colours.counted(self.codes, shares), 0 if motion is None else AREA)
            shares = np.stack([shares_of(smooth(self._cost(number, shares, unlikely, motion)))
                               for number, smooth in enumerate(self._filters)])
        return shares

    def _cost(self, number: int, shares: np.ndarray, unlikely: np.ndarray, motion: Motion | None) -> np.ndarray:
        """(h, w, layers) float32: what it costs to put each pixel of a frame into each layer."""
        colour = np.moveaxis(unlikely[:, self.codes[number]], 0, -1)
        weight = COLOUR * (2 - self.moves.texture[number])  # twice as much where motion says nothing
        cost = weight[..., None] * np.minimum(colour - colour.min(-1, keepdims=True), MOST_COLOUR)
        near = [affine.warped(shares[number + by], flow)
                for by, flow in ((1, self.moves.ahead[number]), (-1, self.moves.behind[number])) if flow is not None]
        if near:
            cost = cost - np.log(np.mean(near, 0) + ELSEWHERE)
        if motion is not None:
            cost = cost + motion(number, shares[number])
        return cost.astype(np.float32)

    def strays(self, number: int, shares: np.ndarray) -> np.ndarray:
        """The Motion of layers each of which has an affine one: how badly it explains the flow, where flow can be
        trusted."""
        texture = self.moves.texture[number]
        return texture[..., None] * np.minimum.reduce([_stray(flow, shares, texture)
                                                       for flow in self.moves.leaps[number]])


def _stray(flow: np.ndarray, shares: np.ndarray, texture: np.ndarray) -> np.ndarray:
    """(h, w, layers): how badly each layer's motion explains the flow, in units of the layer's own spread."""
    place = affine.places(*flow.shape[:2])
    some = place[::3, ::3].reshape(-1, 3), flow[::3, ::3].reshape(-1, 2)
    costs = []
    for layer in range(shares.shape[-1]):
        weight = (shares[..., layer] * texture)[::3, ::3].ravel()
        if weight.mean() < GONE:
            costs.append(np.full(texture.shape, MOST))
            continue
        motion, spread = affine.robust(*some, weight, rounds=3)
        spread = np.clip(spread, *SPREAD)
        cost = (affine.strays(place, flow, motion) / (2 * spread)) ** 2 / 2 + 0.5 * np.log(spread / SPREAD[0])
        costs.append(np.minimum(cost, MOST - (REST if layer == 0 else 0)))
    return np.stack(costs, -1)
