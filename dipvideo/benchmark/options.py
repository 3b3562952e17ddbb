"""What a benchmark can be told, apart from the benchmark, so that its help brings nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import OptionError
from ..options import EngineOptions, Options, option
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


TABLES = ("denoise", "half", "set5", "text", "flash")


@dataclass(frozen=True, kw_only=True)
class PapersOptions(Options):
    """Which cases, and how."""

    tables: str = option(",".join(TABLES), "Which of the papers' pictures: denoise (noise of 25/255), half (of the "
                                           "pixels missing), set5 (x4), text, flash.", metavar="NAME,…")
    only: str | None = option(None, "Only the pictures of these names, as hill,butterfly.", metavar="NAME,…")
    clips: str | None = option(None, "Also add noise to the clips of this folder and denoise them.", metavar="FOLDER")
    names: str = option("*", "Which clips, by their names without suffix.", metavar="NAME,…")
    sigmas: str = option("10,25,50", "How much noise is added to clips, of 255.", metavar="N,…")
    frames: int = option(60, "How many frames of each clip.", least=1)
    skip: int = option(30, "How many frames of each clip to leave out before them.", least=0)
    size: str = option("416x240", "What clips are made smaller to.", metavar="WxH")
    seeds: int = option(3, "How many seeds: the figures are their medians.", least=1)
    preset: str = option("balanced", "Quality against time.", choices=("fast", "balanced", "best"))
    device: str = option("auto", "Where to compute: auto, cpu, cuda, cuda:N or mps.", metavar="DEVICE")

    def __post_init__(self) -> None:
        super().__post_init__()
        if unknown := [name for name in self.tables.split(",") if name not in TABLES]:
            raise OptionError(f"There is no table {unknown[0]!r}. Known: {', '.join(TABLES)}.")


@dataclass(frozen=True, kw_only=True)
class WarmStartOptions(EngineOptions):
    """The frames, the policies and how long each is tried."""

    mask: str | None = option(None, "The holes, white on black: a picture, or a video or folder of masks.",
                              metavar="FILE")
    truth: str | None = option(None, "The clip without holes; without it known pixels are held out and scored.",
                               metavar="FILE")
    grow: int = option(0, "Grow the mask by this many pixels on every side.", least=0, most=200)
    base: bool = option(True, "Draw texture on a smooth base; without it the prior draws everything, as in the paper.")
    policies: str = option("cold,previous,previous:optimiser=carried,previous:optimiser=reset,average,"
                           "average:decay=0.9,window,anchor", "Which policies, as --warm-start takes them, separated "
                           "by commas.", metavar="NAME[:KEY=VALUE,…],…")
    rungs: str = option("2,5,10,20,40", "With how many steps a frame each policy is tried.", metavar="N,…")
    frames: int = option(12, "How many frames of the clip's longest run of holes; 60 or more show drift.", least=2)
    cut: bool = option(False, "Take the frames around a cut, half of them before it; weights are carried over it.")
    cold_steps: int = option(640, "Steps of a cold frame.", least=10)
    seeds: int = option(3, "How many seeds: the figures are their medians.", least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        given = next((name for name in ("steps", "first_steps", "budget") if getattr(self, name) is not None), None)
        if given:
            raise OptionError(f"A study tries many numbers of steps, and {given}={getattr(self, given)} was given: "
                              "say them with rungs and cold_steps.")
