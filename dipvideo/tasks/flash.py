"""The light of one picture in the detail of another, which was taken with a flash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .. import io, layers, motion, problems
from ..errors import OptionError, Unreadable
from ..options import option
from ..planes import Patch
from ..progress import Tell
from .base import TaskOptions, Window
from .whole import WholeFrames

if TYPE_CHECKING:
    from ..holes import Holes
    from ..io import Source
    from ..plan import Chunk, Plan
    from ..problems import Estimate, Problem

# Of the guided filter that gives the start. Of 4 to 16 pixels the widest leaves the least of the noise; with 1e-4 the
# JPEG blocks of the paper's pair come through in the dark, with 1e-3 the leather loses its folds.
RADIUS, EPSILON = 16, 3e-4
SHIFT = 2.0  # pixels by which the pictures may lie apart before it is said
ALIKE = 0.1  # least response of the correlation of two pictures of one scene: .49 for the paper's pair, .006 mirrored


@dataclass(frozen=True, kw_only=True)
class FlashOptions(TaskOptions):
    """The other picture."""

    kind: ClassVar[str] = "flash"

    no_flash: str | None = option(None, "The picture (or video, frame by frame) without the flash, whose light and "
                                        "colours are wanted.", metavar="NO_FLASH", argument=True, required=True)
    average: float = option(0.98, "Answer with the running average of the network's weights over the steps, of "
                                  "this decay; 0 answers with the last.", least=0.0, most=0.999)


class Flash(WholeFrames):
    """Give a picture taken with a flash (INPUT) the light of one taken without it, but not its noise."""

    Options = FlashOptions
    options: FlashOptions

    @property
    def side_inputs(self) -> tuple[Path, ...]:
        return (Path(self.options.no_flash),)

    def plan(self, source: Source, tell: Tell, notes: Path | None = None) -> tuple[Plan, Holes]:
        self._other = io.open_source(self.options.no_flash)
        self._other.look()
        mine, theirs = source.info, self._other.info
        if len(self._other.pts) not in (1, len(source.pts)):
            raise OptionError(f"{self.options.no_flash!r} has {len(self._other.pts)} frames and the input "
                              f"{len(source.pts)}: give one for all, or one for each.")
        if (mine.width, mine.height) != (theirs.width, theirs.height):
            self.warnings.append(f"The picture without flash is {theirs.width}x{theirs.height} and the other "
                                 f"{mine.width}x{mine.height}: it was scaled to that, which is right only if both show "
                                 "the same part of the scene.")
        first = next(iter(source.frames()), None)
        if first is not None:
            self._compare(first.planes.rgb(), self._without_flash(0, mine.height, mine.width))
        return super().plan(source, tell, notes)

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        for index in targets:
            guide = window.image(index - window.first)
            target = self._without_flash(index, *guide.shape[:2])
            base = layers.GuidedFilter(guide, RADIUS, EPSILON)(target)
            for tile in self.tiles(chunk):
                yield problems.GuidedProblem(tile, *(problems.tensor(p[tile.slices]) for p in (target, guide, base)))

    def _without_flash(self, index: int, height: int, width: int) -> np.ndarray:
        place = index if len(self._other.pts) > 1 else 0
        frame = next(iter(self._other.frames(place, place + 1)), None)
        if frame is None:
            raise Unreadable(f"Frame {place} of {self.options.no_flash!r} cannot be decoded: it is damaged.")
        picture = frame.planes.rgb()
        return picture if picture.shape[:2] == (height, width) else problems.resized(picture, height, width, "area")

    def _compare(self, flash: np.ndarray, other: np.ndarray) -> None:
        """Say if both do not seem to show the same from the same place."""
        x, y, response = motion.shift_between(flash, other)
        if response < ALIKE:
            self.warnings.append("The two pictures hardly share an edge: if they do not show the same scene, the "
                                 "result is of no use.")
        elif np.hypot(x, y) > SHIFT:
            self.warnings.append(f"The picture without flash lies {x:+.0f}, {y:+.0f} pixels beside the other: expect "
                                 "double edges, or align them first.")

    def render(self, problem: Problem, estimate: Estimate) -> Patch:
        assert isinstance(problem, problems.GuidedProblem)
        picture = problem.picture(estimate)
        return Patch(problem.box, picture, np.ones(picture.shape[:2], np.float32))


TASK = Flash
