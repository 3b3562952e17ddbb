"""Enlarge a picture by what it teaches about itself: made smaller, it shows how small becomes large.

Shocher, Cohen, Irani: "Zero-Shot" Super-Resolution using Deep Internal Learning, CVPR 2018. Here the network works at
the small size and its channels are laid out as the pixels of the large one (Shi et al., CVPR 2016), which takes
1/factor² of the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from ..geometry import Box
from .base import TURNS, Codes, Estimate, Problem, gathered, tensor, turned

# How a picture is taken to have been made smaller.
SMALLER = {"lanczos": Image.Resampling.LANCZOS, "area": Image.Resampling.BOX, "bicubic": Image.Resampling.BICUBIC}
SIZES = (1, 0.93, 0.86, 0.8, 0.73, 0.67, 0.6, 0.53, 0.47)  # of the pictures to learn from; with three .1 dB less
LEAST = 8  # pixels of a side of an example, made smaller
ROUNDS = 4  # of back-projection (Irani & Peleg, 1991): more change less than a level


@dataclass(frozen=True, slots=True)
class Example:
    """small: (1, 3, h, w); bicubic, large: (1, 3, factor·h, factor·w), the first of them made of `small`."""

    small: torch.Tensor
    bicubic: torch.Tensor
    large: torch.Tensor


@dataclass(frozen=True, slots=True)
class EnlargeProblem(Problem):
    """Answer with the bicubic picture and the detail that a network adds to it, so it starts at bicubic exactly.

    Each step learns from one of the examples, turned or mirrored, by the mean difference; the answer is the mean of
    those to all eight ways the picture can be turned or mirrored, which is worth .3 dB on a bird and a butterfly. By 4
    and 8 a picture is enlarged in doublings by one network that has learnt to double: of what 16 pixels show of 64
    little can be learnt (butterfly of Set5: 21.1 dB, doubled twice 24.6, bicubic 22.4).

    box: of the input; given: (h, w, 3) float32 in [0, 1], the input; factor: of one stage; stages: still to come;
    small, bicubic: of this stage, (1, 3, …); turn: how the network is shown it; gathered: the sum of the details it
    saw in those before.
    """

    box: Box
    given: np.ndarray
    factor: int
    stages: int
    smaller: str
    small: torch.Tensor
    bicubic: torch.Tensor
    examples: tuple[Example, ...] = ()
    large: torch.Tensor | None = None
    turn: int = 0
    gathered: torch.Tensor | None = None

    @classmethod
    def of(cls, box: Box, given: np.ndarray, *, scale: int, smaller: str) -> EnlargeProblem:
        """smaller: how the input is taken to have been made smaller, a name of SMALLER."""
        factor, stages = (2, scale.bit_length() - 1) if scale % 2 == 0 else (scale, 1)
        examples = []
        for size in SIZES:
            height, width = (int(side * size) // factor for side in given.shape[:2])
            if min(height, width) >= LEAST:
                rows, columns = height * factor, width * factor
                large = given[:rows, :columns] if size == 1 else resized(given, rows, columns, smaller)
                small = resized(large, height, width, smaller)
                examples.append(Example(tensor(small), tensor(bicubic(small, factor)), tensor(large)))
        return cls(box, given, factor, stages, smaller, tensor(given), tensor(bicubic(given, factor)), tuple(examples))

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return {"detail": (3 * self.factor**2, *self.small.shape[-2:])}

    def to(self, device: torch.device) -> EnlargeProblem:
        examples = tuple(Example(*(t.to(device) for t in (e.small, e.bicubic, e.large))) for e in self.examples)
        return replace(self, small=self.small.to(device), bicubic=self.bicubic.to(device), examples=examples)

    def codes(self) -> Codes:
        return {"detail": turned(self.small, self.turn)}

    def lesson(self, step: int) -> EnlargeProblem:
        example, turn = self.examples[step % len(self.examples)], step % TURNS
        return replace(self, small=turned(example.small, turn), bicubic=turned(example.bicubic, turn),
                       large=turned(example.large, turn), examples=())

    def forward(self, estimate: Estimate) -> torch.Tensor:
        """The larger picture that the network's output stands for."""
        return self.bicubic + self._gathered(estimate) / (self.turn + 1)

    def _gathered(self, estimate: Estimate) -> torch.Tensor:
        """The sum of the details so far, each as the picture lies."""
        seen = functional.pixel_shuffle(2 * estimate["detail"] - 1, self.factor)
        return gathered(self.gathered, seen, self.turn)

    def loss(self, estimate: Estimate) -> torch.Tensor:
        return (self.forward(estimate) - self.large).abs().mean()

    def at_rest(self) -> Estimate | None:
        if self.examples:
            return None
        return {"detail": torch.full((1, *self.outputs()["detail"]), 0.5, device=self.small.device)}

    def picture(self, estimate: Estimate) -> np.ndarray:
        """The answer as (·, ·, 3) float32 on the host: made smaller, it is the input (back-projection)."""
        made = self.forward(estimate)[0].permute(1, 2, 0).cpu().numpy()
        height, width = self.given.shape[:2]
        for _ in range(ROUNDS):
            made = made + bicubic(self.given - resized(made, height, width, self.smaller), made.shape[0] // height)
        return made.clip(0, 1)

    def further(self, estimate: Estimate) -> EnlargeProblem | None:
        if self.turn < TURNS - 1:
            return replace(self, turn=self.turn + 1, gathered=self._gathered(estimate))
        if self.stages == 1:
            return None
        made = self.picture(estimate)
        small, larger = (tensor(p).to(self.small.device) for p in (made, bicubic(made, self.factor)))
        return replace(self, stages=self.stages - 1, small=small, bicubic=larger, turn=0, gathered=None)


def bicubic(picture: np.ndarray, scale: int) -> np.ndarray:
    """(scale·h, scale·w, 3) float32."""
    return resized(picture, picture.shape[0] * scale, picture.shape[1] * scale, "bicubic")


def resized(picture: np.ndarray, height: int, width: int, how: str) -> np.ndarray:
    """(height, width, 3) float32; Pillow widens its kernels where it makes smaller, OpenCV does not."""
    planes = (Image.fromarray(np.ascontiguousarray(picture[..., c], np.float32)) for c in range(3))
    return np.stack([np.asarray(plane.resize((width, height), SMALLER[how])) for plane in planes], axis=-1)
