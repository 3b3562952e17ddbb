"""How packets of both kinds enter one stream, and how it is refused; the plain codecs' way."""

from __future__ import annotations

from collections.abc import Iterable

from av.video.stream import VideoStream

from .cuts import OBU_SEQUENCE, obus

PRORES_PROFILES = {"apco": "0", "apcs": "1", "apcn": "2", "apch": "3", "ap4h": "4", "ap4x": "5"}


class CannotSplice(ValueError):
    """These packets cannot stand in one stream; the text is a few words why. Encode the whole film instead."""


class Splice:
    """For codecs whose key frames bring all they need: every packet stays as it is.

    encoder: the encoder to open; options: what it must be opened with besides its quality.
    """

    def __init__(self, stream: VideoStream, encoder: str, container: str, keys: Iterable[bytes], reorder: int):
        codec = stream.codec.canonical_name
        self.encoder = encoder
        self.options: dict[str, str] = {}
        if codec == "prores":
            self.options["profile"] = PRORES_PROFILES[stream.codec_context.codec_tag]
        elif codec == "vp8":
            self.options["auto-alt-ref"] = "0"  # else it makes packets that show nothing
        elif codec == "mpeg2video":
            self.options = {"flags": "+cgop", "sc_threshold": "1000000000", "bf": "2" if reorder else "0"}
        self._extradata = bytes(stream.codec_context.extradata or b"")

    def options_over(self, wished: dict[str, str]) -> dict[str, str]:
        """`wished` with this splice's own options over them; those that are lists are joined."""
        both = {name: f"{wished[name]}{':' if name.endswith('-params') else ''}{value}"
                for name, value in self.options.items()
                if name in wished and (name.endswith("-params") or name == "flags")}
        return wished | self.options | both

    def extradata(self, encoded: bytes | None) -> bytes:
        """The output's header, from that of a re-encoded run; ask for every run, for they must agree.

        Raises CannotSplice.
        """
        return self._extradata

    def copied(self, packet: bytes, is_key: bool) -> bytes:
        """A source packet as it goes into the output. Raises CannotSplice."""
        return packet

    def encoded(self, packet: bytes, is_key: bool) -> bytes:
        """A re-encoded packet as it goes into the output, once `extradata` was asked for. Raises CannotSplice."""
        return packet


class SpliceAV1(Splice):
    """One sequence header for the whole track, as both MP4 and Matroska want it."""

    def extradata(self, encoded: bytes | None) -> bytes:
        own, foreign = self._sequence(self._extradata), self._sequence(encoded or b"")
        if not own or own != foreign:
            raise CannotSplice("the encoder's sequence header differs from the source's")
        return self._extradata

    @staticmethod
    def _sequence(extradata: bytes) -> list[bytes]:
        try:
            units = obus(extradata[4:] if extradata[:1] == b"\x81" else extradata)  # behind the head of an av1C
        except (ValueError, IndexError) as error:
            raise CannotSplice("an AV1 header cannot be read") from error
        return [payload for kind, payload in units if kind == OBU_SEQUENCE]
