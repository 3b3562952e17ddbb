"""Opens a video or pictures and hands out frames by number, each with its own samples and time stamp."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Protocol

import av
import numpy as np

from ..errors import NoVideo, SourceMissing, Unreadable
from ..frame import Frame, VideoInfo
from . import pictures
from .index import Index, ascending, counted, survey
from .planes import editable, view

MOST_PIXELS = 1 << 28  # of a picture that is believed: 16384 × 16384
COUNTS_FRAMES = {"avi"}  # containers without times, but with a rate
PROBE = 16  # frames that are decoded to see whether the packets told their times rightly


class Source(Protocol):
    """What every input can do."""

    info: VideoInfo
    damage: set[int]  # where packets lie that could not be decoded whole, as far as is known yet

    @property
    def pts(self) -> Sequence[int]:
        """The time stamp of every frame; a frame's number is its place here. Frames may be missing when read."""
        ...

    @property
    def missing(self) -> int:
        """How many frames less there are than the file promises."""
        ...

    def look(self, tell: Callable[[int, int], object] = lambda done, total: None) -> None:
        """Learn what `pts` says; `tell` hears how far it is, in bytes."""
        ...

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames [start, stop) in presentation order; the planes of one are good until the next is asked for."""
        ...


def open_source(path: str | Path) -> Source:
    """Open a video file, a picture, a folder of pictures, or a glob or pattern of pictures.

    Raises SourceMissing, NoVideo or Unreadable, each saying what to do.
    """
    text = str(path)
    if pictures.is_pictures(text):
        return pictures.PictureSource(text)
    if not Path(text).exists():
        raise SourceMissing(f"There is no file or folder {text!r}: check the path.")
    return VideoSource(text)


class VideoSource:
    """A video file. Each call of `frames` decodes on its own, so several readers may be under way at once."""

    def __init__(self, path: str):
        self._path = path
        self._index: Index | None = None
        self.damage: set[int] = set()
        with self.open() as container:
            stream = self.picture(container)
            rate = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(25)
            self.info = VideoInfo(path, stream.width, stream.height, Fraction(rate), stream.time_base,
                                  stream.frames or None, stream.codec_context.codec.canonical_name,
                                  container.format.name, (container.start_time or 0) / av.time_base)
            self._end = _end_promised(stream)
        pixels = self.info.width * self.info.height
        if not 0 < pixels <= MOST_PIXELS:
            raise Unreadable(f"{path!r} says its picture is {self.info.width}x{self.info.height}: it may be damaged; "
                             "try another copy.")

    @property
    def index(self) -> Index:
        if self._index is None:
            self.look()
        return self._index

    @property
    def pts(self) -> Sequence[int]:
        return self.index.pts

    def look(self, tell: Callable[[int, int], object] = lambda done, total: None) -> None:
        if self._index is not None:
            return
        with self.open() as container:
            stream = self.picture(container)
            total = container.size
            counts = self.info.container in COUNTS_FRAMES
            guessed = counts and stream.codec_context.has_b_frames  # reordered frames under times that are not
            found = survey(packets_of(container, [stream]), self.info.codec, stream.codec_context.extradata,
                           lambda position: tell(position, total))
        if found is not None:
            first = (native.pts for native in islice(self._decode(), PROBE))
            numbers = [-1, *(None if pts is None else found.number(pts) for pts in first)]
            if None in numbers or any(b <= a for a, b in pairwise(numbers)) or (guessed and not found.reorder):
                found = None
        if found is None:
            times = (native.pts for native in self._decode())
            # Such a container numbers packets as they are decoded; frames are shown at the same times, but in order.
            found = counted(ascending(sorted(times, key=lambda t: t or 0) if counts else times, self.step))
        self._index = found

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames [start, stop). Frames that damage has taken are left out; the others keep their numbers."""
        index = self.index
        if start >= len(index) or (stop is not None and start >= stop):
            return
        if not index.seekable:
            for number, frame in enumerate(self._counted()):
                if stop is not None and number >= stop:
                    return
                if number >= start:
                    yield frame
            return
        for seek_to in dict.fromkeys((int(index.pts[start]) if start else None, None)):
            with closing(self._numbered(seek_to)) as reader:
                first = next(reader, None)
                if seek_to is not None and (first is None or first.index > start):
                    continue  # the seek landed too late (some containers do): read from the beginning
                while first is not None and (stop is None or first.index < stop):
                    if first.index >= start:
                        yield first
                    first = next(reader, None)
                return

    def _numbered(self, seek_to: int | None) -> Iterator[Frame]:
        last = -1
        for native in self._decode(seek_to):
            number = self.index.number(native.pts) if native.pts is not None else None
            if number is not None and number > last:  # else damage: a picture that is no frame of this stream
                last = number
                yield self._frame(native, number)

    def _counted(self) -> Iterator[Frame]:
        for number, (pts, native) in enumerate(zip(self.index.pts, self._decode(), strict=False)):
            native.pts = int(pts)
            yield self._frame(native, number)

    def _frame(self, native: av.VideoFrame, index: int) -> Frame:
        if (native.width, native.height) != (self.info.width, self.info.height):
            raise Unreadable(f"{self._path!r} changes its size from {self.info.width}x{self.info.height} to "
                             f"{native.width}x{native.height} at frame {index}: cut it there, and give the parts.")
        native = editable(native)
        return Frame(index, native.pts, self.info.time_base, view(native), native)

    @property
    def missing(self) -> int:
        """How many frames less there are than the file promises: it was cut off. Small errors of headers count not."""
        there, lacking = len(self.index), 0
        if self.info.frames_promised:
            lacking = self.info.frames_promised - there - self.index.hidden
        elif self._end is not None and there:
            steps = np.diff(self.index.pts) if there > 1 else np.array([self.step])
            # The last frame may be shown for as long as any: of slides, or of a recorded screen, that is long.
            end = int(self.index.pts[-1]) + max(int(steps.max()), self.index.longest)
            lacking = round((self._end / float(self.info.time_base) - end) / float(np.median(steps)))
        return lacking if lacking > max(2, there // 100) else 0

    @property
    def step(self) -> int:
        """From one frame to the next, nominally, in the stream's time base."""
        return max(round(1 / (self.info.rate * self.info.time_base)), 1)

    def _decode(self, seek_to: int | None = None) -> Iterator[av.VideoFrame]:
        with self.open() as container:
            stream = self.picture(container)
            stream.thread_type = "AUTO"
            if seek_to is not None:
                # Encoders leave notes for the decoder in the first packet alone (x264's build, which decides how
                # its 4:4:4 is to be read): without them the same frame decodes to other samples after a seek.
                for packet in packets_of(container, [stream]):
                    if self._pictures_of(packet, seek_to):
                        break
                try:
                    container.seek(seek_to, stream=stream, backward=True)
                except av.FFmpegError:
                    return  # the reader then begins at the beginning
            for packet in packets_of(container, [stream]):
                yield from self._pictures_of(packet, seek_to)

    def _pictures_of(self, packet: av.Packet, sought: int | None) -> list[av.VideoFrame]:
        """The frames that a packet completes; a damaged packet costs its own frames.

        What comes before the place that was sought may lack what it was predicted from: that is no damage.
        """
        try:
            found = packet.decode()
        except av.FFmpegError:
            found, bad = [], True
        else:
            bad = any(native.is_corrupt for native in found)
        if bad and (sought is None or (packet.pts is not None and packet.pts >= sought)):
            self.damage.add(packet.pos or -1)
        return found

    def packets(self, start: int, stop: int) -> Iterator[av.Packet]:
        """The packets of frames [start, stop) as the file holds them; both are cuts of the index, or its ends."""
        first = int(self.index.pts[start]) if start else None
        end = int(self.index.pts[stop]) if stop < len(self.index) else None
        for seek_to in dict.fromkeys((first, None)):
            begun = False
            with self.open() as container:
                stream = self.picture(container)
                if seek_to is not None:
                    container.seek(seek_to, stream=stream, backward=True)
                for packet in packets_of(container, [stream]):
                    if not packet.size or (first is not None and (packet.pts is None or packet.pts < first)):
                        continue
                    if not begun and packet.pts != first and seek_to is not None:
                        break  # the seek landed too late (some containers do): read from the beginning
                    if end is not None and packet.pts >= end:
                        return
                    begun = True
                    yield packet
            if begun:
                return

    def key_packets(self) -> Iterator[bytes]:
        """Every key frame's packet, in the file's order."""
        with self.open() as container:
            for packet in packets_of(container, [self.picture(container)]):
                if packet.size and packet.is_keyframe:
                    yield bytes(packet)

    def open(self) -> av.container.InputContainer:
        """The file, opened anew. Raises Unreadable."""
        try:
            # Absolute, since FFmpeg takes what stands before a colon for a protocol.
            return av.open(os.path.abspath(self._path), metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise Unreadable(f"{self._path!r} is no video that can be read ({getattr(error, 'strerror', error)}): "
                             "check that it plays elsewhere, or fetch it again.") from error

    def picture(self, container: av.container.InputContainer) -> av.video.stream.VideoStream:
        """The film's picture among the streams of its opened file: the first that is no cover art. Raises NoVideo."""
        for stream in container.streams.video:
            if not stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context is not None:
                return stream
        raise NoVideo(f"{self._path!r} holds no video stream: give a video or a folder of pictures.")


def packets_of(container: av.container.InputContainer, streams: list[av.stream.Stream]) -> Iterator[av.Packet]:
    """Packets to the end of the file, or to where it cannot be read on: what then is missing shows in the count."""
    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        yield packet


def _end_promised(stream: av.video.stream.VideoStream) -> float | None:
    """When the picture ends, in seconds, where Matroska's tag says so: hh:mm:ss.nnnnnnnnn."""
    try:
        hours, minutes, seconds = stream.metadata.get("DURATION", "").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
