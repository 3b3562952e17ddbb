"""Standard input as a file, and a finished file to standard output: `-` in the place of a path."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import OptionError, OutputError
from .atomic import explained
from .paths import default_output
from .pictures import SUFFIXES, is_pictures
from .source import VideoSource

PIPE = "-"
_SUFFIXES = {"mov": ".mp4", "matroska": ".mkv", "mpegts": ".ts", "avi": ".avi", "nut": ".nut", "flv": ".flv",
             "mpeg": ".mpg", "asf": ".wmv", "ogg": ".ogv"}


@contextmanager
def unpiped(source: str, output: str | None) -> Iterator[tuple[str, Path]]:
    """Paths to read from and write to, whatever of the two is a pipe.

    A film is read more than once, so standard input is first kept in a file, beside the output if that is one; and
    only a whole film goes to standard output, in the input's own kind of container. No output means: beside the
    input, or standard output if the input came from a pipe.
    """
    if output is None:
        output = PIPE if source == PIPE else str(default_output(source))
    if PIPE not in (source, output):
        yield source, Path(output)
        return
    if output == PIPE and is_pictures(source) and not Path(source).is_file():
        raise OptionError("Several pictures do not go through a pipe: name a folder with -o.")
    if output == PIPE and sys.stdout.isatty():
        raise OptionError("A film is not shown on a terminal: name a file with -o, or send the output into a pipe.")
    beside = Path(output).absolute().parent if output != PIPE else None
    if beside and not beside.is_dir():
        raise OutputError(f"There is no folder {str(beside)!r} to write into: make it first.")
    try:
        folder = tempfile.TemporaryDirectory(prefix=".dipvideo-", dir=beside)
    except OSError as error:
        raise explained(error, output) from error
    with folder:
        if source == PIPE:
            source = str(_kept(Path(folder.name), output))
        target = Path(output) if output != PIPE else Path(folder.name) / f"output{Path(source).suffix}"
        yield source, target
        if output == PIPE:
            with open(target, "rb") as film:
                shutil.copyfileobj(film, sys.stdout.buffer)
            sys.stdout.buffer.flush()


def _kept(folder: Path, output: str) -> Path:
    """Standard input as a file whose suffix says what it is."""
    path = folder / "input"
    try:
        with open(path, "wb") as film:
            shutil.copyfileobj(sys.stdin.buffer, film)
    except OSError as error:
        raise explained(error, output) from error
    container = VideoSource(str(path)).info.container.split(",")[0]
    picture = f".{container.removesuffix('_pipe')}"
    return path.rename(path.with_suffix(picture if picture in SUFFIXES else _SUFFIXES.get(container, ".mkv")))
