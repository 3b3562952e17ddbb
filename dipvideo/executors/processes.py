"""Work done by processes of this machine, one a slot.

Each slot is a pool of one worker (Pebble), which is replaced when it dies; the driver's end ends the workers. Nothing
is shared that a killed worker could leave locked: a slot has a pipe of its own, and a pulse of four numbers in memory.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any

from pebble import ProcessExpired, ProcessPool

from ..machine import one_heap
from .base import Outcome, Work
from .slots import POLL_SECONDS, STALL_SECONDS, STUCK_SECONDS, Watch, drive, lost

BEAT_SECONDS = 0.5
_BEATS, _DONE, _PID, _STEPS = range(4)  # of a pulse


class Processes:
    """One worker for each of `devices`, where None is the device that the work itself names."""

    def __init__(self, devices: Sequence[str | None], *, stall_seconds: float = STALL_SECONDS,
                 stuck_seconds: float = STUCK_SECONDS):
        self.workers = len(devices)
        self._devices, self._patience = devices, (stall_seconds, stuck_seconds)

    def run(self, work: Work, items: Sequence[int], tell: Callable[[int, int], object]) -> Generator[Outcome]:
        slots = [_Slot(work, device, Watch(*self._patience)) for device in self._devices[:len(items)]]
        return drive(slots, items, tell, lambda: wait([slot.future for slot in slots if slot.busy],
                                                      POLL_SECONDS, FIRST_COMPLETED))


class _Apart(SpawnProcess):
    """A process that does not run the program it was begun by once more, as Python would have it to find there what it
    is to do: a script that calls dipvideo needs no `if __name__ == "__main__":`, for a worker needs nothing of it.
    """

    _lock = threading.Lock()  # of what all threads see

    def start(self) -> None:
        with self._lock:
            program = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = program


class _Context(SpawnContext):  # a fork would share the driver's threads and CUDA's state
    Process = _Apart


class _Slot:
    """One worker at a time, and what it is at."""

    item = done = 0

    def __init__(self, work: Work, device: str | None, watch: Watch):
        context = _Context()
        self._pulse = context.RawArray("q", 4)
        self._made = partial(ProcessPool, max_workers=1, initializer=_prepare, context=context,
                             initargs=(work, device, self._pulse, os.getpid()))
        self._pool = self._made()
        self._watch = watch
        self.future: Any = None

    @property
    def busy(self) -> bool:
        return self.future is not None

    @property
    def free(self) -> bool:
        return not self.busy

    def begin(self, item: int, attempt: int) -> None:
        if not self._pool.active:  # its worker died before it had said what it was at
            self._pool.stop()
            self._pool.join()
            self._pool = self._made()
        self.item, self._attempt, self._pulse[_DONE] = item, attempt, 0
        self._watch.begin(self._pulse[_BEATS], self._pulse[_STEPS])
        self.future = self._pool.schedule(_do, args=(item, attempt))

    def outcome(self) -> Outcome | None:
        self._watch.hear(self._pulse[_BEATS], self._pulse[_STEPS])
        self.done, complaint = self._pulse[_DONE], None
        if not self.future.done():
            complaint = self._watch.complaint()
            if not complaint:
                return None
            self.future.cancel()
        error: Exception | None = None
        try:
            self.future.result()
        except ProcessExpired as expired:
            error = lost(f"its worker died with exit code {expired.exitcode}", self._attempt)
        except BrokenProcessPool:
            error = lost("its worker died as soon as it began", self._attempt)
        except CancelledError:
            error = lost(complaint or "its worker was stopped", self._attempt)
        except Exception as raised:
            error = raised
        self.future = None
        return Outcome(self.item, self._attempt, error)

    def stop(self) -> None:
        if self.busy and self._pulse[_PID]:
            with suppress(ProcessLookupError):
                os.kill(self._pulse[_PID], getattr(signal, "SIGKILL", signal.SIGTERM))
        self._pool.stop()
        self._pool.join()


_here: dict[str, Any] = {}  # in a worker: what it was prepared with


def _prepare(work: Work, device: str | None, pulse: Any, driver: int) -> None:
    """Begin as a worker: keep what is to be done, and let the heart beat, which also watches whether the driver lives.

    Beats, which a thread makes, tell a worker that was stopped, or that lost its processor, within two minutes; that it
    gets on is told by its steps, of which the longest may take many.
    """
    one_heap()  # while there are few threads: a heap that is there stays
    _here.update(work=work, device=device, pulse=pulse)
    pulse[_PID] = os.getpid()

    def beat() -> None:
        while os.getppid() == driver:
            pulse[_BEATS] += 1
            time.sleep(BEAT_SECONDS)
        os._exit(1)

    threading.Thread(target=beat, daemon=True).start()


def _do(item: int, attempt: int) -> None:
    pulse = _here["pulse"]

    def tell(done: int) -> None:
        pulse[_DONE] = done
        pulse[_STEPS] += 1

    _here["work"](item, attempt, _here["device"], tell)
