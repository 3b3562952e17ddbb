"""Text that stays where it is in all of a film, as a mark does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2
import numpy as np

from .. import detect
from ..geometry import Box
from ..progress import Progress, Tell

LOOKS = 12  # pictures that are looked at
# Of them, that show a line, and more of its row: not all of it is seen before all that passes behind.
OFTEN, AT_TIMES = 0.5, 0.2
SAME = 0.5  # of the smaller of two boxes, that must be the other's, too, and …
TALL = 0.6  # … of the taller one's height
LETTERS = 2  # at least; one alone is read into many a corner of a picture
LARGEST = 0.3  # of the picture's height: no line of a mark is higher
SURE, ALIKE = 0.9, 0.6  # readings that sure are alike, or they are captions that follow each other


@dataclass(frozen=True, slots=True)
class Staying:
    """A line of text that stays. box: around it; words: what was read there."""

    box: Box
    words: str


def staying_texts(pictures: Sequence[np.ndarray], whole: Box, tell: Tell = lambda progress: None) -> Sequence[Staying]:
    """The lines that (h, w, 3) uint8 pictures show at the same place, or the same part of pictures as large as `whole`.
    """
    if not pictures:
        return []
    few = [pictures[n] for n in sorted(set(np.linspace(0, len(pictures) - 1, LOOKS).round().astype(int).tolist()))]
    luma = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in few]
    ocr, scale = detect.Ocr(), detect.scale_for(whole.height, whole.width)
    seen: list[tuple[int, Box]] = []
    for look, picture in enumerate(luma):
        seen += [(look, sighting.box) for sighting in ocr.see(picture, scale)]
        tell(Progress("looking for words that stay", look + 1, len(luma), unit="picture"))
    rows: list[tuple[Box, int]] = []  # each line, and how many looks saw it
    while seen:
        same = [one for one in seen if _same(seen[0][1], one[1])]
        seen = [one for one in seen if one not in same]
        sides = np.array([(box.top, box.left, box.bottom, box.right) for _, box in same])
        top, bottom = np.median(sides[:, (0, 2)], 0).round().astype(int).tolist()
        line = Box(top, int(sides[:, 1].min()), bottom, int(sides[:, 3].max()))
        rows.append((line, len({look for look, _ in same})))
    found = []
    for line, looks in rows:
        if looks < OFTEN * len(luma) or line.height > LARGEST * whole.height:
            continue
        for other, times in rows:
            if times >= AT_TIMES * len(luma) and _beside(line, other):
                line = line | other
        readings = sorted((ocr.read(picture, line) for picture in luma), key=lambda reading: -reading[1])
        words = readings[0][0]
        others = [said for said, score in readings if score >= SURE]
        if sum(sign.isalnum() for sign in words) >= LETTERS and all(_alike(words, said) for said in others):
            found.append(Staying(line, words))
    return [one for number, one in enumerate(found) if not any(_same(one.box, other.box) for other in found[:number])]


def _alike(one: str, other: str) -> bool:
    """True if they are much the same, or most of the shorter one stands in the other: not all may have been read."""
    match = SequenceMatcher(None, one.casefold(), other.casefold())
    return match.ratio() >= ALIKE or match.find_longest_match().size >= ALIKE * min(len(one), len(other))


def _same(one: Box, other: Box) -> bool:
    both = one & other
    return both is not None and both.area >= SAME * min(one.area, other.area) and _as_tall(one, other)


def _beside(one: Box, other: Box) -> bool:
    """True if they lie on one row, no farther apart than they are high."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    apart = max(one.left, other.left) - min(one.right, other.right)
    return _as_tall(one, other) and shared >= TALL * min(one.height, other.height) and apart <= one.height


def _as_tall(one: Box, other: Box) -> bool:
    return min(one.height, other.height) >= TALL * max(one.height, other.height)
