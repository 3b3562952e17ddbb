"""What a step must do at the least, and how fast this device can do such things: the floor under its time.

A roofline (Williams, Waterman, Patterson, CACM 2009): arithmetic at the rate of a large matrix product, bytes at that
of a large copy, whichever takes longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import nn

from .. import engine
from .clock import settled

SIDE = {"cuda": 8192, "cpu": 1024}  # of the matrices that are multiplied
BYTES = {"cuda": 2**30, "cpu": 2**26}  # that are copied
PASSES = 3  # forward, backward to the inputs, backward to the weights: as much arithmetic each
ADAM = 28  # bytes a parameter: its value, its gradient and two moments read, all but the gradient written


@dataclass(frozen=True, slots=True)
class Work:
    """Of a step: operations of its convolutions, and the fewest bytes that move if what lies between two convolutions
    costs nothing: what each reads and writes, forward and twice backward, and Adam's."""

    operations: float
    bytes: float

    def seconds(self, rates: Rates) -> float:
        """The floor."""
        return max(self.operations / rates.operations, self.bytes / rates.bytes)


@dataclass(frozen=True, slots=True)
class Rates:
    """A second."""

    operations: float
    bytes: float


@torch.no_grad()
def work_of(prior: engine.Prior) -> Work:
    """The work in a step of `prior`."""
    operations = moved = 0.0
    size = prior.members[0].precision.itemsize

    def count(module: nn.Module, given: tuple[torch.Tensor], made: torch.Tensor) -> None:
        nonlocal operations, moved
        operations += 2 * PASSES * module.weight.numel() * made.shape[-2] * made.shape[-1]
        moved += PASSES * size * (given[0].numel() + made.numel())

    with ExitStack() as hooks:
        for module in (module for member in prior.members for module in member.networks.modules()):
            if isinstance(module, nn.Conv2d):
                hooks.callback(module.register_forward_hook(count).remove)
        prior()
    return Work(operations, moved + ADAM * sum(p.numel() for p in prior.parameters))


def rates(device: torch.device, precision: torch.dtype) -> Rates:
    """What `device` reaches, the best of some tries."""
    kind = device.type if device.type in SIDE else "cpu"
    one, other = (torch.randn(SIDE[kind], SIDE[kind], device=device).to(precision) for _ in range(2))
    source = torch.ones(BYTES[kind] // 4, device=device)
    target = torch.empty_like(source)
    return Rates(2 * SIDE[kind]**3 / _least(device, lambda: one @ other),
                 2 * BYTES[kind] / _least(device, lambda: target.copy_(source)))


def _least(device: torch.device, act: Callable[[], object], tries: int = 5) -> float:
    taken = []
    for _ in range(tries):
        settled(device)
        began = time.perf_counter()
        act()
        settled(device)
        taken.append(time.perf_counter() - began)
    return min(taken)
