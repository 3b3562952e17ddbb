"""The frames of a study whose every pixel is made anew: noise is added to a clip, or it is made smaller."""

from __future__ import annotations

from itertools import islice

import numpy as np

from ... import io, problems
from ...errors import OptionError
from ...geometry import Box
from ...plan import Chunk
from ...progress import Tell
from ...tasks.base import Window
from ...tasks.denoise import Denoise, DenoiseOptions
from ...tasks.super_resolve import SuperResolve, SuperResolveOptions
from ..options import WarmStartOptions
from .posed import Posed
from .runs import nearest, run_of

LEAST, MOST = 16, 256  # pixels of a side of what the prior is given: tasks answer larger frames in parts
SIGMA, SCALE, CROP = 25.0, 2, "160x96"


def pose_whole(clip: str, options: WarmStartOptions, tell: Tell) -> Posed:
    """The longest shot, or with `options.cut` the frames around a cut, at most `options.frames`.

    The truth is the middle of the clip's picture. Raises OptionError for a crop that cannot be, and SourceError.
    """
    scale = (options.scale or SCALE) if options.task == "super-resolve" else 1
    width, height = _crop(options.crop or CROP, scale)
    source = io.open_source(clip)
    if width > source.info.width or height > source.info.height:
        raise OptionError(f"A crop of {width}x{height} was asked for, but {clip!r} is {source.info.width}x"
                          f"{source.info.height}: give a smaller one with --crop.")
    task = Denoise(DenoiseOptions(sigma=str(options.sigma or SIGMA), refine="always")) if options.task == "denoise" \
        else SuperResolve(SuperResolveOptions(scale=str(scale)))
    plan, _ = task.plan(source, tell)
    chunk, cut_at = run_of(plan, options)
    targets = nearest(list(range(chunk.start, chunk.stop)), cut_at, options.frames)
    if len(targets) < 2:
        raise OptionError(f"A study needs two frames of a shot, and {clip!r} has one.")
    top, left = (source.info.height - height) // 2, (source.info.width - width) // 2
    box = Box(top, left, top + height, left + width)
    truths = [frame.planes.rgb(box) for frame in source.frames(targets[0], targets[-1] + 1)]
    if len(truths) < len(targets):
        raise OptionError(f"Frames of {clip!r} are damaged: give another clip.")
    cut = None if cut_at is None else targets.index(cut_at)
    posed = []
    for part in ([truths] if cut is None else [truths[:cut], truths[cut:]]):  # a task never looks across a cut
        posed += _posed(task, part, options, scale)
    return Posed(posed, truths, [np.ones((height, width), bool)] * len(truths), targets, cut, f"{width}x{height}",
                 "all pixels")


def _posed(task: Denoise | SuperResolve, truths: list[np.ndarray], options: WarmStartOptions,
           scale: int) -> list[problems.Problem]:
    height, width = (side // scale for side in truths[0].shape[:2])
    box = Box(0, 0, height, width)
    if options.task == "denoise":
        given = [t + (options.sigma or SIGMA) / 255 * np.random.default_rng(k).standard_normal(t.shape, np.float32)
                 for k, t in enumerate(truths)]
        if not options.base:
            return [drawn_anew(box, picture) for picture in given]
    else:
        given = [np.rint(problems.resized(t, height, width, "lanczos").clip(0, 1) * 255) / 255 for t in truths]
    everywhere = np.ones((len(given), height, width), bool)
    window = Window(0, np.stack(given).astype(np.float32), everywhere, everywhere)
    numbers = range(len(given))
    return list(islice(task.problems(Chunk(0, len(given), 0, 0, len(given), box), window, numbers), len(given)))


def drawn_anew(box: Box, noisy: np.ndarray) -> problems.FillProblem:
    """Denoising as in Deep Image Prior, section 3.1: a picture drawn from a random code until it explains a noisy
    one, of which nothing is kept."""
    everywhere, target = np.ones(noisy.shape[:2], bool), problems.tensor(noisy)
    every = problems.tensor(everywhere)
    return problems.FillProblem(box, noisy, everywhere, np.zeros(noisy.shape[:2], np.float32), 0.0, 0.0, target, every,
                                every)


def _crop(text: str, scale: int) -> tuple[int, int]:
    try:
        width, height = (int(side) for side in text.split("x"))
    except ValueError:
        width = height = 0
    least, most = LEAST * scale, MOST * scale
    if not (least <= width <= most and least <= height <= most and width % scale == height % scale == 0):
        raise OptionError(f"A crop is WIDTHxHEIGHT, multiples of {scale}, from {least} to {most} pixels each; got "
                          f"{text!r}.")
    return width, height
