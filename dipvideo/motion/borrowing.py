"""Borrow before inventing: what text hides in one frame is often visible in another of the same shot.

Every near frame is a candidate up to three times: as it stands (a still camera), moved by a similarity (a moving
camera), and moved by chained optical flow (moving things). At each hidden pixel a candidate costs the mean squared
disagreement with what is known around it; candidates are averaged with weights exp((least − cost) / least). What is
borrowed for all frames of a caption then tells what of it is see-through, and that is read through. Confidence is the
share that the answer deserves beside what the rim says, by how far off each may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from ..machine import mine
from ..planes import DRAWN, UNMIXED
from .bars import bars
from .candidates import Candidates
from .fill import fill_smoothly
from .guess import GREY, Guess, beside, depth, guess_from_rim, luma_chroma, mix, red_green_blue
from .halo import SURE, free_of_text, light_left, smeared, usually_free
from .panel import Panel, find_panel
from .scene import Scene
from .unmix import FEWEST, captions, doubt, read_shadow, read_through

UNKNOWN = 1e9  # squared code values: nothing is known of a pixel that may be so far off
# Pixels this near to a hole are not borrowed: where a mask misses the edge of text that stands still, that edge agrees
# with itself in every frame. On a pan with a mask three pixels short of the text: 15.9 dB without the ring, 27.1 with
# 1, 35.6 with 2 and with 3; with a mask that covers it the ring costs .04 dB.
RING = 2
BALL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RING + 1,) * 2)
ASKED = 12  # frames of a caption that are filled first, to see what of its hole shows no text
# Pixels beside what is marked: up to there a text's colour runs into the picture's, which most films store at half the
# size. What is borrowed on ten clips: coloured letters over water + .9 dB, white ones + .8, Chinese + .2, others ± .1.
TINGED = 1.5
LENT = 1.5  # pixels beside what is marked: from there on, what is free of text is lent to other frames
EDGE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))  # what compression smears beside a box's letters
DEEP = 5  # pixels inside a hole from which it can be a box: shallower lies what it was grown by


@dataclass(frozen=True, slots=True)
class Borrowed:
    """What other frames show of one frame's hole.

    rgb: (h, w, 3) float32 in [0, 1], meaningful where confidence > 0. confidence: (h, w) float32 in [0, 1], 0 outside
    the hole and where no frame shows the pixel. source: (h, w) int32, the frame that weighs most; UNMIXED where this
    very frame does, its overlay taken off; DRAWN where none.
    """

    rgb: np.ndarray
    confidence: np.ndarray
    source: np.ndarray

    def within(self, hole: np.ndarray) -> Borrowed:
        """What of it lies in `hole`, (h, w) bool."""
        source = np.where(hole, self.source, np.int32(DRAWN))
        return Borrowed(self.rgb * hole[..., None], self.confidence * hole, source)


def borrow(frames: np.ndarray, holes: np.ndarray, targets: Sequence[int],
           marked: np.ndarray | None = None) -> Iterator[Borrowed]:
    """What the others show of each of the frames `targets`, in that order (rising, so that memory stays bounded).

    frames: (n, h, w, 3) RGB crops of consecutive frames of one shot, uint8 or float32 in [0, 1]. holes: (n, h, w)
    bool, True where text hides the picture; whatever text smears over must be in them, since a halo that stands still
    agrees with itself in every frame. marked: (n, h, w) bool, what of the holes is text rather than that halo, in all
    likelihood; None: all. Gives the same bits however many threads there are.
    """
    strict = np.stack([cv2.dilate(hole.view(np.uint8), BALL).view(bool) for hole in holes])
    marked = holes if marked is None else marked
    bar, colours = bars(frames, strict)
    if not (holes & bar[:, None]).any():
        yield from _borrow(frames, holes, strict, targets, marked)
        return
    in_bar = strict & bar[:, None]
    painted = frames.copy()
    painted[in_bar] = colours[np.nonzero(in_bar)[1]]
    left = holes & ~in_bar
    others = iter(())
    if left[targets].any():
        others = _borrow(painted, left, strict & ~in_bar, targets, marked & left)
    for target in targets:
        answer = next(others, None) or _nothing(holes.shape[1:])
        inside = holes[target] & in_bar[target]
        answer.rgb[inside] = painted[target][inside] / np.float32(255 if frames.dtype == np.uint8 else 1)
        answer.confidence[inside] = 1
        yield answer


def _borrow(frames: np.ndarray, holes: np.ndarray, strict: np.ndarray, targets: Sequence[int],
            marked: np.ndarray) -> Iterator[Borrowed]:
    """The same once bars are known: strict is `holes` with a ring around them."""
    finder, outside = _Finder(frames, strict), ~holes
    for run in captions(holes, targets):
        run = [targets[place] for place in run]
        caption = finder.caption(run, finder.clear(run, outside, marked), marked)
        panel = caption.panel() if len(run) >= FEWEST else None
        if panel is None:
            caption.read()
            for target, guess in zip(run, caption.guesses, strict=True):
                yield _answer(strict[target], guess).within(holes[target])
            continue
        # With the box taken off, its letters are all that is left to borrow, and the box helps to judge what fits.
        bared, left = caption.bared(panel)
        letters = _Finder(bared, left).caption(run, ~left, left)
        letters.read()
        for target, guess in zip(run, letters.guesses, strict=True):
            answer = _answer(left[target], guess)
            yield caption.with_panel(answer, bared[target], strict[target] & ~left[target]).within(holes[target])


class _Finder:
    """Borrows from one set of frames."""

    def __init__(self, frames: np.ndarray, holes: np.ndarray):
        self._frames, self._holes = frames, holes
        self._scene = Scene(frames, holes)
        self._candidates = Candidates(self._scene)

    def clear(self, targets: list[int], outside: np.ndarray, marked: np.ndarray) -> np.ndarray:
        """(n, h, w) bool, True where a frame shows no text: `outside` the hole, and inside as far as a few frames of
        the caption, which are filled for this, tell.
        """
        if len(targets) < FEWEST:
            return outside
        step = -(-len(targets) // ASKED)
        few = self.caption(targets[step // 2::step], outside, marked)
        free = few.free_of_text(~outside[targets].any(0))
        # Deeper ones are off by too much to be borrowed: with all of them two clips of five lose .2 dB, so all gain.
        shallow = free & (beside(marked[targets].any(0)) > LENT)
        for target in targets:
            self._scene.lend(target, ~self._holes[target] | shallow)
        return outside | free

    def caption(self, targets: list[int], evidence: np.ndarray, marked: np.ndarray) -> _Caption:
        """What is known of the frames of one caption. evidence: (n, h, w) bool, where each frame shows no text."""
        with ThreadPoolExecutor(mine()) as pool:
            guesses = list(pool.map(self._guess, targets, evidence[targets]))
        return _Caption(self._frames, self._holes, evidence, marked, targets, guesses)

    def _guess(self, target: int, evidence: np.ndarray) -> Guess:
        rim = self._candidates.rim(target)
        frame = self._frames[target], self._holes[target], self._scene.known[target], self._scene.grid
        guess = guess_from_rim(*frame, rim)
        mix(guess, self._frames, *frame[1:], self._candidates.of(target, rim, evidence))
        return guess


class _Caption:
    """The frames of one caption side by side: what is shown in its hole, and what is known of what lies behind."""

    def __init__(self, frames: np.ndarray, holes: np.ndarray, evidence: np.ndarray, marked: np.ndarray,
                 places: list[int], guesses: list[Guess]):
        self.guesses, self._frames, self._holes, self._places = guesses, frames, holes, places
        self._evidence, self._marked = evidence, marked[places].any(0)
        self._scale = 1 if frames.dtype == np.uint8 else 255
        self._hole = holes[places].any(0)
        self._inside = [holes[place][self._hole] for place in places]
        self._shown = np.stack([luma_chroma(frames[place][self._hole].astype(np.float32) * self._scale)
                                for place in places])
        self._known = np.zeros_like(self._shown)
        self._variance = np.full(self._shown.shape[:2], np.inf, np.float32)
        for guess, there, known, variance in zip(guesses, self._inside, self._known, self._variance, strict=True):
            known[there], variance[there] = guess.best()

    def panel(self) -> Panel | None:
        """The translucent box over the hole, if there is one."""
        deep = (depth(self._hole) >= DEEP) & ~self._evidence[self._places].any(0)
        return find_panel(self._shown, self._known, self._variance, deep[self._hole], self._hole)

    def bared(self, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
        """(frames, holes) with the box taken off the caption's frames, and out of their holes but for its letters.

        The box off, what compression smeared beside its letters stands out: SSIM .82 → .88 and .80 → .83 on two clips
        with EDGE around them left to be borrowed. Where the letters are the overlay that is off, PSNR falls by .3 dB.
        """
        frames, holes = self._frames.copy(), self._holes.copy()
        for t, (place, there) in enumerate(zip(self._places, self._inside, strict=True)):
            if not np.isfinite(panel.variance[t]):
                continue
            through = panel.inside & there
            values = red_green_blue(panel.offset[t] + panel.slope[t] * self._shown[t, through])
            ys, xs = (v[through] for v in np.nonzero(self._hole))
            frames[place, ys, xs] = np.rint(values) if self._scale == 1 else values / self._scale
            holes[place, ys, xs] = False
            if panel.area:
                letters = cv2.dilate(holes[place].view(np.uint8), EDGE).view(bool)
                holes[place] = letters & self._holes[place]
        return frames, holes

    def free_of_text(self, hole: np.ndarray) -> np.ndarray:
        """(h, w) bool: which of the pixels around and in `hole` show no text in all likelihood."""
        free = np.zeros(self._hole.shape, bool)
        free[self._hole] = free_of_text(self._shown[..., 0], self._known[..., 0], self._variance,
                                        usually_free(hole, self._marked)[self._hole]) > SURE
        return free

    def read(self) -> None:
        """Add to the guesses what shows beside the text and through it."""
        if not self._shown.size:
            return
        halo, tinged = smeared(self._marked)[self._hole], (beside(self._marked) < TINGED)[self._hole]
        light = light_left(self._shown[..., 0], self._known[..., 0], self._variance, self._hole, self._marked)
        halo = halo + ((1 / light - 1) * self._shown[..., 0].mean(0)) ** 2
        for t, (place, guess, there) in enumerate(zip(self._places, self.guesses, self._inside, strict=True)):
            bare = self._evidence[place][self._hole]
            guess.add(self._shown[t, there], np.where(bare, halo, np.inf)[there], tinged[there])
        if len(self._places) >= FEWEST:
            self._read_through(tinged, light < 1)
        for place, guess in zip(self._places, self.guesses, strict=True):
            guess.stand_by(self._holes[place])

    def _read_through(self, tinged: np.ndarray, shaded: np.ndarray) -> None:
        series = self._shown, self._known, self._variance
        readings, errors = read_through(*series, self._pace())
        if shaded.any():
            lit, lit_errors = read_shadow(*series, self._hole)
            surer = shaded & (lit_errors < errors)
            readings, errors = np.where(surer[..., None], lit, readings), np.where(surer, lit_errors, errors)
        for t, (place, guess, there) in enumerate(zip(self._places, self.guesses, self._inside, strict=True)):
            reading, error = readings[t, there], errors[t, there]
            guess.add(reading, error * doubt(reading[:, 0], self._known[t, there, 0],
                                             self._variance[t, there] + error, self._holes[place]), tinged[there])

    def _pace(self) -> np.ndarray:
        """(k,) how much luma changes over the caption's frames beside the hole: its variance, carried in."""
        luma = np.stack([self._frames[place] @ GREY * self._scale for place in self._places])
        return fill_smoothly(luma.var(0), (~self._hole).astype(np.float32))[self._hole]

    def with_panel(self, answer: Borrowed, bared: np.ndarray, box: np.ndarray) -> Borrowed:
        """`answer` with the pixels of `box`, from which the overlay was taken."""
        if not box.any():
            return answer
        answer.rgb[box] = bared[box].astype(np.float32) * (self._scale / 255)
        answer.confidence[box] = 1
        answer.source[box] = UNMIXED
        return answer


def _nothing(shape: tuple[int, int]) -> Borrowed:
    return Borrowed(np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32), np.full(shape, DRAWN, np.int32))


def _answer(hole: np.ndarray, guess: Guess) -> Borrowed:
    answer = _nothing(hole.shape)
    confidence = np.where(guess.variance < UNKNOWN, guess.confidence, 0)
    answer.confidence[hole] = confidence
    answer.rgb[hole] = np.where(confidence[:, None] > 0, guess.values / 255, 0)
    answer.source[hole] = guess.source
    return answer
