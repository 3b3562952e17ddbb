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


LAYERS = ("composites", "cutouts", "things", "scribbles", "unlabelled", "many", "reflections", "single", "windows",
          "haze", "marks")


@dataclass(frozen=True, kw_only=True)
class LayersOptions(Options):
    """What to measure."""

    kinds: str = option(",".join(LAYERS), "On what: composites (clips cut out and laid over others), cutouts "
                        "(things laid over them, marked by hand in films, as DAVIS keeps them), things (in the very "
                        "films), scribbles "
                        "(pictures with a few labels), unlabelled (the same without), many (single pictures of three "
                        "and four layers), reflections (two mixtures), single (one picture of both), windows "
                        "(films of which one layer moves as one), haze, marks (burned in).", metavar="NAME,…")
    frames: int = option(24, "Frames of each composite or film; twice as many of a clip with a mark, three times of "
                             "one through a window.", least=8)

    def __post_init__(self) -> None:
        super().__post_init__()
        if unknown := [kind for kind in self.kinds.split(",") if kind not in LAYERS]:
            raise OptionError(f"There are no {unknown[0]!r} to measure. Known: {', '.join(LAYERS)}.")


@dataclass(frozen=True, kw_only=True)
class SpeedOptions(Options):
    """What to time."""

    heights: str = option("360,720,1080", "Lines of the pictures, which are 16:9.", metavar="N,…")
    presets: str = option("fast,balanced,best", "Which presets.", metavar="NAME,…")
    runs: int = option(3, "How often each; the median counts.", least=1)
    workers: int = option(1, "Restore a longer film with so many processes; what a captioned frame takes is then the "
                          "time of the whole run but for looking for captions, by the number of such frames.", least=1)
    draw: str = option("auto", "As of remove-subtitles: always makes the prior draw each frame.",
                       choices=("auto", "always", "never"))
    device: str = option("auto", "Where to compute: auto, cpu, cuda, cuda:N or mps.", metavar="DEVICE")


@dataclass(frozen=True, kw_only=True)
class ScalingOptions(Options):
    """What to time, and what the film of two hours is reckoned with."""

    workers: str = option("1,2", "With how many processes of this machine a film is restored, one thread each.",
                          metavar="N,…")
    ray: str = option("2", "With how many workers of a Ray cluster that is begun here; empty: none.", metavar="N,…")
    steps: int = option(6, "Steps of each of that film's 1056 frames.", least=1)
    reckoned: str = option("1,10,100,1000", "On how many the film of two hours is reckoned.", metavar="N,…")
    frame_seconds: float = option(0.2, "Seconds that a worker takes for a captioned frame.", least=0.0001)
    analysis_rate: float = option(57.0, "Frames a second that one process looks for captions in.", least=0.1)
    join_rate: float = option(2000.0, "Frames a second that are joined and read back.", least=0.1)
    seed: int = option(0, "Draws another film.", least=0)


@dataclass(frozen=True, kw_only=True)
class SurvivalOptions(Options):
    """How often and when."""

    kills: int = option(20, "How many runs are killed.", least=1)
    workers: int = option(2, "Workers of each run.", least=1)
    seed: int = option(0, "Draws other moments.", least=0)


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
class HoleOptions(EngineOptions):
    """The frames to fit, and what is compared."""

    mask: str | None = option(None, "The holes, white on black: a picture, or a video or folder of masks.",
                              metavar="FILE")
    truth: str | None = option(None, "The clip without holes; without it known pixels are held out and scored.",
                               metavar="FILE")
    hole: str | None = option(None, "Cut a hole into every frame of a clip that has none, and compare with the clip "
                              "itself: what a line of text would cover, or half of the pixels of its box.",
                              choices=("caption", "scattered"))
    grow: int = option(0, "Grow the mask by this many pixels on every side.", least=0, most=200)
    base: bool = option(True, "Draw texture on a smooth base; without it the prior draws everything, as in the paper.")
    frames: int = option(12, "How many frames of the clip's longest run of holes; 60 or more show drift.", least=1)
    cut: bool = option(False, "Take the frames around a cut, half of them before it; weights are carried over it.")
    cold_steps: int = option(640, "Steps of a cold frame.", least=10)
    seeds: int = option(3, "How many seeds: the figures are their medians.", least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        given = next((name for name in ("steps", "first_steps", "budget") if getattr(self, name) is not None), None)
        if given:
            raise OptionError(f"A study tries many numbers of steps, and {given}={getattr(self, given)} was given: "
                              "say how many with cold_steps.")
        if self.hole is not None and (self.mask is not None or self.truth is not None):
            raise OptionError(f"hole={self.hole} cuts its own hole into a clip that is its own truth: give it without "
                              "mask and truth.")


@dataclass(frozen=True, kw_only=True)
class WarmStartOptions(HoleOptions):
    """The task, the policies, and how long each is tried."""

    task: str = option("inpaint", "What is asked of the prior: inpaint, denoise (noise that is added to the clip, "
                       "taken away), or super-resolve (the clip made smaller, enlarged).",
                       choices=("inpaint", "denoise", "super-resolve"))
    sigma: float | None = option(None, "Standard deviation of the noise that is added for denoise, of 255. Default: "
                                 "25.",
                                 least=1.0, most=255.0)
    scale: int | None = option(None, "How many times smaller the clip is made for super-resolve. Default: 2.", least=2,
                               most=8)
    crop: str | None = option(None, "For denoise and super-resolve: take the middle of the picture, of this size. "
                              "Default: 160x96.", metavar="WxH")
    ensemble: int = option(1, "Let all starts but the cold one have so many priors, whose mean answers, as --ensemble "
                              "of the tasks does.", least=1, most=16)
    follow: bool = option(False, "Let all starts but the cold one follow what moves, as inpaint --follow always does.")
    average: float | None = option(None, "Answer with the running average of the network's weights over the "
                                   "steps, of this decay. Default: that of the task, 0 for inpaint.", least=0.0,
                                   most=0.999)
    policies: str = option("cold,previous,previous:optimiser=carried,previous:optimiser=reset,average,"
                           "average:decay=0.9,window,anchor", "Which policies, as --warm-start takes them, separated "
                           "by commas.", metavar="NAME[:KEY=VALUE,…],…")
    rungs: str = option("2,5,10,20,40", "With how many steps a frame each policy is tried.", metavar="N,…")

    def __post_init__(self) -> None:
        super().__post_init__()
        for names, task in ((("mask", "truth", "hole"), "inpaint"), (("sigma",), "denoise"),
                            (("scale",), "super-resolve")):
            if given := next((n for n in names if task != self.task and getattr(self, n) is not None), None):
                raise OptionError(f"{given}={getattr(self, given)} is for task={task}, and this study is of "
                                  f"{self.task}: leave one of them away.")
        if self.scale not in (None, 2, 3, 4, 8):
            raise OptionError(f"scale is 2, 3, 4 or 8, got {self.scale}.")
        if self.task == "super-resolve" and not self.base:
            raise OptionError("Without a base the prior draws everything from a random code, and there is no way to "
                              "enlarge so: leave base as it is.")
        if self.crop is not None and self.task == "inpaint":
            raise OptionError(f"crop={self.crop} is for denoise and super-resolve: for inpaint the crop is what lies "
                              "around the hole.")
        if self.follow and self.task != "inpaint":
            raise OptionError(f"There is nothing to follow for {self.task}: leave follow away.")


@dataclass(frozen=True, kw_only=True)
class ColdOptions(HoleOptions):
    """The ways to fit a frame from nothing."""

    frames: int = option(2, "How many frames of the clip's longest run of holes.", least=1)
    cold_steps: int = option(320, "Steps of a frame.", least=10)
    networks: str = option("taper", "Which networks, as --network takes them, separated by commas.",
                           metavar="NAME[:KEY=VALUE,…],…")
    ways: str = option("default", "In which ways each is fitted: default, float32, tf32, bfloat16, recorded (steps as "
                       "a CUDA graph), compiled (torch.compile), tuned (cuDNN tries its algorithms), contiguous "
                       "(instead of channels last), unfused and foreach (Adam), coarse (a quarter and half of the size "
                       "first), held-out (stops by itself).", metavar="NAME,…")


@dataclass(frozen=True, kw_only=True)
class ReferenceOptions(EngineOptions):
    """The clip, its holes and its truth, and how long the reference is run."""

    mask: str = option("", "The holes, white on black: a picture, or a video or folder of masks.", metavar="FILE")
    truth: str = option("", "The clip without holes.", metavar="FILE")
    grow: int = option(0, "Grow the mask by this many pixels on every side.", least=0, most=200)
    reference_steps: int = option(300, "Steps of the reference network, on the crop around the hole of one frame; its "
                                  "best quality on the way counts.", least=10)

    def __post_init__(self) -> None:
        super().__post_init__()
        missing = next((name for name in ("mask", "truth") if not getattr(self, name)), None)
        if missing:
            raise OptionError(f"Nothing says what to compare: give --{missing} FILE.")
