"""What still shows through: text, box or halo that stands still is taken off the picture that moves behind it.

Where an overlay covers a pixel by alpha, a caption's frames show (1 − alpha) · background + alpha · colour. Alpha and
colour stay while the background changes, so that what other frames say of the background, right in some frames and
poor in others, tells how to read it in all of them: background = p + q · shown, fitted for each pixel over the
caption. Fitting the background to what is shown, not the other way round, is what makes this safe: behind opaque text
nothing is explained, q falls to 0, and nothing is claimed; doubt about the background shrinks q and never blows it up.

A soft shadow only takes light: shown = light · background, one number that changes little from pixel to pixel, so that
a few frames tell it, and ones in which nothing moves.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

NOISE = 4.0  # squared code values: of the codec, in what is shown and in what is borrowed
STEEPEST = 6.7  # q of an overlay of .85: beyond, the codec's noise comes back larger than the picture
FEWEST = 4.0  # independent frames' worth of evidence: below nothing is claimed, from twice as many all
WORSE = 3.0  # times the residue of the fit: it was fitted where the background is known best
CLEAR = 1.3  # times the fit's residue: what is shown explains the background that well without any fit
# A pixel on which nothing lies: the log of how much it changes against what lies beside the hole, and the share of the
# background's doubt that may remain as a constant difference. On six clips the rim gains 3 to 4 dB.
LIKE_BESIDE, BIASED = 0.7, 0.1
EXPLAINED = (0.2, 0.7)  # shares of the background's variance: below the first nothing is claimed, from the second all
# Of the background's light: what lets less through, or seems to add some, is no shadow. Shadows change little over so
# many pixels, the sigma of a Gaussian.
DARKEST, BRIGHTEST, SMOOTH = 0.35, 1.1, 1.5
SAME = 0.1  # share of the mask that may change between two frames of one caption
WINDOW = 9  # pixels: around each, the reading of a frame is held against what else is known of it


def captions(holes: np.ndarray, targets: Sequence[int]) -> list[list[int]]:
    """The places in `targets` of each run of neighbouring frames whose hole stays the same. holes: (n, h, w) bool.

    A run goes on where a sung word takes another colour: ended there, it has .15 dB more in the hole, and .6 less
    beside it.
    """
    runs: list[list[int]] = []
    for place, target in enumerate(targets):
        last = targets[place - 1] if place else None
        if last == target - 1 and np.sum(holes[last] ^ holes[target]) <= SAME * np.sum(holes[last] | holes[target]):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def read_through(shown: np.ndarray, guess: np.ndarray, variance: np.ndarray,
                 pace: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(background, its variance) as read through an overlay that stands still.

    shown, guess: (t, k, 3) float32, luma and two chroma in code values; guess is the background as far as it is known
    otherwise, to `variance`: (t, k) float32 squared code values; pace: (k,) how much luma beside the hole changes over
    the frames, its variance. Returns (t, k, 3) and (t, k), inf where nothing is
    read.
    """
    weight = 1 / (variance + NOISE)
    for again in (False, True):
        total = weight.sum(0) + 1e-9

        def mean(values: np.ndarray, weight: np.ndarray = weight, total: np.ndarray = total) -> np.ndarray:
            return np.einsum("tk,tk...->k...", weight, values) / (total if values.ndim == 2 else total[:, None])

        middle = mean(guess)
        moved, wanted = shown - mean(shown), guess - middle
        spread, common, own = mean(moved * moved), mean(moved * wanted), mean(wanted[..., 0] ** 2)
        slope = np.empty_like(spread)
        slope[:, 0] = common[:, 0] / (spread[:, 0] + NOISE / 4)
        slope[:, 1:] = (common[:, 1:].sum(1) / (spread[:, 1:].sum(1) + NOISE / 4))[:, None]
        slope = slope.clip(0, STEEPEST)
        reading = middle + slope * moved
        miss = reading[..., 0] - guess[..., 0]
        error = mean(miss**2)
        if not again:  # what does not fit, as frames of a fade, counts little the second time
            weight = weight / (1 + miss**2 / (4 * (error + NOISE)))
    plain = mean((shown[..., 0] - guess[..., 0]) ** 2)
    clear = plain < CLEAR * (error + NOISE)  # nothing is on it: a hole is often larger than what it hides
    reading = np.where(clear[:, None], shown, reading)
    error, gain = np.where(clear, plain, error), np.where(clear, 1, slope[:, 0])
    count = _independent(total**2 / ((weight**2).sum(0) + 1e-9), moved[..., 0], miss, weight)
    least, enough = EXPLAINED
    explained = 1 - error / np.maximum(own, 1e-3)
    trust = ((explained - least) / (enough - least)).clip(0, 1) * ((count - FEWEST) / FEWEST).clip(0, 1)
    trust *= (spread[:, 0] / NOISE / 2 - 1).clip(0, 1)
    error = (error + NOISE / 4 * gain**2) * WORSE
    # Grain that is as strong as beside the hole, about the right middle: nothing lies on this pixel. Text has no grain.
    bias = mean(shown[..., 0] - guess[..., 0]) ** 2
    change = np.maximum(shown[..., 0].var(0), 1e-3) / np.maximum(pace, 1e-3)
    bare = (np.abs(np.log(change)) < LIKE_BESIDE) & (pace > NOISE)
    bare &= (bias < 4 * NOISE + BIASED * mean(np.minimum(variance, 1e6))) & (len(shown) >= 2 * FEWEST)
    reading = np.where(bare[:, None], shown, reading)
    trust, error = np.where(bare, 1, trust), np.where(bare, WORSE * NOISE + bias, error)
    leverage = 1 + (2 + moved[..., 0] ** 2 / np.maximum(spread[:, 0], 1)) / np.maximum(count, 1)
    return reading, np.where(trust > 0, error / np.maximum(trust, 1e-3), np.inf).astype(np.float32) * leverage


def read_shadow(shown: np.ndarray, guess: np.ndarray, variance: np.ndarray,
                hole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(background, its variance) as read through what only takes light, as a soft shadow does.

    As `read_through`, but what lies over a pixel and its neighbours is taken to be black. hole: (h, w) bool, where the
    k pixels lie. Only for where a soft shadow is known to lie: letters and outlines over a changing picture are taken
    for one, too (a hand-held clip loses 2.3 dB, grain 1.7, where this reads whatever it says to be surer of).
    """
    known = np.isfinite(variance)
    weight = np.where(known, 1 / (np.where(known, variance, 0) + NOISE), 0)
    lit, full = (weight * shown[..., 0]).sum(0), (weight * guess[..., 0]).sum(0)
    own = lit / np.maximum(full, 1e-6)
    shaded = (own > DARKEST / 2) & (own < BRIGHTEST) & (full > 0)

    def around(values: np.ndarray) -> np.ndarray:
        picture = np.zeros(hole.shape, np.float32)
        picture[hole] = np.where(shaded, values, 0)
        return cv2.GaussianBlur(picture, (0, 0), SMOOTH)[hole]

    light = (around(lit) / np.maximum(around(full), 1e-6)).clip(DARKEST / 2, 1)
    uneven = around((own - light) ** 2) / np.maximum(around(np.ones_like(own)), 1e-6)
    reading = shown / light[:, None]
    error = (NOISE + uneven * reading[..., 0] ** 2) / light**2
    missed = (weight * ((reading - guess) ** 2).max(-1)).sum(0)  # in colour, too: what takes light leaves it as it was
    expected = (weight * (np.where(known, variance, 0) + error)).sum(0)
    error *= np.maximum(missed / np.maximum(expected, 1e-6), 1)
    return reading, np.where(shaded & (light > DARKEST), error, np.inf).astype(np.float32)


def _independent(count: np.ndarray, one: np.ndarray, other: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """How many independent frames `count` frames are worth, where both series resemble themselves a frame later."""
    def alike(values: np.ndarray) -> np.ndarray:
        pairs = np.sqrt(weight[1:] * weight[:-1])
        return ((pairs * values[1:] * values[:-1]).sum(0) / ((weight * values**2).sum(0) + 1e-6)).clip(0, 0.99)

    both = alike(one) * alike(other)
    return count * (1 - both) / (1 + both)


def doubt(reading: np.ndarray, guess: np.ndarray, expected: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(k,) factor ≥ 1: how much further than expected one frame's reading lies from what else is known around.

    reading, guess: (k,) luma; expected: (k,) the variance of their difference, inf where nothing is read; hole:
    (h, w) bool with k True. Frames of a fade, where the overlay is not what it was, betray themselves here.
    """
    weight = np.where(np.isfinite(expected), 1 / expected, 0)
    sums = np.zeros((*hole.shape, 2), np.float32)
    sums[hole] = np.stack(((reading - guess) ** 2 * weight, weight > 0), -1)
    off, count = np.moveaxis(cv2.blur(sums, (WINDOW, WINDOW)), -1, 0)
    return np.maximum(off / np.maximum(count, 1e-6), 1)[hole] ** 2
