"""How likely each pixel of each frame belongs to each layer, from motion, colour and place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import affine, colours
from .guided import GuidedFilter
from .moves import Moves
from .patches import centres_of, classes_of
from .search import GONE, search, shares_of

LINES = 120  # of the pictures that layers are sought in
GRID = 4  # pixels between the points at which motions are sought
SWEEPS = 2  # over all frames, with the colours and motions of the sweep before
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
TEXTURED = 5  # pixels over which texture makes hints believable
LOOKED_AT = 9  # frames whose borders and colours tell layers apart where nothing moves
WEAK = 0.1  # share that a layer found by colour alone gives to the others


@dataclass(frozen=True, slots=True)
class Hints:
    """frames: (n, h, w, 3) uint8, reduced; shares: (n, h, w, layers) float32, 1 in all at each pixel; moves: theirs.

    moving: how many of the layers, the first among them, motion tells apart.
    """

    frames: np.ndarray
    shares: np.ndarray
    moves: Moves
    moving: int

    def sure(self, place: int, least: float) -> np.ndarray:
        """(h, w): how far the hints of a frame can be believed, from `least` to 1: by its texture, if motion gave them.

        Where nothing has texture, hints only say what lies nearby.
        """
        if self.moving == 1:
            return np.ones(self.shares.shape[1:3], np.float32)
        return least + (1 - least) * cv2.blur(self.moves.texture[place], (TEXTURED, TEXTURED))


def find_layers(frames: np.ndarray, layers: int, centres: np.ndarray | None = None) -> Hints:
    """The layers of one shot's (n, h, w, 3) frames, uint8 or float32 in [0, 1]; the first is the ground.

    centres: as `centres_of` gives them, of the whole shot where these are a part of it: what motion does not tell
    apart must not be another thing in every part.

    Motions that explain most of what moves come first; where there are fewer than layers, the largest layer is split
    by colour and place. The costs of motion, colour and place are smoothed along the picture's edges (Hosni et al.,
    Fast Cost-Volume Filtering, CVPR 2011).
    """
    small = np.stack([reduced(frame) for frame in frames])
    moves, lab = Moves.of(small), colours.lab_of(small)
    codes = colours.codes_of(lab)
    coarse = search(moves.thinned(GRID), codes[:, GRID // 2::GRID, GRID // 2::GRID], layers)
    size, moving = small.shape[2:0:-1], coarse.shape[-1]
    shares = np.stack([cv2.resize(frame, size).reshape(*size[::-1], moving) for frame in coarse])
    shares = _split(shares, small, lab, layers, centres)
    filters = [GuidedFilter(picture.astype(np.float32) / 255, RADIUS, EPSILON) for picture in small]
    for _ in range(SWEEPS):
        unlikely = colours.unlikely(colours.counted(codes, shares), AREA if moving > 1 else 0)
        costs = (_cost(moves, codes, shares, unlikely, number, moving) for number in range(len(small)))
        shares = np.stack([shares_of(smooth(cost)) for smooth, cost in zip(filters, costs, strict=True)])
    return Hints(small, shares, moves, moving)


def reduced(frame: np.ndarray, lines: int = LINES) -> np.ndarray:
    """(h, w, 3) uint8, of at most `lines` lines."""
    if frame.dtype != np.uint8:
        frame = np.rint(frame * 255).clip(0, 255).astype(np.uint8)
    scale = lines / min(frame.shape[:2])
    return frame if scale >= 1 else cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _split(shares: np.ndarray, small: np.ndarray, lab: np.ndarray, layers: int, centres: np.ndarray | None
           ) -> np.ndarray:
    """As many layers as asked for: what motion does not tell apart, colour and place do.

    Where motion tells nothing apart, what stands apart from the border does: with colours alone a person who signs was
    the jacket, along with a chair and a screen of its colours.
    """
    found = shares.shape[-1]
    if found == layers:
        return shares
    if found == 1:
        pictures = [picture.astype(np.float32) / 255 for picture in small]
        if centres is None:
            centres = centres_of(pictures[::max(len(pictures) // LOOKED_AT, 1)], layers)
        return (1 - WEAK) * np.stack([classes_of(picture, centres) for picture in pictures]) + WEAK / layers
    chosen = shares.argmax(-1)
    largest = int(np.bincount(chosen.ravel(), minlength=found).argmax())
    parts = colours.alike(lab, layers - found + 1, chosen == largest)
    order = np.argsort(-np.bincount(parts[parts >= 0], minlength=layers - found + 1))  # its largest part stays itself
    split = np.concatenate((shares, np.zeros((*shares.shape[:-1], layers - found), np.float32)), -1)
    for place, part in enumerate(order):
        split[parts == part] = np.eye(layers, dtype=np.float32)[largest if place == 0 else found + place - 1]
    return (1 - WEAK) * split + WEAK / layers


def _cost(moves: Moves, codes: np.ndarray, shares: np.ndarray, unlikely: np.ndarray, number: int, moving: int
          ) -> np.ndarray:
    """(h, w, layers) float32: what it costs to put each pixel of a frame into each layer."""
    own = shares[number]
    colour = np.moveaxis(unlikely[:, codes[number]], 0, -1)
    weight = COLOUR * (2 - moves.texture[number])  # twice as much where motion says nothing
    cost = weight[..., None] * np.minimum(colour - colour.min(-1, keepdims=True), MOST_COLOUR)
    near = [affine.warped(shares[number + by], flow) for by, flow in ((1, moves.ahead[number]),
                                                                      (-1, moves.behind[number])) if flow is not None]
    if near:
        cost = cost - np.log(np.mean(near, 0) + ELSEWHERE)
    if moving > 1:
        stray = np.minimum.reduce([_stray(flow, own, moves.texture[number]) for flow in moves.leaps[number]])
        cost = cost + moves.texture[number][..., None] * stray
    return cost.astype(np.float32)


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
