"""What follows from the curves: how soon a quality is reached, whether it drifts, and what a cut does to it.

Every comparison is made within a seed and then told as the median over seeds, with the least and the most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from statistics import mean, median

import numpy as np

from ...metrics import decibels
from .curves import Curve

CLOSE = 0.05  # dB below a quality that count as reaching it: less than the spread between seeds
ABOUT = 0.5  # dB below it: what chance does; three cold frames of one still film ended at 20.6, 23.3 and 20.0 dB
NEAR = 0.99  # of the decibels of the best that any policy reaches
EQUAL_STEPS = 10  # a frame, at which policies are set beside each other after a cut
AFTER_CUT = (0, 1, 2, 4, 8)  # frames after a cut that are told


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the seeds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Reached:
    """How a policy reached a quality: medians over the seeds, where one that never does counts as infinite.

    seeds: how many reached it. steps, seconds: a frame, None where the median is infinite; speed_up, faster: the steps
    and the seconds that cold needed for it, over these, None where cold never did.
    """

    seeds: int
    steps: float | None = None
    seconds: float | None = None
    speed_up: float | None = None
    faster: float | None = None


@dataclass(frozen=True, slots=True)
class AtCut:
    """Around a cut, in dB above (below: negative) what cold ends with on the same frame, medians over the seeds.

    steps: a frame; before: the mean over the frames before the cut, None without one; after: of the frames AFTER_CUT
    behind it, as far as they were measured; reached: the steps with which the first frame after the cut is as good as
    cold ends, None unless most seeds get there.
    """

    steps: int
    before: float | None
    after: tuple[float, ...]
    reached: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A policy, over the seeds.

    psnr: the best it reached with one number of steps, in dB, errors pooled over the frames. final, about, best, near:
    how it reached what cold ends with, ABOUT dB less, cold's best along the way, and 99 % of the best of any policy.
    drift: by steps, how much its PSNR minus cold's last moved from the first frame to the last, by a straight line, in
    dB; empty for cold, for fewer than three frames and across a cut. by_frame: the steps cold needs to what it ends
    with on a frame, over the policy's, for each frame but the first; None unless most seeds reach it.
    """

    policy: str
    psnr: Spread
    final: Reached
    about: Reached
    best: Reached
    near: Reached
    drift: dict[int, Spread]
    by_frame: tuple[float | None, ...]
    at_cut: AtCut | None


def verdicts_of(curves: list[Curve], policies: list[str], cut: int | None = None) -> Iterator[Verdict]:
    """A verdict a policy; cold is among them. cut: as in `Study`."""
    cold = {c.seed: c for c in curves if c.policy == "cold"}
    best = {seed: max(quality(c)) for seed, c in cold.items()}
    final = {seed: quality(c)[-1] for seed, c in cold.items()}
    peak = {seed: max(max(quality(c)) for c in curves if c.seed == seed) for seed in cold}
    for policy in policies:
        mine = [c for c in curves if c.policy == policy]
        yield Verdict(
            policy, Spread.of([max(quality(c)) for c in mine]),
            _all_reached(mine, cold, {seed: goal - CLOSE for seed, goal in final.items()}),
            _all_reached(mine, cold, {seed: goal - ABOUT for seed, goal in final.items()}),
            _all_reached(mine, cold, {seed: goal - CLOSE for seed, goal in best.items()}),
            _all_reached(mine, cold, {seed: NEAR * goal for seed, goal in peak.items()}),
            {} if policy == "cold" or cut is not None else _drift(mine, cold),
            tuple(_frame_speed_up(mine, cold, k) for k in range(len(mine[0].errors[0]))),
            None if cut is None else _at_cut(mine, cold, cut - 1))  # the first frame is not on the curves


def quality(curve: Curve) -> list[float]:
    """dB by steps: errors are pooled before they become decibels, as over one large hole."""
    return [decibels(mean(row)) for row in curve.errors]


def above_cold(curve: Curve, cold: Curve, row: int) -> list[float]:
    """dB above what cold ends with, by frame, for one row of `curve`."""
    return [decibels(mine) - decibels(its) for mine, its in zip(curve.errors[row], cold.errors[-1], strict=True)]


def row_near(curve: Curve, steps: int) -> int:
    """The row with the most steps up to `steps`, else the first."""
    return max((k for k, s in enumerate(curve.steps) if s <= steps), default=0)


def _all_reached(mine: list[Curve], cold: dict[int, Curve], goals: dict[int, float]) -> Reached:
    found = [_reached(c, goals[c.seed]) for c in mine]
    seeds = sum(f is not None for f in found)
    never = (inf, inf)
    steps, seconds = (median((f or never)[part] for f in found) for part in (0, 1))
    if steps == inf:
        return Reached(seeds)
    cold_found = [_reached(cold[c.seed], goals[c.seed]) or never for c in mine]
    gains = [median(its[part] / f[part] if f else 0.0 for its, f in zip(cold_found, found, strict=True))
             for part in (0, 1)]
    return Reached(seeds, steps, seconds, *(None if gain == inf else gain for gain in gains))


def _reached(curve: Curve, goal: float) -> tuple[int, float] | None:
    """The first steps, and seconds a frame, with which `curve` is at `goal`."""
    return next(((steps, mean(seconds)) for steps, psnr, seconds
                 in zip(curve.steps, quality(curve), curve.seconds, strict=True) if psnr >= goal), None)


def _drift(mine: list[Curve], cold: dict[int, Curve]) -> dict[int, Spread]:
    frames = len(mine[0].errors[0])
    if frames < 3:
        return {}
    return {steps: Spread.of([float(np.polyfit(range(frames), above_cold(c, cold[c.seed], row), 1)[0]) * (frames - 1)
                              for c in mine]) for row, steps in enumerate(mine[0].steps)}


def _steps_on(curve: Curve, cold: Curve, frame: int) -> int | None:
    """The first steps with which `curve` is as good on a frame as `cold` ends there."""
    goal = decibels(cold.errors[-1][frame]) - CLOSE
    return next((s for s, row in zip(curve.steps, curve.errors, strict=True) if decibels(row[frame]) >= goal), None)


def _frame_speed_up(mine: list[Curve], cold: dict[int, Curve], frame: int) -> float | None:
    gains = []
    for curve in mine:
        steps = _steps_on(curve, cold[curve.seed], frame)
        gains.append(0.0 if steps is None else _steps_on(cold[curve.seed], cold[curve.seed], frame) / steps)
    return median(gains) or None


def _at_cut(mine: list[Curve], cold: dict[int, Curve], cut: int) -> AtCut:
    row = row_near(mine[0], EQUAL_STEPS)
    levels = [above_cold(c, cold[c.seed], row) for c in mine]
    reached = median(_steps_on(c, cold[c.seed], cut) or inf for c in mine)
    return AtCut(mine[0].steps[row], median(mean(level[:cut]) for level in levels) if cut else None,
                 tuple(median(level[cut + k] for level in levels) for k in AFTER_CUT if cut + k < len(levels[0])),
                 None if reached == inf else reached)
