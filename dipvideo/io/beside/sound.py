"""Turns sound that a container cannot hold into sound that it can, in time with the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import av

_CODECS = {"mp4": "aac", "mov": "aac", "ipod": "aac", "mpegts": "aac", "webm": "libopus", "avi": "ac3"}
# Silence where more than this is missing, and no stretching: Matroska rounds to 1 ms, a lost packet takes 20.
_FILL_GAPS = {"async": "1", "min_hard_comp": "0.01"}
_LOSSLESS = "flac"
_USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_BITS_PER_CHANNEL = 96_000
_MOST_BITS = 510_000  # more than this libopus does not take


def sound_encoder(output: av.container.OutputContainer, source: Any) -> av.AudioCodecContext | None:
    """An opened encoder for a sound stream that this container takes, as near to the source as it can be.

    The source's layout and rate are tried first, then a usual layout of as many channels, then stereo at 48 kHz.
    None where the source cannot be decoded or no encoder opens.
    """
    context = source.codec_context
    name = _CODECS.get(output.format.name, _LOSSLESS)
    if context is None or not context.sample_rate or not context.layout.nb_channels:
        return None
    layouts = [context.layout.name, _USUAL_LAYOUTS.get(context.layout.nb_channels), "stereo"]
    for layout in filter(None, layouts):
        for rate in (context.sample_rate, 48_000):
            try:
                encoder = av.CodecContext.create(name, "w")
                _set_up(encoder, layout, rate, context.format.bits)
                encoder.open()
                return encoder
            except (av.FFmpegError, ValueError):
                continue
    return None


def _set_up(encoder: av.AudioCodecContext, layout: str, rate: int, bits: int) -> None:
    encoder.layout, encoder.sample_rate, encoder.time_base = layout, rate, Fraction(1, rate)
    formats = encoder.codec.audio_formats
    enough = [one for one in formats if one.bits >= bits]
    encoder.format = min(enough, key=lambda one: one.bits) if enough else max(formats, key=lambda one: one.bits)
    if encoder.codec.name != _LOSSLESS:
        encoder.bit_rate = min(_MOST_BITS, _BITS_PER_CHANNEL * encoder.layout.nb_channels)


class SoundConverter:
    """Takes the packets of a sound stream and muxes them in another codec.

    The first sample sounds when it did; where packets are missing there is silence for as long.
    """

    def __init__(self, source: Any, output: av.container.OutputContainer, model: av.AudioCodecContext,
                 mux: Callable[[av.Packet], None]):
        self.told = f"is converted to {model.codec.canonical_name}, {model.layout.name}"
        self._decoder, self._mux = source.codec_context, mux
        self.target = output.add_stream(model.codec.name, rate=model.sample_rate)
        self._encoder = self.target.codec_context
        _set_up(self._encoder, model.layout.name, model.sample_rate, model.format.bits)
        self.target.time_base = self._encoder.time_base
        self._frame_size = model.frame_size or 1024
        self._resampler: av.AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None
        self.damaged = 0

    def write(self, packet: av.Packet) -> None:
        """Convert a packet; one that cannot be decoded is counted in `damaged` and leaves silence."""
        try:
            frames = self._decoder.decode(packet)
        except (av.FFmpegError, ValueError):
            self.damaged += 1
            return
        self._take(frames)

    def until(self, seconds: float) -> None: ...

    def finish(self) -> None:
        """Write what the decoder, the resampler and the encoder hold back."""
        try:
            self._take(self._decoder.decode(None))
        except (av.FFmpegError, ValueError):
            self.damaged += 1
        if self._resampler is not None:
            self._encode(self._resampler.resample(None))
            self._send(self._encoder.encode(None))

    def _take(self, frames: Iterable[av.AudioFrame]) -> None:
        for frame in frames:
            if frame.pts is None:
                self.damaged += 1
                continue
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if shape != self._shape:  # broadcasts change from stereo to surround within a stream
                if self._resampler is not None:
                    self._encode(self._resampler.resample(None))
                self._shape = shape
                self._resampler = av.AudioResampler(
                    self._encoder.format, self._encoder.layout, self._encoder.sample_rate, self._frame_size,
                    options=_FILL_GAPS)
            self._encode(self._resampler.resample(frame))

    def _encode(self, frames: Iterable[av.AudioFrame]) -> None:
        for frame in frames:
            if frame is not None:
                self._send(self._encoder.encode(frame))

    def _send(self, packets: Iterable[av.Packet]) -> None:
        for packet in packets:
            packet.stream = self.target
            self._mux(packet)
