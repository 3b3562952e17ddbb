"""The engine: warm beats cold, divergence is undone, one seed gives the same bits."""

import copy

import cv2
import numpy as np
import pytest
import torch
from conftest import captioned, panned

from dipvideo import engine
from dipvideo.engine.fit import CHECK
from dipvideo.errors import DeviceMissing, OptionError
from dipvideo.geometry import Box
from dipvideo.metrics import psnr
from dipvideo.options import EngineOptions
from dipvideo.problems import EnlargeProblem, FillProblem, Problem

NETWORK = "taper:widths=8-16-32"
FRAMES = 6


def scene() -> tuple[list[FillProblem], list[np.ndarray], np.ndarray]:
    """Problems for a slow pan with text over it, the clean crops and the hole."""
    clean = [cv2.GaussianBlur(p, (0, 0), 4) for p in panned(FRAMES, size=(48, 96))]  # soft enough to be guessed
    burned, hole = captioned(clean, 0, FRAMES, "Hi you")
    still = np.zeros(hole.shape, np.float32)
    problems = [FillProblem.of(Box(0, 0, 48, 96), b.astype(np.float32) / 255, hole, still, base=False) for b in burned]
    return problems, [c.astype(np.float32) / 255 for c in clean], hole


def make_prior(problem: Problem, seed: int = 0, **settings) -> engine.Prior:
    return engine.Prior(problem.outputs(), network=NETWORK, seed=seed, **settings)


def quality(policy: str, first_steps: int, steps: int) -> list[float]:
    problems, clean, hole = scene()
    fits = engine.fit_frames(problems, make_prior(problems[0]), engine.make_warm_start(policy),
                             first_steps=first_steps, steps=steps)
    return [psnr(p.picture(f.estimate), c, hole) for (p, f), c in zip(fits, clean, strict=True)]


@pytest.mark.parametrize("policy", ["previous", "average", "window", "anchor"])
def test_a_warm_start_beats_a_cold_one_at_equal_steps(policy: str) -> None:
    warm = np.mean(quality(policy, 80, 10)[1:])
    cold = np.mean(quality("cold", 10, 10)[1:])
    assert warm > cold + 2


def test_a_cold_frame_does_not_depend_on_the_one_before() -> None:
    problems, _, _ = scene()
    prior = make_prior(problems[0])
    _, (_, second) = engine.fit_frames(problems[:2], prior, engine.make_warm_start("cold"), first_steps=15, steps=15)
    alone, = engine.fit_frames(problems[1:2], make_prior(problems[0]), engine.make_warm_start("cold"),
                               first_steps=15, steps=15)
    assert torch.equal(second.estimate["image"], alone[1].estimate["image"])


@pytest.mark.parametrize("policy", ["previous", "average", "window", "anchor:noise=0.1", "cold"])
def test_one_seed_gives_the_same_bits_and_another_does_not(policy: str) -> None:
    problems, _, _ = scene()

    def last(seed: int) -> torch.Tensor:
        prior = make_prior(problems[0], seed, input_noise=0.5)
        *_, (_, fit) = engine.fit_frames(problems[:3], prior, engine.make_warm_start(policy), first_steps=12, steps=5)
        return fit.estimate["image"]

    assert torch.equal(last(7), last(7))
    assert not torch.equal(last(7), last(8))


def test_averages_are_what_they_say() -> None:
    problems, _, _ = scene()
    prior = make_prior(problems[0])
    average, window = engine.make_warm_start("average"), engine.make_warm_start("window")
    seen = []
    for policy in (average, window):
        policy.begin(prior)
    for k in (1.0, 2.0, 5.0, 7.0, 11.0):
        prior.load([torch.full_like(p, k) for p in prior.parameters])
        average.end(prior)
        window.end(prior)
        seen.append(k)
    average.begin(prior)
    # 1, then halfway to 2, to 5, to 7 and to 11
    assert prior.parameters[0].detach().flatten()[0].item() == pytest.approx(8.0625)
    window.begin(prior)
    assert prior.parameters[0].detach().flatten()[0].item() == pytest.approx(np.mean(seen[-4:]))


def test_the_code_stays_and_the_second_moment_is_carried() -> None:
    problems, _, _ = scene()
    prior = make_prior(problems[0])
    code = prior.codes["image"].clone()
    policy = engine.make_warm_start("previous")
    policy.begin(prior)
    engine.fit(problems[0], prior, steps=5)
    policy.end(prior)
    second = copy.deepcopy([s["exp_avg_sq"] for s in prior.optimiser.state.values()])
    policy.begin(prior)
    assert torch.equal(prior.codes["image"], code)
    assert all(torch.equal(a, s["exp_avg_sq"]) for a, s in zip(second, prior.optimiser.state.values(), strict=True))
    assert not any(s["exp_avg"].any() for s in prior.optimiser.state.values())


def test_averaged_weights_answer_and_the_last_ones_go_on() -> None:
    problems, _, _ = scene()
    plain, averaged = make_prior(problems[0]), make_prior(problems[0])
    for problem in problems[:2]:
        last, mean = engine.fit(problem, plain, steps=12), engine.fit(problem, averaged, steps=12, average=0.8)
        assert all(map(torch.equal, plain.weights(), averaged.weights()))
        assert not torch.allclose(last.estimate["image"], mean.estimate["image"], atol=1e-4)
    averaged.load(averaged.weights())  # what is loaded anew has no past
    with torch.no_grad():
        assert torch.equal(averaged.answer()["image"], averaged()["image"])


def test_where_every_step_has_its_own_lesson_the_average_goes_on() -> None:
    picture = np.random.default_rng(0).random((24, 24, 3)).astype(np.float32)
    problem = EnlargeProblem.of(Box(0, 0, 24, 24), picture, scale=2, smaller="lanczos")
    prior = engine.Prior(problem.outputs(), network="stack:width=8,layers=3", seed=0, codes=problem.codes())
    answer = engine.fit(problem, prior, steps=12, average=0.8).estimate
    with torch.no_grad():
        assert torch.equal(prior(problem.codes())["detail"], answer["detail"])
    plain = engine.Prior(problem.outputs(), network="stack:width=8,layers=3", seed=0, codes=problem.codes())
    engine.fit(problem, plain, steps=12)
    assert not all(map(torch.equal, plain.weights(), prior.weights()))


def test_an_average_is_that_of_the_steps_of_all_frames() -> None:
    problems, _, _ = scene()
    prior = make_prior(problems[0])
    for value in (1.0, 2.0, 5.0, 7.0):
        for weight in prior.parameters:
            weight.data.fill_(value)
        prior.gather(0.75)
    # 1; the mean of 1 and 2; a third of the way to 5; a quarter to 7
    expected = make_prior(problems[0])
    expected.load([torch.full_like(w, 1.5 + 3.5 / 3 + (7 - 1.5 - 3.5 / 3) / 4) for w in prior.parameters])
    assert torch.allclose(prior.answer()["image"], expected.answer()["image"], atol=1e-5)


class Exploding(FillProblem):
    """A problem whose loss becomes huge once, as a divergence would."""

    calls = 0

    def loss(self, estimate):
        type(self).calls += 1
        return super().loss(estimate) * (1e6 if 25 <= type(self).calls <= 30 else 1)


def test_a_divergence_is_rolled_back() -> None:
    problem, clean, hole = (part[0] if isinstance(part, list) else part for part in scene())
    exploding = Exploding(*(getattr(problem, f) for f in problem.__dataclass_fields__))
    Exploding.calls = 0
    prior = make_prior(problem)
    result = engine.fit(exploding, prior, steps=60)
    assert result.rolled_back == 1 and np.isfinite(result.loss)
    assert prior.optimiser.param_groups[0]["lr"] == pytest.approx(0.01)  # the smaller step was for this frame only
    assert psnr(problem.picture(result.estimate), clean, hole) > 12


def test_the_loss_is_read_back_once_in_ten_steps(monkeypatch) -> None:
    problems, _, _ = scene()
    prior, reads = make_prior(problems[0]), []
    read = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, "tolist", lambda self: reads.append(len(self)) or read(self))
    for name in ("item", "__float__", "__bool__"):
        monkeypatch.setattr(torch.Tensor, name, lambda self: pytest.fail("the step loop waited for the device"))
    for _ in range(3):
        prior.step(problems[0])
    monkeypatch.undo()
    monkeypatch.setattr(torch.Tensor, "tolist", lambda self: reads.append(len(self)) or read(self))
    engine.fit(problems[0], prior, steps=2 * CHECK + 3)
    assert reads == [CHECK, CHECK, 3]


def test_held_out_pixels_stop_a_fit_and_keep_its_best() -> None:
    clean = scene()[0][0]
    noise = np.random.default_rng(0).normal(0, 0.15, clean.image.shape).astype(np.float32)
    problems = [FillProblem.of(clean.box, clean.image + noise, clean.hole, clean.confidence, base=False)]
    fits = engine.fit_frames(problems, make_prior(problems[0]),
                             engine.make_warm_start("cold"), first_steps=600, steps=600, stop="held-out")
    (_, result), = fits
    assert result.steps < 600 and "Held-out pixels" in result.stopped


def test_held_out_pixels_are_not_fitted() -> None:
    problem = scene()[0][0]
    held = problem.hold_out(0.1, 0)
    set_aside = held.problem.weight != problem.weight
    assert 0.05 < float(set_aside.sum() / (problem.weight == 1).sum()) < 0.15
    perfect = problem.target
    wrong_there = {"image": torch.where(set_aside, 1.0, perfect)}
    assert float(held.problem.loss(wrong_there)) < 1e-12 < float(problem.loss(wrong_there))
    assert float(held.error({"image": perfect})) < 1e-12 < float(held.error(wrong_there))


def test_what_nothing_constrains_holds_on_to_the_last_answer() -> None:
    """In the hole, the answer to the next frame stays nearer to the last one's with memory than without."""
    problems, _, hole = scene()
    moved = {}
    for hold in (0.0, 3.0):
        prior = make_prior(problems[0])
        policy = engine.make_warm_start("previous")
        of = [FillProblem.of(p.box, p.image, p.hole, p.confidence, base=False, hold=hold) for p in problems[:2]]
        (_, one), (_, two) = engine.fit_frames(of, prior, policy, first_steps=40, steps=20)
        pictures = [p.picture(f.estimate) for p, f in zip(of, (one, two), strict=True)]
        moved[hold] = np.abs(pictures[0] - pictures[1])[hole].mean()
    assert moved[3.0] < moved[0.0]


def test_a_prior_on_a_base_starts_at_the_base() -> None:
    problem = scene()[0][0]
    based = FillProblem.of(problem.box, problem.image, problem.hole, problem.confidence)
    assert torch.allclose(based.forward(make_prior(based)()), based.base)
    assert not torch.allclose(based.forward(make_prior(based, flat=False)()), based.base)


def test_a_smooth_base_is_worth_many_steps() -> None:
    """Cold, ten steps: with a base the hole is nearer to the truth than without."""
    problems, clean, hole = scene()
    figures = {}
    for base in (True, False):
        problem = FillProblem.of(problems[0].box, problems[0].image, hole, problems[0].confidence, base=base, pull=0.1)
        result = engine.fit(problem, make_prior(problem), steps=10)
        figures[base] = psnr(problem.picture(result.estimate), clean[0], hole)
    assert figures[True] > figures[False] + 3


def test_a_hole_that_is_all_borrowed_costs_no_step() -> None:
    problems, clean, hole = scene()
    sure = [FillProblem.of(p.box, c, hole, np.where(hole, 0.95, 0).astype(np.float32))
            for p, c in zip(problems, clean, strict=True)]
    mixed = [sure[0], FillProblem.of(problems[1].box, problems[1].image, hole, problems[1].confidence), sure[2]]
    fits = list(engine.fit_frames(mixed, make_prior(mixed[0]), engine.make_warm_start("previous"),
                                  first_steps=12, steps=5))
    assert [fit.steps for _, fit in fits] == [0, 12, 0]
    assert psnr(sure[0].picture(fits[0][1].estimate), clean[0], hole) > 35


def test_presets_are_defaults_that_options_override() -> None:
    plain = engine.settle(EngineOptions(device="cpu", preset="fast"))
    assert (plain.network, plain.steps) == (engine.PRESETS["fast"].network, engine.PRESETS["fast"].steps)
    own = engine.settle(EngineOptions(device="cpu", preset="fast", steps=3, network="skip"))
    assert (own.network, own.steps, own.first_steps) == ("skip", 3, engine.PRESETS["fast"].first_steps)


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceMissing, match="no device 'abacus'"):
        engine.choose_device("abacus")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceMissing, match="take --device cpu"):
            engine.choose_device("cuda")
    with pytest.raises(OptionError, match="Known: previous, average"):
        engine.make_warm_start("yesterday")


@pytest.mark.needs_cuda
def test_cuda_agrees_with_the_cpu() -> None:
    problems, clean, hole = scene()
    figures = []
    for device in ("cpu", "cuda"):
        prior = make_prior(problems[0], device=device)
        fits = engine.fit_frames(problems, prior, engine.make_warm_start("previous"), first_steps=100, steps=20)
        figures.append(np.mean([psnr(p.picture(f.estimate), c, hole) for (p, f), c in zip(fits, clean, strict=True)]))
    assert abs(figures[0] - figures[1]) < 0.2


def test_a_fit_that_begins_to_learn_noise_wanders_and_is_stopped() -> None:
    def answers(step: int) -> dict[str, torch.Tensor]:
        noise = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(step))
        return {"image": 0.5 - 1 / (1 + step) + noise * max(step - 40, 0) / 1000}

    rule = engine.STOP_RULES["variance"](scene()[0][0], 0)
    said = {}
    for step in range(1, 200):
        reason = rule.update(step, answers(step), [torch.tensor(float(step))])
        if reason:
            said[step] = reason
            break
    (step, reason), = said.items()
    assert 40 < float(rule.best()[0]) < step < 80 and f"stopped after {step} steps" in reason
