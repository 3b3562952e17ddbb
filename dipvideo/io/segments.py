"""Runs of frames, each in a file of its own: what a crash, a worker or a splice can be trusted with.

An independent encoder writes every segment, so that segments may be made anywhere, in any order; `join` puts their
packets into one stream. NUT holds any time base exactly and is readable to its last written frame. What a NUT cannot
say stands beside it as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from ..errors import OptionError
from ..frame import Frame
from ..planes import Patch
from .atomic import finished
from .encoding import Encoder, Traits, same_priority
from .index import in_order
from .planes import enlarged, plain_format, view
from .source import VideoSource

_FORMATS = ("nut", "mov")  # ProRes, DNxHD and QuickTime's own have no place in NUT
_COUNTS = {"mpeg1video", "mpeg2video", "mpeg4"}  # these encoders take frames of one length only, and no fine clocks
_FASTEST = Fraction(120)  # frames a second that they are told
_UNKNOWN = -99  # FFmpeg's FF_LEVEL_UNKNOWN
_MEDIA, _SAID = "segment", "segment.json"  # in a segment's folder


@dataclass(frozen=True, slots=True)
class Segment:
    """Encoded frames [start, stop) of the film.

    pts: of the frames that are there, ascending, with their durations, in time_base; coded: the same pts in the order
        of the packets; reorder: how many places a packet may come late.
    untouched: how many of the frames came without a patch.
    """

    start: int
    stop: int
    path: Path
    time_base: Fraction
    pts: np.ndarray
    durations: np.ndarray
    coded: np.ndarray
    reorder: int
    untouched: int

    @property
    def extradata(self) -> bytes:
        """What the encoder put in the header."""
        with av.open(str(self.path)) as container:
            return bytes(container.streams.video[0].codec_context.extradata or b"")

    def packets(self) -> Iterator[av.Packet]:
        """The packets in decoding order, with their frames' times and durations in `time_base`."""
        durations = dict(zip(self.pts.tolist(), self.durations.tolist(), strict=True))
        with av.open(str(self.path)) as container:
            packets = (packet for packet in container.demux(container.streams.video[0]) if packet.size)
            # The times that went in: the file may count in other ticks, and a mov rounds its beginning to them.
            for packet, pts in zip(packets, self.coded.tolist(), strict=True):
                packet.pts = packet.dts = pts
                packet.duration, packet.time_base = durations[pts], self.time_base
                yield packet


@dataclass(frozen=True, slots=True)
class SegmentRecipe:
    """How a film's frames are encoded: all that a segment depends on but its frames."""

    encoder: Encoder
    traits: Traits
    scale: int

    @contextmanager
    def part(self, folder: Path, start: int, stop: int, source: VideoSource) -> Iterator[SegmentWriter]:
        """What to write frames [start, stop) to; on a clean exit `read_segment` finds them in `folder`."""
        folder.mkdir()
        with finished(SegmentWriter(folder / _MEDIA, start, stop, source, self.encoder, self.traits,
                                    self.scale)) as writer:
            yield writer


def read_segment(folder: Path) -> Segment:
    """The segment that was written to `folder`."""
    said = json.loads((folder / _SAID).read_text())
    arrays = {name: np.array(said.pop(name), np.int64) for name in ("pts", "durations", "coded")}
    return Segment(path=folder / _MEDIA, time_base=Fraction(said.pop("time_base")), **arrays, **said)


class SegmentWriter:
    """Patches frames and encodes them into a segment; with a scale, frames and patches are so many times larger."""

    def __init__(self, path: Path, start: int, stop: int, source: VideoSource, encoder: Encoder, traits: Traits,
                 scale: int = 1):
        self._path, self._start, self._stop = path, start, stop
        self._encoder, self._info, self._step = encoder, source.info, source.step
        self._durations: dict[int, int] = {}  # by pts
        self._order: list[int] = []  # pts, as the packets come
        self._shown: list[int] = []  # pts, as the frames come
        self._scale, self._untouched = scale, 0
        self._output, self._stream = _open(path, source, encoder)
        context = self._stream.codec_context
        context.width, context.height = self._info.width * scale, self._info.height * scale
        context.pix_fmt = encoder.pix_fmt
        context.time_base = self._stream.time_base = self._info.time_base
        self._counts = encoder.codec in _COUNTS
        if self._counts:
            context.framerate = self._info.rate if self._info.rate <= _FASTEST else _FASTEST
            context.time_base = 1 / context.framerate
        context.options = dict(encoder.options)
        context.flags |= av.codec.context.Flags.frame_duration  # keeps variable frame rates exact
        context.flags |= av.codec.context.Flags.global_header
        for tag in ("color_range", "colorspace", "color_primaries", "color_trc"):
            setattr(context, tag, getattr(traits, tag))

    def write(self, frame: Frame, patches: Sequence[Patch] = ()) -> None:
        """Encode `frame` with `patches` pasted in; its other samples stay as they are."""
        native = frame.native
        self._untouched += not patches
        duration = native.duration or 0
        if self._scale > 1:
            native = enlarged(native, self._scale)
        if patches:
            native.make_writable()  # without it the decoder would predict from the patched picture
            planes = view(native)
            for patch in patches:
                planes.paste(patch)
        self._durations[frame.pts] = duration
        if self._encoder.pix_fmt not in (native.format.name, plain_format(native.format.name)):
            native = native.reformat(format=self._encoder.pix_fmt)
        native.pts, native.time_base, native.pict_type = frame.pts, frame.time_base, 0  # 0: the encoder chooses
        if self._counts:
            native.pts, native.time_base = len(self._shown), self._stream.codec_context.time_base
        elif duration:
            native.duration = duration
        opens = not self._shown  # the first frame does
        self._shown.append(frame.pts)
        with same_priority() if opens else nullcontext():
            packets = self._stream.encode(native)
        self._mux(packets)

    def finish(self) -> None:
        """Write what the encoder still holds, and what the file cannot say."""
        self._mux(self._stream.encode(None))
        self._output.close()
        pts, reorder = in_order(np.array(self._order, np.int64))
        self._path.with_name(_SAID).write_text(json.dumps({
            "start": self._start, "stop": self._stop, "time_base": str(self._info.time_base), "pts": pts.tolist(),
            "durations": [self._durations[time] for time in pts.tolist()], "coded": self._order, "reorder": reorder,
            "untouched": self._untouched}))

    def close(self) -> None:
        """Let go of the file; after an error it is thrown away, so what closing it says does not matter."""
        with suppress(av.FFmpegError, OSError):
            self._output.close()

    def _mux(self, packets: list[av.Packet]) -> None:
        for packet in packets:
            if self._counts:  # back to the frames' own times
                dts = packet.dts
                packet.pts = self._shown[packet.pts]
                packet.dts = self._shown[dts] if dts >= 0 else self._shown[0] + dts * self._step
                packet.time_base = self._info.time_base
            self._order.append(packet.pts)
            self._output.mux(packet)


def _open(path: Path, source: VideoSource, encoder: Encoder,
          ) -> tuple[av.container.OutputContainer, av.video.stream.VideoStream]:
    """A file for a segment, and its stream with the encoder, which knows of the source what PyAV can tell it."""
    with source.open() as container:
        picture = source.picture(container)
        for form in _FORMATS:
            output = av.open(str(path), "w", format=form, options={"avoid_negative_ts": "disabled"})
            try:
                # The one way to hand on where chroma samples lie. It hands on the profile too, which has no mode
                # without loss.
                lossless = encoder.lossless or encoder.options.get("crf") == "0"
                if _own_encoder(picture) == encoder.name and not lossless:
                    stream = output.add_stream_from_template(picture)
                    stream.codec_context.extradata, stream.codec_context.level = None, _UNKNOWN
                else:
                    stream = output.add_stream(encoder.name, rate=source.info.rate)
                    if picture.sample_aspect_ratio:
                        stream.codec_context.sample_aspect_ratio = picture.sample_aspect_ratio
                return output, stream
            except ValueError:
                output.close()
    raise OptionError(f"What {encoder.name!r} makes cannot be kept in parts: take --encoder auto, libx264 or ffv1.")


def _own_encoder(picture: av.video.stream.VideoStream) -> str | None:
    """The encoder that a stream added from this template would have."""
    try:
        return av.Codec(picture.codec_context.codec.name, "w").name
    except ValueError:
        return None
