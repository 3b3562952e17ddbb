"""Work for machines that share no files with this one: the same bits from what is sent, when nothing else is there."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from conftest import HEIGHT, WIDTH, panned, texture, write_video
from PIL import Image
from test_jobs import LENGTH, QUICK, film  # noqa: F401

from dipvideo import flash, inpaint, io, plan
from dipvideo.errors import ClusterMissing, ParcelTooSmall
from dipvideo.io import slices
from dipvideo.job import open_job
from dipvideo.parcel import unpack
from dipvideo.work import Work


class Kept(Exception):
    """Ends a run whose plan is all that is wanted."""


def worked(monkeypatch, run) -> Work:
    """The work that `run`, a command as a function, would hand to an executor."""
    found: list[Work] = []

    class Look:
        workers = 1

        def run(self, work, items, tell):
            found.append(work)
            work.brief  # noqa: B018 - read while it is there
            raise Kept

    with monkeypatch.context() as patched:
        patched.setattr("dipvideo.workers.Local", Look)
        patched.setattr("dipvideo.job._clear", lambda folder: None)
        with pytest.raises(Kept):
            run()
    return found[0]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != "receipt.json"}  # which says how long it took


def elsewhere(work: Work, number: int, folder: Path) -> dict[str, bytes]:
    """What is made of stretch `number` from its parcel alone, with none of the files there."""
    away = pickle.loads(pickle.dumps(work.away()))
    parcel = work.parcel(number, wide=False)
    hidden = folder.with_name(f"{folder.name}.hidden")
    folder.rename(hidden)
    try:
        made = away(number, parcel, "cpu", lambda done: None)
    finally:
        hidden.rename(folder)
    back = folder / f"back{number}"
    unpack(made, back)
    return contents(back)


def here(work: Work, number: int) -> dict[str, bytes]:
    work(number, 1, None, lambda done: None)
    return contents(work.bench.place(work.brief.stretches[number], 1))


@pytest.fixture
def away_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "away"
    folder.mkdir()
    return folder


def masks(count: int) -> list[np.ndarray]:
    pictures = []
    for index in range(count):
        mask = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        left = 16 if index // LENGTH % 2 else WIDTH - 40
        mask[40:50, left:left + 24] = 255
        pictures.append(mask)
    return pictures


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "mov"])
def test_a_stretch_of_a_film_is_restored_from_its_slice_alone(away_folder: Path, monkeypatch, suffix: str) -> None:
    monkeypatch.setattr(plan, "MAX_STRETCH", LENGTH)
    monkeypatch.setattr(slices, "BLOCK", 1 << 10)  # so that of this little film, too, a part is enough
    source = write_video(away_folder / f"film.{suffix}", panned(120), sound=True)
    mask = write_video(away_folder / "mask.mkv", [*masks(24), *[np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 72,
                                                  *masks(24)], codec="ffv1", pix_fmt="gray")
    work = worked(monkeypatch, lambda: inpaint(
        source, away_folder / f"out.{suffix}", mask=mask, save_mask=str(away_folder / "holes.mkv"), **QUICK))
    numbers = [n for n, stretch in enumerate(work.brief.stretches) if not stretch.copied]
    assert len(numbers) >= 3
    for number in (numbers[0], numbers[-1]):
        made = elsewhere(work, number, away_folder)
        assert len(made) == 3 and made == here(work, number)


def test_a_slice_is_what_is_needed_and_what_comes_before_only_if_it_is_asked_for(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(slices, "BLOCK", 1 << 10)
    # Frames so large that what is read ahead of them lies far behind in the file.
    path = write_video(tmp_path / "film.mkv", [texture(HEIGHT, WIDTH, n) for n in range(400)],
                       options={"crf": "0", "g": "12", "preset": "ultrafast"})
    source = io.open_source(path)
    source.look()
    expected = [frame.planes.luma.copy() for frame in source.frames(300, 310)]
    few, wide = (io.slice_of(source, [(300, 310)], wide=wide) for wide in (False, True))
    assert len(pickle.dumps(few)) < 0.6 * len(pickle.dumps(wide)) < 0.6 * path.stat().st_size
    for part in (few, wide):
        found = list(pickle.loads(pickle.dumps(part)).laid(source, tmp_path / "none").frames(300, 310))
        assert len(found) == len(expected) and all(
            np.array_equal(frame.planes.luma, one) for frame, one in zip(found, expected, strict=True))
    with pytest.raises(ParcelTooSmall):
        list(few.laid(source, tmp_path / "none").frames(0, 180))


def test_pictures_and_what_a_task_reads_besides_go_along(away_folder: Path, monkeypatch) -> None:
    for name, seed in (("with", 0), ("without", 1)):
        folder = away_folder / name
        folder.mkdir()
        for index, picture in enumerate(panned(3, seed=seed)):
            Image.fromarray(picture).save(folder / f"{index}.png")
    quick = {"device": "cpu", "first_steps": 2, "steps": 1}
    work = worked(monkeypatch, lambda: flash(away_folder / "with", away_folder / "out",
                                             no_flash=away_folder / "without", **quick))
    made = elsewhere(work, 0, away_folder)
    assert len(made) == len([*work.brief.stretches[0].chunks]) * 3 and made == here(work, 0)


def test_a_picture_without_a_hole_amid_others_goes_along_too(away_folder: Path, monkeypatch) -> None:
    frames, holes = away_folder / "frames", away_folder / "holes"
    for folder, pictures in ((frames, panned(3)), (holes, masks(3))):
        folder.mkdir()
        for index, picture in enumerate(pictures):
            Image.fromarray(picture * (folder == frames or index != 1)).save(folder / f"{index}.png")
    work = worked(monkeypatch, lambda: inpaint(frames, away_folder / "out", mask=holes, **QUICK))
    made = elsewhere(work, 0, away_folder)
    assert len(made) == 3 and made == here(work, 0)


def test_a_worker_whose_bits_would_differ_says_so(film: dict, monkeypatch) -> None:  # noqa: F811
    work = worked(monkeypatch, lambda: inpaint(film["source"], film["output"], mask=film["mask"], smart_render=False,
                                               **QUICK))
    away = work.away()
    monkeypatch.setattr("dipvideo.identity._code", lambda: "another")
    with pytest.raises(ClusterMissing, match="the code of dipvideo is not this machine's"):
        away(0, work.parcel(0, wide=False), "cpu", lambda done: None)


@pytest.mark.parametrize("way", ["here", "elsewhere"])
def test_a_first_attempt_that_comes_late_changes_nothing(film: dict, monkeypatch, way: str) -> None:  # noqa: F811
    work = worked(monkeypatch, lambda: inpaint(film["source"], film["output"], mask=film["mask"], smart_render=False,
                                               **QUICK))
    stretch = work.brief.stretches[0]
    made = work.away()(0, work.parcel(0, wide=False), "cpu", lambda done: None)
    with pytest.raises(Kept), open_job(film["job"]) as job:
        object.__setattr__(work, "bench", job.bench)
        job.keep(work.brief, {piece: 1.0 for piece in work.brief.stretches}, {})
        work.receive(0, 2, made)
        job.commit(stretch, 2)
        first = {path: path.stat().st_mtime_ns for path in job.place(stretch).rglob("*")}
        if way == "here":
            work(0, 1, None, lambda done: None)
        else:
            work.receive(0, 1, made)
        job.commit(stretch, 1)
        assert {path: path.stat().st_mtime_ns for path in job.place(stretch).rglob("*")} == first
        assert [path.name for path in job.place(stretch).parent.iterdir()] == [job.place(stretch).name]
        raise Kept
