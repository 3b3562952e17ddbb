"""A film as an output: runs that nothing changes are copied where that is safe, the others encoded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import av

from ..errors import DipvideoError, OptionError, OutputError, SourceError
from ..frame import Cue
from .encoding import choose_encoder
from .join import Run, join, open_container
from .segments import SegmentRecipe, SegmentWriter, read_segment
from .source import VideoSource
from .splicing import CannotSplice, Splice, open_splice
from .traits import traits_of
from .verify import fault

PROVEN = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".ts", ".m2ts", ".nut"}
REHEARSED = 24  # frames

Tell = Callable[[str, int, int], object]
"""Hears what is being done, and how many frames of how many it is done for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How the output is to be encoded; the fields are those of `OutputOptions`. scale: how many times longer each side
    of the picture becomes. exact: pictures become PNGs, whatever they came as: what is painted must not be blurred."""

    encoder: str = "auto"
    crf: int | None = None
    lossless: bool = False
    smart_render: bool = True
    scale: int = 1
    exact: bool = False


class VideoOutput:
    """A film whose runs are segments until all are there; then they are joined and read back."""

    def __init__(self, part: Path, source: VideoSource, wish: Wish, tell: Tell):
        self._part, self._source, self._tell = part, source, tell
        self._runs: list[Run] = []
        self.cues: Sequence[Cue] = ()
        self.warnings: list[str] = []
        may_copy = wish.smart_render and wish.encoder == "auto" and not wish.lossless and wish.scale == 1
        with source.open() as container:
            picture = source.picture(container)
            traits, pix_fmt = traits_of(source, picture)
            self._splice, self._unspliced = _splice(source, picture, part) if may_copy else (None, None)
        chosen = choose_encoder(
            self._splice.encoder if self._splice else wish.encoder, codec=source.info.codec, container=part.suffix,
            pix_fmt=pix_fmt, width=source.info.width * wish.scale, height=source.info.height * wish.scale, crf=wish.crf,
            lossless=wish.lossless, traits=traits)
        options = self._splice.options_over(chosen.options) if self._splice else chosen.options
        self._encoder = replace(chosen, options=options)
        self.recipe = SegmentRecipe(self._encoder, traits, wish.scale)
        self._cuts = ((self._splice and source.index.cuts) or (0,)) if may_copy else ()
        if self._splice and len(source.index.cuts) < 2:
            self._unspliced = "it can be cut nowhere between its beginning and its end"
        if _untold(source) and not self._may_stay:
            self._cuts = ()
        self._folder = part.with_name(f"{part.name}.segments")
        shutil.rmtree(self._folder, ignore_errors=True)
        if part.suffix.lower() not in PROVEN:
            self._rehearse()

    @property
    def cuts(self) -> Sequence[int]:
        return () if self._source.damage else self._cuts

    @property
    def _may_stay(self) -> bool:
        """Whether the source, where nothing in it changes, is the output to the byte."""
        return not self.cues and self._part.suffix == Path(self._source.info.path).suffix

    @property
    def encoder_name(self) -> str:
        encoded = sum(run.stop - run.start for run in self._runs if run.segment)
        if not encoded:
            return "none, all was copied"
        copied = len(self._source.index) - encoded
        return f"{self._encoder.name}, {copied} frames copied" if copied else self._encoder.name

    def copy(self, start: int, stop: int) -> None:
        self._runs.append(Run(start, stop))

    def take(self, start: int, stop: int, folder: Path) -> None:
        self._runs.append(Run(start, stop, read_segment(folder)))

    @contextmanager
    def part(self, start: int, stop: int) -> Iterator[SegmentWriter]:
        self._folder.mkdir(exist_ok=True)
        folder = self._folder / f"{start:08d}-{stop:08d}"
        with self.recipe.part(folder, start, stop, self._source) as writer:
            yield writer
        self.take(start, stop, folder)

    def finish(self) -> None:
        """Join the runs. Where copied and encoded ones do not make one sound stream, encode the copied ones too."""
        copied = [run for run in self._runs if run.segment is None]
        if len(copied) == len(self._runs) and self._may_stay:
            shutil.copyfile(self._source.info.path, self._part)
            return
        wrong = (_untold(self._source) if copied else None) or self._joined()
        if wrong and copied:
            self.warnings.append(f"Everything was encoded: what did not change was copied at first, but {wrong}.")
            runs, self._runs = self._runs, []
            for run in runs:
                if run.segment:
                    self._runs.append(run)
                else:
                    self._encode(run)
            wrong = self._joined()
        if wrong:
            raise OutputError(f"What was written does not read back: {wrong}. Choose another container with -o, or "
                              "another --encoder.")
        encoded = [run for run in self._runs if run.segment]
        if self._unspliced and not copied and any(run.segment.untouched for run in encoded):
            self.warnings.append(f"Everything was encoded, also what did not change: {self._unspliced}.")
        if self._encoder.note and encoded:
            self.warnings.append(self._encoder.note)
        lost = sum(run.stop - run.start - len(run.segment.pts) for run in encoded)
        if lost:
            self.warnings.append(f"{lost} of the input's {len(self._source.index)} frames could not be decoded and are "
                                 "left out; the others are at their own times.")

    def close(self) -> None:
        """Throw the segments away that were made here."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _rehearse(self) -> None:
        """Write the film's first frames to a container that is seldom used: better now than after a night of work."""
        tell, self._tell = self._tell, lambda stage, done, total: None
        try:
            self._encode(Run(0, min(REHEARSED, len(self._source.index))))
            wrong = self._joined()
        except av.FFmpegError as error:
            wrong = str(error)
        finally:
            self.close()
            self._runs, self.warnings, self._tell = [], [], tell
        if wrong:
            raise OptionError(f"A {self._part.suffix} file does not hold this film: {wrong}. Name the output .mkv.")

    def _encode(self, run: Run) -> None:
        with self.part(run.start, run.stop) as part:
            for frame in self._source.frames(run.start, run.stop):
                part.write(frame)
                self._tell("encoding what was copied", frame.index + 1, len(self._source.index))

    def _joined(self) -> str | None:
        """Write the file; what is wrong with it, in a few words, or None."""
        frames = len(self._source.index)
        mixed = len({run.segment is None for run in self._runs}) == 2
        runs = [run for run in self._runs if run.segment is None or len(run.segment.pts)]
        try:
            lost = join(self._source, runs, self._part, self._splice if mixed else None, self.cues,
                        tell=lambda done: self._tell("joining", done, frames))
        except (ValueError, av.error.InvalidDataError, av.error.ArgumentError) as error:
            if isinstance(error, DipvideoError):
                raise
            return f"they cannot stand together ({error})"
        try:
            wrong = fault(self._source, runs, self._part, lambda done: self._tell("checking", done, frames))
        except SourceError as error:
            wrong = f"it cannot be opened again ({type(error.__cause__ or error).__name__})"
        if not wrong:
            self.warnings += lost
        return wrong


def _untold(source: VideoSource) -> str | None:
    """Why the source's packets cannot be copied one by one, or None if they can."""
    if not source.index.seekable:
        return "its packets do not tell when their frames are shown"
    return "an edit list hides a part of it" if source.index.hidden else None


def _splice(source: VideoSource, picture: av.video.stream.VideoStream, part: Path) -> tuple[Splice | None, str | None]:
    """How copied and encoded runs stand in one stream, or why they cannot."""
    if reason := _untold(source):
        return None, reason
    try:
        with open_container(part, None) as scratch:
            container = scratch.format.name
        return open_splice(picture, container, source.key_packets(), source.index.reorder), None
    except CannotSplice as reason:
        return None, str(reason)
