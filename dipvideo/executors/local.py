"""Work done in this very process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

from .base import Outcome, Work


class Local:
    """One item after the other."""

    workers = 1

    def run(self, work: Work, items: Sequence[int], tell: Callable[[int, int], object]) -> Generator[Outcome]:
        for item in items:
            try:
                work(item, 1, None, partial(tell, item))
            except Exception as error:
                yield Outcome(item, 1, error)
            else:
                yield Outcome(item, 1)
