"""Names and the files they live in: a room's file `x_y.py` is what a user calls `x-y`.

Adding a file adds the name; nothing is listed twice, and nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from .errors import OptionError

_NOT_NAMES = {"base", "blocks", "whole"}  # shared parts of a room


@cache
def names(room: str) -> tuple[str, ...]:
    """What can be asked for in `room` ("tasks", "networks"), without importing any of it."""
    folder = importlib.import_module(f"dipvideo.{room}").__path__
    return tuple(sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(folder) if m.name not in _NOT_NAMES))


def load(room: str, name: str) -> ModuleType:
    """The module that `name` lives in. Raises OptionError naming what is known."""
    if name not in names(room):
        raise OptionError(f"There is no {room.rstrip('s')} called {name!r}. Known: {', '.join(names(room))}.")
    return importlib.import_module(f"dipvideo.{room}.{name.replace('-', '_')}")
