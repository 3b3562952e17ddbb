"""Where a coded stream may be cut: before a packet that needs nothing of those before it."""

from __future__ import annotations

from . import h264


def clean_cut(codec: str, packet: bytes, extradata: bytes | None) -> bool:
    """Whether a key frame's packet may follow frames of another encoder.

    codec: FFmpeg's canonical name; extradata: the source's. That no picture before the packet is shown after it, or
    the other way round, is for the caller to check. A packet that cannot be read is no clean cut, nor is any packet
    of a codec that is not known here.
    """
    try:
        return _CLEAN[codec](packet, extradata or b"") if codec in _CLEAN else False
    except (ValueError, IndexError):
        return False


def _h264(packet: bytes, extradata: bytes) -> bool:
    size = (extradata[4] & 3) + 1 if h264.is_record(extradata) else 0
    return any(h264.kind(u) == h264.IDR for u in h264.units(packet, size))


def _hevc(packet: bytes, extradata: bytes) -> bool:
    size = (extradata[21] & 3) + 1 if h264.is_record(extradata) else 0
    return any(h264.hevc_kind(u) in h264.HEVC_IDR for u in h264.units(packet, size))


def _vp8(packet: bytes, extradata: bytes) -> bool:
    return not packet[0] & 1 and packet[3:6] == b"\x9d\x01\x2a"


def _vp9(packet: bytes, extradata: bytes) -> bool:
    """frame_marker 2, two bits of profile (profile 3 has another), show_existing_frame 0, frame_type 0 (key)."""
    bits = f"{packet[0]:08b}"
    start = 5 if bits[2:4] == "11" else 4
    return bits.startswith("10") and bits[start:start + 2] == "00"


def _av1(packet: bytes, extradata: bytes) -> bool:
    """A sequence header, then a frame header with show_existing_frame 0, frame_type 0 (key), show_frame 1."""
    has_sequence = False
    for kind, payload in obus(packet):
        if kind == OBU_SEQUENCE:
            has_sequence = True
        elif kind in _OBU_FRAMES:
            return has_sequence and payload[0] >> 4 == 1
    return False


def _mpeg2(packet: bytes, extradata: bytes) -> bool:
    """A sequence header, which resets the matrices, and an I picture: bits 10 to 12 of its header are its type."""
    sequence, picture = packet.find(b"\0\0\1\xb3"), packet.find(b"\0\0\1\0")
    return 0 <= sequence < picture and packet[picture + 5] >> 3 & 7 == 1


def _prores(packet: bytes, extradata: bytes) -> bool:
    return packet[4:8] == b"icpf"


def _mjpeg(packet: bytes, extradata: bytes) -> bool:
    return packet[:2] == b"\xff\xd8"


_CLEAN = {"h264": _h264, "hevc": _hevc, "vp8": _vp8, "vp9": _vp9, "av1": _av1, "mpeg2video": _mpeg2,
          "prores": _prores, "mjpeg": _mjpeg}

OBU_SEQUENCE, _OBU_FRAMES = 1, (3, 6)


def obus(packet: bytes) -> list[tuple[int, bytes]]:
    """AV1's units: their types and payloads. Raises ValueError or IndexError if one runs past the end."""
    found, position = [], 0
    while position < len(packet):
        head = packet[position]
        position += 2 if head & 4 else 1
        size = len(packet) - position  # the last one need not say its size
        if head & 2:
            size = 0
            for shift in range(0, 56, 7):
                byte = packet[position]
                size, position = size | (byte & 127) << shift, position + 1
                if not byte & 128:
                    break
        if size < 0 or position + size > len(packet):
            raise ValueError("an AV1 unit is longer than its packet")
        found.append((head >> 3 & 15, packet[position:position + size]))
        position += size
    return found
