"""Benchmarks: their figures follow from what was measured, and their files can be read."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import captioned, panned, write_video

from dipvideo.benchmark import (
    QualityOptions,
    ScalingOptions,
    SpeedOptions,
    SurvivalOptions,
    measure_quality,
    measure_scaling,
    measure_speed,
    measure_survival,
    write_quality,
    write_scaling,
    write_speed,
    write_survival,
)
from dipvideo.benchmark.methods import _windows, methods_of
from dipvideo.benchmark.scaling import makespan
from dipvideo.errors import OptionError, SourceMissing
from dipvideo.planes import PixelLayout, Planes


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


def test_speed_times_presets_beside_the_floor(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("dipvideo.benchmark.speed.LONG", 2)
    monkeypatch.setattr("dipvideo.benchmark.speed.PAPER_HEIGHT", 96)
    speed = measure_speed(SpeedOptions(heights="96", presets="fast", runs=1, device="cpu"))
    pace, = speed.paces
    assert pace.frame_seconds > 0 and pace.memory > 50e6 and speed.paper_step > pace.frame_seconds / 100
    assert speed.floor[96] > pace.whole and speed.analysis[96] > pace.whole
    files = write_speed(speed, tmp_path / "report", "dipvideo benchmark speed")
    assert "| 96 | fast |" in files[0].read_text()
    with pytest.raises(OptionError, match="Heights are lines"):
        measure_speed(SpeedOptions(heights="tall"))


def test_more_workers_never_take_longer_nor_less_than_their_share(tmp_path: Path) -> None:
    scaling = measure_scaling(ScalingOptions(workers="", ray="", reckoned="1,3,40,4000"))
    restoring = [run.restoring for run in scaling.reckoned]
    assert restoring == sorted(restoring, reverse=True) and restoring[-1] == pytest.approx(scaling.longest)
    assert all(run.restoring * run.workers >= restoring[0] * 0.999 for run in scaling.reckoned)
    assert [run.efficiency > 0.95 for run in scaling.reckoned] == [True, True, True, False]
    assert makespan([5.0, 4.0, 3.0, 3.0, 3.0], 2) == 10.0 and makespan([2.0], 8) == 2.0
    assert "| 4000 |" in write_scaling(scaling, tmp_path, "dipvideo benchmark scaling")[0].read_text()
    with pytest.raises(OptionError, match="whole numbers"):
        measure_scaling(ScalingOptions(workers="many"))


@pytest.mark.slow
def test_a_run_that_is_killed_and_resumed_gives_the_same_bytes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("dipvideo.benchmark.survival.SHOTS", 2)
    survival = measure_survival(SurvivalOptions(kills=1, workers=1))
    kill, = survival.kills
    assert kill.same and not survival.left_over
    assert kill.again <= 1, "a worker loses what it was at, and no more"
    assert "1 of 1 runs" in write_survival(survival, tmp_path, "dipvideo benchmark survival")[0].read_text()


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
