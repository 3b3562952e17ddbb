"""The frames of a study: what to fit, what to compare with, and where."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ... import io
from ...errors import MaskMismatch, OptionError
from ...progress import Tell
from ...restore import read_window
from ...tasks.base import Window
from ...tasks.inpaint import FillOptions, Inpaint
from ..options import HoleOptions
from .holes import HOLES
from .runs import nearest, run_of

if TYPE_CHECKING:
    from ...plan import Chunk
    from ...problems import DenoiseProblem, EnlargeProblem, FillProblem


@dataclass(frozen=True, slots=True)
class Posed:
    """problems: one a frame, in order; truths: (h, w, 3) float32; scored: (h, w) bool, the pixels to compare.

    indices: the frames' numbers in the clip; cut: the place among them of the first after a cut, None without one;
    crop: "width x height"; against: what the truth is.
    """

    problems: list[FillProblem] | list[DenoiseProblem] | list[EnlargeProblem]
    truths: list[np.ndarray]
    scored: list[np.ndarray]
    indices: list[int]
    cut: int | None
    crop: str
    against: str

    def fingerprint(self) -> str:
        """Equal for equal frames, problems and truths."""
        digest = hashlib.sha256(repr((self.indices, self.against)).encode())
        for part in _parts([self.problems, self.truths, self.scored]):
            digest.update(part)
        return digest.hexdigest()


def pose(clip: str, options: HoleOptions, tell: Tell, *, follow: bool = False) -> Posed:
    """The longest run of holes in one shot, or with `options.cut` the run around a cut, at most `options.frames`.

    Without a truth the same holes, moved to where the picture is known, are cut out too, and scored. follow: the
    problems say where the camera went.
    Raises OptionError without a mask, a hole or a cut, MaskMismatch for a truth of another size, and SourceError.
    """
    if options.hole is not None:
        info = io.open_source(clip).info
        with tempfile.TemporaryDirectory() as scratch:
            mask = str(Path(scratch) / "hole.png")
            cv2.imwrite(mask, HOLES[options.hole](info.height, info.width) * np.uint8(255))
            return pose(clip, replace(options, hole=None, mask=mask, truth=clip), tell, follow=follow)
    if options.mask is None:
        raise OptionError("Nothing says where the holes are: give --mask FILE, white where to fill, or --hole caption "
                          "for a clip that has none.")
    task = Inpaint(FillOptions(mask=options.mask, grow=options.grow, base=options.base, borrow=False, memory=0.0,
                               method="deep", follow="always" if follow else "never"))
    source = io.open_source(clip)
    plan, holes = task.plan(source, tell)
    if not plan.chunks:
        raise OptionError(f"The mask {options.mask!r} has no hole: there is nothing to measure.")
    chunk, cut_at = run_of(plan, options)
    window = read_window(source, chunk, holes)
    targets = nearest([i for i in range(chunk.start, chunk.stop) if window.holes[i - window.first].any()], cut_at,
                      options.frames)
    places = [i - window.first for i in targets]
    if options.truth:
        truths, scored = _truths(options.truth, source, chunk, targets), [window.holes[p] for p in places]
    else:
        moved = np.roll(window.holes, window.holes.shape[1] // 2, axis=1) & ~window.holes
        truths = [window.frames[p].astype(np.float32) / (255 if window.frames.dtype == np.uint8 else 1)
                  for p in places]
        window = Window(window.first, window.frames, window.holes | moved, window.marked | moved)
        scored = [moved[p] for p in places]
    chosen = [k for k, where in enumerate(scored) if where.any()]  # a hole that fills the crop leaves nothing to score
    if len(chosen) < min(options.frames, 2):
        raise OptionError("A study needs two frames with holes, and known pixels to score: give another mask, "
                          "or --truth.")
    indices = [targets[k] for k in chosen]
    cut = None if cut_at is None else next((k for k, i in enumerate(indices) if i >= cut_at), None) or None
    posed = list(task.problems(chunk, window, indices))
    return Posed(posed, [truths[k] for k in chosen], [scored[k] for k in chosen], indices, cut,
                 f"{chunk.box.width}x{chunk.box.height}", "truth" if options.truth else "held-out holes")


def _truths(path: str, source: io.Source, chunk: Chunk, targets: list[int]) -> list[np.ndarray]:
    true = io.open_source(path)
    if (true.info.width, true.info.height) != (source.info.width, source.info.height):
        raise MaskMismatch(f"The truth {path!r} is {true.info.width}x{true.info.height} but the clip is "
                           f"{source.info.width}x{source.info.height}: give a truth of the clip's size.")
    wanted = set(targets)
    truths = [f.planes.rgb(chunk.box) for f in true.frames(targets[0], targets[-1] + 1) if f.index in wanted]
    if len(truths) != len(targets):
        raise MaskMismatch(f"The truth {path!r} ends before the clip does: give a truth of the clip's length.")
    return truths


def _parts(value: Any) -> Iterator[bytes]:
    """The bytes of what is nested in `value`."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _parts(item)
    elif isinstance(value, np.ndarray):
        yield np.ascontiguousarray(value).tobytes()
    elif hasattr(value, "numpy"):
        yield value.contiguous().numpy().tobytes()
    elif hasattr(value, "__dataclass_fields__"):
        for field in fields(value):
            yield from _parts(getattr(value, field.name))
    else:
        yield repr(value).encode()
