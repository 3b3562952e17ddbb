"""Runs of frames, copied or encoded, and all that travels beside them, put together into one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from ..errors import OptionError
from ..frame import Cue
from .beside import CaptionTrack, Companions, dress, format_of, holds_text, open_options
from .segments import Segment
from .source import COUNTS_FRAMES, VideoSource, packets_of
from .splicing import Splice

INTERLEAVE_SECONDS = 0.5  # sound is written this far ahead of the picture, as players like it
_QUICKTIME = {"mp4", "mov", "m4a", "3gp", "3g2", "mj2", "ipod"}


@dataclass(frozen=True, slots=True)
class Run:
    """Frames [start, stop): encoded anew if there is a segment, else copied packet by packet."""

    start: int
    stop: int
    segment: Segment | None = None


def join(source: VideoSource, runs: Sequence[Run], target: Path, splice: Splice | None, cues: Sequence[Cue] = (), *,
         tell: Callable[[int], None] = lambda frames: None) -> list[str]:
    """Write `target`: the picture from `runs`, which cover the film in order, the rest from the source.

    splice: how runs of both kinds stand in one stream; None where all are of one kind. cues: texts for a subtitle
    track of their own. `tell` hears how many frames are written.
    Returns a sentence for whatever the container could not hold.
    """
    with source.open() as container, open_container(target, container) as output:
        picture = source.picture(container)
        stream = _picture_stream(output, container, picture, runs, splice)
        beside = Companions(container, picture, output)
        texts = CaptionTrack(cues, source.info.start, output, output.mux) if cues and holds_text(output) else None
        packets = packets_of(container, beside.wanted) if beside.wanted else iter(())
        waiting = next(packets, None)
        for written, made in enumerate(_stamped(source, runs, splice)):
            due = float(made.dts * made.time_base) + INTERLEAVE_SECONDS if made.dts is not None else 0.0
            while waiting is not None and (waiting.dts is None or float(waiting.dts * waiting.time_base) <= due):
                beside.write(waiting)
                waiting = next(packets, None)
            if texts:
                texts.until(due)
            made.stream = stream
            output.mux(made)
            tell(written + 1)
        while waiting is not None:
            beside.write(waiting)
            waiting = next(packets, None)
        beside.finish()
        if texts:
            texts.finish()
        elif cues:
            beside.warnings.append(f"The captions are not added as a track: a {target.suffix} file holds no text "
                                   "subtitles; write .mkv or .mp4.")
        return beside.warnings


def open_container(path: Path, source: av.container.InputContainer | None) -> av.container.OutputContainer:
    """An output of the kind that its suffix names, for the streams of `source`. Raises OptionError."""
    try:
        return av.open(str(path), "w", format=format_of(path.suffix), options=open_options(path.suffix, source))
    except ValueError as error:
        raise OptionError(f"{path.suffix!r} is no container that can be written: "
                          "name the output .mp4, .mkv, .mov or .webm.") from error


def _picture_stream(output: av.container.OutputContainer, container: av.container.InputContainer,
                    picture: av.video.stream.VideoStream, runs: Sequence[Run],
                    splice: Splice | None) -> av.video.stream.VideoStream:
    """The stream that the packets of `runs` go into, dressed as the source's."""
    encoded = next((run.segment for run in runs if run.segment), None)
    if encoded is None:
        stream = output.add_stream_from_template(picture, opaque=True)
        same_codec = True
    else:
        with av.open(str(encoded.path)) as part:
            made = part.streams.video[0].codec_context
            same_codec = made.codec.canonical_name == picture.codec_context.codec.canonical_name
            # The source's own stream says more than an encoder can: rotation, HDR10, colour, shape.
            stream = output.add_stream_from_template(picture if same_codec else part.streams.video[0], opaque=True)
            stream.codec_context.extradata = made.extradata or None
            stream.codec_context.pix_fmt = made.pix_fmt
    if splice:
        for run in runs:
            if run.segment:
                stream.codec_context.extradata = splice.extradata(run.segment.extradata) or None
    if not same_codec:
        stream.time_base = picture.time_base
        for name in ("sample_aspect_ratio", "color_range", "colorspace", "color_primaries", "color_trc"):
            if (value := getattr(picture.codec_context, name)) is not None:
                setattr(stream.codec_context, name, value)
    elif {output.format.name, *container.format.name.split(",")} <= _QUICKTIME:
        stream.codec_context.codec_tag = picture.codec_context.codec_tag  # hvc1 or hev1: some players take but one
    if output.format.name in COUNTS_FRAMES:
        stream.time_base = 1 / (picture.average_rate or picture.guessed_rate)
    dress(stream, picture, encoded=encoded is not None)
    if picture.average_rate:
        stream.codec_context.framerate = picture.average_rate
    return stream


def _stamped(source: VideoSource, runs: Sequence[Run], splice: Splice | None) -> Iterator[av.Packet]:
    """The packets of `runs` in decoding order, with times that hold over the joints.

    Where anything was encoded, every packet is decoded as long before its frame is shown as the most reordered run
    asks for: dts[i] = pts[i − delay] of the frames in the order in which they are shown.
    """
    copied = all(run.segment is None for run in runs)
    pts = np.concatenate([source.index.pts[run.start:run.stop] if run.segment is None else run.segment.pts
                          for run in runs])
    delay = max(source.index.reorder if run.segment is None else run.segment.reorder for run in runs)
    step = int(np.diff(pts).min(initial=source.step))
    for place, packet in enumerate(_packets(source, runs, splice)):
        if not copied or packet.dts is None:
            packet.dts = int(pts[place - delay]) if place >= delay else int(pts[0]) - (delay - place) * step
        yield packet


def _packets(source: VideoSource, runs: Sequence[Run], splice: Splice | None) -> Iterator[av.Packet]:
    """The packets of `runs` in decoding order."""
    for run in runs:
        if run.segment is None:
            for packet in source.packets(run.start, run.stop):
                yield _rewritten(packet, splice.copied(bytes(packet), packet.is_keyframe)) if splice else packet
        else:
            for packet in run.segment.packets():
                payload = splice.encoded(bytes(packet), packet.is_keyframe) if splice else None
                yield packet if payload is None else _rewritten(packet, payload)


def _rewritten(packet: av.Packet, payload: bytes) -> av.Packet:
    """`packet` with other bytes."""
    made = av.Packet(payload)
    made.pts, made.dts, made.time_base, made.duration = packet.pts, packet.dts, packet.time_base, packet.duration
    made.is_keyframe = packet.is_keyframe
    return made
