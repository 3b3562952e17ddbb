"""All studies below a folder in one table: what settles the defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import OptionError
from .verdicts import ABOUT, CLOSE

LONG = 60  # frames from which on a drift is told
NEAR_STEPS = 10  # a frame, at which it is told


def summarise(folder: Path, output: Path) -> list[Path]:
    """README.md in `output`: a row a study and policy, and the commands of all studies below `folder`.

    Raises OptionError if there is none.
    """
    found = [(path.parent.name, json.loads(path.read_text())) for path in sorted(folder.glob("*/warm-start.json"))]
    if not found:
        raise OptionError(f"There is no study below {str(folder)!r}: make one with dipvideo benchmark warm-start.")
    lines = [
        "# What a warm start is worth", "",
        f"How many steps a frame needs to what a cold one ends with, within {CLOSE:g} dB, within {ABOUT:g} dB, which "
        "is about what chance does, and to cold's best on the way; in brackets how many times fewer than cold needs "
        "for the same. Medians of the seeds, in which one that never gets there counts as infinite (–). Drift: how far "
        "PSNR minus cold's moves over the frames, by a straight line, at "
        f"{NEAR_STEPS} steps a frame or the next fewer. At a cut, with as many steps: dB above what cold ends with, "
        "weights carried over: before it, and on the first frame after it.", "",
        "| study | task | frames | start | best PSNR, dB | to cold's end | about | to cold's best | drift, dB "
        "| at a cut |", "|---|---|---|---|---|---|---|---|---|---|"]
    for name, study in found:
        lines += [_row(name, study, verdict) for verdict in study["verdicts"]]
    lines += ["", "Each study has its curves, its plots and its conditions in a folder of its own. Made by", "",
              *(f"    {study['command']}" for _, study in found), "",
              f"on {', '.join(sorted({study['device'] for _, study in found}))} "
              f"({', '.join(sorted({study['precision'] for _, study in found}))})."]
    output.mkdir(parents=True, exist_ok=True)
    target = output / "README.md"
    target.write_text("\n".join(lines) + "\n")
    return [target]


def _row(name: str, study: dict[str, Any], verdict: dict[str, Any]) -> str:
    frames, drift, edge = len(study["indices"]), "", ""
    if verdict["drift"] and frames >= LONG:
        by_steps = {int(steps): spread["median"] for steps, spread in verdict["drift"].items()}
        drift = f"{by_steps[max((s for s in by_steps if s <= NEAR_STEPS), default=min(by_steps))]:+.2f}"
    if cut := verdict["at_cut"]:
        edge = " / ".join("–" if level is None else f"{level:+.1f}" for level in (cut["before"], cut["after"][0]))
    return (f"| [{name}]({name}/warm-start.md) | {study['task']} | {frames} | {verdict['policy']} | "
            f"{verdict['psnr']['median']:.2f} | {_reached(verdict['final'])} | {_reached(verdict['about'])} | "
            f"{_reached(verdict['best'])} | "
            f"{drift} | {edge} |")


def _reached(reached: dict[str, Any]) -> str:
    if reached["steps"] is None:
        return "–"
    gain = "" if reached["speed_up"] is None else f" ({reached['speed_up']:.3g}×)"
    return f"{reached['steps']:.0f}{gain}"
