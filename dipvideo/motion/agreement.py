"""How well a moved frame agrees with what is known around each pixel of another, and how its exposure differs."""

from __future__ import annotations

import cv2
import numpy as np

# Windows in cells of CELL pixels of the film. The next larger one counts FADE times the one before: where much is
# known nearby only that speaks; deep inside a hole the large windows still have something to say.
CELL = 4
WINDOWS = (3, 5, 9, 17, 33)
FADE = 0.25
FEW = 0.1  # known cells' worth of doubt about exposure: little evidence moves it little
DARK = 16.0  # code values added to brightness, so that the gain of a dark place stays within bounds
NONE = 1e5  # squared code values: the cost where nothing around is known in both


def disagreement(target: np.ndarray, source: np.ndarray, both: np.ndarray, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """(cost, gain) of each pixel: mean squared difference around it, and the relative exposure that would lessen it.

    target, source, both: (h, w) float32; luma in code values, and 1 where both are known. cell: working pixels of a
    cell. A source's value v becomes v + gain · (v + DARK).
    """
    height, width = both.shape
    difference = cv2.subtract(target, source)
    weighted = cv2.multiply(difference, both)
    sums = cv2.merge((both, weighted, cv2.multiply(weighted, difference), cv2.multiply(source, both)))
    if cell > 1:
        sums = cv2.resize(sums, (-(-width // cell), -(-height // cell)), interpolation=cv2.INTER_AREA)
    means = np.zeros_like(sums)
    for k, window in enumerate(WINDOWS):
        cv2.scaleAdd(cv2.blur(sums, (window, window), borderType=cv2.BORDER_CONSTANT), FADE**k, means, means)
    known, differences, squares, brightness = cv2.split(means)
    some = np.maximum(known, 1e-6)
    cost = np.where(known > 1e-3, squares / some, NONE).astype(np.float32)
    gain = differences / (known + FEW) / (brightness / some + DARK)
    return tuple(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR) for values in (cost, gain))


def detail(luma: np.ndarray, known: np.ndarray, cell: int, depth: int) -> np.ndarray:
    """(h, w) float32: how much the picture differs from itself `depth` pixels away, in squared code values.

    It is about what filling the hole from its own rim would cost, and so what borrowing has to beat.
    """
    total = np.zeros(luma.shape, np.float32)
    for down, right in ((depth, 0), (0, depth)):
        moved = cv2.copyMakeBorder(luma, down, 0, right, 0, cv2.BORDER_REPLICATE)[:luma.shape[0], :luma.shape[1]]
        there = cv2.copyMakeBorder(known, down, 0, right, 0, cv2.BORDER_CONSTANT)[:luma.shape[0], :luma.shape[1]]
        cost, _ = disagreement(luma, moved, known * there, cell)
        total += np.where(cost < NONE / 2, cost / 2, 100)
    return total
