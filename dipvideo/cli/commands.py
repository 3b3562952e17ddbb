"""Commands, made from what tasks declare."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import click

from ..errors import OptionError
from ..options import Options
from ..registry import load, names
from .bar import bar, lines, say
from .parameters import click_options

# Commands that are no tasks: name → (file of this room, object)
_EXTRA = {"detect": ("detect", "detect"), "benchmark": ("benchmark", "benchmark"), "doctor": ("doctor", "doctor"),
          "jobs": ("jobs", "jobs")}


class Commands(click.Group):
    """Every task is a command; a command's module is imported when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*names("tasks"), *_EXTRA])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in _EXTRA:
            module, attribute = _EXTRA[name]
            return getattr(importlib.import_module(f".{module}", __package__), attribute)
        return task_command(name) if name in names("tasks") else None


def task_command(name: str) -> click.Command:
    """The command of a task."""
    task = load("tasks", name).TASK

    def callback(source: str, output: str | None, quiet: bool, json_file: str | None, json_progress: bool,
                 **values: Any) -> None:
        options = task.Options(**values)
        from ..io import check_output
        from ..pipeline import run  # imports torch, which help does without

        if json_file:
            check_output(Path(json_file), source, overwrite=True)
            if output and Path(json_file).absolute() == Path(output).absolute():
                raise OptionError(f"Two outputs cannot both be {output!r}: give each a name of its own.")
        with lines() if json_progress else bar(quiet) as tell:
            summary = run(task(options), source, output, tell=tell)
        if json_file:
            Path(json_file).write_text(json.dumps(dataclasses.asdict(summary), indent=2) + "\n")
        if not quiet:
            say(summary)

    parameters = [
        click.Argument(["source"], metavar="INPUT"),
        click.Option(["-o", "--output"], metavar="OUTPUT",
                     help="Where to write. Default: <name>.dipvideo<suffix> beside the input."),
        *click_options(task.Options),
        click.Option(["--json", "json_file"], metavar="FILE", help="Also write the summary as JSON."),
        click.Option(["--json-progress"], is_flag=True, help="Tell progress in lines of JSON on standard error, in the "
                                                              "place of the bar."),
        click.Option(["-q", "--quiet"], is_flag=True, help="Print nothing but errors."),
    ]
    text = (f"{inspect.getdoc(task)}\n\nINPUT is a video, a picture, a folder, quoted glob or numbered pattern "
            f"(shot.%04d.png) of pictures, or - for standard input.{_told(task.Options)}")
    return click.Command(name, callback=callback, params=parameters, help=text,
                         short_help=inspect.getdoc(task).splitlines()[0])


def _told(options: type[Options]) -> str:
    """What the options say that are told by their places: click has no help for them."""
    placed = [declared.metadata for declared in dataclasses.fields(options) if declared.metadata["argument"]]
    return "".join(f"\n\n{rules['metavar']}: {rules['help']}" for rules in placed)
