"""Take two layers apart that a window or a double exposure mixed: by two mixtures, by their motion, or by focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import io, layers, motion, problems
from ..errors import NothingFound, OptionError, Unreadable
from ..options import option
from ..planes import TwoLayersPatch
from ..progress import Tell
from .base import SideWriter, TaskOptions, Window
from .whole import WholeFrames

if TYPE_CHECKING:
    from ..holes import Holes
    from ..io import Source
    from ..plan import Chunk, Plan
    from ..problems import Estimate, Problem

LAID_OVER = np.array(((1.0, 1.0), (1.0, 0.0)))  # how layers are mixed in a frame, and in it without the second
LOOKED_AT = 8  # frames of a shot that tell how its layers are mixed
SHIFT = 1.0  # pixels by which the pictures may lie apart before it is said


@dataclass(frozen=True, kw_only=True)
class SeparateOptions(TaskOptions):
    """The options of separate."""

    other: str | None = option(None, "A second picture or clip of the same scene, from the same place, in which the "
                                     "layers are mixed differently: taken through a polariser turned otherwise, at "
                                     "another time of day … Without it layers are told apart by how they move, and "
                                     "in a single picture by what is out of focus.", metavar="OTHER", argument=True)
    steady: str = option("scene", "Without OTHER, what rests or moves as one, as the camera does: the scene, under a "
                                  "reflection that moves otherwise; or a reflection that stays where it is in the "
                                  "picture, as in a windscreen, over a scene that moves.",
                         choices=("scene", "reflection"))
    gradient: float = option(10.0, "In a picture, or in shots of a few frames, what is soft and changes by less than "
                                   "this from pixel to pixel, of 255 in 480 lines, is taken for the reflection: more "
                                   "takes more off, of shades of the scene, too.", least=0.1, most=255.0)
    second: str | None = option(None, "Also write the second layer, what lay over the first: a picture (.png), a "
                                      "lossless video (.mkv, .mov) or a folder of pictures.", metavar="FILE")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.other and self.steady != "scene":
            raise OptionError("Two mixtures tell their layers apart without --steady: leave it out, or the second one.")


class Separate(WholeFrames):
    """Separate two layers that shine through each other, as a scene and the reflection in its window."""

    Options = SeparateOptions
    options: SeparateOptions
    tile = None

    def __init__(self, options: SeparateOptions):
        super().__init__(options)
        self._mixings: dict[int, np.ndarray] = {}  # by the first frame of a chunk
        self._by_focus = False  # for want of frames

    @property
    def reach(self) -> int:
        return 0 if self.options.other else motion.DOMINANT_REACH

    @property
    def side_outputs(self) -> tuple[Path, ...]:
        return (Path(self.options.second),) if self.options.second else ()

    @property
    def side_videos(self) -> Sequence[tuple[Path, SideWriter]]:
        return [(path, io.open_second_writer) for path in self.side_outputs]

    @property
    def side_inputs(self) -> tuple[Path, ...]:
        return (Path(self.options.other),) if self.options.other else ()

    def plan(self, source: Source, tell: Tell, notes: Path | None = None) -> tuple[Plan, Holes]:
        plan, holes = super().plan(source, tell, notes)
        if self.options.other:
            self._open_other(source)
            self._find_mixings(source, plan)
        else:
            self._check_lengths(source, plan)
        return plan, holes

    def _check_lengths(self, source: Source, plan: Plan) -> None:
        short = sum(shot.stop - shot.start < motion.DOMINANT_LEAST for shot in plan.shots)
        self._by_focus = short == len(plan.shots)
        if self._by_focus and self.options.steady == "reflection":
            raise NothingFound(f"{source.info.path!r} has {len(source.pts)} frame{'s' * (len(source.pts) > 1)} in "
                               f"{short} shot{'s' * (short > 1)}, and what rests is told by how the rest moves in "
                               f"{motion.DOMINANT_LEAST} frames of a shot: give a longer film, or leave out --steady.")
        if self._by_focus:
            self.warnings.append("What is soft was taken for the reflection, which leaves what of it is sharp: a film "
                                 f"of {motion.DOMINANT_LEAST} frames, or a second picture in which the layers are "
                                 "mixed differently, tells more.")
        elif short:
            self.warnings.append(f"{short} of {len(plan.shots)} shots have fewer than {motion.DOMINANT_LEAST} frames, "
                                 "which do not tell layers apart: they stay as they are.")

    def _find_mixings(self, source: Source, plan: Plan) -> None:
        for shot in plan.shots:
            chunks = [chunk for chunk in plan.chunks if shot.start <= chunk.start < shot.stop]
            if not chunks:
                continue
            few = np.linspace(chunks[0].start, chunks[-1].stop - 1, LOOKED_AT).round().astype(int)
            pairs = [(next(source.frames(n, n + 1)).planes.rgb(), self._seen_otherwise(n)) for n in sorted(set(few))]
            mixing = layers.mixing_of(pairs)
            if mixing is None:
                raise NothingFound(f"{source.info.path!r} and {self.options.other!r} show their layers in one mixture: "
                                   "give two that mix them differently.")
            self._mixings.update((chunk.start, mixing) for chunk in chunks)

    def _open_other(self, source: Source) -> None:
        self._other = io.open_source(self.options.other)
        self._other.look()
        mine, theirs = source.info, self._other.info
        if len(self._other.pts) != len(source.pts) or (mine.width, mine.height) != (theirs.width, theirs.height):
            raise OptionError(f"{self.options.other!r} has {len(self._other.pts)} frames of {theirs.width}x"
                              f"{theirs.height} and the input {len(source.pts)} of {mine.width}x{mine.height}: give "
                              "two that fit each other pixel by pixel.")
        x, y, _ = motion.shift_between(next(source.frames(0, 1)).planes.rgb(), self._seen_otherwise(0))
        if np.hypot(x, y) > SHIFT:
            self.warnings.append(f"The second picture lies {x:+.0f}, {y:+.0f} pixels beside the first: expect double "
                                 "edges, or align them first.")

    def _seen_otherwise(self, index: int) -> np.ndarray:
        frame = next(iter(self._other.frames(index, index + 1)), None)
        if frame is None:
            raise Unreadable(f"Frame {index} of {self.options.other!r} cannot be decoded: it is damaged.")
        return frame.planes.rgb()

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        scene_alone = None if self.options.other else self._scene_alone(window)
        mixing = self._mixings.get(chunk.start, LAID_OVER)
        for index in targets:
            place = index - window.first
            picture = window.image(place)
            if scene_alone is None:
                pictures = picture, self._seen_otherwise(index)
                clipped = tuple(map(layers.clipped, pictures))
            else:  # the second picture is made, and nothing is left to draw
                pictures, nowhere = (picture, scene_alone(place, picture)), np.zeros(picture.shape, bool)
                clipped = nowhere, nowhere
            yield problems.MixtureProblem.of(chunk.box, pictures, mixing, layers.unmixed(*pictures, mixing), clipped)

    def _scene_alone(self, window: Window) -> Callable[[int, np.ndarray], np.ndarray]:
        """What gives a frame without the reflection, from its place in the window and itself."""
        if self._by_focus:
            return self._in_focus(window)
        rests = self.options.steady == "reflection"
        small = np.stack([layers.reduced(frame, motion.DOMINANT_LINES) for frame in window.frames])
        layer = motion.Dominant(small, first=window.first, moves=not rests)
        return layer.beneath if rests else layer.scene

    def _in_focus(self, window: Window) -> Callable[[int, np.ndarray], np.ndarray]:
        small = [layers.reduced(frame, layers.DEFOCUS_LINES) for frame in window.frames]
        over = layers.out_of_focus(small, self.options.gradient / 255)
        return lambda place, frame: layers.without(frame, over[place])

    def render(self, problem: Problem, estimate: Estimate) -> TwoLayersPatch:
        assert isinstance(problem, problems.MixtureProblem)
        first, second = problem.answer(estimate)
        return TwoLayersPatch(problem.fill.box, first, np.ones(first.shape[:2], np.float32), None, second)


TASK = Separate
