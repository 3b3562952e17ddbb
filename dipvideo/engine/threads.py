"""How many CPU threads a prior is worth: by the work of a step, never by the clock.

The number of threads decides in which order sums are taken, and so the last bits of what a fit gives: with torch 2.13
the weights differ after ten steps with one thread and with two, in float32 and in bfloat16, and are the same bits from
run to run with the same number. A number that followed from a measured time would make two runs of one film differ.

What a step takes with one thread and with two, on two cores, in milliseconds of bfloat16:

| network, crop | multiplications | idle | one other process runs |
|---|---|---|---|
| taper, 64x304 | .3 G | 25, 20 | 25, 100 |
| taper, 160x768 | 2.0 G | 113, 70 | 113, 180 |
| skip, 64x304 | 5.8 G | 225, 130 | 229, 377 |

So little work stays on one thread: it has a fifth to win, and where the machine has other things to do, much to lose.
The right half holds since threads that wait for each other give way soon (GOMP_SPINCOUNT, set in `dipvideo`): as torch
comes they turn in place for so long that the other process cannot let them finish, and 113 becomes 1900.
More than two cores are unmeasured.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack

import torch
from torch import nn

from ..machine import mine

AVAILABLE = torch.get_num_threads()  # one a physical core, before anyone changes it
WORTH = 1_000_000_000  # multiplications of a forward pass that are worth a thread


def settle(networks: nn.Module, run: Callable[[], object]) -> None:
    """Give torch as many threads as a step of `networks` is worth; OMP_NUM_THREADS, where it is set, stands.

    run: makes one forward pass of them all.
    """
    if "OMP_NUM_THREADS" in os.environ:
        return
    threads = worth(multiplications(networks, run))
    if threads != torch.get_num_threads():  # setting it makes oneDNN forget what it prepared
        torch.set_num_threads(threads)


def worth(work: int) -> int:
    """One thread for every WORTH multiplications begun, as far as this process has cores."""
    return max(1, min(-(-work // WORTH), AVAILABLE, mine()))


def multiplications(networks: nn.Module, run: Callable[[], object]) -> int:
    """Of one forward pass, in the convolutions of `networks`, counted while `run` makes it."""
    total = 0

    def count(module: nn.Module, given: tuple[torch.Tensor], made: torch.Tensor) -> None:
        nonlocal total
        each = given[0] if isinstance(module, nn.ConvTranspose2d) else made
        total += module.weight.numel() * each.shape[-2] * each.shape[-1]

    with torch.no_grad(), ExitStack() as hooks:
        for module in networks.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                hooks.callback(module.register_forward_hook(count).remove)
        run()
    return total
