"""The warm-start study of noise and of enlarging: it asks what the tasks ask, and looks at cold fits without harm."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import write_video

from dipvideo import engine
from dipvideo.benchmark import WarmStartOptions, measure_warm_start, write_warm_start
from dipvideo.benchmark.warm_start.curves import Bench, cold_ladder
from dipvideo.benchmark.warm_start.verdicts import quality
from dipvideo.benchmark.warm_start.whole import pose_whole
from dipvideo.errors import OptionError
from dipvideo.metrics import decibels, mse, psnr
from dipvideo.problems.enlarge import bicubic
from dipvideo.restore import make_prior

QUICK = {"device": "cpu", "precision": "float32", "frames": 3, "cold_steps": 28, "seeds": 1, "rungs": "4",
         "policies": "previous:optimiser=carried", "crop": "64x64"}
SMALL = {"denoise": {"network": "taper:widths=8-16,norm_kind=instance"},
         "super-resolve": {"network": "stack:width=16,layers=3", "learning_rate": 0.005}}


def quiet(progress) -> None:
    pass


def discs(frames: int, seed: int) -> list[np.ndarray]:
    """A slow pan over sharp discs of many sizes, which a picture made smaller has, too."""
    draw, wide = np.random.default_rng(seed), np.full((96, 160 + frames, 3), 60, np.uint8)
    for _ in range(90):
        place = int(draw.integers(0, wide.shape[1])), int(draw.integers(0, 96))
        cv2.circle(wide, place, int(draw.integers(3, 14)), draw.integers(20, 120, 3).tolist(), -1, cv2.LINE_AA)
    return [wide[:, k:k + 160].copy() for k in range(frames)]


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> str:
    """Two shots, of seven frames and of five."""
    shots = discs(7, seed=0) + [255 - picture for picture in discs(5, seed=5)]
    return str(write_video(tmp_path_factory.mktemp("film") / "film.mp4", shots))


def test_drawing_a_noisy_picture_is_begun_ahead_by_a_warm_frame(film: str, tmp_path: Path) -> None:
    options = WarmStartOptions(task="denoise", base=False, network="taper:widths=8-16-32", **QUICK)
    study = measure_warm_start(film, options)
    cold, warm = study.curves
    assert study.task == "denoise" and study.scored == "all pixels" and study.average == 0
    assert quality(warm)[0] > quality(cold)[cold.steps.index(5)] + 2
    table = write_warm_start(study, tmp_path, "dipvideo …")[0].read_text()
    assert "worth: denoise, film.mp4" in table and f"Before any step: {study.unfitted:.2f} dB" in table


@pytest.mark.parametrize("task, average", [("denoise", 0.94), ("super-resolve", 0.98)])
def test_a_study_fits_as_the_task_does_and_tells_what_plain_means_give(film: str, task: str, average: float) -> None:
    options = WarmStartOptions(task=task, **{**QUICK, "cold_steps": 10, "frames": 2}, **SMALL[task])
    study = measure_warm_start(film, options)
    posed = pose_whole(film, options, quiet)
    nothing = {name: torch.full((1, *size), 0.5) for name, size in posed.problems[1].outputs().items()}
    assert study.unfitted == pytest.approx(psnr(posed.problems[1].picture(nothing), posed.truths[1]), abs=0.01)
    assert study.average == average and len(study.curves) == 2
    assert measure_warm_start(film, replace(options, average=0.0)).curves != study.curves


def test_enlarging_starts_at_bicubic_of_the_clip_made_smaller(film: str) -> None:
    posed = pose_whole(film, WarmStartOptions(task="super-resolve", scale=4, **QUICK), quiet)
    problem, truth = posed.problems[0], posed.truths[0]
    assert truth.shape == (64, 64, 3) and problem.given.shape == (16, 16, 3) and len(posed.problems) == 3
    assert np.array_equal(problem.given, np.rint(problem.given * 255) / np.float32(255))  # as a file would hold it
    assert abs(psnr(bicubic(bicubic(problem.given, 2), 2), truth) - psnr(bicubic(problem.given, 4), truth)) < 1


@pytest.mark.parametrize("base", [True, False])
def test_the_noise_is_as_strong_as_asked_and_drawn_anew_for_each_frame(film: str, base: bool) -> None:
    posed = pose_whole(film, WarmStartOptions(task="denoise", sigma=15, base=base, **QUICK), quiet)
    noise = [(p.noisy if base else p.target)[0].permute(1, 2, 0).numpy() - t
             for p, t in zip(posed.problems, posed.truths, strict=True)]
    assert noise[1].std() * 255 == pytest.approx(15, rel=.4 if base else .05)  # neighbours have been averaged in
    assert abs(np.corrcoef(noise[0].ravel(), noise[2].ravel())[0, 1]) < (.9 if base else .05)


def test_without_a_base_the_prior_draws_the_whole_noisy_picture(film: str) -> None:
    posed = pose_whole(film, WarmStartOptions(task="denoise", base=False, **QUICK), quiet)
    problem = posed.problems[0]
    half = {"image": torch.full((1, 3, 64, 64), 0.5)}
    assert np.allclose(problem.picture(half), 0.5)  # nothing of the noisy picture is kept
    assert float(problem.loss({"image": problem.target})) == 0


def test_no_frame_is_averaged_with_those_across_a_cut(film: str) -> None:
    posed = pose_whole(film, WarmStartOptions(task="denoise", cut=True, **{**QUICK, "frames": 6}), quiet)
    assert posed.indices == list(range(4, 10)) and posed.cut == 3
    for problem, truth in zip(posed.problems, posed.truths, strict=True):
        assert abs(float(problem.noisy.mean()) - truth.mean()) < 0.02  # the shots are dark and bright


@pytest.mark.parametrize("task", SMALL)
def test_looking_at_a_cold_fit_does_not_change_where_it_ends(film: str, task: str) -> None:
    options = WarmStartOptions(task=task, **QUICK, **SMALL[task])
    settings, posed = engine.settle(options, task), pose_whole(film, options, quiet)
    told = []
    bench = Bench(posed, lambda problem, _members: make_prior(problem, settings, 0), 28, 0.9, 1, told.append)
    curve = bench.measure("cold", 0, ())
    assert sum(told) == bench.cost("cold", ()) == 2 * sum(cold_ladder(28))
    alone = make_prior(posed.problems[1], settings, 0)
    fit = engine.fit(posed.problems[1], alone, steps=28, average=0.9)
    problem, estimate = posed.problems[1], fit.estimate
    problem, estimate = engine.answered(problem, estimate, alone)
    error = mse(problem.picture(estimate), posed.truths[1], posed.scored[1])
    assert decibels(curve.errors[-1][0]) == pytest.approx(decibels(error), abs=1e-4)


@pytest.mark.parametrize("change, sentence", [
    ({"task": "denoise", "hole": "caption"}, "hole=caption is for task=inpaint"),
    ({"task": "inpaint", "sigma": 10.0}, "sigma=10.0 is for task=denoise"),
    ({"task": "denoise", "scale": 2}, "scale=2 is for task=super-resolve"),
    ({"task": "super-resolve", "scale": 5}, "scale is 2, 3, 4 or 8, got 5"),
    ({"task": "inpaint"}, "crop=64x64 is for denoise and super-resolve"),
    ({"task": "denoise", "crop": "wide"}, "A crop is WIDTHxHEIGHT"),
    ({"task": "super-resolve", "scale": 3, "crop": "128x128"}, "multiples of 3"),
    ({"task": "denoise", "crop": "200x64"}, "give a smaller one with --crop"),
    ({"task": "denoise", "follow": True}, "nothing to follow for denoise"),
    ({"task": "super-resolve", "base": False}, "no way to enlarge so"),
])
def test_a_mistake_is_one_sentence(film: str, change: dict, sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        measure_warm_start(film, WarmStartOptions(**{**QUICK, **change}))
