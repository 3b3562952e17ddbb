"""The benchmark of layers: composites are what they say, and a report is whole."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import panned, texture, write_video

from dipvideo.benchmark.layers import composites, report, rows, study, things
from dipvideo.benchmark.options import LayersOptions
from dipvideo.errors import OptionError, SourceMissing


def test_a_composite_says_to_the_pixel_where_its_cut_outs_are(tmp_path: Path) -> None:
    ground = write_video(tmp_path / "ground.mp4", [p * 0 for p in panned(6)])
    over = write_video(tmp_path / "over.mp4", [p * 0 + 250 for p in panned(6)])
    made = composites.composite("both", composites.Backdrop(str(ground)), [str(over)], 6, seed=3)
    bright = made.frames.mean(-1) > 125
    assert made.frames.shape == (6, composites.HEIGHT, composites.WIDTH, 3)
    assert np.mean(bright == (made.labels == 1)) > 0.999
    assert 0.03 < (made.labels == 1).mean() < 0.4
    assert (made.labels[0] != made.labels[-1]).mean() > 0.02  # it moves


def test_labels_are_named_once_for_the_whole_clip() -> None:
    truth = np.zeros((2, 4, 4), int)
    truth[:, :2] = 1
    swapped = truth.copy()
    swapped[1] = 1 - swapped[1]
    order = rows.best_order(1 - truth, truth, 2)
    assert rows.overlap(order[1 - truth], truth, 2) == 1
    order = rows.best_order(swapped, truth, 2)
    assert rows.overlap(order[swapped], truth, 2) < 0.5


def test_a_report_has_a_table_a_mean_and_a_sheet_for_each_kind(tmp_path: Path) -> None:
    strip = np.full((20, 80, 3), 90, np.uint8)
    made = [rows.Row("scribbles", "one", {"GrabCut": 0.5, "dipvideo": 0.75}, 1.0, strip),
            rows.Row("scribbles", "two", {"GrabCut": 0.6, "dipvideo": 0.85}, 3.0, strip),
            rows.Row("haze", "real", {}, 1.0, strip)]
    files = report.write_layers(made, tmp_path / "out", "dipvideo benchmark layers FOLDER")
    assert "| mean | 0.550 | 0.800 | 2.00 |" in files[0].read_text()
    assert {f.name for f in files} == {"layers.md", "layers.json", "scribbles.jpg", "haze.jpg"}
    assert all(f.exists() for f in files)


def discs(folder: Path) -> None:
    """A film as DAVIS keeps them: a disc, before a ground of other colours, that moves on."""
    pictures, masks = (folder / part / "disc" for part in (things.PICTURES, things.MASKS))
    pictures.mkdir(parents=True)
    masks.mkdir(parents=True)
    for place, frame in enumerate(panned(8, size=(120, 200))):
        disc = cv2.circle(np.zeros((120, 200), np.uint8), (60 + 5 * place, 60), 26, 255, -1)
        frame = np.where(disc[..., None] > 0, np.roll(texture(120, 200, seed=7), 5 * place, 1), frame)
        cv2.imwrite(str(pictures / f"{place:05d}.jpg"), frame)
        cv2.imwrite(str(masks / f"{place:05d}.png"), disc)


def test_things_marked_by_hand_are_scored_frame_by_frame(tmp_path: Path) -> None:
    discs(tmp_path)
    row, = study.measure_layers(str(tmp_path), LayersOptions(kinds="things", frames=8))
    assert (row.kind, row.name) == ("things", "disc")
    assert row.figures["dipvideo"] > 0.7 > row.figures["k-means"] + 0.3
    assert things._found(np.ones((2, 4, 4), bool), np.stack([np.ones((4, 4), bool), np.eye(4) > 0])) == 0.625


def test_things_marked_by_hand_are_laid_over_another_clip_where_the_labels_say(tmp_path: Path) -> None:
    discs(tmp_path)
    ground = composites.Backdrop(str(write_video(tmp_path / "ground.mp4", [p * 0 for p in panned(6)])))
    made = things.over(tmp_path, ground, 1, 6, seed=1)
    bright = made.frames.max(-1) > 30
    assert made.name == "disc over ground" and made.frames.shape == (6, composites.HEIGHT, composites.WIDTH, 3)
    assert np.mean(bright == (made.labels == 1)) > 0.99
    assert 0.05 < (made.labels == 1).mean() < 0.2
    assert (made.labels[0] != made.labels[-1]).mean() > 0.01  # it moves
    assert things.over(tmp_path, ground, 2, 6, seed=1) is None  # there is but one


def test_single_pictures_stand_beside_what_was_given(tmp_path: Path) -> None:
    folder = tmp_path / "images" / "grabcut"
    folder.mkdir(parents=True)
    for seed, name in enumerate(("106024", "24077")):
        cv2.imwrite(str(folder / f"{name}.jpg"), cv2.pyrUp(texture(48, 80, seed)))
    made = study.measure_layers(str(tmp_path), LayersOptions(kinds="single"))
    assert [(row.kind, row.name) for row in made] == [("single", "106024 under 24077, blurred by 2"),
                                                      ("single", "24077 under 106024, blurred by 5"),
                                                      ("clear", "106024")]
    assert all(row.figures["given, level told"] > row.figures["given"] + 1 for row in made[:2])
    assert made[2].figures["given"] == rows.EQUAL > made[2].figures["dipvideo"]


def test_nothing_to_measure_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="holds clips/"):
        study.measure_layers(str(tmp_path), LayersOptions())
    with pytest.raises(OptionError, match="no 'films' to measure"):
        LayersOptions(kinds="films")
