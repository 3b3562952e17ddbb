"""A study as a table, as numbers and as a picture."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median

from ..errors import OptionError
from .warm_start import Study


def write_report(study: Study, folder: Path, command: str) -> list[Path]:
    """Write warm-start.md, .json and .png into `folder`; returns the files. Raises OptionError without matplotlib."""
    folder.mkdir(parents=True, exist_ok=True)
    table, numbers, picture = (folder / f"warm-start{suffix}" for suffix in (".md", ".json", ".png"))
    table.write_text(as_markdown(study, command))
    numbers.write_text(json.dumps({"command": command, **asdict(study)}, indent=1) + "\n")
    plot(study, picture)
    return [table, numbers, picture]


def as_markdown(study: Study, command: str) -> str:
    """The verdicts as a table, with the conditions they hold under."""
    seeds = len({c.seed for c in study.curves})
    network = f"`{study.network}`{'' if study.base else ' without a smooth base'}"
    lines = [
        f"# What a warm start is worth: {study.clip}", "",
        f"Frames {study.frames[0]} to {study.frames[1] - 1}, crop {study.crop}, scored on {study.scored}; network "
        f"{network}, {study.device}, {study.precision}; medians of {seeds} seeds. Made by", "",
        f"    {command}", "",
        "| start | best hole PSNR, dB (spread) | steps a frame to cold's best | seconds a frame | fewer steps |",
        "|---|---|---|---|---|",
    ]
    for v in study.verdicts:
        reached = (f"{v.steps:.0f} | {v.seconds:.2f} | {v.speed_up:.1f}×" if v.steps is not None
                   else "not reached | – | –")
        lines.append(f"| {v.policy} | {v.psnr:.2f} ({v.psnr_spread[0]:.2f} … {v.psnr_spread[1]:.2f}) | {reached} |")
    return "\n".join(lines) + "\n"


def plot(study: Study, path: Path) -> None:
    """Quality against steps, one curve a policy: the median over seeds, and their spread as a band."""
    try:
        from matplotlib.figure import Figure  # an extra: only this function needs it
    except ImportError as error:
        raise OptionError("Drawing the curves needs matplotlib: pip install 'dipvideo[plot]'. "
                          "The table and the numbers were written.") from error
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for policy in dict.fromkeys(c.policy for c in study.curves):
        curves = [c.points for c in study.curves if c.policy == policy]
        steps = [p.steps for p in curves[0]]
        values = [[c[i].psnr for c in curves] for i in range(len(steps))]
        line, = axes.plot(steps, [median(v) for v in values], marker="o", label=policy)
        axes.fill_between(steps, [min(v) for v in values], [max(v) for v in values], alpha=0.2, color=line.get_color())
    axes.set_xscale("log")
    axes.set_xlabel("optimiser steps a frame")
    axes.set_ylabel("PSNR in the hole, dB")
    axes.set_title(f"{study.clip}: what a frame starts from")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=130)
