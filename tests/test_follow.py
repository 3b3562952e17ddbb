"""A prior that follows what moves: it draws on a torus, of which the picture is a part that moves and bends."""

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
from dipvideo.engine.torus import Torus, sides_of
from dipvideo.geometry import Box
from dipvideo.io import open_source
from dipvideo.metrics import psnr
from dipvideo.motion import drift, followed
from dipvideo.networks import make
from dipvideo.networks.blocks import Enlarge, wrapped
from dipvideo.problems import FillProblem, Moved
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


def shift(down: float, right: float) -> np.ndarray:
    """Where everything was if it has gone `down` and `right`."""
    return np.broadcast_to(np.float32((-right, -down)), (*SIZE, 2))


def problems(moves: list, hold: float = 0.0) -> tuple[list[FillProblem], list[np.ndarray]]:
    """A camera that pans fast over a soft texture, the hole staying; and the clean pictures."""
    clean = [cv2.GaussianBlur(p, (0, 0), 2).astype(np.float32) / 255
             for p in panned(len(moves), speed=SPEED, size=SIZE)]
    return posed(clean, moved_by(moves), hold), clean


def moved_by(moves: list) -> list[Moved | None]:
    return [move and Moved(shift(*move), shift(*np.subtract(move, last)))
            for move, last in zip(moves, [(0, 0), *moves], strict=False)]


def posed(clean: list[np.ndarray], moves: list[Moved | None], hold: float = 0.0) -> list[FillProblem]:
    none = np.zeros(SIZE, np.float32)
    return [FillProblem.of(Box(0, 0, *SIZE), np.where(hole()[..., None], 0.5, c), hole(), none, base=False, hold=hold,
                           moved=moved) for c, moved in zip(clean, moves, strict=True)]


def quality(asked: list[FillProblem], clean: list[np.ndarray], seed: int) -> float:
    """Mean dB in the hole of the frames after the first, with a few steps each."""
    fits = engine.fit_frames(asked, prior_for(asked[0], SETTINGS, seed), engine.make_warm_start("previous"),
                             first_steps=80, steps=6)
    return float(np.mean([psnr(p.picture(f.estimate), c, hole()) for (p, f), c in zip(fits, clean, strict=True)][1:]))


SETTINGS = engine.settle(WarmStartOptions(device="cpu", precision="float32", network=NETWORK))
FOLLOWED = [(0, -SPEED * k) for k in range(4)]


def test_following_a_fast_pan_is_worth_decibels() -> None:
    followed, still, astray = (np.mean([quality(*problems(moves), seed) for seed in (0, 1)]) for moves in (
        FOLLOWED, [None] * 4, [(-SPEED * k, 0) for k in range(4)]))
    assert followed > still + 1.5 and followed > astray + 1.5  # it is the way that helps, not the torus


def test_what_moves_by_itself_is_followed_too() -> None:
    """The left half of a picture goes one way, the right half the other."""
    wide = [cv2.GaussianBlur(p, (0, 0), 2).astype(np.float32) / 255 for p in panned(4, speed=3, size=SIZE)]
    clean = [np.hstack((one[:, :48], other[:, :48])) for one, other in zip(wide, wide[::-1], strict=True)]
    all_left, left = moved_by([(0, -3 * k) for k in range(4)]), (np.arange(SIZE[1]) < 48)[:, None]
    apart = [Moved(*(np.where(left, one, -one) for one in (moved.since, moved.back))) for moved in all_left]
    together, each = (np.mean([quality(posed(clean, moves), clean, seed) for seed in (0, 1)])
                      for moves in (all_left, apart))
    assert each > together + 1


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
    assert prior.codes["image"].shape[-2:] == sides_of(*SIZE) == (64, 96 + 32)
    with torch.no_grad():
        before = prior()["image"]
        prior.follow(shift(3, -5))
        after = prior()["image"]
    assert before.shape == after.shape == (1, 3, *SIZE)
    assert before.std() > 0.01
    assert torch.allclose(after[..., 3:, :-5], before[..., :-3, 5:], atol=1e-4)  # what was drawn moved down and left


def test_a_picture_may_bend_on_the_canvas_and_lie_over_its_ends() -> None:
    torus = Torus(20, 30, torch.device("cpu"))
    canvas = texture(*torus.sides).astype(np.float32) / 255
    y, x = np.mgrid[:20, :30].astype(np.float32)
    moved = np.stack((0.3 * x + 0.1 * y - 12, 0.2 * np.sin(x) + 7.5), -1).astype(np.float32)
    torus.lay(moved)
    tiled = np.pad(canvas, ((80, 80), (80, 80), (0, 0)), mode="wrap")
    there = cv2.remap(tiled, x + moved[..., 0] + 80, y + moved[..., 1] + 80, cv2.INTER_LINEAR)
    seen = torus.picture(torch.from_numpy(canvas).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    assert np.abs(seen - there).max() < 0.02  # OpenCV knows 32 places between two pixels


def test_a_chunk_that_does_not_follow_is_as_it_was() -> None:
    (first, _), _ = problems([None] * 2)
    prior = prior_for(first, SETTINGS, 0)
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
    first, second, third = problems([(0, 0), (4, -6), (4, -6)])[0]
    answer = {"image": torch.rand(1, 3, *SIZE)}
    now = second.follow(first, answer)
    assert torch.equal(now.weight[..., 4:, :-6], second.weight[..., 4:, :-6])
    assert torch.allclose(now.weight[..., :4, :], ARRIVED * second.weight[..., :4, :])
    assert torch.allclose(now.weight[..., -6:], ARRIVED * second.weight[..., -6:])
    assert torch.equal(third.follow(now, answer).weight, third.weight)  # it has been seen since
    far, = problems([(4, 500)])[0]
    assert torch.allclose(far.follow(first, answer).weight, ARRIVED * far.weight)


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
        gone = [np.median(moved.since, axis=(0, 1)) for moved in moves]
        assert np.abs(np.subtract(gone, [(speed * k, 0) for k in range(5)])).max() <= 1
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
    backs = list(drift(pictures, holes))
    assert not backs[0].any()
    for k, (since, back) in enumerate(followed(backs, (64, 120))):
        inside = np.s_[8:56 - 2 * k, 5 * k + 8:112]  # what was there at first; flow is rough along edges
        assert np.abs(since[inside] - np.multiply((-5, 2), k)).mean() < 0.15
        assert np.abs(np.median(back, axis=(0, 1)) - (np.multiply((-5, 2), k > 0))).max() < 0.2


def test_what_flow_gets_wrong_does_not_add_up() -> None:
    rng, pan = np.random.default_rng(0), np.float32((3, 1))
    wrong = [2 * cv2.GaussianBlur(rng.standard_normal((80, 160, 2)), (0, 0), 2).astype(np.float32) for _ in range(13)]
    *_, (since, back) = followed([pan + each for each in wrong], (80, 160))
    assert np.abs(np.mean(since - 13 * pan, axis=(0, 1))).max() < 0.3
    assert np.std(since - 13 * pan) < np.std(wrong[-1])  # thirteen frames lie no further off than one does
    assert np.allclose(back, pan + wrong[-1])


def test_what_a_picture_truly_bends_is_followed() -> None:
    y, x = np.mgrid[-40:40, -80:80].astype(np.float32) + 0.5
    place = np.stack((x, y), -1)
    *_, (since, _) = followed([0.01 * place] * 13, (80, 160))  # a zoom, by a hundredth a frame
    truth, inside = (1.01**13 - 1) * place, np.s_[12:-12, 12:-12]
    assert np.abs(since - truth)[inside].max() < 0.1 * np.abs(truth).max()


def test_a_large_picture_is_looked_at_coarsely_and_followed_in_its_own_pixels() -> None:
    wide = cv2.resize(texture(60, 200), (1400, 420)).astype(np.float32) / 255
    pictures = [wide[:400, 30 + 12 * k:930 + 12 * k] for k in range(2)]
    backs = list(drift(pictures, [np.zeros((400, 900), bool)] * 2))
    assert backs[1].shape[1] <= 320
    _, (since, _) = followed(backs, (400, 900))
    assert since.shape == (400, 900, 2)
    assert np.abs(np.median(since, axis=(0, 1)) - (12, 0)).max() < 1


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (8, 40), (16, 400), (24, 24)])
def test_what_is_too_small_to_tell_stays(size: tuple[int, int]) -> None:
    pictures = np.random.default_rng(0).random((3, *size, 3)).astype(np.float32)
    for hidden in (0, 1):
        found = list(drift(pictures, np.full((3, *size), hidden, bool)))
        assert len(found) == 3 and np.abs(found).max() <= (0 if min(size) < 20 else 24)
