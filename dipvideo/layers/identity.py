"""Which layer of one run of frames is which of another: by colours, size and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from . import colours


@dataclass(frozen=True, slots=True)
class Look:
    """colours: (layers, bins), each 1 in all; area: (layers,), of the picture; place: (layers, 2), x and
    y in [0, 1]."""

    colours: np.ndarray
    area: np.ndarray
    place: np.ndarray

    def ordered(self, order: np.ndarray) -> Look:
        """The same layers in another order."""
        return Look(self.colours[order], self.area[order], self.place[order])


def look_of(frames: np.ndarray, shares: np.ndarray) -> Look:
    """Of layers with (n, h, w, layers) `shares` in (n, h, w, 3) uint8 frames."""
    counts = colours.counted(colours.codes_of(colours.lab_of(frames)), shares)
    height, width = shares.shape[1:3]
    area = shares.mean((0, 1, 2))
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    mass = shares.sum(0) / np.maximum(shares.sum((0, 1, 2)), 1e-6)
    place = np.stack((np.einsum("yxl,x->l", mass, x), np.einsum("yxl,y->l", mass, y)), -1)
    return Look(counts / np.maximum(counts.sum(1, keepdims=True), 1e-6), area, place)


def matched(look: Look, known: Look) -> np.ndarray:
    """(layers,) int: for each layer of `known` the one of `look` that it is, chosen together (Hungarian method)."""
    overlap = np.sqrt(known.colours[:, None] * look.colours[None]).sum(-1)  # Bhattacharyya's coefficient
    size = np.abs(known.area[:, None] - look.area[None])
    apart = np.linalg.norm(known.place[:, None] - look.place[None], axis=-1)
    return linear_sum_assignment(1 - overlap + size + apart / 2)[1]
