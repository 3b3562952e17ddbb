"""One contract for every executor: each item ends once, whatever becomes of the workers."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import torch
from errands import Errand
from test_jobs import LENGTH, PARTS, film  # noqa: F401

from dipvideo import engine, inpaint
from dipvideo.errors import DeviceMissing, NotRestored, OptionError, WorkerLost
from dipvideo.executors import Local, Processes
from dipvideo.executors.processes import ATTEMPTS
from dipvideo.jobs import state_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and /proc of Linux")
SLOW = {"device": "cpu", "network": "taper:widths=8", "first_steps": 24, "steps": 8, "borrow": False, "draw": "always"}
DRIVE = """
import sys
from dipvideo import plan
from dipvideo.cli import main
if __name__ == "__main__":
    plan.MAX_STRETCH = int(sys.argv.pop(1))
    sys.exit(main())
"""


def outcomes(executor, folder: Path, acts: dict[int, str], items: int = 5) -> dict[int, Exception | None]:
    ended = [(outcome.item, outcome.error) for outcome in
             executor.run(Errand(folder, acts), range(items), lambda item, done: None)]
    assert len(ended) == items, "every item ends once"
    return dict(ended)


def attempts(folder: Path, item: int) -> int:
    return len(list(folder.glob(f"{item}.*")))


@pytest.mark.parametrize("executor", [Local(), Processes(["a", "b"])], ids=["local", "processes"])
def test_an_item_that_raises_ends_and_the_others_are_done(tmp_path: Path, executor) -> None:
    ended = outcomes(executor, tmp_path, {1: "raise"})
    assert isinstance(ended.pop(1), ValueError) and set(ended.values()) == {None}
    assert all(attempts(tmp_path, item) == 1 for item in range(5)), "what raises once would raise again"


def test_workers_that_die_or_stand_still_cost_one_attempt_and_are_given_up_in_the_end(tmp_path: Path) -> None:
    executor = Processes(["a", "b", "c"], stall_seconds=5)
    ended = outcomes(executor, tmp_path, {0: "die", 2: "die once", 3: "stand still"})
    lost = ended.pop(0)
    assert isinstance(lost, WorkerLost) and f"died {ATTEMPTS} times" in str(lost)
    assert set(ended.values()) == {None}
    assert [attempts(tmp_path, item) for item in range(5)] == [ATTEMPTS, 1, 2, 2, 1]
    assert len({path.suffix for path in tmp_path.iterdir()}) > 1, "the items went to several devices"


def test_leaving_the_loop_kills_what_is_under_way(tmp_path: Path) -> None:
    running = Processes(["a", "b"]).run(Errand(tmp_path, {1: "stand still"}), range(2), lambda item, done: None)
    assert next(running).item == 0
    deadline = time.monotonic() + 30
    while not attempts(tmp_path, 1):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert children(os.getpid())
    running.close()
    assert not children(os.getpid())


ALONE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from errands import Errand
from dipvideo.executors import Processes
if __name__ == "__main__":
    list(Processes(["a", "b"]).run(Errand(Path(sys.argv[2]), dict.fromkeys(range(2), "take long")), range(2), print))
"""


def test_workers_end_with_their_driver_whatever_they_are_at(tmp_path: Path) -> None:
    script, folder = tmp_path / "alone.py", tmp_path / "done"
    script.write_text(ALONE)
    folder.mkdir()
    with subprocess.Popen([sys.executable, script, Path(__file__).parent, folder],
                          stdout=subprocess.DEVNULL) as driver:
        wait_for(lambda: len(list(folder.iterdir())) == 2, driver)
        workers = children(driver.pid)
        driver.kill()
    assert len(workers) == 2
    wait_until_gone(workers)


def wait_until_gone(workers: list[int]) -> None:
    deadline = time.monotonic() + 20
    while any(b"spawn_main" in command_of(worker) for worker in workers):
        assert time.monotonic() < deadline, "workers outlive their driver"
        time.sleep(0.05)


def test_workers_take_devices_in_turn() -> None:
    assert engine.slots("cpu", None, None) == ["cpu"] and engine.slots("auto", None, 3) == ["auto"] * 3
    assert engine.slots("auto", "cpu", 2) == ["cpu", "cpu"]
    with pytest.raises(DeviceMissing):
        engine.slots("auto", "cpu,abacus", None)


@pytest.mark.needs_cuda
def test_every_gpu_has_a_worker_and_kinds_are_not_mixed() -> None:
    count = torch.cuda.device_count()
    assert engine.slots("auto", "cuda", 2 * count) == [f"cuda:{n}" for n in range(count)] * 2
    with pytest.raises(OptionError, match="several kinds"):
        engine.slots("auto", "cuda:0,cpu", None)


def test_local_is_one_worker(film: dict) -> None:  # noqa: F811
    with pytest.raises(OptionError, match="local is one worker"):
        inpaint(film["source"], mask=film["mask"], executor="local", workers=2)


def restored(film: dict, **options) -> str:  # noqa: F811
    """The fingerprint of what a run in this process writes."""
    inpaint(film["source"], film["output"], mask=film["mask"], smart_render=False, **SLOW, **options)
    return hashlib.sha256(film["output"].read_bytes()).hexdigest()


def listing(film: dict) -> list[str]:  # noqa: F811
    return sorted(path.name for path in film["folder"].rglob("*"))


@contextmanager
def driven(film: dict, *more: str) -> Iterator[subprocess.Popen]:  # noqa: F811
    """The same run as a command of its own with two workers."""
    said = [word for name, value in SLOW.items() if not isinstance(value, bool)
            for word in (f"--{name.replace('_', '-')}", str(value))]
    script = film["folder"].parent / "drive.py"
    script.write_text(DRIVE)
    command = [sys.executable, script, str(LENGTH), "inpaint", film["source"], "--mask", film["mask"], "-o",
               film["output"], "--no-smart-render", "--no-borrow", "--workers", "2", *said, *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}) as running:
        try:
            yield running
        finally:
            running.kill()


def wait_for(what, running: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finished(film: dict) -> int:  # noqa: F811
    state = state_of(film["job"])
    return state.done if state else 0


def children(process: int) -> list[int]:
    """The processes that it began and that still work."""
    try:
        found = [int(word) for task in Path(f"/proc/{process}/task").iterdir()
                 for word in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []
    return [child for child in found if b"spawn_main" in command_of(child)]


def command_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@pytest.fixture
def expected(film: dict) -> str:  # noqa: F811
    whole = restored(film)
    film["output"].unlink()
    return whole


def test_a_worker_killed_at_its_work_costs_nothing_but_time(film: dict, expected: str) -> None:  # noqa: F811
    before = listing(film)
    with driven(film) as running:
        wait_for(lambda: list(film["job"].glob("stretches/.*")), running)
        os.kill(children(running.pid)[0], signal.SIGKILL)
        assert running.wait(120) == 0
        said = running.stderr.read()
    assert hashlib.sha256(film["output"].read_bytes()).hexdigest() == expected
    assert "2 workers" in said and f"{PARTS * LENGTH} of {PARTS * LENGTH} frames restored" in said
    film["output"].unlink()
    assert listing(film) == before


@pytest.mark.parametrize("sent, code", [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_driver_that_is_ended_leaves_no_worker_and_another_executor_goes_on(film: dict, expected: str,  # noqa: F811
                                                                              sent: int, code: int) -> None:
    before = listing(film)
    with driven(film) as running:
        wait_for(lambda: finished(film), running)
        workers = children(running.pid)
        running.send_signal(sent)
        assert running.wait(20) == code
        assert sent == signal.SIGKILL or "the same command goes on from there" in running.stderr.read()
    wait_until_gone(workers)
    assert workers and not film["output"].exists() and 1 <= finished(film) < PARTS
    told: list = []
    assert restored(film, progress=told.append) == expected
    assert any(progress.stage == "resuming" for progress in told)
    film["output"].unlink()
    assert listing(film) == before


def test_a_second_interrupt_ends_it_at_once(film: dict) -> None:  # noqa: F811
    with driven(film) as running:
        wait_for(lambda: list(film["job"].glob("stretches/.*")), running)
        workers = children(running.pid)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)  # they do not heed the first, which waits for them
        running.send_signal(signal.SIGINT)
        time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
    assert not film["output"].exists() and state_of(film["job"])


def test_a_stretch_that_always_kills_its_worker_is_named_and_the_others_are_kept(film: dict,  # noqa: F811
                                                                                 monkeypatch) -> None:
    class Lost:
        workers = 1

        def run(self, work, items, tell):
            for outcome in Local().run(work, [item for item in items if item], tell):
                yield outcome
            yield type(outcome)(0, ATTEMPTS, WorkerLost("its worker died 3 times"))

    monkeypatch.setattr("dipvideo.pipeline.Local", Lost)
    with pytest.raises(NotRestored, match=f"Frames 0 to {LENGTH - 1} could not be restored: its worker died 3 times"):
        restored(film)
    assert finished(film) == PARTS - 1
