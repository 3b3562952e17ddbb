"""Steps recorded once and replayed, on CUDA: each launches some hundred kernels that are over before the host has
launched the next, so the host's part is what a step takes.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch

from ..problems import Problem

AS_IT_COMES = 3  # steps of a kind, taken before one is recorded: libraries set themselves up, and Adam its state


@dataclass(frozen=True, slots=True)
class _Record:
    """mould: a problem whose tensors the recorded step reads, to be filled anew; loss: where it leaves its loss;
    optimiser: whose state it changes, and which must not go before it."""

    graph: torch.cuda.CUDAGraph
    mould: Problem
    loss: torch.Tensor
    optimiser: torch.optim.Optimizer


class Recorded:
    """The steps of one prior on `device`, a recording for each kind of problem: for each shape, that is, and for each
    number that its loss knows.

    A copy begins without recordings.
    """

    def __init__(self, device: torch.device, generator: torch.Generator):
        self._device, self._generator = device, generator
        self._stream = torch.cuda.Stream(device)
        self._seen: Counter[Hashable] = Counter()
        self._records: dict[Hashable, _Record] = {}
        self._filled: tuple[Problem, _Record] | None = None  # the last problem, and the mould it was poured into

    def __len__(self) -> int:
        """How many recordings there are."""
        return len(self._records)

    def step(self, problem: Problem, step: Callable[[Problem], torch.Tensor],
             optimiser: torch.optim.Optimizer) -> torch.Tensor:
        """What `step` gives for `problem`: its loss. It must neither read the device back nor bring anything to it, and
        what it changes must stay where it is. optimiser: whose step is in it."""
        if self._filled is None or self._filled[0] is not problem:
            kind = (id(optimiser), _kind(problem))
            self._seen[kind] += 1
            if kind not in self._records:
                if self._seen[kind] <= AS_IT_COMES:
                    return step(problem)
                self._records[kind] = self._record(problem, step, optimiser)
            record = self._records[kind]
            for there, new in zip(_tensors(record.mould), _tensors(problem), strict=True):
                there.copy_(new)
            self._filled = problem, record
        record = self._filled[1]
        record.graph.replay()
        return record.loss.clone()

    def _record(self, problem: Problem, step: Callable[[Problem], torch.Tensor],
                optimiser: torch.optim.Optimizer) -> _Record:
        graph, mould = torch.cuda.CUDAGraph(), _copied(problem)
        graph.register_generator_state(self._generator)
        for group in optimiser.param_groups:
            group["capturable"] = True
        try:
            with torch.cuda.device(self._device), torch.cuda.graph(graph, stream=self._stream,
                                                                   capture_error_mode="thread_local"):
                loss = step(mould)
        finally:
            for group in optimiser.param_groups:
                group["capturable"] = False  # it says that no step is taken as it comes, and some are
        return _Record(graph, mould, loss, optimiser)

    def __deepcopy__(self, memo: dict[int, Any]) -> Recorded:
        return Recorded(self._device, copy.deepcopy(self._generator, memo))


def _kind(value: Any) -> Hashable:
    """What of a problem decides which recording serves it: all but the values of tensors and what lies on the host,
    which no step may read."""
    if isinstance(value, torch.Tensor):
        return tuple(value.shape), value.dtype, value.device
    if is_dataclass(value):
        return type(value), *(_kind(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, tuple | list):
        return tuple(map(_kind, value))
    return value if isinstance(value, int | float | str | None) else type(value)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _tensors(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _tensors(part)


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.clone()
    if is_dataclass(value):
        return replace(value, **{f.name: _copied(getattr(value, f.name)) for f in fields(value)})
    if isinstance(value, tuple | list):
        return type(value)(map(_copied, value))
    return value
