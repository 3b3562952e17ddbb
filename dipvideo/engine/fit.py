"""Fits one frame, then a sequence of them.

The step loop never waits for the device: losses stay there and are read back every CHECK steps, when divergence is
looked for, the stop rule is asked, and the clock is read if there is a budget.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import median

import torch

from ..problems import Estimate, Problem
from .prior import Prior
from .stop import STOP_RULES, StopRule
from .warmstart import WarmStart

CHECK = 10  # steps between two read-backs
JUMP = 4.0  # a loss this many times its running median is a divergence
FIRST_SHARE = 4  # times the budget of a frame are given to the first, which has no weights to start from

Peek = Callable[[Problem, Callable[[], Estimate]], object]
"""Hears of a problem that is being fitted, and may ask what the estimate is as it stands, at the price of a pass."""


def _unseen(problem: Problem, estimate: Callable[[], Estimate]) -> None: ...


@dataclass(frozen=True, slots=True)
class Fit:
    """What fitting a frame gave.

    estimate: the networks' outputs without input noise, (1, C, H, W) float32; loss: the last one read back.
    stopped: a sentence; rolled_back: how often the fit diverged and went back to its last good weights.
    """

    estimate: Estimate
    steps: int
    loss: float
    seconds: float
    stopped: str
    rolled_back: int = 0


def fit(problem: Problem, prior: Prior, *, steps: int | None, budget: float | None = None,
        rule: StopRule | None = None, average: float = 0.0, beat: Callable[[], object] = lambda: None,
        peek: Peek = _unseen) -> Fit:
    """Fit `prior` to `problem` from where it stands, for at most `steps` steps and `budget` seconds, if they are given.

    One of both must be. Under a budget no step is begun that would not end in time, as far as the last ones tell, but
    for the first; the time that the answer takes is kept for it.

    average: decay of a running average of the weights over the steps, which then answers. The last weights go on to the
    next frame, and the average with them; where each step has a lesson of its own, only the average does.
    beat: is called at every step; peek: every CHECK steps, for whoever wants to see how far it is.

    A loss that jumps or is not finite undoes the steps since the last check; the direction of Adam is dropped and
    its step halved for the rest of the frame.
    """
    began = time.perf_counter()
    if problem.moved is not None:
        prior.follow(problem.moved.since)
    target = rule.problem if rule else problem
    losses: list[torch.Tensor] = []
    recent: deque[float] = deque(maxlen=10 * CHECK)
    good, rolled_back = prior.weights(), 0
    limit = sys.maxsize if steps is None else steps
    pace = None if budget is None else _Pace(budget, began)
    done, stopped = 0, f"All {steps} steps were spent."
    while done < limit:
        few = min(CHECK, limit - done) if pace is None else min(CHECK, limit - done, pace.steps(done))
        if not few:
            stopped = f"The budget of {budget:g} s was spent after {done} step{'s' * (done > 1)}."
            break
        for _ in range(few):
            losses.append(prior.step(target.lesson(done)))
            done += 1
            beat()
            if average:
                prior.gather(average)
        values = torch.stack(losses).tolist()
        losses.clear()
        if _diverged(values, recent):
            rolled_back += 1
            prior.load(good)
            prior.forget_direction()
            prior.scale_step(0.5)
            continue
        recent.extend(values)
        good = prior.weights()
        if rule:
            with torch.no_grad():
                reason = rule.update(done, prior(target.codes()), good)
            if reason:
                stopped = reason
                break
        peek(problem, lambda: prior.answer(problem.codes()))
    if rolled_back:
        prior.scale_step(0.5**-rolled_back)
    if rule and rule.best() is not None:
        prior.load(rule.best())
    elif target.lesson(0) is not target:
        # Weights wander by which lessons came last; from their average a frame of 5 steps is enlarged .05 dB better.
        prior.adopt_average()
    estimate = prior.answer(problem.codes())
    return Fit(estimate, done, recent[-1] if recent else float("nan"), time.perf_counter() - began, stopped,
               rolled_back)


def fit_frames(problems: Iterable[Problem], prior: Prior, warm_start: WarmStart, *, first_steps: int, steps: int,
               budget: float | None = None, stop: str = "fixed", seed: int = 0,
               average: float = 0.0, beat: Callable[[], object] = lambda: None,
               peek: Peek = _unseen) -> Iterator[tuple[Problem, Fit]]:
    """Fit one problem after another with the same prior; a frame that starts from nothing takes `first_steps`.

    budget: seconds a frame, in the place of both numbers of steps; the first frame gets FIRST_SHARE of them. What the
    last frame's further questions took is kept for this one's.

    Before the first frame that asks for it, what drawing is worth is tried on pixels that are known: where it is worth
    nothing, no further frame is fitted. `beat` is called at every step, `peek` every CHECK steps of a frame.

    `problems` is drawn from as frames are fitted, so it may be a generator of any length. Yields each problem with
    its fit.
    """
    def spend(problem: Problem, cold: bool, peek: Peek = _unseen) -> Fit:
        nonlocal begun
        rule = STOP_RULES[stop](problem, seed)
        if budget is None:
            return fit(problem, prior, steps=first_steps if cold else steps, rule=rule, average=average, beat=beat,
                       peek=peek)
        share, begun = 1.0 if begun else FIRST_SHARE, True
        return fit(problem, prior, steps=None, budget=share * budget - aside, rule=rule, average=average, beat=beat,
                   peek=peek)

    last: tuple[Problem, Estimate] | None = None
    begun, aside = False, 0.0  # aside: seconds that the last frame's further questions took
    share = None  # what drawing is worth, once it has been tried
    for problem in problems:
        problem = problem.to(prior.device)
        if share is not None:
            problem = problem.drawn(share)
        rest, trial = problem.at_rest(), None
        if rest is None and share is None and (rehearsal := problem.rehearsal()):
            trial = spend(rehearsal.problem, warm_start.begin(prior))
            warm_start.end(prior)
            share = rehearsal.worth(trial.estimate)
            problem = problem.drawn(share)
            rest = problem.at_rest()
        if rest is not None:
            last = problem, rest
            yield problem, _after(trial, Fit(rest, 0, 0.0, 0.0, "Nothing was left to fit."))
            continue
        if last is not None:
            problem = problem.follow(*last)
        result = spend(problem, warm_start.begin(prior), peek)
        warm_start.end(prior)
        asked = time.perf_counter()
        last = problem, estimate = answered(problem, result.estimate, prior)
        aside = time.perf_counter() - asked
        yield problem, _after(trial, replace(result, estimate=estimate, seconds=result.seconds + aside))


def answered(problem: Problem, estimate: Estimate, prior: Prior) -> tuple[Problem, Estimate]:
    """The last of the questions that `problem` leads to, and what `prior` answers to it as it stands."""
    while (further := problem.further(estimate)) is not None:
        problem, estimate = further, prior.answer(further.codes())
    return problem, estimate


def _after(trial: Fit | None, result: Fit) -> Fit:
    """`result` with what its trial cost."""
    if trial is None:
        return result
    return replace(result, steps=trial.steps + result.steps, seconds=trial.seconds + result.seconds,
                   rolled_back=trial.rolled_back + result.rolled_back)


class _Pace:
    """How many steps a budget is good for, by what the last ones took."""

    ANSWER = 0.5  # of a step's time: a pass forward, and what reads it back

    def __init__(self, budget: float, began: float):
        self._until, self._read, self._done = began + budget, began, 0

    def steps(self, done: int) -> int:
        """How many to take until this is asked again, after `done` of them: half of what time is left for, so that
        a machine that becomes twice as slow overruns nothing; one at the beginning, none at the end."""
        if not done:
            return 1
        now = time.perf_counter()
        each = (now - self._read) / (done - self._done)
        self._read, self._done = now, done
        left = (self._until - now) / each - self.ANSWER if each else sys.maxsize
        return max(int(left), 0) if left < 2 else int(left / 2)


def _diverged(values: list[float], recent: deque[float]) -> bool:
    if any(v != v or v == float("inf") for v in values):
        return True
    return len(recent) >= CHECK and values[-1] > JUMP * median(recent)
