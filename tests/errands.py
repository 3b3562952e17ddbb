"""Work for executors to do, which may end its worker. It imports little, since every worker imports it."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Errand:
    """Touches a file for each attempt, and then acts as it is told for the item."""

    folder: Path
    acts: dict[int, str]

    def __call__(self, item: int, attempt: int, device: str | None, tell: Callable[[int], object]) -> None:
        (self.folder / f"{item}.{attempt}.{device}").touch()
        act = self.acts.get(item, "")
        tell(7)
        if act == "take long":
            time.sleep(600)
        if act == "raise":
            raise ValueError(f"item {item} is no good")
        if act == "die" or (act == "die once" and attempt == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if act == "stand still" and attempt == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
