"""One stretch of the film: its chunks restored, its frames encoded, in a folder of its own.

This is the unit that workers are given. It is a stretch and not a chunk since what leaves a worker then is encoded:
some hundred kilobytes, where the pixels of a chunk are tens of megabytes, or a gigabyte where a task makes whole
frames; and since encoding, which one process would have to do for all, is done by as many as there are.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import engine, io
from .errors import DipvideoError, NotRestored
from .frame import Frame
from .job import Receipt
from .look import Look
from .machine import one_heap, sharing
from .plan import Chunk, Plan, Stretch
from .restore import Restored, restore_chunk
from .tasks.base import Task

if TYPE_CHECKING:
    from pathlib import Path

    from .holes import Holes

_FRAMES = "frames"  # the folder in a stretch's folder that its encoded frames lie in


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a worker must know to restore any stretch of a film. It is pickled.

    cores: of a machine, that restoring a stretch may take; looks: whether pictures of how far a stretch is are left in
    its folder.
    """

    task: Task
    source: io.Source
    plan: Plan
    holes: Holes
    settings: engine.Settings
    recipe: io.Recipe
    stretches: Sequence[Stretch]
    cores: int
    looks: bool = False


def restore_stretch(brief: Brief, stretch: Stretch, folder: Path, tell: Callable[[int], object]) -> None:
    """Restore and encode the frames of `stretch` into `folder`; the same bits on every machine of a kind.

    `tell` hears at every step how many of its frames are done.
    """
    began, source, sides = time.perf_counter(), brief.source, brief.task.side_videos
    pts: list[int] = []
    areas: list[list[float]] = []
    touched = steps = rolled_back = 0
    seconds, origins = 0.0, np.zeros(3, np.int64)

    one_heap()
    look = Look(folder if brief.looks else None)

    def beat() -> None:
        tell(touched)

    with sharing(brief.cores), ExitStack() as stack:
        part = stack.enter_context(brief.recipe.part(folder / _FRAMES, stretch.start, stretch.stop, source))
        beside = [stack.enter_context(write(side_of(folder, place, path), source.info))
                  for place, (path, write) in enumerate(sides)]
        for frame, restored in _in_step(source.frames(stretch.start, stretch.stop), stretch.chunks,
                                        lambda chunk: _named(brief, chunk, beat, look)):
            beat()
            patch = restored.patch if restored else None
            pts.append(int(frame.pts))
            areas.append(list(patch.areas) if patch else [])
            part.write(frame, [patch] if patch else [])
            for video in beside:
                video.write(patch, frame.pts, frame.time_base, frame.index)
            if restored:
                touched, steps, rolled_back = (touched + 1, steps + restored.steps,
                                               rolled_back + restored.rolled_back)
                seconds, origins = seconds + restored.seconds, origins + restored.patch.origins
    Receipt(pts, touched, steps, rolled_back, seconds, time.perf_counter() - began, origins.tolist(),
            areas, sorted(source.damage)).write(folder)


def take(output: io.Output, beside: Sequence[io.SideVideo], brief: Brief, stretch: Stretch, folder: Path,
         pts: Sequence[int]) -> None:
    """Hand what `restore_stretch` made in `folder` to the output and the side videos."""
    output.take(stretch.start, stretch.stop, folder / _FRAMES)
    for place, (video, (path, _)) in enumerate(zip(beside, brief.task.side_videos, strict=True)):
        video.take(side_of(folder, place, path), pts, brief.source.info.time_base)


def side_of(folder: Path, place: int, path: Path) -> Path:
    """Where a stretch's part of a side video lies."""
    return folder / f"side{place}{path.suffix}"


def _named(brief: Brief, chunk: Chunk, beat: Callable[[], object], look: Look) -> Iterator[Restored]:
    """Restore a chunk; an error that nobody foresaw says where it happened. Raises NotRestored."""
    try:
        yield from restore_chunk(brief.task, brief.source, chunk, brief.holes, brief.settings, beat, look)
    except DipvideoError:
        raise
    except Exception as error:
        raise NotRestored(f"Frames {chunk.start} to {chunk.stop - 1} could not be restored "
                          f"({type(error).__name__}: {error}).") from error


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
