"""Where an output goes, and whether it may go there."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import DipvideoError, OutputError, OutputExists, SourceMissing
from .atomic import explained
from .pictures import SUFFIXES, is_pictures


def default_output(source: str) -> Path:
    """`<stem>.dipvideo<suffix>` beside the input; for several pictures, their folder gives the name."""
    path = Path(source)
    if any(c in source for c in "*?[%") and not path.exists():
        path = path.parent
    path = path if path.name else path.resolve()
    return path.with_name(f"{path.stem}.dipvideo{path.suffix}")


def check_output(path: Path, source: str, overwrite: bool) -> None:
    """Raise OutputExists or OutputError before any work is done, rather than after a night of it."""
    try:
        _check_output(path, source, overwrite)
    except OSError as error:
        if isinstance(error, DipvideoError):
            raise
        raise explained(error, path) from error


def _check_output(path: Path, source: str, overwrite: bool) -> None:
    if not path.parent.is_dir():
        raise SourceMissing(f"There is no folder {str(path.parent)!r} to write {path.name!r} into: make it first.")
    if path.exists():
        if Path(source).exists() and path.samefile(source):
            raise OutputError(f"{str(path)!r} is the input itself: choose another output with -o.")
        if path.is_dir():
            _check_folder(path, source)
        if not overwrite:
            raise OutputExists(f"{str(path)!r} exists already: choose another name with -o, or add --overwrite.")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"The folder {str(path.parent)!r} cannot be written to: choose another with -o.")


def _check_folder(path: Path, source: str) -> None:
    """Refuse to replace a folder by a file, or one that holds anything but the pictures of an earlier run."""
    if not is_pictures(source):
        raise OutputError(f"{str(path)!r} is a folder: name a file in it with -o.")
    if path.resolve() in Path(source).resolve().parents:
        raise OutputError(f"The folder {str(path)!r} holds the input itself: choose another output with -o.")
    other = next((p.name for p in path.iterdir() if not p.is_file() or p.suffix.lower() not in SUFFIXES), None)
    if other:
        raise OutputError(f"The folder {str(path)!r} holds more than pictures, as {other!r}: it is not replaced; "
                          "choose another output with -o.")
