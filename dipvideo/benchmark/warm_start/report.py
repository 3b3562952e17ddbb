"""A study as tables and numbers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..report import written
from .plots import plot
from .study import Study
from .verdicts import ABOUT, AFTER_CUT, Reached, Spread


def write_warm_start(study: Study, folder: Path, command: str) -> list[Path]:
    """warm-start.md and .json in `folder`, warm-start.png (quality against steps and seconds) and
    warm-start-frames.png (speed-up and drift by frame). Raises OptionError without matplotlib, the others being
    written."""
    files = written(folder, "warm-start", table(study, command), {"command": command, **asdict(study)})
    return [*files, *plot(study, folder)]


def table(study: Study, command: str) -> str:
    """The verdicts as tables, with the conditions they hold under."""
    network = f"`{study.network}`{'' if study.base else ' that draws everything'}"
    network += "" if study.flat_start else ", from random features"
    network += f", its weights averaged ({study.average:g})" if study.average else ""
    network += ", all but cold following what moves" if study.follow else ""
    network += f", all but cold the mean of {study.ensemble}" if study.ensemble > 1 else ""
    lines = [
        f"# What a warm start is worth: {study.task}, {study.clip}", "",
        f"{len(study.indices)} frames, {study.indices[0]} to {study.indices[-1]}"
        f"{'' if study.cut is None else f', with a cut before {study.indices[study.cut]}'}; crop {study.crop}, scored "
        f"on {study.scored}; network {network}; {study.cold_steps} steps of a cold frame; {study.device}, "
        f"{study.precision}; medians of {study.seeds} seeds. Made by", "",
        f"    {command}", "",
        f"Before any step: {study.unfitted:.2f} dB.", "",
        "To reach: steps and seconds a frame, medians in which a seed that never does counts as infinite; in brackets "
        "how many times fewer than cold's.", "",
        f"| start | best PSNR, dB (spread) | cold's final quality | {ABOUT:g} dB less | cold's best | 99 % of the "
        "best |", "|---|---|---|---|---|---|",
    ]
    for v in study.verdicts:
        goals = " | ".join(_reached(r, study.seeds) for r in (v.final, v.about, v.best, v.near))
        lines.append(f"| {v.policy} | {_spread(v.psnr)} | {goals} |")
    drifting = [v for v in study.verdicts if v.drift]
    if drifting:
        steps = list(drifting[0].drift)
        lines += ["", f"Drift: how far PSNR minus cold's last moves over the {len(study.indices) - 1} frames after the "
                  "first, by a straight line, dB (spread), by steps a frame.", "",
                  f"| start | {' | '.join(map(str, steps))} |", f"|---|{'---|' * len(steps)}"]
        lines += [f"| {v.policy} | {' | '.join(_spread(v.drift[s], '+.2f') for s in steps)} |" for v in drifting]
    if study.cut is not None:
        lines += _cut_table(study)
    return "\n".join(lines) + "\n"


def _cut_table(study: Study) -> list[str]:
    ends = [v for v in study.verdicts if v.at_cut]
    places = AFTER_CUT[:max(len(v.at_cut.after) for v in ends)]
    lines = ["", f"At the cut, with {ends[-1].at_cut.steps} steps a frame, carried over: dB above what cold ends with "
             "on the same frame; and the steps with which the first frame after it is as good.", "",
             f"| start | before | {' | '.join(f'after +{k}' for k in places)} | steps |",
             f"|---|---|{'---|' * len(places)}---|"]
    for v in ends:
        steps = "never" if v.at_cut.reached is None else f"{v.at_cut.reached:.0f}"
        levels = ["–" if level is None else f"{level:+.2f}" for level in (v.at_cut.before, *v.at_cut.after)]
        lines.append(f"| {v.policy} | {' | '.join(levels)} | {steps} |")
    return lines


def _spread(figure: Spread, form: str = ".2f") -> str:
    return f"{figure.median:{form}} ({figure.least:{form}} … {figure.most:{form}})"


def _reached(reached: Reached, seeds: int) -> str:
    if reached.steps is None:
        return "on no seed" if not reached.seeds else f"on {reached.seeds} of {seeds} seeds only"
    gains = "cold does on too few seeds"
    if reached.speed_up is not None:
        gains = f"{reached.speed_up:.1f}×, {reached.faster:.1f}×"
    few = "" if reached.seeds == seeds else f"; {reached.seeds} of {seeds} seeds"
    return f"{reached.steps:.0f}, {reached.seconds:.2f} s ({gains}{few})"
