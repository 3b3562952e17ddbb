"""Take burned-in subtitles out: captions are found, their strokes become holes, and the holes are filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import captions, io
from ..captions.options import CaptionOptions
from ..errors import OptionError
from ..options import option
from ..plan import make_plan
from ..progress import Tell
from ..span import span_of, with_ends
from .inpaint import HOW, FillOptions, Inpaint

if TYPE_CHECKING:
    from ..captions import Captions
    from ..frame import Cue
    from ..holes import Holes
    from ..io import Source
    from ..plan import Plan

HALO = 2  # pixels that compression smears text over, at the least; captions found here have theirs already


@dataclass(frozen=True, kw_only=True)
class RemoveSubtitlesOptions(FillOptions, CaptionOptions):
    """The options of remove-subtitles."""

    method: str = option("deep", HOW, choices=("auto", "thin", "deep"))
    plan_only: bool = option(False, "Write the captions that would be taken out as a plan (.json) that can be edited, "
                                    "and stop.")
    plan: str | None = option(None, "Take out the captions of this plan instead of looking for them.", metavar="FILE")
    srt: str | None = option(None, "Also write what the captions say, with their times.", metavar="FILE")
    soft_subtitles: bool = option(False, "Add what the captions say to the output as a subtitle track.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mask is not None and (self.plan or self.plan_only or self.srt or self.soft_subtitles):
            raise OptionError("With --mask no captions are looked for: leave out --plan, --plan-only, --srt and "
                              "--soft-subtitles, or the mask.")


class RemoveSubtitles(Inpaint):
    """Remove burned-in subtitles."""

    Options = RemoveSubtitlesOptions
    options: RemoveSubtitlesOptions

    @property
    def grow(self) -> int:
        if self.options.grow is None:
            return HALO if self.options.mask is not None else 0
        return self.options.grow

    def plan(self, source: Source, tell: Tell, notes: Path | None = None) -> tuple[Plan, Holes]:
        if self.options.mask is not None:
            return self._plan_by_mask(source, self.options.mask, tell)
        from ..holes import EventHoles  # brings OpenCV, which the help of a command does without

        found = self._captions(source, tell, notes)
        span, frames = span_of(source, self.options), len(source.pts)
        self._cues = captions.cues_of([e for e in found.events if e.start < span.stop and e.stop > span.start], source)
        holes = EventHoles(found.events, source.info, self.grow)
        boxes = [box if index in span else None for index, box in enumerate(holes.boxes(frames))]
        cuts = found.cuts if self.options.plan else with_ends(found.cuts, span, frames)
        return make_plan(source.info, boxes, cuts), holes

    @property
    def plans_only(self) -> bool:
        return self.options.plan_only

    def write_plan(self, source: Source, path: Path, tell: Tell) -> int:
        found = self._captions(source, tell)
        captions.write_plan(found, source, path)
        return len(found.events)

    @property
    def side_outputs(self) -> tuple[Path, ...]:
        return (*super().side_outputs, *([Path(self.options.srt)] if self.options.srt else []))

    @property
    def side_inputs(self) -> tuple[Path, ...]:
        return (*super().side_inputs, *([Path(self.options.plan)] if self.options.plan else []))

    def write_texts(self, source: Source) -> None:
        if self.options.srt:
            with io.complete_or_nothing(Path(self.options.srt)) as part:
                captions.write_srt(self._cues, part)

    def cues(self, source: Source) -> Sequence[Cue]:
        return [cue for cue in self._cues if cue.text != captions.UNREAD] if self.options.soft_subtitles else ()

    def _captions(self, source: Source, tell: Tell, notes: Path | None = None) -> Captions:
        if self.options.plan:
            return captions.read_plan(self.options.plan, source)
        return captions.find_captions(source, self.options, tell,
                                      1 if self.options.executor == "local" else self.options.workers, notes)


TASK = RemoveSubtitles
