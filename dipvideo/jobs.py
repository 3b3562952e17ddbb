"""The jobs that lie in a folder, whether they run or not: listing and removing them loads no pickle."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .io import is_locked
from .job import LOCK, SUFFIX, finished_in, manifest_of, noted_in, open_job


@dataclass(frozen=True, slots=True)
class State:
    """How far the job in `folder` is.

    share: of the predicted work that is finished; done of total stretches, None until that is known;
    seconds_left: of one worker's time.
    """

    folder: Path
    running: bool
    done: int
    total: int | None
    share: float
    seconds_left: float | None


def state_of(folder: Path) -> State | None:
    """The state of a job; None if there is none."""
    if not (manifest := manifest_of(folder)):
        return State(folder, is_locked(folder / LOCK), 0, None, 0.0, None) if noted_in(folder) else None
    finished, costs = finished_in(folder), manifest["costs"]
    done, total = sum(costs[name] for name in finished), sum(costs.values())
    took = sum(receipt.took for receipt in finished.values())
    return State(folder, is_locked(folder / LOCK), len(finished), len(costs), done / total if total else 1.0,
                 took * (total - done) / done if done else None)


def jobs_in(folder: Path) -> list[State]:
    """The states of the job that `folder` is, or of those that lie in it."""
    return [state for path in [folder, *sorted(folder.glob(f"*{SUFFIX}"))] if (state := state_of(path))]


def remove(folder: Path) -> None:
    """Throw a job away. Raises JobBusy while a run works there."""
    with suppress(FileNotFoundError), open_job(folder):
        pass
