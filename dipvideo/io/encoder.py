"""Which encoder really opens on this machine, and how its quality is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import av

from ..errors import OptionError

# What a container is given under `auto`, best first; a hardware encoder is taken only where it really opens.
_BY_SUFFIX = {".webm": ("libvpx-vp9",), ".avi": ("libx264",)}
_DEFAULT = ("h264_nvenc", "libx264")

# How `crf` is said to each; an encoder that is not listed has no quality setting and is left alone.
_QUALITY = {
    "libx264": lambda crf: {"crf": str(crf), "preset": "medium"},
    "libx265": lambda crf: {"crf": str(crf), "preset": "medium", "x265-params": "log-level=error"},
    "libvpx-vp9": lambda crf: {"crf": str(crf), "b": "0", "row-mt": "1"},
    "libsvtav1": lambda crf: {"crf": str(crf)},
    "h264_nvenc": lambda crf: {"rc": "vbr", "cq": str(crf), "preset": "p5"},
    "hevc_nvenc": lambda crf: {"rc": "vbr", "cq": str(crf), "preset": "p5"},
    "av1_nvenc": lambda crf: {"rc": "vbr", "cq": str(crf), "preset": "p5"},
    "ffv1": lambda crf: {"level": "3", "slices": "4"},
}


@dataclass(frozen=True, slots=True)
class Encoder:
    """name and pix_fmt as FFmpeg calls them; options: its private options."""

    name: str
    pix_fmt: str
    options: dict[str, str] = field(default_factory=dict)


def choose_encoder(requested: str, suffix: str, pix_fmt: str, crf: int) -> Encoder:
    """The encoder for a container with `suffix` and samples of `pix_fmt`.

    requested: "auto", or an encoder's name, which must open here. Raises OptionError naming why it does not.
    """
    names = _BY_SUFFIX.get(suffix.lower(), _DEFAULT) if requested == "auto" else (requested,)
    for name in names:
        form = _format_for(name, pix_fmt)
        if form is not None and opens(name, form) is None and (requested != "auto" or form == plain_format(pix_fmt)):
            return Encoder(name, form, _QUALITY.get(name, lambda crf: {})(crf))
    if requested == "auto":  # no candidate holds these samples as they are: the last one, converted
        name = names[-1]
        return Encoder(name, _format_for(name, pix_fmt) or "yuv420p", _QUALITY[name](crf))
    form = _format_for(requested, pix_fmt)
    reason = opens(requested, form) if form else "there is no such encoder in this FFmpeg"
    raise OptionError(f"The encoder {requested!r} does not open here ({reason}): "
                      "take --encoder auto, libx264, libx265 or ffv1.")


@cache
def opens(name: str, pix_fmt: str) -> str | None:
    """None if three frames could really be encoded, else FFmpeg's reason. A codec that is listed may still refuse."""
    try:
        context = av.CodecContext.create(name, "w")
        context.width, context.height, context.pix_fmt = 256, 256, pix_fmt
        context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
        context.open()
        for i in range(3):
            frame = av.VideoFrame(256, 256, pix_fmt)
            frame.pts = i
            context.encode(frame)
        context.encode(None)
    except (av.FFmpegError, ValueError, OSError, TypeError) as error:
        return str(error) or type(error).__name__
    return None


def plain_format(pix_fmt: str) -> str:
    """yuvj420p and its kin are yuv420p whose range is tagged full."""
    return pix_fmt.replace("yuvj", "yuv")


def _format_for(name: str, pix_fmt: str) -> str | None:
    """The samples' own format where the encoder takes it, else the nearest it takes; None without such an encoder."""
    try:
        taken = [f.name for f in av.Codec(name, "w").video_formats or ()]
    except ValueError:
        return None
    wanted = plain_format(pix_fmt)
    if not taken or wanted in taken:
        return wanted
    deep = "10" in wanted or "12" in wanted or "16" in wanted
    rgb_to = {"gbrp": ("yuv444p", "bgr0"), "gbrp16le": ("yuv444p10le",)}.get(wanted, ())
    order = (*rgb_to, *(("p010le", "yuv420p10le") if deep else ()), "yuv420p", taken[0])
    return next(f for f in order if f in taken)
