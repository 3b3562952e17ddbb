"""Nothing half-done at a final path: write beside it, sync, rename."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, TypeVar

import av

from ..errors import DipvideoError, DiskFull, OutputError
from .locks import locked

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
    # Absolute, since FFmpeg takes what stands before a colon for a protocol.
    part = Path(os.path.abspath(path)).with_name(f".{short(path.stem)}.part{path.suffix}")
    try:
        with locked(part.with_name(f"{part.name}.lock"), OutputError(
                f"Another run is writing {str(path)!r}: wait for it, or choose another output with -o.")):
            _remove(part)
            try:
                yield part
                synced(part)
                if path.is_dir() and not path.is_symlink():  # a folder cannot be renamed onto one that is not empty
                    shutil.rmtree(path)
                os.replace(part, path)
            finally:
                _remove(part)
    except (av.FFmpegError, OSError) as error:
        if isinstance(error, DipvideoError):
            raise
        raise explained(error, path) from error


def short(name: str) -> str:
    """`name`, or a shorter one that no other name gets, where temporary names would add too much to it."""
    if len(os.fsencode(name)) <= LONGEST_NAME:
        return name
    return f"{name[:40]}-{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:16]}"


def synced(path: Path) -> Path:
    """`path`, once the file, or all files in the folder and in those within, are on the disk."""
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file():
            with open(file, "rb") as handle:
                os.fsync(handle.fileno())
    return path


def moved(made: Path, place: Path) -> None:
    """Give the file or folder `made` another name in the folder that it is in, once all of it is on the disk."""
    os.rename(synced(made), place)
    with suppress(OSError):  # not every system lets folders be opened
        handle = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
