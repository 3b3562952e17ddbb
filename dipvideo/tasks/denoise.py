"""Take noise away: neighbours that show the same are averaged, single pictures lose it by what is alike in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .. import motion, noise, problems
from ..errors import OptionError
from ..options import option
from ..planes import Patch
from .base import TaskOptions, Window
from .whole import WholeFrames

if TYPE_CHECKING:
    import torch

    from ..geometry import Box
    from ..plan import Chunk
    from ..problems import Estimate, Problem

MARGIN = 8  # pixels around a tile that shrinkage looks at
PROBES = 2  # 4 gain nothing
SCALE = 0.3  # of a probe's noise over the picture's
ALONE = 0.9  # share of its noise that is left in a frame to which its neighbours have added next to nothing


@dataclass(frozen=True, kw_only=True)
class DenoiseOptions(TaskOptions):
    """How strong the noise is, and what is done about it."""

    kind: ClassVar[str] = "denoise"

    sigma: str = option("auto", "Standard deviation of the noise, of 255; auto measures it in every chunk.",
                        metavar="auto|N")
    refine: bool = option(False, "Let a network correct what plain means give of frames to which no neighbour adds "
                                 "anything, as single pictures: it takes five times as long, for .1 dB at the most.")
    average: float = option(0.94, "Answer with the running average of the network's weights over a frame's steps, of "
                                  "this decay; 0 answers with the last.", least=0.0, most=0.999)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sigma != "auto" and not 0 < _number(self.sigma) <= 255:
            raise OptionError(f"sigma is auto or a number above 0, at most 255, got {self.sigma!r}.")


class Denoise(WholeFrames):
    """Take noise and grain away, of videos and of pictures, without any example of a clean one."""

    Options = DenoiseOptions
    options: DenoiseOptions
    reach: ClassVar[int] = 4  # 2 cost .2 dB on four clips with noise of 25/255

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        levels = self._levels(window)
        deviation = float(np.sqrt(np.square(levels).mean()))
        fuser = motion.Fuser(window.image, lambda place: noise.shrunk(window.image(place), levels, step=2),
                             len(window.frames), deviation, self.reach)
        for index in targets:
            fused = fuser.fuse(index - window.first)
            alone = fused.share.mean() > ALONE
            for tile in self.tiles(chunk):
                if alone:
                    yield self._alone(fused, tile, levels, seed=index)
                else:
                    yield self._joined(fused, tile, levels)

    def _levels(self, window: Window) -> np.ndarray:
        if self.options.sigma != "auto":
            return noise.white(_number(self.options.sigma) / 255)
        every = max(len(window.frames) // 8, 1)
        return np.median([noise.levels_of(window.image(place)) for place in range(0, len(window.frames), every)], 0)

    def _joined(self, fused: motion.Fused, tile: Box, levels: np.ndarray) -> Problem:
        """What neighbours have left of the noise is shrunk; a network on top of that loses."""
        wide = tile.grown(MARGIN, *fused.share.shape)
        noisy = fused.picture[wide.slices]
        clean = noise.shrunk(noisy, levels, share=fused.share[wide.slices], step=2)
        inside = tile.within(wide)
        return problems.DenoiseProblem(tile, problems.tensor(noisy[inside]), problems.tensor(clean[inside]))

    def _alone(self, fused: motion.Fused, tile: Box, levels: np.ndarray, seed: int) -> Problem:
        """A picture that has but itself: what is alike in it is shrunk together, and a network may correct that."""
        wide = tile.grown(MARGIN, *fused.share.shape)
        noisy, share = fused.picture[wide.slices], fused.share[wide.slices].mean()
        clean, groups = noise.shrunk_alike(noisy, levels * share)

        def cut(picture: np.ndarray) -> torch.Tensor:
            return problems.tensor(picture[tile.within(wide)])

        probes = []
        draw = np.random.default_rng(seed)
        for _ in range(PROBES if self.options.refine else 0):
            bump = noise.drawn(noisy, levels * share, draw)
            bumped = noisy + SCALE * bump
            probes.append(problems.Probe(cut(bump), cut(bumped),
                                         cut(noise.shrunk_alike(bumped, levels * share, groups)[0])))
        return problems.DenoiseProblem(tile, cut(noisy), cut(clean), tuple(probes), SCALE)

    def render(self, problem: Problem, estimate: Estimate) -> Patch:
        assert isinstance(problem, problems.DenoiseProblem)
        picture = problem.picture(estimate)
        return Patch(problem.box, picture, np.ones(picture.shape[:2], np.float32))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


TASK = Denoise
