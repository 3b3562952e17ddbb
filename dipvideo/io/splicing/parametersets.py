"""Codecs whose packets are nothing without parameter sets that travel apart: H.264 and HEVC."""

from __future__ import annotations

import re
from collections.abc import Iterable

from av.video.stream import VideoStream

from . import h264
from .splice import CannotSplice, Splice

_X264_PROFILES = {66: "baseline", 77: "main", 100: "high", 110: "high10", 122: "high422", 244: "high444"}
_LEVELS = {10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62}
_X264_NOTE = re.compile(rb"x264 - core (\d+)")


class SpliceH264(Splice):
    """Both sides' parameter sets under numbers of their own, in the header or, with start codes, at key frames too."""

    def __init__(self, stream: VideoStream, encoder: str, container: str, keys: Iterable[bytes], reorder: int):
        super().__init__(stream, encoder, container, keys, reorder)
        self._record = h264.Record.read(self._extradata) if h264.is_record(self._extradata) else None
        self._length_size = self._record.length_size if self._record else 0
        # A transport stream has no header: its sets stand before every key frame, between start codes.
        self._output_size = 0 if container == "mpegts" else self._length_size
        self._own: dict[tuple[int, int], bytes] = {}
        self._sequences: dict[int, h264.SequenceSet] = {}
        self._learn([*self._record.sps, *self._record.pps] if self._record else h264.units(self._extradata, 0))
        builds = []
        for packet in keys:
            self._learn(h264.units(packet, self._length_size))
            builds += [int(n) for n in _X264_NOTE.findall(packet)]
        source = self._source = self._one_shape()
        if builds and min(builds) < (151 if source.chroma == 3 else 34):
            # Decoders read the streams of such builds in their own, wrong way, until another's note comes along.
            raise CannotSplice("it was made by an x264 whose mistakes decoders imitate")
        taken = {number for _, number in self._own}
        self._number = next((n for n in range(32) if n not in taken), None)
        if self._number is None:
            raise CannotSplice("all numbers for parameter sets are taken")
        self.options = self._options(reorder)
        self._foreign: list[bytes] = []

    def _learn(self, units: list[bytes]) -> None:
        """Keep the source's parameter sets, which must not change on the way."""
        for unit in units:
            kind = h264.kind(unit)
            if kind in (h264.SUBSET_SPS, h264.AUXILIARY, h264.EXTENSION):
                raise CannotSplice("its H.264 has a second layer")
            if kind in (h264.SPS, h264.PPS):
                sequence = h264.read_sps(unit) if kind == h264.SPS else None
                number = sequence.id if sequence else h264.pps_ids(unit)[0]
                if self._own.setdefault((kind, number), unit) != unit:
                    raise CannotSplice("its parameter sets change on the way")
                if sequence:
                    self._sequences[number] = sequence
            elif kind == h264.IDR:
                pps = self._own.get((h264.PPS, h264.slice_pps(unit)))
                sequence = self._sequences.get(h264.pps_ids(pps)[1]) if pps else None
                if sequence is None:
                    raise CannotSplice("its parameter sets are missing")
                if h264.is_field(unit, sequence):
                    raise CannotSplice("its fields are coded apart")

    def _one_shape(self) -> h264.SequenceSet:
        found = list(self._sequences.values())
        if not found:
            raise CannotSplice("its parameter sets are missing")
        if len({h264.form(s) for s in found}) > 1:
            raise CannotSplice("its pictures change their shape on the way")
        highest = max(found, key=lambda s: s.profile)
        if highest.profile not in _X264_PROFILES:
            raise CannotSplice(f"its H.264 profile {highest.profile} has no encoder")
        if highest.depths[0] != highest.depths[1]:
            raise CannotSplice("its luma and chroma differ in depth")
        return highest

    def _options(self, reorder: int) -> dict[str, str]:
        """Nothing in the new sets may ask more of a player than the source's did."""
        source = self._source
        params = {"sps-id": self._number, "open-gop": 0, "ref": min(max(source.refs, 1), 3)}
        if not source.progressive:
            params["fake-interlaced"] = 1  # the same sets' shape, be the frames interlaced or not
        if reorder == 1:
            params["b-pyramid"] = "none"
        options = {"profile": _X264_PROFILES[source.profile],
                   "x264-params": ":".join(f"{name}={value}" for name, value in params.items())}
        if source.level in _LEVELS:
            options["level"] = f"{source.level // 10}.{source.level % 10}"
        if reorder == 0 or source.profile == 66:
            options["bf"] = "0"
        if source.intra_only:
            options["g"] = "1"
        return options

    def extradata(self, encoded: bytes | None) -> bytes:
        try:
            units = h264.units(encoded or b"", 0)
            sps = [u for u in units if h264.kind(u) == h264.SPS]
            pps = [u for u in units if h264.kind(u) == h264.PPS]
            self._check(sps, pps)
            self._foreign = [*sps, *pps]
            if self._output_size:
                return self._record.joined(sps, pps)
            return h264.packed([*self._own.values(), *self._foreign], 0)
        except (ValueError, IndexError) as error:
            raise _refusal(error) from error

    def _check(self, sps: list[bytes], pps: list[bytes]) -> None:
        if len(sps) != 1 or not pps or any(h264.pps_ids(u) != (self._number, self._number) for u in pps):
            raise CannotSplice("the encoder did not number its parameter sets as it was told")
        if self._foreign and self._foreign != [*sps, *pps]:
            raise CannotSplice("the encoded runs have different parameter sets")
        mine = h264.read_sps(sps[0])
        if mine.id != self._number or h264.form(mine) != h264.form(self._source):
            raise CannotSplice("the encoder's pictures have another shape than the source's")
        if mine.profile > self._source.profile:
            raise CannotSplice("the encoder took a higher profile than the source's")

    def copied(self, packet: bytes, is_key: bool) -> bytes:
        """A source packet, untouched but for the start codes and sets that a transport stream needs."""
        if self._output_size or not (is_key or self._length_size):
            return packet
        units = _units(packet, self._length_size)
        return h264.packed(_led(units, list(self._own.values())) if is_key else units, 0)

    def encoded(self, packet: bytes, is_key: bool) -> bytes:
        """The encoder's packet with lengths and without sets, or with start codes and, at key frames, with them."""
        rest = [u for u in _units(packet, 0) if h264.kind(u) not in (h264.SPS, h264.PPS, h264.AUD)]
        if not any(h264.kind(u) in (h264.SLICE, h264.IDR) for u in rest):
            raise CannotSplice("an encoded packet holds no picture")
        return _packed(rest if self._output_size or not is_key else [*self._foreign, *rest], self._output_size)


class SpliceHEVC(Splice):
    """Each side repeats its parameter sets at every key frame, for x265 cannot number them otherwise."""

    def __init__(self, stream: VideoStream, encoder: str, container: str, keys: Iterable[bytes], reorder: int):
        super().__init__(stream, encoder, container, keys, reorder)
        record = h264.HevcRecord.read(self._extradata) if h264.is_record(self._extradata) else None
        self._length_size = record.length_size if record else 0
        if record:
            self._extradata = record.open
        own = record.sets if record else h264.units(self._extradata, 0)
        self._own = [u for u in own if h264.hevc_kind(u) in h264.HEVC_SETS]
        if {h264.hevc_kind(u) for u in self._own} != set(h264.HEVC_SETS):
            raise CannotSplice("its parameter sets are missing")
        for packet in keys:
            units = h264.units(packet, self._length_size)
            if any(h264.hevc_kind(u) in h264.HEVC_SETS and u not in self._own for u in units):
                raise CannotSplice("its parameter sets change on the way")
        params = {"repeat-headers": 1, "open-gop": 0}
        params |= {0: {"bframes": 0}, 1: {"b-pyramid": 0}}.get(reorder, {})
        self.options["x265-params"] = ":".join(f"{name}={value}" for name, value in params.items())

    def copied(self, packet: bytes, is_key: bool) -> bytes:
        """A key frame with the source's sets before it: whoever seeks here may come from an encoded run."""
        if not is_key:
            return packet
        units = _units(packet, self._length_size)
        heads = [u for u in units if h264.hevc_kind(u) == h264.HEVC_AUD]
        rest = [u for u in units if h264.hevc_kind(u) not in (h264.HEVC_AUD, *h264.HEVC_SETS)]
        return h264.packed([*heads, *self._own, *rest], self._length_size)

    def encoded(self, packet: bytes, is_key: bool) -> bytes:
        """The encoder's packet in the source's form, its sets left in."""
        units = _units(packet, 0)
        if is_key and not {h264.hevc_kind(u) for u in units} >= set(h264.HEVC_SETS):
            raise CannotSplice("the encoder did not repeat its parameter sets")
        return _packed(units, self._length_size)


def _units(packet: bytes, length_size: int) -> list[bytes]:
    try:
        return h264.units(packet, length_size)
    except ValueError as error:
        raise _refusal(error) from error


def _packed(units: list[bytes], length_size: int) -> bytes:
    if not units or (length_size and any(len(u) >> 8 * length_size for u in units)):
        raise CannotSplice("an encoded picture does not fit the source's kind of packet")
    return h264.packed(units, length_size)


def _led(units: list[bytes], sets: list[bytes]) -> list[bytes]:
    """A key frame's units with `sets` at its head, unless it brings its own; a delimiter stays before them."""
    if any(h264.kind(u) == h264.SPS for u in units):
        return units
    heads = [u for u in units if h264.kind(u) == h264.AUD]
    return [*heads, *sets, *(u for u in units if h264.kind(u) != h264.AUD)]


def _refusal(error: Exception) -> CannotSplice:
    return error if isinstance(error, CannotSplice) else CannotSplice(str(error))
