"""What this machine has for a run, cores and memory, and how many of the cores are this process's."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2

ASKED_FOR = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()  # a list is one number for each nesting
CORES = (ASKED_FOR.isdecimal() and int(ASKED_FOR)) or cv2.getNumberOfCPUs()
FREE = 0.8  # of the memory that is free, which processes may take: others want some, too
EACH_CORE = 2 << 30  # bytes, where the system does not say what is free

_ARENA_MAX = -8  # of malloc.h

_mine = CORES


@contextmanager
def sharing(cores: int) -> Iterator[None]:
    """Work on so many cores within, since others work beside this process."""
    global _mine
    before, threads = _mine, cv2.getNumThreads()
    _mine = cores
    cv2.setNumThreads(min(cores, threads))
    try:
        yield
    finally:
        _mine = before
        cv2.setNumThreads(threads)


def one_heap() -> None:
    """Have all threads of this process share one heap from now on, where the C library makes them several (glibc).

    Frames are decoded, restored and encoded by many threads, and what one has freed no other would use: a worker that
    took subtitles out of a thousand frames of 360 lines held 1.43 and 1.62 GB in two runs, with one heap .97.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # of another C library
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def mine() -> int:
    """On how many cores this process may work."""
    return _mine


def side_by_side(memory: int) -> int:
    """How many processes that take so many bytes each can work at a time here; at least one."""
    return max(min(mine(), int(FREE * free_memory()) // memory), 1)


def free_memory() -> int:
    """Bytes that processes may still take before the system has to swap or to kill."""
    return min(_free(), default=EACH_CORE * CORES)


def peak_memory() -> int:
    """The most bytes that this process has taken so far; 0 where the system does not say."""
    try:  # what getrusage says may be the peak of a parent process
        return _told(Path("/proc/self/status"))["VmHWM"]
    except (OSError, KeyError):
        return 0


def _free() -> Iterator[int]:
    """By the machine, and by the limit of the control group that containers and queues set."""
    with suppress(OSError, KeyError):
        yield _told(Path("/proc/meminfo"))["MemAvailable"]
    with suppress(OSError, ValueError, StopIteration):
        of_group = next(line for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
        group = Path("/sys/fs/cgroup") / of_group[3:].strip("/")
        taken = int((group / "memory.current").read_text())
        cached = next(int(line.split()[1]) for line in (group / "memory.stat").read_text().splitlines()
                      if line.startswith("inactive_file "))
        yield int((group / "memory.max").read_text()) - taken + cached  # ValueError: "max" is no limit


def _told(path: Path) -> dict[str, int]:
    """Lines as `name:   number kB`, in bytes."""
    lines = (line.split() for line in path.read_text().splitlines() if line.endswith("kB"))
    return {line[0].rstrip(":"): 1024 * int(line[1]) for line in lines}
