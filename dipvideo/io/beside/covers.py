"""Cover pictures: a stream with one packet in mp4, an attached file in Matroska."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
from av.stream import Disposition

from .containers import add_copy, codec_name
from .tags import MOV_FAMILY

_MIME = {"mjpeg": "image/jpeg", "png": "image/png", "bmp": "image/bmp", "gif": "image/gif", "tiff": "image/tiff",
         "webp": "image/webp"}


def is_cover(stream: Any) -> bool:
    """Whether a picture stream is a cover rather than a film; pictures of chapters are a film of their own."""
    return bool(stream.disposition & Disposition.attached_pic and not stream.disposition & Disposition.timed_thumbnails)


def add_cover(output: av.container.OutputContainer, stream: Any) -> Any | None:
    """Add the cover to an open output; None where its container holds none.

    The stream that comes back is an attachment, which is complete, or takes one packet through `Cover`.
    """
    if output.format.name == "matroska":
        return _attach(output, stream)
    # The mov muxer takes a cover and leaves it out without a word.
    return add_copy(output, stream) if output.format.name in MOV_FAMILY - {"mov"} else None


def _attach(output: av.container.OutputContainer, stream: Any) -> Any | None:
    mime = stream.metadata.get("mimetype") or _MIME.get(codec_name(stream))
    data = _bytes_of(stream)
    if mime is None or not data:
        return None
    return output.add_attachment(stream.metadata.get("filename") or f"cover.{mime.rpartition('/')[2]}", mime, data)


def _bytes_of(stream: Any) -> bytes:
    """The picture, read with a second look at the file: an attachment must be there before the first packet is."""
    try:
        with av.open(stream.container.name) as again:
            return next((bytes(p) for p in again.demux(again.streams[stream.index]) if p.size), b"")
    except (av.FFmpegError, OSError):
        return b""


class Cover:
    """Takes the packet of a cover; it is shown always, so its time says nothing."""

    damaged = 0

    def __init__(self, target: Any, mux: Callable[[av.Packet], None]):
        self.target, self._mux, self._done = target, mux, False

    def write(self, packet: av.Packet) -> None:
        if self._done:
            return
        packet.pts = packet.dts = 0
        packet.stream = self.target
        self._mux(packet)
        self._done = True

    def until(self, seconds: float) -> None: ...

    def finish(self) -> None: ...
