"""What every task is: it plans, poses a problem for each frame of a chunk, and renders the answers.

A task never sees the engine: problems go out, estimates come back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np

from ..options import EngineOptions, JobOptions, OutputOptions
from ..progress import Tell

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .. import io
    from ..frame import Cue, VideoInfo
    from ..geometry import Box
    from ..holes import Holes
    from ..io import Source
    from ..plan import Chunk, Plan
    from ..planes import Patch
    from ..problems import Estimate, Problem

SideWriter: TypeAlias = "Callable[[Path, VideoInfo], AbstractContextManager[io.SideVideo]]"


@dataclass(frozen=True, kw_only=True)
class TaskOptions(EngineOptions, OutputOptions, JobOptions):
    """The options every task shares."""


@dataclass(frozen=True, slots=True)
class Window:
    """A chunk's frames, cut to its box.

    first: the number of the first; frames: (n, h, w, 3) RGB, uint8 for a source of 8 bits, else float32 in [0, 1];
    holes: (n, h, w) bool; marked: what of them was marked itself, the rest is what they were grown by.
    """

    first: int
    frames: np.ndarray
    holes: np.ndarray
    marked: np.ndarray

    def image(self, place: int) -> np.ndarray:
        """The frame at `place` of the window as (h, w, 3) float32 in [0, 1], to be left as it is."""
        frame = self.frames[place]
        return frame.astype(np.float32) / 255 if frame.dtype == np.uint8 else frame


class Task(ABC):
    """One command. The first line of its docstring is its help; `options` is an instance of `Options`.

    A task and its holes are pickled once they are planned: workers restore with copies, a run that resumes goes on
    with one, and neither plans again. What `problems` and `render` give depends on nothing but that and their
    arguments.
    """

    Options: ClassVar[type[TaskOptions]]

    def __init__(self, options: TaskOptions):
        self.options = options
        self.warnings: list[str] = []  # sentences for a person, of what planning found

    @property
    def plans_only(self) -> bool:
        """Whether a plan is all that was asked for."""
        return False

    def write_plan(self, source: Source, path: Path, tell: Tell) -> int:
        """Write what would be done to `path`, and return of how many things; only for tasks that plan only."""
        raise NotImplementedError

    @property
    def side_outputs(self) -> tuple[Path, ...]:
        """What is written besides the output."""
        return ()

    @property
    def side_inputs(self) -> tuple[Path, ...]:
        """What is read besides the source: a run whose side inputs have changed cannot be resumed."""
        return ()

    @property
    def side_videos(self) -> Sequence[tuple[Path, SideWriter]]:
        """Those of the side outputs that get a picture for each frame, and what writes them."""
        return ()

    def write_texts(self, source: Source) -> None:  # noqa: B027
        """Write the other side outputs; asked for once the film is there."""

    def cues(self, source: Source) -> Sequence[Cue]:
        """Texts for a subtitle track of the output; asked for once everything is planned."""
        return ()

    @abstractmethod
    def plan(self, source: Source, tell: Tell, notes: Path | None = None) -> tuple[Plan, Holes]:
        """What will be done, from one pass over `source`.

        notes: a folder that a run which is stopped leaves to the next of the same; None: nothing need be kept.
        """

    @property
    def scale(self) -> int:
        """How many times longer than the input's each side of the output is; patches are of the output."""
        return 1

    @property
    def exact(self) -> bool:
        """Whether pictures become PNGs, since what is painted in them are codes rather than colours."""
        return False

    def tiles(self, chunk: Chunk) -> Sequence[Box]:
        """The parts of a frame that are answered one by one, with the same weights; all of one size."""
        return (chunk.box,)

    @abstractmethod
    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterable[Problem]:
        """A problem for each tile of each of the frames numbered `targets`, in that order; made when asked for."""

    @abstractmethod
    def render(self, problem: Problem, estimate: Estimate) -> Patch:
        """The answer, as new pixels for the problem's box, and where they came from if the task knows."""
