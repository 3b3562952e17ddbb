"""How far a run is: the library tells, the command line draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    stage: what is being done, in words; done and total: in `unit`s; note: the latest detail, or, where total
    is None since there is nothing to count, a sentence of its own.
    """

    stage: str
    done: int
    total: int | None
    unit: str = "frame"
    note: str = ""


Tell = Callable[[Progress], Any]
"""Is called often; must be quick. What it returns is ignored; what it raises ends the run."""
