"""Measurements as tables, as numbers and as pictures."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from .cold import Cold
    from .faithful import Faithful
    from .quality import Quality
    from .reference import Reference
    from .scaling import Scaling
    from .speed import Speed
    from .survival import Survival


def write_quality(quality: Quality, folder: Path, command: str) -> list[Path]:
    """quality.md, .json and a contact sheet for each clip in `folder`."""
    rows = [asdict(row) for row in quality.rows]
    files = written(folder, "quality", quality_table(quality, command), {"command": command, "rows": rows})
    for clip, sheet in quality.sheets.items():
        picture = folder / f"{clip}.png"
        cv2.imwrite(str(picture), np.ascontiguousarray(sheet[..., ::-1]))
        files.append(picture)
    return files


def write_faithful(faithful: Faithful, folder: Path, command: str) -> list[Path]:
    """faithful.md and .json in `folder`."""
    return written(folder, "faithful", faithful_table(faithful, command), {"command": command, **asdict(faithful)})


def write_speed(speed: Speed, folder: Path, command: str) -> list[Path]:
    """speed.md and .json in `folder`."""
    return written(folder, "speed", speed_table(speed, command), {"command": command, **asdict(speed)})


def write_cold(cold: Cold, folder: Path, command: str) -> list[Path]:
    """cold.md, .json and .png (what each way draws) in `folder`."""
    numbers = {field: value for field, value in asdict(cold).items() if field != "sheet"}
    files = written(folder, "cold", cold_table(cold, command), {"command": command, **numbers})
    picture = folder / "cold.png"
    cv2.imwrite(str(picture), np.ascontiguousarray(cold.sheet[..., ::-1]))
    return [*files, picture]


def write_reference(reference: Reference, folder: Path, command: str) -> list[Path]:
    """reference.md and .json in `folder`."""
    return written(folder, "reference", reference_table(reference, command), {"command": command, **asdict(reference)})


def write_scaling(scaling: Scaling, folder: Path, command: str) -> list[Path]:
    """scaling.md and .json in `folder`."""
    return written(folder, "scaling", scaling_table(scaling, command), {"command": command, **asdict(scaling)})


def write_survival(survival: Survival, folder: Path, command: str) -> list[Path]:
    """survival.md and .json in `folder`."""
    return written(folder, "survival", survival_table(survival, command), {"command": command, **asdict(survival)})


def written(folder: Path, name: str, table: str, numbers: dict) -> list[Path]:
    """name.md and name.json in `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.md", folder / f"{name}.json"]
    files[0].write_text(table)
    files[1].write_text(json.dumps(numbers, indent=1) + "\n")
    return files


def faithful_table(faithful: Faithful, command: str) -> str:
    """A row a film and container, and what each run had to say."""
    names = list(dict.fromkeys(name for row in faithful.rows for name in row.figures))
    lines = ["# In and out", "", "Made by", "", f"    {command}", "",
             "A corner of three frames in the middle was filled; read back with ffprobe and PyAV. *bit for bit*: "
             "frames that decode to the very samples of the source.", "",
             f"| film | to | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}"]
    notes = []
    for row in faithful.rows:
        marks = ""
        for note in row.notes:
            if note not in notes:
                notes.append(note)
            marks += f" [{notes.index(note) + 1}]"
        lines.append(f"| {row.film}{marks} | {row.container} | "
                     f"{' | '.join(row.figures.get(name, '') for name in names)} |")
    lines += ["", *(f"[{place}] {note}  " for place, note in enumerate(notes, 1))]
    if faithful.speed:
        bare = faithful.speed["bare loop"]
        lines += ["", "1080p passed through, medians of runs that took turns:", "",
                  "| way | seconds | of the bare loop |", "|---|---|---|"]
        lines += [f"| {name} | {seconds:.2f} | {seconds / bare:.2f} |" for name, seconds in faithful.speed.items()]
    return "\n".join(lines) + "\n"


def speed_table(speed: Speed, command: str) -> str:
    """A row a height and preset, beside the floor of I/O and the paper's setting."""
    from .speed import PAPER_HEIGHT, PAPER_STEPS  # brings torch

    shared = (f", {speed.workers} workers: a captioned frame's time is that of the run but for looking for captions, "
              "encoding and all, by the number of such frames") if speed.workers > 1 else ""
    lines = ["# Speed", "", "Made by", "", f"    {command}", "", f"on {speed.device}{shared}.", "",
             "| height | preset | s a captioned frame | steps | looking for captions, frames a s | whole run, frames a "
             "s | decode and encode alone, frames a s | peak memory, MB |", "|---|---|---|---|---|---|---|---|"]
    for pace in speed.paces:
        lines.append(f"| {pace.height} | {pace.preset} | {pace.frame_seconds:.3f} | {pace.steps:.0f} | "
                     f"{speed.analysis[pace.height]:.0f} | {pace.whole:.1f} | {speed.floor[pace.height]:.0f} | "
                     f"{pace.memory / 1e6:.0f} |")
    hours = speed.paper_step * PAPER_STEPS / 3600
    lines += ["", f"The paper's setting for text (128 channels on five scales, {PAPER_STEPS} steps from random "
              f"weights, the full frame) takes {speed.paper_step:.2f} s a step at {PAPER_HEIGHT} lines: {hours:.1f} "
              "hours a frame, timed by the step and multiplied."]
    return "\n".join(lines) + "\n"


def scaling_table(scaling: Scaling, command: str) -> str:
    """A row a number of workers, measured and reckoned."""
    lines = ["# More workers", "", "Made by", "", f"    {command}", ""]
    if scaling.measured:
        one = scaling.measured[0]
        lines += ["A little film here, from the first worker's start to the film, one thread each:", "",
                  "| executor | workers | seconds | faster | same bytes |", "|---|---|---|---|---|"]
        lines += [f"| {run.executor} | {run.workers} | {run.seconds:.1f} | {one.seconds / run.seconds:.2f} × | "
                  f"{'yes' if run.same else 'NO'} |" for run in scaling.measured]
        lines.append("")
    lines += [f"A film of two hours, reckoned: {scaling.captioned} captioned frames in {scaling.stretches} stretches, "
              f"of which the longest takes {scaling.longest:.0f} s. *whole*: with the search for captions by as many "
              "processes of one machine before, and the join, which one does, after.", "",
              "| workers | restoring, min | efficiency | whole, min |", "|---|---|---|---|"]
    lines += [f"| {run.workers} | {run.restoring / 60:.1f} | {run.efficiency:.0%} | {run.whole / 60:.1f} |"
              for run in scaling.reckoned]
    return "\n".join(lines) + "\n"


def survival_table(survival: Survival, command: str) -> str:
    """A row a kill."""
    same = sum(kill.same for kill in survival.kills)
    lines = ["# Killed and resumed", "", "Made by", "", f"    {command}", "",
             f"{same} of {len(survival.kills)} runs that were killed and resumed gave the bytes of a run left alone "
             f"({survival.whole:.0f} s); left over: {', '.join(survival.left_over) or 'nothing'}.", "",
             "| killed after, s | stretches finished | under way, begun anew | same bytes |", "|---|---|---|---|"]
    lines += [f"| {kill.seconds:.1f} | {kill.done} of {kill.total or '?'} | {kill.again} | "
              f"{'yes' if kill.same else 'NO'} |" for kill in survival.kills]
    return "\n".join(lines) + "\n"


def quality_table(quality: Quality, command: str) -> str:
    """A row a clip and method."""
    lines = ["# Subtitles removed: quality", "", "Made by", "", f"    {command}", "",
             "| clip | method | hole PSNR, dB | SSIM | rim PSNR, dB | flicker | residue | outside, dB | mask recall | "
             "precision | area | frames missed | extra | s a frame |", f"|{'---|' * 14}"]
    forms = {"hole_psnr": ".2f", "ssim": ".3f", "rim_psnr": ".2f", "flicker": ".2f", "residue": ".4f",
             "outside_psnr": ".1f", "mask_recall": ".4f",
             "mask_precision": ".2f", "mask_area": ".2f", "frames_missed": ".0f", "frames_extra": ".0f"}
    for row in quality.rows:
        cells = [f"{row.figures[name]:{form}}" if name in row.figures else "–" for name, form in forms.items()]
        lines.append(f"| {row.clip} | {row.method} | {' | '.join(cells)} | {row.seconds:.2f} |")
    return "\n".join(lines) + "\n"


def cold_table(cold: Cold, command: str) -> str:
    """A row a network and way: where it ends, where it is best on the way, what a step costs."""
    how = f"{'on a smooth' if cold.base else 'without a'} base, {'flat' if cold.flat_start else 'random'} at the start"
    lines = [f"# Frames fitted from nothing: {cold.clip}", "", "Made by", "", f"    {command}", "",
             f"{len(cold.indices)} frame{'s' * (len(cold.indices) > 1)} from {cold.indices[0]} on, crop {cold.crop}, "
             f"{how}, scored on {cold.scored}; {cold.device}; medians of {cold.seeds} seeds.", "",
             "A step's floor: its convolutions' operations at the rate of a large matrix product, or the bytes they "
             "and Adam must move at that of a large copy, both measured here, whichever takes longer.", "",
             "| network | way | parameters | ms a step | Gflop, MB | floor, ms | hole PSNR at the end, dB (spread) | "
             "after steps, seconds | best on the way, dB | after steps, seconds |", f"|{'---|' * 10}"]
    for row in cold.rows:
        best = max(range(len(row.psnr)), key=row.psnr.__getitem__)
        lines.append(f"| `{row.network}` | {row.way} | {row.parameters / 1e3:.0f} k | "
                     f"{1000 * row.step_seconds:.3g} | {row.work.operations / 1e9:.2f}, {row.work.bytes / 1e6:.1f} | "
                     f"{1000 * row.work.seconds(row.rates):.2g} | {row.psnr[-1]:.2f} ({row.spread[0]:.2f} … "
                     f"{row.spread[1]:.2f}) | {row.steps[-1]:.0f}, {row.seconds[-1]:.1f} | {row.psnr[best]:.2f} | "
                     f"{row.steps[best]:.0f}, {row.seconds[best]:.1f} |")
    return "\n".join(lines) + "\n"


def reference_table(reference: Reference, command: str) -> str:
    """The reference and dipvideo, and how many times less a frame costs."""
    lines = ["# Beside the reference setting", "", "Made by", "", f"    {command}", "", f"on {reference.device}.", "",
             "| | seconds a frame | times less | hole PSNR of one frame, dB | of all, dB |", "|---|---|---|---|---|"]
    for row in reference.rows:
        all_frames = "–" if row.all_psnr is None else f"{row.all_psnr:.2f}"
        lines.append(f"| {row.name} | {row.seconds:,.2f} | {reference.rows[0].seconds / row.seconds:,.0f} | "
                     f"{row.psnr:.2f} | {all_frames} |")
    lines += ["", f"The reference: `{reference.network}`, {reference.steps} steps, cold, on the full frame of "
              f"{reference.size}: a step was timed in this run, {reference.step:.2f} s, and multiplied. Its PSNR is "
              f"the best on the way of {reference.cold_steps} steps of the same network on the crop around the hole "
              f"({reference.crop}), not of the full run (after {reference.best_at} steps; {reference.last:.2f} dB at "
              "the last)."]
    return "\n".join(lines) + "\n"
