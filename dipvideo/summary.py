"""What a run did, for a person or a program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the filled pixels, 1 in all: shown by other frames; by this one, under an overlay; or made up."""

    borrowed: float
    unmixed: float
    drawn: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did.

    frames: in the video; touched: of them restored; chunks; steps: of the optimiser, in all; rolled_back: how often a
    fit diverged and was undone; seconds: from start to finish, of which restore_seconds went into restoring; damaged:
    packets that could not be decoded whole; warnings: a sentence for whatever could not be kept; planned: captions
    in the plan, where that was all that was asked for; plan_seconds: spent looking for what to do; memory: the
    process's peak so far, in bytes, 0 where the system does not say; filled: where the filled pixels came from, None
    where nothing was filled or the task does not know; areas: for each frame the share of the picture that each layer
    has, by its number, None if the task knows of no layers.
    """

    output: str
    frames: int
    touched: int
    shots: int
    chunks: int
    steps: int
    rolled_back: int
    device: str
    network: str
    encoder: str
    seconds: float
    restore_seconds: float
    damaged: int = 0
    warnings: tuple[str, ...] = ()
    planned: int | None = None
    plan_seconds: float = 0.0
    memory: int = 0
    filled: Shares | None = None
    areas: tuple[tuple[float, ...], ...] | None = None
