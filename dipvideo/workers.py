"""Who restores: what a person asked for, or else all that this machine has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from . import engine
from .errors import OptionError
from .executors import Executor, Local, Processes, Ray
from .machine import mine, side_by_side
from .plan import Stretch
from .room import memory_for
from .stretch import Brief
from .tasks.base import TaskOptions


def asked_for(options: TaskOptions) -> tuple[Executor | None, engine.Settings]:
    """Who restores, if that was said, and how. Raises OptionError, DeviceMissing, ClusterMissing."""
    executor, device = _executor(options)
    return executor, engine.settle(replace(options, device=device))


def filling(brief: Brief) -> Executor:
    """Processes side by side: as many as there are stretches, and cores and memory here; or this one alone."""
    count = _written(brief.stretches)
    if count > 1:  # a frame is decoded for it
        count = min(count, side_by_side(memory_for(brief)))
    alone = count < 2 and brief.task.options.executor != "processes"
    return Local() if alone else Processes([None] * max(count, 1))


def cores_for(options: TaskOptions, settings: engine.Settings, stretches: Sequence[Stretch]) -> int:
    """How many cores of a machine a stretch may take.

    On a CPU their number decides the last bits of what comes of it, and so it follows from the film and the machine,
    not from how many workers there are.
    """
    if settings.device.type == "cpu":
        beside = min(mine(), _written(stretches))
    else:
        beside = len(engine.slots(options.device, options.devices, options.workers))
    return max(engine.AVAILABLE // max(beside, 1), 1)


def _executor(options: TaskOptions) -> tuple[Executor | None, str]:
    """Who restores, None where nothing was said, and on what kind of device."""
    if options.executor == "ray" or options.address:
        if options.executor not in ("auto", "ray") or options.devices:
            wrong = "--devices are this machine's" if options.devices else f"--executor {options.executor} takes none"
            raise OptionError(f"--address names a Ray cluster, and {wrong}: leave one of both out.")
        device = engine.choose_device(options.device)
        return Ray(options.address, options.workers, device.type), options.device
    slots = engine.slots(options.device, options.devices, options.workers)
    if options.executor == "local":
        if len(slots) > 1 or options.devices:
            raise OptionError(f"--executor local is one worker on --device, but {len(slots)} on "
                              f"{options.devices or 'it'} were asked for: leave it out.")
        return Local(), slots[0]
    if not (options.workers or options.devices) and engine.choose_device(slots[0]).type == "cpu":
        return None, slots[0]
    several = len(slots) > 1 or options.devices or options.executor == "processes"
    return Processes(slots) if several else Local(), slots[0]


def _written(stretches: Sequence[Stretch]) -> int:
    return sum(not stretch.copied for stretch in stretches)
