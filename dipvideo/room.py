"""Whether disk and memory have room for a run, looked for before any work."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from .errors import DiskFull
from .job import Job
from .stretch import Brief

# Of a worker, as measured with one thread at 360, 720 and 1080 lines (remove-subtitles, denoise, segment, dehaze): from
# .81 to 1.82 GB, where this says .82 to 1.77.
BASE = 700 << 20  # bytes: Python, torch and the other libraries
EACH_SAMPLE = 7  # times the samples of the frames that are read, for what is made of them
EACH_PIXEL = 500  # bytes of what is made of one frame


def memory_for(brief: Brief) -> int:
    """Bytes that a process needs to restore any stretch, about."""
    chunks = brief.plan.chunks
    if not chunks:
        return BASE
    first = next(brief.source.frames(chunks[0].start, chunks[0].start + 1), None)
    wide = 1 if first and first.planes.layout.depth == 8 else 4  # a window is of uint8, or of float32
    return BASE + max(chunk.box.area * (3 * EACH_SAMPLE * wide * (chunk.read_stop - chunk.read_start)
                                        + EACH_PIXEL * brief.task.scale ** 2) for chunk in chunks)


def check_room(brief: Brief, target: Path, job: Job) -> None:
    """Raise DiskFull where there is no room for the film, rather than after a night of work.

    What is copied takes what it took; of what is encoded in the source's own way a quarter is likely the least, once
    in the job's folder, once joined. Pictures are linked, and other encoders may take any share: they are not judged.
    """
    film, options = Path(brief.source.info.path), brief.task.options
    if not film.is_file() or options.encoder != "auto" or options.lossless:
        return
    each = film.stat().st_size / brief.plan.frames
    needed: Counter[int] = Counter()
    for stretch in brief.stretches:
        size = round((stretch.stop - stretch.start) * each)
        needed[target.parent.stat().st_dev] += size if stretch.copied else size // 4
        if not stretch.copied and stretch not in job.receipts:
            needed[job.folder.stat().st_dev] += size // 4
    for folder in (target.parent, job.folder):
        free, size = shutil.disk_usage(folder).free, needed[folder.stat().st_dev]
        if free < size:
            raise DiskFull(f"Only {free / 1e9:.2g} GB are free in {str(folder)!r}, and this film takes about "
                           f"{size / 1e9:.2g} GB: free some room, or choose other places with -o and --work-dir.")
