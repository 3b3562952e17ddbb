"""Budgets: a frame is done by the clock, which is read rarely and not overrun where a machine slows down."""

import time

import numpy as np
import pytest
import torch
from test_engine import make_prior, scene

from dipvideo import engine
from dipvideo.engine.fit import CHECK
from dipvideo.errors import OptionError
from dipvideo.geometry import Box
from dipvideo.options import EngineOptions
from dipvideo.problems import EnlargeProblem, FillProblem


class Clock:
    """Time that passes by `cost` seconds a step, and `answer` seconds an answer; from step `busy` on twice as fast."""

    def __init__(self, monkeypatch, cost: float, answer: float = 0.0, busy: int = 10**9):
        self.now, self.reads, self.steps = 0.0, 0, 0
        step, answered = engine.Prior.step, engine.Prior.answer

        def timed(prior, problem):
            self.steps += 1
            self.now += cost * (1 + (self.steps > busy))
            return step(prior, problem)

        def answer_timed(prior, codes):
            self.now += answer
            return answered(prior, codes)

        def read() -> float:
            self.reads += 1
            return self.now

        monkeypatch.setattr(engine.Prior, "step", timed)
        monkeypatch.setattr(engine.Prior, "answer", answer_timed)
        monkeypatch.setattr(time, "perf_counter", read)


def test_a_budget_ends_a_frame_and_is_not_overrun(monkeypatch) -> None:
    problem = scene()[0][0]
    clock = Clock(monkeypatch, 0.01, answer=0.005)
    result = engine.fit(problem, make_prior(problem), steps=None, budget=0.37)
    assert result.steps == 36 and result.seconds == pytest.approx(0.365) and "budget of 0.37 s" in result.stopped
    assert clock.reads <= 2 + 36 / CHECK + 7  # at the beginning and the end, every ten steps, closer together at last
    assert engine.fit(problem, make_prior(problem), steps=None, budget=0.021).steps == 1  # and the answer
    assert engine.fit(problem, make_prior(problem), steps=None, budget=0.001).steps == 1
    assert engine.fit(problem, make_prior(problem), steps=5, budget=9.0).steps == 5


@pytest.mark.parametrize("busy", [1, 5, 15, 25, 30])
def test_a_machine_that_becomes_half_as_fast_overruns_nothing(monkeypatch, busy: int) -> None:
    problem = scene()[0][0]
    Clock(monkeypatch, 0.01, busy=busy)
    result = engine.fit(problem, make_prior(problem), steps=None, budget=0.37)
    assert 0.34 < result.seconds <= 0.371  # the last step is begun where it fits


@pytest.mark.parametrize("policy", ["previous", "cold"])
def test_the_first_frame_gets_four_times_the_budget(monkeypatch, policy: str) -> None:
    problems, _, _ = scene()
    Clock(monkeypatch, 0.01)
    fits = engine.fit_frames(problems[:3], make_prior(problems[0]), engine.make_warm_start(policy),
                             first_steps=1, steps=1, budget=0.22)
    assert [fit.steps for _, fit in fits] == [87, 21, 21]


def test_what_a_frame_is_asked_further_counts(monkeypatch) -> None:
    """An enlarged picture is asked for eight times, turned; what that took is kept for the next frame's."""
    small = np.random.default_rng(0).random((24, 24, 3)).astype(np.float32)
    problems = [EnlargeProblem.of(Box(0, 0, 24, 24), small, scale=2, smaller="lanczos") for _ in range(3)]
    prior = engine.Prior(problems[0].outputs(), network="stack:width=8,layers=3", seed=0, codes=problems[0].codes())
    Clock(monkeypatch, 0.01, answer=0.01)
    fits = list(engine.fit_frames(problems, prior, engine.make_warm_start("previous"), first_steps=1, steps=1,
                                  budget=0.22))
    assert [fit.seconds for _, fit in fits[1:]] == pytest.approx([0.22, 0.22], abs=0.011)


class Broken(FillProblem):
    """A problem whose loss is never a number."""

    def loss(self, estimate):
        return super().loss(estimate) * float("nan")


def test_a_budget_ends_even_a_fit_that_only_diverges(monkeypatch) -> None:
    problem = scene()[0][0]
    broken = Broken(*(getattr(problem, f) for f in problem.__dataclass_fields__))
    Clock(monkeypatch, 0.01)
    result = engine.fit(broken, make_prior(problem), steps=None, budget=0.55)
    assert result.steps == 54 and result.rolled_back > 5 and torch.isfinite(result.estimate["image"]).all()


def test_a_budget_excludes_steps() -> None:
    assert engine.settle(EngineOptions(device="cpu", budget=0.5)).budget == 0.5
    for steps in ({"steps": 3}, {"first_steps": 3}):
        with pytest.raises(OptionError, match="both given: a frame is done by the clock or by its steps"):
            EngineOptions(device="cpu", budget=0.5, **steps)
