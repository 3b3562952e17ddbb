"""Holes from a mask file (white is hole), and holes into a lossless mask file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from ..errors import MaskMismatch, OptionError
from ..frame import Frame, VideoInfo
from ..planes import Patch
from .atomic import complete_or_nothing
from .pictures import PictureSource
from .source import open_source

MASK_SUFFIXES = (".mkv", ".mov", ".avi")  # containers that hold FFV1


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


@contextmanager
def open_mask_writer(path: Path, info: VideoInfo) -> Iterator[MaskWriter]:
    """A writer of masks; on a clean exit the file is at `path`, otherwise nothing is. Raises OutputError."""
    if path.suffix.lower() not in MASK_SUFFIXES:
        raise OptionError(f"A mask is written losslessly as {' or '.join(MASK_SUFFIXES)}; got {str(path)!r}.")
    with complete_or_nothing(path) as part:
        writer = MaskWriter(part, info)
        try:
            yield writer
            writer.finish()
        finally:
            writer.close()


class MaskWriter:
    """Writes holes as lossless video (FFV1, grey; white is hole) with the time stamps of the frames."""

    def __init__(self, path: Path, info: VideoInfo):
        self._info = info
        self._output = av.open(str(path), "w")
        self._stream = self._output.add_stream("ffv1", rate=info.rate)
        context = self._stream.codec_context
        context.width, context.height, context.pix_fmt = info.width, info.height, "gray"
        context.time_base = self._stream.time_base = info.time_base
        context.options = {"level": "3", "g": "1"}

    def write(self, patch: Patch | None, pts: int, time_base: Fraction) -> None:
        """White where `patch` weighs anything."""
        picture = np.zeros((self._info.height, self._info.width), np.uint8)
        if patch is not None:
            picture[patch.box.slices][patch.weight > 0] = 255
        frame = av.VideoFrame.from_ndarray(picture, "gray")
        frame.pts, frame.time_base = pts, time_base
        self._output.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self._output.mux(self._stream.encode(None))

    def close(self) -> None:
        self._output.close()
