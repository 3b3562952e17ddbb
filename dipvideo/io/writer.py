"""Writes a film or pictures, complete or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from ..errors import OptionError
from ..frame import Cue, Frame
from ..planes import Patch
from .atomic import complete_or_nothing, finished
from .pictures import PictureSource, PictureWriter
from .source import Source
from .video import Tell, VideoOutput, Wish

USUAL = Wish()


class Part(Protocol):
    """Takes the frames of one run, in order."""

    def write(self, frame: Frame, patches: Sequence[Patch] = ()) -> None:
        """Write `frame` with `patches` pasted in; its other samples stay as they are."""
        ...


class Recipe(Protocol):
    """How frames are written, wherever that is done. It is pickled, and what it writes depends on nothing else."""

    def part(self, folder: Path, start: int, stop: int, source: Source) -> AbstractContextManager[Part]:
        """What to write frames [start, stop) of `source` to; on a clean exit they are in `folder`, which is made."""
        ...


class Output(Protocol):
    """What every output can do. Runs are given in order and cover the film without a gap.

    recipe: how runs are written that are made elsewhere and then taken.
    cuts: frames at which copied runs may begin, and end but for the last; empty where nothing may be copied.
    cues: texts for a subtitle track of their own, to be set before it is finished.
    encoder_name: for a person; warnings: sentences for what could not be kept. Both are whole once it is finished.
    """

    recipe: Recipe
    cuts: Sequence[int]
    cues: Sequence[Cue]
    encoder_name: str
    warnings: list[str]

    def copy(self, start: int, stop: int) -> None:
        """Take frames [start, stop) as they are in the source."""
        ...

    def part(self, start: int, stop: int) -> AbstractContextManager[Part]:
        """What to write frames [start, stop) to here."""
        ...

    def take(self, start: int, stop: int, folder: Path) -> None:
        """Take frames [start, stop) as `recipe` wrote them to `folder`, which must stay until this is finished."""
        ...

    def finish(self) -> None:
        """Make the output whole."""
        ...

    def close(self) -> None:
        """Let go of everything, whether it is finished or not."""
        ...


@contextmanager
def open_output(path: Path, source: Source, wish: Wish = USUAL, *,
                tell: Tell = lambda stage, done, total: None) -> Iterator[Output]:
    """An output for the frames of `source`; on a clean exit it is at `path`, otherwise nothing is.

    Pictures become pictures (in a folder, or one file), a video becomes a video. Raises DiskFull or OutputError.
    """
    with complete_or_nothing(path) as part, finished(_output(path, part, source, wish, tell)) as output:
        yield output


@contextmanager
def unwritten_output(path: Path, source: Source, wish: Wish = USUAL) -> Iterator[Output]:
    """What `open_output` would open, to see its cuts and its recipe; nothing is written. Raises as that does."""
    with tempfile.TemporaryDirectory(prefix="dipvideo-") as scratch:
        output = _output(path, Path(scratch) / path.name, source, wish, lambda stage, done, total: None)
        try:
            yield output
        finally:
            output.close()


def _output(path: Path, part: Path, source: Source, wish: Wish, tell: Tell) -> Output:
    if isinstance(source, PictureSource):
        return PictureWriter(part, source, wish.scale, wish.exact)
    if not path.suffix:
        raise OptionError(f"{str(path)!r} does not say what container to write: name the output .mp4, .mkv, .mov or "
                          ".webm.")
    return VideoOutput(part, source, wish, tell)
