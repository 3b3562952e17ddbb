"""Work done by processes of this machine, one a slot.

Each slot is a pool of one worker (Pebble), which is replaced when it dies. A worker that is killed, or stands still,
costs the item that it was at, which is begun anew, ATTEMPTS times in all; the driver's end ends the workers. Nothing
is shared that a killed worker could leave locked: a slot has a pipe of its own, and a pulse of three numbers in memory.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from typing import Any

from pebble import ProcessExpired, ProcessPool

from ..errors import WorkerLost
from .base import Outcome, Work

ATTEMPTS = 3
STALL_SECONDS = 120.0  # without a beat, after which a worker is given up: torch alone may take a minute to be loaded
BEAT_SECONDS = 0.5
POLL_SECONDS = 0.2
_BEATS, _DONE, _PID = range(3)  # of a pulse


class Processes:
    """One worker for each of `devices`, where None is the device that the work itself names."""

    def __init__(self, devices: Sequence[str | None], *, stall_seconds: float = STALL_SECONDS):
        self.workers = len(devices)
        self._devices, self._stall = devices, stall_seconds

    def run(self, work: Work, items: Sequence[int], tell: Callable[[int, int], object]) -> Generator[Outcome]:
        waiting = deque((item, 1) for item in items)
        slots = [_Slot(work, device, self._stall) for device in self._devices[:len(items)]]
        try:
            while waiting or any(slot.busy for slot in slots):
                for slot in slots:
                    if waiting and not slot.busy:
                        slot.begin(*waiting.popleft())
                wait([slot.future for slot in slots if slot.busy], POLL_SECONDS, FIRST_COMPLETED)
                for slot in slots:
                    if not slot.busy:
                        continue
                    tell(slot.item, slot.done)
                    outcome = slot.outcome()
                    if outcome and isinstance(outcome.error, WorkerLost) and outcome.attempt < ATTEMPTS:
                        waiting.appendleft((outcome.item, outcome.attempt + 1))
                    elif outcome:
                        yield outcome
        finally:
            for slot in slots:
                slot.stop()


class _Slot:
    """One worker at a time, and what it is at."""

    def __init__(self, work: Work, device: str | None, stall: float):
        context = get_context("spawn")  # a fork would share the driver's threads and CUDA's state
        self._pulse = context.RawArray("q", 3)
        self._made = partial(ProcessPool, max_workers=1, initializer=_prepare, context=context,
                             initargs=(work, device, self._pulse, os.getpid()))
        self._pool = self._made()
        self._stall = stall
        self.future: Any = None

    @property
    def busy(self) -> bool:
        return self.future is not None

    @property
    def done(self) -> int:
        """How much of the item is done."""
        return self._pulse[_DONE]

    def begin(self, item: int, attempt: int) -> None:
        if not self._pool.active:  # its worker died before it had said what it was at
            self._pool.stop()
            self._pool.join()
            self._pool = self._made()
        self.item, self._attempt, self._pulse[_DONE] = item, attempt, 0
        self._last, self._heard = self._pulse[_BEATS], time.monotonic()
        self.future = self._pool.schedule(_do, args=(item, attempt))

    def outcome(self) -> Outcome | None:
        """How the item ended, if it did; a worker whose heart stands still is killed."""
        if self._pulse[_BEATS] != self._last:
            self._last, self._heard = self._pulse[_BEATS], time.monotonic()
        if not self.future.done():
            if time.monotonic() - self._heard < self._stall:
                return None
            self.future.cancel()
        error: Exception | None = None
        try:
            self.future.result()
        except ProcessExpired as expired:
            error = WorkerLost(f"its worker died {self._attempt} times, the last time with exit code "
                               f"{expired.exitcode}")
        except BrokenProcessPool:
            error = WorkerLost(f"its worker died {self._attempt} times, the last time as soon as it began")
        except CancelledError:
            error = WorkerLost(f"its worker stood still for {self._stall:g} s, {self._attempt} times")
        except Exception as raised:
            error = raised
        self.future = None
        return Outcome(self.item, self._attempt, error)

    def stop(self) -> None:
        """Kill the worker, whatever it is at."""
        if self.busy and self._pulse[_PID]:
            with suppress(ProcessLookupError):
                os.kill(self._pulse[_PID], getattr(signal, "SIGKILL", signal.SIGTERM))
        self._pool.stop()
        self._pool.join()


_here: dict[str, Any] = {}  # in a worker: what it was prepared with


def _prepare(work: Work, device: str | None, pulse: Any, driver: int) -> None:
    """Begin as a worker: keep what is to be done, and let the heart beat, which also watches whether the driver lives.

    Beats tell a worker that was stopped, or that lost its processor, from one that takes its time: a single fit may
    take hours. A thread makes them, so that a step that never ends goes unnoticed.
    """
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

    _here["work"](item, attempt, _here["device"], tell)
