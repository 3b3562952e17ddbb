"""Nothing half-done at a final path: write beside it, sync, rename."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import av

from ..errors import DipvideoError, DiskFull, OutputError

try:
    import fcntl
except ImportError:  # Windows, which itself refuses two writers of one file
    fcntl = None

LONGEST_NAME = 200  # bytes, of the 255 that file systems allow: the rest is for what temporary names add


class Writer(Protocol):
    """Something that is finished if all went well, and closed in any case."""

    def finish(self) -> object: ...

    def close(self) -> None: ...


W = TypeVar("W", bound=Writer)


@contextmanager
def finished(writer: W) -> Iterator[W]:
    """`writer`, finished on a clean exit, closed on any."""
    try:
        yield writer
        writer.finish()
    finally:
        writer.close()


@contextmanager
def complete_or_nothing(path: Path) -> Iterator[Path]:
    """A temporary name to write a file or folder to; on a clean exit it is synced and renamed to `path`.

    On an error or an interrupt it is removed, and what was at `path` stays. Raises DiskFull or OutputError for what
    the system or FFmpeg refuses, and OutputError while another run writes to `path`.
    """
    part = _part_of(path)
    try:
        with _alone(part, path):
            _remove(part)
            try:
                yield part
                _sync(part)
                if path.is_dir() and not path.is_symlink():  # a folder cannot be renamed onto one that is not empty
                    shutil.rmtree(path)
                os.replace(part, path)
            finally:
                _remove(part)
    except (av.FFmpegError, OSError) as error:
        if isinstance(error, DipvideoError):
            raise
        raise explained(error, path) from error


def _part_of(path: Path) -> Path:
    """The temporary name: absolute, since FFmpeg takes what stands before a colon for a protocol."""
    path = Path(os.path.abspath(path))
    stem = path.stem
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        stem = f"{stem[:40]}-{hashlib.sha256(stem.encode(errors='surrogateescape')).hexdigest()[:16]}"
    return path.with_name(f".{stem}.part{path.suffix}")


@contextmanager
def _alone(part: Path, path: Path) -> Iterator[None]:
    """Hold `part` against other runs, which would write into the same files; a run that was killed holds nothing."""
    if fcntl is None:
        yield
        return
    lock = part.with_name(f"{part.name}.lock")
    with open(lock, "wb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(f"Another run is writing {str(path)!r}: wait for it, or choose another output with -o."
                              ) from error
        except OSError:
            pass  # a file system without locks
        try:
            yield
        finally:
            _remove(lock)


def _sync(path: Path) -> None:
    for file in path.iterdir() if path.is_dir() else [path]:
        with open(file, "rb") as handle:
            os.fsync(handle.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def explained(error: Exception, path: Path | str) -> OutputError:
    """The error for what the system or FFmpeg refused while `path` was written."""
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"The disk is full: {str(path)!r} was not written. Free some room or choose another place "
                        "with -o, then run the command again.")
    return OutputError(f"{str(path)!r} could not be written ({getattr(error, 'strerror', None) or error}).")
