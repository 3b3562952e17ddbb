"""Several priors that answer together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..problems import Codes, Estimate, Problem
from .prior import Prior, Weights


class Ensemble(Prior):
    """Priors of one shape, each from a draw of its own, fitted side by side; the mean of what they draw is the answer,
    in which each counts by how little it is off what is known.

    What nothing constrains is drawn as the random start has it: on a film in which nothing moves cold fits of one frame
    end anywhere between 20 and 23 dB, and warm frames inherit what the first one drew. Errors that are drawn by lot
    cancel in a mean, unless a member has not yet found its colours: hence the shares. After Lakshminarayanan, Pritzel,
    Blundell: Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles, NeurIPS 2017.

    A step of an ensemble is one of each, and takes as much time as they take together.
    """

    def __init__(self, members: Sequence[Prior]):
        self.members = list(members)
        self.device = members[0].device
        self._losses: torch.Tensor | None = None  # of each at its last step

    @property
    def parameters(self) -> Weights:
        return [p for member in self.members for p in member.parameters]

    def reset(self) -> None:
        self._losses = None
        for member in self.members:
            member.reset()

    def forget_moments(self) -> None:
        for member in self.members:
            member.forget_moments()

    def forget_direction(self) -> None:
        for member in self.members:
            member.forget_direction()

    def scale_step(self, factor: float) -> None:
        for member in self.members:
            member.scale_step(factor)

    def shake(self, amount: float) -> None:
        for member in self.members:
            member.shake(amount)

    def follow(self, moved: np.ndarray) -> None:
        for member in self.members:
            member.follow(moved)

    def gather(self, decay: float) -> None:
        for member in self.members:
            member.gather(decay)

    def adopt_average(self) -> None:
        for member in self.members:
            member.adopt_average()

    def __call__(self, codes: Codes | None = None, *, perturb: bool = False) -> Estimate:
        return self._together([member(codes, perturb=perturb) for member in self.members])

    def answer(self, codes: Codes | None = None) -> Estimate:
        return self._together([member.answer(codes) for member in self.members])

    def step(self, problem: Problem) -> torch.Tensor:
        """One step of each towards `problem`, as if it were alone; the mean of their losses."""
        self._losses = torch.stack([member.step(problem) for member in self.members])
        return self._losses.mean()

    def load(self, weights: Weights) -> None:
        left = iter(weights)
        for member in self.members:
            member.load([next(left) for _ in member.parameters])

    def _together(self, estimates: list[Estimate]) -> Estimate:
        """Their mean, weighed by the reciprocals of the members' losses once there are any."""
        losses = torch.ones(len(estimates), device=self.device) if self._losses is None else self._losses
        shares = torch.softmax(-losses.clamp_min(1e-12).log(), 0)
        return {name: torch.einsum("m,m...->...", shares, torch.stack([e[name] for e in estimates]))
                for name in estimates[0]}
