"""Tables, numbers and pictures of a measurement."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from statistics import mean

import cv2
import numpy as np

from ..report import written
from .study import Measured, Row

DRIFT = 10  # frames at both ends that drift is told from


def write_papers(measured: Measured, folder: Path, command: str) -> list[Path]:
    """papers.md, .json and a contact sheet for each case in `folder`."""
    files = written(folder, "papers", papers_table(measured, command),
                    {"command": command, "rows": [asdict(r) for r in measured.rows], "published": measured.published})
    for name, sheet in measured.pictures.items():
        path = folder / f"{name.replace(' ', '-').replace(',', '')}.jpg"
        cv2.imwrite(str(path), np.ascontiguousarray(sheet[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 90])
        files.append(path)
    return files


def papers_table(measured: Measured, command: str) -> str:
    """A part for each table: a row a case, a column a method; seconds are of CPU, a frame."""
    lines = ["# Restoration beside published figures and plain methods", "", "Made by", "", f"    {command}", "",
             "PSNR in dB (medians over the seeds), and seconds of CPU a frame. No method saw the truth."]
    for table in dict.fromkeys(row.table for row in measured.rows):
        rows = [row for row in measured.rows if row.table == table and row.decibels]
        methods = list(dict.fromkeys(row.method for row in rows))
        known = list(dict.fromkeys(method for t, _, method, _ in measured.published if t == table))
        if not methods:
            continue
        heads = [*methods, *(f"{method} (published)" for method in known), "steps", "drift"]
        lines += ["", f"## {table}", "", f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
        cases = list(dict.fromkeys(row.case for row in rows))
        for case in cases:
            mine = {row.method: row for row in rows if row.case == case}
            said = {method: value for t, c, method, value in measured.published if (t, c) == (table, case)}
            cells = [f"{mean(mine[m].decibels):.2f} ({mine[m].seconds:.1f} s)" for m in methods]
            cells += [f"{said[m]:.2f}" if m in said else "–" for m in known]
            ours = mine["dipvideo"]
            lines.append(f"| {case} | {' | '.join(cells)} | {ours.steps:.0f} | {_drift(ours)} |")
        means = [f"**{mean(mean(r.decibels) for r in rows if r.method == m):.2f}**" for m in methods]
        means += [f"{mean(v for t, _, k, v in measured.published if (t, k) == (table, m)):.2f}" for m in known]
        lines.append(f"| mean | {' | '.join(means)} | | |")
    return "\n".join(lines) + "\n"


def _drift(row: Row) -> str:
    """How much worse the last frames are than the first, in dB; the clip's own change is in it."""
    if len(row.decibels) < 3 * DRIFT:
        return "–"
    return f"{mean(row.decibels[:DRIFT]) - mean(row.decibels[-DRIFT:]):+.2f}"
