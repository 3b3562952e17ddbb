"""What a task asks and the engine answers: an estimate that explains an observation.

A task poses a `Problem` for each frame; the engine fits a prior's outputs to it and knows nothing else of the task.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    import torch

    from .moved import Moved

Estimate = Mapping[str, "torch.Tensor"]
"""What the prior's networks give: a name for each, and a (N, C, H, W) float32 tensor, one answer a code."""

Codes = Mapping[str, "torch.Tensor"]
"""What the prior's networks are fed: a name for each, and (N, C, H, W) float32; N is 1 but in lessons."""


def tensor(values: np.ndarray) -> torch.Tensor:
    """(h, w) or (h, w, C) as (1, C, h, w) float32."""
    import torch  # only who poses a problem pays for torch

    channels = values[..., None] if values.ndim == 2 else values
    return torch.from_numpy(np.moveaxis(channels, -1, 0).astype(np.float32, order="C"))[None]


TURNS = 8


def turned(pictures: torch.Tensor, turn: int) -> torch.Tensor:
    """(N, C, H, W) pictures one of the TURNS ways a square lies on itself: 0 is as it was."""
    mirrored = pictures.flip(-1) if turn & 4 else pictures
    return mirrored.rot90(turn & 3, (-2, -1))


def turned_back(pictures: torch.Tensor, turn: int) -> torch.Tensor:
    """`turned`'s pictures as they were."""
    upright = pictures.rot90(-(turn & 3), (-2, -1))
    return upright.flip(-1) if turn & 4 else upright


def gathered(before: torch.Tensor | None, answer: torch.Tensor, turn: int) -> torch.Tensor:
    """The sum of the answers `before` and of one more that was given to the picture turned, as the picture lies."""
    answer = turned_back(answer, turn)
    return answer if before is None else before + answer


class Problem(ABC):
    """One frame's question. Tensors are (1, C, H, W) float32 on the engine's device.

    kind: what presets it is best fitted with, where they are not the task's own; equal for all frames of a chunk.
    moved: where what it shows was before, if the prior is to follow; None for all frames of a chunk if not.
    """

    kind: ClassVar[str | None] = None
    moved: Moved | None = None

    @abstractmethod
    def outputs(self) -> dict[str, tuple[int, int, int]]:
        """The (C, H, W) of each network's output, by name; equal for all frames of a chunk."""

    @abstractmethod
    def to(self, device: torch.device) -> Problem:
        """The same problem with its tensors on `device`."""

    @abstractmethod
    def loss(self, estimate: Estimate) -> torch.Tensor:
        """How badly `estimate` explains what was observed: a scalar without a host read-back."""

    def codes(self) -> Codes | None:
        """What the networks are fed to answer, if this problem knows better than a random code."""
        return None

    def lesson(self, step: int) -> Problem:
        """What step `step` of a fit, counted from 0, is to learn from; its codes may have any size and number."""
        return self

    def at_rest(self) -> Estimate | None:
        """The estimate to answer with if so little is left to the prior that fitting it is not worth a step."""
        return None

    def further(self, estimate: Estimate) -> Problem | None:
        """What `estimate` leads on to, to be answered by the same weights without a step; None if it is the answer."""
        return None

    def rehearsal(self) -> Rehearsal | None:
        """The same problem with more hidden, to tell what drawing is worth, or None where that is not in question."""
        return None

    def drawn(self, share: float) -> Problem:
        """The same problem, in whose answer what is drawn has this share, in [0, 1], where nothing else is known."""
        return self

    def hold_out(self, share: float, seed: int) -> HeldOut | None:
        """Set aside `share` of the observed pixels for a stop rule, or None where the problem has none to spare."""
        return None

    def follow(self, last: Problem, estimate: Estimate) -> Problem:
        """The same problem, knowing the last frame's and its answer, so that what nothing constrains does not drift."""
        return self


class HeldOut(ABC):
    """A problem with some observations set aside."""

    problem: Problem

    @abstractmethod
    def error(self, estimate: Estimate) -> torch.Tensor:
        """Mean squared error over what was set aside: a scalar."""


class Rehearsal(ABC):
    """A problem of which more is hidden than need be, so that an estimate can be judged."""

    problem: Problem

    @abstractmethod
    def worth(self, estimate: Estimate) -> float:
        """The share, in [0, 1], that what is drawn should have in the answer."""
