"""Work for executors to do, which may end its worker. It imports little, since every worker imports it."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dipvideo.errors import ParcelTooSmall


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
        while act == "wait for four" and len({path.name[0] for path in self.folder.glob("[0-3].*")}) < 4:
            time.sleep(0.1)
            tell(7)
        if act in ("get on", "wait for four"):
            for _ in range(40):
                time.sleep(0.1)
                tell(7)
        if act == "get stuck" and attempt == 1:
            time.sleep(600)
        if act == "raise":
            raise ValueError(f"item {item} is no good")
        if act == "die" or (act == "die once" and attempt == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if act == "stand still" and attempt == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(2)  # another thread may take the signal, and this one go on for a moment

    def away(self) -> "Errand":
        return Abroad(self.folder, self.acts)

    def parcel(self, item: int, wide: bool) -> bytes:
        return b"wide" if wide else b"small"

    def receive(self, item: int, attempt: int, made: bytes) -> None:
        (self.folder / f"received.{item}").write_bytes(made)


@dataclass(frozen=True)
class Abroad:
    """The same for workers elsewhere, which here see the folder nevertheless, to tell what they did."""

    folder: Path
    acts: dict[int, str]

    def __call__(self, item: int, parcel: bytes, device: str, tell: Callable[[int], object]) -> bytes:
        if self.acts.get(item) == "need more" and parcel != b"wide":
            raise ParcelTooSmall("more is needed")
        attempt = 1 + len(list(self.folder.glob(f"{item}.*")))
        Errand(self.folder, self.acts)(item, attempt, device, tell)
        return b"%d from %s" % (item, parcel)
