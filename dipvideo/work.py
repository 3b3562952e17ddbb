"""The stretches of a film as work for executors, here and on machines that share no files with this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import av

from . import engine, io
from .errors import DipvideoError
from .job import Bench
from .parcel import Away, Packer, unpack
from .stretch import Brief, restore_stretch


@dataclass(frozen=True)
class Work:
    """Restores stretches by their number, into the job's folder.

    looks: whether pictures of how far they are are left there.
    """

    bench: Bench
    looks: bool = False

    @cached_property
    def brief(self) -> Brief:
        return replace(self.bench.brief(), looks=self.looks)

    def __call__(self, number: int, attempt: int, device: str | None, tell: Callable[[int], object]) -> None:
        """Restore a stretch on `device`, the run's own if None; `tell` hears how many of its frames are done."""
        brief = self.brief
        settings = brief.settings if device is None else replace(brief.settings, device=engine.choose_device(device))
        folder = self.bench.place(brief.stretches[number], attempt)
        try:
            folder.mkdir()
            restore_stretch(replace(brief, settings=settings), brief.stretches[number], folder, tell)
        except (av.FFmpegError, OSError) as error:
            if isinstance(error, DipvideoError):
                raise
            raise io.explained(error, self.bench.folder) from error

    @cached_property
    def _packer(self) -> Packer:
        return Packer(self.brief)

    def away(self) -> Away:
        """The same for workers that see no file of this machine."""
        return self._packer.away()

    def parcel(self, number: int, wide: bool) -> bytes:
        """What stretch `number` takes along to such a worker."""
        return self._packer.parcel(self.brief.stretches[number], wide)

    def receive(self, number: int, attempt: int, made: bytes) -> None:
        """Lay what came back where a worker of this machine would have left it."""
        folder = self.bench.place(self.brief.stretches[number], attempt)
        try:
            unpack(made, folder)
        except OSError as error:
            raise io.explained(error, self.bench.folder) from error
