"""Finds the captions and the cuts of a film in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .. import detect
from ..errors import OptionError, RegionOutside
from ..frame import Event
from ..geometry import Box
from ..progress import Tell
from ..span import watch

if TYPE_CHECKING:
    from ..frame import VideoInfo
    from ..io import Source

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


def find_captions(source: Source, options: Wanted, tell: Tell = lambda progress: None) -> Captions:
    """Look for captions within the span and region that `options` name.

    Raises RegionOutside, Truncated or Unreadable.
    """
    region = region_of(options.region, source.info)
    finder = detect.CaptionFinder(source.info, region, options.detector)
    cuts = []
    with detect.one_core():
        for frame, new_shot in watch(source, options, tell, "looking for captions"):
            finder.update(frame, new_shot)
            if new_shot:
                cuts.append(frame.index)
        return Captions(tuple(finder.finish()), tuple(cuts))


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
