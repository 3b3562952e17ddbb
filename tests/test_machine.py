"""All cores are put to work by default, as far as memory allows, and nothing of the result shows it."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from test_jobs import LENGTH, PARTS, film, run  # noqa: F401

from dipvideo import machine, workers
from dipvideo.machine import free_memory, mine, peak_memory, sharing, side_by_side


def test_cores_are_shared_within_and_given_back() -> None:
    cv2.setNumThreads(4)
    try:
        with pytest.raises(ZeroDivisionError), sharing(3):
            assert mine() == 3 and cv2.getNumThreads() == 3
            1 / 0  # noqa: B018
        assert mine() == 1 and cv2.getNumThreads() == 4
    finally:
        cv2.setNumThreads(1)


def test_processes_are_as_many_as_cores_and_memory_hold(monkeypatch) -> None:
    monkeypatch.setattr(machine, "free_memory", lambda: 10 << 30)
    with sharing(16):
        assert side_by_side(1 << 30) == 8, "a fifth is left to others"
        assert side_by_side(1 << 20) == 16 and side_by_side(1 << 40) == 1


def test_the_system_says_what_memory_is_free_and_taken(monkeypatch, tmp_path: Path) -> None:
    assert 1 << 20 < free_memory() < 1 << 50 and peak_memory() > 1 << 20
    monkeypatch.setattr(machine, "_told", lambda path: {})
    assert free_memory() > 0 and peak_memory() == 0, "another system"


@pytest.mark.skipif(not (sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_stats")), reason="of glibc")
def test_threads_share_one_heap_so_that_one_uses_what_another_has_freed() -> None:
    program = ("import ctypes, threading\n"
               "from dipvideo.machine import one_heap\n"
               "libc = ctypes.CDLL(None)\n"
               "{}\n"
               "threads = [threading.Thread(target=lambda: [libc.malloc(9) for _ in range(99)]) for _ in range(4)]\n"
               "[thread.start() for thread in threads]\n"
               "[thread.join() for thread in threads]\n"
               "libc.malloc_stats()")
    heaps = [subprocess.run([sys.executable, "-c", program.format(call)], capture_output=True, text=True,
                            check=True).stderr.count("Arena ") for call in ("", "one_heap()")]
    assert heaps[0] > heaps[1] == 1


def test_by_default_as_many_stretches_are_restored_at_a_time_as_there_are_cores(film: dict) -> None:  # noqa: F811
    alone, expected = run(film)
    assert "workers" not in alone.device
    with sharing(2):
        summary, made = run(film)
        assert summary.device.endswith("2 workers") and made == expected and summary.touched == PARTS * LENGTH
        for told in ({"workers": 1}, {"executor": "local"}):
            assert "workers" not in run(film, **told)[0].device


def test_memory_that_is_short_means_fewer_workers(film: dict, monkeypatch) -> None:  # noqa: F811
    monkeypatch.setattr(workers, "memory_for", lambda brief: free_memory())
    with sharing(2):
        assert "workers" not in run(film)[0].device
