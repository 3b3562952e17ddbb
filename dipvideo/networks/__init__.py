"""Architectures of the prior, one a file: `build(code_channels, out_channels, **parameters) -> nn.Module`.

`make("skip:down=32-32-32,upsample=nearest", 3)` builds one from what a user types; the parameters are the keywords
of the file's `build`, tuples written 16-32-64. A file's LEARNING_RATE is Adam's step for it, where it is not the
paper's usual one.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ..errors import OptionError
from ..registry import load

if TYPE_CHECKING:
    from torch import nn

LEARNING_RATE = 0.01


def make(spec: str, out_channels: int) -> nn.Module:
    """Build the network that `spec` names.

    It carries `code_channels`, the channels of the code it wants, and `learning_rate`, the step it is best fitted with.

    Raises OptionError for an unknown name, parameter or value.
    """
    name, _, rest = spec.partition(":")
    module = load("networks", name)
    build = module.build
    known = {k: p.default for k, p in inspect.signature(build).parameters.items() if k != "out_channels"}
    chosen: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, _, text = part.partition("=")
        if key not in known:
            raise OptionError(f"The network {name!r} has no parameter {key!r}. Known: {', '.join(known)}.")
        chosen[key] = _parsed(name, key, text, known[key])
    code_channels = chosen.get("code_channels", known["code_channels"])
    try:
        network = build(out_channels=out_channels, **chosen)
    except ValueError as error:
        raise OptionError(f"The network {spec!r} cannot be built: {error}.") from error
    network.code_channels = code_channels
    network.learning_rate = getattr(module, "LEARNING_RATE", LEARNING_RATE)
    return network


def _parsed(network: str, key: str, text: str, default: Any) -> Any:
    try:
        if isinstance(default, bool):
            return {"yes": True, "no": False, "true": True, "false": False}[text.lower()]
        if isinstance(default, tuple):
            return tuple(int(part) for part in text.split("-"))
        return type(default)(text)
    except (ValueError, KeyError) as error:
        raise OptionError(f"The network {network!r} cannot take {key}={text!r}: it is like {default!r}.") from error
