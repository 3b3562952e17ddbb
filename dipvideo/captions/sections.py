"""A film looked through in sections, side by side: what begins in each is found as if there were no others.

A section reads some frames before its first, to know what stands there already, and on after its last until what began
in it has gone. Where they lie follows from the film, so that neither the number of processes nor who was quicker
changes what is found.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from .. import detect
from ..io import moved
from ..span import with_shots

if TYPE_CHECKING:
    from ..frame import Event
    from ..geometry import Box
    from ..io import Source

SECTION = 1024  # frames, at most
BESIDE = 160  # frames that are read besides, of its neighbours, about
AROUND = 2  # frames on both sides of a section, from which captions count, too: neighbours may differ by as much


@dataclass(frozen=True, slots=True)
class Found:
    """What a section tells. events: captions that begin in it; logos: what that says that stays; cuts: first frames of
    shots; frames: decoded; damage: where in the input packets lie that could not be decoded whole."""

    events: tuple[Event, ...]
    logos: tuple[str, ...]
    cuts: tuple[int, ...]
    frames: int
    damage: frozenset[int]


@dataclass(frozen=True, slots=True)
class Search:
    """Looks through one section at a time, for an executor; `folder` takes what is found, and may hold some already.

    Pickled, it is some megabytes for a long film: it holds where all its frames lie.
    """

    source: Source
    sections: tuple[range, ...]
    region: Box
    detector: str
    folder: Path

    def __call__(self, number: int, attempt: int, device: str | None, tell: Callable[[int], object]) -> None:
        """Look through section `number`; `tell` hears how many of its frames are done."""
        found = self._found(self.sections[number], tell)
        self._place(number, attempt).write_bytes(pickle.dumps(found))

    def take(self, number: int, attempt: int) -> Found:
        """What an attempt at a section has found; from now on it is there for whoever looks on."""
        moved(self._place(number, attempt), self._place(number))
        return self.found(number)

    def found(self, number: int) -> Found:
        """What was taken."""
        return pickle.loads(self._place(number).read_bytes())

    @property
    def done(self) -> list[int]:
        """The sections of which something was taken."""
        return [number for number in range(len(self.sections)) if self._place(number).exists()]

    def _place(self, number: int, attempt: int | None = None) -> Path:
        return self.folder / (f"{number:06d}" if attempt is None else f".{number:06d}.{attempt}")

    def _found(self, section: range, tell: Callable[[int], object]) -> Found:
        finder = detect.CaptionFinder(self.source.info, self.region, self.detector)
        span = range(self.sections[0].start, self.sections[-1].stop)
        read = range(max(section.start - finder.lead, span.start), span.stop)
        last, cuts, frames = section == self.sections[-1], [], 0
        with detect.one_core():
            for frame, new_shot in with_shots(self.source, read):
                finder.update(frame, new_shot)
                if frame.index in section:
                    cuts += [frame.index] if new_shot else []
                    frames += 1
                    tell(frames)
                elif frame.index >= section.stop:
                    tell(frames)
                    if not finder.waits(section.stop + AROUND):
                        break
            events = finder.finish(None if last else section.stop + AROUND)
        first = section.start - (0 if section.start == span.start else AROUND)
        counted = range(first, section.stop + AROUND)
        return Found(tuple(e for e in events if e.start in counted), tuple(finder.logos), tuple(cuts), frames,
                     frozenset(self.source.damage))


def sections(span: range) -> tuple[range, ...]:
    """The span in as few parts as SECTION allows, of even length."""
    count = max(-(-len(span) // SECTION), 1)
    edges = [span.start + len(span) * place // count for place in range(count + 1)]
    return tuple(range(start, stop) for start, stop in pairwise(edges))
