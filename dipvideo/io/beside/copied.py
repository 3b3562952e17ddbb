"""Copies the packets of one stream as they are, with times that a muxer accepts."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import av

from .containers import add_stream

_TS_NONSTRICT = 0x20000  # AVFMT_TS_NONSTRICT: decoding times may repeat


class Copy:
    """Takes the packets of one stream and muxes them unchanged.

    Damaged files hold packets without a decoding time, with one that goes back, or with content that no muxer takes.
    The first get one where their presentation time allows, the others are left out and counted in `damaged`.
    """

    def __init__(self, target: Any, source: Any, mux: Callable[[av.Packet], None]):
        self.target, self._source, self._mux = target, source, mux
        self._reorders = source.type == "video"
        self._may_repeat = (source.type in ("subtitle", "data") or
                            bool(target.container.format.flags & _TS_NONSTRICT))
        self._held: list[av.Packet] = []
        self._accepted: av.Packet | None = None
        self._last: int | None = None
        self._step = 0
        self.damaged = 0

    def write(self, packet: av.Packet) -> None:
        """Mux a packet at its own time."""
        if packet.dts is None and packet.pts is None:
            self.damaged += 1
        elif packet.dts is None and self._reorders and self._last is None:
            # Matroska tells no decoding times, and for the first pictures nothing else does: the next one will.
            self._held.append(packet)
        else:
            self._release(packet.dts)
            self._send(packet)

    def _release(self, next_dts: int | None) -> None:
        """Mux what was held, decoded one step after the other, the last one before `next_dts`."""
        held, self._held = self._held, []
        if not held:
            return
        shown = sorted(packet.pts for packet in held)
        if next_dts is None:
            next_dts = shown[-1] + 1
        step = max(1, min((b - a for a, b in pairwise(shown) if b > a), default=1))
        early = max(next_dts - step * (len(held) - place) - packet.pts for place, packet in enumerate(held))
        for place, packet in enumerate(held):
            packet.dts = next_dts - step * (len(held) - place) - max(0, early)
            self._send(packet)

    def _send(self, packet: av.Packet) -> None:
        self._complete(packet)
        # Rounding can bring two times together that were apart, so they are compared as the muxer will see them.
        base = self.target.time_base
        due = round(packet.dts * packet.time_base / base)
        if self._last is not None and due <= self._last and not (due == self._last and self._may_repeat):
            if due < self._last:
                self.damaged += 1
                return
            due = self._last + 1
            pts = None if packet.pts is None else max(due, round(packet.pts * packet.time_base / base))
            duration = round((packet.duration or 0) * packet.time_base / base)
            packet.pts, packet.dts, packet.duration, packet.time_base = pts, due, duration, base
        self._last, self._step = due, round((packet.duration or 0) * packet.time_base / base)
        packet.stream = self.target
        try:
            self._mux(packet)
        except OSError:
            raise
        except av.FFmpegError:
            if not self._is_refused(packet):
                raise  # a muxer writes in its own order: it complains of a packet that it was given before
            self.damaged += 1
        else:
            self._accepted = packet

    def _is_refused(self, packet: av.Packet) -> bool:
        """Whether a file of this stream alone would not take the packet either, after one that was accepted."""
        try:
            with av.open(io.BytesIO(), "w", format=self.target.container.format.name) as alone:
                stream = add_stream(alone, self._source)
                for one in filter(None, (self._accepted, packet)):  # muxers learn the layout from the first packet
                    one.stream = stream
                    alone.mux(one)
        except av.FFmpegError:
            return True
        return False

    def _complete(self, packet: av.Packet) -> None:
        """Give a packet that has one time the other."""
        if packet.dts is None:
            packet.dts = packet.pts
            if self._reorders and self._last is not None:
                guess = round((self._last + max(1, self._step)) * self.target.time_base / packet.time_base)
                packet.dts = min(packet.pts, guess)
        elif packet.pts is None and not self._reorders:
            packet.pts = packet.dts
        elif packet.pts is not None and packet.pts < packet.dts:
            packet.dts = packet.pts  # no muxer takes a packet that is shown before it is decoded

    def until(self, seconds: float) -> None: ...

    def finish(self) -> None:
        """Mux what is still held."""
        self._release(None)
