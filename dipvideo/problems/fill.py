"""Fill holes: explain the known pixels, and the borrowed ones as far as they can be trusted.

Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR 2018, section 3.4 (masked squared error); the smooth base, the
borrowed targets and what holds the free pixels are dipvideo's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from ..geometry import Box
from .base import Estimate, HeldOut, Problem

BORROWED_WEIGHT = 0.5  # of a borrowed pixel of full confidence in the loss, against 1 for a known one
# Confidence from which a pixel helps to carry the rim into the rest of the hole: with .5 instead, what was borrowed
# wrongly spreads and a hand-held clip loses 1.3 dB; with .98 a slow pan loses .3.
SURE = 0.94
# Share of what the prior draws, against what the rim says unblurred, where nothing is borrowed. Of the six clips that
# was tried on, half of it wins .3 dB over water and loses .1 to .4 on the others; all of it loses up to 1 dB.
DRAWN = 0.1
BASE_SIGMA = 2.0  # pixels; of the smooth base that the prior adds texture to
SETTLED = 0.01  # a hole of which a smaller share is borrowed with confidence below a half is not worth a fit
MIN_HELD_OUT = 30  # fewer held-out pixels say nothing


@dataclass(frozen=True, slots=True)
class FillProblem(Problem):
    """Explain the known pixels of a crop, and the borrowed ones as far as they can be trusted.

    With a smooth base b, the picture is x = b + 2 f(z) − 1 for a network f with outputs in [0, 1]: colours are right
    from the first step, and the prior spends its steps on texture. Where nothing is known the texture is held small
    (pull) and near the last frame's (hold), both as squared differences. Without a base x = f(z), as in the paper.
    On six crops of five clips, 40 steps, two seeds: without a base 18.7 dB (150 steps), with one 22.8, and pulled 23.5.

    image: (h, w, 3) float32, borrowed pixels put in; hole: (h, w) bool; confidence: (h, w) float32, of borrowed
    pixels. The tensors are (1, C, h, w): target, weight (of each pixel in the loss), free (how little is known of it),
    base, plain (what the rim says, unblurred, which the answer mixes with what is drawn), and, once a frame has been
    answered, memory (its answer). source: (h, w) int32, the frame that a pixel is borrowed from, −1 where it is drawn
    or not filled at all, −2 where an overlay was taken off this very frame; None if nobody asked.
    """

    box: Box
    image: np.ndarray
    hole: np.ndarray
    confidence: np.ndarray
    pull: float
    hold: float
    target: torch.Tensor
    weight: torch.Tensor
    free: torch.Tensor
    base: torch.Tensor | None = None
    memory: torch.Tensor | None = None
    plain: torch.Tensor | None = None
    source: np.ndarray | None = None

    @classmethod
    def of(cls, box: Box, image: np.ndarray, hole: np.ndarray, confidence: np.ndarray, *, base: bool = True,
           pull: float = 0.0, hold: float = 0.0, source: np.ndarray | None = None) -> FillProblem:
        weight = np.where(hole, BORROWED_WEIGHT * confidence, 1)
        free = np.where(hole, 1 - confidence, 0)
        return cls(box, image, hole, confidence, pull, hold, _tensor(image), _tensor(weight), _tensor(free),
                   _tensor(smooth_base(image, hole, confidence)) if base else None,
                   plain=_tensor(carried_in(image, hole & (confidence < SURE))) if base else None,
                   source=source)

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return {"image": (3, *self.hole.shape)}

    def to(self, device: torch.device) -> FillProblem:
        return replace(self, target=self.target.to(device), weight=self.weight.to(device), free=self.free.to(device),
                       base=None if self.base is None else self.base.to(device),
                       plain=None if self.plain is None else self.plain.to(device))

    def forward(self, estimate: Estimate) -> torch.Tensor:
        """The picture that the networks' outputs stand for."""
        return estimate["image"] if self.base is None else self.base + (2 * estimate["image"] - 1)

    def answer(self, estimate: Estimate) -> torch.Tensor:
        """What is known stays, what is borrowed counts by its confidence, the rest is drawn."""
        drawn = self.forward(estimate)
        if self.plain is not None:
            drawn = self.plain + DRAWN * (drawn - self.plain)
        return self.target + self.free * (drawn - self.target)

    def picture(self, estimate: Estimate) -> np.ndarray:
        """The answer as (h, w, 3) float32 on the host, in [0, 1]."""
        return self.answer(estimate)[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()

    def at_rest(self) -> Estimate | None:
        if self.base is None or (self.confidence[self.hole] < 0.5).mean() > SETTLED:
            return None
        return {"image": (self.plain - self.base + 1) / 2}  # no texture of its own: the rim, carried in

    def loss(self, estimate: Estimate) -> torch.Tensor:
        x = self.forward(estimate)
        total = (self.weight * (x - self.target).square()).sum()
        if self.base is not None and self.pull:
            total = total + self.pull * (self.free * (x - self.base).square()).sum()
        if self.memory is not None and self.hold:
            total = total + self.hold * (self.free * (x - self.memory).square()).sum()
        return total / x.numel()

    def follow(self, last: FillProblem, estimate: Estimate) -> FillProblem:
        return replace(self, memory=last.answer(estimate))

    def hold_out(self, share: float, seed: int) -> HeldOut | None:
        known = self.weight == 1
        draw = torch.rand(self.weight.shape, generator=torch.Generator().manual_seed(seed)).to(known.device)
        held = known & (draw < share)
        if int(held.sum()) < MIN_HELD_OUT:
            return None
        return HeldOutPixels(replace(self, weight=self.weight * ~held), held.float())


class HeldOutPixels(HeldOut):
    """A fill problem without some of its known pixels."""

    def __init__(self, problem: FillProblem, held: torch.Tensor):
        self.problem, self._held = problem, held

    def error(self, estimate: Estimate) -> torch.Tensor:
        difference = (self.problem.forward(estimate) - self.problem.target).square()
        return (self._held * difference).sum() / (3 * self._held.sum())


def _tensor(values: np.ndarray) -> torch.Tensor:
    """(h, w) or (h, w, C) as (1, C, h, w) float32."""
    channels = values[..., None] if values.ndim == 2 else values
    return torch.from_numpy(np.moveaxis(channels, -1, 0).astype(np.float32, order="C"))[None]


def smooth_base(image: np.ndarray, hole: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32: the picture's low frequencies, carried into the hole from its rim and borrowed pixels."""
    unknown = (hole & (confidence < 0.5)).view(np.uint8)
    filled = cv2.inpaint(np.rint(image.clip(0, 1) * 255).astype(np.uint8), unknown, 3, cv2.INPAINT_TELEA)
    return cv2.GaussianBlur(filled.astype(np.float32) / 255, (0, 0), BASE_SIGMA)


def carried_in(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32: the picture, and in its hole what its rim says (Telea, 2004)."""
    filled = cv2.inpaint(np.rint(image.clip(0, 1) * 255).astype(np.uint8), hole.view(np.uint8), 3, cv2.INPAINT_TELEA)
    return np.where(hole[..., None], filled.astype(np.float32) / 255, image)


def feathered(hole: np.ndarray, feather: float) -> np.ndarray:
    """(h, w) float32 weights: 0 outside the hole, rising inside it to 1 over `feather` pixels."""
    depth = cv2.distanceTransform(np.pad(hole, 1, mode="edge").view(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.minimum(depth / (feather + 1), 1).astype(np.float32) if feather else hole.astype(np.float32)
