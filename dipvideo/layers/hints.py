"""How likely each pixel of each frame belongs to each layer, from motion, colour and place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from . import colours, cuts, enclosed, votes
from .moves import Moves, points
from .patches import centres_of, classes_of
from .search import search
from .superpixels import Superpixels
from .sweeps import Sweeps

LINES = 120  # of the pictures that layers are sought in
GRID = 4  # pixels between the points at which motions are sought
TEXTURED = 5  # pixels over which texture makes hints believable
LOOKED_AT = 9  # frames whose borders and colours tell layers apart where nothing moves
STRAYS = 0.5  # weight of how badly affine motions explain the flow, beside what was voted on them
LEAST = 1e-3  # of a pixel, in the layers of affine motion but the ground: what stands apart there is of none of them
WEAK = 0.1  # share that a layer found by colour alone gives to the others


@dataclass(frozen=True, slots=True)
class Hints:
    """frames: (n, h, w, 3) uint8, reduced; shares: (n, h, w, layers) float32, 1 in all at each pixel; moves: theirs.

    moving: how many of the layers, the first among them, motion tells apart; parts: (layers,), which of them each layer
    is a part of; enclosed: whether it does so because it encloses one, not by a motion of each.
    """

    frames: np.ndarray
    shares: np.ndarray
    moves: Moves
    moving: int
    parts: np.ndarray
    enclosed: bool = False

    @property
    def found(self) -> np.ndarray:
        """(n, h, w) int: which of the layers that were found each pixel belongs to, 0 for the ground."""
        return self.parts[self.shares.argmax(-1)]

    def sure(self, place: int, least: float) -> np.ndarray:
        """(h, w): how far the hints of a frame can be believed, from `least` to 1: by its texture, if motion gave them.

        Where nothing has texture, hints only say what lies nearby.
        """
        if self.moving == 1:
            return np.ones(self.shares.shape[1:3], np.float32)
        return least + (1 - least) * cv2.blur(self.moves.texture[place], (TEXTURED, TEXTURED))


@dataclass(frozen=True, slots=True)
class Shot:
    """What is known of a whole shot, None for what is not: `centres`, as `centres_of` gives them, whether motion tells
    layers apart because it encloses one, and how many things it then encloses."""

    centres: np.ndarray | None = None
    enclosed: bool | None = None
    things: int | None = None


UNKNOWN = Shot()


def find_layers(frames: np.ndarray, layers: int, shot: Shot = UNKNOWN) -> Hints:
    """The layers of one shot's (n, h, w, 3) frames, uint8 or float32 in [0, 1]; the first is the ground.

    shot: what is known where these frames are a part of it: what is told apart must not be another thing in every part.

    Motions that explain most of what moves come first; where motion encloses something else more clearly, as where the
    ground recedes and has no one motion, or more things than move as one each, that stands before the ground instead.
    Where there are fewer layers than asked for, the largest is split by colour and place.
    """
    seen = _Seen(np.stack([reduced(frame) for frame in frames]))
    if shot.enclosed is False:
        return _moving(seen, layers, shot.centres)
    thing = _enclosed(seen, layers, shot.things)
    if shot.enclosed:
        return thing
    moving = _moving(seen, layers, shot.centres)
    return thing if enclosed.clearly(seen.moves, seen.apart, thing.found, moving.found) else moving


class _Seen:
    """What is seen of a shot's (n, h, w, 3) uint8 frames: their colours and moves, and what is made of both."""

    def __init__(self, frames: np.ndarray):
        self.frames, self.lab, self.moves = frames, colours.lab_of(frames), Moves.of(frames)
        self.sweeps = Sweeps(frames, self.lab, self.moves)

    @cached_property
    def parts(self) -> Superpixels:
        return Superpixels(self.frames, self.lab)

    @cached_property
    def apart(self) -> np.ndarray:
        """(n, h, w), as `heights` says."""
        return enclosed.heights(self.moves)


def _moving(seen: _Seen, layers: int, centres: np.ndarray | None) -> Hints:
    """Layers of affine motion; where there is but one, of what stands apart from the border of the picture."""
    shares = _affine(seen.moves, seen.sweeps.codes, layers)
    moving = shares.shape[-1]
    if moving == 1:
        shares = seen.sweeps(_by_look(seen.frames, layers, centres))
        return Hints(seen.frames, shares, seen.moves, 1, np.arange(layers))
    voted = votes.agreed(seen.parts, _weighed(shares, seen.apart))
    shares, parts = _split(voted, seen.lab, layers)
    heeded = votes.heeded(voted, parts)
    shares = seen.sweeps(shares, lambda number, now: heeded(number, now) + STRAYS * seen.sweeps.strays(number, now))
    return Hints(seen.frames, shares, seen.moves, moving, parts)


def _weighed(shares: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Shares of layers of affine motion and of their ground, as far as what stands apart agrees.

    Half of what does goes from the ground to the layers. Half of what does not goes back, of layers that stand apart as
    a whole: of one that reaches out of the picture, heights say nothing.
    """
    apart = apart[..., None]
    ground, things = shares[..., :1], shares[..., 1:]
    chosen = shares.argmax(-1)
    whole = [enclosed.stands(apart[..., 0], chosen == n, chosen == 0) for n in range(1, shares.shape[-1])]
    back = things * whole * (1 - apart) / 2
    more = ground * apart / 2 * things / np.maximum(things.sum(-1, keepdims=True), LEAST)
    things = things - back + more
    return np.concatenate((1 - things.sum(-1, keepdims=True), things), -1)


def _enclosed(seen: _Seen, layers: int, known: int | None) -> Hints:
    """What motion encloses, as far as asked for in things that hang together, and the ground."""
    voted = votes.agreed(seen.parts, np.stack((1 - seen.apart, seen.apart), -1))
    if layers > 2:
        thing = voted[..., 1:]
        things = cuts.things(seen.parts, seen.moves, thing[..., 0] > 0.5, layers - 1, known)
        if things.shape[-1] > 1:
            voted = votes.agreed(seen.parts, np.concatenate((1 - thing, thing * things), -1))
    shares, parts = _split(voted, seen.lab, layers)
    shares = seen.sweeps(shares, votes.heeded(voted, parts))
    return Hints(seen.frames, shares, seen.moves, voted.shape[-1], parts, enclosed=True)


def _affine(moves: Moves, codes: np.ndarray, layers: int) -> np.ndarray:
    """(n, h, w, k) float32 shares of the k ≤ `layers` layers that affine motions tell apart."""
    height, width = codes.shape[1:]
    shares = search(moves.thinned(GRID), codes[:, *points((height, width), GRID)], layers)
    return np.stack([cv2.resize(frame, (width, height)).reshape(height, width, -1) for frame in shares])


def reduced(frame: np.ndarray, lines: int = LINES) -> np.ndarray:
    """(h, w, 3) uint8, of at most `lines` lines."""
    if frame.dtype != np.uint8:
        frame = np.rint(frame * 255).clip(0, 255).astype(np.uint8)
    scale = lines / min(frame.shape[:2])
    return frame if scale >= 1 else cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _by_look(small: np.ndarray, layers: int, centres: np.ndarray | None) -> np.ndarray:
    """What stands apart from the border: with colours alone a person who signs was the jacket, along with a chair and a
    screen of its colours."""
    pictures = [picture.astype(np.float32) / 255 for picture in small]
    if centres is None:
        centres = centres_of(pictures[::max(len(pictures) // LOOKED_AT, 1)], layers)
    return (1 - WEAK) * np.stack([classes_of(picture, centres) for picture in pictures]) + WEAK / layers


def _split(shares: np.ndarray, lab: np.ndarray, layers: int) -> tuple[np.ndarray, np.ndarray]:
    """As many layers as asked for: what motion does not tell apart, colour and place do. And which layer each was."""
    found = shares.shape[-1]
    if found == layers:
        return shares, np.arange(layers)
    chosen = shares.argmax(-1)
    largest = int(np.bincount(chosen.ravel(), minlength=found).argmax())
    parts = colours.alike(lab, layers - found + 1, chosen == largest)
    order = np.argsort(-np.bincount(parts[parts >= 0], minlength=layers - found + 1))  # its largest part stays itself
    split = np.concatenate((shares, np.zeros((*shares.shape[:-1], layers - found), np.float32)), -1)
    for place, part in enumerate(order):
        split[parts == part] = np.eye(layers, dtype=np.float32)[largest if place == 0 else found + place - 1]
    return (1 - WEAK) * split + WEAK / layers, np.array([*range(found), *[largest] * (layers - found)])
