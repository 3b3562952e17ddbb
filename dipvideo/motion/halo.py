"""Beside text lies only its halo: what is shown there is nearly the picture, and the nearest evidence there is.

A hole reaches a few pixels beyond the text, so that nothing of what compression smeared over is left. Those pixels are
off by a few levels only, where what is borrowed or carried in may be off by tens. How many there are nobody says, and
where a mask is short there are none; but text stands still, and what it adds to the picture is the same in all frames
of a caption.
"""

from __future__ import annotations

import numpy as np

from .guess import beside, depth

# How many pixels show no text: outside the hole; in its halo, from what is marked outwards; and in what is marked,
# inwards (masks of ours on five clips: .77 to .92 and .94 to .99, then .44, .1 to .4, .05 to .3, .02).
OUTSIDE, HALO, MARKED = 0.99, (0.88, 0.97), (0.45, 0.2, 0.1, 0.02, 0.0)
# Squared code values that those are off by: in what is marked, and one, two and more pixels beside it (two pixels from
# text and further 7 to 30, beside it 14 to 120).
SMEARED = (80.0, 25.0, 12.0, 10.0)
TEXT_SPAN = 300.0  # code values: what text adds may be anything within
DEPENDENT = 2  # frames that are worth an independent one: what is wrong in one often is in the next
SMALL = 16.0  # squared code values that halo adds in all frames alike
SURE = 0.85  # from here on a pixel counts as free of text
# Share of the light that counts as all of it; that a soft shadow takes more of from one pixel to the next, at the most
# (edges of outlines .15 to .65); pixels over which it does so, at the least.
FULL, STEEPEST, SOFTEST = 0.97, 0.13, 3


def usually_free(hole: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """(h, w) how probable it is beforehand that a pixel shows no text.

    hole, marked: (h, w) bool, what is to be filled, and what of it was marked as text before it was grown.
    """
    halo = np.where(hole, _at(HALO, beside(marked) - 1), np.float32(OUTSIDE))
    return np.where(marked, _at(MARKED, depth(marked) - 1), halo)


def free_of_text(shown: np.ndarray, guess: np.ndarray, variance: np.ndarray, free: np.ndarray) -> np.ndarray:
    """(k,) how probable it is that a pixel shows no text.

    shown, guess: (t, k) luma in code values, guess being the background as far as it is known otherwise, to `variance`
    (inf where it is not): (t, k) squared code values. free: (k,) how probable it is beforehand.

    All frames count alike. Weighed by how well each is known, Devanagari over a pan gains .5 dB and a bird under a
    shadow loses .7; where each frame that is further off than it may be speaks against a pixel, too, they gain 1.0 and
    .2, but a hand-held clip loses 1.3, where guesses are further off than they say. Where what is shown must not change
    less than the background does, as under an outline as dark as most of the frames, the bird gains .35 and a box .1,
    and the hand-held clip loses .5.
    """
    known = np.isfinite(variance)
    count = known.sum(0)
    some = np.maximum(count, 1)
    bias = np.where(known, shown - guess, 0).sum(0) / some
    doubt = np.where(known, variance, 0).sum(0) / some / np.maximum(count / DEPENDENT, 1) + SMALL
    likely = np.exp(-bias**2 / (2 * doubt)) / np.sqrt(2 * np.pi * doubt)
    return np.where(count > 0, free * likely / (free * likely + (1 - free) / TEXT_SPAN), free)


def light_left(shown: np.ndarray, guess: np.ndarray, variance: np.ndarray, hole: np.ndarray,
               marked: np.ndarray) -> np.ndarray:
    """(k,) share of the background's light that a soft shadow leaves, 1 where there is none.

    It takes a little more with every pixel inwards, from the hole's rim to where its letters begin: less than an edge
    does from one to the next. Told from all pixels as far in: single guesses are off by more.

    shown, guess, variance: as above; hole, marked: (h, w) bool, where the k pixels lie, and what of it is marked.
    """
    far = max(hole.shape)  # where all is marked, or nothing, all else is far away
    inwards = np.rint(np.where(marked, depth(marked) - 1, -beside(marked)).clip(-far, far))[hole].astype(int)
    inwards -= inwards.min()
    weight = 1 / (variance + SMALL)
    here, behind = (np.bincount(inwards, (weight * luma).sum(0)) for luma in (shown, guess))
    light = np.minimum(here / np.maximum(behind, 1e-6), 1)
    steps = np.diff(light, prepend=light[:1])
    first = int(np.argmax(np.append(light, 0) < FULL))
    gently = (steps[first:] < 0) & (steps[first:] > -STEEPEST)
    last = first + int(np.argmin(np.append(gently, False)))  # from here on letters begin, and what lies between them
    light[:first], light[last:] = 1, light[last - 1]
    return light[inwards] if last - first >= SOFTEST else np.ones(len(inwards))


def smeared(marked: np.ndarray) -> np.ndarray:
    """(h, w) squared code values that pixels without text are off by."""
    return _at(SMEARED, beside(marked))


def _at(values: tuple, distance: np.ndarray) -> np.ndarray:
    """The value for each distance in whole pixels from 0 on, the last from there on."""
    return np.array(values, np.float32)[np.rint(distance).clip(0, len(values) - 1).astype(int)]
