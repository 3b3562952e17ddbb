"""Budgets: a frame is done by the clock, which is read rarely and never overrun."""

import time

import pytest
import torch
from test_engine import make_prior, scene

from dipvideo import engine
from dipvideo.engine.fit import CHECK
from dipvideo.errors import OptionError
from dipvideo.options import EngineOptions
from dipvideo.problems import FillProblem


class Clock:
    """Time that passes by `cost` seconds a step."""

    def __init__(self, monkeypatch, cost: float):
        self.now, self.reads, self.cost, step = 0.0, 0, cost, engine.Prior.step

        def timed(prior, problem):
            self.now += self.cost
            return step(prior, problem)

        def read() -> float:
            self.reads += 1
            return self.now

        monkeypatch.setattr(engine.Prior, "step", timed)
        monkeypatch.setattr(time, "perf_counter", read)


def test_a_budget_ends_a_frame_and_is_not_overrun(monkeypatch) -> None:
    problem = scene()[0][0]
    clock = Clock(monkeypatch, 0.01)
    result = engine.fit(problem, make_prior(problem), steps=None, budget=0.37)
    assert result.steps == 30 and result.seconds == pytest.approx(0.3) and "budget of 0.37 s" in result.stopped
    assert clock.reads <= 2 + 30 / CHECK  # at the beginning, at the end, and once in ten steps
    assert engine.fit(problem, make_prior(problem), steps=None, budget=0.001).steps == CHECK
    assert engine.fit(problem, make_prior(problem), steps=5, budget=9.0).steps == 5


@pytest.mark.parametrize("policy", ["previous", "cold"])
def test_the_first_frame_gets_four_times_the_budget(monkeypatch, policy: str) -> None:
    problems, _, _ = scene()
    Clock(monkeypatch, 0.01)
    fits = engine.fit_frames(problems[:3], make_prior(problems[0]), engine.make_warm_start(policy),
                             first_steps=1, steps=1, budget=0.22)
    assert [fit.steps for _, fit in fits] == [80, 20, 20]


class Broken(FillProblem):
    """A problem whose loss is never a number."""

    def loss(self, estimate):
        return super().loss(estimate) * float("nan")


def test_a_budget_ends_even_a_fit_that_only_diverges(monkeypatch) -> None:
    problem = scene()[0][0]
    broken = Broken(*(getattr(problem, f) for f in problem.__dataclass_fields__))
    Clock(monkeypatch, 0.01)
    result = engine.fit(broken, make_prior(problem), steps=None, budget=0.55)
    assert (result.steps, result.rolled_back) == (50, 5) and torch.isfinite(result.estimate["image"]).all()


def test_a_budget_excludes_steps() -> None:
    assert engine.settle(EngineOptions(device="cpu", budget=0.5)).budget == 0.5
    for steps in ({"steps": 3}, {"first_steps": 3}):
        with pytest.raises(OptionError, match="both given: a frame is done by the clock or by its steps"):
            EngineOptions(device="cpu", budget=0.5, **steps)
