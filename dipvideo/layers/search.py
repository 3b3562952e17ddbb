"""Which motions a shot holds: each is found where it shows best and followed through the shot from there.

After Wang & Adelson: Representing Moving Images with Layers, 1994 (affine motions of blocks propose, pixels choose);
the choice by how much of a whole chunk's motion a layer explains is dipvideo's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from . import affine, colours
from .moves import Moves

CAP = 8.0  # pixels: motion that no layer explains counts as so much at most
STEP = 0.5  # pixels of stray that cost one unit
MOST = 5.0  # units that a pixel's stray costs at most: colour and place can then speak against it
REST = 0.8  # units by which the first layer is cheaper: what fits no motion is ground
COLOUR, MOST_COLOUR = 0.6, 4.0  # weight of a colour's improbability, and how much of it counts
PLACE, ELSEWHERE = 0.7, 0.01  # weight of where the layer was a frame ago, and the least probability of a new place
GONE = 1e-3  # of a frame, below which a layer has left it: too few pixels say nothing of its motion
FORGET, LEARN = 0.98, 0.3  # of the colours that a layer was begun with, a frame
STARTS, BUSIEST = 4, 2  # frames from which a layer is sought: spread evenly, and those with most to explain
TRIALS = 3  # motions that are tried from each
BLOCK, STRIDE = 6, 3  # steps of the grid, of the blocks that propose motions
TIGHT = 0.5  # pixels that a block's own flow may stray
UNEXPLAINED = 0.8  # pixels of stray, from which a pixel asks for another layer
LEAST = 0.002  # of the picture's pixels times pixels of motion, that a layer must explain to be tried

# Of what no layer explains, that a further one must explain. Cut-outs and a car explained .34 to .53 of it, a plain
# panel behind a person who signs .004: it took the layer that is hers.
WORTH = 0.02


@dataclass(frozen=True, slots=True)
class Chain:
    """Layers followed through a shot. shares: (n, h, w, layers), of each pixel; stray: (n, h, w), in pixels, of the
    layer that fits best; left: mean stray, of what texture makes sure, in pixels."""

    shares: np.ndarray
    stray: np.ndarray
    left: float


def search(moves: Moves, codes: np.ndarray, layers: int) -> np.ndarray:
    """(n, h, w, k) float32 shares of the first k ≤ `layers` layers that motion tells apart, the ground first."""
    follow = _Follow(moves, codes)
    best = follow.chain(0, np.ones((*codes.shape[1:], 1), np.float32))
    evenly = {round(place) for place in np.linspace(0, len(codes) - 1, STARTS + 2)[1:-1]}
    for _ in range(layers - 1):
        busiest = np.argsort(-(best.stray > UNEXPLAINED).mean((1, 2)))[:BUSIEST]
        starts = sorted(evenly | set(busiest.tolist()))
        trials = [follow.chain(start, shares) for start in starts for shares in follow.proposals(start, best)]
        if not trials:
            break
        found = min(trials, key=lambda chain: chain.left)
        if found.left > (1 - WORTH) * best.left:
            break
        best = found
    return best.shares


class _Follow:
    """What is known of the shot, at the grid's points."""

    def __init__(self, moves: Moves, codes: np.ndarray):
        self._moves, self._codes = moves, codes
        self._size = codes.shape[1:]
        self._places = affine.places(*self._size)

    def chain(self, start: int, shares: np.ndarray) -> Chain:
        """Layers that have `shares` in frame `start`, followed from there to both ends."""
        count = len(self._codes)
        kept: list[tuple[np.ndarray, np.ndarray] | None] = [None] * count
        first = kept[start] = self._frame(start, shares, None)
        begun = colours.counted(self._codes[start], first[0])
        for order, flows, back in ((range(start + 1, count), self._moves.behind, -1),
                                   (range(start - 1, -1, -1), self._moves.ahead, 1)):
            counts = begun
            for place in order:
                moved = affine.warped(kept[place + back][0], flows[place])
                kept[place] = self._frame(place, moved, colours.unlikely(counts))
                counts = FORGET * counts + LEARN * colours.counted(self._codes[place], kept[place][0])
        shares, stray = (np.stack(part) for part in zip(*kept, strict=True))
        return Chain(shares, stray, float((self._moves.texture * np.minimum(stray, CAP)).mean()))

    def proposals(self, start: int, chain: Chain) -> Iterator[np.ndarray]:
        """Shares of frame `start` with one layer more: motions of blocks that explain most of what is unexplained."""
        if not self._moves.leaps[start]:
            return
        flow, texture = self._moves.leaps[start][0], self._moves.texture[start]
        left = chain.stray[start] > UNEXPLAINED
        fits = [affine.strays(self._places, flow, motion) < 1.5 * TIGHT for motion in self._blocks(flow, left)]
        worth = texture * np.minimum(chain.stray[start], CAP)
        for _ in range(TRIALS):
            gains = [(worth * (left & fit)).sum() for fit in fits]
            if not gains or max(gains) < LEAST * left.size:
                return
            new = left & fits[int(np.argmax(gains))]
            left &= ~new
            yield np.concatenate((chain.shares[start] * np.where(new, 0.05, 0.95)[..., None],
                                  np.where(new, 0.95, 0.05)[..., None]), -1).astype(np.float32)

    def _blocks(self, flow: np.ndarray, wanted: np.ndarray) -> Iterator[np.ndarray]:
        """Affine motions of the blocks that are mostly wanted and move as one."""
        height, width = wanted.shape
        for top in range(0, height - BLOCK + 1, STRIDE):
            for left in range(0, width - BLOCK + 1, STRIDE):
                part = np.s_[top:top + BLOCK, left:left + BLOCK]
                if wanted[part].mean() < 0.6:
                    continue
                place, moved = self._places[part].reshape(-1, 3), flow[part].reshape(-1, 2)
                motion = affine.solve(place, moved, np.ones(len(place)))
                if np.median(affine.strays(place, moved, motion)) < TIGHT:
                    yield motion

    def _frame(self, number: int, prior: np.ndarray, unlikely: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Shares and stray of one frame, given where its layers are expected."""
        texture, place = self._moves.texture[number], self._places.reshape(-1, 3)
        there = -PLACE * np.log(cv2.blur(prior, (3, 3)).reshape(prior.shape) + ELSEWHERE)
        there[..., 0] -= REST
        if unlikely is not None:
            colour = np.moveaxis(unlikely[:, self._codes[number]], 0, -1)
            there += COLOUR * np.minimum(colour - colour.min(-1, keepdims=True), MOST_COLOUR)
        shares, stray = prior, np.zeros(prior.shape)
        for _ in range(2):
            if self._moves.leaps[number]:
                stray = np.minimum.reduce([np.stack([self._stray(place, flow, shares[..., layer] * texture)
                                                     for layer in range(prior.shape[-1])], -1)
                                           for flow in self._moves.leaps[number]])
            cost = texture[..., None] * np.minimum(stray / STEP, MOST) + there
            shares = shares_of(cv2.blur(cost.astype(np.float32), (3, 3)).reshape(cost.shape))
        chosen = shares.argmax(-1)[..., None]
        return shares, np.take_along_axis(stray, chosen, -1)[..., 0]

    def _stray(self, place: np.ndarray, flow: np.ndarray, weight: np.ndarray) -> np.ndarray:
        flat = flow.reshape(-1, 2)
        if weight.mean() < GONE:
            return np.full(self._size, CAP)
        return affine.strays(place, flat, affine.robust(place, flat, weight.ravel())[0]).reshape(self._size)


def shares_of(cost: np.ndarray) -> np.ndarray:
    """(…, layers) float32: the softmax of minus the cost."""
    likely = np.exp(cost.min(-1, keepdims=True) - cost)
    return (likely / likely.sum(-1, keepdims=True)).astype(np.float32)
