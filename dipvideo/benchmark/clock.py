"""The clock of a benchmark that others share the machine with."""

from __future__ import annotations

import time

import torch


def busy_seconds(device: torch.device) -> float:
    """Seconds to take differences of: on a CPU those that this thread was at work, elsewhere those of the wall.

    The thread that fits is at work all along, alone or with others, so on an idle machine both are the same; beside
    six other processes on two cores the wall said 115 ms a step where it was at work for 12.
    """
    if device.type == "cpu":
        return time.thread_time()
    settled(device)
    return time.perf_counter()


def settled(device: torch.device) -> None:
    """Wait until `device` has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
