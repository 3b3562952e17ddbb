"""Puts patches into the source's own samples and writes them, complete or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2

from ..errors import OptionError, OutputError, OutputExists, SourceMissing
from ..frame import Frame, VideoInfo
from ..planes import Patch
from .atomic import complete_or_nothing
from .encoder import Encoder, choose_encoder, plain_format
from .planes import view
from .sequence import PictureSource, planes_of
from .source import Source
from .streams import StreamCopy

INTERLEAVE_SECONDS = 0.5  # sound is written this far ahead of the picture, as players like it


class Writer(Protocol):
    """What every output can do."""

    encoder_name: str

    def write(self, frame: Frame, patches: Sequence[Patch] = ()) -> None:
        """Write `frame` with `patches` pasted in; its other samples stay as they are."""
        ...


def default_output(source: str) -> Path:
    """`<stem>.dipvideo<suffix>` beside the input; for a glob, the folder of its pictures gives the name."""
    path = Path(source)
    if any(c in source for c in "*?["):
        path = path.parent
    path = path if path.name else path.resolve()
    return path.with_name(f"{path.stem}.dipvideo{path.suffix}")


def check_output(path: Path, source: str, overwrite: bool) -> None:
    """Raise OutputExists or OutputError before any work is done, rather than after a night of it."""
    if not path.parent.is_dir():
        raise SourceMissing(f"There is no folder {str(path.parent)!r} to write {path.name!r} into: make it first.")
    if path.exists():
        if Path(source).exists() and path.samefile(source):
            raise OutputError(f"{str(path)!r} is the input itself: choose another output with -o.")
        if not overwrite:
            raise OutputExists(f"{str(path)!r} exists already: choose another name with -o, or add --overwrite.")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"The folder {str(path.parent)!r} cannot be written to: choose another with -o.")


@contextmanager
def open_writer(path: Path, source: Source, encoder: str = "auto", crf: int = 18) -> Iterator[Writer]:
    """A writer for frames of `source`; on a clean exit the output is at `path`, otherwise nothing is.

    Pictures become pictures (in a folder, or one file), a video becomes a video. Raises DiskFull or OutputError.
    """
    with complete_or_nothing(path) as part:
        pictures = isinstance(source, PictureSource)
        writer = PictureWriter(part, source) if pictures else VideoWriter(part, source.info, encoder, crf)
        try:
            yield writer
            writer.finish()
        finally:
            writer.close()


class VideoWriter:
    """Encodes frames with the source's own time stamps, colour tags and shape, and copies its sound.

    The stream is set up at the first frame, which alone knows how the decoder hands samples out.
    """

    def __init__(self, part: Path, info: VideoInfo, encoder: str, crf: int):
        self._part, self._info, self._request = part, info, (encoder, crf)
        self._output: av.container.OutputContainer | None = None
        self._copy: StreamCopy | None = None
        self._encoder: Encoder | None = None

    @property
    def encoder_name(self) -> str:
        return self._encoder.name if self._encoder else "none"

    def write(self, frame: Frame, patches: Sequence[Patch] = ()) -> None:
        native = frame.native
        if patches:
            native.make_writable()  # without it the decoder would predict from the patched picture
            planes = view(native)
            for patch in patches:
                planes.paste(patch)
        if self._output is None:
            self._open(native)
        if self._copy:
            self._copy.until(frame.pts_seconds + INTERLEAVE_SECONDS)
        self._encode(native, frame.pts, frame.time_base)

    def _encode(self, native: av.VideoFrame, pts: int, time_base: Fraction) -> None:
        duration = native.duration
        if self._encoder.pix_fmt not in (native.format.name, plain_format(native.format.name)):
            native = native.reformat(format=self._encoder.pix_fmt)
        native.pts, native.time_base, native.pict_type = pts, time_base, 0  # 0: the encoder chooses the frame type
        if duration:
            native.duration = duration
        self._output.mux(self._stream.encode(native))

    def _open(self, native: av.VideoFrame) -> None:
        info = self._info
        self._encoder = choose_encoder(self._request[0], self._part.suffix, native.format.name, self._request[1])
        try:
            # Sound often starts a little before 0 (encoder priming): the picture must not be moved to make room.
            self._output = av.open(str(self._part), "w", options={"avoid_negative_ts": "disabled"})
        except ValueError as error:
            raise OptionError(f"{self._part.suffix!r} is no container that can be written: "
                              "name the output .mp4, .mkv, .mov or .webm.") from error
        with av.open(info.path) as source:
            self._output.metadata.update(source.metadata)
            shape = source.streams.video[0].sample_aspect_ratio
        self._stream = self._output.add_stream(self._encoder.name, rate=info.rate)
        context = self._stream.codec_context
        context.width, context.height, context.pix_fmt = native.width, native.height, self._encoder.pix_fmt
        context.time_base = self._stream.time_base = info.time_base
        context.options = dict(self._encoder.options)
        context.flags |= av.codec.context.Flags.frame_duration  # keeps variable frame rates exact
        if shape:
            context.sample_aspect_ratio = shape
        for tag in ("color_range", "colorspace", "color_primaries", "color_trc"):
            setattr(context, tag, getattr(native, tag))
        if native.format.name.startswith("yuvj"):
            context.color_range = 2
        self._copy = StreamCopy(info.path, self._output)

    def finish(self) -> None:
        if self._output is None:
            return
        self._output.mux(self._stream.encode(None))
        if self._copy:
            self._copy.finish()
        output, self._output = self._output, None
        output.close()

    def close(self) -> None:
        """Let go of the files; after an error the output is thrown away, so what closing it says does not matter."""
        if self._copy:
            self._copy.close()
        if self._output is not None:
            with suppress(av.FFmpegError, OSError):
                self._output.close()


class PictureWriter:
    """Writes pictures under the names they came with; those without a patch are copied as files."""

    encoder_name = "pictures"

    def __init__(self, part: Path, source: PictureSource):
        self._part = part
        self._single = len(source.paths) == 1 and part.suffix != ""
        if not self._single:
            part.mkdir()

    def write(self, frame: Frame, patches: Sequence[Patch] = ()) -> None:
        path, picture = frame.native
        target = self._part if self._single else self._part / path.name
        if not patches and target.suffix.lower() == path.suffix.lower():
            shutil.copyfile(path, target)
            return
        planes = planes_of(picture)
        for patch in patches:
            planes.paste(patch)
        quality = [cv2.IMWRITE_JPEG_QUALITY, 98] if target.suffix.lower() in (".jpg", ".jpeg") else []
        if not cv2.imwrite(str(target), picture, quality):
            raise OSError(errno.EIO, f"could not write {target.name}")

    def finish(self) -> None: ...

    def close(self) -> None: ...
