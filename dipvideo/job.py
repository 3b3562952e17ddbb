"""A run's folder: what is finished of it, so that a crash costs one stretch and nothing is done twice.

    film.mp4.job/
      manifest.json                    what the result depends on, and the stretches that the film is cut into
      brief.pickle                     what must be known to restore any of them: the analysis is not repeated
      looked-through/                  until then, what of the analysis is finished, and what that depends on
      stretches/00000512-00000768/     a finished one: encoded frames, side videos, receipt.json
      stretches/.00000768-00001024.…   one that is being made: nobody reads it, and the next run throws it away
      log.txt                          what happened, and when
      lock                             held while a run works here, or shared by several that each do a part of it

A stretch takes its name in one step, once all of it is on the disk: it is finished or it is not there. A pickle is a
program: go on with nobody's job but your own.
"""

from __future__ import annotations

import json
import os
import pickle
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .errors import DipvideoError, DiskFull, JobBusy, JobDiffers, WorkerLost
from .io import complete_or_nothing, explained, locked, moved, short
from .plan import Stretch

SUFFIX = ".job"
LOCK = "lock"
_MANIFEST, _BRIEF, _STRETCHES, _LOG = "manifest.json", "brief.pickle", "stretches", "log.txt"
_NOTES, _MADE_FROM = "looked-through", "made-from.json"
_RECEIPT, _PLANNING = "receipt.json", "planning.lock"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What restoring a stretch gave and took.

    pts: of the frames that are there; touched: frames restored; steps, rolled_back: of the optimiser; seconds: spent
    restoring, and took: from start to finish, reading and encoding too; origins: pixels borrowed, unmixed and drawn;
    areas: of each frame, the share of the picture that each layer has, if the task knows of layers; damage: where in
    the input packets lie that could not be decoded whole.
    """

    pts: Sequence[int]
    touched: int
    steps: int
    rolled_back: int
    seconds: float
    took: float
    origins: Sequence[int]
    areas: Sequence[Sequence[float]]
    damage: Sequence[int]

    def write(self, folder: Path) -> None:
        """Lay it into a stretch's folder, as the last thing."""
        (folder / _RECEIPT).write_text(json.dumps(asdict(self)))


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the stretches of one run are made; picklable.

    token: the run's own. A worker that outlived its run must not write where another's do.
    """

    folder: Path
    token: str

    def place(self, stretch: Stretch, attempt: int) -> Path:
        """The folder for an attempt at a stretch; nothing is there yet."""
        return self.folder / _STRETCHES / f".{_name(stretch)}.{self.token}.{attempt}"

    def brief(self) -> Any:
        """What `Job.keep` was given."""
        return pickle.loads((self.folder / _BRIEF).read_bytes())


class Job:
    """The folder of a run that holds its lock, or of several that share it and then leave each other's things alone.

    receipts: of the finished stretches.
    """

    def __init__(self, folder: Path, shared: bool = False):
        self._shared = shared
        self.folder = Path(os.path.abspath(folder))  # FFmpeg takes what stands before a colon for a protocol
        self.bench = Bench(self.folder, secrets.token_hex(4))
        self.receipts: dict[Stretch, Receipt] = {}

    @contextmanager
    def planning(self) -> Iterator[None]:
        """Be the only one of those who share the folder that looks what is to be done; the others wait for it."""
        with locked(self.folder / _PLANNING, None):
            yield

    def resumed(self, made_from: Mapping[str, str], resume: bool) -> Any | None:
        """What an earlier run kept that was made from the same; None if all begins anew.

        made_from: what the result depends on → its value. Raises JobDiffers rather than throw away finished work of
        another run, unless `resume` is False.
        """
        manifest = manifest_of(self.folder)
        if manifest and resume:
            finished = len(finished_in(self.folder))
            change = _change(manifest["made_from"], made_from)
            if not change:
                self.log(f"resumed: {finished} of {len(manifest['costs'])} stretches are finished")
                return self.bench.brief()
            if finished or self._shared:
                raise JobDiffers(
                    f"{str(self.folder)!r} holds {finished} finished parts of another run, and {change}: undo that to "
                    "go on with them, choose another folder with --work-dir to keep them, or give them up with "
                    "--no-resume.")
        if not resume or _read(self.folder / _NOTES / _MADE_FROM) != dict(made_from):
            _clear(self.folder)
            (self.folder / _NOTES).mkdir()
            with complete_or_nothing(self.folder / _NOTES / _MADE_FROM) as part:
                part.write_text(json.dumps(dict(made_from)))
        self.log("began")
        return None

    @property
    def notes(self) -> Path:
        """A folder for what is found before there is anything to `keep`; what lies there depends on the same."""
        return self.folder / _NOTES

    def keep(self, brief: Any, costs: Mapping[Stretch, float], made_from: Mapping[str, str]) -> None:
        """Keep what workers must know, and a later run would have to find out again.

        costs: the stretches to be restored, and the work in each.
        """
        (self.folder / _STRETCHES).mkdir(exist_ok=True)
        if not self._shared:
            for left in (self.folder / _STRETCHES).glob(".*"):
                shutil.rmtree(left, ignore_errors=True)
        if not self._shared or not manifest_of(self.folder):
            with complete_or_nothing(self.folder / _BRIEF) as part:
                part.write_bytes(pickle.dumps(brief))
            with complete_or_nothing(self.folder / _MANIFEST) as part:
                part.write_text(json.dumps({
                    "made_from": dict(made_from),
                    "costs": {_name(stretch): cost for stretch, cost in costs.items()}}, indent=1))
            shutil.rmtree(self.notes, ignore_errors=True)
        finished = finished_in(self.folder)
        self.receipts = {stretch: finished[_name(stretch)] for stretch in costs if _name(stretch) in finished}

    def place(self, stretch: Stretch) -> Path:
        """Where a finished stretch lies."""
        return self.folder / _STRETCHES / _name(stretch)

    def commit(self, stretch: Stretch, attempt: int) -> Receipt:
        """Take an attempt at a stretch as finished: its frames, side videos and receipt, all in one step.

        The first attempt wins; another, which was thought lost, or was another run's, is thrown away.
        """
        made, place = self.bench.place(stretch, attempt), self.place(stretch)
        try:
            moved(made, place)
        except OSError:
            if not place.exists():
                raise
            shutil.rmtree(made, ignore_errors=True)
        else:
            self.log(f"frames {stretch.start} to {stretch.stop - 1} are finished")
        self.receipts[stretch] = _receipt(place)
        return self.receipts[stretch]

    def log(self, text: str) -> None:
        """Add a line."""
        with suppress(OSError), open(self.folder / _LOG, "a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")


@contextmanager
def open_job(folder: Path, shared: bool = False) -> Iterator[Job]:
    """The job in `folder`, which is made. On a clean exit it is removed; on any other it stays if it is worth it.

    Worth it is a finished stretch, and after an interrupt the analysis too; what of that is finished also if the disk
    was full or a worker lost. Where it is `shared` with others who only share it, too, all of it is. Raises JobBusy
    while another run works there, and OutputError for what the system refuses.
    """
    try:
        folder.mkdir(exist_ok=True)
        with locked(folder / LOCK, JobBusy(f"Another run works in {str(folder)!r}: wait for it, or choose another "
                                            "folder with --work-dir."), shared=shared):
            job = Job(folder, shared)
            try:
                yield job
            except BaseException as error:
                job.log(f"stopped: {error or type(error).__name__}")
                if not (shared or _worth_it(folder, error)):
                    _clear(folder)
                raise
            if not shared:
                _clear(folder)
    except OSError as error:
        if isinstance(error, DipvideoError):
            raise
        raise explained(error, folder) from error
    finally:
        with suppress(OSError):  # there still is something in it
            folder.rmdir()


def _worth_it(folder: Path, error: BaseException) -> bool:
    if finished_in(folder):
        return True
    stopped = isinstance(error, KeyboardInterrupt)
    if stopped and manifest_of(folder):
        return True
    return (stopped or isinstance(error, DiskFull | WorkerLost)) and noted_in(folder) > 0


def folder_of(output: Path) -> Path:
    """Where the job of an output is, unless another place was asked for."""
    return output.with_name(f"{short(output.name)}{SUFFIX}")


def _name(stretch: Stretch) -> str:
    return f"{stretch.start:08d}-{stretch.stop:08d}"


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """What was written there of a job, None if there is none."""
    return _read(folder / _MANIFEST)


def noted_in(folder: Path) -> int:
    """How much of an analysis that is not finished is, in its own parts."""
    return sum(1 for _ in (folder / _NOTES).glob("[0-9]*"))


def finished_in(folder: Path) -> dict[str, Receipt]:
    """The receipts of a job's finished stretches, by their names."""
    return {path.name: _receipt(path) for path in sorted((folder / _STRETCHES).glob("[0-9]*"))}


def made_in(folder: Path, name: str, since: int) -> list[tuple[int, Path]]:
    """Files of that name in a job's stretches, finished or not, that are newer than `since`, and their time in ns; the
    oldest first."""
    found = []
    for path in (folder / _STRETCHES).glob(f"*/{name}"):
        with suppress(OSError):  # a stretch takes its name as soon as it is finished
            found.append((path.stat().st_mtime_ns, path))
    return sorted(one for one in found if one[0] > since)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _receipt(folder: Path) -> Receipt:
    return Receipt(**json.loads((folder / _RECEIPT).read_text()))


def _change(was: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """The first of what differs, in words."""
    for name in [*now, *was]:
        if was.get(name) != now.get(name):
            if name.startswith("the "):
                return f"{name} has changed since"
            return f"{name} was {was.get(name)} there and is {now.get(name)} now"
    return None


def _clear(folder: Path) -> None:
    """Remove what a job leaves in its folder, and nothing else."""
    for name in (_MANIFEST, _BRIEF, _LOG):  # without its manifest nothing is left to be resumed
        (folder / name).unlink(missing_ok=True)
    for name in (_STRETCHES, _NOTES):
        shutil.rmtree(folder / name, ignore_errors=True)

