"""Take burned-in subtitles out: captions are found, their strokes become holes, and the holes are filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import detect
from ..errors import OptionError, RegionOutside
from ..geometry import Box
from ..options import option
from ..plan import make_plan
from ..span import span_of
from .base import Tell
from .inpaint import FillOptions, Inpaint

if TYPE_CHECKING:
    from ..frame import VideoInfo
    from ..holes import Holes
    from ..io import Source
    from ..plan import Plan

HALO = 2  # pixels that compression smears text over, at the least; captions found here have theirs already
_REGIONS = {"full": (0.0, 1.0), "bottom": (0.5, 1.0), "top": (0.0, 0.5)}  # share of the height


@dataclass(frozen=True, kw_only=True)
class RemoveSubtitlesOptions(FillOptions):
    """The options of remove-subtitles."""

    region: str = option("full", "Where captions may be: full, bottom, top, or x,y,width,height in pixels.",
                         metavar="REGION")


class RemoveSubtitles(Inpaint):
    """Remove burned-in subtitles."""

    Options = RemoveSubtitlesOptions
    options: RemoveSubtitlesOptions

    def plan(self, source: Source, tell: Tell) -> tuple[Plan, Holes]:
        if self.options.mask is not None:
            grow = HALO if self.options.grow is None else self.options.grow
            return self._plan_by_mask(source, self.options.mask, grow, tell)
        from ..holes import EventHoles  # brings OpenCV, which the help of a command does without

        captions = detect.CaptionFinder(source.info, region_of(self.options.region, source.info))
        span, cuts = span_of(source, self.options), []
        for frame, new_shot in self._frames(source, span, tell, "looking for captions"):
            captions.update(frame, new_shot)
            if new_shot:
                cuts.append(frame.index)
        holes = EventHoles(captions.finish(), source.info, self.options.grow or 0)
        return make_plan(source.info, holes.boxes(len(source.pts)), cuts), holes


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


TASK = RemoveSubtitles
