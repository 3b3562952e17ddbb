"""What will be done, before anything is: shots, captions, and the chunks they are restored in."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_

from .frame import Shot, VideoInfo
from .geometry import Box

MAX_FRAMES = 64  # of a chunk that are restored: bounds memory, and what a crash can cost
BORROW_FRAMES = 96  # read on both sides of a chunk, within its shot: as far as borrowing looks
MAX_SPAN = 128  # frames from a chunk's first to its last: bounds memory where holes are few and far between
MAX_GAP = 48  # frames without a hole after which the weights are of little use to the next caption
# Frames encoded at a time: what a crash can cost a worker, and what no two of them share. Each begins with a key frame:
# 256 add .3 % to the bytes of two clips of 300 and 377 frames, 128 add .5 and 64 add 1.5 %, and one of 241 frames takes
# 3 % more at 128. In the film of two hours of `benchmark scaling` 300 workers have 74 % to do with 256, 47 with 512.
MAX_STRETCH = 256
ENCODED_AT_ONCE = 80  # pixels are encoded in the time that restoring one takes
WARM_UP = 4  # frames fitted before a chunk that begins inside a caption, and thrown away, so that no seam shows
CROP_MARGIN = 32  # pixels around the holes at 360 lines; grows with the picture
CROP_MULTIPLE = 8  # crops lie on this grid: it holds every chroma grid and keeps the network's scales even
LOOSE = 1.6  # a box this much larger than both its parts joins two captions that are far apart: split instead


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of work: it starts cold, seeded by its key, so its result does not depend on what ran before.

    Frames [start, stop) are restored; [fit_start, start) are fitted first and thrown away; [read_start, read_stop)
    are read to borrow from. All lie in one shot. box: the crop.
    """

    start: int
    stop: int
    fit_start: int
    read_start: int
    read_stop: int
    box: Box

    def seed(self, run: int) -> int:
        """The chunk's own seed for a run's seed."""
        key = f"{run}/{self.start}-{self.stop}/{self.box}"
        return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") & 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Plan:
    """frames: how many there are; holes: how many have one; chunks: in order, without overlap."""

    frames: int
    holes: int
    shots: tuple[Shot, ...]
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames [start, stop) that the output treats alike.

    chunks: what is restored there. copied: nothing is, and the source's own packets may stand.
    """

    start: int
    stop: int
    chunks: tuple[Chunk, ...]
    copied: bool

    def cost(self, area: int) -> float:
        """The work in it, in pixels restored. area: of a picture in pixels."""
        restored = sum(chunk.box.area * (chunk.stop - chunk.fit_start) for chunk in self.chunks)
        return restored + (self.stop - self.start) * area / ENCODED_AT_ONCE


def make_plan(info: VideoInfo, boxes: Sequence[Box | None], cuts: Sequence[int], *, most: int = MAX_FRAMES,
              reach: int = BORROW_FRAMES) -> Plan:
    """Cut the work into chunks.

    boxes: for each frame what encloses its hole, None where it has none; cuts: the first frame of each shot but the
    first; most: frames with holes in a chunk; reach: frames read on both sides of it.
    """
    edges = [0, *cuts, len(boxes)]
    shots = tuple(Shot(a, b) for a, b in pairwise(edges) if b > a)
    chunks = tuple(_chunk(info, shot, part, boxes, reach)
                   for shot in shots for group in _groups(shot, boxes) for part in _parts(group, most))
    return Plan(len(boxes), sum(b is not None for b in boxes), shots, chunks)


def make_stretches(plan: Plan, cuts: Sequence[int]) -> Iterator[Stretch]:
    """Cut the film into what is copied and what is written anew, at most MAX_STRETCH frames at a time.

    cuts: frames at which copied stretches may begin, and end but for the last; empty where nothing may be copied.
    """
    ends = [*cuts, plan.frames]
    zones: list[list[int]] = [] if cuts else [[0, plan.frames]]
    for chunk in plan.chunks if cuts else ():
        start, stop = ends[bisect_right(cuts, chunk.start) - 1], ends[bisect_left(ends, chunk.stop)]
        if zones and start <= zones[-1][1]:
            zones[-1][1] = max(stop, zones[-1][1])
        else:
            zones.append([start, stop])
    at = 0
    for start, stop in zones:
        if at < start:
            yield Stretch(at, start, (), copied=True)
        yield from _written(plan, start, stop)
        at = stop
    if at < plan.frames:
        yield Stretch(at, plan.frames, (), copied=True)


def _written(plan: Plan, start: int, stop: int) -> Iterator[Stretch]:
    """Split [start, stop) where no chunk is cut in two, best where a shot begins and a key frame is due anyway."""
    chunks = [c for c in plan.chunks if start <= c.start < stop]
    while start < stop:
        end = min(start + MAX_STRETCH, stop)
        if end < stop:
            crossed = next((c for c in chunks if c.start < end < c.stop), None)
            if crossed:
                end = crossed.start if crossed.start > start else crossed.stop
            shot = max((s.start for s in plan.shots if start < s.start <= end), default=start)
            end = shot if shot - start >= MAX_STRETCH // 2 else end
        yield Stretch(start, end, tuple(c for c in chunks if start <= c.start < end), copied=False)
        start = end


def _groups(shot: Shot, boxes: Sequence[Box | None]) -> Iterator[list[int]]:
    """Frames with holes, of one shot, near in time and place: they share weights."""
    group: list[int] = []
    around: Box | None = None
    for index in range(shot.start, shot.stop):
        box = boxes[index]
        if box is None:
            continue
        if group and (index - group[-1] > MAX_GAP or index - group[0] >= MAX_SPAN or _far_apart(around, box)):
            yield group
            group, around = [], None
        group.append(index)
        around = around | box if around else box
    if group:
        yield group


def _parts(group: list[int], most: int) -> Iterator[list[int]]:
    """Split evenly into at most `most` frames with holes each."""
    parts = -(-len(group) // most)
    for part in range(parts):
        yield group[len(group) * part // parts:len(group) * (part + 1) // parts]


def _chunk(info: VideoInfo, shot: Shot, frames: list[int], boxes: Sequence[Box | None], reach: int) -> Chunk:
    start, stop = frames[0], frames[-1] + 1
    box = reduce(or_, (boxes[index] for index in frames))
    fit_start = start
    while (start - fit_start < WARM_UP and fit_start > shot.start and boxes[fit_start - 1] is not None
           and not _far_apart(box, boxes[fit_start - 1])):
        fit_start -= 1
        box |= boxes[fit_start]
    margin = CROP_MARGIN * max(info.height, 360) // 360
    return Chunk(start, stop, fit_start, max(shot.start, fit_start - reach),
                 min(shot.stop, stop + reach), box.grown(margin, info.height, info.width, CROP_MULTIPLE))


def _far_apart(one: Box, other: Box) -> bool:
    return (one | other).area > LOOSE * max(one.area, other.area)
