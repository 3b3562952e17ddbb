"""What every executor can do.

It knows nothing of films: there is a work, which is pickled, and there are items, which are numbers. What a work makes
of an item it leaves in a folder named by the item and the attempt, so that doing an item twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

Hear = Callable[[int], object]
"""Hears how much of an item is done. It is called at every step, also while that does not grow: a worker that does not
call it for long has got stuck."""


class Away(Protocol):
    """What is to be done with each item by those who see no file of this machine. It is pickled."""

    def __call__(self, item: int, parcel: bytes, device: str, tell: Hear) -> bytes:
        """What `item` gives, made on `device` of nothing but its parcel. Raises ParcelTooSmall."""
        ...


class Work(Protocol):
    """What is to be done with each item."""

    def __call__(self, item: int, attempt: int, device: str | None, tell: Hear) -> None:
        """Do `item` on `device`, the work's own if None."""
        ...

    def away(self) -> Away:
        """The same for machines that share no files with this one."""
        ...

    def parcel(self, item: int, wide: bool) -> bytes:
        """What `item` takes along; `wide`: more than it seems to need, since that was too little."""
        ...

    def receive(self, item: int, attempt: int, made: bytes) -> None:
        """Lay what `away` gave where the work itself would have left it."""
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
