"""Values for the pixels of a hole from what surrounds it and from the steps that are known between them.

Pérez, Gangnet, Blake: Poisson Image Editing, SIGGRAPH 2003; where no step is known it is 0, and the hole is spanned by
a membrane.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import splu

Pixels = tuple[np.ndarray, np.ndarray]


class Membrane:
    """Spans one hole, (h, w) bool, as often as asked. `ends`: the pixels on both ends of each step that touches it."""

    def __init__(self, hole: np.ndarray):
        self._hole = hole
        self._number = np.full(hole.shape, -1)
        self._number[hole] = np.arange(hole.sum())
        right, below = np.argwhere(hole[:, :-1] | hole[:, 1:]), np.argwhere(hole[:-1] | hole[1:])
        pixels = np.concatenate((right, below)), np.concatenate((right + np.array([0, 1]), below + np.array([1, 0])))
        self.ends: tuple[Pixels, Pixels] = tuple((p[:, 0], p[:, 1]) for p in pixels)

    def __call__(self, values: np.ndarray, steps: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """(h, w, c) float32: `values`, those of the hole replaced so that they rise by `steps`, (ends, c), from one end
        to the other, as nearly as can be; weights: (ends,), how far each step is believed."""
        filled = values.astype(np.float32)
        if not self._hole.any() or self._hole.all():
            return filled
        rows, columns, signs, wanted = [], [], [], steps.astype(np.float64)
        for end, sign in zip(self.ends, (-1, 1), strict=True):
            number = self._number[end]
            free = number >= 0
            rows.append(np.flatnonzero(free))
            columns.append(number[free])
            signs.append(np.full(free.sum(), sign))
            wanted = wanted - sign * np.where(free[:, None], 0, values[end])
        slopes = csr_matrix((np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns))),
                            shape=(len(steps), self._number.max() + 1))
        normal = slopes.T @ diags(weights)
        filled[self._hole] = splu((normal @ slopes).tocsc()).solve(normal @ wanted)
        return filled
