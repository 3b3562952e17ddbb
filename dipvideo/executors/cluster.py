"""A connection to a Ray cluster: one that is there already, or one of this machine that lasts as long as a run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import ClusterMissing

# Read by Ray as it is imported. The first keeps a cluster that is begun here on 127.0.0.1, to which
# _node_ip_address alone does not; without the last one it hides GPUs from those who ask for none, with a warning.
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0",
         "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_STORE_BYTES = 1 << 29  # of shared memory that a cluster begun here keeps parcels in; more goes to the disk
FOLDER = "dipvideo-ray-"
KNOCK_SECONDS = 10.0


@contextmanager
def connected(address: str | None, resources: dict[str, float]) -> Iterator[Any]:
    """Ray, connected to `address`, or to a cluster of so much that is begun and ended here. Raises ClusterMissing."""
    if address is None:
        os.environ.update(ALONE)
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
            if address and address != "auto":
                _knock(address)
            ray.init(log_to_driver=False, logging_level="ERROR", **where)
        except (OSError, RuntimeError, ValueError, SystemExit) as error:
            raise ClusterMissing(f"No Ray cluster could be reached at {address or 'this machine'} ({reason(error)}): "
                                 "check --address, and that `ray status` works there.") from error
        stack.callback(ray.shutdown)
        ray._private.worker._worker_logs_enabled = False  # it would print who died, into a film that is piped
        with suppress(ValueError):  # not in the main thread; Ray takes the signal for itself as it is imported
            signal.signal(signal.SIGTERM, ended)
        yield ray


def _knock(address: str) -> None:
    """Raise OSError or ValueError where nobody answers: Ray would wait, and then end this process."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_SECONDS).close()


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for Ray's sockets, whose names may not be long; those of runs that were killed are removed."""
    named = Path(tempfile.gettempdir()) / FOLDER
    for left in named.parent.glob(f"{FOLDER}*"):
        if Path("/proc/self").exists() and not Path("/proc", left.name.removeprefix(FOLDER)).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(f"{named}{os.getpid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reason(error: Exception) -> str:
    """The sentence of Ray's that says most: it begins with what and where, and ends with advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("The actor is dead")), lines[0] if lines else "no reason")
    return said.split(". ")[0].rstrip(".")
