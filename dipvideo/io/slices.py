"""The part of a film that some frames need, as bytes: for machines that do not see the film's file.

Of a video these are the very blocks of its file that a reader of those frames reads, at their own places, so that
another machine reads, seeks and decodes as this one does, and gets the same samples; of pictures, their files.
"""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av

from ..errors import ParcelTooSmall
from .pictures import PictureSource
from .source import Source, VideoSource, packets_of

BLOCK = 1 << 16  # bytes
AHEAD = 64  # packets read beyond a frame: FFmpeg decodes with 16 threads at the most, and reorders by 16 frames

Spans = Iterable[tuple[int, int]]
"""Frames [start, stop), several times."""


class Slice(Protocol):
    """What some frames of a source need. It is pickled."""

    def laid(self, source: Source, folder: Path) -> Source:
        """`source` as read from this slice, which may put files into `folder`, an empty one."""
        ...


def slice_of(source: Source, spans: Spans, wide: bool = False) -> Slice:
    """What frames in `spans` of `source` need; `wide`: and all that comes before them.

    That much is asked for where a file's own index leads a reader astray, so that it begins at the beginning.
    """
    if isinstance(source, PictureSource):
        count = len(source.paths)
        numbers = range(count) if count == 1 else sorted({n for start, stop in spans for n in range(start, stop)})
        return _PictureSlice({number: source.paths[number].read_bytes() for number in numbers if number < count})
    # Apart, since an interrupt that comes while FFmpeg asks for bytes would be lost; other threads get none.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(_video_slice, source, spans, wide).result()


def _video_slice(source: VideoSource, spans: Spans, wide: bool) -> _VideoSlice:
    size = os.stat(source.info.path).st_size
    with open(source.info.path, "rb") as file:
        seen: set[int] = set()

        def read(block: int) -> bytes:
            seen.add(block)
            file.seek(block * BLOCK)
            return file.read(BLOCK)

        _walk(_Elsewhere(source, size, read), spans, wide)
        return _VideoSlice(size, {block: read(block) for block in sorted(seen)})


def _walk(source: VideoSource, spans: Spans, wide: bool) -> None:
    """Read what `VideoSource.frames` reads for each of `spans`, and some packets more."""
    pts, last = source.index.pts, len(source.index) - 1
    for start, stop in spans:
        begin = int(pts[start]) if start and source.index.seekable else None
        for seek_to in {begin, None} if wide else {begin}:
            with source.open() as container:
                stream = source.picture(container)
                packets = packets_of(container, [stream])
                if seek_to is not None:
                    for _ in zip(range(AHEAD), packets, strict=False):
                        pass
                    with suppress(av.FFmpegError):
                        container.seek(seek_to, stream=stream, backward=True)
                    packets = packets_of(container, [stream])
                end, beyond = int(pts[min(stop, last)]), 0
                for number, packet in enumerate(packets):
                    late = packet.pts is None or packet.pts >= end if source.index.seekable else number >= stop
                    beyond += late
                    if beyond > AHEAD:
                        break


@dataclass(frozen=True)
class _VideoSlice:
    """blocks: by their number; size: of the whole file."""

    size: int
    blocks: dict[int, bytes]

    def laid(self, source: VideoSource, folder: Path) -> VideoSource:
        return _Elsewhere(source, self.size, self._block)

    def _block(self, number: int) -> bytes:
        try:
            return self.blocks[number]
        except KeyError:
            raise ParcelTooSmall(f"Bytes from {number * BLOCK} on of the film were needed and not sent.") from None


@dataclass(frozen=True)
class _PictureSlice:
    """files: their contents, by the number of the frame."""

    files: dict[int, bytes]

    def laid(self, source: PictureSource, folder: Path) -> PictureSource:
        laid = copy.copy(source)
        laid.paths = list(source.paths)
        for number, content in self.files.items():
            path = folder / str(number) / source.paths[number].name
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            laid.paths[number] = path
        return laid


class _Elsewhere(VideoSource):
    """A video whose file's blocks come from a function."""

    def __init__(self, whole: VideoSource, size: int, block: Callable[[int], bytes]):
        self.__dict__.update(whole.__dict__)
        self.damage = set(whole.damage)
        self._size, self._block = size, block

    def open(self) -> av.container.InputContainer:
        return av.open(_Blocks(os.path.abspath(self._path), self._size, self._block), metadata_errors="replace")


class _Blocks(io.RawIOBase):
    """A file to be read. name: tells FFmpeg what it may be."""

    def __init__(self, name: str, size: int, block: Callable[[int], bytes]):
        self.name, self._size, self._block, self._at = name, size, block, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def read(self, count: int = -1) -> bytes:
        stop = self._size if count < 0 else min(self._at + count, self._size)
        number = self._at // BLOCK
        made = bytearray()
        while number * BLOCK < stop:
            made += self._block(number)
            number += 1
        begin = self._at % BLOCK
        found = bytes(made[begin:begin + max(stop - self._at, 0)])
        self._at += len(found)
        return found

