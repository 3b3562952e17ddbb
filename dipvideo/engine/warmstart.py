"""What a frame starts from: its predecessor's weights, an average of them, or nothing.

`make_warm_start("average:decay=0.9")` makes a policy from what a user types; the parameters are the keywords of its
class. Between frames every policy but `cold` keeps the code; what it keeps of Adam is its `optimiser`:

    carried         both moments: the step goes on as if the frame had not changed
    second-moment   the second, which scales the step; the first, which points where the last frame lay, is dropped
    reset           nothing
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

import torch

from .. import spec
from ..errors import OptionError
from .prior import Prior, Weights

_BETWEEN_FRAMES = {"carried": lambda prior: None, "second-moment": lambda prior: prior.forget_direction(),
                   "reset": lambda prior: prior.forget_moments()}


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

    def __init__(self, *, optimiser: str = "second-moment") -> None:
        if optimiser not in _BETWEEN_FRAMES:
            raise ValueError(f"optimiser is one of {', '.join(_BETWEEN_FRAMES)}, not {optimiser!r}")
        self._fresh, self._optimiser = True, optimiser

    def begin(self, prior: Prior) -> bool:
        if self._fresh:
            prior.reset()
        else:
            _BETWEEN_FRAMES[self._optimiser](prior)
        return self._fresh

    def end(self, prior: Prior) -> None:
        self._fresh = False


class Average(Previous):
    """A frame starts from a running average of the weights: average ← decay · average + (1 − decay) · weights."""

    def __init__(self, *, decay: float = 0.5, optimiser: str = "second-moment"):
        super().__init__(optimiser=optimiser)
        _check_share("decay", decay)
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

    def __init__(self, *, frames: int = 4, optimiser: str = "second-moment"):
        super().__init__(optimiser=optimiser)
        if frames < 1:
            raise ValueError(f"a window has at least one frame, not {frames}")
        self._last: deque[Weights] = deque(maxlen=frames)

    def begin(self, prior: Prior) -> bool:
        if self._last:
            prior.load([torch.stack(same).mean(0) for same in zip(*self._last, strict=True)])
        return super().begin(prior)

    def end(self, prior: Prior) -> None:
        super().end(prior)
        self._last.append(prior.weights())


class Anchor(Previous):
    """A frame starts from the previous weights, drawn towards those that the first frame ended with, and shaken.

    weights ← weights + shrink · (anchor − weights) + noise · deviation · N(0, 1), each tensor's deviation being that
    of its first random draw. After Ash & Adams: On Warm-Starting Neural Network Training, NeurIPS 2020 ("shrink and
    perturb"), who shrink towards zero; a prior's good weights lie far from there, and near where the shot began.
    """

    def __init__(self, *, shrink: float = 0.1, noise: float = 0.0, optimiser: str = "second-moment"):
        super().__init__(optimiser=optimiser)
        _check_share("shrink", shrink)
        if not 0 <= noise < float("inf"):
            raise ValueError(f"noise is at least 0, not {noise}")
        self._shrink, self._noise = shrink, noise
        self._anchor: Weights = []

    def begin(self, prior: Prior) -> bool:
        if self._anchor:
            weights = prior.weights()
            torch._foreach_lerp_(weights, self._anchor, self._shrink)
            prior.load(weights)
            if self._noise:
                prior.shake(self._noise)
        return super().begin(prior)

    def end(self, prior: Prior) -> None:
        super().end(prior)
        self._anchor = self._anchor or prior.weights()


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is from 0 to 1, not {value}")


WARM_STARTS = {"previous": Previous, "average": Average, "window": Window, "anchor": Anchor, "cold": Cold}


def make_warm_start(text: str) -> WarmStart:
    """The policy that `text` names, as "average:decay=0.9". Raises OptionError naming what is known."""
    name = spec.name_of(text)
    if name not in WARM_STARTS:
        raise OptionError(f"There is no warm start called {name!r}. Known: {', '.join(WARM_STARTS)}.")
    return spec.make("warm start", text, WARM_STARTS[name])[0]
