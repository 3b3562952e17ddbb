"""A stretch restored by a machine that sees no file of this one: what it takes along, and what comes back.

What all stretches have in common goes out once; with each goes a slice of every film and picture that is read for it,
and an archive of what `restore_stretch` made comes back.
"""

from __future__ import annotations

import io as streams
import os
import pickle
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import av

from . import engine, io
from .errors import ClusterMissing, DipvideoError
from .identity import machine
from .plan import Stretch
from .stretch import Brief, restore_stretch

_MADE = "made"  # the name of what comes back, in its archive
_THREADS = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class Away:
    """Restores stretches by their number wherever it is sent. It is pickled.

    brief: packed, without its sources; sources: packed, they say what they are; made_from: what the result depends on
    of a machine. threads: of torch at the most, and what `OMP_NUM_THREADS` says, if it is set.
    """

    brief: bytes
    sources: bytes
    made_from: Mapping[str, str]
    threads: tuple[int, str | None]

    def __call__(self, number: int, parcel: bytes, device: str, tell: Callable[[int], object]) -> bytes:
        """An archive of stretch `number`. Raises ParcelTooSmall, and ClusterMissing where the bits would differ."""
        with tempfile.TemporaryDirectory(prefix="dipvideo-") as scratch:
            folder = Path(scratch)
            slices = pickle.loads(parcel)
            sources = [part.laid(source, folder / str(place)) for place, (part, source) in
                       enumerate(zip(slices, pickle.loads(self.sources), strict=True))]
            with _told(str(self.threads[0])):  # torch counts how many it may take as soon as it is loaded
                brief: Brief = _Unpickler(streams.BytesIO(zlib.decompress(self.brief)), sources).load()
                settings = replace(brief.settings, device=engine.choose_device(device))
                self._check(machine(settings))
            made = folder / _MADE
            made.mkdir()
            try:
                with _told(self.threads[1]):
                    restore_stretch(replace(brief, settings=settings), brief.stretches[number], made, tell)
                return _packed(made)
            except (av.FFmpegError, OSError) as error:
                if isinstance(error, DipvideoError):
                    raise
                raise io.explained(error, folder) from error

    def _check(self, here: Mapping[str, str]) -> None:
        for name, value in self.made_from.items():
            if here[name] != value:
                raise ClusterMissing(f"A worker's {name} is not this machine's ({here[name]}, {value}), and its result "
                                     "would differ: give all machines the same.")


@dataclass(frozen=True)
class Packer:
    """Packs what goes out for a film."""

    brief: Brief

    @cached_property
    def _packed(self) -> tuple[bytes, Sequence[io.Source]]:
        stream = streams.BytesIO()
        pickler = _Pickler(stream)
        pickler.dump(self.brief)
        return zlib.compress(stream.getvalue(), 1), pickler.sources

    def away(self) -> Away:
        """What all stretches have in common."""
        brief, sources = self._packed
        return Away(brief, pickle.dumps(sources), machine(self.brief.settings),
                    (engine.AVAILABLE, os.environ.get(_THREADS)))

    def parcel(self, stretch: Stretch, wide: bool) -> bytes:
        """What a stretch takes along besides: slices of whatever is read for it."""
        spans = {(stretch.start, stretch.stop), *((chunk.read_start, chunk.read_stop) for chunk in stretch.chunks)}
        return pickle.dumps([io.slice_of(source, sorted(spans), wide) for source in self._packed[1]])


@contextmanager
def _told(threads: str | None) -> Iterator[None]:
    """With this in OMP_NUM_THREADS, or nothing."""
    before = os.environ.pop(_THREADS, None)
    if threads is not None:
        os.environ[_THREADS] = threads
    try:
        yield
    finally:
        os.environ.pop(_THREADS, None)
        if before is not None:
            os.environ[_THREADS] = before


def unpack(made: bytes, folder: Path) -> None:
    """Lay what came back into `folder`, which is made."""
    folder.mkdir()
    with tarfile.open(fileobj=streams.BytesIO(made)) as archive:
        archive.extractall(folder, filter="data")


def _packed(folder: Path) -> bytes:
    """The files in `folder`; frames are compressed already."""
    stream = streams.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(folder, arcname=".")
    return stream.getvalue()


class _Pickler(pickle.Pickler):
    """Leaves places for sources, wherever in a brief they are: the film, and what a task or a mask reads besides."""

    def __init__(self, stream: streams.BytesIO):
        super().__init__(stream)
        self.sources: list[io.Source] = []

    def persistent_id(self, thing: Any) -> int | None:
        if not isinstance(thing, io.VideoSource | io.PictureSource):
            return None
        for place, known in enumerate(self.sources):
            if known is thing:
                return place
        self.sources.append(thing)
        return len(self.sources) - 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: streams.BytesIO, sources: Sequence[io.Source]):
        super().__init__(stream)
        self._sources = sources

    def persistent_load(self, place: int) -> io.Source:
        return self._sources[place]
