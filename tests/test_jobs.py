"""A run that is stopped costs what was under way, and nothing else: not a bit of the film, not a file left over."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import HEIGHT, WIDTH, panned, write_video

from dipvideo import inpaint, job, plan, remove_subtitles, room, stretch, work
from dipvideo.cli import main
from dipvideo.errors import DiskFull, JobBusy, JobDiffers, NotRestored
from dipvideo.job import open_job
from dipvideo.jobs import jobs_in, state_of

PARTS, LENGTH = 4, 6  # holes that lie far apart, and the frames that each is there
QUICK = {"device": "cpu", "network": "taper:widths=8", "first_steps": 2, "steps": 1, "borrow": False, "draw": "always"}


@pytest.fixture
def film(tmp_path: Path, monkeypatch) -> dict:
    """A film and a mask, restored in as many stretches as there are parts."""
    monkeypatch.setattr(plan, "MAX_STRETCH", LENGTH)
    masks = []
    for index in range(PARTS * LENGTH):
        mask = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        left = 16 if index // LENGTH % 2 else WIDTH - 40
        mask[40:50, left:left + 24] = 255
        masks.append(mask)
    return {"source": str(write_video(tmp_path / "film.mp4", panned(PARTS * LENGTH), sound=True)),
            "mask": str(write_video(tmp_path / "mask.mkv", masks, codec="ffv1", pix_fmt="gray")),
            "output": tmp_path / "out.mp4", "job": tmp_path / "out.mp4.job", "folder": tmp_path}


def run(film: dict, **options):
    """The summary of a whole run, and the fingerprints of all that it wrote."""
    written = {"save_mask": film["folder"] / "holes.mkv", "provenance": film["folder"] / "from.mov"}
    summary = inpaint(film["source"], film["output"], mask=film["mask"], overwrite=True, smart_render=False,
                      **{name: str(path) for name, path in written.items()}, **{**QUICK, **options})
    return summary, [hashlib.sha256(path.read_bytes()).hexdigest() for path in (film["output"], *written.values())]


class Stop:
    """Restores so many stretches, and then does what it is told."""

    def __init__(self, monkeypatch, after: int, error: BaseException | None = None):
        self.restored: list[int] = []
        real = work.restore_stretch

        def restore(brief, piece, folder, tell):
            if len(self.restored) == after and error:
                (folder / "half").write_bytes(b"written")
                raise error
            self.restored.append(piece.start)
            real(brief, piece, folder, tell)

        monkeypatch.setattr(work, "restore_stretch", restore)


def interrupted(film: dict, monkeypatch, after: int = 2, error: type[BaseException] = KeyboardInterrupt, **options):
    """Run until so many stretches are finished; what was raised."""
    with monkeypatch.context() as patched:
        Stop(patched, after, error())
        with pytest.raises(error) as raised:
            run(film, **options)
    return raised


def test_a_stopped_run_goes_on_where_it_stopped_and_gives_the_same_bits(film: dict, monkeypatch) -> None:
    whole, expected = run(film)
    assert whole.touched == PARTS * LENGTH
    before = sorted(path.name for path in film["folder"].iterdir())
    raised = interrupted(film, monkeypatch, 3)
    assert any("of the work are kept" in note for note in raised.value.__notes__)
    told, again = [], Stop(monkeypatch, PARTS)
    summary, made = run_told(film, told)
    assert len(again.restored) == PARTS - 3
    assert made == expected and (summary.touched, summary.steps) == (whole.touched, whole.steps)
    assert [p.note for p in told if p.stage == "resuming"] == [
        f"Going on from {str(film['job'])!r}: {3 * LENGTH} of {PARTS * LENGTH} frames are restored."]
    assert sorted(path.name for path in film["folder"].iterdir()) == before


def run_told(film: dict, told: list, **options):
    return run(film, progress=told.append, **options)


def test_the_analysis_is_not_repeated(film: dict, monkeypatch) -> None:
    interrupted(film, monkeypatch, 0)
    assert state_of(film["job"]).done == 0
    monkeypatch.setattr("dipvideo.tasks.inpaint.Inpaint.plan", lambda *_: pytest.fail("it was planned again"))
    run(film)


def test_captions_keep_their_texts_and_are_not_looked_for_again(film: dict, monkeypatch) -> None:
    from conftest import captioned

    burned, _ = captioned(panned(40), 6, 34)
    write_video(film["folder"] / "film.mp4", burned)
    texts = film["folder"] / "film.srt"

    def remove():
        remove_subtitles(film["source"], film["output"], srt=str(texts), detector="strokes", **QUICK)

    with monkeypatch.context() as patched:
        Stop(patched, 0, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            remove()
    assert not texts.exists(), "what is left of a stopped run would stand in the next one's way"
    monkeypatch.setattr("dipvideo.captions.find_captions", lambda *_: pytest.fail("captions were looked for again"))
    remove()
    assert "-->" in texts.read_text()


@pytest.mark.parametrize("change, says", [({"crf": 30}, "--crf was None there and is 30 now"),
                                          ({"feather": 1.0}, "--feather was 2.0 there"),
                                          ({"input": 1}, "the input has changed since"),
                                          ({"mask": 1}, "mask.mkv' has changed since"),
                                          ({"code": 1}, "the code of dipvideo has changed since")])
def test_work_made_from_something_else_is_neither_mixed_nor_lost(film: dict, monkeypatch, change: dict,
                                                                 says: str) -> None:
    interrupted(film, monkeypatch)
    if "input" in change:
        write_video(Path(film["source"]), panned(PARTS * LENGTH, seed=1), sound=True)
    elif "mask" in change:
        line = np.eye(HEIGHT, WIDTH, dtype=np.uint8)[..., None].repeat(3, 2) * 255
        write_video(Path(film["mask"]), [line] * PARTS * LENGTH, codec="ffv1", pix_fmt="gray")
    elif "code" in change:
        monkeypatch.setattr("dipvideo.identity._code", lambda: "another")
    changed = {name: value for name, value in change.items() if name in QUICK or name in ("crf", "feather")}
    with pytest.raises(JobDiffers, match=says):
        run(film, **changed)
    assert state_of(film["job"]).done == 2
    counted = Stop(monkeypatch, PARTS + 1)
    _, made = run(film, resume=False, **changed)
    assert counted.restored and made == run(film, **changed)[1]


def test_options_that_change_nothing_in_the_film_do_not_keep_a_run_from_going_on(film: dict, monkeypatch) -> None:
    elsewhere = film["folder"] / "elsewhere"
    interrupted(film, monkeypatch, work_dir=str(film["job"]))
    shutil.move(film["job"], elsewhere)
    counted = Stop(monkeypatch, PARTS)
    run(film, work_dir=str(elsewhere))
    assert len(counted.restored) == PARTS - 2 and not elsewhere.exists()


def test_a_film_that_was_moved_is_still_that_film(film: dict, monkeypatch) -> None:
    interrupted(film, monkeypatch)
    film["source"] = shutil.move(film["source"], film["folder"] / "moved.mp4")
    counted = Stop(monkeypatch, PARTS)
    run(film)
    assert len(counted.restored) == PARTS - 2


def test_a_second_run_on_one_folder_is_refused_in_one_sentence(film: dict) -> None:
    with open_job(film["job"]), pytest.raises(JobBusy, match=r"Another run works in .*out.mp4.job"):
        run(film)
    assert run(film)[0].touched == PARTS * LENGTH


def test_a_stretch_that_cannot_be_restored_is_named_and_the_others_are_finished(film: dict, monkeypatch) -> None:
    real = stretch.restore_chunk

    def restore(task, source, chunk, *rest):
        if chunk.start == LENGTH:
            raise ZeroDivisionError("of all things")
        return real(task, source, chunk, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(stretch, "restore_chunk", restore)
        with pytest.raises(NotRestored, match=rf"Frames {LENGTH} to {2 * LENGTH - 1} .*ZeroDivisionError: of all"):
            run(film)
    assert state_of(film["job"]).done == PARTS - 1
    assert "in restore_chunk" not in (film["job"] / "log.txt").read_text().splitlines()[0]
    assert "ZeroDivisionError" in (film["job"] / "log.txt").read_text()
    run(film)


def test_a_full_disk_is_said_and_what_was_done_is_kept(film: dict, monkeypatch) -> None:
    _, expected = run(film)
    full = lambda: OSError(28, "No space left on device")  # noqa: E731
    with monkeypatch.context() as patched:
        Stop(patched, 2, full())
        with pytest.raises(DiskFull, match="Free some room") as raised:
            run(film)
    assert "goes on from there" in raised.value.__notes__[0]
    with monkeypatch.context() as patched:  # and while it is joined
        patched.setattr("dipvideo.io.video.join", lambda *_, **__: (_ for _ in ()).throw(full()))
        with pytest.raises(DiskFull):
            run(film)
    assert state_of(film["job"]).done == PARTS
    assert run(film)[1] == expected


def test_every_step_is_a_sign_that_the_work_gets_on(film: dict, monkeypatch) -> None:
    real, signs = work.restore_stretch, []
    monkeypatch.setattr(work, "restore_stretch", lambda brief, piece, folder, tell: real(
        brief, piece, folder, lambda done: signs.append(tell(done))))
    assert len(signs) == 0 and run(film, first_steps=16, steps=12)[0].steps < len(signs)


def test_an_error_before_anything_is_finished_leaves_nothing(film: dict, monkeypatch) -> None:
    before = sorted(path.name for path in film["folder"].iterdir())
    interrupted(film, monkeypatch, 0, MemoryError)
    assert sorted(path.name for path in film["folder"].iterdir()) == before


def test_what_a_killed_run_left_half_written_is_not_taken(film: dict, monkeypatch) -> None:
    _, expected = run(film)
    interrupted(film, monkeypatch)
    half, = (film["job"] / "stretches").glob(".*")
    assert (half / "half").exists()
    assert run(film)[1] == expected


def test_the_first_of_two_attempts_wins(film: dict, monkeypatch) -> None:
    interrupted(film, monkeypatch)
    with pytest.raises(KeyboardInterrupt), open_job(film["job"]) as here:
        brief = here.bench.brief()
        here.keep(brief, {piece: 1.0 for piece in brief.stretches}, {})
        late = next(iter(here.receipts))
        taken = sorted(here.place(late).rglob("*"))
        here.bench.place(late, 2).mkdir()
        here.commit(late, 2)
        assert sorted(here.place(late).rglob("*")) == taken and not here.bench.place(late, 2).exists()
        raise KeyboardInterrupt


def test_pictures_go_on_too(film: dict, monkeypatch) -> None:
    from PIL import Image

    frames = film["folder"] / "frames"
    frames.mkdir()
    for index, picture in enumerate(panned(PARTS * LENGTH)):
        Image.fromarray(picture).save(frames / f"{index:03}.png")

    def fill(output: str) -> list[bytes]:
        inpaint(frames, film["folder"] / output, mask=film["mask"], **QUICK)
        return [path.read_bytes() for path in sorted((film["folder"] / output).iterdir())]

    expected = fill("one")
    with monkeypatch.context() as patched:
        Stop(patched, 2, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            fill("two")
    assert fill("two") == expected and len(expected) == PARTS * LENGTH
    assert not (film["folder"] / "two.job").exists()


def test_a_folder_with_other_things_in_it_keeps_them(film: dict) -> None:
    film["job"].mkdir()
    (film["job"] / "letters.txt").write_text("mine")
    run(film)
    assert [path.name for path in film["job"].iterdir()] == ["letters.txt"]


def test_jobs_are_listed_with_what_is_left_and_cleaned_but_for_those_that_run(film: dict, monkeypatch, capsys) -> None:
    interrupted(film, monkeypatch)
    assert main(["jobs", str(film["folder"])]) == 0
    line, = capsys.readouterr().out.splitlines()
    assert "out.mp4.job" in line and "stopped" in line and f"2 of {PARTS} parts" in line and "50 %" in line
    with pytest.raises(KeyboardInterrupt), open_job(film["job"]):
        assert jobs_in(film["job"])[0].running
        assert main(["jobs", str(film["folder"]), "--clean"]) == 0
        assert "running" in capsys.readouterr().out and state_of(film["job"])
        raise KeyboardInterrupt
    assert main(["jobs", str(film["job"]), "--clean"]) == 0
    assert not film["job"].exists() and "removed" in capsys.readouterr().out
    assert main(["jobs", str(film["folder"])]) == 0
    assert capsys.readouterr().out.startswith("No jobs in")


def test_a_manifest_says_what_the_result_depends_on(film: dict, monkeypatch) -> None:
    interrupted(film, monkeypatch)
    said = json.loads((film["job"] / "manifest.json").read_text())
    assert {"the input", "--crf", "torch", "device", "the code of dipvideo"} <= said["made_from"].keys()
    assert not {"--work-dir", "--overwrite", "--resume"} & said["made_from"].keys()
    assert len(said["costs"]) == PARTS


def test_room_is_looked_for_before_any_work(film: dict, monkeypatch) -> None:
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**6, 10**6, 1000))
    counted = Stop(monkeypatch, 0, None)
    with pytest.raises(DiskFull, match=r"are free in .* takes about"):
        run(film)
    assert not counted.restored and not film["job"].exists()
    assert job.SUFFIX == ".job"
