"""Nothing half-done at a final path: write beside it, sync, rename."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from ..errors import DipvideoError, DiskFull, OutputError


@contextmanager
def complete_or_nothing(path: Path) -> Iterator[Path]:
    """A temporary name to write a file or folder to; on a clean exit it is synced and renamed to `path`.

    On an error or an interrupt it is removed, and what was at `path` stays. Raises DiskFull or OutputError for what
    the system or FFmpeg refuses.
    """
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    _remove(part)
    try:
        yield part
        _sync(part)
        if path.is_dir() and not path.is_symlink():  # a folder cannot be renamed onto one that is not empty
            shutil.rmtree(path)
        os.replace(part, path)
    except (av.FFmpegError, OSError) as error:
        if isinstance(error, DipvideoError):
            raise
        raise _explained(error, path) from error
    finally:
        _remove(part)


def _sync(path: Path) -> None:
    for file in path.iterdir() if path.is_dir() else [path]:
        with open(file, "rb") as handle:
            os.fsync(handle.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _explained(error: Exception, path: Path) -> OutputError:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"The disk is full: {str(path)!r} was not written. Free some room or choose another place "
                        "with -o, then run the command again.")
    return OutputError(f"{str(path)!r} could not be written ({getattr(error, 'strerror', None) or error}).")
