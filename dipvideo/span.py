"""The part of a film that a person asked for, frame by frame."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from . import detect
from .errors import OptionError, Truncated, Unreadable
from .progress import Progress, Tell

if TYPE_CHECKING:
    from .frame import Frame
    from .io import Source
    from .options import SpanOptions


def span_of(source: Source, options: SpanOptions) -> range:
    """The numbers of the frames from `options.start` up to, and without, `options.end`.

    Times count from the film's first frame, as players show them. Raises OptionError where no frame is left.
    """
    pts = source.pts
    if options.start is None and options.end is None:
        return range(len(pts))
    base = source.info.time_base
    start, end = (None if t is None else _seconds(t) for t in (options.start, options.end))
    first = bisect_left(pts, int(pts[0]) + start / base) if start is not None else 0
    last = bisect_left(pts, int(pts[0]) + end / base) if end is not None else len(pts)
    if first >= last:
        length = int(pts[-1] - pts[0]) * float(base)
        raise OptionError(f"No frame lies between start {options.start or 0} and end {options.end or 'of the film'}: "
                          f"the film is {length:.2f} s long.")
    return range(first, last)


def watch(source: Source, options: SpanOptions, tell: Tell, stage: str) -> Iterator[tuple[Frame, bool]]:
    """The frames of the span, each with whether it opens a shot; the span's first does not.

    Raises what `checked` raises; Unreadable if nothing can be decoded.
    """
    span = checked(source, options)
    seen = 0
    for frame, new_shot in with_shots(source, span):
        yield frame, new_shot
        seen += 1
        tell(Progress(stage, frame.index + 1 - span.start, len(span)))
    if not seen:
        raise nothing_decoded(source)


def checked(source: Source, options: SpanOptions) -> range:
    """The same as `span_of`. Raises Truncated for a film that was cut off, unless `options.partial`."""
    if source.missing and not options.partial:
        there = len(source.pts)
        raise Truncated(f"{source.info.path!r} promises {there + source.missing} frames but holds {there}: it is "
                        "cut off. Fetch it again, or add --partial to restore what is there.")
    return span_of(source, options)


def with_shots(source: Source, span: range) -> Iterator[tuple[Frame, bool]]:
    """The frames of `span`, each with whether it opens a shot; the first does not."""
    shots = detect.ShotFinder()
    for frame in source.frames(span.start, span.stop):
        yield frame, shots.update(frame)


def with_ends(cuts: Sequence[int], span: range, frames: int) -> list[int]:
    """`cuts` and the ends of the span in a film of so many frames, as if it were cut out.

    Where captions were looked for in the span alone, nobody knows what text hides beyond it: nothing may be borrowed
    from there.
    """
    return sorted({*cuts, span.start, span.stop} - {0, frames})


def nothing_decoded(source: Source) -> Unreadable:
    return Unreadable(f"Not one frame of {source.info.path!r} can be decoded: it is damaged; fetch it again.")


def _seconds(text: str) -> float:
    """Seconds, mm:ss or hh:mm:ss, each with a fraction if wanted."""
    parts = text.split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or not all(0 <= n < float("inf") for n in numbers):
        raise OptionError(f"A time is seconds, mm:ss or hh:mm:ss, as in 83.5 or 1:23.5; got {text!r}.")
    return sum(n * 60 ** place for place, n in enumerate(reversed(numbers)))
