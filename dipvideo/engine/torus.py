"""A canvas whose ends meet, on which a picture lies as its motion says, pixel by pixel."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from ..networks.blocks import wrapped

# The canvas is larger than the picture by ROOM pixels at least, in which its ends meet; its sides are multiples of
# GRID, so that every scale of a network divides them.
ROOM, GRID = 16, 32


class Torus:
    """For pictures of `height` and `width` pixels; until told otherwise they lie at its upper left."""

    def __init__(self, height: int, width: int, device: torch.device):
        self.sides = sides_of(height, width)
        self._here = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
        self._places = torch.empty(1, height, width, 2, device=device)
        self.lay(np.zeros_like(self._here))

    def lay(self, moved: np.ndarray) -> None:
        """From here on pixels of the picture lie `moved`, (h, w, 2) x and y, from where they lay at first."""
        sides = np.float32(self.sides[::-1])
        padded = (self._here + moved) % sides + 1
        self._places.copy_(torch.from_numpy((2 * padded + 1) / (sides + 2) - 1))

    def picture(self, drawn: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w): what of `drawn`, the whole canvas, the picture shows, between pixels bilinear."""
        places = self._places.expand(len(drawn), -1, -1, -1)
        return functional.grid_sample(wrapped(drawn, 1), places, padding_mode="border", align_corners=False)


def sides_of(height: int, width: int) -> tuple[int, ...]:
    """The sides of a canvas on which a picture of these sides may move."""
    return tuple(-(-(side + ROOM) // GRID) * GRID for side in (height, width))
