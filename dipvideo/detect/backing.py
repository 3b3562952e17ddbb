"""The box behind a caption, opaque or translucent: four straight edges around the text that stay while it stays."""

from __future__ import annotations

import numpy as np

from ..geometry import Box

STEP_255 = 4.0  # luma step across an edge, where it counts
STRAIGHT = 0.8  # of an edge's length shows that step
SIDES = 3  # that must be found; of two lines' boxes that meet, one side is hidden
WORTH = 6.0  # median luma step of a side


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
    inside &= distance > 0.75 * min(text.top - box.top, box.bottom - text.bottom)
    if inside.sum() < 20 or ring.sum() < 20:
        return None
    darker = [sign * (np.median(picture[ring]) - np.median(picture[inside])) for picture in pictures]
    return box if np.median(darker) > STEP_255 else None


def _look(picture: np.ndarray, text: Box) -> tuple[float, Box] | None:
    """A box that is darker than its surroundings: (summed steps of its sides, box)."""
    columns, rows = slice(text.left, text.right), slice(text.top, text.bottom)
    sides = [_side(picture[:text.top, columns][::-1]), _side(picture[text.bottom:, columns]),
             _side(picture[rows, :text.left].T[::-1]), _side(picture[rows, text.right:].T)]
    known = [side for side in sides if side is not None]
    if len(known) < SIDES:
        return None
    pads = [pad for pad, _ in known]
    if max(pads) > 3 * max(min(pads), 3):
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
