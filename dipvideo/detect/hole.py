"""The exact hole of a caption: its letters, and around them outline, shadow and compression halo as far as they reach.

How far that is nobody says, so it is measured: around the letters, direction by direction and pixel by pixel, the
picture is compared with the picture farther away. Where text covers it, it changes when the caption comes and goes, it
stands still while the rest moves, or it is darker than the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..geometry import Box
from .backing import backing_box, even_ground
from .shadow import FARTHEST, MOVING_255, STILL_255, soft_reach

SECTORS = 8  # directions that are measured apart: a shadow falls to one side
REACH = 0.38  # of a letter's height: no outline or shadow reaches farther
CHANGE_255 = 7.0  # luma step at a caption's coming and going that says "covered"
SHADE_255 = 12.0  # luma step against farther away
STILLNESS = 0.6  # of the deviation over time farther away
STANDS, STRAY = 0.25, 0.5  # of the deviation over time around it; of a letter's height beyond what was found
CHANGES = 4.0  # times the change around it
BESIDE = 0.02  # of a window must lie beside the text to say what the picture does there
PROMINENT = 0.5  # of the letters' usual contrast: the inside of a letter
CALM_255 = 8.0  # deviation over time of a letter: compression, grain
THIN = 0.55  # of the deviation around it, for a letter so thin that the picture shows through
COLOUR_255 = 45  # letters of one line differ less in luma
SOFT = 1.0  # pixels of an edge beyond what is fully covered
EDGE = 1  # pixels of the soft edge of ground of one colour
FOUND = 0.9  # of a row's columns lie within a letter's height of letters: of twenty clips' lines .97, or .8 and less
FAINT = 0.3  # of the letters' usual contrast: the softest edge of a letter
CHANGED_255 = 20.0  # luma step that is text coming and going there
HALO_LEAST, HALO_PART = 2.0, 300  # pixels of halo: what compression smears; 1/300 of the picture's height


@dataclass(frozen=True, slots=True)
class Cover:
    """What one line covers.

    marked: (h, w) bool, letters, outline, hard shadow and box; hole: (h, w) bool, the same with a soft shadow and the
    halo around it, `halo` pixels; text: the box of the line's letters; pad: how far a box behind them reaches beyond
    that, None where there is none; reach, shadow: how far all but the halo reaches beyond letters, and how far a soft
    shadow does, 0 where none is seen.
    """

    hole: np.ndarray
    marked: np.ndarray
    text: Box
    pad: int | None
    halo: int
    reach: float
    shadow: int


def make_hole(mean: np.ndarray, deviation: np.ndarray, before: np.ndarray | None, after: np.ndarray | None,
              letters: np.ndarray, height: float, picture_height: int, kernel: np.ndarray,
              row: tuple[slice, slice] | None = None) -> Cover:
    """The hole of one line.

    mean, deviation: (h, w) of luma while the line is there; before, after: luma just outside, None where another shot
    is there; letters: (h, w) bool, what is known of the letters; height: of a letter; kernel: `stroke_kernel`; row:
    where the text detector saw the line, None where it did not.
    """
    changes = [np.abs(mean - other) for other in (before, after) if other is not None]
    known = _alike(letters, mean, deviation)
    letters = all_letters(mean, deviation, changes, known, height, kernel)
    text = letters | _came_and_went(changes, deviation, letters, height)
    farthest = max(round(REACH * height), 3)
    distance, sector = _nearest(text)
    halo = max(HALO_LEAST, picture_height / HALO_PART)
    signs, whole = np.stack((mean, deviation, *changes)), np.rint(distance).astype(int)
    reaches = _reaches(signs, whole, sector, farthest)
    edge = float(np.median(reaches))
    shadow = _soft(signs, whole, sector, height, round(edge))
    shadow *= shadow > edge + SOFT
    marked = text | (distance <= reaches[sector] + SOFT)
    hole = text | (distance <= np.maximum(reaches[sector], shadow) + halo + SOFT)
    own = _own_row(letters, known)
    ours = np.where(cv2.distanceTransform((~own).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) > distance + SOFT,
                    np.nan, distance)
    lost = _lost_row(letters, height, row)
    strays = _strays(marked, hole, deviation, changes, height, lost)
    if strays.any():
        marked |= strays
        hole |= cv2.distanceTransform((~strays).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) <= halo + SOFT
    rows, columns = np.flatnonzero(own.any(1)), np.flatnonzero((own | lost).any(0))
    around = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    pad = None
    box = backing_box([mean, *(mean - other for other in (before, after) if other is not None)], around, ours)
    if box is not None:
        marked[box.slices] = True
        hole[box.grown(round(halo), *hole.shape).slices] = True
        pad = max(around.top - box.top, box.bottom - around.bottom)
    elif (ground := even_ground(mean, deviation, changes, around, ours, height)) is not None:
        for cover, more in ((marked, EDGE), (hole, EDGE + round(halo))):
            cover |= cv2.dilate(ground.view(np.uint8), np.ones((2 * more + 1,) * 2, np.uint8)) > 0
    return Cover(hole, marked, around, pad, round(halo), max(edge, shadow), shadow)


def all_letters(mean: np.ndarray, deviation: np.ndarray, changes: list[np.ndarray], letters: np.ndarray,
                height: float, kernel: np.ndarray) -> np.ndarray:
    """`letters` with their soft edges, and with dots, commas, hyphens and stray letters of the same line."""
    luma = np.rint(mean).clip(0, 255).astype(np.uint8)
    strokes = cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, kernel)
    usual = float(np.percentile(strokes[letters], 70))
    # a stroke thinner than a pixel is mixed with its outline, one that fills pixels is as bright as letters get
    colour, purest = np.percentile(mean[letters], (70, 95))
    calm = _calm(deviation, letters)
    # A thin letter lets some of a restless picture through: it changes, but much less than what is around it.
    wide = (2 * round(height) + 1,) * 2
    stands = deviation <= np.maximum(calm, THIN * cv2.blur(deviation.astype(np.float32), wide))
    core = strokes >= PROMINENT * usual
    core &= (mean > colour - COLOUR_255) & (mean < purest + COLOUR_255) & stands
    if changes:
        core = _mostly(core, np.maximum.reduce(changes) > CHANGED_255)
    kept = letters.copy()
    while True:  # from letter to letter along the line
        near = _near(kept, height)
        grown = kept | (core & near)
        if (grown == kept).all():
            break
        kept = grown
    soft = strokes >= max(FAINT * usual, 10)
    kept |= soft & (cv2.dilate(kept.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if changes:
        # what was there before and stays on is the picture's own, even where it touches a letter
        kept &= (np.maximum.reduce(changes) > CHANGE_255) | letters
    return kept


def _alike(letters: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """`letters` without parts of another colour that do not stand still either: the picture's, beside the line."""
    found, labels = cv2.connectedComponents(letters.astype(np.uint8), connectivity=8)
    colour, calm = float(np.median(mean[letters])), _calm(deviation, letters)
    kept = letters.copy()
    for part in range(1, found):
        pixels = labels == part
        if abs(np.median(mean[pixels]) - colour) >= COLOUR_255 and np.median(deviation[pixels]) > calm:
            kept[pixels] = False
    return kept


def _own_row(letters: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`letters` without those of the next line, which growing from the `known` ones has reached, too."""
    rows = np.flatnonzero(known.any(1))
    own = np.zeros_like(letters)
    own[max(rows[0] - 1, 0):rows[-1] + 2] = letters[max(rows[0] - 1, 0):rows[-1] + 2]
    return own


def _calm(deviation: np.ndarray, letters: np.ndarray) -> float:
    """How much a letter of this line may change over time."""
    return max(float(np.median(deviation[letters])) * 2, CALM_255)


def _came_and_went(changes: list[np.ndarray], deviation: np.ndarray, letters: np.ndarray,
                   height: float) -> np.ndarray:
    """(h, w) bool: what stands still beside the letters where a picture that does so too changed with them. That is
    text, even white on white.
    """
    if not changes:
        return np.zeros_like(letters)
    least = np.minimum.reduce(changes)
    beyond = least[~_near(letters, height)]
    if not beyond.size or np.percentile(beyond, 85) > STILL_255:
        return np.zeros_like(letters)
    reach = 2 * round(0.4 * height) + 1
    near = cv2.dilate(letters.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    return (least > CHANGED_255) & (deviation <= _calm(deviation, letters)) & near


def _lost_row(letters: np.ndarray, height: float, row: tuple[slice, slice] | None) -> np.ndarray:
    """(h, w) bool: the row that the text detector saw, if words of it were not found: all False if they were."""
    lost = np.zeros_like(letters)
    if row is not None:
        found = np.convolve(letters[row].any(0), np.ones(2 * round(height) + 1), "same") > 0
        lost[row] = found.mean() < FOUND
    return lost


def _strays(marked: np.ndarray, hole: np.ndarray, deviation: np.ndarray, changes: list[np.ndarray], height: float,
            lost: np.ndarray) -> np.ndarray:
    """(h, w) bool: what stands still with the text where the picture moves, or came and went with it where the picture
    did not change, and hangs together with it: dots over joined-up letters, say; and whatever does so where words are
    `lost`, (h, w) bool, as those not yet sung.
    """
    side, known = 2 * round(height) + 1, (~(hole | lost)).astype(np.float32)
    least = np.minimum.reduce(changes) if changes else np.zeros_like(deviation)
    sums, means = cv2.merge((known, deviation * known, least * known)), []
    for corner in ((x, y) for x in (0, side - 1) for y in (0, side - 1)):
        share, *totals = cv2.split(cv2.blur(sums, (side, side), anchor=corner))
        means.append([np.where(share > BESIDE, total / np.maximum(share, BESIDE), np.nan) for total in totals])
    # what the picture does beside the text in each of the four windows that have a corner here, NaN where none is seen
    moving, changing = np.moveaxis(np.array(means), 1, 0)
    # on all sides: beside what passes by, what it does not pass stands still, too
    moving = np.fmin.reduce(moving)
    # where a word is lost, one side that did not change is enough
    changing = np.where(lost, np.fmin.reduce(changing), np.fmax.reduce(changing))
    strays = (deviation < STANDS * moving) & (moving > MOVING_255)
    strays |= least > np.maximum(CHANGES * changing, CHANGED_255)
    reach = (2 * max(round(STRAY * height), 3) + 1,) * 2
    near = cv2.dilate(marked.view(np.uint8), np.ones(reach, np.uint8)) > 0
    strays &= near | lost
    found, labels = cv2.connectedComponents((strays | marked).view(np.uint8), connectivity=8)
    ours = np.zeros(found, bool)
    ours[labels[marked]] = ours[labels[strays & lost]] = True
    strays = ours[labels] & ~marked
    outlines, _ = cv2.findContours(strays.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(strays.astype(np.uint8), outlines, -1, 1, cv2.FILLED) > 0


def _mostly(pixels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Those connected parts of `pixels` of which a good part is chosen: some of a letter lies on its own colour."""
    found, labels = cv2.connectedComponents(pixels.astype(np.uint8), connectivity=8)
    share = np.bincount(labels[chosen], minlength=found) / np.bincount(labels.ravel(), minlength=found)
    share[0] = 0
    return (share > 0.25)[labels]


def _near(letters: np.ndarray, height: float) -> np.ndarray:
    """(h, w) bool, where more letters of the same line may lie."""
    rows, columns = np.flatnonzero(letters.any(1)), np.flatnonzero(letters.any(0))
    above, aside = round(0.45 * height), round(2.2 * height)
    near = np.zeros_like(letters)
    near[max(rows[0] - above, 0):rows[-1] + above + 1, max(columns[0] - aside, 0):columns[-1] + aside + 1] = True
    return near


def _nearest(letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's distance from the nearest letter, and the direction it lies in, 0 … SECTORS − 1."""
    distance, labels = cv2.distanceTransformWithLabels((~letters).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5,
                                                       labelType=cv2.DIST_LABEL_PIXEL)
    rows, columns = np.nonzero(letters)
    place = np.zeros((labels.max() + 1, 2), np.int32)
    place[labels[rows, columns]] = np.stack((rows, columns), 1)
    y, x = np.indices(letters.shape)
    nearest = place[labels]
    angle = np.arctan2(y - nearest[..., 0], x - nearest[..., 1])
    return distance, np.rint(angle * SECTORS / (2 * np.pi)).astype(int) % SECTORS


def _reaches(signs: np.ndarray, distance: np.ndarray, sector: np.ndarray, farthest: int) -> np.ndarray:
    """(SECTORS,) how many pixels away from the letters the text still covers the picture, as its edges say.

    signs: (2 or more, h, w) luma, deviation over time, changes; distance, sector: (h, w) whole, as of `_nearest`.
    """
    near, beyond = _straight_on(distance, sector, farthest)
    here, there, distance, sector = signs[:, *near], signs[:, *beyond], distance[near], sector[near]
    reaches = np.array([_reach(here[:, sector == direction], there[:, sector == direction],
                               distance[sector == direction], farthest) for direction in range(SECTORS)])
    # where no end is seen the picture itself differs there; text is seen to end
    seen = reaches[reaches < farthest]
    usual = np.median(seen) if seen.size else farthest // 2
    # an outline is as wide all around, a shadow adds to one side: where less was seen, another line was in the way
    return np.where(reaches < farthest, np.maximum(reaches, usual), usual)


def _soft(signs: np.ndarray, distance: np.ndarray, sector: np.ndarray, height: float, edge: int) -> int:
    """How far beyond `edge` a shadow that fades out can be seen, above and below letters: beside them lie others."""
    farthest = round(FARTHEST * height)
    near, beyond = _straight_on(distance, sector, farthest)
    aside = near[0] == beyond[0]
    near, beyond = (tuple(axis[~aside] for axis in place) for place in (near, beyond))
    return soft_reach(signs[:, *near], signs[:, *beyond], distance[near], beyond[0] < near[0], edge, farthest)


def _straight_on(distance: np.ndarray, sector: np.ndarray,
                 farthest: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Rows and columns of pixels at most `farthest` from the letters, and of the picture straight on from each: what
    lies elsewhere along the line may be another thing."""
    ys, xs = np.nonzero((distance > 0) & (distance <= farthest))
    angle = sector[ys, xs] * (2 * np.pi / SECTORS)
    beyond = (np.rint(ys + (farthest + 2) * np.sin(angle)).astype(int),
              np.rint(xs + (farthest + 2) * np.cos(angle)).astype(int))
    inside = (beyond[0] >= 0) & (beyond[0] < distance.shape[0]) & (beyond[1] >= 0) & (beyond[1] < distance.shape[1])
    inside[inside] = distance[beyond[0][inside], beyond[1][inside]] > farthest
    return (ys[inside], xs[inside]), (beyond[0][inside], beyond[1][inside])


def _reach(here: np.ndarray, there: np.ndarray, distance: np.ndarray, farthest: int) -> int:
    """The same in one direction, `farthest` where no end is seen. here, there: (2 or more, n) luma, deviation and
    changes of pixels near the letters, and of the picture straight on from each.
    """
    for step in range(1, farthest + 1):
        at = distance == step
        if at.sum() < 8:
            return farthest
        shade, _, *changes = np.median(here[:, at] - there[:, at], axis=1)
        deviation, far_deviation = np.median(here[1, at]), np.median(there[1, at])
        covered = (any(change > CHANGE_255 for change in changes) or abs(shade) > SHADE_255
                   or (far_deviation > MOVING_255 and deviation < STILLNESS * far_deviation))
        if not covered:
            return step - 1
    return farthest
