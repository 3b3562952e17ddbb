"""What a whole film tells of its captions: which are a logo that was lost and found again, or changed its place."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from fractions import Fraction

from ..frame import Event, VideoInfo
from ..geometry import Box
from .judge import LONGEST_SECONDS, SAME_PLACE, letters, placed

ALIKE = 0.8  # of what is read: a letter or two may be misread
MOSTLY = 0.5  # of the time from its first to its last frame


def without_logos(events: Sequence[Event], logos: Sequence[str], info: VideoInfo) -> list[Event]:
    """The events, but what says the same as a logo, there or elsewhere, or the same again and again, most of a time
    longer than any caption stays: a logo that changes its place, or of which a picture that moves behind it hides the
    rest. Where captions usually lie, it may be a refrain."""
    longest = LONGEST_SECONDS * info.rate
    known = [line for logo in logos for line in _lines(logo)]
    found: set[int] = set()
    for again in _repeated([event for event in events if event.text and not placed([event], info)], longest):
        span = max(event.stop for event in again) - min(event.start for event in again)
        seen = sum(event.stop - event.start for event in again)
        stays = span > longest and seen > MOSTLY * span
        found.update(id(event) for event in again if stays or _again(_lines(event.text), known))
    return [event for event in events if id(event) not in found]


def _repeated(events: Sequence[Event], longest: Fraction | float) -> list[list[Event]]:
    """The events, those together that say the same at most `longest` frames after each other."""
    series: list[list[Event]] = []
    for event in sorted(events, key=lambda event: event.start):
        latest = (one for one in reversed(series) if event.start - one[-1].stop <= longest)
        same = next((one for one in latest if _same(one[-1], event)), None)
        series.append([event]) if same is None else same.append(event)
    return series


def _same(one: Event, other: Event) -> bool:
    """True if both say the same, to the letter if they lie at different places."""
    lines, others = _lines(one.text), _lines(other.text)
    return lines == others or (_one_place(one.box, other.box) and _again(lines, others))


def _one_place(one: Box, other: Box) -> bool:
    shared = one & other
    return shared is not None and shared.area >= SAME_PLACE * min(one.area, other.area)


def _lines(text: str) -> list[str]:
    return [letters(line) for line in text.splitlines()]


def _again(lines: list[str], known: list[str]) -> bool:
    """True if each line is a known one."""
    return all(any(SequenceMatcher(None, line, other, autojunk=False).ratio() >= ALIKE for other in known)
               for line in lines)
