"""Quality against time: what `--preset` stands for, and how options override it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from ..networks import make
from ..options import EngineOptions
from .device import choose_device, choose_precision
from .warmstart import make_warm_start


@dataclass(frozen=True, slots=True)
class Preset:
    """network: a spec for `networks.make`; steps of a chunk's first frame and of each later one; learning_rate: None is
    the network's own."""

    network: str
    first_steps: int
    steps: int
    learning_rate: float | None = None


# Measured in benchmarks/presets.md.
PRESETS = {
    "fast": Preset("taper:skip=0,widths=16-32-48-64", 60, 5),
    "balanced": Preset("taper", 200, 15),
    "best": Preset("taper", 400, 40),
}

# By the kind of problem. A network that corrects noise sees what it needs within a few pixels; a wider one or more
# steps learn the noise of a small picture by heart.
KINDS = {
    "fill": PRESETS,
    "denoise": {"fast": Preset("taper:widths=16-32,norm_kind=instance", 80, 20, 0.005),
                "balanced": Preset("taper:widths=32-64,norm_kind=instance", 200, 50, 0.005),
                "best": Preset("taper:widths=32-64-96,norm_kind=instance", 400, 100, 0.005)},
    "flash": {"fast": Preset("taper:widths=16-32-48-64,skip=8", 80, 20),
              "balanced": Preset("taper:widths=16-32-48-64,skip=8", 200, 40),
              "best": Preset("skip:down=64-64-64-64-64,upsample=nearest", 400, 100)},
    # Stopped early: with more steps texture comes in, with smaller ones not even colours are right after a flat start.
    "early": {"fast": Preset("taper:skip=0,widths=8-16-32", 50, 10, 0.03),
              "balanced": Preset("taper:skip=0,widths=8-16-32", 50, 10, 0.03),
              "best": Preset("taper:skip=0,widths=8-16-32", 50, 25, 0.03)},
    # Of 64x64 pixels a wider network or more steps learn by heart what is small and what large there.
    "super-resolve": {"fast": Preset("stack:width=32,layers=5", 200, 5), "balanced": Preset("stack", 600, 10),
                      "best": Preset("stack", 1000, 30)},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the engine needs to know, settled: no "auto". learning_rate: None is the network's own.

    budget: seconds a frame, in the place of first_steps and steps.
    """

    device: torch.device
    precision: torch.dtype
    network: str
    warm_start: str
    first_steps: int
    steps: int
    budget: float | None
    stop: str
    learning_rate: float | None
    input_noise: float
    average: float
    ensemble: int
    flat_start: bool
    seed: int


def settle(options: EngineOptions, kind: str | None = None) -> Settings:
    """Options with the preset filled in, for a kind of problem where it is not the options' own.

    Raises DeviceMissing, and OptionError for a spec that says nothing sound.
    """
    make_warm_start(options.warm_start)
    preset = KINDS[kind or options.kind][options.preset]
    names = ("network", "first_steps", "steps", "learning_rate")
    chosen = {name: told for name in names if (told := getattr(options, name)) is not None}
    preset = replace(preset, **chosen)
    with torch.device("meta"):  # nothing is drawn: an unsound spec is named before any work
        make(preset.network, 1)
    device = choose_device(options.device)
    return Settings(device, choose_precision(options.precision, device), preset.network, options.warm_start,
                    preset.first_steps, preset.steps, options.budget, options.stop, preset.learning_rate,
                    options.input_noise, options.average, options.ensemble, options.flat_start, options.seed)
