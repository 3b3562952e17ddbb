"""The part of a film that a person asked for."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from .errors import OptionError

if TYPE_CHECKING:
    from .io import Source
    from .options import OutputOptions


def span_of(source: Source, options: OutputOptions) -> range:
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
