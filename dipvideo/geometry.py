"""Boxes in a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """The pixels of rows [top, bottom) and columns [left, right)."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def area(self) -> int:
        return self.height * self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index a (H, W, …) array with this."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def __or__(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(min(self.top, other.top), min(self.left, other.left),
                   max(self.bottom, other.bottom), max(self.right, other.right))

    def __and__(self, other: Box) -> Box | None:
        """What both share, or None."""
        both = Box(max(self.top, other.top), max(self.left, other.left),
                   min(self.bottom, other.bottom), min(self.right, other.right))
        return both if both.height > 0 and both.width > 0 else None

    def within(self, outer: Box) -> tuple[slice, slice]:
        """Index an array that covers `outer` with this to get the part that covers this box."""
        return (slice(self.top - outer.top, self.bottom - outer.top),
                slice(self.left - outer.left, self.right - outer.left))

    def rows_shared(self, other: Box) -> float:
        """The share of the lower one's rows that both have; below 0 where one lies above the other."""
        rows = min(self.bottom, other.bottom) - max(self.top, other.top)
        return rows / max(min(self.height, other.height), 1)

    def scaled(self, factor: int) -> Box:
        """The same part of a picture whose sides are `factor` times as long."""
        return Box(self.top * factor, self.left * factor, self.bottom * factor, self.right * factor)

    def grown(self, margin: int, height: int, width: int, multiple: int = 1) -> Box:
        """This box with `margin` pixels more on each side, on a grid of `multiple`, inside a height × width picture."""
        down, up = (lambda v: v // multiple * multiple), (lambda v: -(-v // multiple) * multiple)
        return Box(max(down(self.top - margin), 0), max(down(self.left - margin), 0),
                   min(up(self.bottom + margin), height), min(up(self.right + margin), width))
