"""What `dipvideo detect` does: captions as a file."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import io
from ..errors import OptionError
from ..planes import Patch
from ..progress import Progress, Tell
from .cues import cues_of, write_srt
from .find import Captions, find_captions
from .planfile import write_plan

if TYPE_CHECKING:
    from ..io import Source
    from .options import DetectOptions


def detect_captions(source_path: str | Path, output: str | Path, options: DetectOptions, *,
                    tell: Tell = lambda progress: None) -> Captions:
    """Find the captions of a film and write them to `output`: SubRip (.srt), or a plan (.json).

    Raises OptionError for another suffix, OutputExists, and whatever `find_captions` raises.
    """
    target, kind = Path(output), Path(output).suffix.lower()
    if kind not in (".srt", ".json"):
        raise OptionError(f"Captions are written as .srt or .json; got {str(target)!r}.")
    source = io.open_source(source_path)
    mask = Path(options.save_mask) if options.save_mask else None
    for path in filter(None, (target, mask)):
        io.check_output(path, str(source_path), options.overwrite)
    source.look(lambda done, total: tell(Progress("reading", done, total, unit="B")))
    found = find_captions(source, options, tell)
    with io.complete_or_nothing(target) as part:
        if kind == ".srt":
            write_srt(cues_of(found.events, source), part)
        else:
            write_plan(found, source, part)
    if mask:
        _write_mask(found, source, mask)
    return found


def _write_mask(found: Captions, source: Source, path: Path) -> None:
    """White where there is text."""
    blank = np.zeros((source.info.height, source.info.width, 3), np.float32)
    coming, shown = deque(found.events), []
    with io.open_mask_writer(path, source.info) as masks:
        for number, pts in enumerate(source.pts):
            while coming and coming[0].start <= number:
                shown.append((coming[0], coming.popleft().hole))
            shown = [(event, hole) for event, hole in shown if event.stop > number]
            weight = np.zeros(blank.shape[:2], np.float32)
            for event, hole in shown:
                weight[event.box.slices][hole] = 1
            masks.write(Patch(source.info.box, blank, weight) if shown else None, int(pts), source.info.time_base)
