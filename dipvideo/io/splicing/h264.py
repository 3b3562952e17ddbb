"""H.264 and HEVC as bytes: NAL units, parameter sets, and the records (avcC, hvcC) that containers keep them in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

START = b"\0\0\0\1"
# NAL unit types of H.264 (ISO/IEC 14496-10, table 7-1)
SLICE, IDR, SEI, SPS, PPS, AUD, SUBSET_SPS, AUXILIARY, EXTENSION = 1, 5, 6, 7, 8, 9, 15, 19, 20
# and of HEVC (ISO/IEC 23008-2, table 7-1): IDR_W_RADL and IDR_N_LP; VPS, SPS and PPS; the delimiter
HEVC_IDR, HEVC_SETS, HEVC_AUD = (19, 20), (32, 33, 34), 35


def is_record(extradata: bytes | None) -> bool:
    """Whether this is an avcC or hvcC record, whose packets hold lengths, rather than sets with start codes."""
    return bool(extradata) and extradata[0] == 1


def units(packet: bytes, length_size: int) -> list[bytes]:
    """The NAL units of a packet; `length_size` bytes of length stand before each, or start codes where it is 0.

    Raises ValueError if a length runs past the end.
    """
    return _measured(packet, length_size) if length_size else _delimited(packet)


def _measured(packet: bytes, length_size: int) -> list[bytes]:
    found, position = [], 0
    while position < len(packet):
        start = position + length_size
        position = start + int.from_bytes(packet[position:start], "big")
        if position > len(packet):
            raise ValueError("a NAL unit is longer than its packet")
        if position > start:
            found.append(packet[start:position])
    return found


def _delimited(packet: bytes) -> list[bytes]:
    found = []
    start = packet.find(b"\0\0\1")
    while start >= 0:
        end = packet.find(b"\0\0\1", start + 3)
        unit = packet[start + 3:end if end >= 0 else None].rstrip(b"\0")
        if unit:
            found.append(unit)
        start = end
    return found


def packed(found: Iterable[bytes], length_size: int) -> bytes:
    """NAL units as a packet, the inverse of `units`."""
    return b"".join((len(u).to_bytes(length_size, "big") if length_size else START) + u for u in found)


def kind(unit: bytes) -> int:
    """H.264's NAL unit type."""
    return unit[0] & 31


def hevc_kind(unit: bytes) -> int:
    """HEVC's NAL unit type."""
    return unit[0] >> 1 & 63


class Bits:
    """Reads a NAL unit bit by bit. Raises ValueError past its end."""

    def __init__(self, unit: bytes):
        plain = unit.replace(b"\0\0\3", b"\0\0")  # the 3 keeps start codes from appearing in the payload
        self._value, self._left = int.from_bytes(plain, "big"), 8 * len(plain)

    def u(self, width: int) -> int:
        """An unsigned number of `width` bits."""
        self._left -= width
        if self._left < 0:
            raise ValueError("a parameter set or slice ends too early")
        return self._value >> self._left & (1 << width) - 1

    def ue(self) -> int:
        """An unsigned Exp-Golomb number."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("a parameter set or slice holds a number too large")
        return (1 << zeros) - 1 + self.u(zeros)


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """What an SPS says. level: ten times the level; shape: (width, height) in samples as shown; refs: frames kept."""

    id: int
    profile: int
    intra_only: bool
    level: int
    chroma: int
    depths: tuple[int, int]
    frame_num_bits: int
    refs: int
    shape: tuple[int, int]
    progressive: bool


def form(sps: SequenceSet) -> tuple:
    """What two SPS must share for their pictures to be of one kind: size, chroma, depths, and whether in fields."""
    return sps.shape, sps.chroma, sps.depths, sps.progressive


_HIGH = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


def read_sps(unit: bytes) -> SequenceSet:
    """Parse an SPS (ISO/IEC 14496-10, 7.3.2.1.1) up to its cropping. Raises ValueError if it is cut short."""
    bits = Bits(unit[1:])
    profile, constraints, level, ident = bits.u(8), bits.u(8), bits.u(8), bits.ue()
    chroma, depths = 1, (8, 8)
    if profile in _HIGH:
        chroma = bits.ue()
        if chroma == 3 and bits.u(1):
            raise ValueError("its colour planes are coded apart")
        depths = (8 + bits.ue(), 8 + bits.ue())
        bits.u(1)
        if bits.u(1):  # scaling matrices
            for i in range(12 if chroma == 3 else 8):
                if bits.u(1):
                    _skip_scaling_list(bits, 16 if i < 6 else 64)
    frame_num_bits = 4 + bits.ue()
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.u(1), bits.ue(), bits.ue()
        for _ in range(min(bits.ue(), 256)):
            bits.ue()
    refs = bits.ue()
    bits.u(1)
    columns, rows, progressive = bits.ue() + 1, bits.ue() + 1, bits.u(1)
    if not progressive:
        bits.u(1)
    bits.u(1)
    width, height = 16 * columns, 16 * rows * (2 - progressive)
    if bits.u(1):
        left, right, top, bottom = (bits.ue() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (2 - progressive)
    # constraint_set3 marks the intra-only variants of the high profiles
    intra_only = profile in (110, 122, 244) and bool(constraints & 16)
    return SequenceSet(ident, profile, intra_only, level, chroma, depths, frame_num_bits, refs, (width, height),
                       bool(progressive))


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.ue()
            following = (last + ((code + 1) // 2 if code % 2 else -(code // 2))) % 256
        last = following or last


def pps_ids(unit: bytes) -> tuple[int, int]:
    """A PPS's own number and that of its SPS."""
    bits = Bits(unit[1:16])
    return bits.ue(), bits.ue()


def slice_pps(unit: bytes) -> int:
    """The number of the PPS that a slice refers to."""
    bits = Bits(unit[1:16])
    bits.ue(), bits.ue()
    return bits.ue()


def is_field(unit: bytes, sps: SequenceSet) -> bool:
    """Whether a slice belongs to a single field, coded as a picture of its own."""
    bits = Bits(unit[1:32])
    bits.ue(), bits.ue(), bits.ue(), bits.u(sps.frame_num_bits)
    return not sps.progressive and bool(bits.u(1))


@dataclass(frozen=True, slots=True)
class Record:
    """An avcC record (ISO/IEC 14496-15, 5.3.3.1). head: its first four bytes; tail: chroma and depth of High."""

    head: bytes
    length_size: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    tail: bytes

    @classmethod
    def read(cls, extradata: bytes) -> Record:
        """Raises ValueError for a record that is cut short."""
        if len(extradata) < 7:
            raise ValueError("its header record is cut short")
        sps, position = _listed(extradata, 6, extradata[5] & 31)
        if position >= len(extradata):
            raise ValueError("its header record is cut short")
        pps, position = _listed(extradata, position + 1, extradata[position])
        return cls(extradata[:4], (extradata[4] & 3) + 1, sps, pps, extradata[position:])

    def joined(self, sps: Iterable[bytes], pps: Iterable[bytes]) -> bytes:
        """The record with these sets behind its own. Raises ValueError for more than it can hold."""
        all_sps, all_pps = (*self.sps, *sps), (*self.pps, *pps)
        if len(all_sps) > 31 or len(all_pps) > 255:
            raise ValueError("its header record is full")
        return b"".join((self.head, bytes([0xFC | self.length_size - 1, 0xE0 | len(all_sps)]), packed(all_sps, 2),
                         bytes([len(all_pps)]), packed(all_pps, 2), self.tail))


@dataclass(frozen=True, slots=True)
class HevcRecord:
    """An hvcC record (ISO/IEC 14496-15, 8.3.3.1). open: the record, saying that packets may hold sets, too."""

    length_size: int
    sets: tuple[bytes, ...]
    open: bytes

    @classmethod
    def read(cls, extradata: bytes) -> HevcRecord:
        """Raises ValueError for a record that is cut short."""
        if len(extradata) < 23:
            raise ValueError("its header record is cut short")
        found, position, written = [], 23, bytearray(extradata)
        for _ in range(extradata[22]):
            if position + 3 > len(extradata):
                raise ValueError("its header record is cut short")
            written[position] &= 0x7F  # array_completeness
            listed, position = _listed(extradata, position + 3,
                                       int.from_bytes(extradata[position + 1:position + 3], "big"))
            found += [u for u in listed if hevc_kind(u) in HEVC_SETS]
        return cls((extradata[21] & 3) + 1, tuple(found), bytes(written))


def _listed(record: bytes, position: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        start = position + 2
        position = start + int.from_bytes(record[position:start], "big")
        if position > len(record) or position == start:
            raise ValueError("its header record is cut short")
        found.append(record[start:position])
    return tuple(found), position
