"""`dipvideo detect`: the captions of a film, in the form that the output's name asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..captions.options import DetectOptions
from .bar import bar
from .parameters import click_options


@click.command(params=[
    click.Argument(["source"], metavar="INPUT"),
    click.Option(["-o", "--output"], metavar="OUTPUT", help="Where to write: a .srt, or a plan (.json) that "
                 "remove-subtitles --plan takes. Default: <name>.srt beside the input."),
    *click_options(DetectOptions),
    click.Option(["-q", "--quiet"], is_flag=True, help="Print nothing but errors.")],
    short_help="Find burned-in subtitles: what they say, when, and where.")
def detect(source: str, output: str | None, quiet: bool, **values: Any) -> None:
    """Find burned-in subtitles: what they say, when, and where.

    INPUT is a video, or a folder, quoted glob or numbered pattern of pictures.
    """
    options = DetectOptions(**values)
    from ..captions import detect_captions  # brings OpenCV, which help does without

    target = Path(output) if output else Path(source).with_suffix(".srt")
    with bar(quiet) as tell:
        found = detect_captions(source, target, options, tell=tell)
    if not quiet:
        unread = sum(not event.text for event in found.events)
        click.echo(f"{len(found.events)} captions{f', {unread} of them unread' if unread else ''}: {target}", err=True)
