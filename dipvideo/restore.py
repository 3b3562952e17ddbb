"""One chunk: its frames are read, its problems posed, fitted and rendered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from . import engine
from .look import Look
from .planes import Patch
from .tasks.base import Task, Window
from .tiles import joined

if TYPE_CHECKING:
    from . import io
    from .holes import Holes
    from .plan import Chunk
    from .problems import Problem

APART = 15_485_863  # between the seeds of an ensemble's members, so that no two of near seeds share one


@dataclass(frozen=True, slots=True)
class Restored:
    """One frame's answer."""

    index: int
    patch: Patch
    steps: int
    rolled_back: int
    seconds: float


def restore_chunk(task: Task, source: io.Source, chunk: Chunk, holes: Holes, settings: engine.Settings,
                  beat: Callable[[], object] = lambda: None, look: Look | None = None) -> Iterator[Restored]:
    """The frames of one chunk; the same on every machine of a kind, whatever ran before.

    beat: is called at every step, of reading as of fitting; look: shows frames, and those that are being fitted.
    """
    began, look = time.perf_counter(), look or Look(None)
    window = read_window(source, chunk, holes, beat)
    targets = [index for index in range(chunk.fit_start, chunk.stop) if window.holes[index - window.first].any()]
    parts = len(task.tiles(chunk))
    problems = iter(task.problems(chunk, window, targets))
    first = next(problems)
    if first.kind:
        settings = replace(engine.settle(task.options, first.kind), device=settings.device)  # a worker's own
    seed = chunk.seed(settings.seed)
    index, shown = targets[0], chunk.box.scaled(task.scale)

    def show(patch: Callable[[], Patch], now: bool = False) -> None:
        if index >= chunk.start:
            look.show(index, shown, window.frames[index - window.first], patch, now=now)

    fits = engine.fit_frames(chain([first], problems), make_prior(first, settings, seed),
                             engine.make_warm_start(settings.warm_start), first_steps=settings.first_steps,
                             steps=settings.steps, budget=settings.budget, stop=settings.stop, seed=seed,
                             average=settings.average, beat=beat,
                             peek=lambda problem, estimate: show(lambda: task.render(problem, estimate())))
    steps = rolled_back = 0  # of the frames fitted to warm up, too
    for index in targets:
        answers = list(islice(fits, parts))
        steps += sum(fit.steps for _, fit in answers)
        rolled_back += sum(fit.rolled_back for _, fit in answers)
        if index < chunk.start:
            continue
        beat()
        patch = joined(shown, [task.render(problem, fit.estimate) for problem, fit in answers])
        now = time.perf_counter()
        show(lambda made=patch: made, index == targets[-1])
        yield Restored(index, patch, steps, rolled_back, now - began)
        began, steps, rolled_back = time.perf_counter(), 0, 0


def make_prior(problem: Problem, settings: engine.Settings, seed: int) -> engine.Prior:
    """A prior of the shape that `problem` asks for, or an ensemble of them."""
    members = [engine.Prior(problem.outputs(), network=settings.network, seed=(seed + APART * number) % 2**31,
                            device=settings.device, precision=settings.precision,
                            learning_rate=settings.learning_rate, input_noise=settings.input_noise,
                            flat=settings.flat_start, codes=problem.codes(), moving=problem.moved is not None)
               for number in range(settings.ensemble)]
    return members[0] if len(members) == 1 else engine.Ensemble(members)


def read_window(source: io.Source, chunk: Chunk, holes: Holes, beat: Callable[[], object] = lambda: None) -> Window:
    """The chunk's frames and the margin to borrow from, cut to its box."""
    crops: list[np.ndarray] = []
    for frame in source.frames(chunk.read_start, chunk.read_stop):
        beat()
        crop = frame.planes.rgb(chunk.box)
        crop = np.rint(crop * 255).astype(np.uint8) if frame.planes.layout.depth == 8 else crop
        crops += [crop] * (frame.index + 1 - chunk.read_start - len(crops))  # stands in for frames that damage took
    crops += crops[-1:] * (chunk.read_stop - chunk.read_start - len(crops))
    return Window(chunk.read_start, np.stack(crops), *holes.window(chunk.read_start, chunk.read_stop, chunk.box))
