"""One writer at a time; a run that was killed holds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, which itself refuses two writers of one file
    fcntl = None


@contextmanager
def locked(lock: Path, busy: Exception) -> Iterator[None]:
    """Hold the file `lock`, which is made and in the end removed. Raises `busy` if another run holds it."""
    if fcntl is None:
        yield
        return
    with open(lock, "wb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise busy from error
        except OSError:
            pass  # a file system without locks
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def is_locked(lock: Path) -> bool:
    """Whether a run holds `lock`."""
    with suppress(FileNotFoundError), open(lock, "rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except (AttributeError, OSError):
            pass  # nothing can be locked here
    return False
