"""What a whole film tells of its captions: which are a logo that was lost and found again, or changed its place."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from ..frame import Event, VideoInfo
from .judge import LONGEST_SECONDS, letters, placed

ALIKE = 0.8  # of what is read: a letter or two may be misread
MOSTLY = 0.5  # of the time from its first to its last frame


def without_logos(events: Sequence[Event], logos: Sequence[str], info: VideoInfo) -> list[Event]:
    """The events, but what says the same as a logo, there or elsewhere, or the same again and again, most of a time
    longer than any caption stays: a logo that changes its place, or of which a picture that moves behind it hides the
    rest. Where captions usually lie, it may be a refrain."""
    asked = [event for event in events if event.text and not placed([event], info)]
    found = set()
    for event in asked:
        again = [other for other in asked if _again(event.text, other.text)]
        span = max(other.stop for other in again) - min(other.start for other in again)
        seen = sum(other.stop - other.start for other in again)
        stays = span > LONGEST_SECONDS * info.rate and seen > MOSTLY * span
        if stays or _again(event.text, "\n".join(logos)):
            found.add(id(event))
    return [event for event in events if id(event) not in found]


def _again(one: str, other: str) -> bool:
    """True if each line of `one` is one of `other`, too."""
    return all(any(SequenceMatcher(None, letters(line), letters(known), autojunk=False).ratio() >= ALIKE
                   for known in other.splitlines()) for line in one.splitlines())
