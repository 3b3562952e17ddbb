"""`dipvideo benchmark …`: measurements a reader can repeat."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .. import benchmark as measurements
from ..options import Options
from .bar import bar
from .parameters import click_options

# Each is made of `NameOptions`, `measure_name` and `write_name`: what its argument names, if it has one, and its help.
_PLAIN = {
    "cold": ("clip",
        "Networks, arithmetic, coarse-to-fine and stopping set beside each other on frames of a clip, or a "
        "picture, fitted from nothing: quality, steps and seconds, and a picture of what each draws."),
    "reference": ("clip",
        "Seconds a frame and hole PSNR of dipvideo beside the paper's reference setting, whose step is timed "
        "on the same device in the same run and multiplied."),
    "quality": ("folder",
        "Subtitles removed from every clip of a folder, beside OpenCV's inpainters with the true mask: a "
        "table, its numbers as JSON, and a contact sheet for each clip."),
    "faithful": ("folder",
        "What of each film in a folder comes out as it went in, read back with ffprobe, and the time that "
        "passing through takes."),
    "layers": ("folder",
        "Layers, haze, reflections and marks against what is known, beside k-means, GrabCut and Telea: tables, numbers "
        "as JSON, and contact sheets. FOLDER holds clips/ and images/grabcut, images/reflection, images/dehaze."),
    "papers": ("folder",
        "Restoration on the papers' own pictures, and on clips with noise, beside plain methods and the "
        "published figures: a table, its numbers as JSON, and a contact sheet for each."),
    "speed": (None,
        "How long a captioned frame takes with each preset, beside decoding and encoding alone and the "
        "setting of the paper; makes its own films."),
    "scaling": (None,
        "What more workers are worth: measured here on a little film of even shots, and reckoned for one of two "
        "hours."),
    "survival": (None,
        "Runs are killed at moments drawn by lot: whether the next run gives the bytes of one that was left "
        "alone; makes its own film."),
}
# These two are made apart.
_STUDY, _SUMMARY = "warm-start", "warm-start-summary"


class _Benchmarks(click.Group):
    """A benchmark's command is made when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*_PLAIN, _STUDY, _SUMMARY])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in _PLAIN:
            return _plain(name, *_PLAIN[name])
        return {_STUDY: _warm_start, _SUMMARY: _summary}[name]() if name in (_STUDY, _SUMMARY) else None


@click.group(cls=_Benchmarks)
def benchmark() -> None:
    """Measure: each task beside baselines, what a warm start is worth, how fast it all is."""


def _plain(name: str, argument: str | None, text: str) -> click.Command:
    def measure(*subject: str, options: Options, folder: Path, line: str, tell: Callable) -> list[Path]:
        measured = getattr(measurements, f"measure_{name}")(*subject, options, tell=tell)
        return getattr(measurements, f"write_{name}")(measured, folder, line)

    return _command(name, argument, getattr(measurements, f"{name.title()}Options"), measure, text)


def _warm_start() -> click.Command:
    def measure(clip: str, *, options: Options, folder: Path, line: str, tell: Callable) -> list[Path]:
        study = measurements.measure_warm_start(clip, options, keep=folder / "warm-start.kept.json", tell=tell)
        return measurements.write_warm_start(study, folder, line)

    return _command(_STUDY, "clip", measurements.WarmStartOptions, measure,
                    "Quality against steps and seconds for each way to start a frame, its drift over the frames and "
                    "what a cut does: tables, numbers as JSON, and plots. Curves that are measured are kept in the "
                    "folder, so that a run resumes where it stopped, and a policy that is added is measured alone.")


def _summary() -> click.Command:
    def measure(studies: str, *, folder: Path, **_: Any) -> list[Path]:
        return measurements.summarise(Path(studies), folder)

    return _command(_SUMMARY, "studies", Options, measure,
                    "One table over all warm-start studies below a folder, with the commands that made them.")


def _command(name: str, argument: str | None, kind: type[Options], measure: Callable, text: str) -> click.Command:
    """A command that measures what its argument names, if it has one, and prints the table."""

    def callback(output: str, quiet: bool, **values: Any) -> None:
        subject = [values.pop(argument)] if argument else []
        line = f"dipvideo {shlex.join(sys.argv[1:])}"
        with bar(quiet) as tell:
            files = measure(*subject, options=kind(**values), folder=Path(output), line=line, tell=tell)
        if not quiet:
            click.echo(files[0].read_text())
            click.echo(f"Written: {', '.join(map(str, files))}", err=True)

    return click.Command(name, callback=callback, help=text, params=[
        *([click.Argument([argument])] if argument else []),
        click.Option(["-o", "--output"], default=name, show_default=True, metavar="FOLDER",
                     help="Where the report goes."),
        *click_options(kind),
        click.Option(["-q", "--quiet"], is_flag=True, help="Print nothing but errors.")])
