"""Take burned-in subtitles out of a film with a network trained on nothing but that film.

Each command is a function here, with the command's options and defaults:

    from dipvideo import remove_subtitles, inpaint
    remove_subtitles("movie.mp4", "clean.mp4", preset="fast", progress=lambda p: print(p.stage, p.done, p.total))
"""

from __future__ import annotations

from importlib.metadata import version as _version
from typing import Any

from .registry import names as _names

__version__ = _version("dipvideo")


def __getattr__(name: str) -> Any:
    """Tasks are imported when they are first asked for."""
    if name.replace("_", "-") in _names("tasks"):
        from .api import function_of

        globals()[name] = function_of(name.replace("_", "-"))
        return globals()[name]
    raise AttributeError(f"module 'dipvideo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *(name.replace("-", "_") for name in _names("tasks"))]
