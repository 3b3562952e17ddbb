"""What a warm start is worth: quality against steps, for each policy, on a clip with a mask.

Every policy fits the same frames of one shot with the same network and no borrowed pixels. `cold` fits each frame from
the first random draw and is looked at along the way; every other policy starts its first frame cold, with cold's
steps, and is run anew for each number of steps a later frame may take. A policy's speed-up is cold's steps over its
own, both to the quality that cold reaches at its best.

Without a truth the same holes, moved to where the picture is known, are cut out too, and scored.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from .. import engine, io
from ..errors import MaskMismatch, OptionError
from ..metrics import decibels, mse
from ..options import EngineOptions, option
from ..pipeline import make_prior, read_window
from ..plan import Chunk
from ..progress import Progress, Tell
from ..tasks.base import Window
from ..tasks.inpaint import FillOptions, Inpaint

if TYPE_CHECKING:
    from ..problems import FillProblem

STEPS = (2, 5, 10, 20, 40, 80, 160, 320, 640)  # where quality is looked at, up to cold's own
CLOSE = 0.05  # dB below a quality that count as reaching it: less than the spread between seeds


@dataclass(frozen=True, kw_only=True)
class WarmStartOptions(EngineOptions):
    """The options of benchmark warm-start."""

    mask: str | None = option(None, "The holes, white on black: a picture, or a video or folder of masks.",
                              metavar="FILE")
    truth: str | None = option(None, "The clip without holes; without it known pixels are held out and scored.",
                               metavar="FILE")
    grow: int = option(0, "Grow the mask by this many pixels on every side.", least=0, most=200)
    base: bool = option(True, "Draw texture on a smooth base; without it the prior draws everything, as in the paper.")
    policies: str = option("cold,previous,average,window", "Which policies, separated by commas.", metavar="NAMES")
    frames: int = option(12, "How many frames of the clip's longest run of holes.", least=2)
    cold_steps: int = option(640, "Steps of a cold frame.", least=10)
    seeds: int = option(3, "How many seeds: the figures are their medians.", least=1)


@dataclass(frozen=True, slots=True)
class Point:
    """Quality after so many steps a frame: psnr in dB, over the hole and all frames but the first; seconds a frame."""

    steps: int
    psnr: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A policy with one seed."""

    policy: str
    seed: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """How a policy reached a quality: medians over the seeds, all None unless every seed reached it.

    steps, seconds: a frame; speed_up: the steps that cold needed for it, over these.
    """

    steps: float | None
    seconds: float | None
    speed_up: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A policy, over the seeds. psnr: the best it reached, in dB, median and (least, most); final, best: how it
    reached what cold ends with, and cold's best along the way."""

    policy: str
    psnr: float
    psnr_spread: tuple[float, float]
    final: Reached
    best: Reached


@dataclass(frozen=True, slots=True)
class Study:
    """All that was measured, and under what conditions."""

    clip: str
    frames: tuple[int, int]
    crop: str
    scored: str
    network: str
    base: bool
    flat_start: bool
    device: str
    precision: str
    curves: tuple[Curve, ...]
    verdicts: tuple[Verdict, ...]


def measure_warm_start(clip: str, options: WarmStartOptions, *, tell: Tell = lambda progress: None) -> Study:
    """Measure every policy of `options.policies` on `clip`. Raises OptionError, MaskMismatch and SourceError."""
    policies = [p.strip() for p in options.policies.split(",")]
    for policy in policies:
        engine.make_warm_start(policy)
    if "cold" not in policies:
        policies.insert(0, "cold")
    settings = engine.settle(options)
    problems, truths, holes, chunk, frames = _problems(clip, options, tell)
    ladder = (*(s for s in STEPS if s < options.cold_steps), options.cold_steps)
    total = options.seeds * sum(_cost(policy, ladder, len(problems)) for policy in policies)
    curves: list[Curve] = []
    meter = _Meter(total, tell)
    for seed in range(options.seed, options.seed + options.seeds):
        first = make_prior(problems[0], settings, seed)
        bench = _Bench([p.to(first.device) for p in problems], truths, holes, meter)
        for policy in policies:
            meter.stage, meter.note = f"measuring, seed {seed}", policy
            measured = _cold if policy == "cold" else _warm
            curves.append(Curve(policy, seed, tuple(measured(policy, copy.deepcopy(first), bench, ladder))))
    return Study(
        clip=Path(clip).name, frames=frames, crop=f"{chunk.box.width}x{chunk.box.height}",
        scored="truth" if options.truth else "held-out holes", network=settings.network, base=options.base,
        flat_start=options.flat_start, device=engine.describe(settings.device),
        precision=str(settings.precision).removeprefix("torch."), curves=tuple(curves),
        verdicts=tuple(_verdicts(curves, policies)))


class _Meter:
    """Tells how many of all steps are done."""

    def __init__(self, total: int, tell: Tell):
        self._done, self._total, self._tell = 0, total, tell
        self.stage = self.note = ""

    def add(self, steps: int) -> None:
        self._done += steps
        self._tell(Progress(self.stage, self._done, self._total, "step", self.note))


@dataclass(frozen=True, slots=True)
class _Bench:
    """The frames to fit, with the truth and the pixels to score."""

    problems: list[FillProblem]
    truths: list[np.ndarray]
    holes: list[np.ndarray]
    meter: _Meter

    def fit(self, place: int, prior: engine.Prior, steps: int) -> tuple[float, float]:
        """Fit the frame at `place` from where `prior` stands; returns its mean squared error and the seconds."""
        result = engine.fit(self.problems[place], prior, steps=steps)
        self.meter.add(steps)
        return mse(self.problems[place].picture(result.estimate), self.truths[place], self.holes[place]), result.seconds

    def point(self, steps: int, errors: list[float], seconds: list[float]) -> Point:
        """Errors are pooled before they become decibels, as over one large hole."""
        return Point(steps, decibels(float(np.mean(errors))), float(np.mean(seconds)))


def _cold(policy: str, prior: engine.Prior, bench: _Bench, ladder: tuple[int, ...]) -> Iterator[Point]:
    """Each frame but the first from nothing, looked at along the way."""
    errors: list[list[float]] = [[] for _ in ladder]
    seconds: list[list[float]] = [[] for _ in ladder]
    for place in range(1, len(bench.problems)):
        prior.reset()
        done, spent = 0, 0.0
        for rung, steps in enumerate(ladder):
            error, took = bench.fit(place, prior, steps - done)
            done, spent = steps, spent + took
            errors[rung].append(error)
            seconds[rung].append(spent)
    for rung, steps in enumerate(ladder):
        yield bench.point(steps, errors[rung], seconds[rung])


def _warm(policy: str, prior: engine.Prior, bench: _Bench, ladder: tuple[int, ...]) -> Iterator[Point]:
    """The first frame cold, then every later frame with the same few steps; anew for each number of steps."""
    start = engine.make_warm_start(policy)
    start.begin(prior)
    bench.fit(0, prior, ladder[-1])
    start.end(prior)
    for steps in ladder[:_WARM_RUNGS]:
        warm, mine = copy.deepcopy((start, prior))
        errors, seconds = [], []
        for place in range(1, len(bench.problems)):
            warm.begin(mine)
            error, took = bench.fit(place, mine, steps)
            warm.end(mine)
            errors.append(error)
            seconds.append(took)
        yield bench.point(steps, errors, seconds)


_WARM_RUNGS = 6  # a warm start that needs more steps than these is none


def _cost(policy: str, ladder: tuple[int, ...], frames: int) -> int:
    if policy == "cold":
        return ladder[-1] * (frames - 1)
    return ladder[-1] + sum(ladder[:_WARM_RUNGS]) * (frames - 1)


def _verdicts(curves: list[Curve], policies: list[str]) -> Iterator[Verdict]:
    cold = {c.seed: c for c in curves if c.policy == "cold"}
    final = {seed: c.points[-1].psnr - CLOSE for seed, c in cold.items()}
    best = {seed: max(p.psnr for p in c.points) - CLOSE for seed, c in cold.items()}
    for policy in policies:
        mine = [c for c in curves if c.policy == policy]
        psnr = [max(p.psnr for p in c.points) for c in mine]
        yield Verdict(policy, median(psnr), (min(psnr), max(psnr)), _all_reached(mine, cold, final),
                      _all_reached(mine, cold, best))


def _all_reached(mine: list[Curve], cold: dict[int, Curve], goals: dict[int, float]) -> Reached:
    points = [_reached(c, goals[c.seed]) for c in mine]
    if not all(points):  # a median over the lucky seeds alone would flatter
        return Reached(None, None, None)
    speed = [_reached(cold[c.seed], goals[c.seed]).steps / p.steps for c, p in zip(mine, points, strict=True)]
    return Reached(median(p.steps for p in points), median(p.seconds for p in points), median(speed))


def _reached(curve: Curve, goal: float) -> Point | None:
    return next((p for p in curve.points if p.psnr >= goal), None)


def _problems(clip: str, options: WarmStartOptions,
              tell: Tell) -> tuple[list[FillProblem], list[np.ndarray], list[np.ndarray], Chunk, tuple[int, int]]:
    """The problems of the clip's longest chunk, the truth, the pixels to score, the chunk and the frames' range."""
    if options.mask is None:
        raise OptionError("Nothing says where the holes are: give --mask FILE, white where to fill.")
    task = Inpaint(FillOptions(mask=options.mask, grow=options.grow, base=options.base, borrow=False, memory=0.0))
    source = io.open_source(clip)
    plan, holes = task.plan(source, tell)
    if not plan.chunks:
        raise OptionError(f"The mask {options.mask!r} has no hole: there is nothing to measure.")
    chunk = max(plan.chunks, key=lambda c: c.stop - c.start)
    window = read_window(source, chunk, holes)
    targets = [i for i in range(chunk.start, chunk.stop) if window.holes[i - window.first].any()][:options.frames]
    places = [i - window.first for i in targets]
    if options.truth:
        true = io.open_source(options.truth)
        if (true.info.width, true.info.height) != (source.info.width, source.info.height):
            raise MaskMismatch(f"The truth {options.truth!r} is {true.info.width}x{true.info.height} but the clip is "
                               f"{source.info.width}x{source.info.height}: give a truth of the clip's size.")
        truths = [f.planes.rgb(chunk.box) for f in true.frames(targets[0], targets[-1] + 1) if f.index in set(targets)]
        scored = [window.holes[p] for p in places]
    else:
        moved = np.roll(window.holes, window.holes.shape[1] // 2, axis=1) & ~window.holes
        truths = [window.frames[p].astype(np.float32) / (255 if window.frames.dtype == np.uint8 else 1)
                  for p in places]
        window, scored = Window(window.first, window.frames, window.holes | moved), [moved[p] for p in places]
    return list(task.problems(chunk, window, targets)), truths, scored, chunk, (targets[0], targets[-1] + 1)
