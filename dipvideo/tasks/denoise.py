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
    refine: bool = option(False, "Let a network correct what plain means give: it takes five times as long, gains .1 "
                                 "dB at the most on single pictures, and loses on videos.")
    average: float = option(0.94, "Answer with the running average of the network's weights over the steps, of "
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
            for tile in self.tiles(chunk):
                yield self._problem(fused, tile, levels, seed=index)

    def _levels(self, window: Window) -> np.ndarray:
        if self.options.sigma != "auto":
            return noise.white(_number(self.options.sigma) / 255)
        every = max(len(window.frames) // 8, 1)
        return np.median([noise.levels_of(window.image(place)) for place in range(0, len(window.frames), every)], 0)

    def _problem(self, fused: motion.Fused, tile: Box, levels: np.ndarray, seed: int) -> Problem:
        """What neighbours have left of the noise is shrunk; a picture that has but itself, by what is alike in it."""
        wide = tile.grown(MARGIN, *fused.share.shape)
        noisy, share = fused.picture[wide.slices], fused.share[wide.slices]
        alone, groups = fused.share.mean() > ALONE, ()

        def clean(picture: np.ndarray) -> np.ndarray:
            nonlocal groups
            if not alone:
                return noise.shrunk(picture, levels, share=share, step=1 if self.options.refine else 2)
            made, groups = noise.shrunk_alike(picture, levels * share.mean(), groups)
            return made

        def cut(picture: np.ndarray) -> torch.Tensor:
            return problems.tensor(picture[tile.within(wide)])

        plain, probes = cut(clean(noisy)), []
        draw = np.random.default_rng(seed)
        for _ in range(PROBES if self.options.refine else 0):
            bump = noise.drawn(noisy, levels, draw) * share[..., None]
            bumped = noisy + SCALE * bump
            probes.append(problems.Probe(cut(bump), cut(bumped), cut(clean(bumped))))
        return problems.DenoiseProblem(tile, cut(noisy), plain, tuple(probes), SCALE)

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
