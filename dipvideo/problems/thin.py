"""Thin holes, pixels here and there or text: what is alike elsewhere has filled them, and nothing is left to draw."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from ..geometry import Box
from .base import Estimate, Problem, tensor

DEEPEST = 5.0  # pixels: half the width of a stroke that is still filled from both sides


@dataclass(frozen=True, slots=True)
class ThinProblem(Problem):
    """Answer with what plain means have found. A network that learnt from the hole's own pattern, laid over known
    pixels, came to 36.9 dB on a house of which half is missing, in 400 steps; they give 40.2.

    hole: (h, w) bool; answer: (h, w, 3) float32 in [0, 1]; source: as in a `FillProblem`.
    """

    box: Box
    hole: np.ndarray
    answer: np.ndarray
    source: np.ndarray

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return {"image": (3, *self.hole.shape)}

    def to(self, device: torch.device) -> ThinProblem:
        return self

    def at_rest(self) -> Estimate:
        return {"image": tensor(self.answer)}

    def loss(self, estimate: Estimate) -> torch.Tensor:
        return (estimate["image"].cpu() - tensor(self.answer)).square().mean()


def is_thin(hole: np.ndarray) -> bool:
    """Whether no pixel of a (h, w) bool hole lies more than DEEPEST pixels inside it."""
    return bool(hole.any()) and float(cv2.distanceTransform(hole.view(np.uint8), cv2.DIST_L2, 5).max()) <= DEEPEST
