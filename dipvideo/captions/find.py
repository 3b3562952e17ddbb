"""Finds the captions and the cuts of a film in one pass, on all cores."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Protocol

from .. import detect, io
from ..errors import DipvideoError, OptionError, RegionOutside, WorkerLost
from ..executors import Executor, Local, Processes
from ..frame import Event
from ..geometry import Box
from ..machine import side_by_side
from ..progress import Progress, Tell
from ..span import checked, nothing_decoded
from .sections import Found, Search, sections

if TYPE_CHECKING:
    from ..frame import VideoInfo
    from ..io import Source

# Bytes that a process takes which looks; measured: .49 GB at 720 lines, .62 at 2160, where another film had .68 before
# fades were a second long, which takes .04 more.
MEMORY = 750 << 20
_REGIONS = {"full": (0.0, 1.0), "bottom": (0.5, 1.0), "top": (0.0, 0.5)}  # share of the height


class Wanted(Protocol):
    """The options that matter here: those of `CaptionOptions` and `SpanOptions`."""

    region: str
    detector: str
    start: str | None
    end: str | None
    partial: bool


@dataclass(frozen=True, slots=True)
class Captions:
    """The captions of a film, in order of their first frames, and the first frame of every shot but the first."""

    events: tuple[Event, ...]
    cuts: tuple[int, ...]


def find_captions(source: Source, options: Wanted, tell: Tell = lambda progress: None,
                  processes: int | None = None, notes: Path | None = None) -> Captions:
    """Look for captions within the span and region that `options` name.

    processes: that look side by side, at most; None: as many as this machine has cores and memory for. notes: a folder
    in which what is found is left, section by section; what is there already is not looked for again. Raises
    RegionOutside, Truncated, Unreadable, OutputError and WorkerLost.
    """
    region, span = region_of(options.region, source.info), checked(source, options)
    detect.wants_ocr(options.detector)  # a wrong one is told before anything begins
    parts = sections(span)
    processes = min(processes or len(parts), side_by_side(MEMORY), len(parts))
    executor = Processes([None] * processes) if processes > 1 else Local()
    done = [0] * len(parts)

    def hear(part: int, frames: int) -> None:
        done[part] = frames
        tell(Progress("looking for captions", sum(done), len(span)))

    try:
        with nullcontext(notes) if notes else TemporaryDirectory(prefix="dipvideo-") as folder:
            found = _found(executor, Search(source, parts, region, options.detector, Path(folder)), hear)
    except OSError as error:
        if isinstance(error, DipvideoError):
            raise
        raise io.explained(error, notes or Path(gettempdir())) from error
    told = [found[part] for part in range(len(parts))]
    source.damage.update(*(one.damage for one in told))
    if not any(one.frames for one in told):
        raise nothing_decoded(source)
    events = detect.without_parts([event for one in told for event in one.events])
    events = detect.without_logos(events, [logo for one in told for logo in one.logos], source.info)
    return Captions(tuple(events), tuple(cut for one in told for cut in one.cuts))


def _found(executor: Executor, search: Search, hear: Callable[[int, int], object]) -> dict[int, Found]:
    """What each section tells."""
    found = {part: search.found(part) for part in search.done}
    for part in found:
        hear(part, len(search.sections[part]))
    waiting = [part for part in range(len(search.sections)) if part not in found]
    with closing(executor.run(search, waiting, hear)) as outcomes:
        for outcome in outcomes:
            if isinstance(outcome.error, WorkerLost):
                raise WorkerLost(f"Captions could not be looked for: {outcome.error}.")
            if outcome.error:
                raise outcome.error
            found[outcome.item] = search.take(outcome.item, outcome.attempt)
            hear(outcome.item, len(search.sections[outcome.item]))
    return found


def region_of(text: str, info: VideoInfo) -> Box:
    """The box that `text` names. Raises OptionError for no region at all, RegionOutside for one off the picture."""
    if text in _REGIONS:
        top, bottom = (round(share * info.height) for share in _REGIONS[text])
        return Box(top, 0, bottom, info.width)
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise OptionError(f"A region is full, bottom, top or x,y,width,height in pixels; got {text!r}.") from error
    region = Box(y, x, y + height, x + width)
    if width < 1 or height < 1 or region & info.box != region:
        raise RegionOutside(f"The region {text} leaves the picture, which is {info.width}x{info.height}: "
                            f"x + width is at most {info.width}, y + height at most {info.height}.")
    return region
