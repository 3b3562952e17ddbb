"""Items handed to workers that may be lost: how often each is tried, and when a worker is given up."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from ..errors import WorkerLost
from .base import Outcome

ATTEMPTS = 3
STALL_SECONDS = 120.0  # without a sign of life, after which a worker is given up: torch alone may take a minute to load
STUCK_SECONDS = 900.0  # without a step: one of the largest crop takes seconds, reading a chunk of 4K film a minute
POLL_SECONDS = 0.2


class Slot(Protocol):
    """A place for one worker at a time. item and done: what it is at, and how much of that is done."""

    item: int
    done: int

    @property
    def busy(self) -> bool:
        """Whether an item is under way, or has ended and nobody has asked yet."""
        ...

    @property
    def free(self) -> bool:
        """Whether it can begin an item now. It is asked while items wait; a slot whose worker was lost gets a new one,
        and is free once that is there, so that no item waits for it while others are idle."""
        ...

    def begin(self, item: int, attempt: int) -> None:
        """Begin an item."""
        ...

    def outcome(self) -> Outcome | None:
        """How the item ended, if it did; a worker that has to be given up is killed. WorkerLost: it may be retried."""
        ...

    def stop(self) -> None:
        """Kill the worker, whatever it is at."""
        ...


def drive(slots: Sequence[Slot], items: Sequence[int], tell: Callable[[int, int], object],
          pause: Callable[[], object]) -> Generator[Outcome]:
    """Keep `slots` busy until all items have ended. An item whose worker is lost is begun anew, ATTEMPTS times in all.

    This is the one place where anything is retried. `pause` waits until a slot may have ended, or for POLL_SECONDS.
    """
    waiting = deque((item, 1) for item in items)
    try:
        while waiting or any(slot.busy for slot in slots):
            for slot in slots:
                if waiting and slot.free:
                    slot.begin(*waiting.popleft())
            pause()
            for slot in slots:
                if not slot.busy:
                    continue
                outcome = slot.outcome()
                tell(slot.item, slot.done)
                if outcome and isinstance(outcome.error, WorkerLost) and outcome.attempt < ATTEMPTS:
                    waiting.appendleft((outcome.item, outcome.attempt + 1))
                elif outcome:
                    yield outcome
    finally:
        for slot in slots:
            slot.stop()


class Watch:
    """Tells a worker that takes its time from one that was stopped, and from one that is caught in a step.

    stall, stuck: seconds without a sign of life, and without a step, after which it is given up.
    """

    def __init__(self, stall: float, stuck: float):
        self._stall, self._stuck = stall, stuck
        self.begin(None, None)

    def begin(self, sign: object, steps: object) -> None:
        """Begin to watch now. sign and steps: what `hear` would be told."""
        self._sign, self._steps = sign, steps
        self._lived = self._stepped = time.monotonic()

    def hear(self, sign: object, steps: object) -> None:
        """What tells that it lives, and that it has made a step, if it is another than the last."""
        if sign != self._sign:
            self._sign, self._lived = sign, time.monotonic()
        if steps != self._steps:
            self._steps, self._stepped = steps, time.monotonic()

    def complaint(self) -> str | None:
        """Why it has to be given up, or None."""
        now = time.monotonic()
        if now - self._lived >= self._stall:
            return f"its worker stood still for {self._stall:g} s"
        if now - self._stepped >= self._stuck:
            return f"its worker made no step for {self._stuck:g} s (--executor local waits for however long it takes)"
        return None


def lost(why: str, attempt: int) -> WorkerLost:
    """The error of an attempt whose worker is gone."""
    return WorkerLost(f"{why}, {attempt} times" if attempt > 1 else why)
