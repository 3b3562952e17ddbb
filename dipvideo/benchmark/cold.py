"""Ways to fit a frame from nothing, set beside each other: networks, arithmetic, coarse to fine, when to stop.

What wins here is what the engine does; a way that loses is spelled out here, so that the claim can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .. import engine, spec
from ..errors import OptionError
from ..metrics import decibels, mse
from ..problems import FillProblem
from ..progress import Progress, Tell
from ..restore import make_prior
from .clock import busy_seconds
from .options import ColdOptions
from .warm_start.curves import cold_ladder
from .warm_start.posed import Posed, pose
from .work import Rates, Work, rates, work_of

COARSE = (4, 2)  # what both sides are divided by, before the full size
COARSE_SHARE = 8  # an eighth of the steps each
TIMED = 20  # steps that are timed at the end, when all is warm, three times
TILE = 300  # pixels that a tile of the picture is about wide: small crops are enlarged, so that names can be read


@dataclass(frozen=True, slots=True)
class Row:
    """A network fitted in one way: medians over the seeds, errors pooled over the frames.

    parameters: of the network; step_seconds: of one step once all is warm; work: in it; rates: of the device in this
    arithmetic; psnr: hole PSNR in dB and seconds: spent on a frame, by `steps`; spread: the least and
    the most dB at the last.
    """

    network: str
    way: str
    parameters: int
    step_seconds: float
    work: Work
    rates: Rates
    steps: tuple[float, ...]
    psnr: tuple[float, ...]
    spread: tuple[float, float]
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Cold:
    """sheet: (H, W, 3) uint8, the first frame: its hole, its truth, and each row's answer with the first seed."""

    clip: str
    indices: tuple[int, ...]
    crop: str
    scored: str
    base: bool
    flat_start: bool
    device: str
    seeds: int
    rows: tuple[Row, ...]
    sheet: np.ndarray


def measure_cold(clip: str, options: ColdOptions, *, tell: Tell = lambda progress: None) -> Cold:
    """Fit every frame from nothing with each network in each way. Raises OptionError, MaskMismatch and SourceError."""
    networks, ways = spec.listed(options.networks), options.ways.split(",")
    if unknown := next((way for way in ways if way not in WAYS), None):
        raise OptionError(f"There is no way {unknown!r}. Known: {', '.join(WAYS)}.")
    settings = {name: engine.settle(replace(options, network=name)) for name in networks}
    if "recorded" in ways and (device := next(iter(settings.values())).device).type != "cuda":
        raise OptionError(f"Only a CUDA device replays recorded steps, and this one is {device}: leave it out of ways.")
    posed = pose(clip, options, tell)
    rows, cells = [], [("what is known", np.where(posed.scored[0][..., None], 1, posed.truths[0])),
                       ("truth", posed.truths[0])]
    jobs, done = len(networks) * len(ways) * options.seeds, 0
    for name in networks:
        for way in ways:
            found, kind = [], WAYS[way](settings[name])
            with kind.around():
                reached = rates(kind.settings.device, kind.settings.precision)
                for seed in range(options.seed, options.seed + options.seeds):
                    tell(Progress("fitting", done, jobs, "fit", f"{name}, {way}"))
                    found.append(_Fits(posed, kind, options.cold_steps, seed))
                    done += 1
            rows.append(_row(name, way, reached, found))
            cells.append((name if way == "default" else f"{name}, {way}", found[0].picture))
    device = engine.describe(next(iter(settings.values())).device)
    return Cold(Path(clip).name, tuple(posed.indices), posed.crop, posed.against, options.base, options.flat_start,
                device, options.seeds, tuple(rows), _sheet(cells))


@dataclass(frozen=True, slots=True)
class _Way:
    """settings: as they are used; ready: makes a prior what it shall be, after every reset; around: holds all along."""

    settings: engine.Settings
    ready: Callable[[engine.Prior], None] = lambda prior: None
    coarse: bool = False
    around: Callable[[], AbstractContextManager] = nullcontext


class _Fits:
    """Every frame fitted from nothing with one seed; points: (steps, mean squared error, seconds) by frame.

    picture: the first frame's last answer.
    """

    def __init__(self, posed: Posed, way: _Way, steps: int, seed: int):
        settings = way.settings
        prior = make_prior(posed.problems[0], settings, seed)
        self.work = work_of(prior)
        self.parameters = sum(p.numel() for p in prior.parameters)
        self.points: list[list[tuple[int, float, float]]] = []
        for problem, truth, scored in zip(posed.problems, posed.truths, posed.scored, strict=True):
            prior.reset()
            for member in prior.members:
                way.ready(member)
            points, done, seconds = [], 0, 0.0
            problem = problem.to(prior.device)
            began = busy_seconds(prior.device)
            if way.coarse:
                for by in COARSE:
                    _fit_small(problem, prior, by, steps // COARSE_SHARE)
                    done += steps // COARSE_SHARE
            rule = engine.STOP_RULES[settings.stop](problem, seed)
            ladder = [steps] if rule else [s for s in cold_ladder(steps) if s > done]
            for goal in ladder:
                fit = engine.fit(problem, prior, steps=goal - done, rule=rule)
                done, seconds = done + fit.steps, seconds + busy_seconds(prior.device) - began
                picture = problem.picture(fit.estimate)
                points.append((done, mse(picture, truth, scored), seconds))
                began = busy_seconds(prior.device)
            self.points.append(points)
            self.picture = picture if len(self.points) == 1 else self.picture
        self.step_seconds = min(_timed(prior, problem) for _ in range(3))


def _timed(prior: engine.Prior, problem: FillProblem) -> float:
    """Seconds of a step, as `prior` stands."""
    began = busy_seconds(prior.device)
    for _ in range(TIMED):
        prior.step(problem)
    return (busy_seconds(prior.device) - began) / TIMED


def _fit_small(problem: FillProblem, prior: engine.Prior, by: int, steps: int) -> None:
    """Fit `prior` to the problem at a `by`th of its size, with every `by`th pixel of the code."""
    def pooled(x: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(x, by, ceil_mode=True, count_include_pad=False)

    weight = pooled(problem.weight)
    small = replace(problem, target=pooled(problem.weight * problem.target) / weight.clamp_min(1e-6), weight=weight,
                    free=pooled(problem.free), base=None if problem.base is None else pooled(problem.base))
    codes = [member.codes for member in prior.members]
    for member in prior.members:
        member.codes = {name: z[..., ::by, ::by] for name, z in member.codes.items()}
    try:
        engine.fit(small, prior, steps=steps)
    finally:
        for member, own in zip(prior.members, codes, strict=True):
            member.codes = own


def _adam(prior: engine.Prior, **kind: bool) -> None:
    prior.optimiser = torch.optim.Adam(prior.parameters, lr=prior.learning_rate, **kind)


def _recorded(prior: engine.Prior) -> None:
    if prior.recorded is None:
        prior.record()


def _compiled(prior: engine.Prior) -> None:
    if not any(isinstance(network, torch._dynamo.OptimizedModule) for network in prior.networks.values()):
        prior.networks = nn.ModuleDict({name: torch.compile(network) for name, network in prior.networks.items()})


@contextmanager
def _tf32(allowed: bool) -> Iterator[None]:
    """Whether CUDA multiplies float32 with ten bits of mantissa, which torch allows in convolutions only."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    try:
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=allowed):
            yield
    finally:
        torch.set_float32_matmul_precision(before)


def _contiguous(prior: engine.Prior) -> None:
    prior.networks.to(memory_format=torch.contiguous_format)
    prior.codes = {name: z.contiguous() for name, z in prior.codes.items()}


WAYS: dict[str, Callable[[engine.Settings], _Way]] = {
    "default": _Way,
    "float32": lambda settings: _Way(replace(settings, precision=torch.float32), around=partial(_tf32, False)),
    "tf32": lambda settings: _Way(replace(settings, precision=torch.float32), around=partial(_tf32, True)),
    "bfloat16": lambda settings: _Way(replace(settings, precision=torch.bfloat16)),
    "recorded": partial(_Way, ready=_recorded),
    "compiled": partial(_Way, ready=_compiled),
    "tuned": partial(_Way, around=partial(torch.backends.cudnn.flags, enabled=True, benchmark=True)),
    "contiguous": partial(_Way, ready=_contiguous),
    "unfused": partial(_Way, ready=partial(_adam, foreach=False, fused=False)),
    "foreach": partial(_Way, ready=partial(_adam, foreach=True)),
    "coarse": partial(_Way, coarse=True),
    "held-out": lambda settings: _Way(replace(settings, stop="held-out")),
}


def _row(network: str, way: str, reached: Rates, found: list[_Fits]) -> Row:
    def over_seeds(part: int) -> Iterator[list[float]]:
        """For each place on the ladder, the mean over the frames, by seed."""
        for place in range(len(found[0].points[0])):
            yield [mean(points[place][part] for points in fits.points) for fits in found]

    steps, errors, seconds = (list(over_seeds(part)) for part in range(3))
    last = [decibels(error) for error in errors[-1]]
    return Row(network, way, found[0].parameters, median(fits.step_seconds for fits in found), found[0].work, reached,
               tuple(map(median, steps)),
               tuple(median(map(decibels, row)) for row in errors), (min(last), max(last)),
               tuple(map(median, seconds)))


def _sheet(cells: list[tuple[str, np.ndarray]], columns: int = 3) -> np.ndarray:
    tiles = []
    for name, picture in cells:
        tile = np.rint(picture.clip(0, 1) * 255).astype(np.uint8)
        times = max(round(TILE / tile.shape[1]), 1)
        tile = np.kron(tile, np.ones((times, times, 1), np.uint8))
        tile = cv2.copyMakeBorder(tile, 16, 2, 2, 2, cv2.BORDER_CONSTANT)
        tiles.append(cv2.putText(tile, name, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (255,) * 3, 1, cv2.LINE_AA))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[k:k + columns]) for k in range(0, len(tiles), columns)])
