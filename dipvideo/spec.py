"""What a user types to name a thing and set it up: `name:key=value,key=value`, as `skip:down=32-32,upsample=nearest`.

The keys are the keywords of the function or class that makes the thing, and their defaults say what a value is like:
a number, a word, yes or no, or a tuple of whole numbers, written 16-32-64.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .errors import OptionError

_TRUTHS = {"yes": True, "no": False, "true": True, "false": False}


def name_of(spec: str) -> str:
    """The name in `spec`."""
    return spec.partition(":")[0].strip()


def make(kind: str, spec: str, maker: Callable[..., Any], given: Mapping[str, Any] | None = None,
         ) -> tuple[Any, dict[str, Any]]:
    """Call `maker` with what `spec` sets and with `given`, which no spec can set.

    kind: what errors call the thing ("network"). Returns what was made, and the value of every key.
    Raises OptionError for an unknown key, for a value unlike the default, and for one that `maker` refuses with a
    ValueError.
    """
    name, given = name_of(spec), given or {}
    values = {k: p.default for k, p in inspect.signature(maker).parameters.items() if k not in given}
    for part in filter(None, spec.partition(":")[2].split(",")):
        key, _, text = (side.strip() for side in part.partition("="))
        if key not in values:
            raise OptionError(f"The {kind} {name!r} has no parameter {key!r}. "
                              f"Known: {', '.join(values) or 'none'}.")
        values[key] = _parsed(f"The {kind} {name!r}", key, text, values[key])
    try:
        return maker(**given, **values), values
    except ValueError as error:
        raise OptionError(f"The {kind} {spec!r} cannot be: {error}.") from error


def listed(text: str) -> list[str]:
    """The specs in a list separated by commas, `cold,anchor:shrink=0.1,noise=0.2`: a setting without a name before it
    belongs to the spec before."""
    specs: list[str] = []
    for part in (p.strip() for p in text.split(",")):
        if specs and "=" in part and ":" not in part.partition("=")[0]:
            specs[-1] += f",{part}"
        elif part:
            specs.append(part)
    return specs


def _parsed(thing: str, key: str, text: str, default: Any) -> Any:
    try:
        if isinstance(default, bool):
            return _TRUTHS[text.lower()]
        if isinstance(default, tuple):
            return tuple(int(part) for part in text.split("-"))
        return type(default)(text)
    except (ValueError, KeyError) as error:
        raise OptionError(f"{thing} cannot take {key}={text!r}: it is like {_shown(default)}.") from error


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-".join(map(str, value)) or "16-32-64" if isinstance(value, tuple) else repr(value)
