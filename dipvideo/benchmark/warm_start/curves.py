"""Measures one policy with one seed: a curve of quality against steps, frame by frame."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from ... import engine
from ...metrics import mse
from ..clock import busy_seconds
from .posed import Posed

# Where a cold frame is looked at on its way to its last step. The steps between those of a warm start are there so that
# a cold start is not said to need 80 where 57 would do.
COLD_LADDER = (1, 2, 5, 10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 453, 640, 905, 1280, 1810, 2560)


@dataclass(frozen=True, slots=True)
class Curve:
    """A policy with one seed, over every frame but the first.

    steps: a frame, ascending. errors: mean squared errors and seconds: spent on a frame, one row a number of steps,
    one column a frame.
    """

    policy: str
    seed: int
    steps: tuple[int, ...]
    errors: tuple[tuple[float, ...], ...]
    seconds: tuple[tuple[float, ...], ...]


def cold_ladder(last: int) -> tuple[int, ...]:
    """The numbers of steps after which a cold frame of `last` steps is looked at."""
    return (*(s for s in COLD_LADDER if s < last), last)


class Bench:
    """The frames to fit with one seed; `spent` is told of every fit's steps.

    first: the prior as it was first drawn.
    """

    def __init__(self, posed: Posed, first: engine.Prior, cold_steps: int, spent: Callable[[int], None]):
        self._problems = [p.to(first.device) for p in posed.problems]
        self._posed, self._first, self._cold_steps, self._spent = posed, first, cold_steps, spent
        self._begun: engine.Prior | None = None

    def measure(self, policy: str, seed: int, rungs: tuple[int, ...]) -> Curve:
        """The curve of `policy`, a spec; rungs: the steps of a later frame, unless it is cold."""
        rows = self._cold() if policy == "cold" else self._warm(policy, rungs)
        steps = cold_ladder(self._cold_steps) if policy == "cold" else rungs
        return Curve(policy, seed, steps, *(tuple(tuple(frame[part] for frame in row) for row in rows)
                                            for part in (0, 1)))

    def cost(self, policy: str, rungs: tuple[int, ...]) -> int:
        """The steps that measuring `policy` takes, but for the first frame, which all but cold share."""
        return (self._cold_steps if policy == "cold" else sum(rungs)) * (len(self._problems) - 1)

    def _fit(self, place: int, prior: engine.Prior, steps: int) -> tuple[float, float]:
        """Fit the frame at `place` from where `prior` stands: its error and the seconds."""
        began = busy_seconds(prior.device)
        result = engine.fit(self._problems[place], prior, steps=steps)
        seconds = busy_seconds(prior.device) - began
        self._spent(steps)
        picture = self._problems[place].picture(result.estimate)
        return mse(picture, self._posed.truths[place], self._posed.scored[place]), seconds

    def _cold(self) -> list[list[tuple[float, float]]]:
        """Each frame but the first from nothing, looked at along the way."""
        ladder, prior = cold_ladder(self._cold_steps), copy.deepcopy(self._first)
        rows: list[list[tuple[float, float]]] = [[] for _ in ladder]
        for place in range(1, len(self._problems)):
            prior.reset()
            done, spent = 0, 0.0
            for row, steps in zip(rows, ladder, strict=True):
                error, took = self._fit(place, prior, steps - done)
                done, spent = steps, spent + took
                row.append((error, spent))
        return rows

    def _warm(self, policy: str, rungs: tuple[int, ...]) -> list[list[tuple[float, float]]]:
        """The first frame cold, then every later frame with the same few steps; anew for each number of steps."""
        if self._begun is None:
            self._begun = copy.deepcopy(self._first)
            self._fit(0, self._begun, self._cold_steps)
        rows = []
        for steps in rungs:
            start, prior = engine.make_warm_start(policy), copy.deepcopy(self._begun)
            start.begin(copy.deepcopy(self._first))  # what the first frame did is the same for every policy
            start.end(prior)
            row = []
            for place in range(1, len(self._problems)):
                start.begin(prior)
                row.append(self._fit(place, prior, steps))
                start.end(prior)
            rows.append(row)
        return rows
