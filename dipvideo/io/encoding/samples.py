"""How near one sample format is to another."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import av

from ..planes import plain_format


class Loss(NamedTuple):
    """What a conversion costs, worst first; all zero where every sample stays exactly what it is."""

    colour: int  # colour becomes gray
    depth: int  # bits lost
    chroma: int  # 1 for half of the chroma samples lost across or down, 2 for both
    family: int  # YUV becomes RGB or the reverse
    alpha: int
    widened: int  # bits and chroma gained: nothing is lost, but it is another format

    @property
    def none(self) -> bool:
        return not any(self)


class _Shape(NamedTuple):
    rgb: bool
    bits: int
    colour: bool
    chroma: tuple[int, int]  # samples across and down, of 64
    alpha: bool


def loss(source: str, target: str) -> Loss:
    """What samples of format `source` lose as `target`. Another order of the same samples in memory costs nothing."""
    s, t = _shape(source), _shape(target)
    lost = [max(a - b, 0) for a, b in zip(s.chroma, t.chroma, strict=True)] if s.colour and t.colour else [0, 0]
    gained = [max(b - a, 0) for a, b in zip(s.chroma, t.chroma, strict=True)] if s.colour and t.colour else [0, 0]
    return Loss(colour=int(s.colour and not t.colour), depth=max(s.bits - t.bits, 0),
                chroma=sum(x > 0 for x in lost), family=int(s.rgb != t.rgb), alpha=int(s.alpha and not t.alpha),
                widened=max(t.bits - s.bits, 0) + sum(x > 0 for x in gained) + int(t.colour and not s.colour))


def nearest(wanted: str, offered: Iterable[str]) -> str | None:
    """The offered format that loses least of `wanted`: itself, else the same samples in another order, else less."""
    plain = plain_format(wanted)
    names = [n for n in dict.fromkeys(plain_format(n) for n in offered) if _shape(n) is not None]
    return min(names, key=lambda n: (loss(plain, n), n != plain, _shape(n).alpha, _padding(n)), default=None)


def subsampling(name: str) -> tuple[int, int]:
    """(across, down): how many luma samples share a chroma sample."""
    shape = _shape(name)
    return (64 // shape.chroma[0], 64 // shape.chroma[1]) if shape and shape.colour else (1, 1)


def _padding(name: str) -> int:
    """Bits of each sample that mean nothing: what is in them is not given back."""
    form = av.VideoFormat(name)
    return form.padded_bits_per_pixel - form.bits_per_pixel


def is_deep(name: str) -> bool:
    """Whether samples have more than 8 bits."""
    shape = _shape(name)
    return shape is not None and shape.bits > 8


@cache
def _shape(name: str) -> _Shape | None:
    """None for formats whose samples lie on a device, and for names that are none."""
    try:
        form = av.VideoFormat(name, 64, 64)
    except ValueError:
        return None
    if form.has_palette:
        return _Shape(True, 8, True, (64, 64), True)
    kinds = [c for c in form.components if not c.is_alpha]
    if not kinds:
        return None
    alpha = len(kinds) < len(form.components)
    colour = len(kinds) > 1
    return _Shape(form.is_rgb, min(c.bits for c in kinds), colour, (kinds[-1].width, kinds[-1].height), alpha)
