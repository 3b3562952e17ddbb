"""Architectures of the prior, one a file: `build(code_channels, out_channels, **parameters) -> nn.Module`.

`make("skip:down=32-32-32,upsample=nearest", 3)` builds one from what a user types; the parameters are the keywords
of the file's `build`. A file's LEARNING_RATE is Adam's step for it, where it is not the paper's usual one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import spec
from ..registry import load

if TYPE_CHECKING:
    from torch import nn

LEARNING_RATE = 0.01


def make(text: str, out_channels: int, code_channels: int | None = None) -> nn.Module:
    """Build the network that `text` names, for codes of `code_channels` or, if that is None, of as many as it wants.

    It carries `code_channels`, the channels of the code it wants, and `learning_rate`, the step it is best fitted with.
    Raises OptionError for an unknown name, parameter or value.
    """
    module = load("networks", spec.name_of(text))
    given = {"out_channels": out_channels} | ({} if code_channels is None else {"code_channels": code_channels})
    network, values = spec.make("network", text, module.build, given)
    network.code_channels = code_channels or values["code_channels"]
    network.learning_rate = getattr(module, "LEARNING_RATE", LEARNING_RATE)
    return network
