"""Two layers from two mixtures of them: solved where both pictures say how they were mixed, drawn where they do not.

y₁ = a₁ T + b₁ R, y₂ = a₂ T + b₂ R. Double-DIP (Gandelsman, Shocher, Irani, CVPR 2019, section 4.2) fits networks for T
and R everywhere. Where nothing is clipped two equations give both exactly, and a network can only blur that: on six
pairs whose mixing was told it had 20 to 37 dB where the equations have 27 to 43.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from ..geometry import Box
from .base import Estimate, Problem, Rehearsal
from .fill import FillProblem


@dataclass(frozen=True, slots=True)
class MixtureProblem(Problem):
    """What `second`, the layer with less detail, is where a picture was too light to be a sum; then the first is known.

    pictures: two of (h, w, 3) float32; mixing: (2, 2), of each layer (a column) in each picture (a row); layers: what
    both say, two of (h, w, 3); clipped: two of (h, w, 3) bool, where a picture says too little. fill: the second layer,
    its clipped pixels a hole.
    """

    pictures: tuple[np.ndarray, np.ndarray]
    mixing: np.ndarray
    layers: tuple[np.ndarray, np.ndarray]
    clipped: tuple[np.ndarray, np.ndarray]
    fill: FillProblem

    @classmethod
    def of(cls, box: Box, pictures: tuple[np.ndarray, np.ndarray], mixing: np.ndarray,
           layers: tuple[np.ndarray, np.ndarray], clipped: tuple[np.ndarray, np.ndarray]) -> MixtureProblem:
        hole = np.logical_or(*clipped).any(-1)
        fill = FillProblem.of(box, layers[1].clip(0, 1), hole, np.zeros(hole.shape, np.float32), share=None)
        return cls(pictures, mixing, layers, clipped, fill)

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return self.fill.outputs()

    def to(self, device: torch.device) -> MixtureProblem:
        return replace(self, fill=self.fill.to(device))

    def loss(self, estimate: Estimate) -> torch.Tensor:
        return self.fill.loss(estimate)

    def at_rest(self) -> Estimate | None:
        return self.fill.at_rest() if self.fill.hole.any() else self.fill.drawn(0.0).at_rest()

    def drawn(self, share: float) -> MixtureProblem:
        return replace(self, fill=self.fill.drawn(share))

    def rehearsal(self) -> Rehearsal | None:
        return self.fill.rehearsal()

    def follow(self, last: MixtureProblem, estimate: Estimate) -> MixtureProblem:
        return replace(self, fill=self.fill.follow(last.fill, estimate))

    def answer(self, estimate: Estimate) -> tuple[np.ndarray, np.ndarray]:
        """Both layers, (h, w, 3) float32 in [0, 1], on the host."""
        drawn = self.fill.picture(estimate)
        (first, second), (one, other) = self.layers, self.clipped
        known = [(picture - b * drawn) / max(a, 1e-3)
                 for picture, (a, b) in zip(self.pictures, self.mixing, strict=True)]
        # Where one picture is not clipped, it says what the first layer is beside the drawn one.
        first = np.where(one & ~other, known[1], np.where(other & ~one, known[0], first))
        second = np.where(one | other, drawn, second)
        return first.clip(0, 1).astype(np.float32), second.clip(0, 1).astype(np.float32)
