"""Curves that are measured already, so that a study that was interrupted, or is given more policies, resumes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ... import io
from ...errors import OptionError
from .curves import Curve

_HOUSE = Path(__file__).parents[2]
_DECIDING = ("engine/*.py", "networks/*.py", "problems/*.py", "benchmark/clock.py", "benchmark/warm_start/curves.py")


class Kept:
    """Curves in a JSON file, by a key of all that decides them; without a path none are kept."""

    def __init__(self, path: Path | None):
        self._path, self._curves = path, {}
        if path is not None and path.exists():
            try:
                self._curves = dict(json.loads(path.read_text()))
            except ValueError as error:
                raise OptionError(f"The curves kept in {str(path)!r} cannot be read: remove the file to measure "
                                  "them anew.") from error

    def get(self, key: str) -> Curve | None:
        """The curve of this key, if it was measured."""
        found = self._curves.get(key)
        if found is None:
            return None
        steps, errors, seconds = (found[k] for k in ("steps", "errors", "seconds"))
        return Curve(found["policy"], found["seed"], tuple(steps), tuple(map(tuple, errors)),
                     tuple(map(tuple, seconds)))

    def put(self, key: str, curve: Curve) -> None:
        """Keep a curve; the file is whole at every moment."""
        self._curves[key] = asdict(curve)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with io.complete_or_nothing(self._path) as part:
                part.write_text(json.dumps(self._curves))


def key_of(**conditions: Any) -> str:
    """A key of `conditions`, which JSON can hold, of the code that fits and measures, and of torch's version."""
    code = hashlib.sha256()
    for file in sorted(file for pattern in _DECIDING for file in _HOUSE.glob(pattern)):
        code.update(file.read_bytes())
    named = json.dumps({**conditions, "code": code.hexdigest(), "torch": torch.__version__}, sort_keys=True)
    return hashlib.sha256(named.encode()).hexdigest()[:32]
