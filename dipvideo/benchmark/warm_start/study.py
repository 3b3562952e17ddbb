"""A study from start to end: frames posed, curves measured or found, verdicts drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from ... import engine, spec
from ...errors import OptionError
from ...metrics import decibels
from ...problems import Problem
from ...progress import Progress, Tell
from ...restore import make_prior
from ...tasks.denoise import DenoiseOptions
from ...tasks.inpaint import FillOptions
from ...tasks.super_resolve import SuperResolveOptions
from ..options import WarmStartOptions
from .curves import Bench, Curve
from .kept import Kept, key_of
from .posed import Posed, pose
from .verdicts import Verdict, verdicts_of
from .whole import pose_whole


@dataclass(frozen=True, slots=True)
class Study:
    """All that was measured, and under what conditions.

    indices: the numbers of the frames, the first of which is every policy's cold start; cut: the place among them of
    the first after a cut, or None. average: decay of the running average of weights that answers, 0 for the last ones.
    ensemble: priors whose mean answers, but to cold frames, to which one does.
    unfitted: dB before any step.
    """

    clip: str
    task: str
    indices: tuple[int, ...]
    cut: int | None
    crop: str
    scored: str
    network: str
    base: bool
    flat_start: bool
    follow: bool
    average: float
    ensemble: int
    device: str
    precision: str
    cold_steps: int
    unfitted: float
    curves: tuple[Curve, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def seeds(self) -> int:
        return len({c.seed for c in self.curves})


def measure_warm_start(clip: str, options: WarmStartOptions, *, keep: Path | None = None,
                       tell: Tell = lambda progress: None) -> Study:
    """Measure every policy of `options.policies` on `clip`; cold is always among them.

    keep: a JSON file of curves, which are taken from there if all that decides them is the same, and put there once
    they are measured. Raises OptionError, MaskMismatch and SourceError.
    """
    policies = list(dict.fromkeys(["cold", *spec.listed(options.policies)]))
    for policy in policies:
        engine.make_warm_start(policy)
    rungs = _rungs(options.rungs)
    settings = _settled(options)
    kept = Kept(keep)
    if options.task == "inpaint":
        posed = pose(clip, options, tell, follow=options.follow)
    else:
        posed = pose_whole(clip, options, tell)
    meter = _Meter(tell)
    seeds = range(options.seed, options.seed + options.seeds)
    benches = {seed: _bench(posed, settings, seed, options.cold_steps, meter.add)
               for seed in seeds}  # made first: a prior settles how many threads the device has
    device, precision = engine.describe(settings.device), str(settings.precision).removeprefix("torch.")
    conditions = {"frames": posed.fingerprint(), "network": settings.network, "precision": precision,
                  "device": device, "learning_rate": settings.learning_rate, "noise": settings.input_noise,
                  "flat": settings.flat_start, "average": settings.average, "cold_steps": options.cold_steps}
    warm = {"rungs": rungs, "ensemble": settings.ensemble}
    keys = {(policy, seed): key_of(policy=policy, seed=seed, **({} if policy == "cold" else warm), **conditions)
            for seed in seeds for policy in policies}
    missing = [pair for pair, key in keys.items() if kept.get(key) is None]
    meter.total = sum(benches[seed].cost(policy, rungs) for policy, seed in missing)
    meter.total += options.cold_steps * len({seed for policy, seed in missing if policy != "cold"})
    curves = []
    for (policy, seed), key in keys.items():
        curve = kept.get(key)
        if curve is None:
            meter.note = f"{policy}, seed {seed}, {len(missing)} of {len(keys)} curves left"
            curve = benches[seed].measure(policy, seed, rungs)
            kept.put(key, curve)
            missing.remove((policy, seed))
        curves.append(curve)
    unfitted = decibels(median(bench.unfitted() for bench in benches.values()))
    return Study(Path(clip).name, options.task, tuple(posed.indices), posed.cut, posed.crop, posed.against,
                 settings.network, options.base, options.flat_start, options.follow,
                 settings.average, settings.ensemble, device, precision,
                 options.cold_steps, unfitted, tuple(curves), tuple(verdicts_of(curves, policies, posed.cut)))


def _settled(options: WarmStartOptions) -> engine.Settings:
    """The engine as the task sets it, unless the options say otherwise."""
    own = {"denoise": DenoiseOptions, "super-resolve": SuperResolveOptions}.get(options.task, FillOptions)
    if options.task == "denoise" and not options.base:
        own = FillOptions  # drawn from a random code
    average = own().average if options.average is None else options.average
    return engine.settle(replace(options, average=average), own.kind)


def _bench(posed: Posed, settings: engine.Settings, seed: int, cold_steps: int, spent: Callable[[int], None]) -> Bench:
    def make(problem: Problem, members: int) -> engine.Prior:
        return make_prior(problem, replace(settings, ensemble=members), seed)

    return Bench(posed, make, cold_steps, settings.average, settings.ensemble, spent)


class _Meter:
    """Tells how many of all steps are done."""

    def __init__(self, tell: Tell):
        self._done, self._tell = 0, tell
        self.total, self.note = 0, ""

    def add(self, steps: int) -> None:
        self._done += steps
        self._tell(Progress("measuring", self._done, self.total, "step", self.note))


def _rungs(text: str) -> tuple[int, ...]:
    try:
        rungs = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        rungs = ()
    if not rungs or rungs[0] < 1:
        raise OptionError(f"Rungs are numbers of steps, as in 2,5,10; got {text!r}.")
    return rungs
