"""Which encoder to take: the source's codec and samples wherever this machine and the container allow it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import av

from ...errors import OptionError
from ..planes import plain_format
from .mastering import Mastering, light_of, mastering_of
from .probe import frozen, home_of, misfit, refusal
from .quality import LOSSLESS, Traits, can_be_lossless, heeds_crf, is_hardware, options_for
from .samples import Loss, is_deep, loss, nearest

__all__ = ["Encoder", "Mastering", "Traits", "choose_encoder", "encoders_of", "keeps", "light_of", "mastering_of",
           "opens"]

# Best first; what is not listed here is asked for by its codec. Hardware is taken only where it really opens.
_ENCODERS = {
    "h264": ("h264_nvenc", "h264_qsv", "h264_amf", "h264_videotoolbox", "libx264", "libx264rgb"),
    "hevc": ("hevc_nvenc", "hevc_qsv", "hevc_amf", "hevc_videotoolbox", "libx265"),
    "av1": ("av1_nvenc", "av1_qsv", "av1_amf", "libsvtav1"),
    "vp9": ("vp9_qsv", "libvpx-vp9"),
    "prores": ("prores_ks",), "mjpeg": ("mjpeg",), "mpeg2video": ("mpeg2video",),
}
# What a container is given where the source's codec is out of reach, best first.
_SECOND_BEST = {
    "webm": ("vp9", "av1", "vp8"), "avi": ("h264", "mpeg4", "ffv1", "mjpeg"), "ogg": ("vp8",), "ogv": ("vp8",),
    "mpeg": ("mpeg2video",), "vob": ("mpeg2video",), "dvd": ("mpeg2video",), "svcd": ("mpeg2video",),
    "mxf": ("dnxhd", "prores", "mpeg2video"), "mov": ("h264", "hevc", "prores", "mpeg4"),
}
_COMMON = ("h264", "hevc", "av1", "vp9", "mpeg4")
_DEEP_FIRST = ("hevc", "av1")  # 10 bits of these play in far more places than 10 bits of H.264
_FFV1_IS_AT_HOME = ("matroska", "avi", "nut")  # MP4 holds it too, but next to nothing plays it there
_EDITED = ("prores", "dnxhd")  # an editor's codec is part of what was asked for: 12 bits may become its 10
_PROBE = 256  # software encoders are tried at this size: what they refuse at another, they refuse here too


@dataclass(frozen=True, slots=True)
class Encoder:
    """name, pix_fmt and codec as FFmpeg calls them; options: what to open it with.

    lossless: decoded samples are those that were given. note: one sentence or two for the user, or "".
    """

    name: str
    pix_fmt: str
    options: dict[str, str] = field(default_factory=dict)
    codec: str = ""
    lossless: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Wish:
    codec: str
    container: str
    pix_fmt: str
    width: int
    height: int
    crf: int | None
    lossless: bool
    traits: Traits

    def encoder(self, name: str) -> Encoder | None:
        """The encoder with the samples nearest to the source's, untried; None if there is none of that name."""
        try:
            made = av.Codec(name, "w")
        except ValueError:
            return None
        if made.type != "video":
            return None
        pix_fmt = nearest(self.pix_fmt, _offered(name, plain_format(self.pix_fmt)))
        if pix_fmt is None or (self.lossless and not can_be_lossless(name, self.width, self.height)):
            return None
        options = options_for(name, pix_fmt, crf=self.crf, lossless=self.lossless, codec=self.codec, traits=self.traits)
        return Encoder(name, pix_fmt, options, made.canonical_name, self.lossless)

    def refusal(self, encoder: Encoder) -> str | None:
        """Why this encoder does not open, in a few words, or None."""
        return refusal(*self._tried(encoder))

    def fault(self, encoder: Encoder) -> str | None:
        """Why this encoder does not do here, in a few words, or None: it opens, and the container gives it back."""
        return self.refusal(encoder) or misfit(self.container, *self._tried(encoder), exact=self.lossless)

    def _tried(self, encoder: Encoder) -> tuple:
        size = (self.width, self.height)
        if not is_hardware(encoder.name):  # a chip's limits are found only at the size itself
            size = tuple(n if n <= _PROBE else _PROBE + n % 2 for n in size)
        return encoder.name, encoder.pix_fmt, *size, frozen(encoder.options)

    def loss(self, encoder: Encoder) -> Loss:
        return loss(plain_format(self.pix_fmt), encoder.pix_fmt)


def choose_encoder(requested: str, *, codec: str, container: str, pix_fmt: str, width: int, height: int,
                   crf: int | None, lossless: bool = False, traits: Traits) -> Encoder:
    """The encoder for a film whose source has `codec` and `pix_fmt`, written to `container`.

    requested: "auto", which follows the source, or an encoder's name. codec: FFmpeg's canonical name ("h264").
    container: a suffix (".mp4") or a muxer's name ("matroska"). crf: on x264's scale, None for visually the source.
    Every answer has been tried: it opened, encoded, and the container gave it back; if `lossless`, unchanged.
    Raises OptionError, which says what to take instead.
    """
    home_of(container)
    wish = _Wish(codec, container, pix_fmt, width, height, crf, lossless, traits)
    chosen = _automatic(wish) if requested == "auto" else _explicit(wish, requested)
    notes = [chosen.note] if chosen.note else []
    if not wish.loss(chosen).none:
        notes.append(f"Samples are converted from {plain_format(pix_fmt)} to {chosen.pix_fmt}, the nearest that "
                     f"{chosen.name} takes.")
    if crf is not None and not lossless and not heeds_crf(chosen.name) and not can_be_lossless(chosen.name):
        notes.append(f"{chosen.name} has no quality to set, so --crf has no effect.")
    return replace(chosen, note=" ".join(notes))


@cache
def opens(name: str, pix_fmt: str, width: int = 256, height: int = 256) -> str | None:
    """None if three frames could really be encoded, else FFmpeg's reason. A codec that is listed may still refuse."""
    return refusal(name, pix_fmt, width, height, frozen(options_for(name, pix_fmt)))


def keeps(name: str, pix_fmt: str) -> str | None:
    """None if the encoder opens here and takes such samples as they are, perhaps in another order, else the reason."""
    try:
        offered = nearest(pix_fmt, _offered(name, pix_fmt))
    except ValueError:
        return "there is no such encoder in this FFmpeg"
    if offered is None or not loss(pix_fmt, offered).none:
        return f"it takes no {pix_fmt} samples"
    return opens(name, offered)


def encoders_of(codec: str) -> tuple[str, ...]:
    """The encoders of a codec that this FFmpeg was built with, whether they open or not, best first."""
    known = _by_codec().get(codec, ())
    return tuple(name for name in _ENCODERS.get(codec, known) if name in known)


def _automatic(wish: _Wish) -> Encoder:
    """The source's codec with its samples as they are, else another codec with its samples, else the least loss."""
    why = "no encoder for it is here"  # or what the last encoder of the source's codec falls short of
    if wish.lossless and encoders_of(wish.codec):
        why = "it has no mode without loss"
    plain = plain_format(wish.pix_fmt)
    found: list[Encoder] = []
    for encoder in _candidates(wish):
        kept = wish.loss(encoder)
        own = encoder.codec == wish.codec
        edited = own and wish.codec in _EDITED and not (kept.colour or kept.chroma or kept.family or kept.alpha)
        short = None if kept.none or (edited and not wish.lossless) else f"{encoder.name} does not take {plain} samples"
        fault = short if short and wish.lossless else wish.fault(encoder)
        if not (fault or short):
            return _explained(wish, encoder, why)
        if not fault:
            found.append(encoder)
        if own:
            why = fault or short
    if found:
        return _explained(wish, min(found, key=wish.loss), why)
    raise OptionError(f"Nothing that opens here writes {plain} samples{' without loss' if wish.lossless else ''} to "
                      f"{wish.container!r}: name the output .mkv.")


def _candidates(wish: _Wish) -> Iterator[Encoder]:
    """The encoders to try, best first: of the source's codec, then of what the container is at home with."""
    muxer, own = home_of(wish.container)
    codecs = _SECOND_BEST.get(muxer, _COMMON)
    if is_deep(plain_format(wish.pix_fmt)) and codecs is _COMMON:
        codecs = (*_DEEP_FIRST, *codecs)
    if muxer in _FFV1_IS_AT_HOME:
        codecs = ("ffv1", *codecs) if wish.lossless else (*codecs, "ffv1")
    if wish.lossless:
        codecs = (*codecs, "magicyuv", "png")
    for codec in dict.fromkeys((wish.codec, *codecs, own)):
        for name in encoders_of(codec):
            if is_hardware(name) and (wish.lossless or wish.traits.interlaced):  # chips code no fields today
                continue
            if encoder := wish.encoder(name):
                yield encoder


def _explained(wish: _Wish, encoder: Encoder, why: str) -> Encoder:
    """The encoder with a sentence, where its codec is not the source's."""
    if encoder.codec == wish.codec:
        return encoder
    note = f"The picture becomes {encoder.codec} ({encoder.name}) instead of {wish.codec}: {why}."
    return replace(encoder, note=note)


def _explicit(wish: _Wish, name: str) -> Encoder:
    """The encoder that was asked for, or an OptionError that says why not."""
    if wish.lossless and name in av.codecs_available and not can_be_lossless(name, wish.width, wish.height):
        raise OptionError(f"The encoder {name!r} has no mode without loss here: leave --lossless out, or take "
                          f"--encoder auto or one of {', '.join(n for n in LOSSLESS if n != name)}.")
    encoder = wish.encoder(name)
    why = wish.refusal(encoder) if encoder else refusal(name, "yuv420p", _PROBE, _PROBE)
    if encoder is None or why:
        raise OptionError(f"The encoder {name!r} does not open here ({why}): "
                          "take --encoder auto, libx264, libx265 or ffv1.")
    if wish.lossless and not wish.loss(encoder).none:
        raise OptionError(f"The encoder {name!r} does not take {plain_format(wish.pix_fmt)} samples, so that it cannot "
                          "keep them without loss: take --encoder auto or ffv1.")
    if fault := wish.fault(encoder):
        raise OptionError(f"The encoder {name!r} does not do for this output ({fault}): "
                          "take --encoder auto, or name the output .mkv.")
    return encoder


def _offered(name: str, pix_fmt: str) -> list[str]:
    """The sample formats that an encoder takes and codes as such."""
    formats = [f.name for f in av.Codec(name, "w").video_formats or ()] or [pix_fmt]
    if is_hardware(name):  # chips take RGB, and code it as 4:2:0
        return [f for f in formats if not av.VideoFormat(f).is_rgb]
    if name in ("libvpx", "libvpx-vp9", "libx265"):  # their alpha is a second stream, which decoders do not give back
        return [f for f in formats if not f.startswith("yuva")]
    return formats


@cache
def _by_codec() -> dict[str, tuple[str, ...]]:
    """The video encoders of each codec that this FFmpeg was built with."""
    found: dict[str, dict[str, None]] = {}
    for name in sorted(av.codecs_available):
        if name.endswith(("_v4l2m2m", "_vaapi", "_vulkan", "_mf", "_d3d12va")):  # these need frames on the device
            continue
        try:
            made = av.Codec(name, "w")
        except ValueError:
            continue
        if made.type == "video":
            found.setdefault(made.canonical_name, {})[made.name] = None
    return {codec: tuple(names) for codec, names in found.items()}
