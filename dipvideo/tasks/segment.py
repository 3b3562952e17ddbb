"""Take a video apart into layers: what moves or looks alike, each under its own mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import io, layers, problems
from ..errors import OptionError
from ..geometry import Box
from ..options import option
from ..planes import LayersPatch
from ..progress import Progress, Tell
from .base import SideWriter, TaskOptions, Window
from .whole import WholeFrames

if TYPE_CHECKING:
    from ..holes import Holes
    from ..io import Source
    from ..layers import Hints, Labels, Look, Shot, Taught
    from ..plan import Chunk, Plan
    from ..problems import Estimate, Problem

MOST_LAYERS = 12
LOOKS, LOOKED_AT = 3, 9  # chunks of a shot and frames of their beginnings, that tell what its layers are
LEAST_SURE = 0.1  # of a hint where nothing has texture: motion says nothing there


@dataclass(frozen=True, kw_only=True)
class SegmentOptions(TaskOptions):
    """The options of segment."""

    layers: int = option(2, "How many layers; the first is the ground.", least=2, most=MOST_LAYERS)
    method: str = option("layers", "What says where they are: layers (what moves apart, or looks unlike, found by "
                                   "itself), prior (what looks unlike and stands apart from the border: for single "
                                   "pictures; with --labels a small network learns how they look) or labels (a few "
                                   "labelled pixels of the first frame).",
                         choices=("layers", "prior", "labels"))
    labels: str | None = option(None, "Scribbles, points or blobs on the first frame, as a picture: a value or colour "
                                      "for each class, 0, black or transparent where nothing is said. Classes are "
                                      "numbered from 1, by value.", metavar="FILE")
    classes: str | None = option(None, "What joins pixels, for --method prior, before patches and their way to the "
                                 "border name them: kanezaki (a network that teaches itself), with parameters if "
                                 "wanted: kanezaki:width=100,steps=1000,lines=120; or k-means (superpixels, for more "
                                 "than two). Default: kanezaki for more than two and with --labels.",
                                 metavar="NAME[:KEY=VALUE,…]")
    overlay: str | None = option(None, "Also write the picture tinted by layer, as a lossless video (.mkv, .mov), a "
                                       "picture (.png) or a folder of them.", metavar="FILE")
    layers_dir: str | None = option(None, "Also write each layer with alpha, as layer0, layer1 … in this folder, which "
                                          "must exist.", metavar="FOLDER")
    layers_format: str = option("ffv1", "What those are: lossless videos (ffv1 in .mkv), videos for editing programs "
                                        "(prores, that is ProRes 4444 in .mov, nearly lossless) or folders of pictures "
                                        "(png).", choices=("ffv1", "prores", "png"))
    network: str | None = option("taper:skip=0,widths=8-16-32", "Architecture of each layer and of the mask, as in "
                                 "other commands.", metavar="NAME[:KEY=VALUE,…]")

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.labels is None) == (self.method == "labels") and not (self.labels and self.method == "prior"):
            raise OptionError("Scribbles and --method labels go together: give --method labels --labels FILE.")
        if self.classes is not None and self.method != "prior":
            raise OptionError(f"--classes is of --method prior, and this is {self.method}: leave one of them out.")
        if self.classes == "k-means" and self.labels is not None:
            raise OptionError("k-means takes no scribbles: leave out --classes, or --labels.")


class Segment(WholeFrames):
    """Take a video or picture apart into layers."""

    Options = SegmentOptions
    options: SegmentOptions
    reach, tile = 8, None
    exact = True

    def __init__(self, options: SegmentOptions):
        super().__init__(options)
        told = options.classes or ("kanezaki" if options.layers > 2 or options.labels else "k-means")
        self._clustering = layers.make_clustering(told) if options.method == "prior" else None
        self._taught: Taught | None = None
        self._looks: dict[int, Look] = {}  # by the first frame of a chunk
        self._shots: dict[int, Shot] = {}  # what tells a chunk's layers apart in all of its shot, likewise
        self._labels: Labels | None = None
        self._begun: dict[int, np.ndarray] = {}  # shares of the first frame that is read for a chunk, by that chunk's

    @property
    def side_outputs(self) -> tuple[Path, ...]:
        return tuple(path for path, _ in self.side_videos)

    @property
    def side_inputs(self) -> tuple[Path, ...]:
        return (Path(self.options.labels),) if self.options.labels else ()

    @property
    def side_videos(self) -> Sequence[tuple[Path, SideWriter]]:
        sides = [(Path(self.options.overlay), io.open_overlay_writer)] if self.options.overlay else []
        if self.options.layers_dir:
            for n in range(self._count):
                suffix, write = io.layer_writer(n, self.options.layers_format)
                sides.append((Path(self.options.layers_dir) / f"layer{n + self._first}{suffix}", write))
        return sides

    @property
    def _first(self) -> int:
        """The number of the first layer."""
        return 0 if self.options.labels is None else 1

    @cached_property
    def _count(self) -> int:
        """How many layers there are."""
        if self.options.labels is None:
            return self.options.layers
        return int(io.read_labels(self.options.labels).max()) + 1

    def plan(self, source: Source, tell: Tell, notes: Path | None = None) -> tuple[Plan, Holes]:
        plan, holes = super().plan(source, tell, notes)
        if self.options.method == "labels":
            self._carry_labels(source, plan, io.read_labels(self.options.labels, source.info))
        elif self.options.labels is not None:
            first = next(source.frames(plan.chunks[0].start, plan.chunks[0].start + 1)).planes.rgb()
            classes = io.read_labels(self.options.labels, source.info)
            self._taught = self._clustering.taught(first, classes, self.options.seed)
        elif self.options.method == "prior":
            self._find_classes(source, plan)
        elif len(plan.chunks) > 1:
            self._name_layers(source, plan, tell)
        return plan, holes

    def _find_classes(self, source: Source, plan: Plan) -> None:
        """Learn the classes of the whole film, so that they are the same in all of its frames."""
        self._centres = self._centres_of(source, plan.chunks)

    def _centres_of(self, source: Source, chunks: Sequence[Chunk]) -> np.ndarray:
        """Of the classes of all these chunks."""
        few = np.linspace(chunks[0].start, chunks[-1].stop - 1, LOOKED_AT).round().astype(int)
        frames = [next(source.frames(n, n + 1)).planes.rgb() for n in sorted(set(few.tolist()))]
        return layers.centres_of([layers.reduced(f) / np.float32(255) for f in frames], self.options.layers)

    def _carry_labels(self, source: Source, plan: Plan, classes: np.ndarray) -> None:
        """Learn where the classes are when a chunk of the labelled shot begins; in other shots colours alone tell."""
        begin = plan.chunks[0].start
        frame = next(source.frames(begin, begin + 1)).planes.rgb()
        self._labels = layers.Labels.of(frame, classes)
        shares = self._begun[begin] = layers.spread(frame, self._labels)
        labelled = [chunk for chunk in plan.chunks if chunk.start < plan.shots[0].stop]
        for one, other in pairwise(labelled):
            frames = [layers.reduced(f.planes.rgb()) for f in source.frames(one.read_start, other.read_start + 1)]
            shares = self._begun[other.start] = layers.carry(np.stack(frames), self._labels, shares).shares[-1]

    def _name_layers(self, source: Source, plan: Plan, tell: Tell) -> None:
        """Learn what each shot's layers are and how they look, so that every chunk tells the same things apart and
        gives them the same numbers, whichever is first."""
        last: Look | None = None
        for done, shot in enumerate(plan.shots, 1):
            chunks = [chunk for chunk in plan.chunks if shot.start <= chunk.start < shot.stop]
            if not chunks:
                continue
            centres = self._centres_of(source, chunks)
            few = sorted({round(place) for place in np.linspace(0, len(chunks) - 1, LOOKS)})
            parts = [self._begins(source, chunks[n], layers.Shot(centres)) for n in few]
            enclosed = 2 * sum(part.enclosed for part in parts) > len(parts)
            agreed = [part for part in parts if part.enclosed == enclosed]
            moving = sorted(part.moving for part in agreed)[len(agreed) // 2]
            found = next(part for part in agreed if part.moving == moving)
            look = layers.look_of(found.frames, found.shares)
            last = look if last is None else look.ordered(layers.matched(look, last))
            self._looks.update((chunk.start, last) for chunk in chunks)
            known = layers.Shot(centres, enclosed, moving - 1 if enclosed else None)
            self._shots.update((chunk.start, known) for chunk in chunks)
            tell(Progress("telling layers apart", done, len(plan.shots), unit="shot"))

    def _begins(self, source: Source, chunk: Chunk, shot: Shot) -> Hints:
        """The layers that a chunk begins with."""
        frames = source.frames(chunk.start, min(chunk.start + LOOKED_AT, chunk.stop))
        small = np.stack([layers.reduced(frame.planes.rgb()) for frame in frames])
        return layers.find_layers(small, self.options.layers, shot)

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        if self.options.method == "prior":
            for index in targets:
                frame = window.frames[index - window.first]
                small = layers.reduced(frame)
                if self._taught is None:
                    yield problems.EarlyProblem.of(frame, small)
                else:  # it was taught by a picture with its texture, and knows less of one without
                    shares = self._taught.shares(small.astype(np.float32) / 255)
                    yield problems.LayersProblem.of(frame, small, shares, np.ones(small.shape[:2], np.float32))
            return
        if self._labels is not None:
            found = layers.carry(window.frames, self._labels, self._begun.get(chunk.start))
        else:
            found = layers.find_layers(window.frames, self.options.layers, self._shots.get(chunk.start, layers.Shot()))
        shares = found.shares
        if known := self._looks.get(chunk.start):
            shares = shares[..., layers.matched(layers.look_of(found.frames, shares), known)]
        for index in targets:
            place = index - window.first
            yield problems.LayersProblem.of(
                window.frames[place], found.frames[place], shares[place],
                found.sure(place, LEAST_SURE), found.moves.behind[place], found.moves.agreement(place))

    def render(self, problem: Problem, estimate: Estimate) -> LayersPatch:
        frame = problem.frame
        if frame.dtype != np.uint8:
            frame = np.rint(frame * 255).clip(0, 255).astype(np.uint8)
        if isinstance(problem, problems.EarlyProblem):
            picture = problem.answer(estimate)
            parts = self._clustering and self._clustering.parts(picture, len(self._centres), self.options.seed)
            shares = layers.classes_of(picture, self._centres, parts)
        else:
            assert isinstance(problem, problems.LayersProblem)
            shares = problem.answer(estimate)
        box = Box(0, 0, *frame.shape[:2])
        return LayersPatch.of(box, frame, layers.brought_up(shares, problem.small, frame), self._first)


TASK = Segment
