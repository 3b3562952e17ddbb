"""Work done by a Ray cluster, or by one that is begun on this machine for a single run.

Each slot is an actor, a process that a node keeps for it: it loads torch and the device once, where a task that asks
for a GPU begins a process anew for each item unless it is told otherwise. Ray retries nothing: `drive` does, also
after a node is lost. Nothing is taken for shared: what an item needs goes out with it, and what it made comes back.
"""

from __future__ import annotations

import importlib.util
import pickle
import time
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import Any

from ..errors import ClusterMissing, OptionError, ParcelTooSmall
from .base import Away, Outcome, Work
from .cluster import connected, reason
from .slots import ATTEMPTS, POLL_SECONDS, STALL_SECONDS, STUCK_SECONDS, Watch, drive, lost


class Ray:
    """`workers` of the cluster at `address`, or of one begun here if that is None; as many as fit if that is None.

    device: cuda, of which each worker has one whole, or cpu, of which it has a core. Raises OptionError if Ray is not
    installed, and ClusterMissing if there is no cluster or it is too small: Ray itself would wait for ever.
    """

    def __init__(self, address: str | None, workers: int | None, device: str, *,
                 stall_seconds: float = STALL_SECONDS, stuck_seconds: float = STUCK_SECONDS):
        if not importlib.util.find_spec("ray"):
            raise OptionError("--executor ray needs Ray, which is not installed: pip install 'dipvideo[ray]'.")
        self._address, self._device, self._patience = address, device, (stall_seconds, stuck_seconds)
        self._unit = "GPU" if device == "cuda" else "CPU"
        self.workers = workers or 1
        if address:
            with connected(address, {}) as ray:
                self.workers = self._fitting(ray, workers)

    def run(self, work: Work, items: Sequence[int], tell: Callable[[int, int], object]) -> Generator[Outcome]:
        count = min(self.workers, len(items))
        if not count:
            return
        with connected(self._address, {self._unit: count}) as ray:
            self._fitting(ray, count)
            away = ray.put(pickle.dumps(work.away()))
            slots = [_Slot(ray, work, self._begun(ray, away), self._starved(ray), Watch(*self._patience))
                     for _ in range(count)]
            yield from drive(slots, items, tell, lambda: _pause(ray, slots))

    def _fitting(self, ray: Any, wanted: int | None) -> int:
        """How many workers fit into the whole cluster, at most `wanted`."""
        there = ray.cluster_resources().get(self._unit, 0)
        fit = int(there)
        if fit < (wanted or 1):
            raise ClusterMissing(f"The cluster has {there:g} {self._unit}s, and {wanted or 1} workers "
                                 "with 1 each were asked for: ask for fewer with --workers, or add machines.")
        return wanted or fit

    def _begun(self, ray: Any, away: Any) -> Callable[[], Any]:
        of_gpus = self._unit == "GPU"
        kind = ray.remote(_Worker).options(num_cpus=int(not of_gpus), num_gpus=int(of_gpus), max_restarts=0,
                                           max_task_retries=0, max_concurrency=2)  # one thread works, one answers
        return lambda: kind.remote(away, self._device)

    def _starved(self, ray: Any) -> Callable[[], bool]:
        """Whether no node is left on which a worker could ever begin."""
        return lambda: ray.cluster_resources().get(self._unit, 0) < 1


class _Slot:
    """One worker at a time, and what it is at. awaited: what Ray calls the answer that is waited for."""

    item = done = 0

    def __init__(self, ray: Any, work: Work, begun: Callable[[], Any], starved: Callable[[], bool], watch: Watch):
        self._ray, self._work, self._begun, self._starved, self._watch = ray, work, begun, starved, watch
        self._worker: Any = None
        self.awaited: Any = None
        self.busy, self._failed = False, 0

    @property
    def free(self) -> bool:
        if self.busy:
            return False
        if self._worker is None:
            self._worker = self._begun()
            self.awaited = self._worker.pulse.remote()
            self._watch.begin(0, None)
        if self.awaited is not None:
            self._wait_in_line()
        return self._worker is not None and self.awaited is None

    def _wait_in_line(self) -> None:
        """See whether the worker is there. Others may have the machines, as long as there are any."""
        if self._ray.wait([self.awaited], timeout=0)[0]:
            try:
                self._ray.get(self.awaited)
                self._failed = 0
            except self._ray.exceptions.RayError as gone:
                self.stop()
                self._failed += 1
                if self._failed == ATTEMPTS:
                    raise ClusterMissing("No worker can be begun on the cluster's machines, which need dipvideo and "
                                         f"the same Python as this one ({reason(gone)}).") from gone
            self.awaited = None
        elif self._watch.complaint():
            if self._starved():
                raise ClusterMissing("The cluster has no machine left that could do the work: the same command goes on "
                                     "once there are some.")
            self._watch.begin(0, None)

    def begin(self, item: int, attempt: int) -> None:
        self.item, self._attempt, self.done, self.busy = item, attempt, 0, True
        self._send(wide=False)

    def _send(self, wide: bool) -> None:
        self.awaited = self._worker.do.remote(self.item, self._work.parcel(self.item, wide))
        self._asked, self._signs = self._worker.pulse.remote(), 0
        self._watch.begin(0, None)

    def outcome(self) -> Outcome | None:
        ray = self._ray
        if not ray.wait([self.awaited], timeout=0)[0]:
            return self._hear()
        try:
            made, error, trace = ray.get(self.awaited)
        except ray.exceptions.RayActorError as gone:
            return self._given_up(f"its worker died ({reason(gone)})")
        except Exception as raised:  # of Ray itself
            made, error, trace = None, raised, ""
        if isinstance(error, ParcelTooSmall):
            return self._send(wide=True)
        self.awaited, self.busy = None, False
        if error is None:
            try:
                self._work.receive(self.item, self._attempt, made)
            except Exception as raised:
                error = raised
        elif trace:
            error.__cause__ = _There(trace)
        return Outcome(self.item, self._attempt, error)

    def _hear(self) -> Outcome | None:
        """Ask the worker how far it is, and give it up if it does not say."""
        if self._ray.wait([self._asked], timeout=0)[0]:
            with suppress(self._ray.exceptions.RayError):  # what is awaited will say what is wrong
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
        self.awaited, self.busy = None, False
        if self._worker is not None:
            with suppress(Exception):  # whatever Ray says, it goes with this run
                self._ray.kill(self._worker)
            self._worker = None


def _pause(ray: Any, slots: Sequence[_Slot]) -> None:
    """Until an answer is there, or for a while."""
    awaited = [slot.awaited for slot in slots if slot.awaited is not None]
    if awaited:
        ray.wait(awaited, timeout=POLL_SECONDS)
    else:
        time.sleep(POLL_SECONDS)


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
