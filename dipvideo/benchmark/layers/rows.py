"""One row of a table, and what labels are scored with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from ...planes import LAYER_COLOURS

SHOWN = 4  # frames in a row of the contact sheet


@dataclass(frozen=True, slots=True)
class Row:
    """kind: of material; figures: by name; seconds: a frame or picture of the command; strip: (h, w, 3) uint8."""

    kind: str
    name: str
    figures: dict[str, float]
    seconds: float
    strip: np.ndarray


def overlap(labels: np.ndarray, truth: np.ndarray, count: int) -> float:
    """Mean intersection over union of all layers."""
    return float(np.mean([((labels == n) & (truth == n)).sum() / max(((labels == n) | (truth == n)).sum(), 1)
                          for n in range(count)]))


def best_order(labels: np.ndarray, truth: np.ndarray, count: int) -> np.ndarray:
    """What each label should be called, for the whole clip at once: a swap on the way counts as wrong."""
    orders: Sequence[np.ndarray] = [np.array(order) for order in permutations(range(count))]
    score: Callable[[np.ndarray], float] = lambda order: overlap(order[labels], truth, count)  # noqa: E731
    return max(orders, key=score)


def tinted(picture: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return (picture // 2 + LAYER_COLOURS[labels] // 2).astype(np.uint8)


def spread(frames: int) -> Sequence[int]:
    return np.linspace(0, frames - 1, SHOWN).round().astype(int).tolist()

