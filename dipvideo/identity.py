"""What a run's result depends on, in words: two runs that agree in all of it make the same bits."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from pathlib import Path

from . import engine, io
from .options import JobOptions
from .tasks.base import Task

# Options that say where and how the work is done, not what comes of it. The device is told by its kind.
_OF_NO_MATTER = {"overwrite", "device", *(declared.name for declared in fields(JobOptions))}
_LIBRARIES = ("dipvideo", "torch", "av", "numpy", "opencv-python-headless")


def identity(task: Task, source: io.Source, settings: engine.Settings, recipe: io.Recipe) -> dict[str, str]:
    """What it depends on → the value that has; what begins with "the" has values that tell a person nothing."""
    return {
        "the input": io.fingerprint(source.info.path),
        **{f"the file {str(path)!r}": io.fingerprint(path) for path in task.side_inputs},
        **{f"--{declared.name.replace('_', '-')}": str(getattr(task.options, declared.name))
           for declared in fields(task.options) if declared.name not in _OF_NO_MATTER},
        "the task": type(task).__name__,
        "the encoder": hashlib.sha256(repr(recipe).encode()).hexdigest(),
        **machine(settings),
    }


def machine(settings: engine.Settings) -> dict[str, str]:
    """What of it depends on the machine and what is installed there."""
    return {
        "device": device_of(settings),
        "precision": str(settings.precision),
        **{library: version(library) for library in _LIBRARIES},
        "the code of dipvideo": _code(),
    }


def device_of(settings: engine.Settings) -> str:
    """The kind of device; on a CPU the most threads that sums may be spread over, which decides their last bits."""
    if settings.device.type == "cpu":
        return f"cpu, at most {engine.AVAILABLE} threads"
    return engine.describe(settings.device)


@cache
def _code() -> str:
    """Of every file of this package."""
    house = Path(__file__).parent
    told = hashlib.sha256()
    for path in sorted(house.rglob("*.py")):
        told.update(path.relative_to(house).as_posix().encode() + path.read_bytes())
    return told.hexdigest()
