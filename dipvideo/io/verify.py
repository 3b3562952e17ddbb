"""Reads a finished file back before it may take its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from .join import Run
from .source import COUNTS_FRAMES, VideoSource

# Containers with times below zero; in others, where sound begins earlier, all streams move on.
KEEPS_STARTS = {"mov", "matroska"}


def fault(source: VideoSource, runs: Sequence[Run], result: Path,
          tell: Callable[[int], None] = lambda frames: None) -> str | None:
    """What is wrong with a file joined from `runs`, in a few words; None if it is what it should be.

    Every frame must be there at its time, to the coarser of the two clocks. Where copied runs meet encoded ones, the
    decoder must give the copied frames next to the joint bit for bit as it gives them from the source, and every
    encoded one.
    """
    made = VideoSource(str(result))
    expected = np.concatenate([source.index.pts[run.start:run.stop] if run.segment is None else run.segment.pts
                               for run in runs])
    if len(made.index) != len(expected):
        return f"it has {len(made.index)} frames instead of {len(expected)}"
    container = made.info.container.split(",")[0]
    if container not in COUNTS_FRAMES:
        theirs = made.index.pts
        if container not in KEEPS_STARTS:
            expected, theirs = expected - expected[0], theirs - theirs[0]
        late = _ticks_off(expected, source.info.time_base, theirs, made.info.time_base)
        if late:
            return f"its frames are {late} ticks off their times"
    if all(run.segment is None for run in runs) or not any(run.segment is None for run in runs):
        return None  # nothing was spliced
    start = 0  # of the run in the result, which lacks frames that damage took
    for place, run in enumerate(runs):
        length = run.stop - run.start if run.segment is None else len(run.segment.pts)
        if run.segment is not None:
            found = sum(not frame.native.is_corrupt for frame in made.frames(start, start + length))
            if found != length:
                return f"{length - found} of the frames encoded for {run.start} to {run.stop} do not decode"
        else:
            cuts = [c for c in source.index.cuts if run.start <= c <= run.stop] + [run.stop]
            beside = {(run.start, cuts[1])} if place else set()
            if place + 1 < len(runs):
                inside = [c for c in cuts if c < run.stop]
                beside.add((inside[-1], run.stop))
            for first, last in beside:
                if not _same(source, made, first, last, start - run.start):
                    return f"copied frames {first} to {last} do not decode to what they were"
        start += length
        tell(start)
    return None


def _ticks_off(ours: np.ndarray, our_base: Fraction, theirs: np.ndarray, their_base: Fraction) -> int:
    """How far the times differ at the most, in ticks of the coarser clock, beyond the half that rounding costs."""
    coarse = max(our_base, their_base)
    apart = np.abs(ours * float(our_base / coarse) - theirs * float(their_base / coarse)).max(initial=0)
    return int(np.ceil(apart - 0.5 - 1e-3))


def _same(source: VideoSource, made: VideoSource, start: int, stop: int, shift: int) -> bool:
    mine, theirs = source.frames(start, stop), made.frames(start + shift, stop + shift)
    count = 0
    for one, other in zip(mine, theirs, strict=False):
        count += 1
        if one.planes.layout != other.planes.layout or not all(
                np.array_equal(a, b) for a, b in zip(one.planes.arrays, other.planes.arrays, strict=True)):
            return False
    return count == stop - start
