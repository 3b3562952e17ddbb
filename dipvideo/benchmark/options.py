"""What a benchmark can be told, apart from the benchmark, so that its help brings nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import Options, option


@dataclass(frozen=True, kw_only=True)
class FaithfulOptions(Options):
    """What to measure."""

    containers: str = option("same,mkv,mp4", "Into what each film is written, besides its own container (same).",
                             metavar="NAME,…")
    speed: bool = option(True, "Also time a film that passes through at 1080p, beside PyAV's bare loop.")
