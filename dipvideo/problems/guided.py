"""Draw one picture with the structure of another: the other is the code, and plain smoothing along it the start.

Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR 2018, section 3.5 (flash and no flash).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from ..geometry import Box
from .base import Codes, Estimate, Problem


@dataclass(frozen=True, slots=True)
class GuidedProblem(Problem):
    """Explain `target` by `base` and what a network makes of `guide`, (1, 3, h, w) each: edges are taken over, noise is
    not. Without a base, highlights of the guide come out as dull patches and dark gaps as haze."""

    box: Box
    target: torch.Tensor
    guide: torch.Tensor
    base: torch.Tensor

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return {"image": (3, *self.target.shape[-2:])}

    def to(self, device: torch.device) -> GuidedProblem:
        return replace(self, target=self.target.to(device), guide=self.guide.to(device),
                       base=self.base.to(device))

    def codes(self) -> Codes:
        return {"image": self.guide}

    def loss(self, estimate: Estimate) -> torch.Tensor:
        return (self.forward(estimate) - self.target).square().mean()

    def forward(self, estimate: Estimate) -> torch.Tensor:
        """The picture that the network's output stands for."""
        return self.base + (2 * estimate["image"] - 1)

    def picture(self, estimate: Estimate) -> np.ndarray:
        """The answer as (h, w, 3) float32 on the host, in [0, 1]."""
        return self.forward(estimate)[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()
