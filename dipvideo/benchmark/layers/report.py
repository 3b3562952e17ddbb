"""Tables, numbers and contact sheets of layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ..report import written
from .rows import Row

WIDTH = 1000  # pixels of a contact sheet
TITLES = {"composites": "Composites of real clips: mean IoU of all layers and frames",
          "cutouts": "Things marked by hand in films, moved over other clips: mean IoU of all layers and frames",
          "things": "Real films in which one thing is marked by hand: IoU of the thing",
          "scribbles": "Pictures with scribbles: mean IoU",
          "unlabelled": "The same pictures, with nothing told: mean IoU",
          "many": "Single pictures of three and four layers, with nothing told: mean IoU",
          "reflections": "Two mixtures of a scene and its reflection: PSNR of the scene, dB",
          "single": "One picture of a scene and a reflection that is out of focus: PSNR of the scene, dB",
          "clear": "Pictures without a reflection: what `separate` leaves of them, PSNR, dB",
          "windows": "One film of a scene and a reflection, of which one moves as one: PSNR of the scene, dB",
          "haze": "Haze: PSNR, dB",
          "marks": "Marks burned in: PSNR under the mark, dB"}


def write_layers(rows: Sequence[Row], folder: Path, command: str) -> list[Path]:
    """layers.md, .json and a contact sheet for each kind of material in `folder`."""
    numbers = [{"kind": row.kind, "name": row.name, "seconds": row.seconds, **row.figures} for row in rows]
    files = written(folder, "layers", _tables(rows, command), {"command": command, "rows": numbers})
    for kind in dict.fromkeys(row.kind for row in rows):
        sheet = np.vstack([_strip(row) for row in rows if row.kind == kind])
        files.append(folder / f"{kind}.jpg")
        cv2.imwrite(str(files[-1]), np.ascontiguousarray(sheet[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return files


def _tables(rows: Sequence[Row], command: str) -> str:
    lines = ["# Layers", "", "Made by", "", f"    {command}", ""]
    for kind, title in TITLES.items():
        of_kind = [row for row in rows if row.kind == kind]
        names = list(dict.fromkeys(name for row in of_kind for name in row.figures))
        if not names:
            continue
        form = ".2f" if kind in ("reflections", "single", "clear", "windows", "haze", "marks") else ".3f"
        lines += [f"## {title}", "", f"| | {' | '.join(names)} | s a frame |", f"|---|{'---|' * (len(names) + 1)}"]
        scored = [row for row in of_kind if row.figures]
        lines += [f"| {row.name} | {' | '.join(f'{row.figures[n]:{form}}' for n in names)} | {row.seconds:.2f} |"
                  for row in scored]
        if len(scored) > 1:
            means = [f"{np.mean([row.figures[n] for row in scored]):{form}}" for n in names]
            lines.append(f"| mean | {' | '.join(means)} | {np.mean([row.seconds for row in scored]):.2f} |")
        lines.append("")
    return "\n".join(lines)


def _strip(row: Row) -> np.ndarray:
    height = round(row.strip.shape[0] * WIDTH / row.strip.shape[1])
    strip = cv2.resize(row.strip, (WIDTH, height), interpolation=cv2.INTER_AREA)
    banner = np.zeros((16, WIDTH, 3), np.uint8)
    cv2.putText(banner, row.name, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    return np.vstack([banner, strip])
