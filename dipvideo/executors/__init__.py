"""Where work is done: the same bits whoever does it, in whatever order.

    base        what every executor can do
    local       here, one piece after the other
    processes   in processes of this machine, one a device or core
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "base": ["Executor", "Outcome", "Work"],
        "local": ["Local"],
        "processes": ["Processes"],
    },
)
