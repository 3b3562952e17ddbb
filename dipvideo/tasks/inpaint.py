"""Fill holes: what other frames show is borrowed, the rest is drawn by the prior."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import io, motion, noise, problems
from ..errors import OptionError
from ..geometry import Box
from ..options import option
from ..plan import make_plan
from ..planes import DRAWN, Patch
from ..progress import Tell
from ..span import span_of, watch
from ..tiles import joined, tiles
from .base import SideWriter, Task, TaskOptions, Window

if TYPE_CHECKING:
    from ..holes import Holes
    from ..io import Source
    from ..plan import Chunk, Plan
    from ..problems import Estimate, Problem

HOW = ("How what no frame shows is made up: thin (by what looks alike elsewhere in the picture; for scattered pixels "
       "and strokes), deep (drawn by the prior, as --base, --draw, --pull and --memory say); auto is thin where all "
       "of a hole lies within 5 pixels of its rim and other frames show less than a tenth of it.")
ROUNDS = {"fast": 15, "balanced": 30, "best": 60}  # of thin filling, by the preset
THIN_TILE = 512  # pixels of a side that are filled at a time
FEW = 0.1  # share of a hole that other frames show, below which it is filled from within
# Pixels a frame from which the prior follows what moves, which costs a step 1.4 to 1.6 times the seconds. At 3 and at
# 18 it saves steps (benchmarks/warm-start: bikes-followed, cockatoo-followed); below 1 nothing was measured.
FAST = 1.0
SHARES = {"auto": None, "always": 1.0, "never": 0.0}  # of what the prior draws; None: it is tried first


@dataclass(frozen=True, kw_only=True)
class FillOptions(TaskOptions):
    """What both commands that fill holes can be told."""

    mask: str | None = option(None, "The holes, white on black: a picture for all frames, or a video or folder with "
                                    "one mask a frame.", metavar="FILE")
    grow: int | None = option(None, "Grow the holes by this many pixels on every side. Default: 2 for a mask given to "
                                    "remove-subtitles, which must swallow the compression halo of the text, else 0.",
                              least=0, most=200)
    borrow: bool = option(True, "Borrow pixels that other frames of the shot show; without it the prior draws all.")
    feather: float = option(2.0, "Pixels over which a filled hole fades into the picture, inside the hole.",
                            least=0.0, most=100.0)
    base: bool = option(True, "Draw texture on a smooth base; without it the prior draws everything, as in the paper.")
    draw: str = option("auto", "Whether the prior draws what no frame shows: auto tries on known pixels what that is "
                               "worth, where next to nothing is borrowed, and else carries the rim in; never always "
                               "carries it in.",
                       choices=tuple(SHARES))
    method: str = option("auto", HOW, choices=("auto", "thin", "deep"))
    pull: float = option(0.0, "How strongly what nothing constrains holds on to the smooth base.",
                         least=0.0, most=10.0)
    memory: float = option(0.1, "How strongly what nothing constrains holds on to the last frame's answer.",
                           least=0.0, most=10.0)
    follow: str = option("auto", "Whether the prior follows what moves, so that what was learnt of a thing stays with "
                                 "it when it moves in the picture: auto does from a pixel a frame on.",
                         choices=("auto", "always", "never"))
    save_mask: str | None = option(None, "Also write the holes as a lossless video (.mkv), white where filled.",
                                   metavar="FILE")
    provenance: str | None = option(None, "Also write where each filled pixel came from, as a lossless video (.mkv, "
                                          ".mov) of 16-bit codes.", metavar="FILE")


class Inpaint(Task):
    """Fill the holes of a mask: scratches, logos, objects."""

    Options = FillOptions
    options: FillOptions

    @property
    def grow(self) -> int:
        """Pixels by which the mask's holes are grown."""
        return self.options.grow or 0

    @property
    def side_outputs(self) -> tuple[Path, ...]:
        return tuple(Path(asked) for asked in (self.options.save_mask, self.options.provenance) if asked)

    @property
    def side_inputs(self) -> tuple[Path, ...]:
        return (Path(self.options.mask),) if self.options.mask else ()

    @property
    def side_videos(self) -> Sequence[tuple[Path, SideWriter]]:
        asked = ((self.options.save_mask, io.open_mask_writer), (self.options.provenance, io.open_provenance_writer))
        return [(Path(path), write) for path, write in asked if path]

    def plan(self, source: Source, tell: Tell, notes: Path | None = None) -> tuple[Plan, Holes]:
        if self.options.mask is None:
            raise OptionError("Nothing says where the holes are: give --mask FILE, white where to fill.")
        return self._plan_by_mask(source, self.options.mask, tell)

    def _plan_by_mask(self, source: Source, path: str, tell: Tell) -> tuple[Plan, Holes]:
        from ..holes import MaskHoles  # brings OpenCV, which the help of a command does without

        mask = io.MaskReader(path, source.info)
        holes = MaskHoles(mask, self.grow)
        span = span_of(source, self.options)
        boxes: list[Box | None] = [None] * len(source.pts)
        cuts: list[int] = []
        masks, place = mask.read(span.start), span.start
        for frame, new_shot in watch(source, self.options, tell, "looking for cuts"):
            while place <= frame.index:  # damage may have taken frames, never masks
                hole, place = next(masks, None), place + 1
            if hole is None:
                raise mask.mismatch(len(boxes))
            boxes[frame.index] = holes.box(hole)
            if new_shot:
                cuts.append(frame.index)
        if not mask.still and span.stop == len(boxes) and next(masks, None) is not None:
            raise mask.mismatch(len(boxes))
        return make_plan(source.info, boxes, cuts), holes

    def problems(self, chunk: Chunk, window: Window, targets: Sequence[int]) -> Iterator[Problem]:
        places = [index - window.first for index in targets]
        borrowed = iter(())
        if self.options.borrow:
            borrowed = motion.borrow(window.frames, window.holes, places, window.marked)
        moves, thin = self._moves(window, places), False
        for number, (place, moved) in enumerate(zip(places, moves, strict=True)):
            image, hole = window.image(place), window.holes[place]
            confidence, source = np.zeros(hole.shape, np.float32), np.full(hole.shape, DRAWN, np.int32)
            if found := next(borrowed, None):
                confidence = np.where(hole, found.confidence, 0)
                source = np.where(found.source >= 0, found.source + np.int32(window.first), found.source)
                source[confidence < 0.5] = DRAWN  # what is drawn weighs more
                image = np.where((confidence > 0)[..., None], found.rgb, image)
            image, confidence, source = self._read_off(chunk, window, place, image, confidence, source)
            if number == 0:
                thin = self._suits_thin(hole, confidence)
            if thin:
                answer = self._filled(image, hole & (confidence < 0.5))
                yield problems.ThinProblem(chunk.box, hole, answer, source)
                continue
            yield problems.FillProblem.of(chunk.box, image, hole, confidence, base=self.options.base,
                                          pull=self.options.pull, hold=self.options.memory, source=source,
                                          share=SHARES[self.options.draw], moved=moved)

    def _moves(self, window: Window, places: Sequence[int]) -> Iterator[problems.Moved | None]:
        """Where what each frame shows was, if the prior is to follow."""
        if self.options.follow != "never":
            backs = list(motion.drift(map(window.image, places), (window.holes[place] for place in places)))
            if self.options.follow == "always" or _speed(backs) >= FAST:
                return (problems.Moved(*moved) for moved in motion.followed(backs, window.holes.shape[1:]))
        return repeat(None, len(places))

    def _read_off(self, chunk: Chunk, window: Window, place: int, image: np.ndarray, confidence: np.ndarray,
                  source: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is known of a frame's hole, with what else the task knows: picture, confidence and source, as given."""
        return image, confidence, source

    def _suits_thin(self, hole: np.ndarray, confidence: np.ndarray) -> bool:
        """Whether a chunk is filled by what looks alike in each frame; asked of its first."""
        alone = (confidence[hole] >= 0.5).mean() < FEW
        return self.options.method == "thin" or (self.options.method == "auto" and alone and problems.is_thin(hole))

    def _filled(self, image: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """`image`, (h, w, 3), with what is alike in it where it is `missing`."""
        box, rounds = Box(0, 0, *missing.shape), self.options.steps or ROUNDS[self.options.preset]
        return joined(box, [Patch(tile, noise.filled(image[tile.slices], missing[tile.slices], rounds),
                                  np.ones((tile.height, tile.width), np.float32))
                            for tile in tiles(box, THIN_TILE)]).rgb

    def render(self, problem: Problem, estimate: Estimate) -> Patch:
        if isinstance(problem, problems.ThinProblem):
            return Patch(problem.box, problem.answer, problem.hole.astype(np.float32), problem.source)
        assert isinstance(problem, problems.FillProblem)
        return Patch(problem.box, problem.picture(estimate), problems.feathered(problem.hole, self.options.feather),
                     problem.source)


def _speed(backs: Sequence[np.ndarray]) -> float:
    """Pixels a frame that most of the picture moves, on average."""
    steps = [np.hypot(*np.median(back.reshape(-1, 2), axis=0)) for back in backs[1:]]
    return float(np.mean(steps)) if steps else 0.0


TASK = Inpaint
