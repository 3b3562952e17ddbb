"""Fill holes: what other frames show is borrowed, the rest is drawn by the prior.

The prior is fitted to the known pixels of a crop around the holes (Ulyanov et al., Deep Image Prior, CVPR 2018,
section 3.4: masked squared error), with borrowed pixels as targets that count by their confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .. import detect, io, motion
from ..errors import OptionError, Truncated
from ..options import option
from ..plan import make_plan
from ..planes import Patch
from ..problem import Estimate, HeldOut, Problem
from .base import Progress, Task, TaskOptions, Tell, Window

if TYPE_CHECKING:
    import torch

    from ..frame import Frame
    from ..geometry import Box
    from ..holes import Holes
    from ..io import Source
    from ..plan import Chunk, Plan

BORROWED_WEIGHT = 0.5  # of a borrowed pixel of full confidence in the loss, against 1 for a known one
BASE_SIGMA = 2.0  # pixels; of the smooth base that the prior adds texture to
MIN_HELD_OUT = 30  # fewer held-out pixels say nothing


@dataclass(frozen=True, kw_only=True)
class FillOptions(TaskOptions):
    """What both commands that fill holes can be told."""

    mask: str | None = option(None, "The holes, white on black: a picture for all frames, or a video or folder with "
                                    "one mask a frame.", metavar="FILE")
    grow: int = option(0, "Grow the mask by this many pixels on every side.", least=0, most=200)
    borrow: bool = option(True, "Borrow pixels that other frames of the shot show; without it the prior draws all.")
    feather: float = option(2.0, "Pixels over which a filled hole fades into the picture, inside the hole.",
                            least=0.0, most=100.0)
    memory: float = option(0.1, "How strongly what nothing constrains holds on to the last frame's answer.",
                           least=0.0, most=10.0)


class Inpaint(Task):
    """Fill the holes of a mask: scratches, logos, objects."""

    Options = FillOptions
    options: FillOptions

    def plan(self, source: Source, tell: Tell) -> tuple[Plan, Holes]:
        if self.options.mask is None:
            raise OptionError("Nothing says where the holes are: give --mask FILE, white where to fill.")
        return self._plan_by_mask(source, self.options.mask, tell)

    def _plan_by_mask(self, source: Source, path: str, tell: Tell) -> tuple[Plan, Holes]:
        from ..holes import MaskHoles  # brings OpenCV, which the help of a command does without

        mask = io.MaskReader(path, source.info)
        holes = MaskHoles(mask, self.options.grow)
        boxes: list[Box | None] = []
        cuts: list[int] = []
        masks = mask.read()
        for frame, new_shot in self._frames(source, tell, "looking for cuts"):
            hole = next(masks, None)
            if hole is None:
                raise mask.mismatch(source.info.frames_promised or frame.index + 1)
            boxes.append(holes.box(hole))
            if new_shot and frame.index:
                cuts.append(frame.index)
        if not mask.still and next(masks, None) is not None:
            raise mask.mismatch(len(boxes))
        return make_plan(source.info, boxes, cuts), holes

    def _frames(self, source: Source, tell: Tell, stage: str) -> Iterator[tuple[Frame, bool]]:
        """Every frame with whether it opens a shot. Raises Truncated at the end if frames are missing."""
        promised, seen = source.info.frames_promised, 0
        shots = detect.ShotFinder()
        for frame in source.frames():
            yield frame, shots.update(frame)
            seen = frame.index + 1
            tell(Progress(stage, seen, promised))
        short = promised is not None and seen < promised - max(2, promised // 100)
        if not seen or (short and not self.options.partial):
            raise Truncated(f"{source.info.path!r} promises {promised} frames but holds {seen}: it is cut off. "
                            "Fetch it again, or add --partial to restore what is there.")

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        places = [index - window.first for index in targets]
        borrowed = motion.borrow(window.frames, window.holes, places) if self.options.borrow else None
        for place in places:
            frame, hole = window.frames[place], window.holes[place]
            image = frame.astype(np.float32) / 255 if frame.dtype == np.uint8 else frame.copy()
            confidence = np.zeros(hole.shape, np.float32)
            if borrowed is not None:
                found = next(borrowed)
                confidence = np.where(hole, found.confidence, 0)
                image = np.where((confidence > 0)[..., None], found.rgb, image)
            yield FillProblem.of(chunk.box, image, hole, confidence, self.options.memory)

    def render(self, problem: Problem, estimate: Estimate) -> Patch:
        assert isinstance(problem, FillProblem)
        share = problem.confidence[..., None]
        rgb = share * problem.image + (1 - share) * problem.picture(estimate)
        return Patch(problem.box, rgb.astype(np.float32), feathered(problem.hole, self.options.feather))


@dataclass(frozen=True, slots=True)
class FillProblem(Problem):
    """Explain the known pixels of a crop, and the borrowed ones as far as they can be trusted.

    The picture is a smooth base plus what the prior draws, so that colours are right from the first step and the
    prior spends its steps on texture: x = base + 2 f(z) − 1 for a network f with outputs in [0, 1].

    image: (h, w, 3) float32, borrowed pixels put in; hole: (h, w) bool; confidence: (h, w) float32, of borrowed
    pixels; hold: how strongly what nothing constrains holds on to the last frame's answer. The tensors are (1, C, h,
    w): target, base, weight (of each pixel in the loss), free (how little is known of it) and, once a frame has been
    answered, memory (its answer).
    """

    box: Box
    image: np.ndarray
    hole: np.ndarray
    confidence: np.ndarray
    hold: float
    target: torch.Tensor
    base: torch.Tensor
    weight: torch.Tensor
    free: torch.Tensor
    memory: torch.Tensor | None = None

    @classmethod
    def of(cls, box: Box, image: np.ndarray, hole: np.ndarray, confidence: np.ndarray, hold: float) -> FillProblem:
        import torch

        def tensor(values: np.ndarray) -> torch.Tensor:
            channels = values[..., None] if values.ndim == 2 else values
            return torch.from_numpy(np.moveaxis(channels, -1, 0).astype(np.float32, order="C"))[None]

        weight = np.where(hole, BORROWED_WEIGHT * confidence, 1)
        free = np.where(hole, 1 - confidence, 0)
        return cls(box, image, hole, confidence, hold, tensor(image), tensor(smooth_base(image, hole, confidence)),
                   tensor(weight), tensor(free))

    def outputs(self) -> dict[str, tuple[int, int, int]]:
        return {"image": (3, *self.hole.shape)}

    def to(self, device: torch.device) -> FillProblem:
        return replace(self, target=self.target.to(device), base=self.base.to(device), weight=self.weight.to(device),
                       free=self.free.to(device))

    def forward(self, estimate: Estimate) -> torch.Tensor:
        """The picture that the networks' outputs stand for."""
        return self.base + (2 * estimate["image"] - 1)

    def picture(self, estimate: Estimate) -> np.ndarray:
        """The same as (h, w, 3) float32 on the host, in [0, 1]."""
        return self.forward(estimate)[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()

    def loss(self, estimate: Estimate) -> torch.Tensor:
        x = self.forward(estimate)
        total = (self.weight * (x - self.target).square()).sum()
        if self.memory is not None:
            total = total + self.hold * (self.free * (x - self.memory).square()).sum()
        return total / x.numel()

    def follow(self, last: FillProblem, estimate: Estimate) -> FillProblem:
        return replace(self, memory=last.forward(estimate)) if self.hold else self

    def hold_out(self, share: float, seed: int) -> HeldOut | None:
        import torch

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


def smooth_base(image: np.ndarray, hole: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32: the picture's low frequencies, carried into the hole from its rim and borrowed pixels."""
    import cv2

    unknown = (hole & (confidence < 0.5)).view(np.uint8)
    filled = cv2.inpaint(np.rint(image.clip(0, 1) * 255).astype(np.uint8), unknown, 3, cv2.INPAINT_TELEA)
    return cv2.GaussianBlur(filled.astype(np.float32) / 255, (0, 0), BASE_SIGMA)


def feathered(hole: np.ndarray, feather: float) -> np.ndarray:
    """(h, w) float32 weights: 0 outside the hole, rising inside it to 1 over `feather` pixels."""
    import cv2

    depth = cv2.distanceTransform(np.pad(hole, 1, mode="edge").view(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.minimum(depth / (feather + 1), 1).astype(np.float32) if feather else hole.astype(np.float32)


TASK = Inpaint
