"""Caption or picture? Weighs how lines of text look, came, stayed and went.

No single sign is safe: signboards look like text, a caption may come with a cut and go with the next, and on a static
background everything stands still. So each sign gives points, and lines that come and go together share theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..frame import VideoInfo
from ..geometry import Box
from .lines import Line
from .timing import ALONE, End

ENOUGH = 3.75  # points that make a caption
MOVED = 0.72  # correlation with a displaced copy in the frames around: it is part of a moving picture
UNSTEADY = 0.08  # standard deviation of a line's contrast between its fades; captions keep under .05 …
WANDERS_255 = 4.0  # … or at least their letters keep their luma, where no outline shields the contrast from the picture
SHOWN_IN_FULL = 0.3  # of its frames; a sung line in changing colours reaches half
BRIGHT_255, DIM_255 = 195, 145  # luma of letters that speaks for captions, and against
CENTRED = 0.06  # of the picture's width: captions lie this near its middle
EDGE = 0.3  # of the picture's height: captions lie this near its top or bottom
TOGETHER = 2  # frames that lines of a caption may differ in their first or last frame
NEAR = 3.0  # letter heights between lines of a caption, at most
COMPANION = 1.0  # points that a line needs even in company
COMPANION_COLOUR_255 = 70  # lines of one caption differ less


@dataclass(slots=True)
class Candidate:
    """A line that has gone, with what speaks for it.

    born: when its pixels came to rest; born_alike: share of its surroundings that did so, too; cuts_inside: cuts that
    it outlasted; unsteady: standard deviation of its contrast between its fades; full: share of its frames that show it
    in full; stands_out: its surroundings move while it does not.
    Set if it is not impossible, in the picture: hole, box: what it covers; text: around its letters; pad: how far a box
    behind them reaches beyond, None where there is none.
    """

    line: Line
    born: int
    start: End
    stop: End
    born_alike: float
    cuts_inside: int
    unsteady: float
    full: float
    stands_out: bool
    box: Box = field(init=False)
    hole: np.ndarray = field(init=False)
    text: Box = field(init=False)
    pad: int | None = None

    @property
    def impossible(self) -> bool:
        """True if it is part of the picture, whatever it looks like."""
        return (max(self.start.moved, self.stop.moved) > MOVED or self.unsteady > UNSTEADY
                or self.full < SHOWN_IN_FULL)

    @property
    def points(self) -> float:
        line = self.line
        looks = min(max(8 * (0.55 - line.flaws), -1.0), 2.5)
        looks += float(np.interp(line.colour, (DIM_255, BRIGHT_255), (-1, 1)))
        stays = 1.0 if self.stands_out and self.born_alike < ALONE else 0.0
        # what rested before it came may be the picture, seen to change because a caption came over it
        older = -2.0 if self.start.at > self.born + TOGETHER else 0.0
        return looks + stays + older + (2.0 if self.cuts_inside else 0.0) + self.start.points + self.stop.points


def captions(candidates: list[Candidate], info: VideoInfo) -> list[list[Candidate]]:
    """The candidates that are captions, those of one caption together."""
    possible = [c for c in candidates if not c.impossible]
    found = []
    while possible:
        group = [possible.pop(0)]
        for member in group:  # grows while it is walked
            together = [c for c in possible if _companions(member, c)]
            group += together
            possible = [c for c in possible if not any(c is t for t in together)]
        placed = max(_placed(members, info) for members in (group, *([c] for c in group)))
        if max(c.points for c in group) + placed >= ENOUGH:
            found.append([c for c in group if c.points >= COMPANION])
    return found


def _companions(one: Candidate, other: Candidate) -> bool:
    """True if both could be lines, or parts of a line, of one caption."""
    reach = NEAR * max(one.line.height, other.line.height) * one.box.height / max(one.line.box.height, 1)
    apart = max(one.box.top, other.box.top) - min(one.box.bottom, other.box.bottom)
    return (abs(one.start.at - other.start.at) <= TOGETHER and abs(one.stop.at - other.stop.at) <= TOGETHER
            and apart < reach and abs(one.line.colour - other.line.colour) < COMPANION_COLOUR_255)


def _placed(group: list[Candidate], info: VideoInfo) -> float:
    """Points for lying where captions lie."""
    left, right = min(c.box.left for c in group), max(c.box.right for c in group)
    top, bottom = min(c.box.top for c in group), max(c.box.bottom for c in group)
    centred = abs((left + right) / 2 - info.width / 2) < CENTRED * info.width
    at_edge = bottom < EDGE * info.height or top > (1 - EDGE) * info.height
    return 0.75 * centred + 0.75 * at_edge if centred else 0.0
