"""Every case by dipvideo, from file to file, and by the plain methods."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from ... import io
from ...api import make_options
from ...errors import SourceMissing
from ...pipeline import run
from ...progress import Progress, Tell
from ...registry import load
from ..options import PapersOptions
from .cases import CASES, Case, clip_cases


@dataclass(frozen=True, slots=True)
class Row:
    """decibels: of each frame, medians over the seeds; seconds: of CPU a frame; steps: a frame; all of one method."""

    table: str
    case: str
    method: str
    decibels: tuple[float, ...]
    seconds: float
    steps: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """rows; published: (table, case, method, dB); pictures: by name, (h, w, 3) uint8 to look at."""

    rows: tuple[Row, ...]
    published: tuple[tuple[str, str, str, float], ...]
    pictures: dict[str, np.ndarray]


def measure_papers(folder: str, options: PapersOptions, *, tell: Tell = lambda progress: None) -> Measured:
    """Measure every case that is there. Raises SourceMissing if none is."""
    rows, published, pictures = [], [], {}
    with tempfile.TemporaryDirectory() as scratch:
        for case in cases_of(folder, options):
            tell(Progress(f"{case.table}: {case.name}", 0, 1, unit="case"))
            published += [(case.table, case.name, method, value) for method, value in case.published.items()]
            methods = [_plainly(case, name, options.seeds) for name in case.plain]
            methods.append(_by_prior(case, Path(scratch), options))
            rows += [row for row, _ in methods]
            pictures[f"{case.table} {case.name}"] = _sheet(case, [made for _, made in methods])
    if not rows:
        raise SourceMissing(f"There is nothing to measure in {folder!r}: it has none of the folders denoise_sigma25, "
                            "inpaint_half_pixels, super_resolve_set5_x4 and dip.")
    return Measured(tuple(rows), tuple(published), pictures)


def cases_of(folder: str, options: PapersOptions) -> Iterator[Case]:
    """Those that `options` ask for and `folder` has."""
    wanted = options.only.split(",") if options.only else None
    for name in options.tables.split(","):
        for case in CASES[name](Path(folder)):
            if wanted is None or case.name in wanted:
                yield case
    if options.clips:
        width, height = map(int, options.size.split("x"))
        yield from clip_cases(Path(options.clips), options.names, options.frames, (width, height),
                              [float(s) for s in options.sigmas.split(",")], options.skip)


def _plainly(case: Case, name: str, seeds: int) -> tuple[Row, list[np.ndarray]]:
    """By a plain method, with each seed's noise; the pictures are the first's."""
    first, scores, began = None, [], time.process_time()
    for shown in [case.again(seed) for seed in range(seeds)] if case.again else [case.shown]:
        made = case.plain[name](shown, case.mask)
        scores.append(_scores(case, made))
        first = first or made
    seconds = (time.process_time() - began) / len(scores) / len(first)
    return Row(case.table, case.name, name, _medians(scores), seconds), first


def _by_prior(case: Case, scratch: Path, options: PapersOptions) -> tuple[Row, list[np.ndarray]]:
    """By dipvideo, with each seed; the pictures are the first's."""
    first, scores, spent = None, [], []
    task = load("tasks", case.command).TASK
    chosen = {"overwrite": True, "preset": options.preset, "device": options.device, **case.options}
    if case.mask is not None:
        cv2.imwrite(str(scratch / "mask.png"), np.where(case.mask, np.uint8(255), np.uint8(0)))
        chosen["mask"] = str(scratch / "mask.png")
    for seed in range(options.seeds):
        source = _written(case, case.again(seed) if case.again else case.shown, scratch)
        began = time.process_time()
        summary = run(task(make_options(task.Options, {**chosen, "seed": seed})), source, scratch / "made")
        spent.append((time.process_time() - began, summary.steps))
        made = [frame.planes.rgb() for frame in io.open_source(scratch / "made").frames()]
        scores.append(_scores(case, made))
        first = first or made
        if not summary.steps and not case.again:  # no network, no seed: it would be the same again
            break
    count = len(case.shown)
    row = Row(case.table, case.name, "dipvideo", _medians(scores), median(s for s, _ in spent) / count,
              median(n for _, n in spent) / count)
    return row, first


def _medians(scores: list[tuple[float, ...]]) -> tuple[float, ...]:
    """Of each frame, over the seeds."""
    return tuple(map(median, zip(*scores, strict=True)))


def _written(case: Case, shown: list[np.ndarray], scratch: Path) -> Path:
    folder = scratch / f"{case.table} {case.name}".replace("/", " ")
    folder.mkdir(exist_ok=True)
    for place, frame in enumerate(shown):
        cv2.imwrite(str(folder / f"{place:05d}.png"), np.rint(frame[..., ::-1] * 255).astype(np.uint8))
    return folder


def _scores(case: Case, made: list[np.ndarray]) -> tuple[float, ...]:
    return tuple(case.score(m, t) for m, t in zip(made, case.truth, strict=True)) if case.truth else ()


def _sheet(case: Case, made: list[list[np.ndarray]]) -> np.ndarray:
    """The middle frame: as shown, as each method made it, and the truth."""
    middle = len(case.shown) // 2
    cells = [case.shown[middle], *(frames[middle] for frames in made), *([case.truth[middle]] if case.truth else [])]
    height, width = made[-1][middle].shape[:2]
    return np.hstack([cv2.resize(np.rint(c.clip(0, 1) * 255).astype(np.uint8), (width, height),
                                 interpolation=cv2.INTER_NEAREST) for c in cells])
