"""Finds captions while a film streams by: when each is on screen, and exactly which pixels it covers.

Every few frames, pixels that came to rest together are grouped into lines of text (`lives`, `lines`). Each line is
followed until it vanishes (`track`), dated from the frames kept in a short ring, and its hole is taken from what was
learnt while it stood there (`hole`). Then it is judged together with the lines that came and went with it (`judge`).
Only captions are kept.

Beside that a text detector looks at a few frames (`ocr`, `proposals`). A line that it sees and nothing else found, be
it dark, short-lived or thin, is followed like the others (`seeds`); what it saw and read, or did not, is evidence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np

from ..frame import Event, Frame, VideoInfo
from ..geometry import Box
from .company import in_company
from .detectors import wants_ocr
from .events import events_of, place, share_boxes, share_shadows, without_parts
from .hole import make_hole
from .judge import BRIGHT_255, LONGEST_SECONDS, Candidate, captions, what_stays
from .lines import Line, bright_strokes, find_lines, prominent, stroke_kernel
from .lives import Lives
from .luma import LumaReader
from .ocr import Ocr, Sighting
from .proposals import Proposals
from .seeds import lifetime, line_in
from .timing import Ring
from .track import Track

STRIDE = 4  # frames between two looks for new lines
REST = 6  # frames a pixel stands still before it may be text; the shortest caption
SPREAD = 6  # frames within which the pixels of one caption come to rest: at least STRIDE + 1
FADE_SECONDS = 1.0  # the longest fade; .6 dates 35 clips alike, and misses titles over a dissolve
SHARE_NEW = 0.5  # of a letter's pixels are as young as the caption; the rest stood on ground of the same luma
FLAWS_MAX, FLAWS_MAX_BRIGHT = 0.7, 0.95  # of a line worth following; short words look poor, but captions are bright
WORKING_HEIGHT = 1080  # pictures of twice this height are searched at half size
TRACKS_MAX = 64  # followed at once: bounds the cost of a picture full of strokes; as many again if they …
FLAWS_GOOD = 0.45  # … look like text
COVERED = 0.5  # of a line lies in the box that the text detector saw it in
MOSTLY = 0.7  # of a line's letters lie in or beside that box
WORTH_READING = 2.25  # points of a line that was never seen by the text detector, but may be text
REFUSED_SECONDS, REFUSED_ALIKE = 1.0, 0.6  # a box that was no caption, moving text, say, is not tried again for a while


class CaptionFinder:
    """Streams the frames of one video and collects its captions.

    region: only pixels in there, in picture coordinates, may become text; detector: one of `DETECTORS`; logos: what
    that says that stays in the picture, as far as it has gone. Raises OptionError for a detector that is unknown or not
    installed.
    """

    def __init__(self, info: VideoInfo, region: Box, detector: str = "auto"):
        self._info = info
        self._must_be_seen = detector == "ocr"
        shrink = max(info.height // WORKING_HEIGHT, 1)
        self._reader = LumaReader(region & info.box or info.box, shrink)
        self._height = info.height // shrink  # of the whole picture at the scale of work
        self._kernel = stroke_kernel(self._height)
        self._fade = max(round(FADE_SECONDS * float(info.rate)), 6)
        self._ring = Ring(self.lead)
        self._lives = Lives()
        self._tracks: list[Track] = []
        self._gone: deque[Candidate] = deque()
        self._captions: list[list[Candidate]] = []
        self._doubtful: list[Candidate] = []
        self.logos: list[str] = []
        self._ocr = Ocr() if wants_ocr(detector) else None
        # In a thread of its own the text detector hides behind the decoding on the other core.
        self._worker = ThreadPoolExecutor(1, "text-detector")
        self._proposals = None if self._ocr is None else Proposals(self._ocr, self._worker, self._height,
                                                                   info.width // shrink, float(info.rate))
        self._refused: deque[tuple[int, Box]] = deque(maxlen=TRACKS_MAX)
        self._looks: deque[tuple[int, list[Sighting]]] = deque(maxlen=self.lead)  # of the text detector, the latest
        self._index = -1  # of the frames that were seen
        self._numbers: list[int] = []  # their numbers in the film, which may begin later and have gaps

    @property
    def lead(self) -> int:
        """Frames before the first of which captions are wanted that it should see, to know what was there already."""
        return REST + SPREAD + 2 * self._fade

    def waits(self, stop: int) -> bool:
        """Whether more frames may still tell of captions that begin before frame `stop` of the film.

        Those that outlast what any caption lasts are none: they are not waited for.
        """
        seen = self._index + 1 - bisect_left(self._numbers, stop)
        delay = self._proposals.delay if self._proposals is not None else 0
        if seen < self.lead + delay:
            return True
        if seen > LONGEST_SECONDS * float(self._info.rate) + self.lead:
            return False
        before = self._index + 1 - seen
        return (any(track.born < before + self._fade for track in self._tracks)
                or any(c.start.at < before for c in self._gone))

    def update(self, frame: Frame, new_shot: bool) -> None:
        """Take the next frame; new_shot: whether a shot begins with it."""
        self._index += 1
        self._numbers.append(frame.index)
        luma = self._reader.read(frame.planes)
        self._ring.add(self._index, luma, new_shot)
        self._lives.update(luma)
        if self._proposals is not None:
            self._proposals.offer(self._index, luma)
            for asked, sightings in self._proposals.answers(self._index):
                self._hear(asked, sightings, self._index - 1)
        for track in list(self._tracks):
            if track.hopeless:
                self._tracks.remove(track)
            elif not track.update(self._index, luma, new_shot) and self._index - track.last_shown >= self._fade:
                self._close(track)
        if self._index % STRIDE == STRIDE - 1:
            self._look()
            self._settle(self._index - 2 * self._fade)

    def finish(self, stop: int | None = None) -> list[Event]:
        """All captions, sorted by their first frame; of those that begin at frame `stop` of the film or later, some."""
        if self._proposals is not None:
            for asked, sightings in self._proposals.finish():
                self._hear(asked, sightings, self._index)
        before = len(self._numbers) if stop is None else bisect_left(self._numbers, stop)
        for track in list(self._tracks):
            if track.born < before + self._fade:
                self._close(track)
        self._settle(self._index + 1)
        self._worker.shutdown()
        found = in_company(self._captions, self._doubtful, self._info)
        share_boxes(found)
        share_shadows(found, self._reader.region)
        events = [event for lines in found for event in events_of(lines, self._reader.region)]
        events = [replace(event, start=self._numbers[event.start], stop=self._numbers[event.stop - 1] + 1)
                  for event in events]
        return without_parts(events)

    def _look(self) -> None:
        """Begin to follow the lines that came to rest REST frames ago."""
        newborn = self._lives.born_between(REST, REST + SPREAD)
        if cv2.countNonZero(newborn) < 20:
            return
        steady = self._lives.steady
        strokes = bright_strokes(steady, self._kernel)
        candidates = _young(newborn > 0, prominent(strokes, self._kernel) & (self._lives.age >= REST))
        lines = find_lines(steady, strokes, candidates, self._height)
        for line in sorted(lines, key=lambda line: line.flaws):
            worst = FLAWS_MAX_BRIGHT if line.colour > BRIGHT_255 else FLAWS_MAX
            room = TRACKS_MAX if line.flaws > FLAWS_GOOD else 2 * TRACKS_MAX
            if (line.flaws > worst or len(self._tracks) >= room
                    or any(track.knows(line) for track in self._tracks if not track.line.seeded)):
                continue
            inside = line.letters & (newborn[line.box.slices] > 0)
            born = self._index - int(np.median(self._lives.age[line.box.slices][inside]))
            track = Track(line, born, self._ring, newborn, self._fade)
            self._begin(track)

    def _begin(self, track: Track) -> None:
        """Follow a line, and tell it what was seen of it before it was followed; if it is hopeless, do not."""
        if not track.hopeless:
            for asked, sightings in self._looks:
                _tell(track, asked, sightings)
            self._tracks.append(track)

    def _close(self, track: Track) -> None:
        """Date the line's last trace and keep it until its company is complete."""
        self._tracks.remove(track)
        stop = track.end(self._ring, self._fade)
        candidate = Candidate(track.line, track.born, track.start, stop, track.born_alike,
                              self._ring.cuts_between(track.start.at + 2, stop.at - 2), track.unsteady, track.full,
                              track.stands_out, track.asked, track.seen, added=track.added, early=track.early)
        if candidate.impossible:
            return
        pictures = [track.mean, track.start.picture, stop.picture]
        if track.line.dark:
            pictures = [255 - picture if picture is not None else None for picture in pictures]
        row = track.row & track.box if track.row else None
        cover = make_hole(pictures[0], track.deviation, *pictures[1:], track.letters, track.line.height, self._height,
                          self._kernel, row and row.within(track.box))
        if self._ocr is not None and (track.seen or candidate.points >= WORTH_READING):
            candidate.reading = self._worker.submit(self._ocr.read, track.mean, _row(track, cover.text))
        if self._must_be_seen and not (candidate.seen or candidate.read):
            return
        place(candidate, track.box, cover, self._reader.region, self._reader.shrink)
        self._gone.append(candidate)

    def _hear(self, asked: int, sightings: list[Sighting], now: int) -> None:
        """Take what the text detector saw in frame `asked`; the tracks have seen the frames up to `now`."""
        for track in self._tracks:
            _tell(track, asked, sightings)
        while self._refused and self._refused[0][0] < asked - REFUSED_SECONDS * float(self._info.rate):
            self._refused.popleft()
        for sighting in sightings:
            if len(self._tracks) >= 2 * TRACKS_MAX or any(_alike(sighting.box, box) for _, box in self._refused):
                continue
            line = line_in(sighting.box, asked, self._ring, self._height)
            if line is None or any(track.line.seeded or not track.failing for track in self._tracks
                                   if _follows(track, line, asked, sighting.box)):
                continue
            self._follow(line, asked, now, sighting.box)
        self._looks.append((asked, sightings))

    def _follow(self, line: Line, asked: int, now: int, seen_in: Box) -> None:
        """Follow a line that was seen in frame `asked` as if it had been found then."""
        born, last = lifetime(line, asked, self._ring)
        last = min(last, now)
        # what came with a cut came with all around it
        alike = 255 if self._ring.cuts_between(born - 1, born + 2) else 0
        newborn = np.full(self._ring.frames[0][1].shape, alike, np.uint8)
        track = Track(line, born, self._ring.until(last), newborn, self._fade)
        for index, luma in self._ring.frames:
            if last < index <= now and not track.hopeless:
                track.update(index, luma, index in self._ring.cuts)
        if track.hopeless:
            self._refused.append((asked, seen_in))
        track.look(seen_in)
        self._begin(track)

    def _settle(self, before: int) -> None:
        """Judge the lines that went before frame `before`: nothing that went with them is still to come."""
        if not any(c.stop.at <= before for c in self._gone):
            return
        ready = [c for c in self._gone if c.stop.at <= before + 2]
        self._gone = deque(c for c in self._gone if c.stop.at > before + 2)
        found, doubtful = captions(ready, self._info)
        self._captions += found
        self._doubtful += doubtful
        self.logos += [c.words for c in what_stays(ready, self._info)]


def _young(newborn: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """Whole strokes that are mostly newborn, and the newborn part of those that grew onto older ones, as bool."""
    found, labels = cv2.connectedComponents(strokes.view(np.uint8), connectivity=8)
    places = np.flatnonzero(strokes)  # few of the picture's: counting over all of them takes three times as long
    names, new = labels.ravel()[places], newborn.ravel()[places]
    whole = np.bincount(names[new], minlength=found) > SHARE_NEW * np.bincount(names, minlength=found)
    young = np.zeros_like(strokes)
    young.ravel()[places] = whole[names] | new
    return young


def _tell(track: Track, asked: int, sightings: list[Sighting]) -> None:
    """Tell a track what the text detector saw in frame `asked`, if that shows its line."""
    if track.born < asked <= track.last_shown:
        track.look(next((s.box for s in sightings if _covers(s.box, track.line.box)), None))


def _row(track: Track, text: Box) -> Box:
    """Where the line can be read in its crop: as wide as `text`, but without what it shares with the next line."""
    top = track.line.box.top - track.box.top
    return Box(top, text.left, top + track.line.box.height, text.right)


def _covers(box: Box, line: Box) -> bool:
    shared = box & line
    return shared is not None and shared.area >= COVERED * line.area


def _alike(one: Box, other: Box) -> bool:
    shared = one & other
    return shared is not None and shared.area >= REFUSED_ALIKE * (one | other).area


def _follows(track: Track, line: Line, asked: int, seen_in: Box) -> bool:
    """True if `track` is this line: the same letters, or most of them, while they are there, and not much else."""
    shared = line.box & track.box
    if shared is None or not track.born < asked <= track.last_shown or track.line.dark != line.dark:
        return False
    known = track.text[shared.within(track.box)] & line.letters[shared.within(line.box)]
    beside = seen_in.grown(line.box.height, track.box.bottom, track.box.right) & track.box
    own = beside is not None and track.letters[beside.within(track.box)].sum() > MOSTLY * track.letters.sum()
    return own and bool(known.sum() > COVERED * line.letters.sum())
