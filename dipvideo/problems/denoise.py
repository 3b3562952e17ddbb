"""Take noise away: a network corrects what plain shrinkage gives, judged by an estimate of the error itself.

Stein's unbiased risk estimate in its Monte-Carlo form (Ramani, Blu, Unser, IEEE TIP 2008), used as a loss on the very
picture that is to be cleaned as in Metzler et al., arXiv 1805.10531, and Jo, Chun, Choi, ICCV 2021.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from ..geometry import Box
from .base import TURNS, Codes, Estimate, HeldOut, Problem, gathered, turned

PART = 160  # pixels of a side of what a step sees: as many steps on 256 take 2.6 times as long, and gain .1 dB


@dataclass(frozen=True, slots=True)
class Probe:
    """The same picture a little noisier. bump: the noise added; noisy, plain: what comes of it; (1, 3, h, w) each."""

    bump: torch.Tensor
    noisy: torch.Tensor
    plain: torch.Tensor


@dataclass(frozen=True, slots=True)
class DenoiseProblem(Problem):
    """Answer with x(y) = p(y) + 2 f(y − p(y), p(y)) − 1 for a picture y that plain means have made p(y) of.

    The loss is |x(y) − y|² + 2/ε b·(x(y + εb) − x(y)) a sample, whose mean is the squared error plus a constant, for
    noise b of the picture's own kind: it needs no truth, and leaving noise in costs as much as blurring. Each step
    sees a part of the picture turned or mirrored another way, so that its noise is eight times as hard to learn by
    heart; the answer is the mean of those to all eight.

    noisy, plain: (1, 3, h, w) float32; probes: for the fit, none if the plain answer is to stand; scale: ε; turn: how
    this question is turned; gathered: the sum of the answers to those before it.
    """

    box: Box
    noisy: torch.Tensor
    plain: torch.Tensor
    probes: tuple[Probe, ...] = ()
    scale: float = 1.0
    asked: Probe | None = None
    turn: int = 0
    gathered: torch.Tensor | None = None

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return {"image": (3, *self.noisy.shape[-2:])}

    def to(self, device: torch.device) -> DenoiseProblem:
        probes = tuple(Probe(*(t.to(device) for t in (p.bump, p.noisy, p.plain))) for p in self.probes)
        return replace(self, noisy=self.noisy.to(device), plain=self.plain.to(device), probes=probes)

    def codes(self) -> Codes:
        pairs = [(self.noisy, self.plain)] + ([(self.asked.noisy, self.asked.plain)] if self.asked else [])
        return {"image": turned(torch.cat([torch.cat((y - p, p), 1) for y, p in pairs]), self.turn)}

    def lesson(self, step: int) -> DenoiseProblem:
        probe, draw = self.probes[step % len(self.probes)], torch.Generator().manual_seed(step)
        sides = self.noisy.shape[-2:]
        top, left = (int(torch.randint(max(side - PART, 0) + 1, (), generator=draw)) for side in sides)

        def part(picture: torch.Tensor) -> torch.Tensor:
            return picture[..., top:top + PART, left:left + PART]

        asked = Probe(part(probe.bump), part(probe.noisy), part(probe.plain))
        return replace(self, noisy=part(self.noisy), plain=part(self.plain), probes=(), asked=asked,
                       turn=step % TURNS)

    def forward(self, estimate: Estimate) -> torch.Tensor:
        """The pictures that the networks' outputs stand for."""
        plain = torch.cat((self.plain, self.asked.plain)) if self.asked else self.plain
        return turned(plain, self.turn) + (2 * estimate["image"] - 1)

    def loss(self, estimate: Estimate) -> torch.Tensor:
        x, bumped = self.forward(estimate).chunk(2)
        freedom = (turned(self.asked.bump, self.turn) * (bumped - x)).mean() * (2 / self.scale)
        return (x - turned(self.noisy, self.turn)).square().mean() + freedom

    def at_rest(self) -> Estimate | None:
        return None if self.probes else {"image": torch.full_like(self.plain, 0.5)}

    def further(self, estimate: Estimate) -> DenoiseProblem | None:
        if not self.probes or self.turn == TURNS - 1:
            return None
        return replace(self, turn=self.turn + 1, gathered=self._sum(estimate))

    def picture(self, estimate: Estimate) -> np.ndarray:
        """The answer as (h, w, 3) float32 on the host, in [0, 1]."""
        return (self._sum(estimate) / (self.turn + 1))[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()

    def _sum(self, estimate: Estimate) -> torch.Tensor:
        """Of the answers so far, each as the picture lies."""
        return gathered(self.gathered, self.forward(estimate), self.turn)

    def hold_out(self, share: float, seed: int) -> HeldOut | None:
        *taught, held = self.probes
        return HeldOutProbe(replace(self, probes=tuple(taught)), held) if taught else None


class HeldOutProbe(HeldOut):
    """A problem without one of its probes, which then tells the error of what was learnt from the others."""

    def __init__(self, problem: DenoiseProblem, held: Probe):
        self.problem, self._judge = replace(problem, asked=held), replace(problem, asked=held)

    def error(self, estimate: Estimate) -> torch.Tensor:
        return self._judge.loss(estimate)
