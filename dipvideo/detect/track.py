"""Follows one line of text through time: how much of it each frame shows, and what its pixels are on average."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from ..geometry import Box
from .added import words_added
from .hole import COLOUR_255
from .judge import MOVED, SHOWN_IN_FULL, UNSTEADY, WANDERS_255
from .lines import Line
from .lives import TOLERANCE_255
from .timing import TRACE, End, Ring, Steadiness, find_end, moved

SOLID = 0.8  # of its usual contrast: such frames are averaged
BRIGHTER, FADING = 1.15, 24  # of its usual contrast, in its first frames: it was still fading in
GONE = 0.5  # below half of its contrast a line is on its way out
ARRIVING, ARRIVED, BARE = 8, 0.35, 0.25  # frames; of a line's letters, in pixels; of as many, above and below it
MARGIN = 1.0  # around a line's letters, in letter heights: room for outline, shadow and what lies beyond
ASIDE = 8.0  # at both ends of the line, in letter heights: for dots and stray letters that were not found at once
OUTLINE = 0.12  # of a letter's height: this much around the letters belongs to what is recognised
HELD = 0.6  # of the letters' pixels keep their value while the line is there, even if all around turns as bright
SAME_255, MOST = 12, 0.6  # luma step of a pixel that compression makes, and the part of the letters that keeps below
INNER_SEEN = 30  # per cent of its pixels that must be steady where it is known to be text: thin letters are all edge
LINGERS = 3  # frames at least that show a line beyond its fade, if any do
CALM = 6  # frames before a fade that are looked at
CHANGED_255 = 20  # luma step of a letter's pixel at the line's coming
MOVES_255 = 4.0  # deviation over time of surroundings that move


class Track:
    """One line while it is on screen.

    box: what is looked at, at the scale of work; letters, text: (box.height, box.width) bool, the letters without and
    with some outline; asked, seen: how often the text detector looked while it was there, and saw it; born: the frame
    where its pixels came to rest; start: how it came; added: which of its words came later; born_alike: share of its
    surroundings that came to rest with it; last_shown: the latest frame with at least half of its contrast.
    """

    def __init__(self, line: Line, born: int, ring: Ring, newborn: np.ndarray, longest_fade: int):
        self.line = line
        self.born = born
        above, aside = round(MARGIN * line.height) + 4, round(ASIDE * line.height)
        height, self._width = newborn.shape
        self.box = Box(max(line.box.top - above, 0), max(line.box.left - aside, 0),
                       min(line.box.bottom + above, height), min(line.box.right + aside, self._width))
        self.letters = np.zeros((self.box.height, self.box.width), bool)
        self.letters[line.box.within(self.box)] = line.letters
        self._count = 0
        self._narrow(self.letters)
        self.born_alike = float((newborn[self.box.slices] > 0).mean())
        self.asked = self.seen = 0
        self.row: Box | None = None
        self._inner = INNER_SEEN if line.seeded else 50
        self._low = 0
        self._sum = np.zeros(self.text.shape, np.float32)
        self._squares = np.zeros(self.text.shape, np.float32)
        self._presence: deque[tuple[int, float]] = deque(maxlen=ring.frames.maxlen)
        self._steadiness = Steadiness()
        self._begin(ring, longest_fade)

    @property
    def mean(self) -> np.ndarray:
        """Luma over the frames that show the line in full, (box.height, box.width) float32."""
        return self._sum / max(self._count, 1)

    @property
    def deviation(self) -> np.ndarray:
        """Its standard deviation over time."""
        return np.sqrt(np.maximum(self._squares / max(self._count, 1) - self.mean ** 2, 0))

    @property
    def unsteady(self) -> float:
        """Standard deviation of the line's contrast while it is shown, its fades left out, within shots.

        0 where the letters keep their luma so well that a change of contrast must be the background's.
        """
        unsteady = self._steadiness.deviation
        if unsteady > UNSTEADY and np.percentile(self.deviation[self.letters], self._inner) < WANDERS_255:
            return 0.0
        return unsteady

    @property
    def full(self) -> float:
        """Share of its frames that show the line in full."""
        return self._count / max(self.last_shown - self.born, 1)

    @property
    def stands_out(self) -> bool:
        """True if the surroundings move while the letters do not."""
        deviation = self.deviation
        return bool(np.median(deviation[~self.text]) > MOVES_255 + 1.5 * np.median(deviation[self.letters]))

    @property
    def hopeless(self) -> bool:
        """True as soon as it cannot be a caption any more."""
        return self.start.moved > MOVED or (self._steadiness.count >= 12 and self.unsteady > 1.5 * UNSTEADY)

    @property
    def failing(self) -> bool:
        """True if, as it stands, it is no caption: perhaps it took pieces of the picture for letters."""
        return self.unsteady > UNSTEADY or self.full < SHOWN_IN_FULL

    def knows(self, line: Line) -> bool:
        """True if `line` is this one, found again."""
        shared = line.box & self.box
        if not shared or self._low:
            return False
        known = self.text[shared.within(self.box)] & line.letters[shared.within(line.box)]
        return bool(known.sum() > 0.5 * line.letters.sum())

    def look(self, box: Box | None) -> None:
        """Note that the text detector looked while it was there, and in which box it saw it."""
        self.asked += 1
        if box is not None:
            self.seen += 1
            self.row = box | self.row if self.row else box

    def update(self, index: int, luma: np.ndarray, new_shot: bool) -> bool:
        """Take the next frame; False once the line is gone (see `last_shown`)."""
        share, held = self._share(luma), self._held(luma)
        self._presence.append((index, share))
        if new_shot:
            self._steadiness.begin_shot()
        if self._low >= 2:  # two frames without it end a line; what comes back is another
            return False
        if share < GONE and held < HELD + 0.25:
            self._low += 1
            return self._low < 2
        self._low, self.last_shown = 0, index
        # without an outline the contrast follows the picture's, but letters that fade change
        unchanged = share >= GONE and self._unchanged(luma)
        if share >= SOLID or unchanged:
            if share > BRIGHTER and self._count < FADING and not unchanged:
                self._forget()
                share, held = 1.0, 1.0
            self._steadiness.add(share)
            if held >= HELD:
                self._add(luma[self.box.slices])
                if self._count in (1, 16, 64):
                    self._learn()
        return True

    def end(self, ring: Ring, longest_fade: int) -> End:
        """How the line went; call once it is gone, or at the end of the film."""
        frames, shares = zip(*self._presence, strict=True)
        last = frames.index(self.last_shown)
        end, count = find_end(shares[last:], longest_fade, shares[max(last - 1, 0)])
        end.at = min(self.last_shown + 1 + count, frames[-1] + 1)
        end.at += self._lingers(ring.between(end.at, frames[-1] + 1))
        end.open = end.at > frames[-1]
        next_cut = next((cut for cut in ring.cuts if cut >= end.at - 1), frames[-1] + 9)
        end.at_cut = next_cut - end.at <= 1
        if not (end.open or end.at_cut):
            self._beyond(end, ring.between(end.at, next_cut), ring.nearest(self.last_shown))
        return end

    def _begin(self, ring: Ring, longest_fade: int) -> None:
        """Learn the line from the frames since its birth, and date it back to its first trace."""
        crops = [(index, luma[self.box.slices]) for index, luma in ring.frames]
        self.added = words_added(crops, self.text, self.born, ring.cuts)
        for index, crop in crops:
            if index > self.born:
                self._add(crop)
        self._learn()
        if self.line.seeded and self._count >= CALM:
            self._leave_out_the_picture()
        shares = {index: self._share(luma) for index, luma in ring.frames if index > self.born}
        if max(shares.values()) > BRIGHTER:  # it came to rest before its fade was over
            self._forget()
            for index, crop in crops:
                if shares.get(index, 0) > SOLID * max(shares.values()):
                    self._add(crop)
            self._learn()
        self.start = self._came(ring, longest_fade)
        if self.start.picture is not None:
            changed = self.letters & (np.abs(self.mean - self.start.picture) > CHANGED_255)
            if 0.3 * self.letters.sum() < changed.sum() < 0.9 * self.letters.sum():
                self._narrow(changed)  # part of it was there before
                self.start = self._came(ring, longest_fade)
        self.early = self._arriving(ring)
        self.last_shown = self._presence[-1][0]
        for index, share in self._presence:
            if index in ring.cuts:
                self._steadiness.begin_shot()
            if index >= self.born and share >= SOLID:
                self._steadiness.add(share)

    def _arriving(self, ring: Ring) -> int:
        """How many frames before the first, ARRIVING at the most, show letters of its colour in its row and none above
        or below: a line that grows as it comes does not look like itself yet, and one of a few frames is not found."""
        if self.start.open or self.start.at_cut:
            return 0
        rows, columns = np.flatnonzero(self.letters.any(1)), np.flatnonzero(self.letters.any(0))
        row = np.zeros_like(self.letters)
        row[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1] = True
        colour = float(np.median(self._values))
        count = 0
        for luma in ring.between(self.start.at - ARRIVING, self.start.at)[::-1]:
            crop = luma[self.box.slices]
            alike = crop <= colour + COLOUR_255 if self.line.dark else crop >= colour - COLOUR_255
            if alike[row].sum() < ARRIVED * self.letters.sum() or alike[~row].mean() > BARE * alike[row].mean():
                break
            count += 1
        return count

    def _narrow(self, letters: np.ndarray) -> None:
        """Take these for the line's letters."""
        reach = 2 * max(round(OUTLINE * self.line.height), 1) + 1
        self.letters = letters
        self.text = cv2.dilate(letters.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
        self._letters_at, self._text_at = self._in_picture(self.letters), self._in_picture(self.text)
        if self._count:
            self._learn()

    def _in_picture(self, pixels: np.ndarray) -> np.ndarray:
        """Where they lie in the picture, counted row by row: every frame is read there."""
        rows, columns = np.nonzero(pixels)
        return (rows + self.box.top) * self._width + columns + self.box.left

    def _leave_out_the_picture(self) -> None:
        """Keep the letters' pixels that are about as steady as the steadier of them."""
        deviation = self.deviation
        steady = deviation <= max(2 * float(np.percentile(deviation[self.letters], self._inner)), WANDERS_255)
        if (self.letters & steady).sum() > HELD * self.letters.sum():
            self._narrow(self.letters & steady)

    def _came(self, ring: Ring, longest_fade: int) -> End:
        """How the line came, as the ring shows it."""
        self._presence.clear()
        since = self.born - longest_fade - CALM
        self._presence.extend((index, self._share(luma)) for index, luma in ring.frames if index >= since)
        frames, shares = zip(*self._presence, strict=True)
        shown = len(shares) - 1
        while shown > 0 and shares[shown - 1] >= GONE:
            shown -= 1
        end, count = find_end(shares[shown::-1], longest_fade, shares[min(shown + 1, len(shares) - 1)])
        end.at = max(frames[shown] - count, 0)
        end.at -= self._lingers(ring.between(0, end.at)[::-1])
        end.open = end.at <= ring.frames[0][0]
        shot = max(cut for cut in ring.cuts if cut <= end.at + 1)
        end.at_cut = end.at - shot <= 1
        if not (end.open or end.at_cut):
            self._beyond(end, ring.between(shot, end.at)[::-1], ring.nearest(self.born + 1))
        return end

    def _beyond(self, end: End, others: list[np.ndarray], shown: np.ndarray) -> None:
        """Compare the line with the frames beyond its end, nearest first."""
        if not others:
            end.at_cut = True
            return
        crops = [luma[self.box.slices].astype(np.float32) for luma in others[:3]]
        end.picture = sum(crops) / len(crops)
        end.moved = moved(self.mean, self.text, self.box, self.line.height, others[min(1, len(others) - 1)])
        step = cv2.absdiff(others[0][self.box.slices], shown[self.box.slices])
        end.around = float((step[~self.text] > TOLERANCE_255).mean())

    def _share(self, luma: np.ndarray) -> float:
        """What `luma` shows of the line's contrast: 1 for all of it, about 0 for none, in between during a fade."""
        return float(luma.take(self._text_at) @ self._pattern)

    def _lingers(self, beyond: list[np.ndarray]) -> int:
        """How many of the frames beyond an end, nearest first, still show the line, however faint: a film that fades to
        black takes longer than any caption. 0 if they are too few to be sure."""
        count = 0
        while count < len(beyond) and self._shows(beyond[count]):
            count += 1
        return count if count >= LINGERS else 0

    def _shows(self, luma: np.ndarray) -> bool:
        values = luma.take(self._text_at).astype(np.float32)
        values -= values.mean()
        share = float(values @ self._pattern)
        return share >= TRACE and share > MOVED * float(np.linalg.norm(values) * np.linalg.norm(self._pattern))

    def _held(self, luma: np.ndarray) -> float:
        """Share of the letters' pixels that hold their value in `luma`."""
        step = np.abs(luma.take(self._letters_at) - self._values)
        return np.count_nonzero(step <= 1.5 * TOLERANCE_255) / step.size

    def _unchanged(self, luma: np.ndarray) -> bool:
        """True if most of the letters' pixels have the very value they are known by."""
        steps = np.abs(luma.take(self._letters_at) - self._values)
        return bool(np.count_nonzero(steps <= SAME_255) > MOST * steps.size)

    def _forget(self) -> None:
        self._steadiness = Steadiness()
        self._count = 0
        self._sum[:] = 0
        self._squares[:] = 0

    def _add(self, crop: np.ndarray) -> None:
        cv2.accumulate(crop, self._sum)
        cv2.accumulateSquare(crop, self._squares)
        self._count += 1

    def _learn(self) -> None:
        mean = self.mean
        self._values = mean[self.letters]
        pattern = mean[self.text] - mean[self.text].mean()  # sums to 0: brightness alone is no part of it
        self._pattern = pattern / max(float(pattern @ pattern), 1.0)
