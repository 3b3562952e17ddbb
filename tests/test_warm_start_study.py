"""The warm-start study: its verdicts follow from its curves, it resumes, and its files can be read."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import captioned, panned, write_video

from dipvideo.benchmark import WarmStartOptions, measure_warm_start, summarise, write_warm_start
from dipvideo.benchmark.warm_start.curves import Curve
from dipvideo.benchmark.warm_start.posed import pose
from dipvideo.benchmark.warm_start.verdicts import AFTER_CUT, CLOSE, quality, verdicts_of
from dipvideo.errors import MaskMismatch, OptionError

QUICK = {"device": "cpu", "network": "taper:widths=8-16-32", "frames": 4, "cold_steps": 60, "seeds": 2,
         "rungs": "2,5,10", "precision": "float32", "base": False, "flat_start": False}  # as in the paper


def film(folder: Path, shots: list[list[np.ndarray]], start: int, stop: int) -> tuple[str, str, str]:
    """A clip with text in frames [start, stop), its truth and its mask."""
    clean = [picture for shot in shots for picture in shot]
    burned, ink = captioned(clean, start, stop)
    masks = [np.dstack([ink * 255] * 3).astype(np.uint8) * (start <= i < stop) for i in range(len(clean))]
    return (str(write_video(folder / "film.mp4", burned)), str(write_video(folder / "clean.mp4", clean)),
            str(write_video(folder / "mask.mkv", masks, codec="ffv1", pix_fmt="gray")))


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[str, str, str]:
    return film(tmp_path_factory.mktemp("bench"), [panned(10)], 2, 9)


@pytest.fixture(scope="module")
def cut_files(tmp_path_factory) -> tuple[str, str, str]:
    """Dark and then bright, the text staying."""
    shots = [panned(30), [255 - picture for picture in panned(30, seed=5)]]
    return film(tmp_path_factory.mktemp("cut"), shots, 20, 40)


def test_a_study_measures_every_policy_and_writes_its_files(files: tuple[str, str, str], tmp_path: Path) -> None:
    clip, clean, mask = files
    heard = []
    study = measure_warm_start(clip, WarmStartOptions(mask=mask, truth=clean, policies="previous", **QUICK),
                               tell=heard.append)
    assert [v.policy for v in study.verdicts] == ["cold", "previous"]
    assert len(study.curves) == 4 and study.indices == (2, 3, 4, 5) and study.cut is None
    cold, warm = ([c for c in study.curves if c.policy == p] for p in ("cold", "previous"))
    few = [quality(c[0])[c[0].steps.index(5)] for c in (cold, warm)]
    assert few[1] > few[0] + 1  # at five steps a warm frame is ahead of a cold one
    assert cold[0].steps[-1] == 60 and warm[0].steps == (2, 5, 10)
    assert all(np.shape(c.errors) == np.shape(c.seconds) == (len(c.steps), 3) for c in study.curves)
    assert study.verdicts[0].final.speed_up == 1 and set(study.verdicts[1].drift) == {2, 5, 10}
    measuring = [p for p in heard if p.stage == "measuring"]
    assert measuring[-1].done == measuring[-1].total and "of 4 curves left" in measuring[0].note
    files = write_warm_start(study, tmp_path / "report", "dipvideo benchmark warm-start film.mp4")
    assert [f.name for f in files] == ["warm-start.md", "warm-start.json", "warm-start.png", "warm-start-frames.png"]
    table = files[0].read_text()
    assert table.count("| previous |") == 2 and "dipvideo benchmark warm-start film.mp4" in table
    assert json.loads(files[1].read_text())["verdicts"][1]["policy"] == "previous"
    assert all(f.read_bytes().startswith(b"\x89PNG") for f in files[2:])


def test_a_clip_without_holes_is_its_own_truth(files: tuple[str, str, str]) -> None:
    _, clean, _ = files
    for hole in ("caption", "scattered"):
        posed = pose(clean, WarmStartOptions(hole=hole, **QUICK), lambda progress: None)
        assert posed.against == "truth" and len(posed.problems) == 4
        first = posed.problems[0]
        assert np.allclose(first.image, posed.truths[0], atol=1 / 255)
        assert np.array_equal(first.weight[0, 0].numpy() == 0, first.hole)  # what is cut out is not looked at


def test_studies_are_told_in_one_table(files: tuple[str, str, str], tmp_path: Path) -> None:
    clip, clean, mask = files
    quick = {**QUICK, "cold_steps": 10, "seeds": 1, "policies": "previous", "rungs": "2"}
    study = measure_warm_start(clip, WarmStartOptions(mask=mask, truth=clean, **quick))
    for name in ("slow", "fast"):
        write_warm_start(study, tmp_path / name, f"dipvideo benchmark warm-start {name}.mp4")
    table, = summarise(tmp_path, tmp_path)
    assert table.name == "README.md" and table.read_text().count("| previous |") == 2
    assert "[slow](slow/warm-start.md)" in table.read_text() and "warm-start fast.mp4" in table.read_text()
    with pytest.raises(OptionError, match="There is no study below"):
        summarise(tmp_path / "slow", tmp_path)


def test_without_a_truth_known_pixels_are_scored(files: tuple[str, str, str]) -> None:
    clip, _, mask = files
    study = measure_warm_start(clip, WarmStartOptions(mask=mask, policies="cold", **{**QUICK, "seeds": 1}))
    assert study.scored == "held-out holes" and 5 < study.verdicts[0].psnr.median < 60


def test_a_run_resumes_and_measures_only_what_is_missing(files: tuple[str, str, str], tmp_path: Path) -> None:
    clip, clean, mask = files
    keep = tmp_path / "kept.json"
    tiny = {**QUICK, "policies": "cold,previous", "cold_steps": 10, "rungs": "2,3", "frames": 3}

    def steps(stop_after: int | None = None, **changes) -> int:
        """How many steps a run takes; it is interrupted after `stop_after` of them."""
        done = [0]

        def tell(progress) -> None:
            if progress.stage == "measuring":
                done[0] = progress.done
                if stop_after is not None and progress.done > stop_after:
                    raise KeyboardInterrupt

        options = WarmStartOptions(mask=mask, truth=clean, **{**tiny, **changes})
        try:
            studies.append(measure_warm_start(clip, options, keep=keep, tell=tell))
        except KeyboardInterrupt:
            assert stop_after is not None
        return done[0]

    studies: list = []
    cold, previous, first = 2 * 10, 2 * (2 + 3), 10  # two frames after the first, which the policies of a seed share
    steps(stop_after=cold + first + 1)  # the first curve is whole, the second is not
    assert steps() == cold + 2 * previous + 2 * first
    assert steps() == 0
    assert steps(policies="cold,previous,average") == 2 * previous + 2 * first  # as long as previous
    assert studies[0].curves == studies[1].curves and set(studies[1].curves) < set(studies[2].curves)
    assert steps(seeds=3) > 0 and steps(network="taper:widths=8-16") > 0 and steps(learning_rate=0.02) > 0
    assert steps(grow=1) > 0 and steps(frames=2) > 0 and steps(rungs="2,5") == 2 * 2 * 7 + 2 * first
    alone = measure_warm_start(clip, WarmStartOptions(mask=mask, truth=clean, **tiny))
    assert [c.errors for c in alone.curves] == [c.errors for c in studies[0].curves]
    keep.write_text("{")
    with pytest.raises(OptionError, match="remove the file to measure them anew"):
        steps()


def test_weights_carried_over_a_cut_are_told_apart(cut_files: tuple[str, str, str]) -> None:
    clip, clean, mask = cut_files
    options = {**QUICK, "frames": 8, "seeds": 1, "policies": "previous", "cut": True, "cold_steps": 80}
    study = measure_warm_start(clip, WarmStartOptions(mask=mask, truth=clean, **options))
    assert study.indices == tuple(range(26, 34)) and study.cut == 4
    cold, warm = (v.at_cut for v in study.verdicts)
    assert len(warm.after) == len([k for k in AFTER_CUT if k < 4])
    assert warm.after[0] < warm.before - 3 and cold.steps == warm.steps == 10


def test_a_study_is_as_long_as_it_is_told_to_be(tmp_path: Path) -> None:
    """A chunk holds 64 frames at most; a study may hold more."""
    clip, _, mask = film(tmp_path, [panned(90)], 5, 85)
    assert pose(clip, WarmStartOptions(mask=mask, **QUICK), lambda progress: None).indices == [5, 6, 7, 8]
    posed = pose(clip, WarmStartOptions(mask=mask, **{**QUICK, "frames": 75}), lambda progress: None)
    assert posed.indices == list(range(5, 80))


def curve(policy: str, rows: dict[int, list[float]], seed: int = 0) -> Curve:
    """A curve of so many dB by steps and frame; a step takes a tenth of a second."""
    errors = tuple(tuple(10 ** (-db / 10) for db in row) for row in rows.values())
    return Curve(policy, seed, tuple(rows), errors, tuple((steps / 10,) * len(errors[0]) for steps in rows))


def test_a_speed_up_is_colds_steps_over_the_policys_own() -> None:
    curves = [curve("cold", {2: [10], 10: [15], 40: [21], 80: [20]}),
              curve("previous", {2: [18], 10: [20], 40: [20.5], 80: [20]})]
    cold, warm = verdicts_of(curves, ["cold", "previous"])
    assert (cold.final.steps, cold.best.steps, warm.final.steps) == (40, 40, 10)
    assert warm.final.speed_up == 4 and warm.final.seconds == 1 and warm.final.faster == 4
    assert cold.final.speed_up == 1 and cold.near.steps == 40
    assert warm.best.steps is None and warm.best.seeds == 0 and warm.near.steps is None
    assert warm.psnr.median == pytest.approx(20.5)


def test_about_is_half_a_decibel_less_for_both() -> None:
    curves = [curve("cold", {10: [15], 40: [19.6], 80: [20]}), curve("previous", {2: [19.6], 10: [19.8]})]
    _, warm = verdicts_of(curves, ["cold", "previous"])
    assert warm.final.steps is None and (warm.about.steps, warm.about.speed_up) == (2, 20)


def test_a_quality_that_cold_never_reaches_has_no_speed_up() -> None:
    curves = [curve("cold", {10: [15], 80: [20]}), curve("previous", {2: [24], 10: [25]})]
    _, warm = verdicts_of(curves, ["cold", "previous"])
    assert warm.near.steps == 10 and warm.near.speed_up is None and warm.final.speed_up == 40


def test_a_seed_that_never_gets_there_counts_as_infinite_in_the_median() -> None:
    def final(*best: float):
        curves = [curve("cold", {80: [20]}, s) for s in range(3)]
        curves += [curve("previous", {2: [best[s]], 10: [best[s] + 1]}, s) for s in range(3)]
        return list(verdicts_of(curves, ["cold", "previous"]))[1].final

    assert (final(20, 20, 18).seeds, final(20, 20, 18).steps, final(20, 20, 18).speed_up) == (2, 2, 40)
    assert (final(20, 19, 18).steps, final(20, 19, 18).speed_up) == (10, 8)  # not 2 and 10, of those that did
    assert final(20, 18, 18).seeds == 1 and final(20, 18, 18).steps is None


def test_drift_is_the_slope_of_what_cold_does_not_share() -> None:
    frames = np.arange(11)
    film = 3 * np.sin(frames)  # some frames are harder for everyone
    curves = [curve("cold", {2: list(10 + film), 80: list(20 + film)}),
              curve("previous", {2: list(21 + film - 0.1 * frames), 10: list(20 + film)})]
    cold, warm = verdicts_of(curves, ["cold", "previous"])
    assert warm.drift[2].median == pytest.approx(-1.0) and warm.drift[10].median == pytest.approx(0, abs=1e-9)
    assert not cold.drift


def test_speed_up_by_frame_finds_the_frame_that_is_hard_to_follow() -> None:
    curves = [curve("cold", {5: [10, 10, 10], 80: [20, 20, 20]}),
              curve("previous", {2: [20, 12, 19], 40: [20, 18, 20 - CLOSE / 2]})]
    _, warm = verdicts_of(curves, ["cold", "previous"])
    assert warm.by_frame == (40, None, 2)


def test_what_a_cut_costs_is_told_frame_by_frame() -> None:
    curves = [curve("cold", {10: [15] * 6, 80: [20] * 6}),
              curve("previous", {10: [21, 21, 14, 18, 20, 20], 40: [21, 21, 20, 20, 20, 20]})]
    cold, warm = verdicts_of(curves, ["cold", "previous"], cut=3)  # the first frame is on no curve
    assert warm.at_cut.steps == 10 and warm.at_cut.before == pytest.approx(1)
    assert warm.at_cut.after == pytest.approx((-6, -2, 0)) and warm.at_cut.reached == 40
    assert cold.at_cut.after[0] == pytest.approx(-5) and cold.at_cut.reached == 80


@pytest.mark.parametrize("change, error, sentence", [
    ({"mask": None}, OptionError, "give --mask"),
    ({"policies": "yesterday"}, OptionError, "no warm start called"),
    ({"policies": "cold,average:decay=2"}, OptionError, "decay is from 0 to 1"),
    ({"steps": 3}, OptionError, "say how many with cold_steps"),
    ({"rungs": "two"}, OptionError, "numbers of steps, as in 2,5,10; got 'two'"),
    ({"cut": True}, OptionError, "no cut of the clip has holes on both sides"),
    ({"truth": "small"}, MaskMismatch, "give a truth of the clip's size"),
])
def test_a_mistake_is_named(files: tuple[str, str, str], tmp_path: Path, change: dict, error: type,
                            sentence: str) -> None:
    clip, clean, mask = files
    if change.get("truth"):
        change["truth"] = str(write_video(tmp_path / "small.mp4", panned(10, size=(64, 64))))
    with pytest.raises(error, match=sentence):
        measure_warm_start(clip, WarmStartOptions(**{"mask": mask, "truth": clean, **QUICK, **change}))
