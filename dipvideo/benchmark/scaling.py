"""What more workers are worth: measured on a little film here, and reckoned for one of two hours.

The little one has SHOTS shots of one stretch each, all of the same work, so that what is lost is not lost to a bad cut.

The reckoning cuts a film of drawn shots and captions into the very stretches that a run would, hands them out longest
first as the executors do, and adds the search for captions, which as many processes do, and what one does after.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heapreplace
from itertools import accumulate, count, pairwise, takewhile
from pathlib import Path

import numpy as np

from ..captions.sections import BESIDE, sections
from ..errors import DipvideoError, OptionError
from ..frame import VideoInfo
from ..geometry import Box
from ..plan import Stretch, make_plan, make_stretches
from ..progress import Progress, Tell
from .options import ScalingOptions
from .survival import write_film

SHOTS, SHOT_FRAMES = 8, 132  # of the little film: each shot is a stretch, since two are longer than MAX_STRETCH
RATE, SIZE = 24, (720, 1280)
FRAMES = 2 * 3600 * RATE
SHOT_SECONDS, SHOT_SPREAD = 2.9, 1.0  # median, and deviation of the logarithm: 4.8 s on average, as films are cut today
CAPTIONS, CAPTION_SECONDS = 1200, (1.0, 5.0)  # half of the time there is one
LONGEST_GROUP = 250  # frames between two key frames, as x264 makes them; each shot begins with one


@dataclass(frozen=True, slots=True)
class Measured:
    """A run of the little film. seconds: from the first worker's start to the film, which is joined and read back.

    same: whether it gave the bytes of the first run.
    """

    executor: str
    workers: int
    seconds: float
    same: bool


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The drawn film on so many workers, in seconds. restoring: until the last ends; whole: with analysis and join."""

    workers: int
    restoring: float
    whole: float
    efficiency: float


@dataclass(frozen=True, slots=True)
class Scaling:
    """captioned: of the drawn film's frames; stretches: how many are restored; longest: seconds that one takes."""

    measured: tuple[Measured, ...]
    captioned: int
    stretches: int
    longest: float
    reckoned: tuple[Reckoned, ...]


def measure_scaling(options: ScalingOptions, *, tell: Tell = lambda progress: None) -> Scaling:
    """Restore a little film with each number of workers, one thread each, and reckon the film of two hours."""
    try:
        here, clustered, there = ([int(n) for n in text.split(",") if n] for text in
                                  (options.workers, options.ray, options.reckoned))
    except ValueError as error:
        raise OptionError("Workers are whole numbers, as in 1,2; got "
                          f"{options.workers!r}, {options.ray!r} and {options.reckoned!r}.") from error
    runs = [("processes", workers) for workers in here] + [("ray", workers) for workers in clustered]
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory() as scratch:
        clip = write_film(Path(scratch), SHOTS, SHOT_FRAMES) if runs else None
        expected = None
        for place, (executor, workers) in enumerate(runs):
            tell(Progress("timing", place, len(runs), unit="run", note=f"{executor}, {workers} workers"))
            target = Path(scratch) / f"{place}.mp4"
            seconds = _timed(clip, target, executor, workers, options.steps)
            made = target.read_bytes()
            expected = expected or made
            measured.append(Measured(executor, workers, seconds, made == expected))
    captioned, stretches = film(np.random.default_rng(options.seed))
    area = SIZE[0] * SIZE[1]
    costs = [stretch.cost(area) for stretch in stretches if not stretch.copied]
    each = options.frame_seconds * captioned / sum(costs)
    seconds = sorted((cost * each for cost in costs), reverse=True)
    looking = [(len(section) + BESIDE) / options.analysis_rate for section in sections(range(FRAMES))]
    reckoned = [Reckoned(n, ends, makespan(looking, n) + ends + FRAMES / options.join_rate, sum(seconds) / n / ends)
                for n in there for ends in [makespan(seconds, n)]]
    return Scaling(tuple(measured), captioned, len(costs), seconds[0], tuple(reckoned))


def film(random: np.random.Generator) -> tuple[int, list[Stretch]]:
    """How many frames of a drawn film have a caption, and its stretches."""
    lengths = (round(s * RATE) + 1 for s in (random.lognormal(np.log(SHOT_SECONDS), SHOT_SPREAD) for _ in count()))
    cuts = list(takewhile(lambda frame: frame < FRAMES, accumulate(lengths)))
    boxes: list[Box | None] = [None] * FRAMES
    for start in np.sort(random.integers(0, FRAMES, CAPTIONS)):
        height, width = random.integers(40, 110), random.integers(300, 900)
        box = Box(SIZE[0] - 40 - height, (SIZE[1] - width) // 2, SIZE[0] - 40, (SIZE[1] + width) // 2)
        for index in range(start, min(start + round(random.uniform(*CAPTION_SECONDS) * RATE), FRAMES)):
            boxes[index] = box
    plan = make_plan(VideoInfo("", SIZE[1], SIZE[0], Fraction(RATE), Fraction(1, RATE)), boxes, cuts)
    edges = [0, *cuts, FRAMES]
    keys = [key for start, stop in pairwise(edges) for key in range(start, stop, LONGEST_GROUP)]
    return plan.holes, list(make_stretches(plan, keys))


def makespan(seconds: list[float], workers: int) -> float:
    """When the last worker ends, each taking the longest that is left as soon as it is free; longest first."""
    free = [0.0] * min(workers, len(seconds))
    heapify(free)
    for each in seconds:
        heapreplace(free, free[0] + each)
    return max(free)


def _timed(clip: Path, target: Path, executor: str, workers: int, steps: int) -> float:
    said = target.with_suffix(".json")
    ran = subprocess.run([sys.executable, "-m", "dipvideo", "inpaint", clip, "--mask", clip.with_name("mask.png"),
                          "-o", target, "--executor", executor, "--workers", str(workers), "--first-steps", str(steps),
                          "--steps", str(steps), "--draw", "always", "--no-borrow", "--no-smart-render", "--device",
                          "cpu", "--json", said, "-q"],
                         capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if ran.returncode:
        raise DipvideoError(f"The run with {workers} workers of {executor} failed: {ran.stderr.strip()}")
    summary = json.loads(said.read_text())
    return summary["seconds"] - summary["plan_seconds"]
