"""The light of one picture, the detail of another."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import texture
from PIL import Image

from dipvideo import flash
from dipvideo.errors import OptionError
from dipvideo.metrics import psnr

QUICK = {"device": "cpu", "precision": "float32", "network": "taper:widths=16-32,skip=8", "first_steps": 150}
SIZE = (96, 128)


def pair(folder: Path, *, moved: int = 0, seed: int = 0) -> np.ndarray:
    """with.png, bright and clear, and without.png, warm, dim and noisy; returns what that would be without noise."""
    scene = texture(SIZE[0], SIZE[1] + 40, 0)[:, 20:-20] / 255
    other = scene if seed == 0 else texture(*SIZE, seed) / 255
    clean = np.roll(other, moved, 1) * [0.8, 0.5, 0.3] + [0.1, 0.02, 0]
    noisy = clean + 0.08 * np.random.default_rng(1).standard_normal(clean.shape)
    for name, picture in (("with", scene), ("without", noisy)):
        Image.fromarray(np.rint(picture.clip(0, 1) * 255).astype(np.uint8)).save(folder / f"{name}.png")
    return clean


def test_the_noise_goes_and_the_light_stays(tmp_path: Path) -> None:
    clean = pair(tmp_path)
    summary = flash(tmp_path / "with.png", tmp_path / "out.png", no_flash=str(tmp_path / "without.png"), **QUICK)
    made, noisy = (np.asarray(Image.open(tmp_path / f"{name}.png")) / 255 for name in ("out", "without"))
    blurred = max(psnr(cv2.GaussianBlur(noisy, (0, 0), s), clean) for s in (0.7, 1, 1.5, 2, 3))
    assert psnr(made, clean) > max(psnr(noisy, clean), blurred) + 1
    assert summary.warnings == () and summary.steps == 150


def test_it_starts_from_what_is_smooth_along_the_edges_of_the_flash(tmp_path: Path) -> None:
    clean = pair(tmp_path)
    flash(tmp_path / "with.png", tmp_path / "out.png", no_flash=str(tmp_path / "without.png"),
          **{**QUICK, "first_steps": 1})
    made, noisy = (np.asarray(Image.open(tmp_path / f"{name}.png")) / 255 for name in ("out", "without"))
    assert psnr(made, clean) > psnr(noisy, clean) + 5


@pytest.mark.parametrize("change, said", [({"moved": 6}, "lies +6, +0 pixels beside"), ({"seed": 7}, "hardly share")])
def test_a_pair_that_does_not_match_is_told(tmp_path: Path, change: dict, said: str) -> None:
    pair(tmp_path, **change)
    options = {**QUICK, "first_steps": 1, "network": "taper:widths=8"}
    summary = flash(tmp_path / "with.png", tmp_path / "out.png", no_flash=str(tmp_path / "without.png"), **options)
    assert len(summary.warnings) == 1 and said in summary.warnings[0]


def test_another_size_is_scaled_and_told(tmp_path: Path) -> None:
    pair(tmp_path)
    with Image.open(tmp_path / "without.png") as small:
        small.resize((64, 48), Image.Resampling.BOX).save(tmp_path / "small.png")
    summary = flash(tmp_path / "with.png", tmp_path / "out.png", no_flash=str(tmp_path / "small.png"),
                    **{**QUICK, "first_steps": 1})
    with Image.open(tmp_path / "out.png") as made:
        assert made.size == (128, 96) and "64x48" in summary.warnings[0]


def test_a_number_of_frames_that_fits_nothing_is_one_sentence(tmp_path: Path) -> None:
    pair(tmp_path)
    (tmp_path / "two").mkdir()
    for name in ("a", "b"):
        (tmp_path / "two" / f"{name}.png").write_bytes((tmp_path / "without.png").read_bytes())
    for name in ("a", "b", "c"):
        (tmp_path / f"three_{name}.png").write_bytes((tmp_path / "with.png").read_bytes())
    with pytest.raises(OptionError, match="has 2 frames and the input 3"):
        flash(str(tmp_path / "three_*.png"), tmp_path / "out", no_flash=str(tmp_path / "two"), **QUICK)
    assert not (tmp_path / "out").exists()
