"""From a box that the text detector saw to a line that can be followed: its letters, and since when it is there."""

from __future__ import annotations

import cv2
import numpy as np

from ..geometry import Box
from .lines import COLOUR_SPREAD_255, LETTER_MAX_PART, LETTER_MIN_PART, Line
from .lives import TOLERANCE_255
from .timing import Ring

ROOMY = 0.72  # of the box's height are letters: the detector leaves a rim, for capitals and tails, too
ABOVE, ASIDE = 0.12, 0.9  # of its height, that letters may lie outside: boxes are at times a letter short
LARGEST_PART = 9  # letters are smaller than this part of the picture's height: titles are larger, and may be animated
THIN = 0.5  # of the box's height: no stroke is thicker
CONTRAST_255 = 18  # least step between letters and what is around them; for dark letters on grey, say
PROMINENT = 0.6  # of the strongest strokes in the box: the inside of letters, whose edges change with the picture
NEIGHBOURS = (2, 4, 6)  # frames on both sides of a look that must show a letter's pixel alike …
SHOWN = 0.6  # … if they show this part of the letters at all
NEW = 0.6  # of letters' pixels changed when they came; the rest may lie on ground of their own luma
PRESENT = 0.5  # of its contrast: below, the line was not there yet
FILLED = 0.75  # of the box: more is no lettering
SPANS = 0.5  # of the box's width that letters reach over
SEEN_FLAWS = 0.6  # what its strokes alone are worth: next to nothing, the detector's word counts


def line_in(box: Box, index: int, ring: Ring, picture_height: int) -> Line | None:
    """The letters in a box that was seen at frame `index`, bright or dark, whichever stand out more evenly."""
    luma = ring.nearest(index)
    around = [other for kept, other in ring.frames if abs(kept - index) in NEIGHBOURS]
    height = ROOMY * box.height
    if not picture_height / LETTER_MAX_PART >= height >= max(picture_height / LETTER_MIN_PART, 3):
        return None
    above, aside = round(ABOVE * box.height), round(ASIDE * box.height)
    place = Box(max(box.top - above, 0), max(box.left - aside, 0),
                min(box.bottom + above, luma.shape[0]), min(box.right + aside, luma.shape[1]))
    core = Box(box.top - place.top, box.left - place.left, box.bottom - place.top, box.right - place.left)
    crop, others = luma[place.slices], [other[place.slices] for other in around]
    size = max(round(THIN * box.height), 5) | 1
    kernel = np.ones((size, size), np.uint8)
    both = [_letters(crop, others, core, kernel, height, dark) for dark in (False, True)]
    earlier = ring.earliest_of_shot(index)
    came = None if earlier is None else cv2.absdiff(crop, earlier[place.slices]) >= CONTRAST_255
    scores = [_worth(crop, mine, other, core, came) for mine, other in (both, both[::-1])]
    if max(scores) <= 0:
        return None
    dark = scores[1] > scores[0]
    letters = both[dark]
    rows, columns = np.flatnonzero(letters.any(1)), np.flatnonzero(letters.any(0))
    tight = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    usual = _usual_height(letters, height)
    if usual > picture_height / LARGEST_PART:
        return None
    colour = float(np.median(crop[letters]))
    count = max(round(tight.width / height / 0.8), 1)
    return Line(Box(place.top + tight.top, place.left + tight.left, place.top + tight.bottom, place.left + tight.right),
                letters[tight.slices].copy(), count, colour, usual, SEEN_FLAWS, dark, True)


def _usual_height(letters: np.ndarray, most: float) -> float:
    """Of a typical letter, in pixels; `most`: of a tall one."""
    heights = cv2.connectedComponentsWithStats(letters.astype(np.uint8), connectivity=8)[2][1:, cv2.CC_STAT_HEIGHT]
    tall = heights[heights >= 0.4 * most]
    return min(float(np.percentile(tall, 75)), most) if tall.size else most


def lifetime(line: Line, index: int, ring: Ring) -> tuple[int, int]:
    """The last frame before the line was there, as far as the ring reaches, and the last frame in a row that shows it.

    index: a frame that shows it.
    """
    reach = max(round(0.12 * line.height), 1)
    place = line.box.grown(reach, *ring.frames[0][1].shape)
    letters = np.zeros((place.height, place.width), bool)
    letters[line.box.within(place)] = line.letters
    text = cv2.dilate(letters.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
    values = ring.nearest(index)[place.slices][text].astype(np.float32)
    pattern = values - values.mean()
    pattern /= max(float(pattern @ pattern), 1.0)
    shows = {kept: float(luma[place.slices][text] @ pattern) >= PRESENT for kept, luma in ring.frames}
    first = last = index
    while shows.get(first - 1, False):
        first -= 1
    while shows.get(last + 1, False):
        last += 1
    return first - 1, last


def _letters(crop: np.ndarray, others: list[np.ndarray], core: Box, kernel: np.ndarray, height: float,
             dark: bool) -> np.ndarray:
    """(h, w) bool, the bright or the dark letters; empty where there are none."""
    strokes = cv2.morphologyEx(crop, cv2.MORPH_BLACKHAT if dark else cv2.MORPH_TOPHAT, kernel)
    strongest = float(np.percentile(strokes[core.slices], 95))
    if strongest < CONTRAST_255:
        return np.zeros(crop.shape, bool)
    chosen = strokes >= max(PROMINENT * strongest, CONTRAST_255)
    for other in others:
        held = cv2.absdiff(crop, other) <= TOLERANCE_255
        if (chosen & held)[core.slices].sum() >= SHOWN * chosen[core.slices].sum():
            chosen &= held
    return _of_line(chosen, core, height)


def _worth(crop: np.ndarray, letters: np.ndarray, others: np.ndarray, core: Box, came: np.ndarray | None) -> float:
    """How much `letters` look like a line, rather than `others` of the opposite shade; 0 where they are none.

    Letters are enclosed by their outline, an outline by its letters on one side only; and they are of one colour, the
    picture in the gaps between them is not. came: (h, w) bool, what has changed since the shot began, as far as that is
    known: letters have, unless they were there from the first, and the picture between them may have been there before.
    """
    inside = letters[core.slices]
    columns = np.flatnonzero(inside.any(0))
    if not len(columns) or inside.mean() > FILLED or columns[-1] - columns[0] + 1 < SPANS * core.width:
        return 0.0
    around = cv2.dilate(letters.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    ring = around & ~letters
    enclosed = float(others[ring].mean()) if ring.any() else 0.0
    contrast = abs(float(np.median(crop[letters])) - float(np.median(crop[ring])))
    spread = float(np.median(np.abs(crop[letters] - np.median(crop[letters]))))
    new = 1.0 if came is None else 0.5 + min(float(came[letters].mean()) / NEW, 1.0)
    return contrast * (0.5 + enclosed) * new / (1 + spread / COLOUR_SPREAD_255) * float(inside.any(0).mean()) ** 0.5


def _of_line(chosen: np.ndarray, core: Box, height: float) -> np.ndarray:
    """The components that could be letters of the line in `core`: neither larger than it, nor beside it."""
    _, labels, stats, centres = cv2.connectedComponentsWithStats(chosen.astype(np.uint8), connectivity=8)
    tall, wide = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    level = (centres[:, 1] >= core.top) & (centres[:, 1] < core.bottom)
    fits = level & (tall <= 1.25 * core.height) & (stats[:, cv2.CC_STAT_AREA] >= 3)
    fits[0] = False
    within = (centres[:, 0] >= core.left) & (centres[:, 0] < core.right)
    letters = fits & within
    if not letters.any():
        return np.zeros_like(chosen)
    # beyond the box only what looks like a letter of this line and is as near as the next letter
    usual = float(np.percentile(tall[letters], 75))
    left, right = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_LEFT] + wide
    for _step in range(2):
        near = (left <= right[letters].max() + 0.6 * height) & (right >= left[letters].min() - 0.6 * height)
        letters |= fits & near & (tall >= 0.6 * usual) & (tall <= 1.4 * usual) & (wide <= 2 * usual)
    return letters[labels]
