"""The way of a film through the house: source → plan → chunks → patches → writer.

Two things run in step: the writer's pass over the source, and the chunks, which are restored when their first frame
comes by. A chunk reads its own frames, so nothing is held but its window.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import engine, io
from .errors import OptionError
from .frame import Frame
from .plan import Chunk, make_stretches
from .planes import Patch
from .progress import Progress, Tell
from .tasks.base import Task, Window

if TYPE_CHECKING:
    from .holes import Holes
    from .problems import Problem


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the filled pixels, 1 in all: shown by other frames; by this one, under an overlay; or made up."""

    borrowed: float
    unmixed: float
    drawn: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did.

    frames: in the video; touched: of them restored; chunks; steps: of the optimiser, in all; rolled_back: how often a
    fit diverged and was undone; seconds: from start to finish, of which restore_seconds went into restoring; damaged:
    packets that could not be decoded whole; warnings: a sentence for whatever could not be kept; planned: captions
    in the plan, where that was all that was asked for; plan_seconds: spent looking for what to do; memory: the
    process's peak so far, in bytes, 0 where the system does not say; filled: where the filled pixels came from, None
    where nothing was filled or the task does not know.
    """

    output: str
    frames: int
    touched: int
    shots: int
    chunks: int
    steps: int
    rolled_back: int
    device: str
    network: str
    encoder: str
    seconds: float
    restore_seconds: float
    damaged: int = 0
    warnings: tuple[str, ...] = ()
    planned: int | None = None
    plan_seconds: float = 0.0
    memory: int = 0
    filled: Shares | None = None


@dataclass(slots=True)
class Tally:
    """What has been spent so far."""

    frames: int = 0
    steps: int = 0
    rolled_back: int = 0
    seconds: float = 0.0
    origins: np.ndarray = field(default_factory=lambda: np.zeros(3, np.int64))

    def add(self, restored: Restored) -> None:
        self.frames += 1
        self.steps += restored.steps
        self.rolled_back += restored.rolled_back
        self.seconds += restored.seconds
        self.origins += restored.patch.origins

    def shares(self) -> Shares | None:
        return Shares(*map(float, self.origins / self.origins.sum())) if self.origins.any() else None


@dataclass(frozen=True, slots=True)
class Restored:
    """One frame's answer."""

    index: int
    patch: Patch
    steps: int
    rolled_back: int
    seconds: float


def run(task: Task, source_path: str | Path, output: str | Path | None = None, *,
        tell: Tell = lambda progress: None) -> Summary:
    """Do `task` on a video or pictures and write the result; see `Task.options` for how.

    output: default `<stem>.dipvideo<suffix>` beside the input. Raises DipvideoError with one sentence for whatever
    can be named; then nothing is at the output path that was not there before.
    """
    began = time.perf_counter()
    if task.plans_only and output is None and str(source_path) != io.PIPE:
        output = Path(source_path).with_suffix(".plan.json")
    with io.unpiped(str(source_path), str(output) if output else None) as (readable, target):
        summary = (_plan if task.plans_only else _run)(task, readable, target, tell)
    shown = output or (io.PIPE if str(source_path) == io.PIPE else target)
    return replace(summary, output=str(shown), seconds=time.perf_counter() - began, memory=_peak_memory())


def _peak_memory() -> int:
    try:  # what getrusage says may be the peak of a parent process
        status = Path("/proc/self/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


def _opened(task: Task, source_path: str, target: Path, tell: Tell) -> io.Source:
    """The source, once it is certain that what is asked for may be written."""
    source = io.open_source(source_path)
    paths = [target, *task.side_outputs]
    if twice := next((p for i, p in enumerate(paths) if os.path.abspath(p) in map(os.path.abspath, paths[:i])), None):
        raise OptionError(f"Two outputs cannot both be {str(twice)!r}: give each a name of its own.")
    for path in paths:
        io.check_output(path, source_path, task.options.overwrite)
    source.look(lambda done, total: tell(Progress("reading", done, total, unit="B")))
    return source


def _plan(task: Task, source_path: str, target: Path, tell: Tell) -> Summary:
    source = _opened(task, source_path, target, tell)
    with io.complete_or_nothing(target) as part:
        planned = task.write_plan(source, part, tell)
    return Summary(str(target), len(source.pts), 0, 0, 0, 0, 0, "", "", "", 0.0, 0.0, source.damaged,
                   _shortfall(source), planned)


def _run(task: Task, source_path: str, target: Path, tell: Tell) -> Summary:
    options = task.options
    settings = engine.settle(options)
    source = _opened(task, source_path, target, tell)
    wish = io.Wish(options.encoder, options.crf, options.lossless, options.smart_render)
    tally = Tally()
    with ExitStack() as stack:
        # The film takes its name first: one that fails to be joined leaves no mask in the next run's way.
        beside = [stack.enter_context(video) for video in task.side_videos(source.info)]
        output = stack.enter_context(io.open_output(
            target, source, wish, tell=lambda stage, done, total: tell(Progress(stage, done, total))))
        began = time.perf_counter()
        plan, holes = task.plan(source, tell)
        plan_seconds = time.perf_counter() - began
        tell(Progress("restoring", 0, plan.holes))
        for stretch in make_stretches(plan, output.cuts):
            if stretch.copied:
                output.copy(stretch.start, stretch.stop)
                for pts, video in product(source.pts[stretch.start:stretch.stop], beside):
                    video.write(None, int(pts), source.info.time_base)
                continue
            with output.part(stretch.start, stretch.stop) as part:
                for frame, restored in _in_step(source.frames(stretch.start, stretch.stop), stretch.chunks,
                                                lambda chunk: restore_chunk(task, source, chunk, holes, settings)):
                    patch = restored.patch if restored else None
                    part.write(frame, [patch] if patch else [])
                    for video in beside:
                        video.write(patch, frame.pts, frame.time_base, frame.index)
                    if restored:
                        tally.add(restored)
                        tell(Progress("restoring", tally.frames, plan.holes, note=f"{restored.steps} steps"))
        output.cues = task.cues(source)
    return Summary(str(target), plan.frames, tally.frames, len(plan.shots), len(plan.chunks), tally.steps,
                   tally.rolled_back, engine.describe(settings.device), settings.network, output.encoder_name,
                   0.0, tally.seconds, source.damaged, (*_shortfall(source), *output.warnings),
                   plan_seconds=plan_seconds, filled=tally.shares())


def _shortfall(source: io.Source) -> tuple[str, ...]:
    there = len(source.pts)
    return (f"The input is cut off: {there} of the {there + source.missing} frames it promises are there.",
            ) if source.missing else ()


def _in_step(frames: Iterator[Frame], chunks: Sequence[Chunk],
             restore: Callable[[Chunk], Iterator[Restored]]) -> Iterator[tuple[Frame, Restored | None]]:
    """Every frame with its answer; a chunk is restored when its first frame comes by."""
    waiting, answers, coming = deque(chunks), iter(()), None
    for frame in frames:
        if coming is None and waiting and frame.index >= waiting[0].start:
            answers = restore(waiting.popleft())
            coming = next(answers, None)
        while coming is not None and coming.index < frame.index:  # damage took a frame from this pass only
            coming = next(answers, None)
        if coming is not None and coming.index == frame.index:
            yield frame, coming
            coming = next(answers, None)
        else:
            yield frame, None


def restore_chunk(task: Task, source: io.Source, chunk: Chunk, holes: Holes,
                  settings: engine.Settings) -> Iterator[Restored]:
    """The frames of one chunk; the same on every machine of a kind, whatever ran before."""
    began = time.perf_counter()
    window = read_window(source, chunk, holes)
    targets = [index for index in range(chunk.fit_start, chunk.stop) if window.holes[index - window.first].any()]
    problems = iter(task.problems(chunk, window, targets))
    first = next(problems)
    seed = chunk.seed(settings.seed)
    fits = engine.fit_frames(chain([first], problems), make_prior(first, settings, seed),
                             engine.make_warm_start(settings.warm_start), first_steps=settings.first_steps,
                             steps=settings.steps, budget=settings.budget, stop=settings.stop, seed=seed)
    steps = rolled_back = 0  # of the frames fitted to warm up, too
    for index, (problem, fit) in zip(targets, fits, strict=True):
        steps, rolled_back = steps + fit.steps, rolled_back + fit.rolled_back
        if index < chunk.start:
            continue
        patch = task.render(problem, fit.estimate)
        now = time.perf_counter()
        yield Restored(index, patch, steps, rolled_back, now - began)
        began, steps, rolled_back = time.perf_counter(), 0, 0


def make_prior(problem: Problem, settings: engine.Settings, seed: int) -> engine.Prior:
    """A prior of the shape that `problem` asks for."""
    return engine.Prior(problem.outputs(), network=settings.network, seed=seed, device=settings.device,
                        precision=settings.precision, learning_rate=settings.learning_rate,
                        input_noise=settings.input_noise, flat=settings.flat_start)


def read_window(source: io.Source, chunk: Chunk, holes: Holes) -> Window:
    """The chunk's frames and the margin to borrow from, cut to its box."""
    crops: list[np.ndarray] = []
    for frame in source.frames(chunk.read_start, chunk.read_stop):
        crop = frame.planes.rgb(chunk.box)
        crop = np.rint(crop * 255).astype(np.uint8) if frame.planes.layout.depth == 8 else crop
        crops += [crop] * (frame.index + 1 - chunk.read_start - len(crops))  # stands in for frames that damage took
    crops += crops[-1:] * (chunk.read_stop - chunk.read_start - len(crops))
    return Window(chunk.read_start, np.stack(crops), holes.window(chunk.read_start, chunk.read_stop, chunk.box))
