"""What a frame starts from: its predecessor's weights, an average of them, or nothing.

Between frames every policy but `cold` keeps the code, Adam's second moment and the weights it speaks of, and drops
Adam's first moment.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

import torch

from ..errors import OptionError
from .prior import Prior, Weights


class WarmStart(Protocol):
    """A policy. `begin` readies the prior for the next frame, `end` learns from the frame just fitted."""

    def begin(self, prior: Prior) -> bool:
        """Ready `prior`; returns whether it starts from nothing (and so needs a first frame's steps)."""
        ...

    def end(self, prior: Prior) -> None: ...


class Cold:
    """Every frame starts from the first random draw: the paper's way, and the yardstick."""

    def begin(self, prior: Prior) -> bool:
        prior.reset()
        return True

    def end(self, prior: Prior) -> None: ...


class Previous:
    """A frame starts from the weights the previous frame ended with."""

    def __init__(self) -> None:
        self._fresh = True

    def begin(self, prior: Prior) -> bool:
        if self._fresh:
            prior.reset()
        else:
            prior.forget_direction()
        return self._fresh

    def end(self, prior: Prior) -> None:
        self._fresh = False


class Average(Previous):
    """A frame starts from a running average of the weights: average ← decay · average + (1 − decay) · weights."""

    def __init__(self, decay: float = 0.5):
        super().__init__()
        self._decay = decay
        self._average: Weights = []

    def begin(self, prior: Prior) -> bool:
        if self._average:
            prior.load(self._average)
        return super().begin(prior)

    def end(self, prior: Prior) -> None:
        super().end(prior)
        if not self._average:
            self._average = prior.weights()
        else:
            torch._foreach_lerp_(self._average, prior.weights(), 1 - self._decay)


class Window(Previous):
    """A frame starts from the mean of the last `frames` frames' weights."""

    def __init__(self, frames: int = 4):
        super().__init__()
        self._last: deque[Weights] = deque(maxlen=frames)

    def begin(self, prior: Prior) -> bool:
        if self._last:
            prior.load([torch.stack(same).mean(0) for same in zip(*self._last, strict=True)])
        return super().begin(prior)

    def end(self, prior: Prior) -> None:
        super().end(prior)
        self._last.append(prior.weights())


WARM_STARTS = {"previous": Previous, "average": Average, "window": Window, "cold": Cold}


def make_warm_start(name: str) -> WarmStart:
    """Raises OptionError naming what is known."""
    if name not in WARM_STARTS:
        raise OptionError(f"There is no warm start called {name!r}. Known: {', '.join(WARM_STARTS)}.")
    return WARM_STARTS[name]()
