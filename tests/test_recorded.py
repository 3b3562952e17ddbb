"""A prior's steps on CUDA, recorded once: which problems share a recording, and that replaying changes nothing."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import texture

from dipvideo import engine
from dipvideo.engine.recorded import AS_IT_COMES, _copied, _kind, _tensors
from dipvideo.geometry import Box
from dipvideo.problems import (
    DenoiseProblem,
    EarlyProblem,
    EnlargeProblem,
    FillProblem,
    GuidedProblem,
    HazeProblem,
    LayersProblem,
    Moved,
    Problem,
)
from dipvideo.problems.denoise import Probe

HEIGHT, WIDTH = 32, 64
STILL = np.zeros((HEIGHT, WIDTH, 2), np.float32)


def fill(seed: int = 0, **settings) -> FillProblem:
    image = texture(HEIGHT, WIDTH, seed).astype(np.float32) / 255
    hole = np.zeros((HEIGHT, WIDTH), bool)
    hole[12:20, 20:44] = True
    return FillProblem.of(Box(0, 0, HEIGHT, WIDTH), image, hole, np.zeros(hole.shape, np.float32), **settings)


def pictures(count: int = 3) -> list[torch.Tensor]:
    return [torch.from_numpy(texture(HEIGHT, WIDTH, n).astype(np.float32) / 255).permute(2, 0, 1)[None]
            for n in range(count)]


def denoised() -> DenoiseProblem:
    noisy, plain, more = pictures()
    bump = more - 0.5
    return DenoiseProblem(Box(0, 0, HEIGHT, WIDTH), noisy, plain, (Probe(bump, noisy + bump, plain),) * 2, 1.0)


def layers() -> LayersProblem:
    frame = texture(HEIGHT, WIDTH)
    hints = np.dstack([frame[..., 0] > 128, frame[..., 0] <= 128]).astype(np.float32)
    flow = np.ones((HEIGHT, WIDTH, 2), np.float32)
    return LayersProblem.of(frame, frame, hints, np.ones((HEIGHT, WIDTH), np.float32), flow,
                            np.ones((HEIGHT, WIDTH), np.float32))


def hazy() -> HazeProblem:
    frame = texture(HEIGHT, WIDTH).astype(np.float32) / 255
    return HazeProblem.of(frame, frame, np.ones(3), np.full((HEIGHT, WIDTH), 0.5, np.float32))


PROBLEMS = {  # of every kind that is fitted
    "fill": fill, "base": lambda: fill(pull=0.01, hold=0.1),
    "moving": lambda: fill(base=False, moved=Moved(STILL, STILL)),
    "layers": layers, "haze": hazy, "early": lambda: EarlyProblem.of(texture(HEIGHT, WIDTH), texture(HEIGHT, WIDTH)),
    "guided": lambda: GuidedProblem(Box(0, 0, HEIGHT, WIDTH), *pictures()), "denoise": denoised,
    "enlarge": lambda: EnlargeProblem.of(Box(0, 0, HEIGHT, WIDTH), texture(HEIGHT, WIDTH).astype(np.float32) / 255,
                                         scale=2, smaller="lanczos"),
}


def prior_of(problem: Problem, **settings) -> engine.Prior:
    prior = engine.Prior(problem.outputs(), network="taper:widths=8-16", seed=0, device="cuda", codes=problem.codes(),
                         moving=problem.moved is not None, **settings)
    prior.record()
    return prior


def test_frames_of_a_chunk_share_a_recording_and_what_the_loss_reads_tells_others_apart() -> None:
    one, other = (fill(n, moved=Moved(STILL + n, STILL)) for n in range(2))
    assert _kind(one) == _kind(other)
    answer = {"image": torch.rand(1, 3, HEIGHT, WIDTH)}
    assert _kind(other.follow(one, answer)) != _kind(one)  # it is held near the last frame's answer
    assert _kind(replace(one, pull=0.5)) != _kind(one)
    assert _kind(fill()) != _kind(hazy())
    lessons = [PROBLEMS["enlarge"]().lesson(step) for step in range(200)]
    assert len({_kind(lesson) for lesson in lessons}) <= 18  # nine sizes, each upright or lying


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_mould_has_tensors_of_its_own_and_the_same_kind(name: str) -> None:
    problem = PROBLEMS[name]().lesson(0)
    mould = _copied(problem)
    assert _kind(mould) == _kind(problem)
    pairs = list(zip(_tensors(mould), _tensors(problem), strict=True))
    assert pairs and all(torch.equal(a, b) and a.data_ptr() != b.data_ptr() for a, b in pairs)


@pytest.mark.needs_cuda
@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_recorded_fit_ends_where_one_as_it_comes_does(name: str, precision: torch.dtype) -> None:
    problem, losses = PROBLEMS[name](), []
    prior = prior_of(problem, precision=precision, learning_rate=1e-3)
    problem = problem.to(prior.device)
    steps = 12 * len({_kind(problem.lesson(step)) for step in range(80)})
    for recorded in (True, False):
        prior.reset()
        if not recorded:
            assert len(prior.recorded) >= 1
            prior.recorded = None
        losses.append([prior.step(problem.lesson(step)).item() for step in range(steps)])
    assert losses[0] == pytest.approx(losses[1], rel=0.05, abs=0.002)
    assert name in ("denoise", "enlarge") or losses[0][-1] < 0.99 * losses[0][0]  # each lesson has a loss of its own


@pytest.mark.needs_cuda
def test_a_replay_reads_the_frame_the_step_the_noise_and_the_motion_of_now() -> None:
    one, other = (fill(n, base=False, moved=(0, 0)).to(torch.device("cuda")) for n in range(2))
    prior = prior_of(one, input_noise=0.03)
    for _ in range(2 * AS_IT_COMES):
        prior.step(one)
    assert len(prior.recorded) == 1
    prior.scale_step(0.0)
    still = prior.weights()
    noisy = {prior.step(one).item() for _ in range(4)}
    assert len(noisy) == 4  # each step has noise of its own
    assert all(torch.equal(a, b) for a, b in zip(still, prior.weights(), strict=True))
    assert prior.step(other).item() == pytest.approx(other.loss(prior()).item(), rel=0.05)
    prior.follow(STILL + np.float32((7, -5)))
    assert prior.step(one).item() == pytest.approx(one.loss(prior()).item(), rel=0.05)
    twin = copy.deepcopy(prior)
    assert len(twin.recorded) == 0 and len(prior.recorded) == 1
    twin.step(other)
    assert all(torch.equal(a, b) for a, b in zip(still, prior.weights(), strict=True))


@pytest.mark.needs_cuda
def test_a_fit_of_frames_on_cuda_is_replayed_and_as_good_as_on_the_cpu() -> None:
    found = []
    for device in ("cpu", "cuda"):
        problems = [fill(0, base=False) for _ in range(4)]
        prior = engine.Prior(problems[0].outputs(), network="taper:widths=8-16", seed=0, device=device)
        if device == "cuda":
            prior.record()
        fits = list(engine.fit_frames(problems, prior, engine.make_warm_start("previous:optimiser=carried"),
                                      first_steps=200, steps=30))
        found.append(np.mean([fit.loss for _, fit in fits]))
    assert len(prior.recorded) == 2  # the first frame's, which remembers nothing, and all others'
    assert found[1] == pytest.approx(found[0], rel=0.15)
