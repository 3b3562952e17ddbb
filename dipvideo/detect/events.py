"""From the lines of one caption that have gone to an event: what they cover in the picture, and what they say."""

from __future__ import annotations

from functools import reduce
from operator import or_

import numpy as np

from ..frame import Event
from ..geometry import Box
from .hole import Cover
from .judge import ENOUGH, Candidate

WITHIN = 0.8  # of an event's box
SAME_ROW = 0.5  # of the lower of two pieces of text that lie side by side
SAME_HEIGHT, SAME_COLOUR_255 = 0.15, 30  # lines of one style differ less in height, as a share, and in luma
BOXED, BOXES = 0.25, 2  # of the lines of a style, and so many at least: with boxes behind them, all have one


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
    candidate.pad = cover.pad * scale if cover.pad is not None else None
    candidate.halo = cover.halo * scale


def share_boxes(captions: list[list[Candidate]]) -> None:
    """Give lines a box where others of their style have one: before a dark picture a dark box is not seen."""
    lines = [c for caption in captions for c in caption]
    shared = {}
    for place, c in enumerate(lines):
        pads = [other.pad for other in lines if same_style(c, other)]
        boxes = [pad for pad in pads if pad is not None]
        if c.pad is None and len(boxes) >= max(BOXED * len(pads), BOXES):
            shared[place] = round(float(np.median(boxes)))
    for place, pad in shared.items():
        lines[place].pad = pad


def same_style(one: Candidate, other: Candidate) -> bool:
    """True if both are of one height and luma."""
    here, there = one.line, other.line
    return (here.dark == there.dark and abs(here.colour - there.colour) < SAME_COLOUR_255
            and abs(here.height - there.height) < SAME_HEIGHT * max(here.height, there.height))


def event_of(group: list[Candidate], region: Box) -> Event:
    """The lines of one caption in one hole; if there is a box behind one of them, there is behind all."""
    pad = max((c.pad for c in group if c.pad is not None), default=None)
    boxes = [] if pad is None else [[c.text.grown(pad + more, region.bottom, region.right) & region
                                     for more in (c.halo, 0)] for c in group]
    box = reduce(or_, (*(c.box for c in group), *(with_halo for with_halo, _ in boxes)))
    hole, marked = np.zeros((2, box.height, box.width), bool)
    for c in group:
        hole[c.box.within(box)] |= c.hole
        marked[c.box.within(box)] |= c.marked
    for with_halo, backing in boxes:
        hole[with_halo.within(box)] = True
        marked[backing.within(box)] = True
    dated = [c for c in group if c.points >= ENOUGH] or group  # a faint line's end is less certain
    return Event.of(min(c.start.at for c in dated), max(c.stop.at for c in dated), box, hole,
                    said(group), marked)


def without_parts(events: list[Event]) -> list[Event]:
    """The events by their first frame, but those that another holds in space and time: a piece of it, found again."""
    kept: list[Event] = []
    shown: list[Event] = []
    for event in sorted(events, key=lambda event: (event.start, -event.stop, -event.box.area)):
        shown = [other for other in shown if other.stop > event.start]
        if not any(other.stop >= event.stop and _within(event.box, other.box) for other in shown):
            kept.append(event)
            shown.append(event)
    return kept


def _within(box: Box, other: Box) -> bool:
    shared = box & other
    return shared is not None and shared.area >= WITHIN * box.area


def said(group: list[Candidate]) -> str:
    """What the lines say: from top to bottom, pieces of one line from left to right; empty where nothing was read."""
    rows: list[list[Candidate]] = []
    for c in sorted(group, key=lambda c: c.line.box.top + c.line.box.bottom):
        row = next((row for row in rows if _beside(row[0].line.box, c.line.box)), None)
        rows.append([c]) if row is None else row.append(c)
    lines = (" ".join(c.words for c in sorted(row, key=lambda c: c.line.box.left)
                      if c.read and not any(_holds(other, c) for other in row))
             for row in rows)
    return "\n".join(line for line in lines if line)


def _holds(one: Candidate, other: Candidate) -> bool:
    """True if what was read of `other` is a part of what was read of `one`."""
    shared = min(one.text.right, other.text.right) - max(one.text.left, other.text.left)
    return one is not other and one.text.width > other.text.width and shared > SAME_ROW * other.text.width


def _beside(one: Box, other: Box) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared >= SAME_ROW * min(one.height, other.height)
