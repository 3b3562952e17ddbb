"""The box behind a caption: straight edges around the text that stay while it stays, or ground of one even colour."""

from __future__ import annotations

import cv2
import numpy as np

from ..geometry import Box

STEP_255 = 4.0  # luma step across an edge, where it counts
STRAIGHT = 0.8  # of an edge's length shows that step
SIDES = 3  # that must be found; of two lines' boxes that meet, one side is hidden
WORTH = 6.0  # median luma step of a side
UNEVEN = 2.5  # times as far from the text on one side as on another, at most
BEYOND = 1.0  # pixels beyond what an outline as wide as the box is padded would cover: there the box must be seen, too
# Ground of one colour: steady to STEADY_255 (compression), and within WIDER times what ALL of it keeps to, EVEN_255 at
# least and at most: a black box over a night scene is a few levels darker. Where a caption lies on such ground ALL of
# what is NEAREST … NEAR pixels from its letters is: before black boxes in three clips .91 and more, of other lines in
# twenty .65 at most. Nearer lies what compression smears.
EVEN_255, WIDER, STEADY_255, ALL, NEAREST, NEAR = (2.5, 6.0), 2.5, 4.0, 0.85, 2.5, 4.5
CAME_255, CAME = 4.0, 0.3  # luma step at the caption's coming or going, and the share of its ground that takes it
BORDER = 0.5  # of both ends of what is looked at: ground that goes on there is the picture's own


def backing_box(pictures: list[np.ndarray], text: Box, distance: np.ndarray) -> Box | None:
    """The box behind the text, or None.

    pictures: (h, w) float32 each, where a box would show as an area of other luma: the mean over the time the caption
    is there, and what its coming and going changed. text: around the letters, in the same coordinates; distance:
    (h, w), from the nearest letter.
    """
    found = [(*sides, sign) for picture in pictures for sign in (1, -1)
             if (sides := _look(sign * picture, text)) is not None]
    if not found:
        return None
    _, box, sign = max(found, key=lambda sides: sides[0])
    inside = np.zeros(distance.shape, bool)
    inside[box.slices] = True
    ring = np.zeros(distance.shape, bool)
    ring[box.grown(6, *distance.shape).slices] = True
    ring &= ~inside
    # an outline has edges, too, but nothing beyond them in the gaps between letters
    inside &= distance > BEYOND + max(text.top - box.top, box.bottom - text.bottom)
    if inside.sum() < 20 or ring.sum() < 20:
        return None
    darker = [sign * (np.median(picture[ring]) - np.median(picture[inside])) for picture in pictures]
    return box if np.median(darker) > STEP_255 else None


def even_ground(mean: np.ndarray, deviation: np.ndarray, changes: list[np.ndarray], text: Box, distance: np.ndarray,
                height: float) -> np.ndarray | None:
    """(h, w) bool: the ground of one even colour that came with the text, up to a letter's height above and below; or
    None.

    The edges of a black box before a dark coat, or of boxes that lie on each other, are not seen all around; but a box
    is black all over, and nothing moves in it. mean, deviation: (h, w) luma over the time the caption is there;
    changes: (h, w) luma steps at its coming and going, as far as known; text, distance: as for `backing_box`.
    """
    beside = (distance >= NEAREST) & (distance <= NEAR)
    if beside.sum() < 20:
        return None
    off = np.abs(mean - np.median(mean[beside]))
    even = (off <= np.clip(WIDER * np.quantile(off[beside], ALL), *EVEN_255)) & (deviation <= STEADY_255)
    if even[beside].mean() < ALL:
        return None
    above = text.grown(round(height), *mean.shape)
    window = Box(above.top, 0, above.bottom, mean.shape[1])  # a short line's box may be as wide as a long one's
    letters = distance[window.slices] < NEAREST
    ground = (even[window.slices] | letters).view(np.uint8)
    _, labels = cv2.connectedComponents(cv2.morphologyEx(ground, cv2.MORPH_OPEN, np.ones((3, 3))), connectivity=4)
    there = np.bincount(labels[letters], minlength=labels.max() + 1) > 0
    there[0] = False
    found = there[labels]
    if min(found[:, 0].mean(), found[:, -1].mean()) > BORDER:
        return None
    if changes and max((change[window.slices][found & ~letters] > CAME_255).mean() for change in changes) < CAME:
        return None
    box = np.zeros(mean.shape, bool)
    box[window.slices] = found
    return box


def _look(picture: np.ndarray, text: Box) -> tuple[float, Box] | None:
    """A box that is darker than its surroundings: (summed steps of its sides, box)."""
    columns, rows = slice(text.left, text.right), slice(text.top, text.bottom)
    sides = [_side(picture[:text.top, columns][::-1]), _side(picture[text.bottom:, columns]),
             _side(picture[rows, :text.left].T[::-1]), _side(picture[rows, text.right:].T)]
    known = [side for side in sides if side is not None]
    if len(known) < SIDES:
        return None
    pads = [pad for pad, _ in known]
    if max(pads) > UNEVEN * max(min(pads), 3):
        return None
    hidden = max(pads)  # boxes are padded alike on all sides
    top, bottom, left, right = (side[0] if side else hidden for side in sides)
    height, width = picture.shape
    box = Box(max(text.top - top, 0), max(text.left - left, 0), min(text.bottom + bottom, height),
              min(text.right + right, width))
    return sum(step for _, step in known), box


def _side(strips: np.ndarray) -> tuple[int, float] | None:
    """The first edge among strips that lead away from the text, nearest first: (distance, median step)."""
    if len(strips) < 4:
        return None
    steps = strips[2:] - strips[:-2]  # two apart: an edge between pixels is spread over both
    straight = (steps > STEP_255).mean(1)
    medians = np.where(straight >= STRAIGHT, np.median(steps, 1), 0)
    edges = np.flatnonzero(medians > WORTH)
    if not len(edges):
        return None
    first = int(edges[0])
    best = first + int(medians[first:first + 3].argmax())
    return best + 2, float(medians[best])
