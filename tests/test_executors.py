"""One contract for every executor: each item ends once, whatever becomes of the workers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from errands import Errand

from dipvideo import engine
from dipvideo.errors import ClusterMissing, DeviceMissing, OptionError, WorkerLost
from dipvideo.executors import Executor, Local, Processes, Ray
from dipvideo.executors.slots import ATTEMPTS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and /proc of Linux")
WORKER = (b"spawn_main", b"ray::_Worker")  # what their command lines hold


@pytest.fixture(params=["processes", "ray"])
def made(request) -> Callable[..., Executor]:
    """Makes an executor of so many workers."""
    if request.param == "processes":
        return lambda workers, **patience: Processes("abc"[:workers], **patience)
    cluster = request.getfixturevalue("cluster")
    return lambda workers, **patience: Ray(cluster.address, workers, "cpu", **patience)


def outcomes(executor: Executor, folder: Path, acts: dict[int, str], items: int = 5) -> dict[int, Exception | None]:
    ended = [(outcome.item, outcome.error) for outcome in
             executor.run(Errand(folder, acts), range(items), lambda item, done: None)]
    assert len(ended) == items, "every item ends once"
    return dict(ended)


def attempts(folder: Path, item: int) -> int:
    return len(list(folder.glob(f"{item}.*")))


def workers_below(process: int) -> list[int]:
    """The workers that a process, or one that it began, has begun and that still work."""
    found, looked = [process], 0
    while looked < len(found):
        with suppress(OSError):  # it has ended meanwhile
            for task in Path(f"/proc/{found[looked]}/task").iterdir():
                found += [int(word) for word in (task / "children").read_text().split()]
        looked += 1
    return [each for each in found[1:] if is_worker(each)]


def is_worker(process: int) -> bool:
    with suppress(OSError):
        return any(name in Path(f"/proc/{process}/cmdline").read_bytes() for name in WORKER)
    return False


def wait_until(what: Callable[[], object], running: subprocess.Popen | None = None, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert running is None or running.poll() is None, running.communicate()
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.02)


def wait_until_gone(workers: list[int]) -> None:
    wait_until(lambda: not any(map(is_worker, workers)), seconds=20)


def test_here_an_item_that_raises_ends_and_the_others_are_done(tmp_path: Path) -> None:
    ended = outcomes(Local(), tmp_path, {1: "raise"})
    assert isinstance(ended.pop(1), ValueError) and set(ended.values()) == {None}


def test_an_item_that_raises_ends_and_the_others_are_done(tmp_path: Path, made) -> None:
    ended = outcomes(made(2), tmp_path, {1: "raise"})
    raised = ended.pop(1)
    assert isinstance(raised, ValueError) and str(raised) == "item 1 is no good" and set(ended.values()) == {None}
    assert "errands.py" in str(raised.__cause__), "the log can say where it was raised"
    assert all(attempts(tmp_path, item) == 1 for item in range(5)), "what raises once would raise again"


def test_workers_that_die_or_stand_still_cost_one_attempt_and_are_given_up_in_the_end(tmp_path: Path, made) -> None:
    ended = outcomes(made(3, stall_seconds=5), tmp_path, {0: "die", 2: "die once", 3: "stand still"})
    lost = ended.pop(0)
    assert isinstance(lost, WorkerLost) and "died" in str(lost) and f"{ATTEMPTS} times" in str(lost)
    assert set(ended.values()) == {None}
    assert [attempts(tmp_path, item) for item in range(5)] == [ATTEMPTS, 1, 2, 2, 1]


def test_a_step_that_never_ends_is_noticed_and_many_short_ones_are_not_taken_for_it(tmp_path: Path, made) -> None:
    ended = outcomes(made(2, stuck_seconds=3), tmp_path, {0: "get stuck", 1: "get on"}, items=2)
    assert set(ended.values()) == {None}
    assert [attempts(tmp_path, item) for item in range(2)] == [2, 1]


def test_workers_take_devices_in_turn(tmp_path: Path) -> None:
    outcomes(Processes(["a", "b"]), tmp_path, {})
    assert {path.suffix for path in tmp_path.iterdir()} == {".a", ".b"}
    assert engine.slots("cpu", None, None) == ["cpu"] and engine.slots("auto", None, 3) == ["auto"] * 3
    assert engine.slots("auto", "cpu", 2) == ["cpu", "cpu"]
    with pytest.raises(DeviceMissing):
        engine.slots("auto", "cpu,abacus", None)


def test_leaving_the_loop_cancels_what_is_under_way(tmp_path: Path, made) -> None:
    workers: list[int] = []

    def tell(item: int, done: int) -> None:
        if attempts(tmp_path, 0) and attempts(tmp_path, 1):
            workers.extend(workers_below(os.getpid()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(made(2).run(Errand(tmp_path, {0: "take long", 1: "stand still"}), range(2), tell))
    assert len(workers) == 2
    wait_until_gone(workers)


ALONE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from errands import Errand
from dipvideo.executors import Processes, Ray
if __name__ == "__main__":
    executor = Ray(sys.argv[3], 2, "cpu") if sys.argv[3:] else Processes(["a", "b"])
    list(executor.run(Errand(Path(sys.argv[2]), dict.fromkeys(range(2), "take long")), range(2), print))
"""


@pytest.mark.parametrize("kind", ["processes", "ray"])
def test_workers_end_with_their_driver_whatever_they_are_at(tmp_path: Path, kind: str, request) -> None:
    address = [request.getfixturevalue("cluster").address] if kind == "ray" else []
    script, folder = tmp_path / "alone.py", tmp_path / "done"
    script.write_text(ALONE)
    folder.mkdir()
    with subprocess.Popen([sys.executable, script, Path(__file__).parent, folder, *address],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        wait_until(lambda: len(list(folder.iterdir())) == 2, driver)
        workers = workers_below(os.getpid())
        driver.kill()
    assert len(workers) == 2
    wait_until_gone(workers)


@pytest.mark.needs_cuda
def test_every_gpu_has_a_worker_and_kinds_are_not_mixed() -> None:
    count = torch.cuda.device_count()
    assert engine.slots("auto", "cuda", 2 * count) == [f"cuda:{n}" for n in range(count)] * 2
    with pytest.raises(OptionError, match="several kinds"):
        engine.slots("auto", "cuda:0,cpu", None)


def test_what_is_made_elsewhere_comes_back_and_what_needs_more_gets_it(tmp_path: Path, cluster) -> None:
    outcomes(Ray(cluster.address, 2, "cpu"), tmp_path, {1: "need more"}, items=2)
    assert (tmp_path / "received.0").read_bytes() == b"0 from small"
    assert (tmp_path / "received.1").read_bytes() == b"1 from wide"


def test_a_cluster_has_as_many_workers_as_fit_and_no_more_are_waited_for(cluster) -> None:
    assert Ray(cluster.address, None, "cpu").workers == 3, "one for each CPU"
    with pytest.raises(ClusterMissing, match="has 3 CPUs, and 4 workers with 1 each"):
        Ray(cluster.address, 4, "cpu")
    with pytest.raises(ClusterMissing, match="has 0 GPUs, and 1 workers"):
        Ray(cluster.address, None, "cuda")


def test_a_node_that_is_lost_costs_what_it_was_at(tmp_path: Path, cluster) -> None:
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()

    def lose() -> None:
        wait_until(lambda: all(attempts(tmp_path, item) for item in range(4)))
        cluster.remove_node(node, allow_graceful=False)

    with ThreadPoolExecutor(1) as beside:
        losing = beside.submit(lose)
        ended = outcomes(Ray(cluster.address, 4, "cpu"), tmp_path, dict.fromkeys(range(4), "wait for four"), items=6)
        losing.result()
    assert set(ended.values()) == {None}
    assert sorted(attempts(tmp_path, item) for item in range(6)) == [1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize("address, says", [("127.0.0.1:9", "No Ray cluster could be reached at 127.0.0.1:9"),
                                           ("nonsense", "No Ray cluster could be reached at nonsense")])
def test_a_cluster_that_is_not_there_is_one_sentence(cluster, address: str, says: str) -> None:
    with pytest.raises(ClusterMissing, match=says):
        Ray(address, 1, "cpu")


def test_without_ray_one_sentence_says_how_to_install_it(monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"not installed: pip install 'dipvideo\[ray\]'"):
        Ray(None, 2, "cpu")
