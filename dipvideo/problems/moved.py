"""What the last frame's answer says of this one: fetched along the flow."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional


def places_of(back: np.ndarray) -> torch.Tensor:
    """(1, h, w, 2) float32, as `fetched` takes it: where `back`, flow (h, w, 2) in pixels, leads."""
    height, width = back.shape[:2]
    y, x = np.mgrid[:height, :width]
    there = np.stack(((2 * (x + back[..., 0]) + 1) / width - 1, (2 * (y + back[..., 1]) + 1) / height - 1), -1)
    return torch.from_numpy(there.astype(np.float32))[None]


def fetched(values: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """(1, C, h, w) values of the last frame, where this one's pixels were."""
    return functional.grid_sample(values, places, padding_mode="border", align_corners=False)
