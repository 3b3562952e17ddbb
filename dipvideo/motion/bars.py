"""Bars above and below a picture, where captions of wide films often lie: nothing is hidden there but one colour."""

from __future__ import annotations

import numpy as np

# How far compression strays from a bar's colour in code values, and in what share of a row's pixels at the least. Film
# grain strays farther: a plain wall keeps its own.
STRAY_255 = ((2, 0.85), (6, 0.97))
DARK_255 = 32  # bars are black
SEEN = 0.04  # of a row's pixels, in all frames, must show no text
LEAST = 4  # rows


def bars(frames: np.ndarray, holes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows, from the top or the bottom on, that are one dark colour in all frames, and their colours.

    frames: (n, h, w, 3) RGB, uint8 or float32 in [0, 1]; holes: (n, h, w) bool, where they show text. Returns (h,) bool
    and (h, 3) in the frames' own kind.
    """
    count, height, width = holes.shape
    there, colours = np.zeros(height, bool), np.zeros((height, 3), frames.dtype)
    scale = 1 if frames.dtype == np.uint8 else 255
    for inwards in (range(height), range(height - 1, -1, -1)):
        rows = []
        for row in inwards:
            shown = frames[:, row][~holes[:, row]]
            if len(shown) < SEEN * count * width:
                break
            colour = np.median(shown, axis=0).astype(frames.dtype) if not rows else colours[rows[0]]
            off = np.abs(shown.astype(np.float32) - colour).max(-1) * scale
            if colour.max() * scale > DARK_255 or any(np.mean(off <= far) < share for far, share in STRAY_255):
                break
            rows.append(row)
            colours[row] = colour
        if len(rows) >= LEAST:
            there[rows] = True
    return there, colours
