"""The frames of a video before one is decoded: their times, and where the stream may be cut."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import av
import numpy as np

from .splicing import clean_cut

MOST_REORDERED = 16  # places: no codec holds more frames back; a packet that is later stands behind a jump of the clock

@dataclass(frozen=True, slots=True)
class Index:
    """What one pass over the packets of the picture stream tells.

    pts: presentation times of all frames, ascending, in the stream's time base: a frame's number is its place here.
    cuts: frames before which the stream may be cut: no packet on one side needs, or is shown among, the other's; from
        cut to cut the packets in the file's order are these frames. Empty where nothing of the kind is certain.
    reorder: how many places a packet may come late, behind ones that are shown after it.
    seekable: whether packets carry their frame's time; else frames are counted from the beginning.
    hidden: packets besides that are only there to be decoded: an edit list, as of a film trimmed on a phone, cuts
        their frames away.
    longest: how long a packet says at the most that its frame is shown.
    """

    pts: np.ndarray
    cuts: tuple[int, ...] = ()
    reorder: int = 0
    seekable: bool = True
    hidden: int = 0
    longest: int = 0

    def __len__(self) -> int:
        return len(self.pts)

    def number(self, pts: int) -> int | None:
        """The number of the frame that is shown at `pts`, None if there is none."""
        place = bisect_left(self.pts, pts)
        return place if place < len(self.pts) and self.pts[place] == pts else None


@dataclass(slots=True)
class Survey:
    """Collects packets in the file's order."""

    codec: str
    extradata: bytes | None
    pts: array = field(default_factory=lambda: array("q"))
    heads: list[int] = field(default_factory=list)  # packets that begin something a decoder can start from
    untimed: bool = False
    hidden: int = 0
    longest: int = 0

    def add(self, packet: av.Packet) -> None:
        if packet.pts is None:
            self.untimed = True
            return
        if packet.is_discard:
            self.hidden += 1
            return
        if packet.is_keyframe and clean_cut(self.codec, bytes(packet), self.extradata):
            self.heads.append(len(self.pts))
        self.pts.append(packet.pts)
        self.longest = max(self.longest, packet.duration or 0)

    def index(self) -> Index | None:
        """What was collected, or None if the packets do not tell the frames' times."""
        order = np.array(self.pts, np.int64)
        pts = np.sort(order)
        if self.untimed or not len(pts) or (len(pts) > 1 and not (np.diff(pts) > 0).all()):
            return None
        reorder = in_order(order)[1]
        if reorder > MOST_REORDERED:
            return None
        before = np.maximum.accumulate(order)
        after = np.minimum.accumulate(order[::-1])[::-1]
        cuts = tuple(h for h in self.heads if after[h] >= order[h] and (h == 0 or before[h - 1] < order[h]))
        # Hidden packets lie between the cuts that they hide from, or at the ends: none of them may be copied.
        return Index(pts, cuts if cuts[:1] == (0,) and not self.hidden else (), reorder, hidden=self.hidden,
                     longest=self.longest)


def survey(packets: Iterable[av.Packet], codec: str, extradata: bytes | None,
           tell: Callable[[int], None] = lambda position: None) -> Index | None:
    """The index of a stream from all its packets; `tell` is called with the place in the file reached, in bytes.

    Returns None if the packets do not tell the frames' times (raw streams, two fields a packet, clocks that jump back).
    """
    found = Survey(codec, extradata)
    for packet in packets:
        if packet.size:
            found.add(packet)
            tell(packet.pos or 0)
    return found.index()


def in_order(times: np.ndarray) -> tuple[np.ndarray, int]:
    """Time stamps of packets, sorted, and how many places the latest of them stood behind its own."""
    pts = np.sort(times)
    late = np.arange(len(pts)) - np.searchsorted(pts, times)
    return pts, int(late.max(initial=0))


def counted(pts: Iterable[int]) -> Index:
    """The index of frames that can only be counted."""
    return Index(np.fromiter(pts, np.int64), seekable=False)


def ascending(times: Iterator[int | None], step: int) -> Iterator[int]:
    """Times made whole: a missing one, or one that does not rise, becomes the last plus `step`."""
    last = None
    for time in times:
        if time is None or (last is not None and time <= last):
            time = 0 if last is None else last + step
        last = time
        yield time
