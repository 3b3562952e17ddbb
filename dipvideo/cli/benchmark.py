"""`dipvideo benchmark …`: measurements a reader can repeat."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..options import Options
from .bar import bar
from .parameters import click_options


class _Benchmarks(click.Group):
    """A benchmark's command is made when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(_MADE)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return _MADE[name]() if name in _MADE else None


@click.group(cls=_Benchmarks)
def benchmark() -> None:
    """Measure: quality beside baselines, and what a warm start is worth."""


def _warm_start() -> click.Command:
    from ..benchmark import WarmStartOptions

    def measure(clip: str, options: Options, folder: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_warm_start, write_warm_start

        study = measure_warm_start(clip, options, keep=folder / "warm-start.kept.json", tell=tell)
        return write_warm_start(study, folder, line)

    return _command("warm-start", "clip", WarmStartOptions, measure,
                    "Quality against steps and seconds for each way to start a frame, its drift over the frames and "
                    "what a cut does: tables, numbers as JSON, and plots. Curves that are measured are kept in the "
                    "folder, so that a run resumes where it stopped, and a policy that is added is measured alone.")


def _summary() -> click.Command:
    def measure(folder: str, options: Options, output: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import summarise

        return summarise(Path(folder), output)

    return _command("warm-start-summary", "folder", Options, measure,
                    "One table over all warm-start studies below a folder, with the commands that made them.")


def _cold() -> click.Command:
    from ..benchmark import ColdOptions

    def measure(clip: str, options: Options, folder: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_cold, write_cold

        return write_cold(measure_cold(clip, options, tell=tell), folder, line)

    return _command("cold", "clip", ColdOptions, measure,
                    "Networks, arithmetic, coarse-to-fine and stopping set beside each other on frames of a clip, or "
                    "a picture, fitted from nothing: quality, steps and seconds, and a picture of what each draws.")


def _reference() -> click.Command:
    from ..benchmark import ReferenceOptions

    def measure(clip: str, options: Options, folder: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_reference, write_reference

        return write_reference(measure_reference(clip, options, tell=tell), folder, line)

    return _command("reference", "clip", ReferenceOptions, measure,
                    "Seconds a frame and hole PSNR of dipvideo beside the paper's reference setting, whose step is "
                    "timed on the same device in the same run and multiplied.")


def _quality() -> click.Command:
    from ..benchmark import QualityOptions

    def measure(folder: str, options: Options, output: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_quality, write_quality

        return write_quality(measure_quality(folder, options, tell=tell), output, line)

    return _command("quality", "folder", QualityOptions, measure,
                    "Subtitles removed from every clip of a folder, beside OpenCV's inpainters with the true mask: a "
                    "table, its numbers as JSON, and a contact sheet for each clip.")


def _faithful() -> click.Command:
    from ..benchmark import FaithfulOptions

    def measure(folder: str, options: Options, output: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_faithful, write_faithful

        return write_faithful(measure_faithful(folder, options, tell=tell), output, line)

    return _command("faithful", "folder", FaithfulOptions, measure,
                    "What of each film in a folder comes out as it went in, read back with ffprobe, and the time that "
                    "passing through takes.")


def _layers() -> click.Command:
    from ..benchmark import LayersOptions

    def measure(folder: str, options: Options, output: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_layers, write_layers

        return write_layers(measure_layers(folder, options, tell=tell), output, line)

    return _command("layers", "folder", LayersOptions, measure,
                    "Layers, haze and marks against what is known, beside k-means, GrabCut and Telea: tables, numbers "
                    "as JSON, and contact sheets. FOLDER holds clips/, images/grabcut and images/dehaze.")


def _speed() -> click.Command:
    from ..benchmark import SpeedOptions

    def measure(options: Options, folder: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_speed, write_speed

        return write_speed(measure_speed(options, tell=tell), folder, line)

    return _command("speed", None, SpeedOptions, measure,
                    "How long a captioned frame takes with each preset, beside decoding and encoding alone and the "
                    "setting of the paper; makes its own films.")


def _scaling() -> click.Command:
    from ..benchmark import ScalingOptions

    def measure(clip: str, options: Options, folder: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_scaling, write_scaling

        return write_scaling(measure_scaling(clip, options, tell=tell), folder, line)

    return _command("scaling", "clip", ScalingOptions, measure,
                    "What more workers are worth: measured on a clip here, and reckoned for a film of two hours.")


def _survival() -> click.Command:
    from ..benchmark import SurvivalOptions

    def measure(options: Options, folder: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_survival, write_survival

        return write_survival(measure_survival(options, tell=tell), folder, line)

    return _command("survival", None, SurvivalOptions, measure,
                    "Runs are killed at moments drawn by lot: whether the next run gives the bytes of one that was "
                    "left alone; makes its own film.")


def _papers() -> click.Command:
    from ..benchmark import PapersOptions

    def measure(folder: str, options: Options, output: Path, line: str, tell: Callable) -> list[Path]:
        from ..benchmark import measure_papers, write_papers

        return write_papers(measure_papers(folder, options, tell=tell), output, line)

    return _command("papers", "folder", PapersOptions, measure,
                    "Restoration on the papers' own pictures, and on clips with noise, beside plain methods and the "
                    "published figures: a table, its numbers as JSON, and a contact sheet for each.")


def _command(name: str, argument: str | None, kind: type[Options], measure: Callable, text: str) -> click.Command:
    """A command that measures what its argument names, if it has one, and prints the table."""

    def callback(output: str, quiet: bool, **values: Any) -> None:
        subject = [values.pop(argument)] if argument else []
        line = f"dipvideo {shlex.join(sys.argv[1:])}"
        with bar(quiet) as tell:
            files = measure(*subject, kind(**values), Path(output), line, tell)
        if not quiet:
            click.echo(files[0].read_text())
            click.echo(f"Written: {', '.join(map(str, files))}", err=True)

    return click.Command(name, callback=callback, help=text, params=[
        *([click.Argument([argument])] if argument else []),
        click.Option(["-o", "--output"], default=name, show_default=True, metavar="FOLDER",
                     help="Where the report goes."),
        *click_options(kind),
        click.Option(["-q", "--quiet"], is_flag=True, help="Print nothing but errors.")])


_MADE = {"warm-start": _warm_start, "warm-start-summary": _summary, "cold": _cold, "reference": _reference,
         "quality": _quality, "faithful": _faithful, "layers": _layers, "papers": _papers, "speed": _speed,
         "scaling": _scaling, "survival": _survival}
