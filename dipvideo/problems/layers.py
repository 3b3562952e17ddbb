"""Take a picture apart: N pictures under one N-way mask, each explaining its own layer.

After Gandelsman, Shocher, Irani: Double-DIP, CVPR 2019 (two layers and a mask, begun from hints), and Haddad's systems
of coupled priors; N layers under one softmax, layers fitted where they are sure and carried on by their prior where
they are not, and masks that follow the motion are dipvideo's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from .base import Estimate, Problem, tensor
from .moved import fetched, places_of

# As tried on the four hardest of ten composites, mean IoU over five frames, 150 steps and 15 a later frame: hints alone
# .828; COUPLE 8 and HINT .3 .850; 3 and .1 .858, with hints believed by their texture .868; 6 and .2 .866.
RANGE = 4.0  # of the mask's logits, on both sides of 0
SURE = 4  # power of a hint: what is hardly sure teaches a layer next to nothing
COUPLE = 3.0  # weight of how badly a pixel's layers explain it, against 1 for the layers' own fit …
HINT = 0.1  # … of the hints …
SHARP = 0.1  # … of masks that are undecided …
HOLD = 0.3  # … and of masks that part from the last frame's, moved


@dataclass(frozen=True, slots=True)
class LayersProblem(Problem):
    """Explain a picture by layers, each of which shows where its mask says.

    frame: (H, W, 3), the picture as it came; small: (h, w, 3) uint8, as it is worked on. Tensors: picture (1, 3, h, w);
    hints (1, N, h, w), 1 in all at each pixel; sure (1, 1, h, w) in [0, 1], how far they can be believed; back
    (1, h, w, 2), where each pixel was in the last frame, as `fetched` takes it, or None; trust (1, 1, h, w) in
    [0, 1], how far that can be believed; expected, the last frame's masks, moved, None for a first frame.
    """

    frame: np.ndarray
    small: np.ndarray
    picture: torch.Tensor
    hints: torch.Tensor
    sure: torch.Tensor
    back: torch.Tensor | None = None
    trust: torch.Tensor | None = None
    expected: torch.Tensor | None = None

    @classmethod
    def of(cls, frame: np.ndarray, small: np.ndarray, hints: np.ndarray, sure: np.ndarray,
           back: np.ndarray | None = None, trust: np.ndarray | None = None) -> LayersProblem:
        """hints: (h, w, N); sure, trust: (h, w); back: (h, w, 2) flow to the last frame in pixels."""
        known = (tensor(small / np.float32(255)), tensor(hints), tensor(sure[..., None]))
        if back is None:
            return cls(frame, small, *known)
        return cls(frame, small, *known, places_of(back), tensor(trust[..., None]))

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        count, height, width = self.hints.shape[1:]
        return {**{f"layer{n}": (3, height, width) for n in range(count)}, "masks": (count, height, width)}

    def to(self, device: torch.device) -> LayersProblem:
        return replace(self, picture=self.picture.to(device), hints=self.hints.to(device), sure=self.sure.to(device),
                       back=None if self.back is None else self.back.to(device),
                       trust=None if self.trust is None else self.trust.to(device))

    def masks(self, estimate: Estimate) -> torch.Tensor:
        """(1, N, h, w), 1 in all at each pixel."""
        return torch.softmax(RANGE * (2 * estimate["masks"] - 1), 1)

    def answer(self, estimate: Estimate) -> np.ndarray:
        """The masks as (h, w, N) float32 on the host."""
        return np.moveaxis(self.masks(estimate)[0].cpu().numpy(), 0, -1)

    def forward(self, estimate: Estimate) -> torch.Tensor:
        """The picture that the layers make under their masks."""
        layers = torch.stack([estimate[f"layer{n}"] for n in range(self.hints.shape[1])], 1)
        return (self.masks(estimate)[:, :, None] * layers).sum(1)

    def loss(self, estimate: Estimate) -> torch.Tensor:
        masks = self.masks(estimate)
        wrong = torch.stack([(estimate[f"layer{n}"] - self.picture).abs().mean(1) for n in range(masks.shape[1])], 1)
        own = self.sure * self.hints**SURE
        fit = ((own * wrong).sum((2, 3)) / (own.sum((2, 3)) + 1)).sum()
        coupled = (masks * wrong.detach()).sum(1).mean()
        hinted = -(self.sure * self.hints * torch.log(masks + 1e-4)).sum(1).mean()
        undecided = 1 - masks.square().sum(1).mean()
        total = fit + COUPLE * coupled + HINT * hinted + SHARP * undecided
        if self.expected is not None:
            total = total + HOLD * (self.trust * (masks - self.expected).abs()).mean()
        return total

    def follow(self, last: LayersProblem, estimate: Estimate) -> LayersProblem:
        if self.back is None:
            return self
        return replace(self, expected=fetched(last.masks(estimate), self.back))
