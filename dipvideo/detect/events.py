"""From the lines of one caption that have gone to an event: what they cover in the picture, and what they say."""

from __future__ import annotations

from functools import reduce
from operator import or_

import cv2
import numpy as np

from ..frame import Event
from ..geometry import Box
from .added import Added
from .hole import Cover
from .judge import ENOUGH, Candidate

WITHIN, COVERED = 0.8, 0.8  # of an event's box, and of its pixels: two findings of one are seldom the same
ON_ITS_WAY = 0.25  # of a line's height: so far around may lie letters that grow or come to their place
SAME_ROW = 0.5  # of the lower of two pieces of text that lie side by side
SAME_HEIGHT, SAME_COLOUR_255 = 0.15, 30  # lines of one style differ less in height, as a share, and in luma
# Of the lines of a style, and so many at least: with boxes behind them, or shadows around them, all have one.
SOME, SEVERAL = 0.25, 2


def place(candidate: Candidate, crop: Box, cover: Cover, region: Box, scale: int) -> None:
    """Note what a line covers in picture coordinates, at full scale, in a box no larger than it must be.

    crop: where `cover` lies, at the scale of work; scale: by how much that is smaller than the picture.
    """
    rows, columns = np.flatnonzero(cover.hole.any(1)), np.flatnonzero(cover.hole.any(0))
    covered = np.stack((cover.hole, cover.marked))[:, rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    covered = covered.repeat(scale, axis=1).repeat(scale, axis=2)

    def in_picture(top: int, left: int, height: int, width: int) -> Box:
        top, left = region.top + (crop.top + top) * scale, region.left + (crop.left + left) * scale
        return Box(top, left, top + height, left + width)

    whole = in_picture(int(rows[0]), int(columns[0]), *covered.shape[1:])
    candidate.box = whole & region
    candidate.hole, candidate.marked = covered[:, *candidate.box.within(whole)].copy()
    text = cover.text
    candidate.text = in_picture(text.top, text.left, text.height * scale, text.width * scale) & region
    line = candidate.line.box
    candidate.own = in_picture(line.top - crop.top, line.left - crop.left, line.height * scale,
                               line.width * scale) & region
    candidate.pad = cover.pad * scale if cover.pad is not None else None
    candidate.halo, candidate.reach, candidate.shadow = (value * scale
                                                         for value in (cover.halo, cover.reach, cover.shadow))
    candidate.added = tuple(Added(start, *(region.left + (crop.left + column) * scale for column in (left, right)))
                            for start, left, right in candidate.added)


def share_boxes(captions: list[list[Candidate]]) -> None:
    """Give lines a box where others of their style have one: before a dark picture a dark box is not seen."""
    lines = [c for caption in captions for c in caption]
    pads = [_usual([other.pad for other in lines if same_style(c, other)]) for c in lines]
    for c, pad in zip(lines, pads, strict=True):  # all are known before one is given another
        if c.pad is None and pad is not None:
            c.pad = round(pad)


def share_shadows(captions: list[list[Candidate]], region: Box) -> None:
    """Let lines reach as far as a soft shadow does around others of their style: where the picture is dark, or another
    line lies, its end is not seen."""
    lines = [c for caption in captions for c in caption]
    for c in lines:
        shadow = _usual([other.shadow / other.own.height or None for other in lines if same_style(c, other)])
        if shadow is not None and (more := round(shadow * c.own.height - c.reach)) > 0:
            whole = Box(c.box.top - more, c.box.left - more, c.box.bottom + more, c.box.right + more)
            ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * more + 1,) * 2)
            hole, marked = (cv2.copyMakeBorder(cover.view(np.uint8), *(more,) * 4, cv2.BORDER_CONSTANT)
                            for cover in (c.hole, c.marked))
            c.box = whole & region
            c.hole, c.marked = (cover[c.box.within(whole)] > 0 for cover in (cv2.dilate(hole, ball), marked))


def _usual(values: list[float | None]) -> float | None:
    """What lines of one style have in common: the median, if enough of them have any."""
    known = [value for value in values if value is not None]
    return float(np.median(known)) if len(known) >= max(SOME * len(values), SEVERAL) else None


def same_style(one: Candidate, other: Candidate) -> bool:
    """True if both are of one height and luma."""
    here, there = one.line, other.line
    return (here.dark == there.dark and abs(here.colour - there.colour) < SAME_COLOUR_255
            and abs(here.height - there.height) < SAME_HEIGHT * max(here.height, there.height))


def events_of(group: list[Candidate], region: Box) -> list[Event]:
    """The lines of one caption in one hole; if there is a box behind one of them, there is behind all. Words that were
    added to them later have their own, with what all say."""
    pad = max((c.pad for c in group if c.pad is not None), default=None)
    boxes = [] if pad is None else [[c.text.grown(pad + more, region.bottom, region.right) & region
                                     for more in (c.halo, 0)] for c in group]
    box = reduce(or_, (*(c.box for c in group), *(with_halo for with_halo, _ in boxes)))
    dated = [c for c in group if c.points >= ENOUGH] or group  # a faint line's end is less certain
    start, stop, words = min(c.start.at for c in dated), max(c.stop.at for c in dated), said(group)
    covers: dict[int, np.ndarray] = {start: np.zeros((2, box.height, box.width), bool)}
    for c in group:
        mine = np.zeros_like(covers[start])
        mine[:, *c.box.within(box)] = c.hole, c.marked
        for added in c.added if pad is None else ():
            later = np.zeros_like(mine)
            columns = np.s_[..., max(added.left - box.left, 0):max(added.right - box.left, 0)]
            later[columns] = mine[columns]
            mine &= ~later
            covers[added.start] = covers.get(added.start, 0) | later
        covers[start] |= mine
    for with_halo, backing in boxes:
        covers[start][0][with_halo.within(box)] = True
        covers[start][1][backing.within(box)] = True
    stands, events = start, []
    if early := max(c.early for c in dated if c.start.at == start):
        stands = start + early + 1  # in the first frame that looks like it, it may still be on its way
        more = round(ON_ITS_WAY * max(c.own.height for c in group))
        around = box.grown(more, region.bottom, region.right) & region
        everything = np.ones((around.height, around.width), bool)
        events.append(Event.of(start, stands, around, everything, words, everything))
    return events + [_tight(max(first, stands), stop, box, cover, words) for first, cover in covers.items()
                     if cover[0].any()]


def _tight(start: int, stop: int, box: Box, cover: np.ndarray, words: str) -> Event:
    """An event in the smallest box that holds what it covers: hole and marked, (2, box.height, box.width) bool."""
    rows, columns = np.flatnonzero(cover[0].any(1)), np.flatnonzero(cover[0].any(0))
    inside = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    tight = Box(box.top + int(rows[0]), box.left + int(columns[0]), box.top + int(rows[-1]) + 1,
                box.left + int(columns[-1]) + 1)
    return Event.of(start, stop, tight, cover[0][inside], words, cover[1][inside])


def without_parts(events: list[Event]) -> list[Event]:
    """The events by their first frame, but those whose pixels another covers all the time: a piece, found again."""
    kept: list[Event] = []
    shown: list[Event] = []
    for event in sorted(events, key=lambda event: (event.start, -event.stop, -event.box.area)):
        shown = [other for other in shown if other.stop > event.start]
        if not any(other.stop >= event.stop and _within(event, other) for other in shown):
            kept.append(event)
            shown.append(event)
    return kept


def _within(event: Event, other: Event) -> bool:
    shared = event.box & other.box
    if shared is None or shared.area < WITHIN * event.box.area:
        return False
    hole, cover = event.hole, other.hole
    return bool(np.sum(hole[shared.within(event.box)] & cover[shared.within(other.box)]) >= COVERED * hole.sum())


def said(group: list[Candidate]) -> str:
    """What the lines say: from top to bottom, pieces of one line from left to right; empty where nothing was read."""
    rows: list[list[Candidate]] = []
    for c in sorted(group, key=lambda c: c.line.box.top + c.line.box.bottom):
        row = next((row for row in rows if row[0].line.box.rows_shared(c.line.box) >= SAME_ROW), None)
        rows.append([c]) if row is None else row.append(c)
    lines = (" ".join(c.words for c in sorted(row, key=lambda c: c.line.box.left)
                      if c.read and not any(_holds(other, c) for other in row))
             for row in rows)
    return "\n".join(line for line in lines if line)


def _holds(one: Candidate, other: Candidate) -> bool:
    """True if what was read of `other` is a part of what was read of `one`."""
    shared = min(one.text.right, other.text.right) - max(one.text.left, other.text.left)
    return one is not other and one.text.width > other.text.width and shared > SAME_ROW * other.text.width
