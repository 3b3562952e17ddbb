"""Which frames of a clip a study takes: the longest run of those that are to be fitted, or those around a cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import TYPE_CHECKING

from ...errors import OptionError
from ...plan import Chunk
from ..options import HoleOptions

if TYPE_CHECKING:
    from ...plan import Plan

LEAST_READ = 64  # frames of a run that are read, or twice as many as are wanted: bounds memory


def run_of(plan: Plan, options: HoleOptions) -> tuple[Chunk, int | None]:
    """The frames to read, and the first frame after the cut if one is wanted. Raises OptionError if there is none."""
    return _around_cut(plan, options) if options.cut else (_longest(plan, options), None)


def nearest(frames: list[int], cut_at: int | None, count: int) -> list[int]:
    """The first `count` of `frames`, or those nearest to `cut_at`, half of them before it."""
    if cut_at is None:
        return frames[:count]
    before = [i for i in frames if i < cut_at][-(count // 2):]
    return before + [i for i in frames if i >= cut_at][:count - len(before)]


def _longest(plan: Plan, options: HoleOptions) -> Chunk:
    run = max(_runs(plan.chunks, plan), key=lambda run: run[-1].stop - run[0].start)
    return _joined(run, run[0].start, min(run[-1].stop, run[0].start + max(LEAST_READ, 2 * options.frames)))


def _around_cut(plan: Plan, options: HoleOptions) -> tuple[Chunk, int]:
    """The chunk that reaches furthest on both sides of a cut, and the first frame after the cut."""
    best, reach = None, 0
    for one, other in pairwise(plan.shots):
        before = [c for c in plan.chunks if one.start <= c.start < one.stop]
        after = [c for c in plan.chunks if other.start <= c.start < other.stop]
        if not before or not after:
            continue
        last, first = list(_runs(before, plan))[-1], next(_runs(after, plan))
        around = min(last[-1].stop - last[0].start, first[-1].stop - first[0].start, options.frames)
        if around > reach:
            best, reach = (last, first, other.start), around
    if best is None:
        raise OptionError("--cut was asked for, but no cut of the clip has holes on both sides: give another clip.")
    last, first, cut = best
    start = max(last[0].start, last[-1].stop - options.frames)
    return _joined([*last, *first], start, min(first[-1].stop, first[0].start + options.frames)), cut


def _runs(chunks: Iterable[Chunk], plan: Plan) -> Iterator[list[Chunk]]:
    """Chunks that follow each other without a gap within a shot: they were one caption."""
    starts = {shot.start for shot in plan.shots}
    run: list[Chunk] = []
    for chunk in chunks:
        if run and (chunk.start != run[-1].stop or chunk.start in starts):
            yield run
            run = []
        run.append(chunk)
    yield run


def _joined(run: list[Chunk], start: int, stop: int) -> Chunk:
    return Chunk(start, stop, start, start, stop, reduce(or_, (c.box for c in run)))
