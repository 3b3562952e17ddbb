"""Copies what travels beside the picture, packet by packet: sound that is not touched stays in sync and intact."""

from __future__ import annotations

import av


class StreamCopy:
    """Copies every audio stream of a file into an open output, keeping pace with the picture."""

    def __init__(self, path: str, output: av.container.OutputContainer):
        self._output = output
        self._input = av.open(path)
        self._streams = {s.index: self._add(s) for s in self._input.streams.audio}
        self._packets = self._input.demux(*self._input.streams.audio) if self._streams else iter(())
        self._waiting: av.Packet | None = None

    def _add(self, stream: av.audio.stream.AudioStream) -> av.audio.stream.AudioStream:
        copy = self._output.add_stream_from_template(stream)
        copy.time_base = stream.time_base
        copy.metadata.update(stream.metadata)
        copy.disposition = stream.disposition
        return copy

    def until(self, seconds: float) -> None:
        """Write the packets up to this time of the film."""
        while True:
            packet, self._waiting = self._waiting or next(self._packets, None), None
            if packet is None:
                return
            if packet.dts is None:  # the flush packet at the end of a stream
                continue
            if float(packet.dts * packet.time_base) > seconds:
                self._waiting = packet
                return
            packet.stream = self._streams[packet.stream.index]
            self._output.mux(packet)

    def finish(self) -> None:
        """Write what is left."""
        self.until(float("inf"))
        self.close()

    def close(self) -> None:
        self._input.close()
