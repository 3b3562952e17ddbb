"""Writes pictures under the names they came with; those without a patch are copied as files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ...errors import OptionError
from ...frame import Cue, Frame
from ...planes import Patch
from .formats import SUFFIXES, enlarged, read_picture, same_format, write_picture
from .sequence import PictureSource

# names that ask for one file, not for a folder with a dot in its name
_FILES = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mxf", ".nut", ".wmv", ".ogv",
          ".y4m", ".gif", ".avif", ".heic", ".jxl", ".jp2", ".dpx", ".psd", ".hdr"}


class PictureWriter:
    """A folder of pictures, or one picture where the output's name is that of a picture.

    part: where to write; scale: how many times longer each side becomes.
    Raises OptionError if its name asks for what pictures cannot become.
    """

    encoder_name = "pictures"

    def __init__(self, part: Path, source: PictureSource, scale: int = 1):
        suffix = part.suffix.lower()
        if suffix in _FILES:
            raise OptionError(f"Pictures become pictures, and {suffix!r} is none that can be written: name a folder "
                              f"with -o, or for one picture a file ({', '.join(sorted(SUFFIXES))}).")
        if suffix in SUFFIXES and len(source.paths) > 1:
            raise OptionError(f"{len(source.paths)} pictures do not fit into one {suffix!r} file: "
                              "name a folder with -o.")
        self.warnings: list[str] = []
        self.cues: Sequence[Cue] = ()
        self.cuts = source.pts if scale == 1 else ()  # any picture can be copied
        self._scale = scale
        self._paths = source.paths
        self._targets = [part] if suffix in SUFFIXES else [part / name for name in _names(source.paths)]
        if suffix not in SUFFIXES:
            part.mkdir()

    @contextmanager
    def part(self, start: int, stop: int) -> Iterator[PictureWriter]:
        """What to write frames [start, stop) to."""
        yield self

    def write(self, frame: Frame, patches: Sequence[Patch] = ()) -> None:
        """Write `frame` with `patches` pasted in; without any it is copied as a file."""
        if not patches and self._scale == 1:
            self.copy(frame.index, frame.index + 1)
            return
        picture = frame.native if self._scale == 1 else enlarged(frame.native, self._scale)
        for patch in patches:
            picture.content.planes.paste(patch)
        write_picture(self._targets[frame.index], picture)

    def copy(self, start: int, stop: int) -> None:
        """Copy the files of frames [start, stop) unread, or convert them where the output has another suffix."""
        for path, target in zip(self._paths[start:stop], self._targets[start:stop], strict=True):
            if same_format(path, target):
                shutil.copyfile(path, target)
            else:
                write_picture(target, read_picture(path))

    def finish(self) -> None:
        """Pictures are whole as soon as they are written."""
        if self.cues:
            self.warnings.append("The captions are not added as a track: pictures have none. Take --srt FILE.")

    def close(self) -> None: ...


def _names(paths: Sequence[Path]) -> list[str]:
    """The names of files in one folder; where folders hold the same names, with theirs before them."""
    names = [path.name for path in paths]
    if len(set(names)) == len(names):
        return names
    parent = os.path.commonpath([path.parent for path in paths])
    names = ["_".join(Path(os.path.relpath(path, parent)).parts) for path in paths]
    if len(set(names)) < len(names):
        raise OptionError("Several pictures have the same name: give them one folder at a time.")
    return names
