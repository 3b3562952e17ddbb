"""One writer at a time, or several that agreed to; a run that was killed holds nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, which itself refuses two writers of one file
    fcntl = None


@contextmanager
def locked(lock: Path, busy: Exception | None, *, shared: bool = False) -> Iterator[None]:
    """Hold the file `lock`, which is made and in the end removed: alone, or with others if it is `shared`.

    Raises `busy` if it is held in another way; without it, waits.
    """
    if fcntl is None:
        yield
        return
    with _held(lock, busy, fcntl.LOCK_SH if shared else fcntl.LOCK_EX) as handle:
        try:
            yield
        finally:
            if not shared or _taken(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):  # the last one to share it
                lock.unlink(missing_ok=True)


def is_locked(lock: Path) -> bool:
    """Whether a run holds `lock`, alone or with others."""
    if fcntl is None:
        return False
    with suppress(FileNotFoundError), open(lock, "r+b") as handle:
        return not _taken(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return False


def _held(lock: Path, busy: Exception | None, kind: int) -> BinaryIO:
    """The file `lock`, opened and locked; not one that its last holder has removed meanwhile."""
    while True:
        handle = open(lock, "a+b")  # noqa: SIM115 - it is held by who asked
        if not _taken(handle, kind | (fcntl.LOCK_NB if busy else 0)):
            handle.close()
            raise busy
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle.fileno()), os.stat(lock)):
                return handle
        handle.close()


def _taken(handle: BinaryIO, kind: int) -> bool:
    """Whether nobody stood in the way; on a file system without locks nobody does."""
    try:
        fcntl.flock(handle, kind)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
