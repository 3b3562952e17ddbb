"""Pictures and videos become larger, sharper than by interpolation, and keep all else."""

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
from conftest import panned, write_video
from PIL import Image

from dipvideo import engine, super_resolve
from dipvideo.geometry import Box
from dipvideo.io import open_source
from dipvideo.metrics import psnr
from dipvideo.problems import EnlargeProblem, tensor
from dipvideo.problems.enlarge import bicubic, resized

QUICK = {"device": "cpu", "precision": "float32", "network": "stack:width=16,layers=4"}


def discs(height: int, width: int) -> np.ndarray:
    """(h, w, 3) float32: sharp discs of many sizes, which a picture made smaller has, too."""
    draw, picture = np.random.default_rng(0), np.full((height, width, 3), 0.4, np.float32)
    for _ in range(40):
        place = int(draw.integers(0, width)), int(draw.integers(0, height))
        cv2.circle(picture, place, int(draw.integers(4, 40)), [float(draw.uniform(0.1, 0.9))] * 3, -1, cv2.LINE_8)
    return picture


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_before_any_step_the_answer_is_bicubic_and_made_smaller_it_is_the_input(scale: int) -> None:
    small = resized(discs(96, 96), 96 // scale, 96 // scale, "lanczos")
    problem = EnlargeProblem.of(Box(0, 0, *small.shape[:2]), small, scale=scale, smaller="lanczos")
    prior = engine.Prior(problem.outputs(), network="stack:width=8,layers=3", seed=0, codes=problem.codes())
    with torch.no_grad():
        estimate = prior(problem.codes())
        assert torch.equal(problem.forward(estimate), problem.bicubic)
        problem, estimate = engine.answered(problem, estimate, prior)
    made = problem.picture(estimate)
    assert made.shape == (small.shape[0] * scale, small.shape[1] * scale, 3)
    assert psnr(resized(made, *small.shape[:2], "lanczos"), small) > psnr(
        resized(bicubic(small, scale), *small.shape[:2], "lanczos"), small) + 3


def test_a_picture_that_lies_on_its_side_is_enlarged_to_the_same() -> None:
    small = resized(discs(64, 96), 16, 24, "lanczos")
    made = []
    for given in (small, np.ascontiguousarray(np.rot90(small))):
        problem = EnlargeProblem.of(Box(0, 0, *given.shape[:2]), given, scale=4, smaller="lanczos")
        prior = engine.Prior(problem.outputs(), network="stack:width=8,layers=3", seed=0, flat=False,
                             codes=problem.codes())
        with torch.no_grad():
            problem, estimate = engine.answered(problem, prior(problem.codes()), prior)
        made.append(problem.picture(estimate))
    assert np.allclose(np.rot90(made[0]), made[1], atol=1e-4)


@pytest.mark.parametrize("scale", ["2", "4"])
def test_what_a_picture_teaches_about_itself_beats_plain_means(tmp_path: Path, scale: str) -> None:
    truth = discs(192, 256)
    small = resized(truth, 192 // int(scale), 256 // int(scale), "lanczos").clip(0, 1)
    cv2.imwrite(str(tmp_path / "in.png"), np.rint(small[..., ::-1] * 65535).astype(np.uint16))
    summary = super_resolve(tmp_path / "in.png", tmp_path / "out.png", scale=scale, first_steps=400,
                            **{**QUICK, "network": "stack:width=32,layers=5"})
    made = cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_UNCHANGED)
    assert made.dtype == np.uint16 and made.shape == (192, 256, 3) and summary.steps == 400
    problem = replace(EnlargeProblem.of(Box(0, 0, *small.shape[:2]), small, scale=int(scale), smaller="lanczos"),
                      factor=int(scale), bicubic=tensor(bicubic(small, int(scale))), examples=())
    plain = psnr(problem.picture(problem.at_rest()), truth)
    assert plain > psnr(bicubic(small, int(scale)), truth)
    assert psnr(made[..., ::-1] / 65535, truth) > plain + 0.4


def test_a_picture_in_tiles_keeps_alpha_profile_and_shows_no_seam(tmp_path: Path,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dipvideo.tasks.super_resolve.SuperResolve.tile", 72)
    ramp = np.linspace(40, 200, 120)[None, :, None] * np.ones((80, 1, 3))
    alpha = np.tile(np.linspace(0, 255, 120), (80, 1))
    Image.fromarray(np.dstack([ramp, alpha]).round().astype(np.uint8)).save(tmp_path / "in.png", icc_profile=b"profile")
    super_resolve(tmp_path / "in.png", tmp_path / "out.png", scale="3", first_steps=10, steps=2, **QUICK)
    with Image.open(tmp_path / "out.png") as made:
        assert made.size == (360, 240) and made.mode == "RGBA" and made.info["icc_profile"] == b"profile"
        samples = np.asarray(made).astype(float)
    assert np.abs(np.diff(samples[20:-20, 20:-20, 0], axis=1) - 160 / 360).max() < 3
    assert np.abs(np.diff(samples[20:-20, 20:-20, 3], axis=1) - 255 / 360).max() < 3


@pytest.mark.parametrize("suffix, options", [("jpg", {}), ("tif", {}), ("webp", {}), ("bmp", {})])
def test_other_formats_become_larger_too(tmp_path: Path, suffix: str, options: dict) -> None:
    Image.fromarray(panned(1, size=(38, 50))[0]).save(tmp_path / f"in.{suffix}")
    super_resolve(tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}", first_steps=2, **QUICK)
    with Image.open(tmp_path / f"out.{suffix}") as made:
        assert made.size == (100, 76)


def test_a_video_has_its_size_times_and_sound(tmp_path: Path) -> None:
    film = write_video(tmp_path / "in.mp4", panned(6, size=(48, 64)), sound=True, pts=[0, 40, 90, 130, 170, 300])
    super_resolve(film, tmp_path / "out.mkv", scale="2", first_steps=10, steps=2, **QUICK)
    source, made = open_source(film), open_source(tmp_path / "out.mkv")
    assert (made.info.width, made.info.height) == (128, 96)
    assert [round(1000 * p * made.info.time_base) for p in made.pts] == [0, 40, 90, 130, 170, 300]
    for before, after in zip(source.frames(), made.frames(), strict=True):
        assert psnr(resized(after.planes.rgb(), 48, 64, "lanczos"), before.planes.rgb()) > 34
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.audio and container.streams.video[0].codec_context.width == 128


def test_frames_outside_the_part_asked_for_are_enlarged_plainly(tmp_path: Path) -> None:
    film = write_video(tmp_path / "in.mp4", panned(10, size=(48, 64)))
    summary = super_resolve(film, tmp_path / "out.mp4", start="0.2", first_steps=2, steps=1, **QUICK)
    made = open_source(tmp_path / "out.mp4")
    assert summary.touched == 5 and len(made.pts) == 10
    assert {f.planes.luma.shape for f in made.frames()} == {(96, 128)}
