"""Beside text lies only its halo: what is shown there is nearly the picture, and the nearest evidence there is.

A hole reaches a few pixels beyond the text, so that nothing of what compression smeared over is left. Those pixels are
off by a few levels only, where what is borrowed or carried in may be off by tens. How many there are nobody says, and
where a mask is short there are none; but text stands still, and what it adds to the picture is the same in all frames
of a caption.
"""

from __future__ import annotations

import numpy as np

# How many pixels show no text: outside the hole, in what it was grown by, and deeper, pixel by pixel (six masks of ours
# and six true ones).
OUTSIDE, GROWN, DEEPER = 0.99, 0.97, (0.5, 0.4, 0.3, 0.3)
# Squared code values that those are off by, from the edge of what is not borrowed inwards (two pixels from text and
# further 7 to 30, beside it 14 to 120).
SMEARED = (10.0, 10.0, 12.0, 25.0, 80.0, 80.0)
TEXT_SPAN = 300.0  # code values: what text adds may be anything within
DEPENDENT = 2  # frames that are worth an independent one: what is wrong in one often is in the next
SMALL = 16.0  # squared code values that halo adds in all frames alike
SURE = 0.85  # from here on a pixel counts as free of text


def free_of_text(shown: np.ndarray, guess: np.ndarray, variance: np.ndarray, depth: np.ndarray,
                 outside: int, grown: int) -> np.ndarray:
    """(k,) how probable it is that a pixel shows no text.

    shown, guess: (t, k) luma in code values, guess being the background as far as it is known otherwise, to `variance`
    (inf where it is not): (t, k) squared code values. depth: (k,) pixels from the edge, at least 1, of
    which the first `outside` lie outside the hole and `grown` more are what it was grown by.
    """
    known = np.isfinite(variance)
    count = known.sum(0)
    some = np.maximum(count, 1)
    bias = np.where(known, shown - guess, 0).sum(0) / some
    doubt = np.where(known, variance, 0).sum(0) / some / np.maximum(count / DEPENDENT, 1) + SMALL
    free = _by_depth((*[OUTSIDE] * outside, *[GROWN] * grown, *DEEPER, 0), depth)
    likely = np.exp(-bias**2 / (2 * doubt)) / np.sqrt(2 * np.pi * doubt)
    return np.where(count > 0, free * likely / (free * likely + (1 - free) / TEXT_SPAN), free)


def smeared(depth: np.ndarray) -> np.ndarray:
    """(k,) squared code values that pixels without text are off by, by their depth from the hole's edge."""
    return _by_depth(SMEARED, depth)


def _by_depth(values: tuple, depth: np.ndarray) -> np.ndarray:
    return np.array(values, np.float32)[(np.rint(depth.clip(1, len(values))).astype(int) - 1)]
