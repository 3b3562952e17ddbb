"""A study as pictures; matplotlib is an extra that only this file needs."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ...errors import OptionError
from .curves import Curve
from .verdicts import EQUAL_STEPS, above_cold, quality, row_near

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .study import Study


def plot(study: Study, folder: Path) -> list[Path]:
    """warm-start.png: quality against steps and seconds; warm-start-frames.png: speed-up and drift by frame.

    Lines are medians over the seeds, bands their spread. Raises OptionError without matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OptionError("Drawing the curves needs matplotlib: pip install 'dipvideo[plot]'. "
                          "The table and the numbers were written.") from error
    files = [folder / "warm-start.png", folder / "warm-start-frames.png"]
    for path, panels in zip(files, ((_by_steps, _by_seconds), (_speed_up, _drift)), strict=True):
        figure = Figure(figsize=(12, 4.6), layout="constrained")
        for axes, panel in zip(figure.subplots(1, 2), panels, strict=True):
            panel(study, axes)
            axes.grid(alpha=0.3)
        handles, labels = figure.axes[-1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", fontsize="small")
        figure.suptitle(f"{study.task}, {study.clip}: what a frame starts from")
        figure.savefig(path, dpi=130)
    return files


def _by_steps(study: Study, axes: Axes) -> None:
    _quality(study, axes, lambda curve: list(curve.steps))
    axes.set_xlabel("optimiser steps a frame")


def _by_seconds(study: Study, axes: Axes) -> None:
    _quality(study, axes, lambda curve: [median(row) for row in curve.seconds])
    axes.set_xlabel("seconds a frame")


def _quality(study: Study, axes: Axes, place: Any) -> None:
    for policy, color, curves in _policies(study):
        across = [median(column) for column in zip(*map(place, curves), strict=True)]
        _band(axes, across, [quality(c) for c in curves], policy, color, marker="o")
    axes.set_xscale("log")
    axes.set_ylabel("PSNR in the hole, dB" if study.task == "inpaint" else "PSNR, dB")


def _speed_up(study: Study, axes: Axes) -> None:
    for (policy, color, _), verdict in zip(_policies(study), study.verdicts, strict=True):
        if policy != "cold":
            axes.plot(study.indices[1:], [float("nan") if gain is None else gain for gain in verdict.by_frame],
                      marker=".", label=policy, color=color)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_yscale("log")
    axes.set_ylabel("cold's steps to its final quality, over the policy's\n(a gap: not reached)")
    _mark_cut(study, axes)


def _drift(study: Study, axes: Axes) -> None:
    cold = {c.seed: c for c in study.curves if c.policy == "cold"}
    for policy, color, curves in _policies(study):
        row = row_near(curves[0], EQUAL_STEPS)
        label = f"{policy}, {curves[0].steps[row]} steps"
        _band(axes, study.indices[1:], [above_cold(c, cold[c.seed], row) for c in curves], label, color)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_ylabel(f"dB above what cold ends with after {study.cold_steps} steps")
    _mark_cut(study, axes)


def _policies(study: Study) -> list[tuple[str, str, list[Curve]]]:
    """Each policy with its colour and its curves, cold first."""
    names = list(dict.fromkeys(c.policy for c in study.curves))
    return [(name, f"C{k % 10}", [c for c in study.curves if c.policy == name]) for k, name in enumerate(names)]


def _band(axes: Axes, across: list[float], rows: list[list[float]], label: str, color: str, **style: Any) -> None:
    columns = list(zip(*rows, strict=True))
    axes.plot(across, [median(c) for c in columns], label=label, color=color, **style)
    axes.fill_between(across, [min(c) for c in columns], [max(c) for c in columns], alpha=0.15, color=color)


def _mark_cut(study: Study, axes: Axes) -> None:
    axes.set_xlabel("frame")
    axes.xaxis.get_major_locator().set_params(integer=True)
    if study.cut is not None:
        axes.axvline(study.indices[study.cut] - 0.5, color="black", linestyle=":", label="cut")
