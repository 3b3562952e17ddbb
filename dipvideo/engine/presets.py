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
    """network: a spec for `networks.make`; steps of a chunk's first frame and of each later one."""

    network: str
    first_steps: int
    steps: int


# Measured in benchmarks/presets.md.
PRESETS = {
    "fast": Preset("taper:skip=0,widths=16-32-48-64", 60, 5),
    "balanced": Preset("taper", 200, 15),
    "best": Preset("taper", 400, 40),
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
    flat_start: bool
    seed: int


def settle(options: EngineOptions) -> Settings:
    """Options with the preset filled in. Raises DeviceMissing, and OptionError for a spec that says nothing sound."""
    make_warm_start(options.warm_start)
    preset = PRESETS[options.preset]
    chosen = {k: v for k in ("network", "first_steps", "steps") if (v := getattr(options, k)) is not None}
    preset = replace(preset, **chosen)
    with torch.device("meta"):  # nothing is drawn: an unsound spec is named before any work
        make(preset.network, 1)
    device = choose_device(options.device)
    return Settings(device, choose_precision(options.precision, device), preset.network, options.warm_start,
                    preset.first_steps, preset.steps, options.budget, options.stop, options.learning_rate,
                    options.input_noise, options.flat_start, options.seed)
