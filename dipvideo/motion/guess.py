"""What is known of the hidden pixels of one frame: other frames' and the rim's, each with how far it may be off."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..planes import DRAWN, UNMIXED
from .agreement import DARK
from .candidates import MOST, Candidate

LEAST_WEIGHT = 0.05  # candidates below this share of the best are left out: they cost time and add blur
# The best of many candidates looks better than it is, the more so where candidates differ: its squared error is put at
# WORSE times its cost + SPREAD times the variance of what is mixed. Measured on ten clips it is 1 to 3 times the cost
# as a rule, and up to 20 times behind what moves by itself; weighing for that loses 2 dB where nothing moves.
WORSE, SPREAD = 1.5, 2.0
# How far off the rim is, carried in: the picture's detail × depth / CARRIED pixels, within these bounds. On ten clips
# its squared error grows about so, from .3 of the detail beside the rim to 4 times eight pixels in.
CARRIED, LEAST_OFF, MOST_OFF = 2.0, 0.5, 4.0
TELLS = 0.94  # confidence from which a pixel of the hole tells what lies beside it; so it is carried on, too
ISLAND = 2.0  # times what the rim would be off by: the little that shows between letters is seldom of one kind
LEAST = 12.0  # squared code values: carried in, nothing is surer than a few levels
COLUMNS = 256  # of a folded list
GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(slots=True)
class Guess:
    """The k hidden pixels of one frame, in the order of np.nonzero.

    values: (k, 3) float32 RGB in code values, from other frames; variance: (k,) float32 squared code values, inf where
    no frame shows the pixel; source: (k,) int32, the frame that weighs most, UNMIXED or DRAWN; around and
    around_variance: the same of the rim, carried in; detail: (k,) squared code values, what the picture differs by
    over a few pixels.
    """

    values: np.ndarray
    variance: np.ndarray
    source: np.ndarray
    around: np.ndarray
    around_variance: np.ndarray
    detail: np.ndarray

    @property
    def confidence(self) -> np.ndarray:
        """(k,) in [0, 1]: the share of what other frames say in the best mixture with the rim."""
        return self.around_variance / (self.around_variance + self.variance)

    def add(self, reading: np.ndarray, error: np.ndarray, tinged: np.ndarray) -> None:
        """Mix in what this very frame shows: luma and chroma, (k, 3), off by `error`, (k,), inf where nothing.

        tinged: (k,) bool, where a text's colour may have run into it; colour there is off by as much more as it differs
        from what other frames say.
        """
        known, other = luma_chroma(self.values), 1 / np.maximum(self.variance, 1e-3)
        tint = np.where(tinged, np.square(reading[:, 1:] - known[:, 1:]).mean(1), 0)
        luma, colour = (_share(error + more, other) for more in (0, tint))
        self.values = red_green_blue(known + np.stack((luma, colour, colour), -1) * (reading - known))
        self.variance = (1 / np.maximum(1 / np.maximum(error, 1e-3) + other, 1e-12)).astype(np.float32)
        self.source[luma > 0.5] = UNMIXED

    def stand_by(self, hole: np.ndarray) -> None:
        """Count what is sure by now as rim: what lies between the letters is nearer than what lies beside the hole."""
        left = hole.copy()
        left[hole] = self.confidence < TELLS
        nearer = np.full(len(self.detail), np.inf, np.float32)
        nearer[left[hole]] = ISLAND * _carried(left, self.detail[left[hole]])
        self.around_variance = np.minimum(self.around_variance, nearer)

    def best(self) -> tuple[np.ndarray, np.ndarray]:
        """That mixture, as luma and chroma, (k, 3), and its variance, (k,)."""
        share = self.confidence[:, None]
        mixed = self.values * share + self.around * (1 - share)
        return luma_chroma(mixed), 1 / (1 / self.around_variance + 1 / self.variance)


def guess_from_rim(frame: np.ndarray, hole: np.ndarray, known: np.ndarray, grid: int, rim: np.ndarray) -> Guess:
    """The rim carried into the hole (Telea, 2004), and nothing borrowed yet. rim: what that costs, of each hidden
    working pixel, in squared code values. Carried from the halo instead, it would carry the halo in: −.6 dB.
    """
    ys, xs = np.nonzero(hole)
    around = _carried_in(frame, hole, known, grid)[ys, xs].astype(np.float32)
    detail = rim[_rows(known, ys, xs, grid)]
    return Guess(np.zeros_like(around), np.full(len(ys), np.inf, np.float32), np.full(len(ys), DRAWN, np.int32), around,
                 _carried(hole, detail), detail)


def _carried_in(frame: np.ndarray, hole: np.ndarray, known: np.ndarray, grid: int) -> np.ndarray:
    """(h, w, 3) uint8: `frame`, its rim carried into the hole; at the working pixels' size, where that is a quarter of
    the time or less: it only says about what lies there."""
    picture = frame if frame.dtype == np.uint8 else np.rint(frame * 255).clip(0, 255).astype(np.uint8)
    if grid == 1:
        return cv2.inpaint(picture, hole.view(np.uint8), 3, cv2.INPAINT_TELEA)
    (height, width), (rows, columns) = hole.shape, known.shape
    wide = cv2.copyMakeBorder(picture, 0, rows * grid - height, 0, columns * grid - width, cv2.BORDER_REPLICATE)
    small = cv2.resize(wide, (columns, rows), interpolation=cv2.INTER_AREA)
    filled = cv2.inpaint(small, (known == 0).view(np.uint8), 3, cv2.INPAINT_TELEA)
    return cv2.resize(filled, wide.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _carried(hole: np.ndarray, detail: np.ndarray) -> np.ndarray:
    """(k,) how far off the rim is, carried into the hole's pixels, squared code values."""
    return np.maximum(detail * (depth(hole)[hole] / CARRIED).clip(LEAST_OFF, MOST_OFF), LEAST)


def mix(guess: Guess, frames: np.ndarray, hole: np.ndarray, known: np.ndarray, grid: int,
        candidates: list[Candidate]) -> None:
    """Mix the candidates at full resolution, each pixel resampled once, into `guess`."""
    if not candidates:
        return
    ys, xs = np.nonzero(hole)
    rows = _rows(known, ys, xs, grid)
    costs = np.stack([c.cost for c in candidates])
    least = costs.min(0)
    shown = np.isfinite(least)
    least = np.where(shown, least, 1)
    weights = np.exp((least - costs) / least)
    weights[weights < LEAST_WEIGHT] = 0
    if len(weights) > MOST:
        weights[weights < np.partition(weights, -MOST, axis=0)[-MOST]] = 0
    sums = _Sums(len(ys))
    for candidate, weight in zip(candidates, weights, strict=True):
        used = np.flatnonzero((weight > 0)[rows])
        if not len(used):
            continue
        there = rows[used]
        values = _taken(frames[candidate.frame], ys[used], xs[used], candidate.place, grid)
        values += candidate.gain[there, None] * (values + DARK)
        sums.add(used, values, weight[there])
    total, mixed, squares = sums.read()
    seen = shown[rows] & (total > 0)
    total = np.where(seen, total, 1)
    guess.values = (mixed / total[:, None]).clip(0, 255)
    spread = np.maximum(squares / total - (mixed @ GREY / total) ** 2, 0)
    guess.variance = np.where(seen, WORSE * least[rows] + SPREAD * spread, np.inf).astype(np.float32)
    best = np.array([c.frame for c in candidates], np.int32)[weights.argmax(0)]
    guess.source = np.where(seen, best[rows], np.int32(DRAWN))


class _Sums:
    """Weighted sums of samples of k pixels. Many at a time are counted into their places, which takes a third of the
    time of adding them there as they come."""

    WAIT = 200_000  # samples at the most: bounds memory

    def __init__(self, count: int):
        self._sums, self._count = np.zeros((5, count)), count
        self._waiting: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._samples = 0

    def add(self, places: np.ndarray, values: np.ndarray, weights: np.ndarray) -> None:
        """Samples (m, 3) of the pixels at `places`, (m,), with their weights, (m,)."""
        self._waiting.append((places, values, weights))
        self._samples += len(places)
        if self._samples > self.WAIT:
            self._count_in()

    def read(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(k,) weights, (k, 3) values and (k,) squares of luma, summed; float32."""
        self._count_in()
        total, *colours, squares = self._sums.astype(np.float32)
        return total, np.stack(colours, -1), squares

    def _count_in(self) -> None:
        if not self._waiting:
            return
        places, values, weights = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        for sums, part in zip(self._sums, (1, *values.T, (values @ GREY) ** 2), strict=True):
            sums += np.bincount(places, part * weights, self._count)
        self._waiting, self._samples = [], 0


def _share(error: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The share of what is off by `error` in the best mixture with what weighs `other`, (k,) each."""
    weight = 1 / np.maximum(error, 1e-3)  # behind text that fades over plain black all agrees: it may be 0
    return weight / np.maximum(weight + other, 1e-12)


def depth(hole: np.ndarray) -> np.ndarray:
    """(h, w) float32: how far each pixel lies from what is known; beyond the crop a hole goes on."""
    return cv2.distanceTransform(np.pad(hole, 1, mode="edge").view(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]


def beside(marked: np.ndarray) -> np.ndarray:
    """(h, w) float32: how far each pixel lies from what is marked, 0 inside."""
    return cv2.distanceTransform((~marked).view(np.uint8), cv2.DIST_L2, 5)


def luma_chroma(rgb: np.ndarray) -> np.ndarray:
    """(…, 3) luma, red − luma and blue − luma of (…, 3) RGB."""
    luma = rgb @ GREY
    return np.stack((luma, rgb[..., 0] - luma, rgb[..., 2] - luma), -1)


def red_green_blue(values: np.ndarray) -> np.ndarray:
    """What `luma_chroma` was made of, within [0, 255]."""
    luma, red, blue = np.moveaxis(values, -1, 0)
    green = luma - (GREY[0] * red + GREY[2] * blue) / GREY[1]
    return np.stack((luma + red, green, luma + blue), -1).clip(0, 255)


def _rows(known: np.ndarray, ys: np.ndarray, xs: np.ndarray, grid: int) -> np.ndarray:
    """Where in a list of the hidden working pixels each pixel's own is."""
    return (np.cumsum(known.ravel() == 0) - 1).reshape(known.shape)[ys // grid, xs // grid]


def _taken(frame: np.ndarray, ys: np.ndarray, xs: np.ndarray, place: np.ndarray | None, grid: int) -> np.ndarray:
    """(k, 3) float32 code values of `frame` where the pixels at (ys, xs) lie in it."""
    if place is None:
        values = frame.reshape(-1, 3)[ys * frame.shape[1] + xs].astype(np.float32)
    else:
        middle = (grid - 1) / 2
        there = _sampled(place, (xs - middle) / grid, (ys - middle) / grid, cv2.INTER_LINEAR) * grid + middle
        values = _sampled(frame, there[:, 0], there[:, 1], cv2.INTER_CUBIC).astype(np.float32)
    return values if frame.dtype == np.uint8 else values * 255


def _sampled(picture: np.ndarray, x: np.ndarray, y: np.ndarray, how: int) -> np.ndarray:
    """(k, C) samples at k places; the list is folded, since OpenCV takes no picture as wide as a list is long."""
    folded = np.zeros((-(-len(x) // COLUMNS), COLUMNS, 2), np.float32)
    folded.reshape(-1, 2)[:len(x)] = np.stack((x, y), -1)
    samples = cv2.remap(picture, folded, None, how, borderMode=cv2.BORDER_REPLICATE)
    return samples.reshape(-1, picture.shape[2])[:len(x)]
