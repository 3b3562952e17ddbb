"""Pictures as a video: a folder, a glob or a single picture, in the natural order of their names."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from ..errors import NoVideo, Unreadable
from ..frame import Frame, VideoInfo
from ..planes import PixelLayout, Planes

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"}
RATE = Fraction(25)  # frames a second of pictures, which have no clock of their own


def is_pictures(text: str) -> bool:
    """Whether `text` names pictures rather than a video: a folder, a glob, or a picture's file name."""
    path = Path(text)
    if path.exists():
        return path.is_dir() or path.suffix.lower() in SUFFIXES
    return glob.has_magic(text)


class PictureSource:
    """A folder, a glob or one picture; all must have the size of the first."""

    def __init__(self, text: str):
        self.paths = _find(text)
        if not self.paths:
            raise NoVideo(f"{text!r} holds no picture: known are {', '.join(sorted(SUFFIXES))}.")
        first = read_picture(self.paths[0])
        self.info = VideoInfo(text, first.shape[1], first.shape[0], RATE, 1 / RATE, len(self.paths))

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        for index in range(start, len(self.paths) if stop is None else min(stop, len(self.paths))):
            picture = read_picture(self.paths[index])
            if picture.shape[:2] != (self.info.height, self.info.width):
                raise Unreadable(f"{str(self.paths[index])!r} is {picture.shape[1]}x{picture.shape[0]} but the "
                                 f"ones before it {self.info.width}x{self.info.height}: give pictures of one size.")
            yield Frame(index, index, self.info.time_base, planes_of(picture), (self.paths[index], picture))


def planes_of(picture: np.ndarray) -> Planes:
    """Views of a picture of (H, W), (H, W, 3) BGR or (H, W, 4) BGRA samples; alpha is left out."""
    depth = 8 * picture.dtype.itemsize
    if picture.ndim == 2:
        return Planes(PixelLayout("gray", depth, full_range=True), (picture,))
    return Planes(PixelLayout("rgb", depth, full_range=True), tuple(picture[..., i] for i in (2, 1, 0)))


def read_picture(path: Path) -> np.ndarray:
    """Samples as they are: (H, W) grey, (H, W, 3) BGR or (H, W, 4) BGRA; uint8 or uint16. Raises Unreadable."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.dtype not in (np.uint8, np.uint16):
        raise Unreadable(f"{str(path)!r} is no picture of 8 or 16 bits that can be read: convert it to PNG or TIFF.")
    return picture


def _find(text: str) -> list[Path]:
    path = Path(text)
    if path.is_file():
        return [path]
    found = path.iterdir() if path.is_dir() else map(Path, glob.glob(text))
    return sorted((p for p in found if p.suffix.lower() in SUFFIXES and p.is_file()), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort key by which 2.png comes before 10.png."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)]
