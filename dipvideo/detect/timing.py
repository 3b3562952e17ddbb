"""When a line of text comes and goes: the frames it is dated by, and how its ends look."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from ..geometry import Box

TRACE = 0.03  # a fade takes away at least this much of a line's contrast from frame to frame
SHARP = 0.55  # what goes by more than this of its contrast in one frame does not fade
LEVEL = 5 * TRACE  # within this it neither fades nor goes
ABSENT = 0.2  # of its contrast, or less, before it came and after it went
FINE = 16  # pixels of a letter, from which half of them tell whether a line moved, in an eighth of the time
ALONE = 0.5  # less of the surroundings shares the line's life: then it is its own thing


class Ring:
    """The latest frames' luma, by number, and all cuts."""

    def __init__(self, length: int):
        self.frames: deque[tuple[int, np.ndarray]] = deque(maxlen=length)
        self.cuts: list[int] = [0]

    def add(self, index: int, luma: np.ndarray, new_shot: bool) -> None:
        self.frames.append((index, luma))
        if new_shot:
            self.cuts.append(index)

    def between(self, start: int, stop: int) -> list[np.ndarray]:
        """The kept frames of [start, stop)."""
        return [luma for index, luma in self.frames if start <= index < stop]

    def nearest(self, index: int) -> np.ndarray:
        return min(self.frames, key=lambda kept: abs(kept[0] - index))[1]

    def earliest_of_shot(self, index: int) -> np.ndarray | None:
        """The first kept frame of the shot of frame `index`; None if there is none before it."""
        began = max(cut for cut in self.cuts if cut <= index)
        return next((luma for kept, luma in self.frames if began <= kept < index), None)

    def until(self, index: int) -> Ring:
        """What this ring held at frame `index`, as far as it is still kept."""
        ring = Ring(self.frames.maxlen or 1)
        ring.frames.extend((kept, luma) for kept, luma in self.frames if kept <= index)
        ring.cuts = [cut for cut in self.cuts if cut <= index]
        return ring

    def cuts_between(self, start: int, stop: int) -> int:
        return sum(start <= cut <= stop for cut in self.cuts)


@dataclass(slots=True)
class End:
    """How a line came, or went.

    at: its first frame, or the one after its last; open: it may reach beyond what is known; at_cut: the picture changed
    with it; sharp: it took one frame; fades: it took a few; rest: share of its contrast seen beyond; around: share of
    its surroundings that changed with it; moved: how well a displaced copy is found beyond; picture: luma beyond, where
    the same shot goes on there.
    """

    at: int = 0
    open: bool = False
    at_cut: bool = False
    sharp: bool = False
    fades: bool = False
    rest: float = 0.0
    around: float = 1.0
    moved: float = 0.0
    picture: np.ndarray | None = None

    @property
    def points(self) -> float:
        if self.open or self.at_cut or abs(self.rest) > ABSENT:
            return 0.0
        # what vanishes alone is an overlay, what vanishes with its surroundings was covered or cut away
        return (2.0 if self.sharp else 1.0 if self.fades else 0.0) * (1.0 if self.around < ALONE else 0.5)


def find_end(shares: tuple[float, ...], longest: int, inner: float = 0.0) -> tuple[End, int]:
    """Look along a line's contrast, frame by frame away from it, beginning with the last frame that shows most of it.

    longest: of any fade, in frames; inner: the contrast one frame nearer to the line. Returns the end, undated, and for
    how many further frames a trace is left; after a fade that is one more than was seen, for its first frame shows next
    to nothing. −1 where the first frame already shows no more of the line than the picture does by itself.
    """
    values = np.array(shares)
    if values.size < 2:
        return End(), 0
    if values[0] - LEVEL < _picture(values[1:]) and inner - values[0] > SHARP * (inner - _picture(values[1:])):
        end, _ = find_end((inner, *shares), longest)
        return end, -1
    steps = values[:-1] - values[1:]
    sharp = bool(steps[0] > SHARP * (values[0] - _picture(values[1:])))
    # a fade goes down in even steps: after one of a half there may be one more, not five small ones
    most = min(1 if sharp else longest, values.size - 1)
    least = 4 * TRACE if sharp else TRACE
    count = 0
    while count < most and values[count + 1] - values[count + 2:count + 4].min(initial=9) > least:
        count += 1
    fades = count > 0 and not sharp
    rest = values[count + 1:count + 4]
    # only what leaves nothing behind speaks for a caption
    return End(sharp=bool(steps[0] > SHARP), fades=fades, rest=float(rest.mean()) if rest.size else 0.0), count + fades


def _picture(beyond: np.ndarray) -> float:
    """How much a picture looks like the line by itself, if its contrast beyond an end is level and not ABSENT; or 0."""
    near = beyond[:4]
    level = float(np.median(near))
    return level if level > ABSENT and np.ptp(near) < LEVEL else 0.0


def moved(mean: np.ndarray, text: np.ndarray, box: Box, height: float, luma: np.ndarray) -> float:
    """How well a displaced copy of a line is found in `luma`: near 1 if it only moved, as a sign or a credit does.

    mean, text: (box.height, box.width) its luma, and bool where its letters are; height: of a letter.
    """
    # less than a line's pitch: where captions roll up, the next line takes the place of the last
    reach = max(round(0.55 * height), 2)
    rows, columns = np.nonzero(text)
    tight = Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
    place = Box(tight.top + box.top, tight.left + box.left, tight.bottom + box.top, tight.right + box.left)
    around = luma[place.grown(reach, *luma.shape).slices].astype(np.float32)
    parts = around, mean[tight.slices], text[tight.slices].astype(np.float32)
    if height >= FINE:
        parts = tuple(cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for part in parts)
    scores = cv2.matchTemplate(*parts[:2], cv2.TM_CCOEFF_NORMED, mask=parts[2])
    scores = np.where(np.isfinite(scores), scores, 0).clip(-1, 1)
    best = np.unravel_index(scores.argmax(), scores.shape)
    letters = parts[2] > 0.5
    line, there = parts[1][letters], parts[0][best[0]:, best[1]:][:letters.shape[0], :letters.shape[1]][letters]
    line -= line.mean()
    # the last of a fade to black is not the line that moved
    return float(scores[best]) if line @ there > ABSENT * (line @ line) else 0.0


class Steadiness:
    """Standard deviation of a number that may take another mean in each shot."""

    def __init__(self) -> None:
        self._squares = 0.0  # of the deviations from their shot's mean, in shots before this one
        self._count = 0
        self._shot = np.zeros(3)  # sums of 1, the number, its square

    def begin_shot(self) -> None:
        self._squares, self._count = self._all()
        self._shot[:] = 0

    def add(self, number: float) -> None:
        self._shot += (1, number, number ** 2)

    @property
    def count(self) -> int:
        return self._all()[1]

    @property
    def deviation(self) -> float:
        squares, count = self._all()
        return float(np.sqrt(max(squares, 0) / count)) if count else 1.0

    def _all(self) -> tuple[float, int]:
        count, total, squares = self._shot
        return self._squares + squares - total ** 2 / max(count, 1), self._count + int(count)
