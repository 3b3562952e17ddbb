"""Thin holes are filled by what is alike elsewhere in the picture."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import captioned, texture

from dipvideo import inpaint
from dipvideo.metrics import psnr
from dipvideo.noise import filled
from dipvideo.noise.groups import filtered, grouped
from dipvideo.problems import is_thin

QUICK = {"device": "cpu", "precision": "float32", "preset": "fast"}
SIZE = (80, 112)


def scene() -> np.ndarray:
    """Diagonal stripes on a texture: what no interpolation knows and any patch of it shows."""
    rows, columns = np.mgrid[:SIZE[0], :SIZE[1]]
    stripes = 50 * np.sign(np.sin((rows + columns) * np.pi / 4 + 0.1))
    return np.clip(texture(*SIZE) * 0.4 + 70 + stripes[..., None], 0, 255).astype(np.uint8)


def holes(kind: str) -> np.ndarray:
    if kind == "half":
        return np.random.default_rng(0).random(SIZE) < 0.5
    text = captioned([scene()], 0, 1, "thin text")[1]
    return text & ~cv2.erode(text.view(np.uint8), np.ones((3, 3))).view(bool)


@pytest.mark.parametrize("kind", ["half", "text"])
def test_what_is_alike_elsewhere_fills_thin_holes(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dipvideo.tasks.inpaint.THIN_TILE", 80)  # two of them
    picture, hole = scene(), holes(kind)
    seen = np.where(hole[..., None], 0, picture)
    cv2.imwrite(str(tmp_path / "in.png"), seen[..., ::-1])
    cv2.imwrite(str(tmp_path / "mask.png"), np.where(hole, np.uint8(255), np.uint8(0)))
    summary = inpaint(tmp_path / "in.png", tmp_path / "out.png", mask=str(tmp_path / "mask.png"), **QUICK)
    made = cv2.imread(str(tmp_path / "out.png"))[..., ::-1]
    telea = cv2.inpaint(seen, hole.view(np.uint8), 3, cv2.INPAINT_TELEA)
    assert np.array_equal(made[~hole], picture[~hole]) and summary.steps == 0
    assert psnr(made / 255, picture / 255, hole) > psnr(telea / 255, picture / 255, hole) + 3


def test_what_is_missing_is_never_looked_at() -> None:
    picture, hole = scene() / np.float32(255), holes("half")
    other = np.where(hole[..., None], np.random.default_rng(1).random(picture.shape, np.float32), picture)
    assert np.array_equal(filled(picture, hole, 2)[hole], filled(other, hole, 2)[hole])
    assert filled(picture, np.zeros(SIZE, bool)) is picture, "nothing is missing"


def test_more_rounds_come_closer_on_what_repeats() -> None:
    picture, hole = scene() / np.float32(255), holes("half")
    quality = [psnr(filled(picture, hole, rounds), picture, hole) for rounds in (2, 20)]
    assert quality[1] > quality[0] + 1


def test_a_block_is_grouped_with_its_like_and_first_with_itself() -> None:
    """A picture that repeats every 12 rows and 16 columns: each block has its like there and nowhere else."""
    picture = np.tile(np.random.default_rng(0).random((12, 16), np.float32), (5, 4))
    picture = picture + np.random.default_rng(1).normal(0, 0.01, picture.shape).astype(np.float32)
    members = grouped(picture, step=5, count=4).members.numpy()
    rows, columns = np.divmod(members, picture.shape[1] - 7)
    assert (rows[:, 0] % 5 == 0)[rows[:, 0] != rows.max()].all() and len(members) == 12 * 13
    assert ((rows - rows[:, :1]) % 12 == 0).all() and ((columns - columns[:, :1]) % 16 == 0).all()
    assert (np.diff(np.sort(members)) > 0).all(), "no block twice"


def test_groups_touch_what_they_are_asked_to_and_keep_what_is_all_kept() -> None:
    plane, asked = torch.from_numpy(scene()[..., 0] / np.float32(255)), np.zeros(SIZE, bool)
    asked[20:30, 40:60] = True
    some = grouped(plane.numpy(), step=4, count=4, touching=asked)
    assert 0 < len(some.members) < len(grouped(plane.numpy(), step=4, count=4).members) / 4
    kept = filtered(plane, some, lambda c, _: torch.ones_like(c))
    assert torch.allclose(kept[asked], plane[asked], atol=1e-5) and kept[70, 5] == 0


def test_large_holes_are_not_thin() -> None:
    hole = np.zeros(SIZE, bool)
    assert not is_thin(hole)
    hole[10:60, 10:18] = True
    assert is_thin(hole) and is_thin(holes("half")) and is_thin(holes("text"))
    hole[10:60, 10:60] = True
    assert not is_thin(hole)
