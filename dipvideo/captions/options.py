"""What the search for captions can be told."""

from __future__ import annotations

from dataclasses import dataclass

from ..detect import DETECTORS
from ..options import Options, SpanOptions, option


@dataclass(frozen=True, kw_only=True)
class CaptionOptions(Options):
    """Where and how captions are looked for."""

    region: str = option("full", "Where captions may be: full, bottom, top, or x,y,width,height in pixels.",
                         metavar="REGION")
    detector: str = option("auto", "What finds captions: " + "; ".join(
        f"{name}: {what}" for name, what in DETECTORS.items()) + ".", choices=tuple(DETECTORS))


@dataclass(frozen=True, kw_only=True)
class DetectOptions(CaptionOptions, SpanOptions):
    """The options of detect."""

    save_mask: str | None = option(None, "Also write the captions' pixels as a lossless video (.mkv), white where "
                                         "there is text.", metavar="FILE")
    overwrite: bool = option(False, "Replace an output that exists.")
