"""What every executor can do.

It knows nothing of films: there is a work, which is pickled, and there are items, which are numbers. What a work makes
of an item it leaves in a folder named by the item and the attempt, so that doing an item twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Work(Protocol):
    """What is to be done with each item."""

    def __call__(self, item: int, attempt: int, device: str | None, tell: Callable[[int], object]) -> None:
        """Do `item` on `device`, the work's own if None; `tell` hears how much of it is done."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an item ended. attempt: the one that ended it; error: None where it is done."""

    item: int
    attempt: int
    error: Exception | None = None


class Executor(Protocol):
    """workers: how many items are under way at a time."""

    workers: int

    def run(self, work: Work, items: Sequence[int], tell: Callable[[int, int], object]) -> Generator[Outcome]:
        """Begin `items` in this order; one outcome for each, as they come. `tell` hears of an item how much is done.

        An item that raises has ended; the others go on. Closing it stops what is under way.
        """
        ...
