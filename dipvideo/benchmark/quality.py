"""How well subtitles are removed, beside what anyone could do: every clip of a folder, every method, one table.

A clip is a folder with subtitled.mp4, clean.mp4 and alpha.mkv (grey, 255 = opaque text). Results are kept lossless,
so that an encoder neither helps nor hurts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .. import io
from ..errors import SourceMissing
from ..geometry import Box
from ..progress import Progress, Tell
from .methods import methods_of
from .options import QualityOptions
from .scores import MaskScore, RemovalScore

SHEET_FRAMES = 4  # columns of a contact sheet
SHEET_MARGIN = 12  # pixels around the text in it


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one clip; seconds a frame with text, and the figures of `RemovalScore` and `MaskScore`."""

    clip: str
    method: str
    seconds: float
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Quality:
    """All rows, and a picture for each clip: (H, W, 3) uint8, rows of methods, columns of frames."""

    rows: tuple[Row, ...]
    sheets: dict[str, np.ndarray]


def measure_quality(folder: str, options: QualityOptions, *, tell: Tell = lambda progress: None) -> Quality:
    """Measure every clip below `folder`. Raises SourceMissing if there is none."""
    found = sorted(p.parent for p in Path(folder).glob("**/alpha.mkv") if (p.parent / "clean.mp4").exists())
    if not found:
        raise SourceMissing(f"There is no clip below {folder!r}: a clip is a folder with subtitled.mp4, clean.mp4 and "
                            "alpha.mkv.")
    rows, sheets = [], {}
    with tempfile.TemporaryDirectory() as scratch:
        for clip in map(Clip, found):
            strips = [clip.strip("truth", io.open_source(clip.folder / "clean.mp4"))]
            for name, method in methods_of(options.methods).items():
                result, mask = Path(scratch) / "result.mkv", Path(scratch) / "mask.mkv"
                for old in (result, mask):
                    old.unlink(missing_ok=True)
                began = time.perf_counter()
                touched = method(clip, result, mask, options, _named(tell, f"{clip.folder.name}, {name}"))
                seconds = (time.perf_counter() - began) / max(touched, 1)
                figures = clip.score(io.open_source(result), io.open_source(mask) if mask.exists() else None)
                rows.append(Row(clip.folder.name, name, seconds, figures))
                strips.append(clip.strip(name, io.open_source(result)))
            sheets[clip.folder.name] = np.vstack(strips)
    return Quality(tuple(rows), sheets)


class Clip:
    """A folder with a clip and its truth; where its text is, for the contact sheet."""

    def __init__(self, folder: Path):
        self.folder = folder
        texts, everywhere = [], None
        for index, coverage in enumerate(self.coverage()):
            text = coverage > 0
            everywhere = text if everywhere is None else everywhere | text
            if text.any():
                texts.append(index)
        self._columns = {texts[len(texts) * (2 * k + 1) // (2 * SHEET_FRAMES)] for k in range(SHEET_FRAMES)}
        left, top, width, height = cv2.boundingRect(everywhere.view(np.uint8))
        self._box = Box(top, left, top + height, left + width).grown(SHEET_MARGIN, *everywhere.shape)

    def subtitled(self) -> io.Source:
        return io.open_source(self.folder / "subtitled.mp4")

    def coverage(self) -> Iterator[np.ndarray]:
        """(H, W) float32 in [0, 1] of every frame."""
        for frame in io.open_source(self.folder / "alpha.mkv").frames():
            yield frame.planes.luma.astype(np.float32) / frame.planes.layout.peak

    def score(self, result: io.Source, mask: io.Source | None) -> dict[str, float]:
        """The figures of a result, and of the mask it was made with."""
        removal, covered = RemovalScore(), MaskScore()
        streams = [s.frames() for s in (result, io.open_source(self.folder / "clean.mp4"), self.subtitled())]
        masks = mask.frames() if mask else None
        for *frames, coverage in zip(*streams, self.coverage(), strict=True):
            removal.add(*(f.planes.rgb() for f in frames), coverage)
            if masks:
                covered.add(next(masks).planes.luma > 127, coverage)
        return removal.figures() | (covered.figures() if masks else {})

    def strip(self, name: str, source: io.Source) -> np.ndarray:
        """A row of the contact sheet: the text's place in a few frames."""
        cells = [np.rint(f.planes.rgb(self._box) * 255).astype(np.uint8)
                 for f in source.frames() if f.index in self._columns]
        strip = np.hstack(cells)
        banner = np.zeros((16, strip.shape[1], 3), np.uint8)
        cv2.putText(banner, name, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
        return np.vstack([banner, strip])


def _named(tell: Tell, name: str) -> Tell:
    return lambda p: tell(Progress(f"{name}: {p.stage}", p.done, p.total, p.unit, p.note))
