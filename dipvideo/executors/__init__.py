"""Where work is done: the same bits whoever does it, in whatever order.

    base        what every executor can do
    local       here, one piece after the other
    processes   in processes of this machine, one a device or core
    ray         by the machines of a Ray cluster
    slots       what the last two share: workers that may be lost, and when an item is tried again
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "base": ["Executor", "Outcome", "Work"],
        "local": ["Local"],
        "processes": ["Processes"],
        "ray": ["Ray"],
    },
)
