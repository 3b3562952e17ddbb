"""All that travels beside the picture: copied as it is where the container takes it, converted or told where not."""

from __future__ import annotations

from typing import Any, Protocol

import av
from av.stream import Discard

from .containers import CHAPTERED, NAMES, add_copy, codec_name, format_of, open_options, takes
from .copied import Copy
from .covers import Cover, add_cover, is_cover
from .sound import SoundConverter, sound_encoder
from .subtitles import SubtitleConverter, text_codec
from .tags import dress, file_tags, is_mov

__all__ = ["Companions", "dress", "format_of", "open_options"]


class Track(Protocol):
    """Where the packets of one source stream go; `damaged` counts those that were of no use."""

    target: Any
    damaged: int

    def write(self, packet: av.Packet) -> None: ...
    def until(self, seconds: float) -> None: ...
    def finish(self) -> None: ...


class Companions:
    """Everything of a source but its picture: sound, subtitles, attachments, covers, other pictures, data, chapters
    and tags.

    Made once the output, opened with `open_options`, has its picture stream, and before anything is muxed.
    wanted: the streams whose packets are to be given to `write`, in the order in which the file holds them.
    warnings: a sentence for each thing that the container cannot hold; whole after `finish`.
    """

    def __init__(self, source: av.container.InputContainer, picture: av.video.stream.VideoStream,
                 output: av.container.OutputContainer):
        self.wanted: list[Any] = []
        self.warnings: list[str] = []
        self._source, self._output = source, output
        self._container = NAMES.get(output.format.name, output.format.name)
        self._mkv = "mkv" if output.format.name != "matroska" else None  # what holds nearly everything
        self._tracks: dict[int, Track] = {}
        for stream in source.streams:
            if stream.index == picture.index:
                continue
            if stream.type == "attachment":
                self._attach(stream)
                continue
            track = self._track(stream)
            if track is not None:
                dress(track.target, stream, encoded=not isinstance(track, (Copy, Cover)))
                self._tracks[stream.index] = track
                self.wanted.append(stream)
        self._add_chapters()
        self._add_tags()

    def write(self, packet: av.Packet) -> None:
        """Copy, convert or drop a packet. Damage is counted; a disk that is full or fails raises OSError."""
        track = self._tracks.get(packet.stream.index)
        if track is None or not packet.size:  # the marks at the ends of a demuxer's streams are empty
            return
        self._output.start_encoding()  # so that a header that fails is not taken for a packet that does
        if packet.dts is not None:
            seconds = float(packet.dts * packet.time_base)
            for other in self._tracks.values():
                other.until(seconds)
        track.write(packet)

    def finish(self) -> None:
        """Write what converters hold back, and tell of damage."""
        for stream in self.wanted:
            track = self._tracks[stream.index]
            track.finish()
            if track.damaged:
                self.warnings.append(f"{_count(track.damaged)} of {_named(stream)} left out: damaged, "
                                     "or without a time that fits.")

    def _track(self, stream: Any) -> Track | None:
        """Add what of `stream` the container takes, and leave a sentence where that is not all of it."""
        if stream.discard == Discard.all or _is_timecode(stream):
            return None  # mp4's own way to hold chapters and timecode: written anew from chapters and tags
        if is_cover(stream):
            target = add_cover(self._output, stream)
            if target is None:
                self._leave_out(f"The cover ({codec_name(stream)})", "no such covers", better=self._mkv)
            return Cover(target, self._output.mux) if target is not None and target.type == "video" else None
        target = add_copy(self._output, stream)
        if target is not None:
            return Copy(target, stream, self._output.mux)
        track = self._converter(stream)
        better = self._better(stream)
        if track is None:
            self._leave_out(_named(stream), f"no {codec_name(stream)}", better=better)
        else:
            advice = f"; write .{better} to keep it as it is" if better else ""
            self.warnings.append(f"{_named(stream)} {track.told}: {self._container} does not take "
                                 f"{codec_name(stream)}{advice}.")
        return track

    def _converter(self, stream: Any) -> Track | None:
        if stream.type == "audio" and (encoder := sound_encoder(self._output, stream)):
            return SoundConverter(stream, self._output, encoder, self._output.mux)
        if stream.type == "subtitle" and (codec := text_codec(self._output, stream)):
            return SubtitleConverter(stream, self._output, codec, self._output.mux)
        return None

    def _attach(self, stream: Any) -> None:
        name = stream.name or f"attachment {stream.index}"
        if self._output.format.name != "matroska":
            self._leave_out(f"The attachment {name!r}", "no attachments", better=self._mkv)
            return
        target = self._output.add_attachment(name, stream.mimetype or "application/octet-stream", stream.data)
        dress(target, stream)

    def _add_chapters(self) -> None:
        chapters = self._source.chapters()
        sound = [c for c in chapters if 0 <= c["start"] <= c["end"]]  # one with other times fails the whole header
        if chapters and self._output.format.name not in CHAPTERED:
            self._leave_out("The chapters", "none", several=True, better=self._mkv)
            return
        if len(sound) < len(chapters):
            self.warnings.append(f"{len(chapters) - len(sound)} of {len(chapters)} chapters left out: "
                                 "they end before they begin.")
        self._output.set_chapters(sound)

    def _add_tags(self) -> None:
        kept, lost = file_tags(self._source, self._output)
        self._output.metadata.update(kept)
        if lost:
            several = len(lost) > 1
            names = ", ".join(map(repr, lost))
            self._leave_out(f"The tags {names}" if several else f"The tag {names}", "none of that name",
                            several=several, better=self._mkv)

    def _leave_out(self, what: str, holds: str, *, several: bool = False, better: str | None) -> None:
        """Tell what is left out, and the suffix of a container that is `better`, if there is one."""
        advice = f"; write .{better} to keep {'them' if several else 'it'}" if better else ""
        self.warnings.append(f"{what} {'are' if several else 'is'} left out: {self._container} holds {holds}{advice}.")

    def _better(self, stream: Any) -> str | None:
        """The suffix of a container that takes `stream` as it is: Matroska, or the source's own."""
        own = stream.container.format.name.split(",")[0]
        return next((NAMES.get(kind, kind) for kind in ("matroska", own)
                     if kind != self._output.format.name and takes(kind, stream, tagged=kind == "mov")), None)


def _is_timecode(stream: Any) -> bool:
    return stream.type == "data" and "timecode" in stream.metadata and is_mov(stream.container)


def _named(stream: Any) -> str:
    """`The subtitle track 3 (subrip, fre)`; numbers as FFmpeg gives them."""
    words = [codec_name(stream), stream.metadata.get("language"), stream.metadata.get("title")]
    return f"The {stream.type} track {stream.index} ({', '.join(word for word in words if word)})"


def _count(packets: int) -> str:
    return f"{packets} packet{'s' if packets > 1 else ''}"
