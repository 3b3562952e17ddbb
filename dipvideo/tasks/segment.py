"""Take a video apart into layers: what moves or looks alike, each under its own mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import io, layers, problems
from ..geometry import Box
from ..options import option
from ..planes import LAYER_COLOURS, LayersPatch
from ..progress import Progress, Tell
from .base import TaskOptions, Window
from .whole import WholeFrames

if TYPE_CHECKING:
    from ..frame import VideoInfo
    from ..holes import Holes
    from ..io import Source
    from ..layers import Look
    from ..plan import Chunk, Plan
    from ..problems import Estimate, Problem

LOOKED_AT = 9  # frames of a shot's beginning, that tell which of its layers is which
LEAST_SURE = 0.1  # of a hint where nothing has texture: motion says nothing there


@dataclass(frozen=True, kw_only=True)
class SegmentOptions(TaskOptions):
    """The options of segment."""

    layers: int = option(2, "How many layers; the first is the ground.", least=2, most=len(LAYER_COLOURS))
    overlay: str | None = option(None, "Also write the picture tinted by layer, as a lossless video (.mkv, .mov).",
                                 metavar="FILE")
    layers_dir: str | None = option(None, "Also write each layer with alpha, as lossless videos layer0.mkv, layer1.mkv "
                                          "… in this folder, which must exist.", metavar="FOLDER")
    network: str | None = option("taper:skip=0,widths=8-16-32", "Architecture of each layer and of the mask, as in "
                                 "other commands.", metavar="NAME[:KEY=VALUE,…]")


class Segment(WholeFrames):
    """Take a video or picture apart into layers."""

    Options = SegmentOptions
    options: SegmentOptions
    reach = 8

    def __init__(self, options: SegmentOptions):
        super().__init__(options)
        self._looks: dict[int, Look] = {}  # by the first frame of a chunk

    @property
    def side_outputs(self) -> tuple[Path, ...]:
        return tuple(path for path, _ in self._sides)

    def side_videos(self, info: VideoInfo) -> Sequence[AbstractContextManager[io.SideVideo]]:
        return [write(path, info) for path, write in self._sides]

    @property
    def _sides(self) -> list:
        sides = [(Path(self.options.overlay), io.open_overlay_writer)] if self.options.overlay else []
        if self.options.layers_dir:
            folder = Path(self.options.layers_dir)
            sides += [(folder / f"layer{n}.mkv", io.layer_writer(n)) for n in range(self.options.layers)]
        return sides

    def plan(self, source: Source, tell: Tell) -> tuple[Plan, Holes]:
        plan, holes = super().plan(source, tell)
        if len(plan.chunks) > 1:
            self._name_layers(source, plan, tell)
        return plan, holes

    def _name_layers(self, source: Source, plan: Plan, tell: Tell) -> None:
        """Learn how each shot's layers look, so that every chunk gives them the same numbers, whichever is first."""
        last: Look | None = None
        for done, shot in enumerate(plan.shots, 1):
            chunks = [chunk for chunk in plan.chunks if shot.start <= chunk.start < shot.stop]
            if not chunks:
                continue
            begin = source.frames(chunks[0].start, min(chunks[0].start + LOOKED_AT, chunks[0].stop))
            frames = np.stack([layers.reduced(frame.planes.rgb()) for frame in islice(begin, LOOKED_AT)])
            found = layers.find_layers(frames, self.options.layers)
            look = layers.look_of(found.frames, found.shares)
            last = look if last is None else look.ordered(layers.matched(look, last))
            self._looks.update((chunk.start, last) for chunk in chunks)
            tell(Progress("telling layers apart", done, len(plan.shots), unit="shot"))

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        found = layers.find_layers(window.frames, self.options.layers)
        shares = found.shares
        if known := self._looks.get(chunk.start):
            shares = shares[..., layers.matched(layers.look_of(found.frames, shares), known)]
        for index in targets:
            place = index - window.first
            yield problems.LayersProblem.of(
                window.frames[place], found.frames[place], shares[place],
                found.sure(place, LEAST_SURE), found.moves.behind[place], found.moves.agreement(place))

    def render(self, problem: Problem, estimate: Estimate) -> LayersPatch:
        assert isinstance(problem, problems.LayersProblem)
        frame = problem.frame
        if frame.dtype != np.uint8:
            frame = np.rint(frame * 255).clip(0, 255).astype(np.uint8)
        box = Box(0, 0, *frame.shape[:2])
        return LayersPatch.of(box, frame, layers.brought_up(problem.answer(estimate), problem.small, frame))


TASK = Segment
