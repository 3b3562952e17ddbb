"""Take burned-in subtitles out of a film with a network trained on nothing but that film.

Each command is a function here, with the command's options and defaults:

    from dipvideo import remove_subtitles, inpaint
    remove_subtitles("movie.mp4", "clean.mp4", preset="fast", progress=lambda p: print(p.stage, p.done, p.total))
"""

from __future__ import annotations

import os
from importlib.metadata import version as _version
from typing import Any

from .registry import names as _names

__version__ = _version("dipvideo")

# How often threads of OpenMP look around before they sleep; it is read once, when torch is loaded. By default so often
# that beside one busy process a step on two cores takes 17 times as long as on one thread (1900 ms against 113), where
# it takes 1.6 times as long so; alone both ways are as fast.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def __getattr__(name: str) -> Any:
    """Tasks are imported when they are first asked for."""
    if name.replace("_", "-") in _names("tasks"):
        from .api import function_of

        globals()[name] = function_of(name.replace("_", "-"))
        return globals()[name]
    raise AttributeError(f"module 'dipvideo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *(name.replace("-", "_") for name in _names("tasks"))]
