"""What a benchmark can be told, apart from the benchmark, so that its help brings nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import Options, option
from ..tasks.remove_subtitles import RemoveSubtitlesOptions


@dataclass(frozen=True, kw_only=True)
class FaithfulOptions(Options):
    """What to measure."""

    containers: str = option("same,mkv,mp4", "Into what each film is written, besides its own container (same).",
                             metavar="NAME,…")
    speed: bool = option(True, "Also time a film that passes through at 1080p, beside PyAV's bare loop.")


@dataclass(frozen=True, kw_only=True)
class SpeedOptions(Options):
    """What to time."""

    heights: str = option("360,720,1080", "Lines of the pictures, which are 16:9.", metavar="N,…")
    presets: str = option("fast,balanced,best", "Which presets.", metavar="NAME,…")
    runs: int = option(3, "How often each; the median counts.", least=1)
    device: str = option("auto", "Where to compute: auto, cpu, cuda, cuda:N or mps.", metavar="DEVICE")


@dataclass(frozen=True, kw_only=True)
class QualityOptions(RemoveSubtitlesOptions):
    """Those of remove-subtitles, and what it is set beside."""

    methods: str = option("untouched,telea,navier-stokes,median,true,own", "What to measure: untouched, telea, "
                          "navier-stokes, median (of the frames around), cold (the prior of the paper on each frame: "
                          "slow), true (dipvideo with the true mask), own (with its own).", metavar="NAME,…")
