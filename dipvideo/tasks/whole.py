"""What tasks share that make every pixel anew rather than fill holes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ..plan import MAX_FRAMES, make_plan
from ..progress import Tell
from ..span import span_of, watch
from ..tiles import tiles
from .base import Task

if TYPE_CHECKING:
    from pathlib import Path

    from ..geometry import Box
    from ..holes import Holes
    from ..io import Source
    from ..plan import Chunk, Plan

WINDOW = 1 << 28  # samples of a chunk's window, at most: 40 frames of 1080 lines, 10 of 2160


class WholeFrames(Task):
    """A task whose chunks hold whole frames.

    reach: how many frames before and after a chunk its problems may look at; tile: pixels of a side of what is
    answered at a time, None where one problem is posed for all of a frame.
    """

    reach: ClassVar[int] = 0
    tile: ClassVar[int | None] = 512

    def tiles(self, chunk: Chunk) -> Sequence[Box]:
        return tiles(chunk.box, self.tile) if self.tile else (chunk.box,)

    def plan(self, source: Source, tell: Tell, notes: Path | None = None) -> tuple[Plan, Holes]:
        from ..holes import Everywhere  # brings OpenCV, which the help of a command does without

        boxes: list[Box | None] = [None] * len(source.pts)
        cuts = []
        for frame, new_shot in watch(source, self.options, tell, "looking for cuts"):
            boxes[frame.index] = source.info.box
            if new_shot:
                cuts.append(frame.index)
        most = max(WINDOW // (3 * source.info.box.area), 1)
        plan = make_plan(source.info, boxes, cuts, most=min(most, MAX_FRAMES), reach=self.reach)
        return plan, Everywhere(span_of(source, self.options))
