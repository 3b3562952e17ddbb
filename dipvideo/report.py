"""A page or picture of how far a run is, for whoever opens it while the run goes on, or after.

What it shows of the frames is what stretches leave in the job's folder (`look.py`), whoever restores them; so a run
that goes on after a crash shows what was there before it.
"""

from __future__ import annotations

import os
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image

from .errors import OptionError
from .io import check_output
from .job import made_in
from .look import EVERY, NAME, seen
from .progress import Progress, Tell

SUFFIXES = (".html", ".jpg", ".png")
KEPT = 12  # frames that a page shows small

_PAGE = """<!doctype html>
<meta charset="utf-8">{refresh}
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 980px; margin: 2em auto; padding: 0 1em }}
h1 {{ font-size: 1.2em; font-weight: 600 }}
progress {{ width: 100%; height: .6em }}
img {{ max-width: 100% }}
figure {{ margin: 1em 0 }}
figcaption {{ color: #777; font-size: .85em }}
.frames {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: .8em }}
.frames figure {{ margin: 0 }}
</style>
<h1>{title}</h1>
<p>{state}</p>
{bar}{last}
<div class="frames">
{frames}
</div>
"""


@contextmanager
def reported(told: str | None, source: str, outputs: Sequence[Path], folder: Path | None, tell: Tell) -> Iterator[Tell]:
    """What to tell progress to, so that `tell` hears it and the report, if one is told, shows it.

    outputs: what else the run writes, the film first; folder: the job's. On the way out the report says how the run
    ended. Raises OptionError and what `check_output` raises where it cannot be written.
    """
    if told is None:
        yield tell
        return
    path = Path(told)
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"A report is a page (.html) or a picture (.jpg, .png), got {told!r}.")
    if os.path.abspath(path) in map(os.path.abspath, outputs):
        raise OptionError(f"Two outputs cannot both be {told!r}: give each a name of its own.")
    check_output(path, source, overwrite=True)
    report = Report(path, outputs[0].name, folder)

    def both(progress: Progress) -> None:
        tell(progress)
        report.hear(progress)

    try:
        yield both
    except BaseException as error:
        report.end(str(error) or type(error).__name__)
        raise
    report.end("")


class Report:
    """The page or picture at `path`."""

    def __init__(self, path: Path, title: str, folder: Path | None):
        self._path, self._title, self._folder = path, title, folder
        self._began = time.monotonic()
        self._next, self._newest = self._began, 0
        self._progress: Progress | None = None
        self._frames: dict[int, bytes] = {}  # JPEGs, by number; the last one seen comes last

    def hear(self, progress: Progress) -> None:
        """Show it, if some seconds have gone by, or it is a stage's first or last."""
        turned = not self._progress or progress.stage != self._progress.stage or progress.done == progress.total
        self._progress = progress
        if turned or time.monotonic() >= self._next:
            self._gather()
            self._write("")

    def end(self, complaint: str) -> None:
        """Say that the run, if it ever began, has ended, well if nothing is to be complained of."""
        if self._progress:
            self._gather()
            self._write(complaint or "Done.")

    def _gather(self) -> None:
        """Take in the looks that are new."""
        for when, path in made_in(self._folder, NAME, self._newest) if self._folder else ():
            with suppress(OSError):  # a stretch takes its name as soon as it is finished, and this is another then
                number, picture = seen(path)
                self._frames.pop(number, None)
                self._frames[number], self._newest = picture, when
        if len(self._frames) > 2 * KEPT:  # every other, and the last one seen
            *others, last = self._frames
            kept = {*sorted(others)[::2], last}
            self._frames = {number: picture for number, picture in self._frames.items() if number in kept}

    def _write(self, ended: str) -> None:
        with suppress(OSError):  # no night of work is to end for want of a picture
            part = self._path.with_name(f".{self._path.name}.part")
            if self._path.suffix.lower() == ".html":
                part.write_text(self._page(ended), encoding="utf-8")
            elif self._frames:
                part.write_bytes(_as(self._path.suffix, list(self._frames.values())[-1]))
            if part.exists():
                os.replace(part, self._path)
        self._next = time.monotonic() + EVERY

    def _page(self, ended: str) -> str:
        at, seconds = self._progress, time.monotonic() - self._began
        counted = f": {at.done} of {at.total}" if at.total and at.unit != "B" else ""
        state = ended or f"{at.note or at.stage.capitalize() + counted}."
        *others, last = self._frames or (None,)
        return _PAGE.format(
            title=escape(self._title),
            refresh="" if ended else f'\n<meta http-equiv="refresh" content="{EVERY:g}">',
            state=f"{escape(state)} {seconds:.0f} s since the run began.",
            bar="" if ended or not at.total else f'<progress value="{at.done}" max="{at.total}"></progress>\n',
            last="" if last is None else _figure(last, self._frames[last]),
            frames="\n".join(_figure(n, self._frames[n]) for n in sorted(others)[::-(-len(others) // KEPT) or 1]))


def _figure(number: int, picture: bytes) -> str:
    return (f'<figure><img src="data:image/jpeg;base64,{b64encode(picture).decode()}">'
            f"<figcaption>frame {number}</figcaption></figure>")


def _as(suffix: str, picture: bytes) -> bytes:
    """A JPEG's bytes as a file of another kind."""
    if suffix.lower() == ".jpg":
        return picture
    stream = BytesIO()
    Image.open(BytesIO(picture)).save(stream, "PNG")
    return stream.getvalue()
