"""Where work is done: the same bits whoever does it, in whatever order.

    base    what every executor can do
    local   here, one piece after the other
"""

from .base import Executor, Outcome, Work
from .local import Local

__all__ = ["Executor", "Local", "Outcome", "Work"]
