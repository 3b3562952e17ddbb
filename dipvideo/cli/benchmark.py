"""`dipvideo benchmark …`: measurements a reader can repeat."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from .bar import bar
from .parameters import click_options


class _Benchmarks(click.Group):
    """Each benchmark's options are declared beside its code, which brings torch: made when asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return ["warm-start"]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return _warm_start() if name == "warm-start" else None


@click.group(cls=_Benchmarks)
def benchmark() -> None:
    """Measure: what a warm start is worth."""


def _warm_start() -> click.Command:
    from ..benchmark import WarmStartOptions

    def callback(clip: str, output: str, quiet: bool, **values: Any) -> None:
        options = WarmStartOptions(**values)
        from ..benchmark import measure_warm_start, write_report

        with bar(quiet) as tell:
            study = measure_warm_start(clip, options, tell=tell)
        files = write_report(study, Path(output), f"dipvideo {shlex.join(sys.argv[1:])}")
        if not quiet:
            click.echo(files[0].read_text())
            click.echo(f"Written: {', '.join(map(str, files))}", err=True)

    text = "Quality against steps for each way to start a frame: a table, its numbers as JSON, and a plot."
    return click.Command("warm-start", callback=callback, help=text, short_help="Quality against steps, by policy.",
                         params=[click.Argument(["clip"]),
                                 click.Option(["-o", "--output"], default="warm-start", show_default=True,
                                              metavar="FOLDER", help="Where the report goes."),
                                 *click_options(WarmStartOptions),
                                 click.Option(["-q", "--quiet"], is_flag=True, help="Print nothing but errors.")])
