"""`dipvideo doctor`: what works on this machine."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import OutputError

if TYPE_CHECKING:
    from ..doctor import Report, Trial


@click.command(short_help="Say what works on this machine: device, cores, memory, encoders, decoders, disk.")
@click.option("--json", "json_file", metavar="FILE", help="Also write the findings as JSON.")
def doctor(json_file: str | None) -> None:
    """Say what works on this machine, found by trying: device, cores, memory, encoders, decoders, disk."""
    from ..doctor import examine  # opens dozens of encoders' libraries, which help does without

    report = examine(Path.cwd())
    click.echo("\n".join(lines_of(report)))
    if json_file:
        try:
            Path(json_file).write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
        except OSError as error:
            raise OutputError(f"{json_file!r} cannot be written ({error.strerror}): "
                              "choose another file with --json.") from error


def lines_of(report: Report) -> list[str]:
    """The report as a person reads it."""
    lines = [", ".join(f"{name} {version}" for name, version in report.versions.items()),
             f"Device    {report.device} ({report.device_reason})",
             f"Cores     {report.cores}, and {report.free_memory / 1e9:.1f} GB of memory free"]
    if report.free_bytes >= 0:
        lines.append(f"Disk      {report.free_bytes / 1e9:.1f} GB free in {report.folder}")
    lines += ["", "Encoders that open, by codec, the one that auto takes first:"]
    for codec, trials in report.encoders.items():
        works = [f"{t.name} ({_depths(t)})" for t in trials if t.bits_8 is None or t.bits_10 is None]
        lines.append(f"  {codec:<10}  {', '.join(works) or 'none'}")
    lines += ["", "Encoders that do not:", *_grouped([(t.name, t.bits_8) for trials in report.encoders.values()
                                                      for t in trials if t.bits_8 and t.bits_10])]
    lines += ["", "Hardware decoding:"]
    lines += [f"  opens       {name}" for name, why in report.decoders.items() if why is None]
    lines += _grouped([(name, why) for name, why in report.decoders.items() if why])
    lines += ["", *(f"Advice: {sentence}" for sentence in report.advice)] if report.advice else ["", "All is well."]
    return lines


def _depths(trial: Trial) -> str:
    depths = [bits for bits, why in (("8", trial.bits_8), ("10", trial.bits_10)) if why is None]
    return f"{' and '.join(depths)} bit"


def _grouped(failed: list[tuple[str, str]]) -> list[str]:
    """A line for each reason, with all that fail for it."""
    names: dict[str, list[str]] = {}
    for name, why in failed:
        names.setdefault(why, []).append(name)
    return [f"  {', '.join(group)}: {why}" for why, group in names.items()] or ["  none"]
