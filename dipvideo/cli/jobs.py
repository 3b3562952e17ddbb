"""`dipvideo jobs`: runs that were stopped, or are under way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import SourceMissing

if TYPE_CHECKING:
    from ..jobs import State


@click.command(short_help="List runs that were stopped or are under way, or remove what they keep.")
@click.argument("folder", default=".")
@click.option("--clean", is_flag=True, help="Remove the jobs that do not run. What they finished is lost.")
def jobs(folder: str, clean: bool) -> None:
    """List the jobs in FOLDER: how far each is, and how long one worker would take for the rest.

    A job is what a run keeps beside its output, as film.mp4.job, until the film is done; the command that began it goes
    on with it.
    """
    from ..jobs import jobs_in, remove

    if not Path(folder).is_dir():
        raise SourceMissing(f"There is no folder {folder!r}: name one that outputs are written to.")
    found = jobs_in(Path(folder))
    for state in found:
        removed = clean and not state.running
        if removed:
            remove(state.folder)
        click.echo(line_of(state, "removed" if removed else "running" if state.running else "stopped"))
    if not found:
        click.echo(f"No jobs in {folder!r}.")


def line_of(state: State, what: str) -> str:
    """The state as a person reads it."""
    if state.total is None:
        return f"{state.folder}: {what}, while it was looked through"
    left = f", {clock(state.seconds_left)} of work left" if state.seconds_left and what != "removed" else ""
    return f"{state.folder}: {what}, {state.done} of {state.total} parts, {state.share:.0%}{left}".replace("%", " %")


def clock(seconds: float) -> str:
    """Hours and minutes, or minutes, or seconds."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"
