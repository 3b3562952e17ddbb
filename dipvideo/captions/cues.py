"""Captions as text with times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from ..frame import Cue, Event

if TYPE_CHECKING:
    from ..io import Source

UNREAD = "[…]"  # what stands for words that were not read
SAME_ROW = 0.5  # of the lower of two boxes that lie side by side
MISREAD = 2  # letters at the end of what was read of half a word
ON_ITS_WAY = 9  # frames in which a caption comes to its place, at the most
SEAM_FRAMES = 2  # a caption that goes on in the next shot is one cue


def cues_of(events: Sequence[Event], source: Source) -> list[Cue]:
    """The cues of `events`, in order.

    Texts that come and go together are one, from top to bottom; so are texts that go on where they left off, and a line
    to which words are added while it stands there.
    """
    together: list[Event] = []
    for event in sorted(events, key=lambda event: event.box.top):
        place = next((place for place, other in enumerate(together) if event.text and other.text
                      and abs(other.start - event.start) < SEAM_FRAMES and abs(other.stop - event.stop) < SEAM_FRAMES),
                     None)
        if place is None:
            together.append(event)
        else:
            together[place] = replace(together[place], text=f"{together[place].text}\n{event.text}")
    whole: list[Event] = []
    for event in sorted(together, key=lambda event: (event.start, event.stop)):
        last, text = next(((place, text) for place, other in enumerate(whole)
                           if (text := _one_text(other, event)) is not None), (None, ""))
        if last is None:
            whole.append(event)
        else:
            whole[last] = replace(whole[last], stop=max(event.stop, whole[last].stop), text=text)
    return [Cue(seconds_of(e.start, source), seconds_of(e.stop, source), e.text or UNREAD) for e in whole]


def _one_text(one: Event, later: Event) -> str | None:
    """What both say, if they are one text: it goes on, or grows; None if they are two."""
    if not (one.text or later.text):  # unread, one of them on its way to where the other stands
        brief = later.start == one.stop <= one.start + ON_ITS_WAY
        return "" if brief and one.box | later.box == one.box else None
    if not (one.text and later.text):
        return None
    if one.text == later.text and one.start < later.start <= one.stop + SEAM_FRAMES:
        return one.text
    beside = one.box.rows_shared(later.box) > SAME_ROW
    return _joined(one.text, later.text) or None if beside and later.start < one.stop else None


def _joined(one: str, other: str) -> str:
    """The shortest text that holds both, if half of the shorter one is in both; or empty. What was read while a word
    was only half there may end, or begin, with letters that are none."""
    short, long = sorted((one, other), key=len)
    if short in long:
        return long
    least = max(len(short) // 2, MISREAD)
    for first, second in ((one, other), (other, one)):  # right to left, what is added stands before
        for begun, ended in product((first, first[:-MISREAD]), (second, second[MISREAD:])):
            for count in range(min(len(begun), len(ended)), least - 1, -1):
                if begun.endswith(ended[:count]):
                    return begun + ended[count:]
    return ""


def write_srt(cues: Sequence[Cue], path: Path) -> None:
    """SubRip, UTF-8."""
    blocks = [f"{number}\n{clock(cue.start, srt=True)} --> {clock(cue.stop, srt=True)}\n{cue.text}\n"
              for number, cue in enumerate(cues, 1)]
    path.write_text("\n".join(blocks), encoding="utf-8")


def seconds_of(frame: int, source: Source) -> float:
    """When a frame begins, counted as players count; for the one after the last, when that ends."""
    pts, base = source.pts, source.info.time_base
    if frame < len(pts):
        return float(int(pts[frame]) * base) - source.info.start
    step = int(pts[-1] - pts[-2]) if len(pts) > 1 else round(1 / (source.info.rate * base))
    return float((int(pts[-1]) + step) * base) - source.info.start


def clock(seconds: float, *, srt: bool = False) -> str:
    """0:01:02.345, or SubRip's 00:01:02,345."""
    total = max(round(seconds * 1000), 0)
    hours, minutes, rest = total // 3_600_000, total // 60_000 % 60, total % 60_000
    tail = f"{minutes:02}:{rest // 1000:02}"
    return f"{hours:02}:{tail},{rest % 1000:03}" if srt else f"{hours}:{tail}.{rest % 1000:03}"
