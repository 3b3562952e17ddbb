"""Noise goes, pictures stay: in videos by their neighbours, in single pictures by shrinkage and a network."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import panned, texture

from dipvideo import denoise, engine, motion, noise
from dipvideo.errors import OptionError
from dipvideo.geometry import Box
from dipvideo.io import open_source
from dipvideo.metrics import psnr
from dipvideo.problems import DenoiseProblem, FillProblem, Probe, tensor

QUICK = {"device": "cpu", "precision": "float32"}
SIGMA = 25 / 255


def noisy(picture: np.ndarray, seed: int, sigma: float = SIGMA) -> np.ndarray:
    return (picture / 255 + sigma * np.random.default_rng(seed).standard_normal(picture.shape)).astype(np.float32)


def written(folder: Path, pictures: list[np.ndarray], depth: int = 8) -> Path:
    folder.mkdir()
    for place, picture in enumerate(pictures):
        codes = np.rint(picture.clip(0, 1) * (2**depth - 1)).astype(np.uint8 if depth == 8 else np.uint16)
        cv2.imwrite(str(folder / f"{place:03d}.png"), codes[..., ::-1] if codes.ndim == 3 else codes)
    return folder


def shown(folder: Path) -> list[np.ndarray]:
    return [f.planes.rgb() for f in open_source(folder).frames()]


@pytest.mark.parametrize("sigma", [5, 25])
def test_noise_is_measured_and_texture_is_not_taken_for_it(sigma: int) -> None:
    picture = np.vstack([texture(96, 160), np.random.default_rng(1).integers(0, 200, (32, 160, 3), np.uint8)])
    assert noise.levels_of(noisy(picture, 0, sigma / 255)) * 255 == pytest.approx([sigma] * 3, rel=0.2)
    assert (noise.levels_of(picture / np.float32(255)) * 255 < 1).all()


def test_shrinking_is_the_same_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, levels = noisy(texture(61, 47), 0), noise.white(SIGMA)
    whole = [noise.shrunk(picture, levels, step=step) for step in (1, 2)]
    monkeypatch.setattr("dipvideo.noise.shrink.STRIP", 64 * 47 * 9)
    parts = [noise.shrunk(picture, levels, step=step) for step in (1, 2)]
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(whole, parts, strict=True))
    assert psnr(whole[0], texture(61, 47) / 255) > psnr(picture, texture(61, 47) / 255) + 8


def test_neighbours_that_show_something_else_weigh_nothing() -> None:
    frames = [noisy(p, i) for i, p in enumerate(panned(5, speed=2))]
    frames[3] = noisy(texture(96, 160, seed=9), 3)  # a flash of another picture
    fuser = motion.Fuser(frames.__getitem__, lambda i: noise.shrunk(frames[i], noise.white(SIGMA)), 5, SIGMA, 4)
    seen, alone = fuser.fuse(2), fuser.fuse(3)
    assert 0.4 < seen.share.mean() < 0.7 and alone.share.mean() > 0.9
    assert psnr(seen.picture, panned(5, speed=2)[2] / 255) > psnr(frames[2], panned(5, speed=2)[2] / 255) + 3


def test_a_video_beats_each_of_its_frames_alone_and_does_not_drift(tmp_path: Path) -> None:
    clean = panned(14, speed=2, size=(96, 128))
    source = written(tmp_path / "in", [noisy(p, i) for i, p in enumerate(clean)])
    summary = denoise(source, tmp_path / "out", **QUICK)
    made = [psnr(m, c / 255) for m, c in zip(shown(tmp_path / "out"), clean, strict=True)]
    alone = [psnr(noise.shrunk(s, noise.white(SIGMA)), c / 255) for s, c in zip(shown(source), clean, strict=True)]
    assert min(np.subtract(made, alone)[2:-2]) > 1 and np.mean(made) > np.mean(alone) + 1.5
    assert abs(np.mean(made[3:6]) - np.mean(made[-6:-3])) < 0.5
    assert summary.touched == 14 and summary.steps == 0


def test_a_picture_of_sixteen_bits_with_alpha_is_refined_in_tiles(tmp_path: Path,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dipvideo.tasks.denoise.Denoise.tile", 160)
    cells = np.random.default_rng(0).integers(0, 2, (40, 64, 1), np.uint8)  # a kind of picture that can be learnt
    clean = np.kron(cells, np.ones((4, 4, 3), np.uint8)) * 120 + np.uint8(60)
    seen = np.rint(noisy(clean, 3).clip(0, 1) * 65535).astype(np.uint16)
    alpha = np.arange(160 * 256, dtype=np.uint16).reshape(160, 256, 1)
    cv2.imwrite(str(tmp_path / "in.png"), np.dstack([seen[..., ::-1], alpha]))
    made = {refine: denoise(tmp_path / "in.png", tmp_path / f"{refine}.png", refine=refine, preset="fast",
                            network="taper:widths=16,norm_kind=instance", **QUICK) for refine in (True, False)}
    assert made[True].steps == 80 + 20 and made[False].steps == 0
    kept = cv2.imread(str(tmp_path / "True.png"), cv2.IMREAD_UNCHANGED)
    assert kept.dtype == np.uint16 and np.array_equal(kept[..., 3:], alpha)
    quality = {refine: psnr(shown(tmp_path / f"{refine}.png")[0], clean / 255) for refine in made}
    assert quality[False] > psnr(seen / 65535, clean / 255) + 5 and quality[True] > quality[False] + 0.1


def test_the_loss_of_a_network_tells_its_error_without_the_truth() -> None:
    clean, levels = cv2.GaussianBlur(texture(128, 128), (0, 0), 2) / np.float32(255), noise.white(SIGMA)
    y, draw = noisy(clean * 255, 1), np.random.default_rng(2)
    bump = noise.drawn(y, levels, draw)
    for strength in (0.3, 1, 3):  # too little, right, too much
        plain = [noise.shrunk(p, levels * strength) for p in (y, y + 0.3 * bump)]
        probe = Probe(tensor(bump), tensor(y + 0.3 * bump), tensor(plain[1]))
        problem = DenoiseProblem(Box(0, 0, 128, 128), tensor(y), tensor(plain[0]), (probe,), 0.3).lesson(0)
        loss = float(problem.loss({"image": torch.full((2, 3, 128, 128), 0.5)}))
        assert loss - SIGMA**2 == pytest.approx(np.square(plain[0] - clean).mean(), abs=3e-4)


def test_what_is_alike_is_shrunk_together_and_a_little_more_noise_may_share_its_groups() -> None:
    tile = np.random.default_rng(5).uniform(0.2, 0.8, (12, 12, 3)).astype(np.float32)
    clean = np.tile(tile, (8, 8, 1))  # texture that is nowhere alone
    y, levels = noisy(clean * 255, 0), noise.white(SIGMA)
    together, groups = noise.shrunk_alike(y, levels)
    assert psnr(together, clean) > psnr(noise.shrunk(y, levels), clean) + 2
    assert np.array_equal(noise.shrunk_alike(y, levels, groups)[0], together)
    tiny = noise.shrunk_alike(y[:5, :7], levels)[0]
    assert tiny.shape == (5, 7, 3) and np.isfinite(tiny).all()


def test_the_answer_to_a_picture_on_its_side_is_the_same_and_a_step_sees_a_part() -> None:
    y = noisy(texture(40, 200), 0)
    made = []
    for given in (y, np.ascontiguousarray(np.rot90(y))):
        probe = Probe(*(tensor(given) for _ in range(3)))
        problem = DenoiseProblem(Box(0, 0, *given.shape[:2]), tensor(given), tensor(given), (probe,), 0.3)
        assert sorted(problem.lesson(3).codes()["image"].shape[-2:]) == [40, 160]
        prior = engine.Prior(problem.outputs(), network="stack:width=4,layers=2", seed=0, flat=False,
                             codes=problem.codes())
        with torch.no_grad():
            problem, estimate = engine.answered(problem, prior(problem.codes()), prior)
        made.append(problem.picture(estimate))
    assert np.allclose(np.rot90(made[0]), made[1], atol=1e-5) and not np.allclose(made[0], y, atol=1e-2)


def test_grey_stays_grey(tmp_path: Path) -> None:
    grey = noisy(texture(64, 64)[..., 1], 0)
    source = written(tmp_path / "in", [grey])
    denoise(source, tmp_path / "out", **QUICK)
    made = cv2.imread(str(tmp_path / "out" / "000.png"), cv2.IMREAD_UNCHANGED)
    clean = texture(64, 64)[..., 1] / 255
    assert made.ndim == 2 and psnr(made / 255, clean) > psnr(grey, clean) + 5


def test_an_average_of_weights_answers_and_the_last_ones_go_on() -> None:
    y = texture(32, 32) / np.float32(255)
    box, hole = Box(0, 0, 32, 32), np.zeros((32, 32), bool)
    problem = FillProblem.of(box, y, hole, np.zeros((32, 32), np.float32), base=False)
    priors = [engine.Prior(problem.outputs(), network="taper:widths=8", seed=0) for _ in range(3)]
    _, last, averaged = (engine.fit(problem, prior, steps=steps, average=average).estimate["image"]
                         for prior, (steps, average) in zip(priors, ((1, 0.0), (2, 0.0), (2, 0.5)), strict=True))
    after_one, after_two, gone_on = ([w.clone() for w in prior.weights()] for prior in priors)
    assert all(torch.equal(one, other) for one, other in zip(gone_on, after_two, strict=True))
    priors[0].load([(one + two) / 2 for one, two in zip(after_one, after_two, strict=True)])
    with torch.no_grad():
        expected = priors[0](problem.codes())["image"]
    assert torch.allclose(averaged, expected, atol=1e-5) and not torch.allclose(averaged, last, atol=1e-5)


@pytest.mark.parametrize("sigma", ["loud", "0", "-3", "nan"])
def test_a_sigma_that_is_none_is_one_sentence(tmp_path: Path, sigma: str) -> None:
    with pytest.raises(OptionError, match="sigma is auto or a number above 0"):
        denoise("x.png", sigma=sigma)
