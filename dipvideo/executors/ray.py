"""Work done by a Ray cluster, or by one that is begun on this machine for a single run.

Each slot is an actor, a process that a node keeps for it: it loads torch and the device once, where a task that asks
for a GPU begins a process anew for each item unless it is told otherwise. Ray retries nothing: `drive` does, also
after a node is lost. Nothing is taken for shared: what an item needs goes out with it, and what it made comes back.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import ClusterMissing, OptionError, ParcelTooSmall
from .base import Away, Outcome, Work
from .slots import POLL_SECONDS, STALL_SECONDS, STUCK_SECONDS, Watch, drive, lost

# Read by Ray as it is imported. The first keeps a cluster that is begun here on 127.0.0.1, to which
# _node_ip_address alone does not; without the last one it hides GPUs from those who ask for none, with a warning.
_OURS = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0",
         "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_STORE_BYTES = 1 << 29  # of shared memory that a cluster begun here keeps parcels in; more goes to the disk
_FOLDER = "dipvideo-ray-"


class Ray:
    """`workers` of the cluster at `address`, or of one begun here if that is None; as many as fit if that is None.

    device: cuda, of which each worker has one whole, or cpu, of which it has so many threads. Raises OptionError if Ray
    is not installed, and ClusterMissing if there is no cluster or it is too small: Ray itself would wait for ever.
    """

    def __init__(self, address: str | None, workers: int | None, device: str, threads: int = 1, *,
                 stall_seconds: float = STALL_SECONDS, stuck_seconds: float = STUCK_SECONDS):
        if not importlib.util.find_spec("ray"):
            raise OptionError("--executor ray needs Ray, which is not installed: pip install 'dipvideo[ray]'.")
        self._address, self._device, self._patience = address, device, (stall_seconds, stuck_seconds)
        self._unit, self._each = ("GPU", 1) if device == "cuda" else ("CPU", threads)
        self.workers = workers or 1
        if address:
            with _connected(address, {}) as ray:
                self.workers = self._fitting(ray, workers)

    def run(self, work: Work, items: Sequence[int], tell: Callable[[int, int], object]) -> Generator[Outcome]:
        count = min(self.workers, len(items))
        if not count:
            return
        with _connected(self._address, {self._unit: count * self._each}) as ray:
            self._fitting(ray, count)
            away = ray.put(pickle.dumps(work.away()))
            slots = [_Slot(ray, work, self._begun(ray, away), self._starved(ray), Watch(*self._patience))
                     for _ in range(count)]
            yield from drive(slots, items, tell, lambda busy: ray.wait([slot.made for slot in busy],
                                                                       timeout=POLL_SECONDS))

    def _fitting(self, ray: Any, wanted: int | None) -> int:
        """How many workers fit into the whole cluster, at most `wanted`."""
        there = ray.cluster_resources().get(self._unit, 0)
        fit = int(there // self._each)
        if fit < (wanted or 1):
            raise ClusterMissing(f"The cluster has {there:g} {self._unit}s, and {wanted or 1} workers with "
                                 f"{self._each} each were asked for: ask for fewer with --workers, or add machines.")
        return wanted or fit

    def _begun(self, ray: Any, away: Any) -> Callable[[], Any]:
        kind = ray.remote(_Worker).options(num_cpus=0 if self._unit == "GPU" else self._each,
                                           num_gpus=1 if self._unit == "GPU" else 0, max_restarts=0, max_task_retries=0,
                                           max_concurrency=2)  # one thread works, one answers
        return lambda: kind.remote(away, self._device)

    def _starved(self, ray: Any) -> Callable[[], bool]:
        """Whether no node is left on which a worker could ever begin."""
        return lambda: ray.cluster_resources().get(self._unit, 0) < self._each


class _Slot:
    """One worker at a time, and what it is at. made: the answer of it that is waited for."""

    item = done = 0

    def __init__(self, ray: Any, work: Work, begun: Callable[[], Any], starved: Callable[[], bool], watch: Watch):
        self._ray, self._work, self._begun, self._starved, self._watch = ray, work, begun, starved, watch
        self._worker: Any = None
        self.made: Any = None

    @property
    def busy(self) -> bool:
        return self.made is not None

    def begin(self, item: int, attempt: int) -> None:
        self.item, self._attempt, self.done = item, attempt, 0
        if self._worker is None:
            self._worker, self._here = self._begun(), False
            self.made = self._worker.pulse.remote()
            self._watch.begin(0, None)
        else:
            self._send(wide=False)

    def _send(self, wide: bool) -> None:
        """Send the item to a worker that is there."""
        self._here = True
        self.made = self._worker.do.remote(self.item, self._work.parcel(self.item, wide))
        self._asked, self._signs = self._worker.pulse.remote(), 0
        self._watch.begin(0, None)

    def outcome(self) -> Outcome | None:
        ray = self._ray
        if not ray.wait([self.made], timeout=0)[0]:
            return self._hear() if self._here else self._in_line()
        try:
            answer = ray.get(self.made)
        except ray.exceptions.RayActorError as gone:
            return self._given_up(f"its worker died ({_reason(gone)})")
        except Exception as raised:  # of Ray itself, as where the code is missing there
            answer = None, raised, ""
        if not self._here:
            return self._send(wide=False)
        made, error, trace = answer
        if isinstance(error, ParcelTooSmall):
            return self._send(wide=True)
        self.made = None
        if error is None:
            try:
                self._work.receive(self.item, self._attempt, made)
            except Exception as raised:
                error = raised
        elif trace:
            error.__cause__ = _There(trace)
        return Outcome(self.item, self._attempt, error)

    def _in_line(self) -> Outcome | None:
        """Wait for a machine, which others may have, unless none is left."""
        if not self._watch.complaint():
            return None
        if self._starved():
            return self._given_up("the cluster has no machine left for it")
        return self._watch.begin(0, None)

    def _hear(self) -> Outcome | None:
        """Ask the worker how far it is, and give it up if it does not say."""
        if self._ray.wait([self._asked], timeout=0)[0]:
            with suppress(self._ray.exceptions.RayError):  # `made` will say what is wrong
                self.done, steps = self._ray.get(self._asked)
                self._signs += 1
                self._watch.hear(self._signs, steps)
                self._asked = self._worker.pulse.remote()
        complaint = self._watch.complaint()
        return self._given_up(complaint) if complaint else None

    def _given_up(self, why: str) -> Outcome:
        self.stop()
        return Outcome(self.item, self._attempt, lost(why, self._attempt))

    def stop(self) -> None:
        self.made = None
        if self._worker is not None:
            with suppress(Exception):  # whatever Ray says, it goes with this run
                self._ray.kill(self._worker)
            self._worker = None


class _Worker:
    """The actor: does items one after the other, and says meanwhile how far it is."""

    def __init__(self, away: bytes, device: str):
        self._packed, self._device = away, device
        self._away: Away | None = None
        self._done = self._steps = 0

    def do(self, item: int, parcel: bytes) -> tuple[bytes | None, Exception | None, str]:
        """What the item gives, or what it raised and where."""
        self._done = 0
        try:
            self._away = self._away or pickle.loads(self._packed)
            return self._away(item, parcel, self._device, self._tell), None, ""
        except Exception as error:
            return None, error, traceback.format_exc()

    def pulse(self) -> tuple[int, int]:
        """How much of the item is done, and how many steps were made."""
        return self._done, self._steps

    def _tell(self, done: int) -> None:
        self._done, self._steps = done, self._steps + 1


class _There(Exception):
    """The traceback of a worker elsewhere."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _reason(error: Exception) -> str:
    """The sentence of Ray's that says most: it begins with what and where, and ends with advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("The actor is dead")), lines[0] if lines else "no reason")
    return said.split(". ")[0].rstrip(".")


@contextmanager
def _connected(address: str | None, resources: dict[str, float]) -> Iterator[Any]:
    """Ray, connected to `address`, or to a cluster of so much that is begun and ended here. Raises ClusterMissing."""
    if address is None:
        os.environ.update(_OURS)
    ended = signal.getsignal(signal.SIGTERM)
    import ray

    if ray.is_initialized():  # by who calls this
        yield ray
        return
    with ExitStack() as stack:
        where = {"address": address} if address else {
            "num_cpus": int(resources.get("CPU", 0)), "include_dashboard": False, "_node_ip_address": "127.0.0.1",
            "_temp_dir": str(stack.enter_context(_scratch())), "object_store_memory": _STORE_BYTES}
        try:
            ray.init(log_to_driver=False, logging_level="ERROR", **where)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise ClusterMissing(f"No Ray cluster could be reached at {address or 'this machine'} ({_reason(error)}): "
                                 "check --address, and that `ray status` works there.") from error
        stack.callback(ray.shutdown)
        ray._private.worker._worker_logs_enabled = False  # it would print who died, into a film that is piped
        with suppress(ValueError):  # not in the main thread; Ray takes the signal for itself as it is imported
            signal.signal(signal.SIGTERM, ended)
        yield ray


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for Ray's sockets, whose names may not be long; those of runs that were killed are removed."""
    named = Path(tempfile.gettempdir()) / _FOLDER
    for left in named.parent.glob(f"{_FOLDER}*"):
        if Path("/proc/self").exists() and not Path("/proc", left.name.removeprefix(_FOLDER)).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(f"{named}{os.getpid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
