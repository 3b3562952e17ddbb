"""Caption or picture? Weighs how lines of text look, came, stayed and went.

No single sign is safe: signboards look like text, a caption may come with a cut and go with the next, and on a static
background everything stands still. So each sign gives points, and lines that come and go together share theirs. Where
a text detector looked, too, what it read counts as much as good looks, and that it saw nothing counts against.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import numpy as np

from ..frame import Event, VideoInfo
from ..geometry import Box
from .added import Added
from .lines import Line
from .ocr import says_something
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
READ, SEEN, UNSEEN = 2.5, 1.0, -1.5  # what the text detector's word is worth, instead of a line's looks or beside them
DARK = -0.5  # dark letters are more often the picture's than bright ones, less often than dim ones
SEEN_MOSTLY = 0.5  # of the looks show a line that is worth that
STEADY = 0.06  # of lines that are mostly judged by that word: captions keep under it, animated titles do not
CAME_AND_WENT = 2.0  # points for that; what is less counts twice for what only the text detector found: signs are read
BOTH = 3.0  # … and cannot read: a row of posts from which someone stepped aside came, but did not go
PLACED = 0.75  # for lying in the middle, and for that near the top or bottom, too: there captions lie
WITH_PICTURE = -1.0  # for lines elsewhere most of which come and go with the picture: a filmed page is read, too
BLIND = -2.5  # for lines that it mostly did not see when it looked, and cannot read: of 120 captions none is so
UNFINISHED = -1.0  # for lines elsewhere that nobody saw come and go
LOOKS_MANY = 2  # looks of the text detector after which it should have seen a line
SHORTEST = 5  # frames; a flash of less is not read by anyone
LONGEST_SECONDS = 15.0  # what stays longer is a logo or a banner; twice what two full lines are given
CORNER = 1 / 3  # of the picture's width and height, in which logos lie
CLEARLY = 2.0  # points between two findings of one line, of which the other has strayed
WHOLE = 1.3  # times as wide: the other is a part
BY_ITSELF = 1.0  # points of an end at which a line came or went while its surroundings stayed
SAME_PLACE, SAME_TIME = 0.5, 0.5  # of the smaller, of the shorter of two findings of one line


@dataclass(slots=True)
class Candidate:
    """A line that has gone, with what speaks for it.

    born: when its pixels came to rest; born_alike: share of its surroundings that did so, too; cuts_inside: cuts that
    it outlasted; unsteady: standard deviation of its contrast between its fades; full: share of its frames that show it
    in full; stands_out: its surroundings move while it does not; asked, seen: how often the text detector looked while
    it was there, and saw it; reading: what it says, and how surely, 0 … 1, as soon as it is read.
    added: which of its words came later, in columns of its track's box, then of the picture; early: how many frames
    before the first show letters that may be its own, on their way, then how many of its first ones do.
    met: points for ends at which a caption of its own kind goes or comes, more than these ends have by themselves.
    Set if it is not impossible, in the picture: hole, box: what it covers; marked: that without its halo, `halo` pixels
    wide; text: around its letters, and what else looks like them beside the line; own: around its letters alone; pad:
    how far a box behind them reaches beyond, None where there is none; reach, shadow: how far what is marked reaches
    beyond letters, and a soft shadow around them, 0 where none is seen.
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
    asked: int = 0
    seen: int = 0
    reading: Future[tuple[str, float]] | None = None
    met: float = 0.0
    added: tuple[Added, ...] = ()
    early: int = 0
    box: Box = field(init=False)
    hole: np.ndarray = field(init=False)
    marked: np.ndarray = field(init=False)
    halo: int = field(init=False)
    text: Box = field(init=False)
    own: Box = field(init=False)
    reach: float = field(init=False)
    shadow: int = field(init=False)
    pad: int | None = None

    @property
    def words(self) -> str:
        """What the text detector made of it; empty where it did not look, or made no sense of it."""
        words, sure = self.reading.result() if self.reading else ("", 0.0)
        return words if says_something(words, sure) else ""

    @property
    def read(self) -> bool:
        """True if the text detector made sense of it."""
        return bool(self.words)

    @property
    def unheard(self) -> bool:
        """True if the text detector makes no sense of it, and mostly saw nothing when it looked, or never looked."""
        blind = self.seen < SEEN_MOSTLY * self.asked if self.asked else self.reading is not None
        return blind and not self.read

    @property
    def wordless(self) -> bool:
        """True if the text detector, where it read at all, neither saw nor read it, and it does not look like text."""
        return self.reading is not None and not (self.seen or self.read) and self._looks < 0

    @property
    def impossible(self) -> bool:
        """True if it is part of the picture, whatever it looks like."""
        return (max(self.start.moved, self.stop.moved) > MOVED or self.unsteady > UNSTEADY
                or self.full < SHOWN_IN_FULL or self.stop.at - self.start.at < SHORTEST)

    @property
    def with_picture(self) -> bool:
        """True if the picture changed around it both when it came and when it went, by a cut or by a dissolve."""
        both = all(end.at_cut or end.around >= ALONE for end in (self.start, self.stop))
        return both and not (self.cuts_inside or self.stands_out or self.start.open or self.stop.open)

    @property
    def came_and_went(self) -> float:
        """Points for how it came, stayed and went."""
        stays = 1.0 if self.stands_out and self.born_alike < ALONE else 0.0
        return stays + (2.0 if self.cuts_inside else 0.0) + self.start.points + self.stop.points + self.met

    @property
    def points(self) -> float:
        line = self.line
        own = looks = self._looks
        # animated lettering is read, too, and the picture between letters while a caption covers it
        if self.unsteady < STEADY and self.seen >= SEEN_MOSTLY * self.asked:
            looks = max(own, READ if self.read else SEEN if self.seen else own)
        lent = line.seeded or (looks > own and not self.read)
        if not (self.seen or self.read):  # one look may miss a line that looks like text
            looks += UNSEEN * (self.asked >= LOOKS_MANY if own >= 0 else min(self.asked / LOOKS_MANY, 1))
        looks += DARK if line.dark else float(np.interp(line.colour, (DIM_255, BRIGHT_255), (-1, 1)))
        # what rested before it came may be the picture, seen to change because a caption came over it
        older = -2.0 if self.start.at > self.born + TOGETHER else 0.0
        wanting = max((CAME_AND_WENT if self.read else BOTH) - self.came_and_went, 0.0) if lent else 0.0
        return looks + older + self.came_and_went - wanting

    @property
    def _looks(self) -> float:
        """Points for looking like text."""
        return min(max(8 * (0.55 - self.line.flaws), -1.0), 2.5)


def captions(candidates: list[Candidate], info: VideoInfo) -> tuple[list[list[Candidate]], list[Candidate]]:
    """The candidates that are captions, those of one caption together; and what else can be read: what lacks points or
    is a poorer finding."""
    logos = what_stays(candidates, info)
    possible = [c for c in candidates
                if not (c.impossible or c.wordless or _stays(c, info) or any(_again(c, logo) for logo in logos))]
    found = []
    for group in groups(possible):
        if is_caption(group, info):
            found += [c for c in group if c.points >= (ENOUGH if c.unheard else COMPANION)]
    kept = without_copies(found)
    best = {id(c) for caption in kept for c in caption}
    return kept, [c for c in possible if c.read and id(c) not in best]


def what_stays(candidates: list[Candidate], info: VideoInfo) -> list[Candidate]:
    """Those that can be read, and stay as only a logo or a banner does."""
    return [c for c in candidates if c.read and _stays(c, info)]


def without_copies(found: list[Candidate]) -> list[list[Candidate]]:
    """Of several findings of one line the best, and those of its parts that stick out of these; those of one caption
    together."""
    best, rest = [], found
    while rest:  # what is beaten by what goes itself may be the best finding of another line
        unbeaten = [c for c in rest if not any(better(other, c) for other in rest)] or rest[:1]
        best += unbeaten
        rest = [c for c in rest if not any(c is one or better(one, c) for one in unbeaten)]
    for c in sorted(found, key=lambda c: -c.line.box.width):
        if not any(c is one for one in best) and sticks_out(c, best):
            best.append(c)
    return list(groups([c for c in found if any(c is one for one in best)]))


def sticks_out(one: Candidate, others: list[Candidate]) -> bool:
    """True if `one` is read and seen to come before all `others` that lie over it, to go after them, or to come after
    them: words that are shown when they are said stand there before the line is whole, and what comes late is known
    best by its own finding."""
    over = [other for other in others if other is not one and at_once(one, other)
            and lies_over(other.line.box, one.line.box)]
    if not any(other.line.box.width > WHOLE * one.line.box.width for other in over):
        return False
    before = min(other.start.at for other in over) - one.start.at > TOGETHER and one.start.points >= BY_ITSELF
    after = one.stop.at - max(other.stop.at for other in over) > TOGETHER and one.stop.points >= BY_ITSELF
    later = one.start.at - max(other.start.at for other in over) > TOGETHER and one.start.points >= BY_ITSELF
    return one.read and (before or after or later)


def is_caption(group: list[Candidate], info: VideoInfo) -> bool:
    """True if lines that came and went together have points enough."""
    # what the text detector is blind to does not profit from what it saw beside it
    heard = [c for c in group if not c.unheard] or group
    where = max(placed(lines, info) for lines in (heard, *([c] for c in heard)))
    paged = where < 2 * PLACED and sum(c.with_picture for c in group) > len(group) / 2
    unfinished = not where and all(c.came_and_went < CAME_AND_WENT for c in group)
    points = max(c.points + BLIND * c.unheard for c in group)
    return points + where + WITH_PICTURE * paged + UNFINISHED * unfinished >= ENOUGH


def groups(candidates: list[Candidate]) -> Iterator[list[Candidate]]:
    """The candidates, those that could be of one caption together."""
    while candidates:
        group = candidates[:1]
        candidates = candidates[1:]
        for member in group:  # grows while it is walked
            together = [c for c in candidates if _companions(member, c)]
            group += together
            candidates = [c for c in candidates if not any(c is t for t in together)]
        yield group


def go_together(one: Candidate, other: Candidate) -> bool:
    """True if both come and go together."""
    return abs(one.start.at - other.start.at) <= TOGETHER and abs(one.stop.at - other.stop.at) <= TOGETHER


def _companions(one: Candidate, other: Candidate) -> bool:
    """True if both could be lines, or parts of a line, of one caption."""
    reach = NEAR * max(one.line.height, other.line.height) * one.box.height / max(one.line.box.height, 1)
    apart = max(one.box.top, other.box.top) - min(one.box.bottom, other.box.bottom)
    return (go_together(one, other) and apart < reach
            and ((one.read and other.read) or abs(one.line.colour - other.line.colour) < COMPANION_COLOUR_255))


def _stays(candidate: Candidate, info: VideoInfo) -> bool:
    """True for a logo or a banner: it stays longer than any caption, or through all that is seen, in a corner."""
    if candidate.stop.at - candidate.start.at > LONGEST_SECONDS * info.rate:
        return True
    box = candidate.box
    aside = box.right < CORNER * info.width or box.left > (1 - CORNER) * info.width
    at_edge = box.bottom < CORNER * info.height or box.top > (1 - CORNER) * info.height
    return candidate.start.open and candidate.stop.open and aside and at_edge


def _again(one: Candidate, logo: Candidate) -> bool:
    """True if `one` is what stays, `logo`, found again: it says the same, or nothing."""
    alike = not one.read or letters(one.words) == letters(logo.words)
    return alike and at_once(one, logo) and _share_place(one, logo)


def letters(words: str) -> str:
    """What is to be compared of what was read: spaces and capitals are read now so, now so."""
    return "".join(words.split()).casefold()


def at_once(one: Candidate, other: Candidate) -> bool:
    time = min(one.stop.at, other.stop.at) - max(one.start.at, other.start.at)
    return time >= SAME_TIME * min(one.stop.at - one.start.at, other.stop.at - other.start.at)


def _share_place(one: Candidate, other: Candidate) -> bool:
    here, there = one.line.box, other.line.box
    shared = here & there
    return shared is not None and shared.area >= SAME_PLACE * min(here.area, there.area)


def lies_over(one: Box, other: Box) -> bool:
    """True if half of `other` or more lies in `one`."""
    shared = one & other
    return shared is not None and shared.area >= SAME_PLACE * other.area


def better(one: Candidate, other: Candidate) -> bool:
    """True if `one` is a better finding of the line that `other` is, too, or is a part of."""
    here, there = one.line.box, other.line.box
    if one is other or not (_share_place(one, other) and at_once(one, other)):
        return False
    if one.read != other.read:
        return one.read
    if abs(one.points - other.points) > CLEARLY:
        return one.points > other.points
    longer = here.width / there.width
    if not 1 / WHOLE < longer < WHOLE:
        return longer > 1
    if one.line.seeded != other.line.seeded:  # strokes that came to rest together make the cleaner letters
        return other.line.seeded
    return (one.points, longer, id(one)) > (other.points, 1 / longer, id(other))


def placed(lines: Iterable[Candidate | Event], info: VideoInfo) -> float:
    """Points for lying where captions lie."""
    box = reduce(or_, (line.box for line in lines))
    centred = abs((box.left + box.right) / 2 - info.width / 2) < CENTRED * info.width
    at_edge = box.bottom < EDGE * info.height or box.top > (1 - EDGE) * info.height
    return PLACED * centred + PLACED * at_edge if centred else 0.0
