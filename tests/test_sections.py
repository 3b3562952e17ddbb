"""A film that is looked through in sections, by however many processes, has the captions of one that is not."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import captioned, panned, write_video

from dipvideo import captions, detect, io, remove_subtitles
from dipvideo.captions import Captions
from dipvideo.captions import sections as rooms
from dipvideo.captions.options import DetectOptions
from dipvideo.captions.sections import Search, sections
from dipvideo.cli import main
from dipvideo.errors import DipvideoError, DiskFull, Unreadable
from dipvideo.machine import sharing
from dipvideo.progress import Progress

SIZE, FRAMES, LONG = (120, 200), 320, 80
# One across the first edge, one that ends at the second, another that begins there, one across the third.
SHOWN = {(40, 98): "Hello you", (112, 160): "Good day", (160, 205): "What now", (222, 300): "So it ends"}
FAST = DetectOptions(detector="strokes")


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """Two shots of a moving camera, a cut in the midst of the second caption."""
    night = [picture // 3 for picture in panned(FRAMES - 130, speed=2, size=SIZE, seed=1)]
    pictures = panned(130, speed=2, size=SIZE) + night
    for (start, stop), text in SHOWN.items():
        pictures, _ = captioned(pictures, start, stop, text)
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", pictures)


def opened(path: Path) -> io.Source:
    source = io.open_source(path)
    source.look(lambda done, total: None)
    return source


def found(path: Path, told: list[Progress] | None = None, cores: int = 1) -> Captions:
    with sharing(cores):
        return captions.find_captions(opened(path), FAST, (told if told is not None else []).append)


def in_words(found: Captions) -> tuple:
    return [(e.start, e.stop, e.box, e.hole.tobytes(), e.marked.tobytes()) for e in found.events], found.cuts


def test_sections_cover_the_film_evenly_and_follow_from_it_alone() -> None:
    for length in (1, 1023, 1024, 1025, 170_000):
        parts = sections(range(7, 7 + length))
        assert parts[0].start == 7 and parts[-1].stop == 7 + length
        assert all(one.stop == other.start for one, other in pairwise(parts))
        assert max(map(len, parts)) <= rooms.SECTION and max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("cores", [1, 2])
def test_captions_at_the_edges_of_sections_are_those_of_the_whole(film: Path, monkeypatch, cores: int) -> None:
    whole = found(film)
    assert [(e.start, e.stop) for e in whole.events] == list(SHOWN) and whole.cuts == (130,)
    monkeypatch.setattr(rooms, "SECTION", LONG)
    told: list[Progress] = []
    assert in_words(found(film, told, cores)) == in_words(whole)
    counts = [progress.done for progress in told]
    assert counts == sorted(counts) and counts[-1] == FRAMES == told[-1].total


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """The numbers of the frames that are looked at."""
    numbers: list[int] = []
    update = detect.CaptionFinder.update
    monkeypatch.setattr(detect.CaptionFinder, "update", lambda finder, frame, new_shot: (
        numbers.append(frame.index), update(finder, frame, new_shot)))
    return numbers


def test_what_stays_for_good_is_waited_for_no_longer_than_a_caption_lasts(tmp_path: Path, read: list[int]) -> None:
    pictures, _ = captioned(panned(600, speed=1, size=SIZE), 20, 600, "Channel")
    source = opened(write_video(tmp_path / "logo.mp4", pictures))
    search = Search(source, (range(60), range(60, 600)), source.info.box, "strokes", tmp_path)
    search(0, 1, None, lambda done: None)
    assert 15 * 25 < len(read) < 15 * 25 + 150 and not search.take(0, 1).events


def test_where_nothing_is_on_screen_a_section_reads_little_of_the_next(tmp_path: Path, read: list[int]) -> None:
    source = opened(write_video(tmp_path / "bare.mp4", panned(400, size=(64, 96))))
    search = Search(source, (range(100), range(100, 200), range(200, 400)), source.info.box, "strokes", tmp_path)
    search(1, 1, None, lambda done: None)
    assert 30 < read[0] < 100 and 200 < read[-1] < 300


def test_damage_that_a_process_meets_is_told(film: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(rooms, "SECTION", LONG)
    hurt, samples = tmp_path / "hurt.mp4", bytearray(film.read_bytes())
    middle = len(samples) // 2
    samples[middle:middle + 3000] = np.random.default_rng(0).integers(256, size=3000, dtype=np.uint8).tobytes()
    hurt.write_bytes(samples)
    together, alone = opened(hurt), opened(hurt)
    with sharing(2):
        captions.find_captions(together, FAST)
    captions.find_captions(alone, FAST, processes=1)
    assert together.damage and together.damage == alone.damage


def test_a_script_needs_no_guard_to_begin_processes(film: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"""
from dipvideo import io, captions
from dipvideo.captions import sections
from dipvideo.captions.options import DetectOptions
sections.SECTION = {LONG}
source = io.open_source({str(film)!r})
source.look(lambda done, total: None)
print(len(captions.find_captions(source, DetectOptions(detector="strokes")).events), "captions")
""")
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120,
                         env={**os.environ, "OMP_NUM_THREADS": "2"})
    assert (ran.stdout, ran.returncode) == (f"{len(SHOWN)} captions\n", 0), ran.stderr


def test_a_film_of_which_nothing_decodes_is_told(film: Path, monkeypatch) -> None:
    monkeypatch.setattr(rooms, "with_shots", lambda source, span: iter(()))
    with pytest.raises(Unreadable, match="can be decoded"):
        found(film)


def test_a_full_disk_where_findings_are_kept_is_told(film: Path, monkeypatch) -> None:
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rooms.pickle, "dumps", full)
    with pytest.raises(DipvideoError, match="room"):
        found(film)


def test_no_more_processes_look_than_there_are_cores_whatever_a_cluster_has(film: Path, monkeypatch) -> None:
    monkeypatch.setattr(rooms, "SECTION", LONG)
    monkeypatch.setattr("dipvideo.captions.find.Processes", lambda *_: pytest.fail("there is one core"))
    assert len(captions.find_captions(opened(film), FAST, processes=100).events) == len(SHOWN)


class Cut:
    """A run of remove-subtitles, of four sections, that can be stopped while it looks."""

    def __init__(self, film: Path, folder: Path, monkeypatch):
        self.film, self.output, self.job = film, folder / "out.mp4", folder / "out.mp4.job"
        self.looked: list[int] = []
        monkeypatch.setattr(rooms, "SECTION", LONG)
        look = Search._found

        def counted(search: Search, section: range, tell) -> rooms.Found:
            self.looked.append(section.start // LONG)
            return look(search, section, tell)

        monkeypatch.setattr(Search, "_found", counted)

    def run(self, stop_after: int = FRAMES, **options) -> bytes:
        """The film's bytes; interrupted once so many frames were looked through."""
        self.looked.clear()

        def hear(progress: Progress) -> None:
            if progress.stage == "looking for captions" and progress.done > stop_after:
                raise KeyboardInterrupt

        remove_subtitles(self.film, self.output, progress=hear, overwrite=True, smart_render=False,
                         **{"detector": "strokes", "executor": "local", "draw": "never", **options})
        return self.output.read_bytes()

    def stopped(self) -> BaseException:
        with pytest.raises(KeyboardInterrupt) as raised:
            self.run(2 * LONG + 10)
        return raised.value


def test_a_run_that_is_stopped_while_it_looks_goes_on_looking_there(film: Path, tmp_path: Path, monkeypatch,
                                                                    capsys) -> None:
    cut = Cut(film, tmp_path, monkeypatch)
    expected = cut.run()
    assert cut.looked == [0, 1, 2, 3] and not cut.job.exists()
    assert any("looked through is kept" in note for note in cut.stopped().__notes__)
    assert main(["jobs", str(tmp_path)]) == 0 and "stopped, while it was looked through" in capsys.readouterr().out
    assert cut.run() == expected and cut.looked == [2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize("change", [{"region": "bottom"}, {"resume": False}])
def test_what_another_run_found_is_not_taken(film: Path, tmp_path: Path, monkeypatch, change: dict) -> None:
    cut = Cut(film, tmp_path, monkeypatch)
    cut.stopped()
    cut.run(**change)
    assert cut.looked == [0, 1, 2, 3] and not cut.job.exists()


def test_what_a_run_found_that_was_stopped_while_it_looked_can_be_removed(film: Path, tmp_path: Path, monkeypatch,
                                                                          capsys) -> None:
    cut = Cut(film, tmp_path, monkeypatch)
    cut.stopped()
    assert main(["jobs", str(tmp_path), "--clean"]) == 0 and "removed" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_while_it_looks_costs_no_more_than_a_section(film: Path, tmp_path: Path, monkeypatch) -> None:
    cut = Cut(film, tmp_path, monkeypatch)
    place = Search._place

    def full(search: Search, number: int, attempt: int | None = None) -> Path:
        if number == 2 and attempt:
            raise OSError(errno.ENOSPC, "No space left on device")
        return place(search, number, attempt)

    with monkeypatch.context() as patched:
        patched.setattr(Search, "_place", full)
        with pytest.raises(DiskFull, match="Free some room") as raised:
            cut.run()
    assert any("looked through is kept" in note for note in raised.value.__notes__)
    cut.run()
    assert cut.looked == [2, 3]


def test_a_run_that_is_killed_while_it_looks_leaves_what_it_found_and_no_scrap(film: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"""
import os, sys
from dipvideo import remove_subtitles
from dipvideo.captions import sections
sections.SECTION = {LONG}
def hear(progress):
    if sys.argv[1] == "die" and progress.stage == "looking for captions" and progress.done > {2 * LONG + 10}:
        os.kill(os.getpid(), 9)
    if progress.stage == "looking for captions":
        print(progress.done)
remove_subtitles({str(film)!r}, {str(tmp_path / "out.mp4")!r}, detector="strokes", executor="local", draw="never",
                 progress=hear)
""")
    scraps = tmp_path / "scraps"
    scraps.mkdir()
    ends = [subprocess.run([sys.executable, script, word], capture_output=True, text=True, timeout=120,
                           env={**os.environ, "TMPDIR": str(scraps)}) for word in ("die", "live")]
    assert ends[0].returncode == -9 and ends[1].returncode == 0, ends[1].stderr
    assert int(ends[1].stdout.split()[0]) == LONG and int(ends[1].stdout.split()[1]) == 2 * LONG
    assert not list(scraps.iterdir()) and (tmp_path / "out.mp4").exists() and not (tmp_path / "out.mp4.job").exists()
