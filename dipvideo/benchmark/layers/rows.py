"""One row of a table, what pictures and labels are scored with, and a task run on frames."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np

from ...layers import brought_up, find_layers
from ...metrics import psnr
from ...pipeline import run
from ...planes import LAYER_COLOURS
from ...tasks.base import Task

SHOWN = 4  # frames in a row of the contact sheet
EQUAL = 60.0  # dB that pictures have which are the same


@dataclass(frozen=True, slots=True)
class Row:
    """kind: of material; figures: by name; seconds: a frame or picture of the command; strip: (h, w, 3) uint8."""

    kind: str
    name: str
    figures: dict[str, float]
    seconds: float
    strip: np.ndarray


def done(task: Task, given: Sequence[np.ndarray]) -> tuple[Sequence[np.ndarray], float]:
    """What a task makes of (h, w, 3) uint8 frames, and the seconds that one took."""
    with tempfile.TemporaryDirectory() as scratch:
        source, out = Path(scratch) / "in", Path(scratch) / "out"
        source.mkdir()
        for number, picture in enumerate(given):
            cv2.imwrite(str(source / f"{number:04d}.png"), np.ascontiguousarray(picture[..., ::-1]))
        began = time.perf_counter()
        run(task, source, out)
        seconds = (time.perf_counter() - began) / len(given)
        return [cv2.imread(str(path))[..., ::-1] for path in sorted(out.iterdir())], seconds


def mean_psnr(pictures: Sequence[np.ndarray], truth: Sequence[np.ndarray]) -> float:
    """Of frames in [0, 255], EQUAL for those that are the same."""
    return float(np.mean([min(psnr(p / 255, t / 255), EQUAL) for p, t in zip(pictures, truth, strict=True)]))


def levelled(pictures: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """The pictures with the truth's mean of each colour."""
    return [p + (t - p).mean((0, 1)) for p, t in zip(pictures, truths, strict=True)]


def overlap(labels: np.ndarray, truth: np.ndarray, count: int) -> float:
    """Mean intersection over union of all layers."""
    return float(np.mean([((labels == n) & (truth == n)).sum() / max(((labels == n) | (truth == n)).sum(), 1)
                          for n in range(count)]))


def best_order(labels: np.ndarray, truth: np.ndarray, count: int) -> np.ndarray:
    """What each label should be called, for the whole clip at once: a swap on the way counts as wrong."""
    orders: Sequence[np.ndarray] = [np.array(order) for order in permutations(range(count))]
    score: Callable[[np.ndarray], float] = lambda order: overlap(order[labels], truth, count)  # noqa: E731
    return max(orders, key=score)


def unfitted(frames: np.ndarray, count: int) -> np.ndarray:
    """(n, h, w) int: the layers of (n, h, w, 3) uint8 frames that hints alone tell, before any prior is fitted."""
    hints = find_layers(frames, count)
    return np.stack([brought_up(share, small, frame).argmax(-1)
                     for share, small, frame in zip(hints.shares, hints.frames, frames, strict=True)])


def tinted(picture: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return (picture // 2 + LAYER_COLOURS[labels] // 2).astype(np.uint8)


def spread(frames: int) -> Sequence[int]:
    return np.linspace(0, frames - 1, SHOWN).round().astype(int).tolist()

