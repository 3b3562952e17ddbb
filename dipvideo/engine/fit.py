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
from .prior import Prior, Weights
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

    One of both must be. A budget is never overrun but by the first CHECK steps.

    average: decay of a running average of the weights over the steps, which then answers and goes on to the next frame.
    beat: is called at every step; peek: every CHECK steps, for whoever wants to see how far it is.

    A loss that jumps or is not finite undoes the steps since the last check; the direction of Adam is dropped and
    its step halved for the rest of the frame.
    """
    began = time.perf_counter()
    if problem.moved is not None:
        prior.follow(problem.moved)
    target = rule.problem if rule else problem
    losses: list[torch.Tensor] = []
    recent: deque[float] = deque(maxlen=10 * CHECK)
    good, rolled_back = prior.weights(), 0
    mean: Weights = []
    limit = sys.maxsize if steps is None else steps
    done, stopped = 0, f"All {steps} steps were spent."
    while done < limit:
        if budget is not None and done and (time.perf_counter() - began) * (done + CHECK) / done > budget:
            stopped = f"The budget of {budget:g} s was spent after {done} steps."
            break
        for _ in range(min(CHECK, limit - done)):
            losses.append(prior.step(target.lesson(done)))
            done += 1
            beat()
            if average:
                mean = _averaged(mean, prior.parameters, max(1 - average, 1 / done))
        values = torch.stack(losses).tolist()
        losses.clear()
        if _diverged(values, recent):
            rolled_back += 1
            prior.load(good)
            mean = []
            prior.forget_direction()
            _scale_step(prior, 0.5)
            continue
        recent.extend(values)
        good = prior.weights()
        if rule:
            with torch.no_grad():
                reason = rule.update(done, prior(target.codes()), good)
            if reason:
                stopped = reason
                break
        with torch.no_grad():
            peek(problem, lambda: prior(problem.codes()))
    if rolled_back:
        _scale_step(prior, 0.5**-rolled_back)
    if rule and rule.best() is not None:
        prior.load(rule.best())
    elif mean:
        prior.load(mean)
    with torch.no_grad():
        estimate = prior(problem.codes())
    return Fit(estimate, done, recent[-1] if recent else float("nan"), time.perf_counter() - began, stopped,
               rolled_back)


def fit_frames(problems: Iterable[Problem], prior: Prior, warm_start: WarmStart, *, first_steps: int, steps: int,
               budget: float | None = None, stop: str = "fixed", seed: int = 0,
               average: float = 0.0, beat: Callable[[], object] = lambda: None,
               peek: Peek = _unseen) -> Iterator[tuple[Problem, Fit]]:
    """Fit one problem after another with the same prior; a frame that starts from nothing takes `first_steps`.

    budget: seconds a frame, in the place of both numbers of steps; the first frame gets FIRST_SHARE of them.

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
        return fit(problem, prior, steps=None, budget=share * budget, rule=rule, average=average, beat=beat, peek=peek)

    last: tuple[Problem, Estimate] | None = None
    begun, share = False, None  # share: what drawing is worth, once it has been tried
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
        last = problem, estimate = answered(problem, result.estimate, prior)
        yield problem, _after(trial, replace(result, estimate=estimate))


@torch.no_grad()
def answered(problem: Problem, estimate: Estimate, prior: Prior) -> tuple[Problem, Estimate]:
    """The last of the questions that `problem` leads to, and what `prior` answers to it as it stands."""
    while (further := problem.further(estimate)) is not None:
        problem, estimate = further, prior(further.codes())
    return problem, estimate


def _after(trial: Fit | None, result: Fit) -> Fit:
    """`result` with what its trial cost."""
    if trial is None:
        return result
    return replace(result, steps=trial.steps + result.steps, seconds=trial.seconds + result.seconds,
                   rolled_back=trial.rolled_back + result.rolled_back)


def _averaged(mean: Weights, weights: Weights, share: float) -> Weights:
    """`mean` moved towards `weights` by `share`; from nothing, a copy of them."""
    if not mean:
        return [w.detach().clone() for w in weights]
    torch._foreach_lerp_(mean, [w.detach() for w in weights], share)
    return mean


def _diverged(values: list[float], recent: deque[float]) -> bool:
    if any(v != v or v == float("inf") for v in values):
        return True
    return len(recent) >= CHECK and values[-1] > JUMP * median(recent)


def _scale_step(prior: Prior, factor: float) -> None:
    for group in prior.optimiser.param_groups:
        group["lr"] *= factor
