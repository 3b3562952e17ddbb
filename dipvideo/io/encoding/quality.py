"""How each encoder is asked for a quality, for no loss at all, and for what the source's stream is besides its samples.

`crf` is x264's: 18 looks like the source, 6 more are half the bits. What each encoder must be told to come to the same
PSNR was measured on the first 40 frames of three films (640×272, 176×144, 640×360; luma, mean of the three, dB):

    crf                       6          12         18         24         30         36
    libx264                   52.7 dB    48.8       45.7       41.9       37.2       33.2
    libx265                   5.1 52.7   11.5 48.7  16.8 45.7  23.1 41.9  30.7 37.2  37 33.4
    libsvtav1, preset 8       4 ≈ 52     8 ≈ 48.8   17 ≈ 45.8  33 ≈ 41.9  51 37.3    59 ≈ 33.3
    libvpx-vp9, cpu-used 3    3 53.4     9 ≈ 49.1   19 ≈ 45.6  32 ≈ 41.9  46 37.2    58 33.4
    libvpx, cpu-used 3        4 49.4     5 ≈ 48.9   15 ≈ 45.5  36 ≈ 41.9  58 ≈ 37.3  63 36.1
    mpeg4 and its kin         1 49.8     1          2 45.6     4 41.8     10 ≈ 36.8  21 ≈ 33
    mpeg2video                1 50.1     1          2 46.4     4 42.5     10 ≈ 37.5  21 ≈ 33.7
    mjpeg                     1 49.9     1          2 46.3     4 42.4     10 ≈ 37.7  21 ≈ 33.8
    prores_ks, HQ             6 52.2     10 ≈ 48.9  17 ≈ 45.6  31 41.7    31         31

(≈: between two settings that were measured). Left alone, ProRes comes to 40.5 dB as Proxy, 49.1 as LT, 53.8 as
Standard, 60.3 as HQ. Hardware could not be measured: its scales are taken as their makers describe them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .mastering import Mastering
from .samples import subsampling
from .steady import steady

DEFAULT_CRF = 18

_CRF = (0, 6, 12, 18, 24, 30, 36, 51)
_QSCALE = (1, 1, 1, 2, 4, 10, 21, 31)
_SCALES = {  # the table above, carried on to the ends of both scales
    "libx264": (0, 6, 12, 18, 24, 30, 36, 51), "libx264rgb": (0, 6, 12, 18, 24, 30, 36, 51),
    "libx265": (0, 5.1, 11.5, 16.8, 23.1, 30.7, 37, 51), "libsvtav1": (1, 4, 8, 17, 33, 51, 59, 63),
    "libvpx-vp9": (0, 3, 9, 19, 32, 46, 58, 63), "libvpx": (4, 4, 5, 15, 36, 58, 63, 63),
    "prores_ks": (1, 6, 10, 17, 31, 31, 31, 31),
}
_FINE = {"libx264", "libx264rgb", "libx265"}  # these take fractions

_NO_LOSS = {  # what makes it lossless; whether it really is, `probe.misfit` finds out each time
    "libx264": {"qp": "0"}, "libx264rgb": {"qp": "0"}, "libx265": {"x265-params": "lossless=1"},
    "libvpx-vp9": {"lossless": "1"}, "libsvtav1": {"svtav1-params": "lossless=1"}, "jpeg2000": {"pred": "dwt53"},
    "ffv1": {}, "huffyuv": {}, "ffvhuff": {}, "utvideo": {}, "magicyuv": {}, "png": {}, "qtrle": {}, "rawvideo": {},
}
LOSSLESS = ("ffv1", "libx264", "libx265", "libvpx-vp9", "libsvtav1")
"""The encoders with a mode without loss that a person would ask for."""
_QSCALED = {"mpeg1video", "mpeg2video", "mpeg4", "flv", "mjpeg", "h263", "h263p", "wmv1", "wmv2", "msmpeg4",
            "msmpeg4v2"}
_FIELDS = {"libx264", "libx264rgb", "mpeg2video", "mpeg4", "prores_ks"}  # what can code fields as fields
_PRORES = {"Proxy": "proxy", "LT": "lt", "Standard": "standard", "HQ": "hq", "4444": "4444", "XQ": "4444xq"}
_DNXHR = {"DNXHR LB": "dnxhr_lb", "DNXHR SQ": "dnxhr_sq"}
_H264 = {"Constrained Baseline": "baseline", "Baseline": "baseline", "Main": "main"}


@dataclass(frozen=True, slots=True)
class Traits:
    """What an encoder should know of a stream besides its samples.

    color_*: ITU-T H.273 numbers as PyAV gives them. chroma_location: left, center, topleft, top, bottomleft or bottom.
    profile: the source's, by FFmpeg's name ("High", "HQ"). light: (MaxCLL, MaxFALL) in cd/m².
    """

    color_range: int = 0
    colorspace: int = 2
    color_primaries: int = 2
    color_trc: int = 2
    chroma_location: str | None = None
    interlaced: bool = False
    top_field_first: bool | None = None
    mastering: Mastering | None = None
    light: tuple[int, int] | None = None
    profile: str | None = None
    has_b_frames: bool = True


def can_be_lossless(name: str, width: int = 256, height: int = 256) -> bool:
    """Whether the encoder has a mode without loss at this size.

    x265 errs now and then by a few samples of a picture that is one of its 64 × 64 blocks, and only there.
    """
    return name in _NO_LOSS and not (name == "libx265" and min(width, height) <= 64)


def heeds_crf(name: str) -> bool:
    """Whether the encoder has a quality to set."""
    return name in _SCALES or name in _QSCALED or is_hardware(name)


def is_hardware(name: str) -> bool:
    """Whether the encoder is a chip's."""
    return name.endswith(("_nvenc", "_qsv", "_amf", "_videotoolbox"))


def options_for(name: str, pix_fmt: str, *, crf: int | None = None, lossless: bool = False, codec: str = "",
                traits: Traits | None = None) -> dict[str, str]:
    """The options to open the encoder with.

    crf: None means visually the source. codec: the source's, whose profile is kept where the encoder's is the same.
    """
    traits = traits or Traits()
    options: dict[str, str] = {}
    params: dict[str, list[str]] = {}
    for more in (_NO_LOSS[name] if lossless else _quality(name, crf), _shape(name, pix_fmt, codec, lossless, traits),
                 _interlacing(name, traits), _light(name, traits), steady(name)):
        for key, value in more.items():
            if key.endswith("-params"):
                params.setdefault(key, []).append(value)
            else:
                options[key] = options.get(key, "") + value if key == "flags" else value
    if name == "libx265":
        params.setdefault("x265-params", []).insert(0, "log-level=error")
    if traits.chroma_location not in (None, "unspecified", "unknown") and subsampling(pix_fmt) == (2, 2):
        options["chroma_sample_location"] = traits.chroma_location
    return options | {key: ":".join(values) for key, values in params.items()}


def _quality(name: str, crf: int | None) -> dict[str, str]:
    wanted = DEFAULT_CRF if crf is None else crf
    if name in _SCALES:
        exact = float(np.interp(wanted, _CRF, _SCALES[name]))
        value = f"{exact:g}" if name in _FINE else str(round(exact))
    elif name in _QSCALED:  # PyAV cannot give frames the quality that the flag qscale asks for; a range of one can
        value = str(round(float(np.interp(wanted, _CRF, _QSCALE))))
        return {"qmin": value, "qmax": value}
    else:
        value = str(min(wanted, _CRF[-1]))
    if name in ("libx264", "libx264rgb", "libx265"):
        return {"crf": value, "preset": "medium"}
    if name == "libsvtav1":
        return {"crf": value, "preset": "8"}
    if name == "libvpx-vp9":
        return {"crf": value, "b": "0", "row-mt": "1", "deadline": "good", "cpu-used": "3"}
    if name == "libvpx":  # without a rate far above need, VP8 falls back to 200 kbit/s
        return {"crf": value, "b": "100M", "deadline": "good", "cpu-used": "3"}
    if name == "prores_ks":  # left alone it comes to the rate that editors expect of the profile, far above crf 18
        return {} if crf is None else {"flags": "+qscale", "global_quality": str(118 * int(value))}
    if name.endswith("_nvenc"):
        return {"rc": "vbr", "cq": value, "b": "0", "preset": "p5"}
    if name.endswith("_qsv"):
        return {"global_quality": value, "preset": "slow"}
    if name == "av1_amf":
        value = str(round(int(value) * 5))  # of 255
    if name.endswith("_amf"):
        return {"rc": "cqp", "qp_i": value, "qp_p": value} | ({"qp_b": value} if name == "h264_amf" else {})
    if name.endswith("_videotoolbox"):
        return {"flags": "+qscale", "global_quality": str(118 * (100 - 2 * int(value)))}
    return {"pred": "dwt53"} if name == "jpeg2000" else {}


def _shape(name: str, pix_fmt: str, codec: str, lossless: bool, traits: Traits) -> dict[str, str]:
    """Profile and frame types as the source has them, so that what plays the source plays the output."""
    options: dict[str, str] = {}
    if name == "prores_ks":
        full = subsampling(pix_fmt) == (1, 1)
        wanted = _PRORES.get(traits.profile or "", "") if codec == "prores" else ""
        fits = wanted.startswith("4444") == full and wanted
        # Apple's programs refuse other makers than themselves.
        options = {"profile": wanted if fits else "4444" if full else "hq", "vendor": "apl0"}
    elif name == "dnxhd":
        deep = {"yuv422p": _DNXHR.get(traits.profile or "", "dnxhr_hq"), "yuv422p10le": "dnxhr_hqx"}
        options = {"profile": deep.get(pix_fmt, "dnxhr_444")}
    elif name in ("mjpeg", "ljpeg"):
        options = {"strict": "-1"}  # limited range, which cameras write, is not in the JPEG standard
    elif name == "ffv1":
        options = {"level": "3", "slices": "4", "slicecrc": "1"}
    elif name == "mpeg2video" and traits.has_b_frames:
        options = {"bf": "2"}
    elif name == "libx264":
        if codec == "h264" and traits.profile in _H264 and pix_fmt == "yuv420p" and not lossless:
            baseline = _H264[traits.profile] == "baseline" and traits.interlaced
            options = {} if baseline else {"profile": _H264[traits.profile]}
        if not traits.has_b_frames:
            options["bf"] = "0"
    elif name == "libx265" and not traits.has_b_frames:
        options = {"x265-params": "bframes=0"}
    return options


def _interlacing(name: str, traits: Traits) -> dict[str, str]:
    if not traits.interlaced:
        return {}
    first = traits.top_field_first
    # "Interleaved, coded and shown in this order"; JPEG codes one field after the other.
    order = ("tt", "bb") if name == "mjpeg" else ("tb", "bt")
    options = {} if first is None else {"field_order": order[not first]}
    if name in _FIELDS:
        options["flags"] = "+ildct+ilme"
    elif name == "libx265":  # frames stay frames; each is told to be two fields
        options["x265-params"] = "interlace=bff" if first is False else "interlace=tff"
    return options


def _light(name: str, traits: Traits) -> dict[str, str]:
    display, light = traits.mastering, traits.light
    if name == "libx265":
        said = [f"master-display={display.in_units()}"] if display else []
        said += ["max-cll={},{}".format(*light)] if light else []
        return {"x265-params": ":".join([*said, "hdr10=1"])} if said else {}
    if name in ("libx264", "libx264rgb"):
        said = [f"mastering-display={display.in_units()}"] if display else []
        said += ["cll={},{}".format(*light)] if light else []
        return {"x264-params": ":".join(said)} if said else {}
    if name == "libsvtav1":
        said = [f"mastering-display={display.in_decimals()}"] if display else []
        said += ["content-light={},{}".format(*light)] if light else []
        return {"svtav1-params": ":".join(said)} if said else {}
    return {}  # VP9 keeps it in the container alone; hardware takes it from the frames
