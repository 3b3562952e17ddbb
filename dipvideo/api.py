"""The commands as Python functions, made from the same declarations."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import OptionError
from .options import Options, types_of
from .progress import Progress
from .registry import load

if TYPE_CHECKING:
    from .summary import Summary


def function_of(command: str) -> Callable[..., Summary]:
    """The function that does what `dipvideo COMMAND` does."""
    task = load("tasks", command).TASK
    kinds = types_of(task.Options)

    def function(source: str | Path, output: str | Path | None = None, *,
                 progress: Callable[[Progress], Any] | None = None, **options: Any) -> Summary:
        from .pipeline import run

        return run(task(make_options(task.Options, options)), source, output, tell=progress or (lambda _: None))

    named = [inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default,
                               annotation=kinds[f.name] if f.default is not None else kinds[f.name] | None)
             for f in dataclasses.fields(task.Options)]
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    function.__signature__ = inspect.Signature([*own, *named], return_annotation="Summary")
    function.__name__ = function.__qualname__ = command.replace("-", "_")
    function.__module__ = "dipvideo"
    function.__doc__ = _documentation(task)
    return function


def make_options(kind: type[Options], values: dict[str, Any]) -> Options:
    """What is text on the command line may be given as a number or path, too: scale=2, mask=Path("mask.png").

    Raises OptionError for a name or value that `kind` does not know.
    """
    known = {f.name for f in dataclasses.fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise OptionError(f"There is no option {unknown[0]!r}. Known: {', '.join(sorted(known))}.")
    kinds = types_of(kind)
    return kind(**{name: str(value) if kinds[name] is str and isinstance(value, int | float | Path) else value
                   for name, value in values.items()})


def _documentation(task: Any) -> str:
    lines = [inspect.getdoc(task), "", "source: a video, a picture, a folder or glob of pictures; output: where to "
             "write, by default beside it.", "progress: is called with a `Progress` at every frame.",
             "Returns a `Summary`, whose `filled` has the shares of the filled pixels that were borrowed, unmixed and "
             "drawn.", "Raises DipvideoError with one sentence for whatever can be named.", ""]
    for declared in dataclasses.fields(task.Options):
        choices = declared.metadata.get("choices")
        known = f" One of {', '.join(choices)}." if choices else ""
        lines.append(f"{declared.name}: {declared.metadata['help']}{known}")
    return "\n".join(lines)
