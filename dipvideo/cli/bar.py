"""The progress bar and the lines that end it. They go to standard error, so that pipes stay clean."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from ..progress import Progress

if TYPE_CHECKING:
    from ..summary import Summary

SOON = 0.5  # seconds that a stage takes before it is worth a bar
PLAIN_SECONDS = 10  # between two lines where the bar cannot redraw itself


@contextmanager
def bar(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """What to tell progress to: one bar a stage, none if `quiet`."""
    current: tqdm | None = None
    stage = ""

    def tell(progress: Progress) -> None:
        nonlocal current, stage
        if quiet or progress.total == 0:
            return
        if progress.total is None:
            click.echo(progress.note, err=True)
            return
        if current is None or stage != progress.stage:
            if current is not None:
                current.close()
            stage = progress.stage
            current = tqdm(desc=stage, total=progress.total, initial=progress.done, unit=progress.unit,
                           dynamic_ncols=True, delay=SOON, unit_scale=progress.unit == "B",
                           mininterval=0.1 if sys.stderr.isatty() else PLAIN_SECONDS, file=sys.stderr)
        if progress.note:
            current.set_postfix_str(progress.note, refresh=False)
        current.update(progress.done - current.n)

    try:
        yield tell
    finally:
        if current is not None:
            current.close()


def say(summary: Summary) -> None:
    """What a run ends with: notes, where filled pixels came from, and one line of what was done."""
    for warning in summary.warnings:
        click.echo(f"Note: {warning}", err=True)
    if summary.damaged:
        click.echo(f"Note: {summary.damaged} damaged packets of the input could not be decoded whole; every other "
                   "frame is at its own time.", err=True)
    if summary.planned is not None:
        click.echo(f"{summary.planned} captions in {summary.frames} frames: {summary.output} "
                   f"({summary.seconds:.0f} s)", err=True)
        return
    if filled := summary.filled:
        click.echo(f"filled pixels: {_percent(filled.borrowed)} borrowed, {_percent(filled.unmixed)} unmixed, "
                   f"{_percent(filled.drawn)} drawn", err=True)
    if summary.touched:
        each = summary.restore_seconds / summary.touched
        did = (f"{summary.touched} of {summary.frames} frames restored, {summary.steps} steps, "
               f"{each:.2f} s a restored frame, {summary.device}")
    else:
        did = f"nothing to restore in {summary.frames} frames"
    click.echo(f"{did}, encoder {summary.encoder}: {summary.output} ({summary.seconds:.0f} s)", err=True)


def _percent(share: float) -> str:
    """Whole per cents, but never 0 for something nor 100 for less than all."""
    if 0 < share < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= share < 1 else f"{share * 100:.0f} %"
