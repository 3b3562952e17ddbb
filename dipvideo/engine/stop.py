"""When a frame is done before its steps are spent. Outcomes are sentences; ground truth is never needed."""

from __future__ import annotations

from typing import Protocol

import torch

from ..problems import Estimate, HeldOut, Problem
from .prior import Weights


class StopRule(Protocol):
    """Made for one frame. It is asked every few steps, since each question reads the device back."""

    problem: Problem
    """What to fit: the frame's problem, or a part of it."""

    def update(self, step: int, estimate: Estimate, weights: Weights) -> str | None:
        """Why the frame is done after `step` steps, or None."""
        ...

    def best(self) -> Weights | None:
        """The weights to end with, or None for the last."""
        ...


class _Patient:
    """Keeps the weights of the best check, and counts those since."""

    def __init__(self, patience: int):
        self._patience = patience
        self._least, self._since, self._best = float("inf"), 0, None

    def _worse(self, error: float, weights: Weights) -> bool:
        """Whether there have been `patience` checks since the least `error`."""
        if error < self._least:
            self._least, self._since, self._best = error, 0, [w.clone() for w in weights]
        else:
            self._since += 1
        return self._since >= self._patience

    def best(self) -> Weights | None:
        return self._best


class HoldOut(_Patient):
    """Stop once held-out known pixels have not got better for `patience` checks, and take the best weights.

    What explains pixels it never saw explains the hole; what no longer does has begun to draw noise.
    """

    SHARE = 0.03  # of the known pixels

    def __init__(self, held: HeldOut, patience: int = 3):
        super().__init__(patience)
        self.problem, self._held = held.problem, held

    def update(self, step: int, estimate: Estimate, weights: Weights) -> str | None:
        if not self._worse(float(self._held.error(estimate)), weights):
            return None
        return f"Held-out pixels have not got better since {self._since} checks; stopped after {step} steps."


class Variance(_Patient):
    """Stop once the answers have wandered more than they did for `patience` checks, and take the weights of that calm.

    ES-EMV: Wang et al., Early Stopping for Deep Image Prior, arXiv 2112.06074: variance ← (1 − α)(variance +
    α |x − mean|²), mean ← mean + α (x − mean); while a prior closes in on the picture it falls, and it rises again when
    noise is learnt. The paper looks at every step, this at every check, so short fits end before it has a say.
    """

    ALPHA = 0.1

    def __init__(self, problem: Problem, patience: int = 10):
        super().__init__(patience)
        self.problem = problem
        self._mean: dict[str, torch.Tensor] = {}
        self._variance, self._checks = 0.0, 0

    def update(self, step: int, estimate: Estimate, weights: Weights) -> str | None:
        mean = self._mean or {name: x.clone() for name, x in estimate.items()}
        off = sum(float((x - mean[name]).square().mean()) for name, x in estimate.items())
        self._variance = (1 - self.ALPHA) * (self._variance + self.ALPHA * off)
        self._mean = {name: torch.lerp(mean[name], x, self.ALPHA) for name, x in estimate.items()}
        self._checks += 1
        if self._checks <= 1 / self.ALPHA:  # the mean is still that of the beginning
            return None
        if not self._worse(self._variance, weights):
            return None
        return f"The answers have not been calmer since {self._since} checks; stopped after {step} steps."


def hold_out(problem: Problem, seed: int) -> StopRule | None:
    """The rule for this problem, or None if it has no pixels to spare."""
    held = problem.hold_out(HoldOut.SHARE, seed)
    return HoldOut(held) if held else None


STOP_RULES = {"fixed": lambda problem, seed: None, "held-out": hold_out,
              "variance": lambda problem, seed: Variance(problem)}
"""name: (problem, seed) → a rule, or None for "spend the steps"."""
