"""Measures one policy with one seed: a curve of quality against steps, frame by frame."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import mean

import torch

from ... import engine
from ...metrics import mse
from ...problems import Estimate, Problem
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

    make: a prior for a problem, as it is first drawn, of this many members; ensemble: the members of all but cold ones;
    average: of the weights, decay; 0 answers with the last. Where the prior follows what moves, cold fits do not: each
    frame has a picture of its own to them.
    """

    def __init__(self, posed: Posed, make: Callable[[Problem, int], engine.Prior], cold_steps: int, average: float,
                 ensemble: int, spent: Callable[[int], None]):
        still = [p if p.moved is None else replace(p, moved=None) for p in posed.problems]
        self._cold_first, self._warm_first = make(still[0], 1), make(posed.problems[0], ensemble)
        self._still, self._problems = ([p.to(self._cold_first.device) for p in ps] for ps in (still, posed.problems))
        self._posed, self._cold_steps, self._average, self._spent = posed, cold_steps, average, spent
        self._begun: engine.Prior | None = None  # the prior that has fitted the first frame …
        self._answer: tuple[Problem, Estimate] | None = None  # … and what it answered

    def measure(self, policy: str, seed: int, rungs: tuple[int, ...]) -> Curve:
        """The curve of `policy`, a spec; rungs: the steps of a later frame, unless it is cold."""
        rows = self._cold() if policy == "cold" else self._warm(policy, rungs)
        steps = cold_ladder(self._cold_steps) if policy == "cold" else rungs
        return Curve(policy, seed, steps, *(tuple(tuple(frame[part] for frame in row) for row in rows)
                                            for part in (0, 1)))

    def cost(self, policy: str, rungs: tuple[int, ...]) -> int:
        """The steps that measuring `policy` takes, but for the first frame, which all but cold share."""
        steps = sum(rungs)
        if policy == "cold":
            steps = sum(cold_ladder(self._cold_steps)) if self._looks_disturb() else self._cold_steps
        return steps * (len(self._problems) - 1)

    def unfitted(self) -> float:
        """The error before any step, over every frame but the first."""
        with torch.no_grad():
            return mean(self._error(place, *engine.answered(problem, self._cold_first(problem.codes()),
                                                            self._cold_first))
                        for place, problem in enumerate(self._still[1:], 1))

    def _looks_disturb(self) -> bool:
        """Whether a fit that is looked at on its way ends elsewhere: lessons are counted from the beginning of a
        fit."""
        return self._problems[0].lesson(0) is not self._problems[0]

    def _fit(self, problem: Problem, prior: engine.Prior, steps: int) -> tuple[tuple[Problem, Estimate], float]:
        """Fit a frame from where `prior` stands: the last question it leads to with the answer, and the seconds."""
        began = busy_seconds(prior.device)
        result = engine.fit(problem, prior, steps=steps, average=self._average)
        seconds = busy_seconds(prior.device) - began
        self._spent(steps)
        return engine.answered(problem, result.estimate, prior), seconds

    def _error(self, place: int, problem: Problem, estimate: Estimate) -> float:
        """How far the answer to the frame at `place` is from the truth."""
        return mse(problem.picture(estimate), self._posed.truths[place], self._posed.scored[place])

    def _cold(self) -> list[list[tuple[float, float]]]:
        """Each frame but the first from nothing, looked at along the way."""
        ladder, prior = cold_ladder(self._cold_steps), copy.deepcopy(self._cold_first)
        anew = self._looks_disturb()
        rows: list[list[tuple[float, float]]] = [[] for _ in ladder]
        for place in range(1, len(self._still)):
            prior.reset()
            done, spent = 0, 0.0
            for row, steps in zip(rows, ladder, strict=True):
                if anew:
                    prior.reset()
                    done, spent = 0, 0.0
                answer, took = self._fit(self._still[place], prior, steps - done)
                done, spent = steps, spent + took
                row.append((self._error(place, *answer), spent))
        return rows

    def _warm(self, policy: str, rungs: tuple[int, ...]) -> list[list[tuple[float, float]]]:
        """The first frame cold, then every later frame with the same few steps; anew for each number of steps."""
        if self._begun is None:
            self._begun = copy.deepcopy(self._warm_first)
            self._answer, _ = self._fit(self._problems[0], self._begun, self._cold_steps)
        rows = []
        for steps in rungs:
            start, prior = engine.make_warm_start(policy), copy.deepcopy(self._begun)
            start.begin(copy.deepcopy(self._warm_first))  # what the first frame did is the same for every policy
            start.end(prior)
            row, answer = [], self._answer
            for place, problem in enumerate(self._problems[1:], 1):
                start.begin(prior)
                answer, took = self._fit(problem.follow(*answer), prior, steps)
                start.end(prior)
                row.append((self._error(place, *answer), took))
            rows.append(row)
        return rows
