"""Captions as text with times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..frame import Cue, Event

if TYPE_CHECKING:
    from ..io import Source

UNREAD = "[…]"  # what stands for words that were not read
SEAM_FRAMES = 2  # a caption that goes on in the next shot is one cue


def cues_of(events: Sequence[Event], source: Source) -> list[Cue]:
    """The cues of `events`, in order.

    Texts that come and go together are one, from top to bottom; so are texts that go on where they left off.
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
        last = next((place for place, other in enumerate(whole) if event.text and other.text == event.text
                     and other.start < event.start <= other.stop + SEAM_FRAMES), None)
        if last is None:
            whole.append(event)
        else:
            whole[last] = replace(whole[last], stop=max(event.stop, whole[last].stop))
    return [Cue(seconds_of(e.start, source), seconds_of(e.stop, source), e.text or UNREAD) for e in whole]


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
