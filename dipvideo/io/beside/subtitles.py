"""Writes text subtitles in the way that the output's container knows, with their times and their words."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.subtitles.subtitle import AssSubtitle, SubtitleSet

from ...frame import Cue
from .containers import text_clock

_TEXT_CODECS = {"mp4": "mov_text", "mov": "mov_text", "ipod": "mov_text", "webm": "webvtt", "matroska": "subrip"}
_PLAIN_HEADER = (b"[Script Info]\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r\nFormat: Name, Fontname, Fontsize\r\n"
                 b"Style: Default,Arial,16\r\n\r\n[Events]\r\nFormat: ReadOrder, Layer, Style, Name, MarginL, MarginR, "
                 b"MarginV, Effect, Text\r\n")
_ONE_AT_A_TIME = {"mov_text"}  # a sample of these says all that is on screen
_DRAWING = re.compile(rb"\{[^}]*\\p[1-9]")  # an ASS event that holds no words but the outline of a shape
_MILLISECOND = Fraction(1, 1000)
_PATIENCE_MS = 5000  # how long after a caption another may still be read that began before the first one ended
_UNTOLD_MS = 3000  # how long a last caption stays that does not say how long


def text_codec(output: av.container.OutputContainer, stream: Any) -> str | None:
    """The codec that this subtitle stream can be converted to; None where it holds pictures or nothing fits."""
    context = stream.codec_context
    return _TEXT_CODECS.get(output.format.name) if context is not None and context.codec.text_sub else None


@dataclass(slots=True)
class _Cue:
    """Lines of text, each an ASS event, on screen in [start, stop) ms; `stop` is None until the next cue tells."""

    start: int
    stop: int | None
    events: list[bytes]


class TextTrack:
    """A new text subtitle stream of an output.

    Where its codec shows one text at a time, texts that overlap are cut where one of them comes or goes.
    """

    def __init__(self, output: av.container.OutputContainer, codec: str, header: bytes,
                 mux: Callable[[av.Packet], None]):
        self._mux = mux
        self.target = output.add_stream(codec)
        self._encoder = self.target.codec_context
        self._encoder.subtitle_header = header
        self._encoder.time_base = self.target.time_base = text_clock(_MILLISECOND)
        self._flat = codec in _ONE_AT_A_TIME
        self._open: list[_Cue] = []  # on screen, and not yet written to the end
        self._written_to = 0
        self.damaged = 0

    def until(self, seconds: float) -> None:
        """Write what no other caption can change any more, now that the film is read up to here."""
        self._advance(int(seconds * 1000) - _PATIENCE_MS)

    def finish(self) -> None:
        """Write what is left."""
        for cue in self._open:
            cue.stop = cue.stop if cue.stop is not None else cue.start + _UNTOLD_MS
        self._advance(max((cue.stop for cue in self._open), default=0))

    def _advance(self, now: int, cut: bool = False) -> None:
        """Write the texts that are known to the end by `now`, at which another comes if `cut`."""
        while self._open and all(cue.stop is not None for cue in self._open):
            if not self._flat:
                cue = self._open.pop(0)
                self._emit(cue.start, cue.stop, cue.events)
                continue
            start = max(self._written_to, self._open[0].start)
            stop = min(cue.stop for cue in self._open)
            if stop > now:
                if not cut:
                    return
                stop = now
            if stop > start:
                self._emit(start, stop, [event for cue in self._open for event in cue.events])
                self._written_to = stop
            self._open = [cue for cue in self._open if cue.stop > stop]
            if stop == now:
                return

    def _emit(self, start: int, stop: int, events: list[bytes]) -> None:
        fields = events[0].split(b",", 8)
        # An event is eight fields and the text: the texts of all events go below one another.
        fields[-1] = rb"\N".join(event.split(b",", 8)[-1] for event in events)
        try:
            packet = self._encoder.encode_subtitle(
                SubtitleSet.create(b",".join(fields), start=0, end=stop - start, pts=start))
        except (av.FFmpegError, ValueError):
            self.damaged += 1
            return
        packet.pts = packet.dts = start
        packet.duration, packet.time_base = stop - start, _MILLISECOND
        packet.stream, packet.is_keyframe = self.target, True
        self._mux(packet)


class SubtitleConverter(TextTrack):
    """Takes the packets of a text subtitle stream and muxes them in another codec."""

    def __init__(self, source: Any, output: av.container.OutputContainer, codec: str,
                 mux: Callable[[av.Packet], None]):
        self.told = f"is written as {codec}"
        self._decoder = source.codec_context
        self._decoder.open(strict=False)
        super().__init__(output, codec, self._decoder.subtitle_header, mux)

    def write(self, packet: av.Packet) -> None:
        """Convert a packet; one that cannot be read is counted in `damaged`."""
        if packet.pts is None:
            self.damaged += 1
            return
        try:
            found = self._decoder.decode2(packet)
        except (av.FFmpegError, ValueError):
            found = None
            self.damaged += 1
        start = round(packet.pts * packet.time_base / _MILLISECOND)
        length = round(packet.duration * packet.time_base / _MILLISECOND) if packet.duration else 0
        for cue in self._open:  # even an empty text ends one that does not know its end
            cue.stop = cue.stop if cue.stop is not None else max(start, cue.start + 1)
        self._advance(start, cut=True)
        events = [bytes(rect.ass) for rect in found or () if isinstance(rect, AssSubtitle)]
        events = [event for event in events if not _DRAWING.search(event)]
        if events:
            self._open.append(_Cue(start, start + length if length > 0 else None, events))


class CaptionTrack(TextTrack):
    """Cues as a subtitle stream. start: of the film, in seconds on the clock of its streams."""

    def __init__(self, cues: Sequence[Cue], start: float, output: av.container.OutputContainer,
                 mux: Callable[[av.Packet], None]):
        super().__init__(output, _TEXT_CODECS[output.format.name], _PLAIN_HEADER, mux)
        self.target.metadata["title"] = "Captions"
        self._cues = deque(sorted(cues, key=lambda cue: (cue.start, cue.stop)))
        self._start = start

    def until(self, seconds: float) -> None:
        """Write the cues that begin before `seconds`."""
        self._take(seconds)
        super().until(seconds)

    def finish(self) -> None:
        """Write what is left."""
        self._take(float("inf"))
        super().finish()

    def _take(self, seconds: float) -> None:
        while self._cues and self._cues[0].start + self._start <= seconds:
            cue = self._cues.popleft()
            start, stop = (round((time + self._start) * 1000) for time in (cue.start, cue.stop))
            self._advance(start, cut=True)
            words = cue.text.replace("\\", "\\\\").replace("{", "\\{").replace("\n", "\\N")
            self._open.append(_Cue(start, stop, [f"0,0,Default,,0,0,0,,{words}".encode()]))


def holds_text(output: av.container.OutputContainer) -> bool:
    """Whether the container has text subtitles that can be written."""
    return output.format.name in _TEXT_CODECS
