"""Words that are added to a line while it stands there, as they are said: since when each is shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

SHOWN, SLIGHT = 0.5, 0.35  # of its contrast: from the first on a word is shown, and before it came it had less than …
TRACE = 0.15  # … the other; so much is seen of it in the first frame of a fade, …
QUICK, SOLID = 4, 0.8  # … which is over after these frames, with this much of its contrast: lines fade more slowly
SMALL = 12  # pixels of a group of letters that tell nothing by themselves: a dot, say
LATEST = 3  # frames that tell how the whole line looks
STEP, LATER = 2, 5  # frames that parts of a word may differ in, and that a word comes later than the line


class Added(NamedTuple):
    """What came later than a line: its first frame, and the columns [left, right) that it takes."""

    start: int
    left: int
    right: int


def words_added(crops: Sequence[tuple[int, np.ndarray]], text: np.ndarray, start: int,
                cuts: Sequence[int]) -> tuple[Added, ...]:
    """The words of a line that were added to it, one after another in the order in which they are read.

    crops: luma around the line by frame, (h, w) uint8 each, the last of which shows all of it; text: (h, w) bool, its
    letters with their outline; start: its first frame; cuts: those of the film. What a cut brings was there before, on
    ground as bright as it is, and is not added.
    """
    crops = [(frame, crop) for frame, crop in crops if frame >= start]
    groups = _runs(text.any(0))
    if len(groups) < 2 or len(crops) < LATEST + STEP:
        return ()
    frames, lumas = zip(*crops, strict=True)
    lumas = np.stack(lumas)
    came = [_came(lumas[:, :, left:right][:, text[:, left:right]].astype(np.float32)) for left, right in groups]
    brought = [frames.index(cut) for cut in cuts if cut in frames]
    firsts = _told([None if first is None or any(abs(first - cut) <= STEP for cut in brought) else first
                    for first in came])
    gaps = [(end + begin) // 2 for (_, end), (begin, _) in pairwise(groups)]
    parts: list[list[int]] = []
    for first, left, right in zip(firsts, [0, *gaps], [*gaps, text.shape[1]], strict=True):
        if parts and abs(parts[-1][0] - first) <= STEP:
            parts[-1][2] = right
        else:
            parts.append([first, left, right])
    order = [first for first, _, _ in parts]
    if min(order[0], order[-1]) > LATER or order not in (sorted(order), sorted(order, reverse=True)):
        return ()
    return tuple(Added(frames[first], left, right) for first, left, right in parts if first > LATER)


def _runs(columns: np.ndarray) -> list[tuple[int, int]]:
    """Where letters stand without a gap: [left, right)."""
    edges = np.flatnonzero(np.diff(columns.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _came(values: np.ndarray) -> int | None:
    """The first of the frames that shows what the last ones do; None where they do not tell. values: (t, k) luma."""
    if values.shape[1] < SMALL:
        return None
    values = values - values.mean(1, keepdims=True)
    pattern = values[-LATEST:].mean(0)
    share = values @ pattern / max(float(pattern @ pattern), 1.0)
    hidden = np.flatnonzero(share < SHOWN)
    if not len(hidden):
        return 0
    first = int(hidden[-1]) + 1
    while first > 0 and share[first - 1] >= TRACE:
        first -= 1
    quick = share[min(first + QUICK, len(share) - 1)] >= SOLID
    return first if quick and (share[:first] < SLIGHT).all() else None


def _told(came: list[int | None]) -> list[int]:
    """What does not tell by itself comes with the earlier of its neighbours, or with the line."""
    known = [place for place, first in enumerate(came) if first is not None]
    beside = [[came[k] for k in known if k < place][-1:] + [came[k] for k in known if k > place][:1]
              for place in range(len(came))]
    return [min(near, default=0) if first is None else first for first, near in zip(came, beside, strict=True)]
