"""Opens a video or pictures and hands out frames by number, each with its own samples and time stamp."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av

from ..errors import NoVideo, SourceMissing, Unreadable
from ..frame import Frame, VideoInfo
from . import sequence
from .planes import editable, view


class Source(Protocol):
    """What every input can do."""

    info: VideoInfo

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames [start, stop) in presentation order; the planes of one are good until the next is asked for."""
        ...


def open_source(path: str | Path) -> Source:
    """Open a video file, a picture, a folder of pictures or a glob of pictures.

    Raises SourceMissing, NoVideo or Unreadable, each saying what to do.
    """
    text = str(path)
    if sequence.is_pictures(text):
        return sequence.PictureSource(text)
    if not Path(text).exists():
        raise SourceMissing(f"There is no file or folder {text!r}: check the path.")
    return VideoSource(text)


class VideoSource:
    """A video file. Each call of `frames` decodes on its own, so several readers may be under way at once."""

    def __init__(self, path: str):
        self._path = path
        self._pts: list[int] = []  # of the frames seen so far by a reader that began at 0
        with self._open() as container:
            stream = self._stream(container)
            rate = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(25)
            self.info = VideoInfo(path, stream.width, stream.height, Fraction(rate), stream.time_base,
                                  _frames_promised(stream, rate))
        if not (self.info.width and self.info.height):
            raise Unreadable(f"{path!r} does not say how large its picture is: it may be damaged; try another copy.")

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames [start, stop). A start beyond 0 seeks once the frames up to it have been read before."""
        known = self._pts[start] if 0 < start < len(self._pts) else None
        if known is not None:
            reader = self._from(known, start)
            first = next(reader, None)
            if first is not None and first.index <= start:
                yield from _cut(first, reader, start, stop)
                return
        # Nothing to seek by, or the seek landed too late (some containers do): count from the beginning.
        reader = self._from_beginning()
        first = next(reader, None)
        if first is not None:
            yield from _cut(first, reader, start, stop)

    def _from(self, pts: int, start: int) -> Iterator[Frame]:
        for native in self._decode(seek_to=pts):
            place = bisect_left(self._pts, native.pts) if native.pts is not None else len(self._pts)
            if place >= len(self._pts) or self._pts[place] != native.pts:
                if place > start:  # lost: not a frame that was seen before
                    return
                continue  # a leading picture of an open GOP, before the part that was asked for
            yield self._frame(native, place)

    def _from_beginning(self) -> Iterator[Frame]:
        step = max(round(1 / (self.info.rate * self.info.time_base)), 1)
        last = None
        for index, native in enumerate(self._decode()):
            if native.pts is None or (last is not None and native.pts <= last):
                native.pts = 0 if last is None else last + step  # raw and damaged streams: count on
            last = native.pts
            if index == len(self._pts):
                self._pts.append(last)
            yield self._frame(native, index)

    def _frame(self, native: av.VideoFrame, index: int) -> Frame:
        native = editable(native)
        return Frame(index, native.pts, self.info.time_base, view(native), native)

    def _decode(self, seek_to: int | None = None) -> Iterator[av.VideoFrame]:
        with self._open() as container:
            stream = self._stream(container)
            stream.thread_type = "AUTO"
            try:
                if seek_to is not None:
                    # Encoders leave notes for the decoder in the first packet alone (x264's build, which decides how
                    # its 4:4:4 is to be read): without them the same frame decodes to other samples after a seek.
                    for packet in container.demux(stream):
                        if packet.decode():
                            break
                    container.seek(seek_to, stream=stream, backward=True)
                for packet in container.demux(stream):
                    # A damaged packet costs its own frames; what then is missing shows in their number.
                    with suppress(av.error.InvalidDataError):
                        yield from packet.decode()
            except av.FFmpegError as error:
                raise Unreadable(f"{self._path!r} could not be read to its end ({error.strerror}): "
                                 "it may be damaged; try another copy.") from error

    def _open(self) -> av.container.InputContainer:
        try:
            return av.open(self._path)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise Unreadable(f"{self._path!r} is no video that can be read ({getattr(error, 'strerror', error)}): "
                             "check that it plays elsewhere, or fetch it again.") from error

    def _stream(self, container: av.container.InputContainer) -> av.video.stream.VideoStream:
        for stream in container.streams.video:
            if not stream.disposition & av.stream.Disposition.attached_pic:
                return stream
        raise NoVideo(f"{self._path!r} holds no video stream: give a video or a folder of pictures.")


def _frames_promised(stream: av.video.stream.VideoStream, rate: Fraction) -> int | None:
    if stream.frames:
        return stream.frames
    written = stream.metadata.get("DURATION", "")  # Matroska: hh:mm:ss.nnnnnnnnn of this stream
    try:
        hours, minutes, seconds = written.split(":")
        return int((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * rate)
    except ValueError:
        return None


def _cut(first: Frame, rest: Iterator[Frame], start: int, stop: int | None) -> Iterator[Frame]:
    frame: Frame | None = first
    while frame is not None and (stop is None or frame.index < stop):
        if frame.index >= start:
            yield frame
        frame = next(rest, None)
