"""Take haze off: a clear picture, and how much of it comes through.

y = t J + (1 − t) A. After Gandelsman, Shocher, Irani: Double-DIP, CVPR 2019, section 4.3 (priors for J and t, coupled
through y). What makes J clear is the dark channel (He, Sun, Tang, CVPR 2009; as a loss: Golts, Freedman, Elad, TIP
2020): without it t = 1 explains everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

from .base import Estimate, Problem, tensor
from .moved import fetched, places_of

# With .05 and .1 the indoor pair's 19.9 dB fall to 16.5: the clear picture is driven too dark. So little keeps the
# dark channel's own 19.9, and mends its blocks.
DARK = 0.002  # weight of the dark channel of the clear picture, against 1 for the squared error of the whole …
ANCHOR = 0.3  # … of how far what comes through is from the dark channel's own word …
HOLD = 0.3  # … and from the last frame's, moved
WINDOW = 5  # pixels on a side of the dark channel's
SWING = 0.5  # by how much what was guessed to come through can be mended
# Of the light, that comes through anything: with .1 the blocks and noise of a foggy sky outshine what it shows.
LEAST = 0.25


@dataclass(frozen=True, slots=True)
class HazeProblem(Problem):
    """Explain a hazy picture by a clear one and what of it comes through.

    frame: (H, W, 3), the picture as it came; small: (h, w, 3) float32, as it is worked on; air: (3,), the colour of the
    haze. Tensors: hazy (1, 3, h, w); airlight (1, 3, 1, 1); guess (1, 1, h, w), of what comes through; back
    (1, h, w, 2), where each pixel was in the last frame, or None; expected, what came through there, moved.
    """

    frame: np.ndarray
    small: np.ndarray
    air: np.ndarray
    hazy: torch.Tensor
    airlight: torch.Tensor
    guess: torch.Tensor
    back: torch.Tensor | None = None
    expected: torch.Tensor | None = None

    @classmethod
    def of(cls, frame: np.ndarray, small: np.ndarray, air: np.ndarray, guess: np.ndarray,
           back: np.ndarray | None = None) -> HazeProblem:
        """guess: (h, w); back: (h, w, 2) flow to the last frame in pixels."""
        return cls(frame, small, air, tensor(small), torch.from_numpy(air.astype(np.float32)).view(1, 3, 1, 1),
                   tensor(guess[..., None]), None if back is None else places_of(back))

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return {"picture": (3, *self.small.shape[:2]), "through": (1, *self.small.shape[:2])}

    def to(self, device: torch.device) -> HazeProblem:
        return replace(self, hazy=self.hazy.to(device), airlight=self.airlight.to(device), guess=self.guess.to(device),
                       back=None if self.back is None else self.back.to(device))

    def through(self, estimate: Estimate) -> torch.Tensor:
        """(1, 1, h, w): the share of the clear picture's light that comes through: what was guessed, mended."""
        return (self.guess + SWING * (2 * estimate["through"] - 1)).clamp(LEAST, 1)

    def answer(self, estimate: Estimate) -> np.ndarray:
        """(h, w) float32 on the host: the share of light that comes through."""
        return self.through(estimate)[0, 0].cpu().numpy()

    def loss(self, estimate: Estimate) -> torch.Tensor:
        through, clear = self.through(estimate), estimate["picture"]
        made = through * clear + (1 - through) * self.airlight
        darkest = -functional.max_pool2d(-clear.amin(1, keepdim=True), WINDOW, 1, WINDOW // 2)
        total = (made - self.hazy).square().mean() + DARK * darkest.mean()
        total = total + ANCHOR * (through - self.guess).square().mean()
        if self.expected is not None:
            total = total + HOLD * (through - self.expected).square().mean()
        return total

    def follow(self, last: HazeProblem, estimate: Estimate) -> HazeProblem:
        if self.back is None:
            return self
        return replace(self, expected=fetched(last.through(estimate), self.back))
