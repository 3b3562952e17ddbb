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
from .base import Estimate, HeldOut, Problem, Rehearsal, tensor
from .moved import Moved, fetched, places_of

BORROWED_WEIGHT = 0.5  # of a borrowed pixel of full confidence in the loss, against 1 for a known one
# Confidence from which a pixel helps to carry the rim into the rest of the hole: with .5 instead, what was borrowed
# wrongly spreads and a hand-held clip loses 1.3 dB; with .98 a slow pan loses .3.
SURE = 0.94
BASE_SIGMA = 2.0  # pixels; of the smooth base that the prior adds texture to
SETTLED = 0.01  # a hole of which a smaller share is borrowed with confidence below a half is not worth a fit …
# … and unless it is asked for, one of which more than a tenth is borrowed: the rest moves by itself, and looks like
# nothing in the crop. With a trial as the only guard a clip of a bird lost 2.4 dB.
MOSTLY = 0.9
MIN_REHEARSED = 100  # hidden pixels: fewer do not tell what drawing is worth
# Share of the rim's squared error that drawing must save. Beside borrowed pixels that are a little off it does worse
# than on trial: four moving clips where it saved .05 to .14 on trial lost .2 dB by it; a still portrait gains 1.8.
WORTH = 0.2
# Weight of what has just come into the picture, in the first frame that shows it, against 1 for what the last one
# showed. At full weight its large error moves all weights, and what was learnt of the hole's surroundings is lost.
ARRIVED = 0.1
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
    or not filled at all, −2 where an overlay was taken off this very frame; None if nobody asked. share: of what is
    drawn in that mixture; None is all, once it has been tried whether that is worth it.
    settled: the share of the hole below which what nobody shows is not drawn. moved: as in `Problem`; the memory moves
    along.
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
    share: float | None = 1.0
    settled: float = SETTLED
    moved: Moved | None = None

    @classmethod
    def of(cls, box: Box, image: np.ndarray, hole: np.ndarray, confidence: np.ndarray, *, base: bool = True,
           pull: float = 0.0, hold: float = 0.0, source: np.ndarray | None = None,
           share: float | None = 1.0, moved: Moved | None = None) -> FillProblem:
        weight = np.where(hole, BORROWED_WEIGHT * confidence, 1)
        free = np.where(hole, 1 - confidence, 0)
        return cls(box, image, hole, confidence, pull, hold, tensor(image), tensor(weight), tensor(free),
                   tensor(smooth_base(image, hole, confidence)) if base else None,
                   plain=tensor(carried_in(image, hole & (confidence < SURE))) if base else None,
                   source=source, share=share, settled=SETTLED if share is not None else MOSTLY, moved=moved)

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
            drawn = self.plain + (1 if self.share is None else self.share) * (drawn - self.plain)
        return self.target + self.free * (drawn - self.target)

    def picture(self, estimate: Estimate) -> np.ndarray:
        """The answer as (h, w, 3) float32 on the host, in [0, 1]."""
        return self.answer(estimate)[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()

    def at_rest(self) -> Estimate | None:
        if self.base is None or (self.share != 0 and (self.confidence[self.hole] < 0.5).mean() > self.settled):
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
        memory = last.answer(estimate)
        if self.moved is None:
            return replace(self, memory=memory)
        say = tensor(np.where(self.moved.arrived(), ARRIVED, 1)).to(memory.device)
        places = places_of(self.moved.back).to(memory.device)
        return replace(self, memory=fetched(memory, places), weight=say * self.weight)

    def drawn(self, share: float) -> FillProblem:
        return replace(self, share=share)

    def rehearsal(self) -> Rehearsal | None:
        if self.base is None or self.share is not None:
            return None
        hidden = np.roll(self.hole, self.hole.shape[1] // 2, axis=1) & ~self.hole
        if hidden.sum() < MIN_REHEARSED:
            return None
        more = FillProblem.of(self.box, self.image, self.hole | hidden, self.confidence, pull=self.pull, hold=self.hold,
                              moved=self.moved)
        return HiddenToo(more.to(self.target.device), hidden, self.image)

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


class HiddenToo(Rehearsal):
    """The hole again, half a crop aside, where the picture is known."""

    def __init__(self, problem: FillProblem, hidden: np.ndarray, truth: np.ndarray):
        self.problem, self._hidden, self._truth = problem, hidden, truth[hidden]

    def worth(self, estimate: Estimate) -> float:
        """What mixture of the drawn and the rim comes closest to the truth; 0 if it is hardly closer than the rim."""
        rim = self.problem.plain[0].permute(1, 2, 0).cpu().numpy()[self._hidden]
        drawn = self.problem.forward(estimate)[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()[self._hidden]
        off, move = self._truth - rim, drawn - rim
        share = float(np.clip((off * move).sum() / max((move**2).sum(), 1e-9), 0, 1))
        left = ((off - share * move) ** 2).sum() / max((off**2).sum(), 1e-9)
        return share if left < 1 - WORTH else 0.0


def smooth_base(image: np.ndarray, hole: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32: the picture's low frequencies, carried into the hole from its rim and borrowed pixels."""
    unknown = hole & (confidence < 0.5)
    return cv2.GaussianBlur(_inpainted(image, unknown), (0, 0), BASE_SIGMA)


def carried_in(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32: the picture, and in its hole what its rim says (Telea, 2004)."""
    return np.where(hole[..., None], _inpainted(image, hole), image)


def _inpainted(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32 in [0, 1], of 8 bits."""
    filled = cv2.inpaint(np.rint(image.clip(0, 1) * 255).astype(np.uint8), hole.view(np.uint8), 3, cv2.INPAINT_TELEA)
    return filled.astype(np.float32) / 255


def feathered(hole: np.ndarray, feather: float) -> np.ndarray:
    """(h, w) float32 weights: 0 outside the hole, rising inside it to 1 over `feather` pixels."""
    depth = cv2.distanceTransform(np.pad(hole, 1, mode="edge").view(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.minimum(depth / (feather + 1), 1).astype(np.float32) if feather else hole.astype(np.float32)
