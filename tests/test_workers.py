"""Whole films restored by workers that are ended in every way: the bytes of a run in this process, nothing left."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from test_executors import is_worker, wait_until, wait_until_gone, workers_below
from test_jobs import LENGTH, PARTS, film  # noqa: F401

from dipvideo import inpaint
from dipvideo.errors import JobBusy, NotRestored, OptionError, WorkerLost
from dipvideo.executors import Local
from dipvideo.executors.cluster import FOLDER
from dipvideo.executors.slots import ATTEMPTS
from dipvideo.jobs import state_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and /proc of Linux")
SLOW = {"device": "cpu", "network": "taper:widths=8", "first_steps": 12, "steps": 4, "borrow": False, "draw": "always"}
DRIVE = """
import sys
from dipvideo import plan
from dipvideo.cli import main
if __name__ == "__main__":
    plan.MAX_STRETCH = int(sys.argv.pop(1))
    sys.exit(main())
"""


@pytest.fixture(params=["processes", "ray"])
def workers(request) -> list[str]:
    """What a command says to have two workers."""
    if request.param == "processes":
        return ["--workers", "2"]
    return ["--workers", "2", "--address", request.getfixturevalue("cluster").address]


@pytest.fixture(scope="module")
def known() -> dict[bytes, str]:
    """What `expected` is of a film, once one test has found out: as a rule their films are all alike."""
    return {}


@pytest.fixture
def expected(film: dict, known: dict[bytes, str]) -> str:  # noqa: F811
    source = Path(film["source"]).read_bytes()
    if source not in known:
        known[source] = restored(film)
        film["output"].unlink()
    return known[source]


def restored(film: dict, **options) -> str:  # noqa: F811
    """The fingerprint of what a run in this process writes."""
    inpaint(film["source"], film["output"], mask=film["mask"], smart_render=False, **SLOW, **options)
    return fingerprint(film)


def fingerprint(film: dict) -> str:  # noqa: F811
    return hashlib.sha256(film["output"].read_bytes()).hexdigest()


def listing(film: dict) -> list[str]:  # noqa: F811
    return sorted(path.name for path in film["folder"].rglob("*"))


@contextmanager
def driven(film: dict, *more: str) -> Iterator[subprocess.Popen]:  # noqa: F811
    """The same run as a command of its own."""
    said = [word for name, value in SLOW.items() if not isinstance(value, bool)
            for word in (f"--{name.replace('_', '-')}", str(value))]
    script = film["folder"].parent / "drive.py"
    script.write_text(DRIVE)
    command = [sys.executable, script, str(LENGTH), "inpaint", film["source"], "--mask", film["mask"], "-o",
               film["output"], "--no-smart-render", "--no-borrow", *said, *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}) as running:
        try:
            yield running
        finally:
            running.kill()


def finished(film: dict) -> int:  # noqa: F811
    state = state_of(film["job"])
    return state.done if state else 0


def busy_workers(film: dict, running: subprocess.Popen) -> list[int]:  # noqa: F811
    """Both workers, once each is in the midst of a stretch."""
    wait_until(lambda: finished(film), running)
    return workers_below(os.getpid())


def test_workers_killed_at_their_work_cost_nothing_but_time(film: dict, expected: str, workers: list[str]) -> None:  # noqa: F811
    before = listing(film)
    with driven(film, *workers) as running:
        for worker in busy_workers(film, running):
            os.kill(worker, signal.SIGKILL)
        out, said = running.communicate(timeout=120)
        assert running.returncode == 0, said
    assert fingerprint(film) == expected
    assert "2 workers" in said and f"{PARTS * LENGTH} of {PARTS * LENGTH} frames restored" in said
    assert not out, "standard output may be the film's"
    film["output"].unlink()
    assert listing(film) == before


@pytest.mark.parametrize("sent, code", [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_driver_that_is_ended_leaves_no_worker_and_another_executor_goes_on(
        film: dict, expected: str, workers: list[str], sent: int, code: int) -> None:  # noqa: F811
    before = listing(film)
    with driven(film, *workers) as running:
        under_way = busy_workers(film, running)
        running.send_signal(sent)
        assert running.wait(20) == code
        assert sent == signal.SIGKILL or "the same command goes on from there" in running.stderr.read()
    wait_until_gone(under_way)
    assert under_way and not film["output"].exists() and 1 <= finished(film) < PARTS
    told: list = []
    assert restored(film, progress=told.append) == expected
    assert any(progress.stage == "resuming" for progress in told)
    film["output"].unlink()
    assert listing(film) == before


def test_a_second_interrupt_ends_it_at_once(film: dict, workers: list[str]) -> None:  # noqa: F811
    with driven(film, *workers) as running:
        under_way = busy_workers(film, running)
        for worker in under_way:
            os.kill(worker, signal.SIGSTOP)  # they do not heed the first, which waits for them
        running.send_signal(signal.SIGINT)
        time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
        for worker in under_way:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
    assert not film["output"].exists() and state_of(film["job"])


def test_a_cluster_begun_for_a_run_talks_to_this_machine_alone_and_ends_with_its_driver(
        film: dict, cluster) -> None:  # noqa: F811
    with driven(film, "--executor", "ray", "--workers", "2") as running:
        busy_workers(film, running)
        begun = below(running.pid)
        assert sum(map(is_worker, begun)) == 2
        heard = addresses_of([running.pid, *begun])
        assert heard and heard <= {"0100007F", "0000000000000000FFFF00000100007F"}, "127.0.0.1, and its long form"
        scratch = Path(tempfile.gettempdir(), f"{FOLDER}{running.pid}")
        assert scratch.is_dir()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
    wait_until(lambda: not any(map(lives, begun)), seconds=20)
    assert not scratch.exists()


def lives(process: int) -> bool:
    with suppress(OSError):
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())  # one that only waits to be reaped has none
    return False


def below(process: int) -> list[int]:
    """All that a process has begun, directly or not."""
    found = [process]
    for each in found:
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += [int(word) for word in (task / "children").read_text().split()]
    return found[1:]


def addresses_of(processes: list[int]) -> set[str]:
    """What they listen to, as /proc/net says it."""
    sockets = set()
    for process in processes:
        with suppress(OSError):
            for handle in Path(f"/proc/{process}/fd").iterdir():
                with suppress(OSError):
                    sockets.add(os.readlink(handle))
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


def test_parts_done_at_once_in_one_folder_make_the_film_that_one_run_makes(film: dict, expected: str,  # noqa: F811
                                                                           workers: list[str]) -> None:
    before = listing(film)
    with driven(film, "--part", "1/2") as one, driven(film, "--part", "2/2", *workers) as two:
        wait_until(lambda: finished(film), two)
        assert state_of(film["job"]).running
        with pytest.raises(JobBusy):
            restored(film)
        for running in (one, two):
            said = running.communicate(timeout=120)[1]
            assert running.returncode == 0 and "the same command without --part joins" in said, said
    state = state_of(film["job"])
    assert (state.done, state.running, film["output"].exists()) == (PARTS, False, False)
    assert restored(film) == expected
    film["output"].unlink()
    assert listing(film) == before


@pytest.mark.parametrize("options, says", [({"part": "3/2"}, "A part is told as 3/8"),
                                           ({"part": "half"}, "A part is told as 3/8"),
                                           ({"part": "1/2", "resume": False}, "may not give up"),
                                           ({"executor": "local", "workers": 2}, "local is one worker"),
                                           ({"executor": "local", "address": "auto"}, "--address names a Ray cluster"),
                                           ({"devices": "cpu", "address": "auto"}, "--address names a Ray cluster")])
def test_what_does_not_go_together_is_one_sentence(film: dict, options: dict, says: str) -> None:  # noqa: F811
    with pytest.raises(OptionError, match=says):
        inpaint(film["source"], mask=film["mask"], **options)


def test_a_part_that_was_given_up_is_done_by_the_run_that_joins(film: dict, expected: str) -> None:  # noqa: F811
    restored_part(film, "2/3")
    assert finished(film) == 1
    restored_part(film, "2/3")
    assert restored(film) == expected


def restored_part(film: dict, part: str) -> None:  # noqa: F811
    inpaint(film["source"], film["output"], mask=film["mask"], smart_render=False, **SLOW, part=part)


def test_a_stretch_that_always_kills_its_worker_is_named_and_the_others_are_kept(film: dict,  # noqa: F811
                                                                                 monkeypatch) -> None:
    class Lost:
        workers = 1

        def run(self, work, items, tell):
            for outcome in Local().run(work, [item for item in items if item], tell):
                yield outcome
            yield type(outcome)(0, ATTEMPTS, WorkerLost("its worker died, 3 times"))

    monkeypatch.setattr("dipvideo.workers.Local", Lost)
    with pytest.raises(NotRestored, match=f"Frames 0 to {LENGTH - 1} could not be restored: its worker died, 3 times"):
        restored(film)
    assert finished(film) == PARTS - 1
