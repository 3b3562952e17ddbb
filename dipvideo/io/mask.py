"""Holes from a mask file (white is hole), and holes into a lossless mask file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from ..errors import MaskMismatch
from ..frame import Frame, VideoInfo
from ..planes import Patch
from .pictures import PictureSource
from .side import SideVideo, open_side_video
from .source import open_source

MASK_SUFFIXES = (".mkv", ".mov", ".avi")  # containers of lossless video


class MaskReader:
    """The holes of a mask: one picture for every frame, or a video or folder with one mask a frame.

    Raises MaskMismatch if it has another size or length than the video.
    """

    def __init__(self, path: str, info: VideoInfo):
        self._source = open_source(path)
        self._path, self._info = path, info
        mine = self._source.info
        if (mine.width, mine.height) != (info.width, info.height):
            raise MaskMismatch(f"The mask {path!r} is {mine.width}x{mine.height} but the video is "
                               f"{info.width}x{info.height}: scale the mask to the video's size.")
        self.still = isinstance(self._source, PictureSource) and len(self._source.paths) == 1

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """(H, W) bool holes of frames [start, stop)."""
        if self.still:
            hole = hole_of(next(self._source.frames()))
            while stop is None or start < stop:
                start += 1
                yield hole
            return
        for frame in self._source.frames(start, stop):
            yield hole_of(frame)

    def mismatch(self, frames: int) -> MaskMismatch:
        """The error for a mask that ends before or after the video's `frames`."""
        return MaskMismatch(f"The mask {self._path!r} does not have the video's {frames} frames: "
                            "give one mask a frame, or a single picture for all of them.")


def hole_of(frame: Frame) -> np.ndarray:
    """(H, W) bool: brighter than the middle of the range."""
    layout = frame.planes.layout
    offset, span = layout.luma_scale
    return frame.planes.luma > offset + span / 2


def open_mask_writer(path: Path, info: VideoInfo) -> AbstractContextManager[SideVideo]:
    """A writer of masks, 8 bits deep: white where a patch weighs anything. Raises OptionError for another suffix."""
    return open_side_video(path, info, _white, what="A mask", suffixes=MASK_SUFFIXES)


def _white(patch: Patch, number: int) -> np.ndarray:
    return np.where(patch.weight > 0, 255, 0).astype(np.uint8)
