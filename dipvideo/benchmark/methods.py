"""Ways to take text out, all through the same reader and writer: dipvideo, and what anyone could do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .. import io
from ..errors import OptionError
from ..pipeline import run
from ..planes import Patch
from ..progress import Tell
from ..tasks.remove_subtitles import RemoveSubtitles, RemoveSubtitlesOptions

if TYPE_CHECKING:
    from .quality import Clip

GROW = 2  # pixels the true mask is grown by, for every method: compression smears text over as many
REACH = 30  # frames on both sides that the median looks at


def methods_of(names: str) -> dict[str, Method]:
    """The methods that `names`, separated by commas, ask for, by their names in tables. Raises OptionError."""
    unknown = [name for name in names.split(",") if name not in METHODS]
    if unknown:
        raise OptionError(f"There is no method {unknown[0]!r}. Known: {', '.join(METHODS)}.")
    return dict(METHODS[name] for name in names.split(","))


def _with_opencv(method: int | None) -> Method:
    """OpenCV's inpainters in the true mask, through the same reader and writer."""

    def fill(clip: Clip, result: Path, mask: Path, options: RemoveSubtitlesOptions, tell: Tell) -> int:
        source, touched = clip.subtitled(), 0
        with io.open_output(result, source, io.Wish("ffv1")) as output, output.part(0, len(source.pts)) as part:
            for frame, coverage in zip(source.frames(), clip.coverage(), strict=True):
                patches = []
                if method is not None and coverage.any():
                    hole = cv2.dilate((coverage > 0).view(np.uint8), np.ones((2 * GROW + 1,) * 2, np.uint8))
                    picture = np.rint(frame.planes.rgb() * 255).astype(np.uint8)
                    filled = cv2.inpaint(picture, hole, 3, method).astype(np.float32) / 255
                    patches, touched = [Patch(source.info.box, filled, hole.astype(np.float32))], touched + 1
                part.write(frame, patches)
        return touched

    return fill


def _with_true_mask(clip: Clip, result: Path, mask: Path, options: RemoveSubtitlesOptions, tell: Tell) -> int:
    truth, source = mask.with_name("truth.mkv"), io.open_source(clip.folder / "alpha.mkv")
    blank = np.zeros((source.info.height, source.info.width, 3), np.float32)
    with io.open_mask_writer(truth, source.info) as writer:
        for frame, coverage in zip(source.frames(), clip.coverage(), strict=True):
            writer.write(Patch(source.info.box, blank, (coverage > 0).astype(np.float32)), frame.pts, frame.time_base)
    return _run(clip, result, replace(options, mask=str(truth), grow=GROW), tell)


def _with_own_mask(clip: Clip, result: Path, mask: Path, options: RemoveSubtitlesOptions, tell: Tell) -> int:
    return _run(clip, result, replace(options, save_mask=str(mask)), tell)


def _run(clip: Clip, result: Path, options: RemoveSubtitlesOptions, tell: Tell) -> int:
    task = RemoveSubtitles(replace(options, encoder="ffv1"))
    return run(task, clip.folder / "subtitled.mp4", result, tell=tell).touched


def _with_median(clip: Clip, result: Path, mask: Path, options: RemoveSubtitlesOptions, tell: Tell) -> int:
    """What the frames around show in the same place, where they show it: right where nothing moves."""
    source, touched = clip.subtitled(), 0
    box = source.info.box
    with io.open_output(result, source, io.Wish("ffv1")) as output, output.part(0, len(source.pts)) as part:
        for frame, (picture, hole, around) in zip(source.frames(), _windows(clip), strict=True):
            patches = []
            if hole.any():
                with np.errstate(all="ignore"):
                    seen = np.nanmedian(around, axis=0)
                filled = cv2.inpaint(picture, hole.view(np.uint8), 3, cv2.INPAINT_TELEA).astype(np.float32)
                filled[hole] = np.where(np.isnan(seen), filled[hole], seen)
                patches, touched = [Patch(box, filled / 255, hole.astype(np.float32))], touched + 1
            part.write(frame, patches)
    return touched


def _windows(clip: Clip) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Each frame as (H, W, 3) uint8, its hole, and what up to 2 REACH + 1 frames show there: (n, pixels, 3), or NaN."""
    kernel = np.ones((2 * GROW + 1,) * 2, np.uint8)
    coming = ((np.rint(frame.planes.rgb() * 255).astype(np.uint8),
               cv2.dilate((coverage > 0).view(np.uint8), kernel).view(bool))
              for frame, coverage in zip(clip.subtitled().frames(), clip.coverage(), strict=True))
    window: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=2 * REACH + 1)
    waiting = 0  # frames at the end of the window that are still to be given
    for item in coming:
        window.append(item)
        waiting += 1
        if waiting > REACH:
            yield _shown(window, len(window) - waiting)
            waiting -= 1
    for place in range(len(window) - waiting, len(window)):
        yield _shown(window, place)


def _shown(window: deque, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    picture, hole = window[place]
    near = list(window)[max(place - REACH, 0):place + REACH + 1]
    around = np.stack([np.where(other[hole][:, None], np.nan, seen[hole]) for seen, other in near]) \
        if hole.any() else np.zeros((0, 0, 3))
    return picture, hole, around


def _with_cold_prior(clip: Clip, result: Path, mask: Path, options: RemoveSubtitlesOptions, tell: Tell) -> int:
    """The prior of the paper, frame by frame from random weights, with the true mask: slow."""
    return _with_true_mask(clip, result, mask, replace(
        options, borrow=False, base=False, flat_start=False, memory=0.0, pull=0.0, warm_start="cold", follow="never",
        first_steps=options.first_steps or COLD_STEPS), tell)


Method = Callable[["Clip", Path, Path, RemoveSubtitlesOptions, Tell], int]
"""(clip, where the result goes, where its mask goes, options, tell) → how many frames were filled."""

COLD_STEPS = 300  # a frame: where the paper's curve of one picture has most of its height
METHODS: dict[str, tuple[str, Method]] = {
    "untouched": ("untouched", _with_opencv(None)),
    "telea": ("Telea, true mask", _with_opencv(cv2.INPAINT_TELEA)),
    "navier-stokes": ("Navier-Stokes, true mask", _with_opencv(cv2.INPAINT_NS)),
    "median": ("temporal median, true mask", _with_median),
    "cold": ("cold prior, true mask", _with_cold_prior),
    "true": ("dipvideo, true mask", _with_true_mask),
    "own": ("dipvideo", _with_own_mask),
}
