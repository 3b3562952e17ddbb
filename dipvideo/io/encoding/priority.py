"""An encoder is no reason to be more important than the rest of the machine.

SVT-AV1, opened by root, as in a container, gives itself and whoever opened it real-time priority (SCHED_FIFO, 99), for
good; what that process starts later inherits it. Two such runs on two cores left 5 % of them to all else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_THREADS = "/proc/self/task"


@contextmanager
def same_priority() -> Iterator[None]:
    """Give all threads of this process, those too that are started within, the scheduling back that was before."""
    if not os.path.isdir(_THREADS):  # only Linux has it
        yield
        return
    own, before = (os.sched_getscheduler(0), os.sched_getparam(0)), _policies()
    try:
        yield
    finally:
        for thread, policy in _policies().items():
            wanted = before.get(thread, own)
            if policy != wanted:
                with suppress(OSError):
                    os.sched_setscheduler(thread, *wanted)


def _policies() -> dict[int, tuple[int, os.sched_param]]:
    found = {}
    for thread in map(int, os.listdir(_THREADS)):
        with suppress(OSError):  # it has ended
            found[thread] = os.sched_getscheduler(thread), os.sched_getparam(thread)
    return found
