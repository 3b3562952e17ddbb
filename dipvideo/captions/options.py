"""What the search for captions can be told."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import Options, SpanOptions, option


@dataclass(frozen=True, kw_only=True)
class CaptionOptions(Options):
    """Where and how captions are looked for."""

    region: str = option("full", "Where captions may be: full, bottom, top, or x,y,width,height in pixels.",
                         metavar="REGION")
    detector: str = option("auto", "What finds captions: text recognition (ocr), the strokes of letters alone, or the "
                           "first of them that is installed. Only ocr reads what they say.",
                           choices=("auto", "ocr", "strokes"))


@dataclass(frozen=True, kw_only=True)
class DetectOptions(CaptionOptions, SpanOptions):
    """The options of detect."""

    save_mask: str | None = option(None, "Also write the captions' pixels as a lossless video (.mkv), white where "
                                         "there is text.", metavar="FILE")
    overwrite: bool = option(False, "Replace an output that exists.")
