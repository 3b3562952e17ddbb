"""A prior that follows the camera: it draws on a torus, of which the picture is a part that moves."""

import copy
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import panned, texture, write_video
from torch.nn import functional

from dipvideo import engine
from dipvideo.benchmark import WarmStartOptions, measure_warm_start
from dipvideo.engine.prior import canvas
from dipvideo.geometry import Box
from dipvideo.io import open_source
from dipvideo.metrics import psnr
from dipvideo.motion import drift
from dipvideo.networks import make
from dipvideo.networks.blocks import Enlarge, wrapped
from dipvideo.problems import FillProblem
from dipvideo.problems.fill import ARRIVED
from dipvideo.restore import make_prior as prior_for
from dipvideo.restore import read_window
from dipvideo.tasks.inpaint import FillOptions, Inpaint
from dipvideo.tasks.remove_watermark import RemoveWatermark, RemoveWatermarkOptions

SIZE, SPEED = (48, 96), 6
NETWORK = "taper:widths=8-16-32"


def hole() -> np.ndarray:
    ink = np.zeros(SIZE, np.uint8)
    cv2.putText(ink, "Hello", (14, 32), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 1, 3)
    return ink > 0


def problems(moves: list, hold: float = 0.0) -> tuple[list[FillProblem], list[np.ndarray]]:
    """A camera that pans fast over a soft texture, the hole staying; and the clean pictures."""
    clean = [cv2.GaussianBlur(p, (0, 0), 2).astype(np.float32) / 255
             for p in panned(len(moves), speed=SPEED, size=SIZE)]
    none = np.zeros(SIZE, np.float32)
    return [FillProblem.of(Box(0, 0, *SIZE), np.where(hole()[..., None], 0.5, c), hole(), none, base=False, hold=hold,
                           moved=moved) for c, moved in zip(clean, moves, strict=True)], clean


def quality(moves: list, seed: int) -> float:
    """Mean dB in the hole of the frames after the first, with a few steps each."""
    posed, clean = problems(moves)
    fits = engine.fit_frames(posed, prior_for(posed[0], SETTINGS, seed), engine.make_warm_start("previous"),
                             first_steps=80, steps=6)
    return float(np.mean([psnr(p.picture(f.estimate), c, hole()) for (p, f), c in zip(fits, clean, strict=True)][1:]))


SETTINGS = engine.settle(WarmStartOptions(device="cpu", precision="float32", network=NETWORK))
FOLLOWED = [(0, -SPEED * k) for k in range(4)]


def test_following_a_fast_pan_is_worth_decibels() -> None:
    followed, still, astray = (np.mean([quality(moves, seed) for seed in (0, 1)]) for moves in (
        FOLLOWED, [None] * 4, [(-SPEED * k, 0) for k in range(4)]))
    assert followed > still + 1.5 and followed > astray + 1.5  # it is the way that helps, not the torus


@pytest.mark.parametrize("network", [NETWORK, "skip:down=8-8-8,skip=2", "stack:width=8,layers=3"])
def test_what_a_network_draws_on_a_torus_has_no_ends(network: str) -> None:
    """A code moved by whole samples of the coarsest scale gives the picture moved by as much, ends included."""
    torch.manual_seed(0)
    net = make(f"{network}{',' if ':' in network else ':'}padding=circular", 3)
    code = torch.rand(1, net.code_channels, 32, 64)
    with torch.no_grad():
        assert torch.allclose(net(code.roll((8, -16), (2, 3))), net(code).roll((8, -16), (2, 3)), atol=1e-5)
        bounded = make(network, 3)
        assert not torch.allclose(bounded(code.roll((8, -16), (2, 3))), bounded(code).roll((8, -16), (2, 3)), atol=1e-3)


@pytest.mark.parametrize("side", [1, 2])
def test_wrapping_is_circular_padding_and_its_gradient(side: int) -> None:
    x = torch.randn(2, 3, 5, 6, dtype=torch.double, requires_grad=True)
    assert torch.equal(wrapped(x, side), functional.pad(x, (side,) * 4, mode="circular"))
    assert torch.autograd.gradcheck(lambda t: wrapped(t, side), (x,))


def test_doubling_on_a_torus_is_the_same_everywhere() -> None:
    x = torch.rand(1, 2, 6, 8)
    on_torus = Enlarge("bilinear", "circular")
    assert torch.allclose(on_torus(x.roll(3, -1), (12, 16)), on_torus(x, (12, 16)).roll(6, -1), atol=1e-6)
    inside = np.s_[..., 2:-2, 2:-2]
    assert torch.allclose(on_torus(x, (12, 16))[inside], Enlarge("bilinear")(x, (12, 16))[inside], atol=1e-6)


def test_the_picture_is_the_part_of_the_canvas_that_was_there_before_the_move() -> None:
    prior = prior_for(problems([(0, 0)])[0][0], replace(SETTINGS, flat_start=False), 0)
    assert prior.codes["image"].shape[-2:] == canvas(*SIZE) == (64, 96 + 32)
    with torch.no_grad():
        before = prior()["image"]
        prior.follow((3, -5))
        after = prior()["image"]
    assert before.shape == after.shape == (1, 3, *SIZE)
    assert before.std() > 0.01
    assert torch.equal(after[..., 3:, :-5], before[..., :-3, 5:])  # what was drawn moved down and left


def test_a_chunk_that_does_not_follow_is_as_it_was() -> None:
    posed, _ = problems([None] * 2)
    prior = prior_for(posed[0], SETTINGS, 0)
    assert prior.codes["image"].shape[-2:] == SIZE
    assert copy.deepcopy(prior)()["image"].shape[-2:] == SIZE


def test_the_memory_of_the_last_answer_moves_along() -> None:
    (last, now), _ = problems([(0, 0), (4, -6)], hold=0.1)
    answer = torch.rand(1, 3, *SIZE)
    remembered = now.follow(last, {"image": answer}).memory
    seen = last.answer({"image": answer})
    assert torch.allclose(remembered[..., 4:, :-6], seen[..., :-4, 6:], atol=1e-5)
    (last, now), _ = problems([None, None], hold=0.1)
    assert torch.equal(now.follow(last, {"image": answer}).memory, last.answer({"image": answer}))


def test_what_has_just_come_into_the_picture_weighs_little_in_its_first_frame() -> None:
    posed, _ = problems([(0, 0), (4, -6), (4, -6)])
    answer = {"image": torch.rand(1, 3, *SIZE)}
    now = posed[1].follow(posed[0], answer)
    assert torch.equal(now.weight[..., 4:, :-6], posed[1].weight[..., 4:, :-6])
    assert torch.allclose(now.weight[..., :4, :], ARRIVED * posed[1].weight[..., :4, :])
    assert torch.allclose(now.weight[..., -6:], ARRIVED * posed[1].weight[..., -6:])
    assert torch.equal(posed[2].follow(now, answer).weight, posed[2].weight)  # it has been seen since
    far, = problems([(4, 500)])[0]
    assert torch.allclose(far.follow(posed[0], answer).weight, ARRIVED * far.weight)


@pytest.mark.parametrize("task, options", [(Inpaint, FillOptions), (RemoveWatermark, RemoveWatermarkOptions)])
@pytest.mark.parametrize("follow, speed, does", [("always", 0, True), ("auto", SPEED, True), ("auto", 0, False),
                                                 ("never", SPEED, False)])
def test_the_prior_follows_where_it_is_told_to_or_the_camera_is_fast(tmp_path: Path, task: type, options: type,
                                                                     follow: str, speed: int, does: bool) -> None:
    source = open_source(str(write_video(tmp_path / "film.mp4", panned(5, speed=speed))))
    cv2.imwrite(str(tmp_path / "mask.png"), np.pad(np.full((10, 60), 255, np.uint8), ((70, 16), (50, 50))))
    asked = task(options(mask=str(tmp_path / "mask.png"), borrow=False, method="deep", follow=follow))
    plan, holes = asked.plan(source, lambda progress: None)
    chunk, = plan.chunks
    moves = [problem.moved for problem in asked.problems(chunk, read_window(source, chunk, holes), range(5))]
    if does:
        assert np.abs(np.subtract(moves, [(0, -speed * k) for k in range(5)])).max() <= 1
    else:
        assert moves == [None] * 5


def test_a_study_sets_what_follows_beside_what_is_cold_and_does_not(tmp_path: Path) -> None:
    film = str(write_video(tmp_path / "film.mp4", panned(4, speed=SPEED)))
    asked = {"hole": "caption", "frames": 3, "cold_steps": 10, "seeds": 1, "rungs": "4", "base": False,
             "policies": "previous", "network": NETWORK, "device": "cpu", "precision": "float32"}
    still, followed = (measure_warm_start(film, WarmStartOptions(**asked, follow=follow)) for follow in (False, True))
    assert still.curves[0].errors == followed.curves[0].errors  # cold is the same yardstick
    assert still.curves[1].errors != followed.curves[1].errors and followed.follow


def test_drift_adds_up_what_most_known_pixels_do() -> None:
    wide = texture(90, 200)
    pictures = [wide[10 + 2 * k:74 + 2 * k, 60 - 5 * k:180 - 5 * k].astype(np.float32) / 255 for k in range(5)]
    holes = [np.zeros((64, 120), bool) for _ in pictures]
    for picture, ink in zip(pictures, holes, strict=True):
        ink[40:56, 30:90] = True
        picture[ink] = 1  # text stands still
    found = list(drift(pictures, holes))
    assert found[0] == (0, 0)
    assert np.abs(np.subtract(found, [(-2 * k, 5 * k) for k in range(5)])).max() <= 1



@pytest.mark.parametrize("size", [(1, 1), (8, 8), (8, 40), (16, 400), (24, 24)])
def test_what_is_too_small_to_tell_stays(size: tuple[int, int]) -> None:
    pictures = np.random.default_rng(0).random((3, *size, 3)).astype(np.float32)
    for hidden in (0, 1):
        found = list(drift(pictures, np.full((3, *size), hidden, bool)))
        assert len(found) == 3 and np.abs(found).max() <= (0 if min(size) < 20 else 24)
