"""What a whole film tells of its captions: which are a logo that was lost and found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ..frame import Event, VideoInfo
from ..geometry import Box
from .judge import LONGEST_SECONDS, SAME_PLACE, letters, placed

ALIKE = 0.8  # of what is read: a letter or two may be misread
MOSTLY = 0.5  # of the time from its first to its last frame


@dataclass(frozen=True, slots=True)
class Logo:
    """What stays in the picture: where, and what it says."""

    box: Box
    text: str


def without_logos(events: Sequence[Event], logos: Sequence[Logo], info: VideoInfo) -> list[Event]:
    """The events, but what says the same as a logo at its place, or again and again at one place, most of a time longer
    than any caption stays: a logo, of which a picture that moves behind it hides the rest. Where captions usually lie,
    it may be a refrain."""
    asked = [event for event in events if event.text and not placed([event], info)]
    found = set()
    for event in asked:
        again = [other for other in asked if _again(event, other)]
        span = max(other.stop for other in again) - min(other.start for other in again)
        seen = sum(other.stop - other.start for other in again)
        stays = span > LONGEST_SECONDS * info.rate and seen > MOSTLY * span
        if stays or any(_again(event, logo) for logo in logos):
            found.add(id(event))
    return [event for event in events if id(event) not in found]


def _again(one: Event, other: Event | Logo) -> bool:
    shared = one.box & other.box
    return (shared is not None and shared.area >= SAME_PLACE * min(one.box.area, other.box.area)
            and SequenceMatcher(None, letters(one.text), letters(other.text), autojunk=False).ratio() >= ALIKE)
