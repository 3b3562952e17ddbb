"""Borrow before inventing: what text hides in one frame is often visible in another of the same shot.

Every near frame is a candidate up to three times: as it stands (a still camera), moved by a similarity (a moving
camera), and moved by chained optical flow (moving things). At each hidden pixel a candidate costs the mean squared
disagreement with what is known around it; candidates are averaged with weights exp((least − cost) / least). What is
borrowed for all frames of a caption then tells what of it is see-through, and that is read through. Confidence is the
share that the answer deserves beside what the rim says, by how far off each may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .candidates import Candidates
from .fill import fill_smoothly
from .guess import GREY, NONE, UNMIXED, Guess, depth, guess_from_rim, luma_chroma, mix, red_green_blue
from .panel import Panel, find_panel
from .scene import Scene
from .unmix import FEWEST, captions, doubt, read_through

UNKNOWN = 1e9  # squared code values: nothing is known of a pixel that may be so far off
DEEP = 5  # pixels inside a hole from which it can be a box: shallower lies what it was grown by


@dataclass(frozen=True, slots=True)
class Borrowed:
    """What other frames show of one frame's hole.

    rgb: (h, w, 3) float32 in [0, 1], meaningful where confidence > 0. confidence: (h, w) float32 in [0, 1], 0 outside
    the hole and where no frame shows the pixel. source: (h, w) int32, the frame that weighs most; −2 where this very
    frame does, its overlay taken off; −1 where none.
    """

    rgb: np.ndarray
    confidence: np.ndarray
    source: np.ndarray


def borrow(frames: np.ndarray, holes: np.ndarray, targets: Sequence[int]) -> Iterator[Borrowed]:
    """What the others show of each of the frames `targets`, in that order (rising, so that memory stays bounded).

    frames: (n, h, w, 3) RGB crops of consecutive frames of one shot, uint8 or float32 in [0, 1]. holes: (n, h, w)
    bool, True where text hides the picture; whatever text smears over must be in them, since a halo that stands still
    agrees with itself in every frame. Gives the same bits however many threads there are.
    """
    finder = _Finder(frames, holes)
    runs = [[targets[place] for place in run] for run in captions(holes, targets)]
    for run in runs:
        guesses = finder.guesses(run)
        caption = _Caption(frames, holes, run, guesses)
        panel = caption.panel() if len(run) >= FEWEST else None
        if panel is None:
            caption.read(guesses)
            yield from (_answer(holes[target], guess) for target, guess in zip(run, guesses, strict=True))
            continue
        # With the box taken off, its letters are all that is left to borrow, and the box helps to judge what fits.
        bared, left = caption.bared(panel)
        guesses = _Finder(bared, left).guesses(run)
        _Caption(bared, left, run, guesses).read(guesses)
        for target, guess in zip(run, guesses, strict=True):
            yield caption.with_panel(_answer(left[target], guess), bared[target], holes[target] & ~left[target])


class _Finder:
    """Borrows from one set of frames."""

    def __init__(self, frames: np.ndarray, holes: np.ndarray):
        self._frames, self._holes = frames, holes
        self._scene = Scene(frames, holes)
        self._candidates = Candidates(self._scene)

    def guesses(self, targets: list[int]) -> list[Guess]:
        guesses, scene = [], self._scene
        for target in targets:
            rim = self._candidates.rim(target)
            frame = self._frames[target], self._holes[target], scene.known[target], scene.grid
            guess = guess_from_rim(*frame, rim)
            mix(guess, self._frames, *frame[1:], self._candidates.of(target, rim))
            guesses.append(guess)
        return guesses


class _Caption:
    """The frames of one caption side by side: what is shown in its hole, and what is known of what lies behind."""

    def __init__(self, frames: np.ndarray, holes: np.ndarray, places: list[int], guesses: list[Guess]):
        self._frames, self._holes, self._places = frames, holes, places
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
        return find_panel(self._shown, self._known, self._variance, depth(self._hole)[self._hole] >= DEEP,
                          self._hole)

    def bared(self, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
        """(frames, holes) with the box taken off the caption's frames, and out of their holes."""
        frames, holes = self._frames.copy(), self._holes.copy()
        for t, (place, there) in enumerate(zip(self._places, self._inside, strict=True)):
            if not np.isfinite(panel.variance[t]):
                continue
            through = panel.inside & there
            values = red_green_blue(panel.offset[t] + panel.slope[t] * self._shown[t, through])
            ys, xs = (v[through] for v in np.nonzero(self._hole))
            frames[place, ys, xs] = np.rint(values) if self._scale == 1 else values / self._scale
            holes[place, ys, xs] = False
        return frames, holes

    def read(self, guesses: list[Guess]) -> None:
        """Add to the guesses what shows through the text and around it."""
        if len(self._places) < FEWEST or not self._shown.size:
            return
        readings, errors = read_through(self._shown, self._known, self._variance, self._pace())
        for t, (place, guess, there) in enumerate(zip(self._places, guesses, self._inside, strict=True)):
            reading, error = readings[t, there], errors[t, there]
            error = error * doubt(reading[:, 0], self._known[t, there, 0], self._variance[t, there] + error,
                                  self._holes[place])
            weight, other = 1 / error, 1 / np.maximum(guess.variance, 1e-3)
            share = weight / np.maximum(weight + other, 1e-12)
            guess.values = guess.values * (1 - share[:, None]) + red_green_blue(reading) * share[:, None]
            guess.variance = (1 / np.maximum(weight + other, 1e-12)).astype(np.float32)
            guess.source[share > 0.5] = UNMIXED

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


def _answer(hole: np.ndarray, guess: Guess) -> Borrowed:
    answer = Borrowed(np.zeros((*hole.shape, 3), np.float32), np.zeros(hole.shape, np.float32),
                      np.full(hole.shape, NONE, np.int32))
    confidence = np.where(guess.variance < UNKNOWN, guess.confidence, 0)
    answer.confidence[hole] = confidence
    answer.rgb[hole] = np.where(confidence[:, None] > 0, guess.values / 255, 0)
    answer.source[hole] = guess.source
    return answer
