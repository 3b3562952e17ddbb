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
from itertools import product
from pathlib import Path

import numpy as np

from . import engine, io
from .errors import OptionError
from .frame import Frame
from .plan import Chunk, make_stretches
from .progress import Progress, Tell
from .restore import Restored, restore_chunk
from .summary import Shares, Summary
from .tasks.base import Task


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
    wish = io.Wish(options.encoder, options.crf, options.lossless, options.smart_render, task.scale)
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
                   0.0, tally.seconds, source.damaged, (*_shortfall(source), *task.warnings, *output.warnings),
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
