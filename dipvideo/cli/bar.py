"""The progress bar, the same for programs, and the lines that end it.

They go to standard error, so that pipes stay clean.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from ..progress import Progress

if TYPE_CHECKING:
    from ..summary import Summary

SOON = 0.5  # seconds that a stage takes before it is worth a bar
PLAIN_SECONDS = 10  # between two lines where the bar cannot redraw itself
LINE_SECONDS = 1.0  # between two lines for a program


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


@contextmanager
def lines() -> Iterator[Callable[[Progress], None]]:
    """What to tell progress to so that a program can read it: a line of JSON at each stage's beginning and end, and in
    between at most one every LINE_SECONDS. Where there is a rate, `seconds_left` goes by this stage's mean."""
    stage, began, first, last = "", 0.0, 0, 0.0

    def tell(progress: Progress) -> None:
        nonlocal stage, began, first, last
        now = time.monotonic()
        if progress.stage != stage:
            stage, began, first, last = progress.stage, now, progress.done, -LINE_SECONDS
        if now - last < LINE_SECONDS and progress.done != progress.total:
            return
        last, said = now, {name: value for name, value in asdict(progress).items() if value != ""}
        if progress.total and progress.done > first:
            said["seconds_left"] = round((now - began) / (progress.done - first) * (progress.total - progress.done), 1)
        click.echo(json.dumps(said), err=True)

    yield tell


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
