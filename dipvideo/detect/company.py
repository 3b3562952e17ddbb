"""What the captions of a section tell of each other: which words follow them, and what is only seen between them."""

from __future__ import annotations

import cv2
import numpy as np

from ..frame import VideoInfo
from ..geometry import Box
from .events import same_style
from .judge import (
    BY_ITSELF,
    PLACED,
    SAME_PLACE,
    TOGETHER,
    Candidate,
    at_once,
    better,
    go_together,
    groups,
    is_caption,
    lies_over,
    placed,
    sticks_out,
    without_copies,
)
from .timing import End

STYLED, SEVERAL = 3.0, 2  # points for being of the style of several captions, of this many at least
MEETS = 2.0  # points for an end where a caption of the same kind goes or comes
SAME_COLOUR_255 = 40  # luma of lines of one kind differs less
OUTLINED = 0.4  # of a line's height: this far beyond its letters reach its outline and halo
SLIVER = 0.05  # of a line's height: thinner gaps in what is covered are letters, too
MOSTLY_COVERED = 0.9  # of a line's box lies in boxes of others
BEYOND = 0.25  # of a line's height: a colon is as wide
MANY, MOST_OF_THE_TIME = 5, 0.5  # lines of one style and place, and their share of the time: captions run there


def in_company(captions: list[list[Candidate]], doubtful: list[Candidate],
               info: VideoInfo) -> list[list[Candidate]]:
    """All captions of a section, with those of the doubtful that others vouch for, and without what others explain."""
    every = [c for caption in captions for c in caption]
    every = [c for c in every if not any(_a_copy(c, other) for other in every) or sticks_out(c, every)]
    while vouched := _vouched(doubtful, every, info):
        doubtful = [c for c in doubtful if not any(c is other for other in vouched)]
        every = [c for c in every if not any(better(other, c) for other in vouched)] + vouched
    every = _without_a_page(every, info)
    found = list(groups([c for c in every if not (_between(c, every) or _uncovered(c, every, info))]))
    _take_ends([c for caption in found for c in caption], doubtful)
    _share_what_stays(found)
    _leave_to_others(found)
    _begin_early(found)
    return found


def _a_copy(one: Candidate, other: Candidate) -> bool:
    """True if `other` is a better finding of the line that `one` is, though it goes at another time: the dark between
    the letters on a black bar, say, stays when they have gone."""
    return (other.read == one.read and other.points >= one.points and better(other, one)
            and not _reads_on(one, other))


def _reads_on(one: Candidate, other: Candidate) -> bool:
    """True if `one` reads what `other` does and more, beyond one of its ends."""
    more, said = ("".join(c.words.split()) for c in (one, other))
    beyond = max(other.box.left - one.box.left, one.box.right - other.box.right)
    return bool(said) and said in more and len(more) > len(said) and beyond > BEYOND * other.text.height


def _vouched(doubtful: list[Candidate], captions: list[Candidate], info: VideoInfo) -> list[Candidate]:
    """The doubtful that are captions since captions of their kind go where they come, or come where they go, or since
    there are several of their style."""
    copies = [c for c in doubtful if any(better(other, c) for other in captions)]
    doubtful = [c for c in doubtful if not any(c is copy for copy in copies)]
    for c in doubtful:
        c.met = sum(_lacking(c, end, captions) for end in (c.start, c.stop))
        c.met += STYLED * any(_continues(c, other) for other in captions)
        c.met += STYLED * (sum(_same_hand(c, other) for other in captions + copies) >= SEVERAL)
    found = [c for group in groups([c for c in doubtful if c.met]) if is_caption(group, info) for c in group]
    return [c for caption in without_copies(found) for c in caption]


def _continues(one: Candidate, other: Candidate) -> bool:
    """True if `one` is read, `other` stands beside it in its row, and both come or go together: one of them was added
    to what stood there, as words are that are shown when they are said."""
    here, there = one.line.box, other.line.box
    apart = max(here.left, there.left) - min(here.right, there.right)
    height = min(one.line.height, other.line.height)
    ends = abs(one.start.at - other.start.at), abs(one.stop.at - other.stop.at)
    return (other.read and same_style(one, other) and here.rows_shared(there) > SAME_PLACE
            and abs(apart) < height and min(ends) <= TOGETHER and at_once(one, other))


def _lacking(one: Candidate, end: End, captions: list[Candidate]) -> float:
    """Points for an end where a caption of its kind goes or comes, beside its own: words that replace each other look
    alike, as if one had only moved."""
    there = any(_same_kind(one, other) and _meet(one, end, other) for other in captions)
    return MEETS - end.points if there else 0.0


def _same_hand(one: Candidate, other: Candidate) -> bool:
    """True if both are read, of one style, and about one column, or from or to one in rows beside each other."""
    here, there = one.line.box, other.line.box
    height = min(one.line.height, other.line.height)
    rows = max(here.top, there.top) - min(here.bottom, there.bottom)
    about = abs(here.left + here.right - there.left - there.right) / 2 < height
    return other.read and same_style(one, other) and (about or (rows < height and _one_column(one, other)))


def _one_column(one: Candidate, other: Candidate) -> bool:
    here, there = one.line.box, other.line.box
    apart = min(abs(here.left - there.left), abs(here.right - there.right),
                abs(here.left + here.right - there.left - there.right) / 2)
    return apart < min(one.line.height, other.line.height)


def _meet(one: Candidate, end: End, other: Candidate) -> bool:
    """True if `other` goes where `one` comes, or comes where it goes."""
    return abs((other.stop if end is one.start else other.start).at - end.at) <= TOGETHER


def _same_kind(one: Candidate, other: Candidate) -> bool:
    """True if one is read, the other at least seen, and both are of one colour, in one row, from, to or about one
    column."""
    here, there = one.line.box, other.line.box
    return (one.read and (other.read or other.seen) and here.rows_shared(there) > SAME_PLACE
            and _one_column(one, other) and one.line.dark == other.line.dark
            and abs(one.line.colour - other.line.colour) < SAME_COLOUR_255)


def _uncovered(one: Candidate, captions: list[Candidate], info: VideoInfo) -> bool:
    """True if `one` lies where captions do not, does not come and go with one of its style that does, and is seen when
    captions that lie over it are not: it is the picture's."""
    if placed([one], info) or (one.start.open and one.stop.open):
        return False
    if any(same_style(one, other) and go_together(one, other) for other in captions if placed([other], info)):
        return False
    over = [other for other in captions if placed([other], info) and lies_over(other.box, one.box)]
    return all(end.open or any(_meet(one, end, other) for other in over) for end in (one.start, one.stop))


def _without_a_page(captions: list[Candidate], info: VideoInfo) -> list[Candidate]:
    """The captions without the text of a screen or a page that is filmed: most of the time captions of one style lie
    where captions do, and elsewhere lie more lines than these. What looks otherwise is the page's."""
    there = [c for c in captions if c.read and placed([c], info) == 2 * PLACED]
    elsewhere = [c for c in captions if placed([c], info) < 2 * PLACED]
    style = max(([c for c in there if same_style(c, one)] for one in there), default=[],
                key=lambda kin: sum(c.stop.at - c.start.at for c in kin))
    if len(style) < MANY or len(elsewhere) <= len(style):
        return captions
    shown = np.zeros(max(c.stop.at for c in captions), bool)
    for c in style:
        shown[c.start.at:c.stop.at] = True
    if shown[min(c.start.at for c in captions):].mean() < MOST_OF_THE_TIME:
        return captions
    return [c for group in groups(captions) if any(same_style(c, other) for c in group for other in style)
            for c in group]


def _between(one: Candidate, captions: list[Candidate]) -> bool:
    """True if `one` is dark and cannot be read, and captions that are bright and can cover it."""
    if one.read or not one.line.dark:
        return False
    covered = np.zeros((one.box.height, one.box.width), bool)
    for other in captions:
        shared = one.box & other.box
        if other.read and not other.line.dark and shared is not None and at_once(one, other):
            covered[shared.within(one.box)] = True
    return bool(covered.mean() > MOSTLY_COVERED)


def _take_ends(captions: list[Candidate], poorer: list[Candidate]) -> None:
    """Give captions what poorer findings of them, that read more, cover beyond their ends: a question mark, say."""
    for one in captions:
        for other in poorer:
            if go_together(one, other) and _reads_on(other, one) and better(one, other):
                box = one.box | other.box
                beyond = np.ones((2, box.height, box.width), bool)
                beyond[..., one.box.left - box.left:one.box.right - box.left] = False
                covers = np.zeros_like(beyond)
                covers[:, *other.box.within(box)] = other.hole, other.marked
                covers &= beyond
                covers[:, *one.box.within(box)] |= (one.hole, one.marked)
                one.box, (one.hole, one.marked), one.reading = box, covers, other.reading
                one.text = Box(one.text.top, min(one.text.left, other.text.left),
                               one.text.bottom, max(one.text.right, other.text.right))


def _share_what_stays(captions: list[list[Candidate]]) -> None:
    """Give captions that follow each other without a gap what both their neighbours cover: where letters lie on letters
    nothing changes, and it was taken for the picture. So it is in what gaps are left."""
    every = [c for caption in captions for c in caption]
    for one, more in [(one, _covered_beside(one, every)) for one in every]:  # all are known before one is given more
        if more is None:
            continue
        reach = 2 * max(round(SLIVER * one.text.height), 1) + 1
        for cover in (one.hole, one.marked):
            cover |= more
            cover |= cv2.morphologyEx(cover.view(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)) > 0


def _leave_to_others(captions: list[list[Candidate]]) -> None:
    """Leave words that are added to a line to their own findings: what looks like letters beside it may be theirs."""
    every = [c for caption in captions for c in caption]
    for one in every:
        reach = round(OUTLINED * one.own.height)
        left, right = one.own.left - reach, one.own.right + reach
        for other in every:
            if _one_after_another(one, other):
                before = min(other.own.right, left) if other.own.left < left else one.box.left
                after = max(other.own.left, right) if other.own.right > right else one.box.right
                for cover in (one.hole, one.marked):
                    cover[:, :max(before - one.box.left, 0)] = False
                    cover[:, max(after - one.box.left, 0):] = False


def _begin_early(captions: list[list[Candidate]]) -> None:
    """Let captions begin with the frames in which they are still on their way, after those that lie there before."""
    every = [c for caption in captions for c in caption]
    for one in every:
        if one.early:
            before = [c.stop.at for c in every if c is not one and c.box & one.box and c.start.at < one.start.at]
            stands = one.start.at
            one.start.at = min(max([stands - one.early, *before]), stands)
            one.early = stands - one.start.at


def _one_after_another(one: Candidate, other: Candidate) -> bool:
    """True if both lie in one row and go together, and the later one comes by itself."""
    later = max(one, other, key=lambda c: c.start.at)
    return (abs(other.start.at - one.start.at) > TOGETHER and abs(other.stop.at - one.stop.at) <= TOGETHER
            and one.own.rows_shared(other.own) > SAME_PLACE and one.line.dark == other.line.dark
            and later.start.points >= BY_ITSELF)


def _covered_beside(one: Candidate, captions: list[Candidate]) -> np.ndarray | None:
    """(h, w) bool, what captions cover of a caption's box both where it comes and where it goes; None where none meets
    it. Beyond an open end it may be all."""
    met, sides = False, []
    for end in (one.start, one.stop):
        others = [(other, shared) for other in captions if _meet(one, end, other) and (shared := one.box & other.box)]
        met |= bool(others)
        sides.append(np.full(one.hole.shape, end.open and not others))
        for other, shared in others:
            sides[-1][shared.within(one.box)] |= other.hole[shared.within(other.box)]
    return sides[0] & sides[1] if met else None
