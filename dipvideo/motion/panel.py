"""Translucent boxes: where one lies over the picture, every frame has one line that takes what is shown back to it.

A box covers thousands of pixels by one alpha and one colour, so background = p + q · shown holds for all of them with
the same p and q, which a frame's own contrast tells as soon as a rough guess of the background is there. They are
fitted frame by frame, so that a fade is followed; the letters in the box do not lie on the line, and stay hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .unmix import NOISE, STEEPEST

FADE = 10  # frames at both ends that may be fading, of captions that have as many: two in a short one cost 1.5 dB
PAIRS = 300  # lines tried
SAMPLES = 4000  # pixels each is tried on
# Shares of the background that a box may let through: what lets nearly all of it through is a hole grown too large.
DIMMEST, CLEAREST = 0.15, 0.8
# Share of what may vote that must lie on the line: of an area; of strokes, which are translucent all over if at all (.5
# and .3 of two such captions; on three opaque ones .2 did by chance, which cost 6 dB).
LEAST_SHARE, LEAST_STROKES = 0.2, 0.4
NEAR = 2.5  # standard deviations that count as on the line
MANY = 200  # pixels: fewer are no box
# A line is believed if MOST of the middle frames have one of their own, their median within BORNE_OUT of it, and it
# either covers an area (SOLID of it is WIDE pixels wide) or, as translucent letters do, lets no more than READABLE
# through, the middle half of the frames within ALIKE. On the captions of eleven clips, seven of them translucent, this
# took all seven and no other.
MOST, BORNE_OUT, SOLID, WIDE, ALIKE, READABLE = 0.4, 0.25, 0.3, 7, 0.15, 0.6
STEADY = 1.5  # times its own line's error: a frame that the caption's line explains as well takes that
STEEPER = 1.05  # times the caption's line
# A pixel joins the box if it changes over time about as much as the box beside it does: within exp(±PACE) of the
# variance, where that is MOVES at the least. Two lines' boxes that overlap look like one, but for this.
MOVES, PACE = 4 * NOISE, 0.7
ON = 0.8  # of the steepest line: a frame in which the box is not fading
SPILL = 8.0  # code values beyond the range that noise may carry the picture to
SEEN, ROUNDS = 8, 12  # frames and rounds in which a box spreads to its neighbours
WINDOW, BESIDE, LIKE = 9, 12, 5.0  # pixels around; of the box among them; times what four in five of them are off


@dataclass(frozen=True, slots=True)
class Panel:
    """A translucent box over one caption's hole of k pixels.

    inside: (k,) bool; offset: (t, 3) and slope: (t, 3) float32, for luma and two chroma, so that a frame's background
    is offset + slope · shown; variance: (t,) of its luma, squared code values. area: whether it is a box or plate, not
    strokes.
    """

    inside: np.ndarray
    offset: np.ndarray
    slope: np.ndarray
    variance: np.ndarray
    area: bool


def find_panel(shown: np.ndarray, guess: np.ndarray, variance: np.ndarray, deep: np.ndarray,
               hole: np.ndarray, seed: int = 0) -> Panel | None:
    """The box over a hole, or None.

    shown, guess: (t, k, 3) luma and chroma in code values; variance: (t, k), of guess; deep: (k,) bool, where a box
    may vote: at a hole's edge, and wherever else no text is, nothing lies on the picture; hole: (h, w) bool, k of
    them True.

    The line is sought in the middle frames, at most half of them, away from fades, where the guess is best.
    """
    count = len(shown)
    edge = max(count // 4, min(FADE, 3 * count // 8))
    middle = np.arange(count)[edge:max(count - edge, edge + 1)]
    part = np.ix_(middle, deep)
    line = _line(shown[..., 0][part], guess[..., 0][part], variance[part], np.random.default_rng(seed))
    if line is None:
        return None
    offset, clear = line
    # A pixel is of the box if, taken over the frames, it lies on the line as nearly as the guess is good.
    miss = shown[middle][..., 0] - offset - clear * guess[middle][..., 0]
    weight = 1 / (variance[middle] * clear**2 + NOISE)
    bias = (weight * miss).sum(0) / np.maximum(weight.sum(0), 1e-9)
    inside = (weight.sum(0) > 0) & (np.abs(bias) < 3 + 0.5 * np.sqrt(1 / np.maximum(weight.mean(0), 1e-9)))
    inside &= (weight * miss**2).sum(0) < NEAR**2 * np.maximum((weight > 0).sum(0), 1)
    area = _is_area(inside, hole)
    if (inside & deep).sum() < max(MANY, (LEAST_SHARE if area else LEAST_STROKES) * deep.sum()):
        return None
    parts = [(shown[t, inside], guess[t, inside], variance[t, inside]) for t in range(count)]
    offsets, slopes, doubts = (np.empty((count, n), np.float32) for n in (3, 3, 1))
    for t, part in enumerate(parts):
        offsets[t], slopes[t], doubts[t] = _fit(*part)
    if not _believed(slopes[middle, 0] * clear, doubts[middle, 0], area, clear < READABLE):
        return None
    _steady(offsets, slopes, doubts, parts, middle, line)
    held = np.flatnonzero(np.isfinite(doubts[:, 0]) & (slopes[:, 0] > ON * slopes[:, 0].max()))
    if not len(held):
        return None
    few = held[np.linspace(0, len(held) - 1, min(SEEN, len(held))).astype(int)]
    bared = offsets[few, None, 0] + slopes[few, None, 0] * shown[few, :, 0]
    return Panel(_spread(inside, shown[held][..., 0], bared, deep, hole), offsets, slopes, doubts[:, 0], area)


def _is_area(inside: np.ndarray, hole: np.ndarray) -> bool:
    """Whether most of it is too wide to be strokes."""
    picture = np.zeros(hole.shape, np.uint8)
    picture[hole] = inside
    return cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((WIDE, WIDE), np.uint8)).sum() > SOLID * picture.sum()


def _believed(ratios: np.ndarray, doubts: np.ndarray, area: bool, readable: bool) -> bool:
    """Whether the frames' own lines bear out the caption's, as they do under an overlay and hardly ever by chance.

    ratios: of their slopes to the caption's; readable: whether letters could let so little through. An area is
    believed more lightly than strokes.
    """
    sure = np.isfinite(doubts)
    if sure.mean() < MOST:
        return False
    low, half, high = np.quantile(ratios[sure], (0.25, 0.5, 0.75))
    return abs(half - 1) < BORNE_OUT and (area or (readable and high - low < ALIKE))


def _steady(offsets: np.ndarray, slopes: np.ndarray, doubts: np.ndarray,
            parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], middle: np.ndarray,
            line: tuple[float, float]) -> None:
    """Give every frame but those of a fade the caption's line, in place: frame by frame it would flicker."""
    slope = np.float32(1 / line[1])
    colours = []
    for t in middle:
        shown, guess, variance = parts[t]
        weight = 1 / (variance + NOISE)
        colours.append(weight @ (guess - slope * shown) / max(weight.sum(), 1e-9))
    offset = np.median(colours, axis=0)
    offset[0] = -line[0] * slope
    doubt = NOISE * slope**2
    for t, (shown, guess, variance) in enumerate(parts):
        weight = 1 / (variance + NOISE * slope**2)
        if not weight.any():
            continue
        own, common = (np.average(np.minimum((o + s * shown[:, 0] - guess[:, 0]) ** 2 * weight, NEAR**2))
                       for o, s in ((offsets[t, 0], slopes[t, 0]), (offset[0], slope)))
        too_steep = slopes[t, 0] > STEEPER * slope  # a fade lets more through, never less
        if np.isinf(doubts[t, 0]) and common > NEAR:
            continue
        if np.isinf(doubts[t, 0]) or too_steep or common < STEADY * own + 0.1:
            offsets[t], slopes[t], doubts[t] = offset, slope, doubt


def _spread(inside: np.ndarray, shown: np.ndarray, bared: np.ndarray, deep: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """`inside` with what the guess was too poor to tell: pixels that look like the box around them once it is off.

    shown: (n, k) luma of the frames without fade; bared: (t, k) of some, with the box taken off. A letter, taken for
    box, would stand far out of its surroundings.
    """
    inside, canvas = inside.copy(), np.zeros((*hole.shape, len(bared) + 2), np.float32)
    moves, candidates = shown.var(0), deep & ((bared > -SPILL) & (bared < 255 + SPILL)).all(0)
    texture = None  # how far the box's own pixels are off their surroundings, squared
    for _ in range(ROUNDS):
        canvas[hole] = np.column_stack((bared.T, moves, np.ones(inside.size))) * inside[:, None]
        sums = np.stack([cv2.boxFilter(canvas[..., c], -1, (WINDOW, WINDOW))[hole] for c in range(canvas.shape[2])])
        count = np.maximum(sums[-1], 1e-6)
        off = ((bared - sums[:-2] / count) ** 2).mean(0)
        pace = moves / np.maximum(sums[-2] / count, MOVES)
        if texture is None:
            texture = np.quantile(off[inside], 0.8)
        new = candidates & ~inside & (off < LIKE * texture) & (np.abs(np.log(np.maximum(pace, 1e-3))) < PACE)
        new &= sums[-1] >= BESIDE / WINDOW**2
        if not new.any():
            break
        inside |= new
    return inside


def _line(shown: np.ndarray, guess: np.ndarray, variance: np.ndarray,
          draw: np.random.Generator) -> tuple[float, float] | None:
    """(offset, share let through) of the line that most of the well-guessed pixels lie on: RANSAC."""
    good = np.isfinite(variance)
    if good.sum() < MANY:
        return None
    places = np.flatnonzero(good & (variance <= np.median(variance[good])))
    places = draw.choice(places, min(SAMPLES, len(places)), replace=False)
    s, g, v = (a.ravel()[places] for a in (shown, guess, variance))
    one, other = draw.integers(0, len(places), (2, PAIRS * 4))
    far = np.abs(g[one] - g[other]) > 3 * np.sqrt(v[one] + v[other] + NOISE)
    one, other = one[far][:PAIRS], other[far][:PAIRS]
    if not len(one):
        return None
    clear = (s[one] - s[other]) / (g[one] - g[other])
    offset = s[one] - clear * g[one]
    fits = (clear > DIMMEST) & (clear < CLEAREST)
    fits &= np.abs(offset / np.maximum(1 - clear, 1 - CLEAREST) - 127.5) < 127.5 + 2 * SPILL  # the box's own luma
    if not fits.any():
        return None
    clear, offset = clear[fits], offset[fits]
    near = np.abs(s - offset[:, None] - clear[:, None] * g) < NEAR * np.sqrt(v * clear[:, None]**2 + NOISE)
    # Deep doubt agrees with everything: each vote counts by how sharply it is cast.
    votes = (near / np.sqrt(v + NOISE)).sum(1)
    best = votes.argmax()
    on = near[best]
    if on.mean() < LEAST_SHARE:
        return None
    w = 1 / (v[on] * clear[best]**2 + NOISE)
    design = np.stack((np.ones(on.sum()), g[on]), 1) * np.sqrt(w)[:, None]
    (offset, clear), *_ = np.linalg.lstsq(design, s[on] * np.sqrt(w), rcond=None)
    return (float(offset), float(clear)) if DIMMEST < clear < CLEAREST else None


def _fit(shown: np.ndarray, guess: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """(offset, slope, variance) of background = offset + slope · shown in one frame; variance inf if none holds."""
    offset, slope = np.zeros(3, np.float32), np.ones(3, np.float32)
    weight = 1 / (variance + NOISE)
    if (weight > 0).sum() < MANY:
        return offset, slope, np.inf
    for _ in range(3):
        total = weight.sum()
        s, g = (weight @ shown / total, weight @ guess / total)
        ds, dg = shown - s, guess - g
        spread, common = weight @ (ds * ds) / total, weight @ (ds * dg) / total
        slope[0] = common[0] / max(spread[0], 1e-3)
        slope[1:] = common[1:].sum() / max(spread[1:].sum(), 1e-3)
        offset = g - slope * s
        miss = (offset + slope * shown - guess)[:, 0]
        weight = 1 / (variance + NOISE) / (1 + miss**2 / (4 * (variance + NOISE)))
    error = float(weight @ miss**2 / weight.sum())
    sure = common[0] ** 2 / max(spread[0] * (weight @ (dg[:, 0] ** 2) / weight.sum()), 1e-6)
    if not 1 <= slope[0] <= STEEPEST or sure < 0.3:
        return offset, slope, np.inf
    return offset, slope.copy(), NOISE * slope[0] ** 2 + error / len(weight) ** 0.5
