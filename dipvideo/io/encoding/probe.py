"""What really works here: an encoder is opened and made to encode, a container is written and read back.

A codec that FFmpeg lists may still refuse to open, and a container that accepts a codec may give back something else.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.format import Flags

from ...errors import OptionError
from ..beside.containers import format_of
from .priority import same_priority
from .samples import loss, subsampling

FRAMES = 3
_RATE = 25
_BROKEN = (av.FFmpegError, ValueError, OSError, TypeError)

# These end the process, rather than raise, at some sizes that cut a chroma sample in two (found by trying).
_WHOLE_CHROMA = ("libx264", "libx265", "dnxhd", "nvenc", "qsv", "amf", "videotoolbox")

Options = tuple[tuple[str, str], ...]


def frozen(options: Mapping[str, str]) -> Options:
    """Options as an argument that can be remembered."""
    return tuple(sorted(options.items()))


@cache
def refusal(name: str, pix_fmt: str, width: int, height: int, options: Options = ()) -> str | None:
    """None if `FRAMES` frames were really encoded, else the reason in a few words."""
    try:
        if av.Codec(name, "w").type != "video":
            return "it encodes no video"
    except ValueError:
        return "there is no such encoder in this FFmpeg"
    across, down = subsampling(pix_fmt)
    if any(kind in name for kind in _WHOLE_CHROMA) and (width % across or height % down):
        return f"{pix_fmt} samples need {'an even width and height' if down > 1 else 'an even width'}"
    if name == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "1")  # it writes two dozen lines to the terminal at every opening otherwise
    try:
        context = av.CodecContext.create(name, "w")
        _set_up(context, pix_fmt, width, height, options)
        with same_priority():
            context.open()
        packets = [p for frame in _frames(width, height, pix_fmt) for p in context.encode(frame)]
        packets += context.encode(None)
    except _BROKEN as error:
        return reason(error)
    return None if packets else "it gives no packets"


@cache
def misfit(container: str, name: str, pix_fmt: str, width: int, height: int, options: Options = (),
           exact: bool = False) -> str | None:
    """None if frames written to `container` come back as the same codec and samples, else what went wrong.

    container: a suffix (".mp4") or FFmpeg's name of a muxer ("matroska"). exact: the very same samples must come back.
    Raises OptionError if it is no container that can be written.
    """
    codec = av.Codec(name, "w").canonical_name
    home_of(container)
    frames = _frames(width, height, pix_fmt)
    given = [_samples(f) for f in frames] if exact else []
    memory = _open_memory(container)
    try:
        with av.open(memory, "w", format=_muxer(container)) as output:
            stream = output.add_stream(name, rate=_RATE)
            _set_up(stream.codec_context, pix_fmt, width, height, options)
            with same_priority():
                for frame in frames:
                    output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        with av.open(io.BytesIO(memory.getvalue())) as back:
            if [s.codec_context.codec.canonical_name for s in back.streams.video] != [codec]:
                return f"{container} does not hold {codec}"
            got = list(back.decode(video=0))
    except _BROKEN:
        return f"{container} does not hold {codec}"
    if len(got) != FRAMES or any(any(loss(pix_fmt, f.format.name)[:-1]) for f in got):
        return f"{container} does not give {pix_fmt} samples of {codec} back"
    if exact and not all(_same(f, pix_fmt, given[i]) for i, f in enumerate(got)):
        return f"{name} does not give {pix_fmt} samples back unchanged"
    return None


@cache
def home_of(container: str) -> tuple[str, str]:
    """FFmpeg's name of the muxer for a suffix or a muxer's name, and the codec that it takes unless told otherwise.

    Raises OptionError if there is none, or one that opens files by itself, as those of pictures and playlists do: it
    cannot be tried in memory.
    """
    try:
        with av.open(_open_memory(container), "w", format=_muxer(container)) as output:
            if output.format.flags & Flags.no_file.value:
                raise ValueError("it opens files by itself")
            return output.format.name, output.default_video_codec
    except (av.FFmpegError, ValueError) as error:
        raise OptionError(f"{container!r} is no container that can be written: "
                          "name the output .mp4, .mkv, .mov or .webm.") from error


def reason(error: Exception) -> str:
    """FFmpeg's reason in a few words."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = text.split(": 'avcodec")[0]
    return "it refuses, without a reason" if text.startswith("Unknown error") else text[:1].lower() + text[1:]


def _samples(frame: av.VideoFrame) -> list[bytes]:
    """The samples of each plane, without what lies between the rows."""
    form, planes = frame.format, []
    for plane in frame.planes:
        bits = form.padded_bits_per_pixel if not form.is_planar else 16 if form.components[0].bits > 8 else 8
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        planes.append(rows[:, :plane.width * bits // 8].tobytes())
    return planes


def _same(frame: av.VideoFrame, pix_fmt: str, given: list[bytes]) -> bool:
    return _samples(frame if frame.format.name == pix_fmt else frame.reformat(format=pix_fmt)) == given


def _set_up(context: av.VideoCodecContext, pix_fmt: str, width: int, height: int, options: Options) -> None:
    context.width, context.height, context.pix_fmt = width, height, pix_fmt
    context.time_base, context.framerate = Fraction(1, _RATE), Fraction(_RATE)
    context.options = dict(options)


def _frames(width: int, height: int, pix_fmt: str) -> list[av.VideoFrame]:
    """Noise, in which no sample can be guessed from its neighbours."""
    noise = np.random.default_rng(0)
    frames = []
    for pts in range(FRAMES):
        frame = av.VideoFrame(width, height, pix_fmt)
        frame.pts, frame.time_base = pts, Fraction(1, _RATE)
        depth = max((c.bits for c in frame.format.components), default=8)
        for plane in frame.planes:
            kind = np.uint16 if 8 < depth <= 16 else np.uint8
            array = np.frombuffer(plane, kind)
            array[:] = noise.integers(0, 1 << min(depth, 16 if kind is np.uint16 else 8), array.shape, kind)
        frames.append(frame)
    return frames


class _Memory(io.BytesIO):
    """A file that is none; FFmpeg takes the container from its name."""

    name = ""


def _open_memory(container: str) -> _Memory:
    memory = _Memory()
    memory.name = f"probe{container}" if container.startswith(".") else "probe"
    return memory


def _muxer(container: str) -> str | None:
    return format_of(container) if container.startswith(".") else container
