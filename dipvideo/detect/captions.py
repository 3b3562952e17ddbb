"""Finds captions while a film streams by: when each is on screen, and exactly which pixels it covers.

Every few frames, pixels that came to rest together are grouped into lines of text (`lives`, `lines`). Each line is
followed until it vanishes (`track`), dated from the frames kept in a short ring, and its hole is taken from what was
learnt while it stood there (`hole`). Then it is judged together with the lines that came and went with it (`judge`).
Only captions are kept.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import reduce
from operator import or_

import cv2
import numpy as np

from ..frame import Event, Frame, VideoInfo
from ..geometry import Box
from .hole import Cover, make_hole
from .judge import BRIGHT_255, ENOUGH, Candidate, captions
from .lines import bright_strokes, find_lines, prominent, stroke_kernel
from .lives import Lives
from .luma import LumaReader
from .timing import Ring
from .track import Track

STRIDE = 4  # frames between two looks for new lines
REST = 6  # frames a pixel stands still before it may be text; the shortest caption
SPREAD = 6  # frames within which the pixels of one caption come to rest: at least STRIDE + 1
FADE_SECONDS = 0.6  # the longest fade
SHARE_NEW = 0.5  # of a letter's pixels are as young as the caption; the rest stood on ground of the same luma
FLAWS_MAX, FLAWS_MAX_BRIGHT = 0.7, 0.95  # of a line worth following; short words look poor, but captions are bright
WORKING_HEIGHT = 1080  # pictures of twice this height are searched at half size
TRACKS_MAX = 64  # followed at once: bounds the cost of a picture full of strokes; as many again if they …
FLAWS_GOOD = 0.45  # … look like text


class CaptionFinder:
    """Streams the frames of one video and collects its captions.

    region: only pixels in there, in picture coordinates, may become text.
    """

    def __init__(self, info: VideoInfo, region: Box):
        self._info = info
        shrink = max(info.height // WORKING_HEIGHT, 1)
        self._reader = LumaReader(region & info.box or info.box, shrink)
        self._height = info.height // shrink  # of the whole picture at the scale of work
        self._kernel = stroke_kernel(self._height)
        self._fade = max(round(FADE_SECONDS * float(info.rate)), 6)
        self._ring = Ring(REST + SPREAD + 2 * self._fade)
        self._lives = Lives()
        self._tracks: list[Track] = []
        self._gone: deque[Candidate] = deque()
        self._events: list[Event] = []
        self._index = -1  # of the frames that were seen
        self._numbers: list[int] = []  # their numbers in the film, which may begin later and have gaps

    def update(self, frame: Frame, new_shot: bool) -> None:
        """Take the next frame; new_shot: whether a shot begins with it."""
        self._index += 1
        self._numbers.append(frame.index)
        luma = self._reader.read(frame.planes)
        self._ring.add(self._index, luma, new_shot)
        self._lives.update(luma)
        for track in list(self._tracks):
            if track.hopeless:
                self._tracks.remove(track)
            elif not track.update(self._index, luma, new_shot) and self._index - track.last_shown >= self._fade:
                self._close(track)
        if self._index % STRIDE == STRIDE - 1:
            self._look()
            self._settle(self._index - 2 * self._fade)

    def finish(self) -> list[Event]:
        """All captions, sorted by their first frame."""
        for track in list(self._tracks):
            self._close(track)
        self._settle(self._index + 1)
        events = [replace(event, start=self._numbers[event.start], stop=self._numbers[event.stop - 1] + 1)
                  for event in self._events]
        return sorted(events, key=lambda event: (event.start, event.stop))

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
            if line.flaws > worst or len(self._tracks) >= room or any(track.knows(line) for track in self._tracks):
                continue
            inside = line.letters & (newborn[line.box.slices] > 0)
            born = self._index - int(np.median(self._lives.age[line.box.slices][inside]))
            track = Track(line, born, self._ring, newborn, self._fade)
            if not track.hopeless:
                self._tracks.append(track)

    def _close(self, track: Track) -> None:
        """Date the line's last trace and keep it until its company is complete."""
        self._tracks.remove(track)
        stop = track.end(self._ring, self._fade)
        candidate = Candidate(track.line, track.born, track.start, stop, track.born_alike,
                              self._ring.cuts_between(track.start.at + 2, stop.at - 2), track.unsteady, track.full,
                              track.stands_out)
        if candidate.impossible:
            return
        cover = make_hole(track.mean, track.deviation, track.start.picture, stop.picture, track.letters,
                          track.line.height, self._height, self._kernel)
        self._place(candidate, track.box, cover)
        self._gone.append(candidate)

    def _settle(self, before: int) -> None:
        """Judge the lines that went before frame `before`: nothing that went with them is still to come."""
        if not any(c.stop.at <= before for c in self._gone):
            return
        ready = [c for c in self._gone if c.stop.at <= before + 2]
        self._gone = deque(c for c in self._gone if c.stop.at > before + 2)
        self._events += [_event(group, self._reader.region) for group in captions(ready, self._info)]

    def _place(self, candidate: Candidate, crop: Box, cover: Cover) -> None:
        """Note what a line covers in picture coordinates, at full scale, in a box no larger than it must be."""
        scale, region = self._reader.shrink, self._reader.region
        rows, columns = np.flatnonzero(cover.hole.any(1)), np.flatnonzero(cover.hole.any(0))
        hole = cover.hole[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
        if scale > 1:
            hole = np.kron(hole, np.ones((scale, scale), bool))

        def in_picture(top: int, left: int, height: int, width: int) -> Box:
            top, left = region.top + (crop.top + top) * scale, region.left + (crop.left + left) * scale
            return Box(top, left, top + height, left + width)

        whole = in_picture(int(rows[0]), int(columns[0]), *hole.shape)
        candidate.box = whole & region
        candidate.hole = hole[candidate.box.within(whole)].copy()
        text = cover.text
        candidate.text = in_picture(text.top, text.left, text.height * scale, text.width * scale) & region
        candidate.pad = cover.pad * scale if cover.pad is not None else None


def _young(newborn: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """Whole strokes that are mostly newborn, and the newborn part of those that grew onto older ones, as bool."""
    found, labels = cv2.connectedComponents(strokes.astype(np.uint8), connectivity=8)
    total = np.bincount(labels.ravel(), minlength=found)
    young = np.bincount(labels[newborn], minlength=found)
    whole = young > SHARE_NEW * total
    whole[0] = False
    return whole[labels] | (strokes & newborn)


def _event(group: list[Candidate], region: Box) -> Event:
    """The lines of one caption in one hole; if there is a box behind one of them, there is behind all."""
    pad = max((c.pad for c in group if c.pad is not None), default=None)
    boxes = [] if pad is None else [c.text.grown(pad, region.bottom, region.right) & region for c in group]
    box = reduce(or_, (*(c.box for c in group), *boxes))
    hole = np.zeros((box.height, box.width), bool)
    for c in group:
        hole[c.box.within(box)] |= c.hole
    for backing in boxes:
        hole[backing.within(box)] = True
    dated = [c for c in group if c.points >= ENOUGH] or group  # a faint line's end is less certain
    return Event(min(c.start.at for c in dated), max(c.stop.at for c in dated), box, hole)
