"""Benchmarks: their figures follow from what was measured, and their files can be read."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import captioned, panned, write_video

from dipvideo.benchmark import (
    QualityOptions,
    SpeedOptions,
    WarmStartOptions,
    measure_quality,
    measure_speed,
    measure_warm_start,
    write_quality,
    write_speed,
    write_warm_start,
)
from dipvideo.benchmark.methods import _windows, methods_of
from dipvideo.benchmark.warm_start import CLOSE, Curve, Point, _verdicts
from dipvideo.errors import MaskMismatch, OptionError, SourceMissing
from dipvideo.planes import PixelLayout, Planes

QUICK = {"device": "cpu", "network": "taper:widths=8-16-32", "frames": 4, "cold_steps": 60, "seeds": 2,
         "precision": "float32", "base": False, "flat_start": False}  # as in the paper, where a start matters


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[str, str, str]:
    folder = tmp_path_factory.mktemp("bench")
    clean = panned(10)
    burned, ink = captioned(clean, 2, 9)
    masks = [np.dstack([ink * 255] * 3).astype(np.uint8) * (2 <= i < 9) for i in range(10)]
    return (str(write_video(folder / "film.mp4", burned)), str(write_video(folder / "clean.mp4", clean)),
            str(write_video(folder / "mask.mkv", masks, codec="ffv1", pix_fmt="gray")))


def test_a_study_measures_every_policy_and_writes_its_files(files: tuple[str, str, str], tmp_path: Path) -> None:
    film, clean, mask = files
    heard = []
    study = measure_warm_start(film, WarmStartOptions(mask=mask, truth=clean, policies="previous", **QUICK),
                               tell=heard.append)
    assert [v.policy for v in study.verdicts] == ["cold", "previous"]
    assert len(study.curves) == 4 and study.frames == (2, 6)
    cold, warm = ([c for c in study.curves if c.policy == p] for p in ("cold", "previous"))
    few = [next(p.psnr for p in c[0].points if p.steps == 5) for c in (cold, warm)]
    assert few[1] > few[0] + 1  # at five steps a warm frame is ahead of a cold one
    final = [c.points[-1].psnr - CLOSE for c in cold]
    first = [[next((p.steps for p in c.points if p.psnr >= goal), None) for c, goal in zip(curves, final, strict=True)]
             for curves in (cold, warm)]
    assert study.verdicts[0].final.speed_up == 1 and study.verdicts[0].final.steps == np.median(first[0])
    if all(first[1]):
        gains = [a / b for a, b in zip(*first, strict=True)]
        assert study.verdicts[1].final.speed_up == np.median(gains)
    else:
        assert study.verdicts[1].final.speed_up is None
    assert heard[-1].done == heard[-1].total
    table, numbers, picture = write_warm_start(study, tmp_path / "report", "dipvideo benchmark warm-start film.mp4")
    assert "| previous |" in table.read_text() and "dipvideo benchmark warm-start film.mp4" in table.read_text()
    assert json.loads(numbers.read_text())["verdicts"][1]["policy"] == "previous"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_without_a_truth_known_pixels_are_scored(files: tuple[str, str, str]) -> None:
    film, _, mask = files
    study = measure_warm_start(film, WarmStartOptions(mask=mask, policies="cold", **{**QUICK, "seeds": 1}))
    assert study.scored == "held-out holes" and 5 < study.verdicts[0].psnr < 60


def test_quality_sets_dipvideo_beside_its_baselines(tmp_path: Path) -> None:
    folder = tmp_path / "clips" / "one"
    folder.mkdir(parents=True)
    clean = panned(48, size=(144, 256))
    burned, ink = captioned(clean, 12, 36)
    alpha = [np.dstack([ink * 255] * 3).astype(np.uint8) * (12 <= i < 36) for i in range(48)]
    write_video(folder / "clean.mp4", clean)
    write_video(folder / "subtitled.mp4", burned)
    write_video(folder / "alpha.mkv", alpha, codec="ffv1", pix_fmt="gray")
    options = QualityOptions(device="cpu", network="taper:widths=8-16", first_steps=20, steps=5)
    quality = measure_quality(str(tmp_path / "clips"), options)
    by = {row.method: row.figures for row in quality.rows}
    assert by["untouched"]["residue"] > 0.9 and by["untouched"]["outside_psnr"] == np.inf
    assert by["dipvideo"]["hole_psnr"] > by["Telea, true mask"]["hole_psnr"] + 3
    assert by["dipvideo"]["outside_psnr"] > 60 and by["dipvideo"]["mask_recall"] > 0.98
    assert by["dipvideo"]["mask_precision"] > 0.3 and by["dipvideo"]["frames_missed"] == 0
    assert by["dipvideo"]["frames_extra"] <= 4
    assert by["temporal median, true mask"]["hole_psnr"] > by["untouched"]["hole_psnr"] + 3
    assert by["dipvideo, true mask"]["hole_psnr"] > by["Telea, true mask"]["hole_psnr"] + 3
    files = write_quality(quality, tmp_path / "report", "dipvideo benchmark quality clips")
    assert [f.name for f in files] == ["quality.md", "quality.json", "one.png"]
    assert "| one | dipvideo |" in files[0].read_text()


def test_a_folder_without_clips_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="a clip is a folder with"):
        measure_quality(str(tmp_path), QualityOptions())


def test_speed_times_presets_beside_the_floor(tmp_path: Path) -> None:
    speed = measure_speed(SpeedOptions(heights="96", presets="fast", runs=1, device="cpu"))
    pace, = speed.paces
    assert pace.frame_seconds > 0 and pace.memory > 50e6 and speed.paper_step > pace.frame_seconds / 100
    assert speed.floor[96] > pace.whole and pace.analysis > pace.whole
    files = write_speed(speed, tmp_path / "report", "dipvideo benchmark speed")
    assert "| 96 | fast |" in files[0].read_text()
    with pytest.raises(OptionError, match="Heights are lines"):
        measure_speed(SpeedOptions(heights="tall"))


@pytest.mark.parametrize("frames", [5, 31, 61, 62, 100])
def test_the_median_sees_every_frame_once_and_its_neighbours(frames: int) -> None:
    class Film:
        def subtitled(self):
            layout = PixelLayout("gray", 8, full_range=True)
            pictures = [Planes(layout, (np.full((4, 4), index, np.uint8),)) for index in range(frames)]
            return SimpleNamespace(frames=lambda: (SimpleNamespace(planes=p) for p in pictures))

        def coverage(self):
            return (np.eye(4, dtype=np.float32) * (index % 2) for index in range(frames))

    seen = list(_windows(Film()))
    assert [int(picture[0, 0, 0]) for picture, _, _ in seen] == list(range(frames))
    for index, (_, hole, around) in enumerate(seen):
        assert hole.any() == bool(index % 2)
        if hole.any():
            assert len(around) == min(index, 30) + 1 + min(frames - 1 - index, 30)


def test_a_method_that_is_unknown_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"no method 'best'\. Known: untouched"):
        methods_of("telea,best")


@pytest.mark.parametrize("change, error", [({"mask": None}, OptionError), ({"policies": "yesterday"}, OptionError),
                                           ({"truth": "small"}, MaskMismatch)])
def test_a_mistake_is_named(files: tuple[str, str, str], tmp_path: Path, change: dict, error: type) -> None:
    film, clean, mask = files
    if change.get("truth"):
        change["truth"] = str(write_video(tmp_path / "small.mp4", panned(10, size=(64, 64))))
    with pytest.raises(error):
        measure_warm_start(film, WarmStartOptions(**{"mask": mask, "truth": clean, **QUICK, **change}))


def test_a_speed_up_is_colds_steps_over_the_policys_own() -> None:
    def curve(policy: str, *quality: float) -> Curve:
        return Curve(policy, 0, tuple(Point(s, q, s / 10) for s, q in zip((2, 10, 40, 80), quality, strict=True)))

    curves = [curve("cold", 10, 15, 21, 20), curve("previous", 18, 20, 20.5, 20)]
    cold, warm = _verdicts(curves, ["cold", "previous"])
    assert (cold.final.steps, cold.best.steps, warm.final.steps) == (40, 40, 10)
    assert warm.final.speed_up == 4 and warm.final.seconds == 1 and cold.final.speed_up == 1
    assert warm.best.steps is None and warm.psnr == 20.5
