"""A picture as several priors see it that are stopped early: what is large and alike is there, texture is not yet.

Azulay et al.: Deep Segmentation Prior (the pixel median of 11 runs of 50 steps). L1, as there, leaves
colours wrong for longer where a network starts flat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch

from .base import Estimate, Problem, tensor

RUNS = 7  # networks, fitted together


@dataclass(frozen=True, slots=True)
class EarlyProblem(Problem):
    """frame: (H, W, 3), the picture as it came; small: (h, w, 3) uint8, as it is worked on; picture: (1, 3, h, w)."""

    kind: ClassVar[str] = "early"

    frame: np.ndarray
    small: np.ndarray
    picture: torch.Tensor

    @classmethod
    def of(cls, frame: np.ndarray, small: np.ndarray) -> EarlyProblem:
        return cls(frame, small, tensor(small / np.float32(255)))

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return {f"run{n}": (3, *self.small.shape[:2]) for n in range(RUNS)}

    def to(self, device: torch.device) -> EarlyProblem:
        return replace(self, picture=self.picture.to(device))

    def loss(self, estimate: Estimate) -> torch.Tensor:
        return sum((run - self.picture).square().mean() for run in estimate.values())

    def answer(self, estimate: Estimate) -> np.ndarray:
        """(h, w, 3) float32 in [0, 1] on the host: the median of all runs."""
        runs = torch.cat(list(estimate.values())).cpu().numpy()
        return np.ascontiguousarray(np.moveaxis(np.median(runs, 0), 0, -1))
