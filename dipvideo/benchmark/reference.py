"""dipvideo beside the paper's reference setting on one clip: seconds a frame, and quality in the hole."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import mean

from .. import engine, io
from ..metrics import decibels, mse
from ..options import EngineOptions
from ..pipeline import Summary, run
from ..progress import Progress, Tell
from ..tasks.inpaint import FillOptions, Inpaint
from .options import HoleOptions, ReferenceOptions
from .speed import PAPER, PAPER_STEPS, paper_prior, paper_step
from .warm_start.curves import cold_ladder
from .warm_start.posed import Posed, pose

# The prior alone, warm-started: it draws all of the hole as in the paper. Steps: where the study's curves are flat.
ALONE = {"borrow": False, "base": False, "draw": "always", "flat_start": False, "memory": 0.0, "first_steps": 160,
         "steps": 2}
MOST = 128  # frames of the clip's longest run of holes that are scored: bounds memory


@dataclass(frozen=True, slots=True)
class Row:
    """seconds: a frame; psnr: in the hole of the frame the reference was run on; all_psnr: of MOST frames, errors
    pooled, None for the reference."""

    name: str
    seconds: float
    psnr: float
    all_psnr: float | None


@dataclass(frozen=True, slots=True)
class Reference:
    """rows: the reference first. step: its seconds on a full frame of `size`; steps: of a picture, in the paper.

    cold_steps: with which its PSNR was measured, on a crop; best_at: the step of its best; last: dB at the last.
    """

    device: str
    network: str
    size: str
    crop: str
    step: float
    steps: int
    cold_steps: int
    best_at: int
    last: float
    rows: tuple[Row, ...]


def measure_reference(clip: str, options: ReferenceOptions, *, tell: Tell = lambda progress: None) -> Reference:
    """Time and score both on `clip`. Raises OptionError, MaskMismatch and SourceError."""
    device = engine.choose_device(options.device)
    shared = {f.name: getattr(options, f.name) for f in fields(EngineOptions)}
    chosen = {name: shared.pop(name) for name in ("steps", "first_steps", "budget")}
    posed = pose(clip, HoleOptions(mask=options.mask, truth=options.truth, grow=options.grow, base=False,
                                   frames=MOST, device=options.device), tell)
    info = io.open_source(clip).info
    tell(Progress("timing", 0, options.reference_steps + 1, "step", "the reference, full frame"))
    step = paper_step(device, info.height, info.width)
    curve = _cold_curve(posed, device, options.reference_steps, tell)
    best_at, best = max(curve, key=lambda point: point[1])
    rows = [Row("reference", step * PAPER_STEPS, best, None)]
    with tempfile.TemporaryDirectory() as scratch:
        for name, changes in (("dipvideo", chosen), ("its prior alone, warm", ALONE)):
            result = Path(scratch) / f"{len(rows)}.mkv"
            task = Inpaint(FillOptions(mask=options.mask, grow=options.grow, encoder="ffv1", method="deep",
                                       **{**shared, **changes}))
            summary = run(task, clip, result, tell=tell)
            rows.append(_scored(name, summary, result, posed))
    return Reference(engine.describe(device), PAPER, f"{info.width}x{info.height}", posed.crop, step, PAPER_STEPS,
                     options.reference_steps, best_at, curve[-1][1], tuple(rows))


def _cold_curve(posed: Posed, device: object, steps: int, tell: Tell) -> list[tuple[int, float]]:
    """Hole PSNR by steps of the reference network on the crop of the first frame."""
    problem = posed.problems[0].to(device)
    prior, done, curve = paper_prior(device, problem.outputs()), 0, []
    for goal in cold_ladder(steps):
        estimate = engine.fit(problem, prior, steps=goal - done).estimate
        done = goal
        tell(Progress("timing", done, steps + 1, "step", "the reference, on the crop"))
        curve.append((done, decibels(mse(problem.picture(estimate), posed.truths[0], posed.scored[0]))))
    return curve


def _scored(name: str, summary: Summary, result: Path, posed: Posed) -> Row:
    errors = []
    for frame in io.open_source(result).frames(posed.indices[0], posed.indices[-1] + 1):
        if frame.index in posed.indices:
            place = posed.indices.index(frame.index)
            errors.append(mse(frame.planes.rgb(posed.problems[0].box), posed.truths[place], posed.scored[place]))
    return Row(name, summary.restore_seconds / summary.touched, decibels(errors[0]), decibels(mean(errors)))
