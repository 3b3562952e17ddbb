"""Pictures as a video: a folder, a glob, a numbered pattern or one picture, in the natural order of their names."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from ...errors import NoVideo, Unreadable
from ...frame import Frame, VideoInfo
from .formats import SUFFIXES, Picture, read_picture

RATE = Fraction(25)  # frames a second of pictures, which have no clock of their own
_FIELD = re.compile(r"%%|%(0\d+)?d")  # of printf: a literal per cent, or a number with its least width


def is_pictures(text: str) -> bool:
    """Whether `text` names pictures rather than a video: a folder, a glob, a pattern, or a picture's file name."""
    path = Path(text)
    if path.exists():
        return path.is_dir() or path.suffix.lower() in SUFFIXES
    return glob.has_magic(text) or (_is_pattern(text) and path.suffix.lower() in SUFFIXES)


class PictureSource:
    """A folder, a glob, a pattern or one picture; all must have the size and the depth of the first."""

    missing = 0

    def __init__(self, text: str):
        self.damage: set[int] = set()  # none: a picture that cannot be read stops the work, since its file says which
        self.paths = _find(text)
        if not self.paths:
            raise NoVideo(f"{text!r} holds no picture: known are {', '.join(sorted(SUFFIXES))}.")
        first = read_picture(self.paths[0]).content.planes
        self._depth = first.layout.depth
        self.info = VideoInfo(text, first.width, first.height, RATE, 1 / RATE, len(self.paths))

    @property
    def pts(self) -> Sequence[int]:
        return range(len(self.paths))

    def look(self, tell: Callable[[int, int], object] = lambda done, total: None) -> None:
        """There is nothing to learn: the names say it all."""

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        for index in self.pts[start:stop]:
            picture = read_picture(self.paths[index])
            self._check(picture)
            yield Frame(index, index, self.info.time_base, picture.content.planes, picture)

    def _check(self, picture: Picture) -> None:
        planes, info = picture.content.planes, self.info
        mine, usual, what = f"{planes.width}x{planes.height}", f"{info.width}x{info.height}", "size"
        if mine == usual:
            mine, usual, what = f"of {planes.layout.depth} bits", f"of {self._depth}", "depth"
            if planes.layout.depth == self._depth:
                return
        raise Unreadable(f"{str(picture.path)!r} is {mine} but the ones before it {usual}: "
                         f"give pictures of one {what}.")


def _find(text: str) -> list[Path]:
    path = Path(text)
    if path.is_file():
        return [path]
    if path.is_dir():
        # macOS leaves ._1.png beside 1.png: no picture, in spite of its name
        found = [p for p in path.iterdir() if not p.name.startswith(".")]
    else:
        found = _matching(text) if _is_pattern(text) else map(Path, glob.glob(text))
    return sorted((p for p in found if p.suffix.lower() in SUFFIXES and p.is_file()), key=_natural)


def _is_pattern(text: str) -> bool:
    return any(field.group() != "%%" for field in _FIELD.finditer(text))


def _matching(pattern: str) -> list[Path]:
    """What a printf pattern stands for, whichever of its numbers are there, in any of its folders."""
    path = Path(pattern)
    found = [Path(path.anchor)]
    for part in path.parts[1 if path.anchor else 0:]:
        if "%" not in part:
            found = [folder / part for folder in found]
            continue
        named = re.compile(_expression(part))
        found = [child for folder in found if folder.is_dir() for child in folder.iterdir()
                 if named.fullmatch(child.name)]
    return found


def _expression(part: str) -> str:
    """A regular expression for what printf makes of one part of a path."""
    said, place = "", 0
    for field in _FIELD.finditer(part):
        width = int(field.group(1) or 1)
        number = "%" if field.group() == "%%" else r"\d+" if width == 1 else rf"(?:\d{{{width}}}|[1-9]\d{{{width},}})"
        said, place = said + re.escape(part[place:field.start()]) + number, field.end()
    return said + re.escape(part[place:])


def _natural(path: Path) -> list[list[tuple[int, str]]]:
    """Sort key by which 2.png comes before 10.png, and the folder 2 before 10."""
    return [[(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", part)]
            for part in path.parts]
