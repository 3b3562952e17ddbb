"""Take haze off a video: what comes through it is found, steadied by a prior, and the rest taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import layers, problems
from ..geometry import Box
from ..options import option
from ..planes import Patch
from .base import TaskOptions, Window
from .whole import WholeFrames

if TYPE_CHECKING:
    from ..plan import Chunk
    from ..problems import Estimate, Problem


@dataclass(frozen=True, kw_only=True)
class DehazeOptions(TaskOptions):
    """The options of dehaze."""

    strength: float = option(0.9, "Share of the haze that is taken off.", least=0.0, most=1.0)
    passes: int = option(1, "How often, at most, haze is taken off, each time of what the last pass left; a pass "
                            "that would find less than an eighth of the light missing is not made.", least=1, most=9)
    network: str | None = option("taper:skip=0,widths=8-16-32", "Architecture of the clear picture and of what comes "
                                 "through, as in other commands.", metavar="NAME[:KEY=VALUE,…]")


class Dehaze(WholeFrames):
    """Take haze off."""

    Options = DehazeOptions
    options: DehazeOptions
    reach = 12  # frames on both sides that the haze's colour is averaged over: it changes slowly, between chunks, too
    tile = None

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        small = [layers.reduced(frame, layers.HAZE_LINES) / np.float32(255) for frame in window.frames]
        airs = np.stack([layers.air_of(picture) for picture in small])
        for index in targets:
            place = index - window.first
            air = airs[max(place - self.reach, 0):place + self.reach + 1].mean(0)
            back = layers.flow_back(small[place], small[place - 1]) if place else None
            yield problems.HazeProblem.of(window.image(place), small[place], air,
                                          layers.through(small[place], air, self.options.strength,
                                                         self.options.passes), back)

    def render(self, problem: Problem, estimate: Estimate) -> Patch:
        assert isinstance(problem, problems.HazeProblem)
        clear = layers.cleared(problem.frame, problem.small, problem.answer(estimate), problem.air)
        return Patch(Box(0, 0, *clear.shape[:2]), clear, np.ones(clear.shape[:2], np.float32))


TASK = Dehaze
