"""Where what a frame shows was before, and what the last frame's answer says of it: fetched along the flow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Moved:
    """Where each pixel of a frame was, (h, w, 2) float32 each, x and y in pixels from where it is.

    since: in the chunk's first frame; back: in the frame before.
    """

    since: np.ndarray
    back: np.ndarray

    def arrived(self) -> np.ndarray:
        """(h, w) bool: what the frame before did not show, since it lay outside of it."""
        height, width = self.back.shape[:2]
        y, x = np.mgrid[:height, :width]
        x, y = x + self.back[..., 0], y + self.back[..., 1]
        return (x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)


def places_of(back: np.ndarray) -> torch.Tensor:
    """(1, h, w, 2) float32, as `fetched` takes it: where `back`, flow (h, w, 2) in pixels, leads."""
    height, width = back.shape[:2]
    y, x = np.mgrid[:height, :width]
    there = np.stack(((2 * (x + back[..., 0]) + 1) / width - 1, (2 * (y + back[..., 1]) + 1) / height - 1), -1)
    return torch.from_numpy(there.astype(np.float32))[None]


def fetched(values: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """(1, C, h, w) values of the last frame, where this one's pixels were."""
    return functional.grid_sample(values, places, padding_mode="border", align_corners=False)
