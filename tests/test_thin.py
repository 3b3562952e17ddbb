"""Thin holes are filled by what the same holes, laid elsewhere, teach."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import captioned, texture

from dipvideo import inpaint
from dipvideo.geometry import Box
from dipvideo.metrics import psnr
from dipvideo.problems import ThinProblem, is_thin

QUICK = {"device": "cpu", "precision": "float32", "network": "stack:width=16,layers=4", "first_steps": 150}
SIZE = (80, 112)


def scene() -> np.ndarray:
    """Diagonal stripes on a texture: what no interpolation knows and any patch of it teaches."""
    rows, columns = np.mgrid[:SIZE[0], :SIZE[1]]
    stripes = 50 * np.sign(np.sin((rows + columns) * np.pi / 4 + 0.1))
    return np.clip(texture(*SIZE) * 0.4 + 70 + stripes[..., None], 0, 255).astype(np.uint8)


def holes(kind: str) -> np.ndarray:
    if kind == "half":
        return np.random.default_rng(0).random(SIZE) < 0.5
    return captioned([scene()], 0, 1, "thin text")[1] & ~cv2.erode(
        captioned([scene()], 0, 1, "thin text")[1].view(np.uint8), np.ones((3, 3))).view(bool)


@pytest.mark.parametrize("kind", ["half", "text"])
def test_a_picture_teaches_how_its_thin_holes_are_filled(tmp_path: Path, kind: str) -> None:
    picture, hole = scene(), holes(kind)
    seen = np.where(hole[..., None], 0, picture)
    cv2.imwrite(str(tmp_path / "in.png"), seen[..., ::-1])
    cv2.imwrite(str(tmp_path / "mask.png"), np.where(hole, np.uint8(255), np.uint8(0)))
    summary = inpaint(tmp_path / "in.png", tmp_path / "out.png", mask=str(tmp_path / "mask.png"), **QUICK)
    made = cv2.imread(str(tmp_path / "out.png"))[..., ::-1]
    telea = cv2.inpaint(seen, hole.view(np.uint8), 3, cv2.INPAINT_TELEA)
    assert np.array_equal(made[~hole], picture[~hole]) and summary.steps == 150
    assert psnr(made / 255, picture / 255, hole) > psnr(telea / 255, picture / 255, hole) + 3


def test_a_lesson_hides_known_pixels_in_the_holes_own_pattern_and_asks_for_them_alone() -> None:
    hole = np.zeros(SIZE, bool)
    hole[20:24, 30:60] = True
    image = scene() / np.float32(255)
    problem = ThinProblem.of(Box(0, 0, *SIZE), image, hole, hole, np.zeros(SIZE, np.int32))
    for step in (0, 8, 16):  # turned back to where they were
        lesson = problem.lesson(step)
        asked = lesson.asked[0, 0].numpy() > 0
        assert asked.any() and not (asked & hole).any() and not (lesson.known[0, 0].numpy() > 0)[asked].any()
        flat = {"image": torch.full((1, 3, *SIZE), 0.5)}
        before, image[hole] = float(lesson.loss(flat)), np.random.default_rng(step).random((hole.sum(), 3))
        changed = ThinProblem.of(Box(0, 0, *SIZE), image, hole, hole, np.zeros(SIZE, np.int32)).lesson(step)
        assert float(changed.loss(flat)) == pytest.approx(before), "what is missing is never looked at"


def test_large_holes_are_not_thin() -> None:
    hole = np.zeros(SIZE, bool)
    assert not is_thin(hole)
    hole[10:60, 10:18] = True
    assert is_thin(hole) and is_thin(holes("half")) and is_thin(holes("text"))
    hole[10:60, 10:60] = True
    assert not is_thin(hole)
