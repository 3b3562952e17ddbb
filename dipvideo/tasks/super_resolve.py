"""Enlarge: what a picture teaches about itself when it is made smaller is applied to it as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .. import problems
from ..options import option
from ..planes import Patch
from .base import TaskOptions, Window
from .whole import WholeFrames

if TYPE_CHECKING:
    from ..plan import Chunk
    from ..problems import Estimate, Problem


@dataclass(frozen=True, kw_only=True)
class SuperResolveOptions(TaskOptions):
    """How much larger, and how the input became small."""

    kind: ClassVar[str] = "super-resolve"

    scale: str = option("2", "How many times longer each side becomes.", choices=("2", "3", "4", "8"))
    downscaling: str = option("lanczos", "How the input is taken to have been made smaller: made smaller that way, the "
                                         "result is the input again.", choices=("lanczos", "area", "bicubic"))
    average: float = option(0.98, "Answer with the running average of the network's weights over the steps, of "
                                  "this decay; 0 answers with the last.", least=0.0, most=0.999)


class SuperResolve(WholeFrames):
    """Enlarge videos and pictures, without any example but themselves."""

    Options = SuperResolveOptions
    options: SuperResolveOptions
    tile: ClassVar[int] = 256

    @property
    def scale(self) -> int:
        return int(self.options.scale)

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        for index in targets:
            image = window.image(index - window.first)
            for tile in self.tiles(chunk):
                yield problems.EnlargeProblem.of(tile, image[tile.slices], scale=self.scale,
                                                 smaller=self.options.downscaling)

    def render(self, problem: Problem, estimate: Estimate) -> Patch:
        assert isinstance(problem, problems.EnlargeProblem)
        picture = problem.picture(estimate)
        return Patch(problem.box.scaled(self.scale), picture, np.ones(picture.shape[:2], np.float32))


TASK = SuperResolve
