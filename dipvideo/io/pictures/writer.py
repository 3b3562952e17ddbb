"""Writes pictures under the names they came with; those without a patch are copied as files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...errors import OptionError
from ...frame import Cue, Frame
from ...planes import LAYER_COLOURS, LayersPatch, Patch
from .formats import SUFFIXES, enlarged, read_picture, same_format, write_indexed, write_picture
from .sequence import PictureSource

# names that ask for one file, not for a folder with a dot in its name
_FILES = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mxf", ".nut", ".wmv", ".ogv",
          ".y4m", ".gif", ".avif", ".heic", ".jxl", ".jp2", ".dpx", ".psd", ".hdr"}


@dataclass(frozen=True, slots=True)
class PictureRecipe:
    """What a film's pictures are called, by number."""

    names: Sequence[str]
    scale: int

    @contextmanager
    def part(self, folder: Path, start: int, stop: int, source: PictureSource) -> Iterator[PicturePart]:
        """What to write frames [start, stop) to: files in `folder`."""
        folder.mkdir()
        yield PicturePart(source.paths, [folder / name for name in self.names], self.scale)


class PicturePart:
    """Writes pictures, `scale` times larger; those of their own size that nothing is pasted into are copied."""

    def __init__(self, paths: Sequence[Path], targets: Sequence[Path], scale: int):
        self._paths, self._targets, self._scale = paths, targets, scale

    def write(self, frame: Frame, patches: Sequence[Patch] = ()) -> None:
        """Write `frame` with `patches` pasted in; layers become an indexed PNG."""
        if not patches and self._scale == 1:
            self.copy(frame.index)
            return
        target = self._targets[frame.index]
        if patches and isinstance(patches[0], LayersPatch) and target.suffix.lower() == ".png":
            write_indexed(target, patches[0].labels, LAYER_COLOURS)
            return
        picture = frame.native if self._scale == 1 else enlarged(frame.native, self._scale)
        for patch in patches:
            picture.content.planes.paste(patch)
        write_picture(target, picture)

    def copy(self, index: int) -> None:
        """Copy a file unread, or convert it where the output has another suffix."""
        path, target = self._paths[index], self._targets[index]
        if same_format(path, target):
            shutil.copyfile(path, target)
        else:
            write_picture(target, read_picture(path))


class PictureWriter:
    """A folder of pictures, or one picture where the output's name is that of a picture.

    part: where to write; scale: how many times longer each side becomes; exact: those of a folder become PNGs.
    Raises OptionError if its name asks for what pictures cannot become.
    """

    encoder_name = "pictures"

    def __init__(self, part: Path, source: PictureSource, scale: int = 1, exact: bool = False):
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
        names = [part.name] if suffix in SUFFIXES else _names(source.paths, ".png" if exact else None)
        self.recipe = PictureRecipe(names, scale)
        self._folder = part.parent if suffix in SUFFIXES else part
        self._whole = PicturePart(source.paths, [self._folder / name for name in names], scale)
        if suffix not in SUFFIXES:
            part.mkdir()

    @contextmanager
    def part(self, start: int, stop: int) -> Iterator[PicturePart]:
        yield self._whole

    def take(self, start: int, stop: int, folder: Path) -> None:
        for path in folder.iterdir():
            target = self._folder / path.name
            with suppress(OSError):  # not every file system has links
                os.link(path, target)
                continue
            shutil.copyfile(path, target)

    def copy(self, start: int, stop: int) -> None:
        for index in range(start, stop):
            self._whole.copy(index)

    def finish(self) -> None:
        """Pictures are whole as soon as they are written."""
        if self.cues:
            self.warnings.append("The captions are not added as a track: pictures have none. Take --srt FILE.")

    def close(self) -> None: ...


def _names(paths: Sequence[Path], suffix: str | None) -> list[str]:
    """The names of files in one folder; where folders hold the same names, with theirs before them.

    suffix: what all are to have, None for their own.
    """
    paths = paths if suffix is None else [path.with_suffix(suffix) for path in paths]
    names = [path.name for path in paths]
    if len(set(names)) == len(names):
        return names
    parent = os.path.commonpath([path.parent for path in paths])
    names = ["_".join(Path(os.path.relpath(path, parent)).parts) for path in paths]
    if len(set(names)) < len(names):
        raise OptionError("Several pictures have the same name: give them one folder at a time.")
    return names
