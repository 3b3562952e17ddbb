"""What lets packets copied from a source and packets encoded anew stand in one stream.

A copied packet must decode to the samples it always did, though a foreign encoder's frames came just before it: it has
to begin with a picture that refers to nothing (`clean_cut`), and the headers it was encoded under must be in force.
How those are kept apart is each codec's matter:

    H.264               the encoder numbers its parameter sets apart from the source's; the header holds both
    HEVC                numbers collide, so each side repeats its own sets at every key frame
    AV1                 a track has one sequence header: the encoder must have written the source's very own
    VP8, VP9, MPEG-2    a key frame brings all it needs
    ProRes, MJPEG       so does every frame
"""

from __future__ import annotations

from collections.abc import Iterable

import av
from av.video.stream import VideoStream

from .cuts import clean_cut
from .parametersets import SpliceH264, SpliceHEVC
from .splice import PRORES_PROFILES, CannotSplice, Splice, SpliceAV1

__all__ = ["CannotSplice", "Splice", "clean_cut", "open_splice", "refused"]

# By FFmpeg's canonical name of the codec: the encoder, and the output formats for which splicing was proven.
_PROVEN = {
    "h264": ("libx264", {"mp4", "mov", "matroska", "mpegts"}),
    "hevc": ("libx265", {"matroska", "mpegts"}),
    "vp8": ("libvpx", {"matroska", "webm"}),
    "vp9": ("libvpx-vp9", {"matroska", "webm", "mp4"}),
    "av1": ("libsvtav1", {"matroska", "webm", "mp4"}),
    "mpeg2video": ("mpeg2video", {"matroska", "mpegts"}),
    "prores": ("prores_ks", {"mov"}),
    "mjpeg": ("mjpeg", {"mov", "matroska"}),
}
_REASONS = {
    ("hevc", "mp4"): "HEVC in MP4 would need the tag hev1, which some players refuse",
    ("hevc", "mov"): "HEVC in MOV would need the tag hev1, which some players refuse",
    ("prores", "matroska"): "decoders do not know the kind of ProRes from Matroska",
}


def refused(stream: VideoStream, container: str) -> str | None:
    """A few words why the stream is not spliced into `container` (FFmpeg's name of the format), or None if it may be.

    What only the packets tell is found by `open_splice`.
    """
    codec = stream.codec.canonical_name
    encoder, containers = _PROVEN.get(codec, ("", ()))
    if container not in containers:
        return _REASONS.get((codec, container), f"splicing {codec} in {container} is not proven")
    try:
        taken = {form.name for form in av.Codec(encoder, "w").video_formats or ()}
    except ValueError:
        return f"the encoder {encoder} is not in this FFmpeg"
    pix_fmt = stream.codec_context.pix_fmt or "unknown samples"
    if not {pix_fmt, pix_fmt.replace("yuvj", "yuv")} & taken:
        return f"{encoder} does not encode {pix_fmt}"
    if codec == "prores" and stream.codec_context.codec_tag not in PRORES_PROFILES:
        return f"ProRes of the kind {stream.codec_context.codec_tag} has no encoder"
    return None


def open_splice(stream: VideoStream, container: str, keys: Iterable[bytes], reorder: int) -> Splice:
    """The splice for an output of format `container`.

    keys: the source's key-frame packets, in order; read only where the codec asks for it. reorder: how many places a
    packet of the source may come late, behind ones that are shown after it. Raises CannotSplice.
    """
    if reason := refused(stream, container):
        raise CannotSplice(reason)
    codec = stream.codec.canonical_name
    kind = {"h264": SpliceH264, "hevc": SpliceHEVC, "av1": SpliceAV1}.get(codec, Splice)
    try:
        return kind(stream, _PROVEN[codec][0], container, keys, reorder)
    except CannotSplice:
        raise
    except (ValueError, IndexError) as error:  # a header or packet that is not what it should be
        raise CannotSplice(str(error)) from error
