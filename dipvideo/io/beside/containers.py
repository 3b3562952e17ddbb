"""What each container can hold, found out by trying, and the options an output must be opened with."""

from __future__ import annotations

import io
from collections.abc import Iterable
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import av
from av.bitstream import BitStreamFilterContext

from .tags import MOV_FAMILY, is_mov, wants_all_tags

NAMES = {"matroska": "mkv", "mpegts": "ts", "ipod": "m4v"}  # what people call them
CHAPTERED = MOV_FAMILY | {"matroska", "webm", "nut"}

# These write the header of anything; whether the stream is still itself afterwards shows on reading it back.
_LAX = {"mpegts", "avi", "nut"}
_FASTEST_HZ = 240_000  # faster than sound of 192 kHz and the 90 kHz of pictures
_EVEN_SOUND = ("pcm_", "mp2", "mp3", "ac3", "eac3", "dts", "aac", "wma")
_NAMELESS = {"bin_data", "unknown"}
_TAKES_NEGATIVE = {"mp4", "m4v", "mov", "3gp", "3g2", "mkv", "webm", "avi"}


def format_of(suffix: str) -> str | None:
    """The format to open an output of this suffix with; None lets FFmpeg choose.

    FFmpeg gives .m4v to a muxer for old iPods, which takes neither covers nor most sound; mp4 is the same otherwise.
    """
    return "mp4" if suffix.lower() == ".m4v" else None


def open_options(suffix: str, source: av.container.InputContainer | None = None) -> dict[str, str]:
    """What an output that takes the streams of `source` must be opened with.

    Times stay as they are, but in .ts, .nut and others that have none below zero: there all streams move together if
    one begins earlier. A source that begins with its index, as files on the web do, gets an output that does so too.
    """
    kind = suffix.lower().lstrip(".")
    options = {"avoid_negative_ts": "disabled" if kind in _TAKES_NEGATIVE else "make_non_negative"}
    if kind in ("mp4", "m4v", "mov"):
        flags = []
        if source is not None and _begins_with_index(source):
            flags.append("faststart")
        if source is not None and wants_all_tags("mov" if kind == "mov" else "mp4", source):
            flags.append("use_metadata_tags")
        if flags:
            options["movflags"] = "+" + "+".join(flags)
    if kind in ("mkv", "webm"):
        options["fflags"] = "+bitexact"  # else its name for itself, and its tracks' names, are drawn by lot
    return options


def add_copy(output: av.container.OutputContainer, stream: Any) -> Any | None:
    """Add a stream that takes the packets of `stream` as they are; None where the container would not have it.

    Tried beforehand with a file of that one stream in memory, since a header fails for all streams or for none.
    Where both containers are of one family the four letters that name the codec stay: some players take only hvc1.
    """
    kind = output.format.name
    tags_stay = kind in MOV_FAMILY and is_mov(stream.container) and stream.codec_context is not None
    for tagged in (True, False) if tags_stay else (False,):
        if takes(kind, stream, tagged=tagged):
            return add_stream(output, stream, tagged=tagged)
    return None


def codec_name(stream: Any) -> str:
    """The codec's common name, also where nothing here can decode it."""
    if stream.codec_context is not None:
        return stream.codec_context.codec.canonical_name
    with av.open(io.BytesIO(), "w", format="nut") as scratch:
        return _add_undecodable(scratch, stream).name or "unknown"


def add_stream(output: av.container.OutputContainer, stream: Any, *, tagged: bool = False) -> Any:
    """Add a stream like `stream`, whether the container likes it or not; with its four letters if `tagged`."""
    if stream.codec_context is None:
        return _add_undecodable(output, stream)
    target = output.add_stream_from_template(stream, opaque=True)
    if tagged:
        target.codec_context.codec_tag = stream.codec_context.codec_tag
    if stream.type == "video" and stream.average_rate:
        target.codec_context.framerate = stream.average_rate
    if output.format.name in MOV_FAMILY and codec_name(stream) == "mov_text":
        target.time_base = text_clock(stream.time_base)
    return target


def text_clock(time_base: Fraction) -> Fraction:
    """A clock as exact as `time_base` that keeps FFmpeg's mov muxer from adding empty texts between the true ones.

    It ends a text as soon as a packet of another stream is later, and compares their ticks without their clocks: the
    clock of texts must be the fastest. A much faster one would overflow in a pause of an hour.
    """
    return time_base / ceil(_FASTEST_HZ * time_base)


def _add_undecodable(output: av.container.OutputContainer, stream: Any) -> Any:
    """A template needs a decoder; a filter that does nothing carries the parameters over without one."""
    target = output.add_data_stream()
    BitStreamFilterContext("null", stream, target)
    target.time_base = stream.time_base
    return target


def takes(kind: str, stream: Any, *, tagged: bool = False) -> bool:
    """Whether a file of this kind with a copy of `stream` alone can be begun and, where that says little, read back."""
    if kind == "avi" and _is_length_prefixed(stream):
        return False  # the header passes, but no packet would
    if kind == "avi" and stream.type == "audio" and not codec_name(stream).startswith(_EVEN_SOUND):
        return False  # avi counts packets to tell the time, and theirs do not last equally long
    if kind == "nut" and stream.type == "subtitle":
        return False  # it would forget how long they are shown
    if codec_name(stream) in _NAMELESS and kind not in stream.container.format.name.split(",") and not (
            kind in MOV_FAMILY and is_mov(stream.container)):
        return False  # only the container that it comes from says what it is
    doubtful = kind in _LAX or stream.codec_context is None
    memory = io.BytesIO()
    try:
        with av.open(memory, "w", format=kind) as output:
            target = add_stream(output, stream, tagged=tagged)
            target.disposition = stream.disposition
            output.start_encoding()
            for place in range(2 if doubtful else 0):
                packet = av.Packet(b"\0\0\0\1" * 6)
                packet.pts = packet.dts = place
                packet.time_base, packet.stream, packet.is_keyframe = stream.time_base, target, True
                output.mux(packet)
        if not doubtful:
            return True
        memory.seek(0)
        with av.open(memory, format="mp4" if kind == "ipod" else kind) as back:
            return [(s.type, codec_name(s)) for s in back.streams] == [(stream.type, codec_name(stream))]
    except (av.FFmpegError, ValueError):
        return False


def _is_length_prefixed(stream: Any) -> bool:
    """Whether an H.264 or HEVC stream is laid out as in mp4."""
    return codec_name(stream) in ("h264", "hevc") and (stream.codec_context.extradata or b"\0")[0] == 1


def _begins_with_index(source: av.container.InputContainer) -> bool:
    """Whether an mp4 or mov has its index before its samples."""
    path = Path(source.name)
    if not is_mov(source) or not path.is_file():
        return False
    with path.open("rb") as file:
        return next((name == b"moov" for name in _boxes(file) if name in (b"moov", b"mdat")), False)


def _boxes(file: io.BufferedReader) -> Iterable[bytes]:
    """The names of the outermost boxes of an mp4 or mov."""
    while len(head := file.read(8)) == 8:
        size, name = int.from_bytes(head[:4], "big"), head[4:]
        yield name
        if size == 1:
            size = int.from_bytes(file.read(8), "big") - 8
        if size < 8:
            return
        file.seek(size - 8, io.SEEK_CUR)
