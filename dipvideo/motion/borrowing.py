"""Borrow before inventing: what text hides in one frame is often visible in another of the same shot.

Every near frame is a candidate up to three times: as it stands (a still camera), moved by a similarity (a moving
camera), and moved by chained optical flow (moving things). At each hidden pixel a candidate costs the mean squared
disagreement with what is known around it; candidates are averaged with weights exp((least − cost) / least). Confidence
is detail / (detail + least): borrowing is trusted as far as it beats filling from the rim. On sixteen clips with 5x5
grown true masks the blend with Telea is 27.6 dB where Telea alone is 22.7, and above Telea on every clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .agreement import DARK
from .candidates import Candidate, Candidates
from .scene import Scene

LEAST_WEIGHT = 0.05  # candidates below this share of the best are left out: they cost time and add blur
MOST = 16  # candidates mixed at a pixel: all would cost twice the time for .1 dB, 8 would leave .3 dB more noise


@dataclass(frozen=True, slots=True)
class Borrowed:
    """What other frames show of one frame's hole.

    rgb: (h, w, 3) float32 in [0, 1], meaningful where confidence > 0. confidence: (h, w) float32 in [0, 1], 0 outside
    the hole and where no frame shows the pixel. source: (h, w) int32, the frame that weighs most, −1 where none.
    """

    rgb: np.ndarray
    confidence: np.ndarray
    source: np.ndarray


def borrow(frames: np.ndarray, holes: np.ndarray, targets: Sequence[int]) -> Iterator[Borrowed]:
    """What the others show of each of the frames `targets`, in that order (rising, so that memory stays bounded).

    frames: (n, h, w, 3) RGB crops of consecutive frames of one shot, uint8 or float32 in [0, 1]. holes: (n, h, w)
    bool, True where text hides the picture; whatever text smears over must be in them, since a halo that stands still
    agrees with itself in every frame. Gives the same bits however many threads there are.
    """
    scene = Scene(frames, holes)
    candidates = Candidates(scene)
    for target in targets:
        rim = candidates.rim(target)
        yield _mixed(frames, holes[target], scene.known[target], scene.grid, rim, candidates.of(target, rim))


def _mixed(frames: np.ndarray, hole: np.ndarray, known: np.ndarray, grid: int, rim: np.ndarray,
           candidates: list[Candidate]) -> Borrowed:
    """Mix the candidates at full resolution, each pixel resampled once."""
    answer = Borrowed(np.zeros((*hole.shape, 3), np.float32), np.zeros(hole.shape, np.float32),
                      np.full(hole.shape, -1, np.int32))
    if not candidates:
        return answer
    ys, xs = np.nonzero(hole)
    rows = np.cumsum(known.ravel() == 0) - 1  # of each hidden working pixel in the candidates' lists
    rows = rows.reshape(known.shape)[ys // grid, xs // grid]
    costs = np.stack([c.cost for c in candidates])
    least = costs.min(0)
    shown = np.isfinite(least)
    least = np.where(shown, least, 1)
    weights = np.exp((least - costs) / least)
    weights[weights < LEAST_WEIGHT] = 0
    if len(weights) > MOST:
        weights[weights < np.partition(weights, -MOST, axis=0)[-MOST]] = 0
    total = np.zeros(len(ys), np.float32)
    mixed = np.zeros((len(ys), 3), np.float32)
    for candidate, weight in zip(candidates, weights, strict=True):
        used = np.nonzero(weight[rows])[0]
        if not len(used):
            continue
        values = _taken(frames[candidate.frame], ys[used], xs[used], candidate.place, grid)
        gain = candidate.gain[rows[used], None]
        share = weight[rows[used]]
        mixed[used] += (values + gain * (values + DARK)) * share[:, None]
        total[used] += share
    seen = shown[rows] & (total > 0)
    ys, xs, rows = ys[seen], xs[seen], rows[seen]
    answer.rgb[ys, xs] = (mixed[seen] / total[seen, None] / 255).clip(0, 1)
    answer.confidence[ys, xs] = (rim / (rim + least))[rows]
    answer.source[ys, xs] = np.array([c.frame for c in candidates])[weights.argmax(0)][rows]
    return answer


def _taken(frame: np.ndarray, ys: np.ndarray, xs: np.ndarray, place: np.ndarray | None, grid: int) -> np.ndarray:
    """(k, 3) float32 code values of `frame` where the pixels at (ys, xs) lie in it."""
    if place is None:
        values = frame[ys, xs].astype(np.float32)
    else:
        middle = (grid - 1) / 2
        there = _sampled(place, (xs - middle) / grid, (ys - middle) / grid, cv2.INTER_LINEAR) * grid + middle
        values = _sampled(frame, there[:, 0], there[:, 1], cv2.INTER_CUBIC).astype(np.float32)
    return values if frame.dtype == np.uint8 else values * 255


def _sampled(picture: np.ndarray, x: np.ndarray, y: np.ndarray, how: int) -> np.ndarray:
    """(k, C) samples at k places; the list is folded, since OpenCV takes no picture as wide as a list is long."""
    columns = 256
    fold = [np.pad(v.astype(np.float32), (0, -len(x) % columns)).reshape(-1, columns) for v in (x, y)]
    return cv2.remap(picture, *fold, how, borderMode=cv2.BORDER_REPLICATE).reshape(-1, picture.shape[2])[:len(x)]
