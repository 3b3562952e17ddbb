"""The benchmark on the papers' pictures: every table, on tiny ones of its own."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import panned, texture, write_video

from dipvideo.benchmark import PapersOptions, measure_papers, write_papers
from dipvideo.benchmark.papers.cases import half_cases
from dipvideo.benchmark.papers.study import cases_of
from dipvideo.engine import presets
from dipvideo.errors import OptionError, SourceMissing


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), picture if picture.ndim == 2 else picture[..., ::-1])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    quick = {"balanced": presets.Preset("taper:widths=8", 2, 1)}
    monkeypatch.setattr(presets, "KINDS", dict.fromkeys(presets.KINDS, quick))
    clean, draw = texture(48, 64), np.random.default_rng(0)
    noisy = np.clip(clean + draw.normal(0, 25, clean.shape), 0, 255).astype(np.uint8)
    save(tmp_path / "denoise_sigma25" / "hill_noisy.png", noisy)
    save(tmp_path / "denoise_sigma25" / "hill_GT.png", clean)
    save(tmp_path / "inpaint_half_pixels" / "boat_masked.png", clean[..., 1] * (draw.random((48, 64)) < 0.5))
    save(tmp_path / "inpaint_half_pixels" / "boat_GT.png", clean[..., 1])
    save(tmp_path / "super_resolve_set5_x4" / "bird_GT.png", texture(66, 65))
    mask = np.full((48, 64), 255, np.uint8)
    mask[20:24, 8:50] = 0
    save(tmp_path / "dip" / "kate.png", clean)
    save(tmp_path / "dip" / "kate_mask.png", mask)
    save(tmp_path / "dip" / "cave01_00_flash.jpg", clean)
    save(tmp_path / "dip" / "cave01_01_noflash.jpg", clean // 2)
    write_video(tmp_path / "pan.mp4", panned(8))
    return tmp_path


def test_every_table_stands_beside_plain_methods_and_what_was_published(folder: Path) -> None:
    options = PapersOptions(seeds=1, device="cpu", clips=str(folder), names="pan", sigmas="25", frames=5, skip=1,
                            size="80x48")
    files = write_papers(measure_papers(str(folder), options), folder / "report", "dipvideo benchmark papers")
    table = files[0].read_text()
    for part in ("denoise, σ = 25", "half of the pixels missing", "Set5 ×4, luma", "## text", "video denoise, σ = 25"):
        assert part in table
    assert "flash" not in table and (folder / "report" / "flash-cave.jpg").exists(), "a picture to look at"
    assert "| hill | " in table and "32.09" in table and "the average, then non-local means" in table
    rows = json.loads(files[1].read_text())["rows"]
    of = {(r["table"], r["method"]): r["decibels"] for r in rows}
    assert len(of["video denoise, σ = 25", "dipvideo"]) == 5
    assert np.mean(of["video denoise, σ = 25", "dipvideo"]) > np.mean(of["video denoise, σ = 25", "untouched"]) + 6


def test_seeds_draw_the_noise_of_clips_and_nothing_is_measured_twice(folder: Path) -> None:
    options = PapersOptions(seeds=2, device="cpu", tables="half", clips=str(folder), names="pan", sigmas="50", frames=3,
                            skip=1, size="80x48")
    half, pan = [c for c in cases_of(str(folder), options)]
    assert half.again is None and not np.array_equal(pan.again(0)[0], pan.again(1)[0])
    assert np.array_equal(pan.again(0)[0], pan.shown[0])


def test_a_black_pixel_may_be_known(folder: Path) -> None:
    truth = cv2.imread(str(folder / "inpaint_half_pixels" / "boat_GT.png"), cv2.IMREAD_GRAYSCALE)
    truth[:, 0] = 0  # as the rim of a scan
    save(folder / "inpaint_half_pixels" / "boat_GT.png", truth)
    save(folder / "inpaint_half_pixels" / "boat_masked.png", truth)
    case, = half_cases(folder)
    assert 0.2 < case.mask[:, 0].mean() < 0.8 and not case.mask[:, 1:].any()


def test_some_cases_can_be_asked_for_and_none_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    some = measure_papers(str(folder), PapersOptions(seeds=1, device="cpu", tables="denoise,set5", only="bird"))
    assert {row.case for row in some.rows} == {"bird"}
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceMissing, match="nothing to measure"):
        measure_papers(str(tmp_path / "empty"), PapersOptions(device="cpu"))
    with pytest.raises(OptionError, match="no table 'abacus'"):
        PapersOptions(tables="abacus")
