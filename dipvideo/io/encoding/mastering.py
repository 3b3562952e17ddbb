"""HDR10: the light the film was graded for, as decoders attach it to frames, from the stream or from the container."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import av
from av.sidedata.sidedata import Type

# FFmpeg's AVMasteringDisplayMetadata: ten fractions (x and y of red, green, blue and white, least and greatest
# luminance), then whether the chromaticities and the luminances are there at all.
_MASTERING = struct.Struct("=20i2i")
_LIGHT = struct.Struct("=2I")


@dataclass(frozen=True, slots=True)
class Mastering:
    """The display a film was graded on: (x, y) in CIE 1931, luminance in cd/m²."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]
    least: float
    greatest: float

    def in_units(self) -> str:
        """As x264 and x265 take it: chromaticity in 1/50000, luminance in 1/10000 cd/m²."""
        return self._text(lambda x: str(round(x * 50000)), lambda x: str(round(x * 10000)))

    def in_decimals(self) -> str:
        """As SVT-AV1 takes it: chromaticity and cd/m² as they are."""
        return self._text(lambda x: f"{x:.5f}", lambda x: f"{x:.4f}")

    def _text(self, place: Callable[[float], str], light: Callable[[float], str]) -> str:
        points = {"G": self.green, "B": self.blue, "R": self.red, "WP": self.white}
        return ("".join(f"{name}({place(x)},{place(y)})" for name, (x, y) in points.items())
                + f"L({light(self.greatest)},{light(self.least)})")


def mastering_of(frame: av.VideoFrame) -> Mastering | None:
    """The display the film was graded on, or None if the frame does not say both its colours and its luminance."""
    data = frame.side_data.get(Type.MASTERING_DISPLAY_METADATA)
    if data is None or len(bytes(data)) < _MASTERING.size:
        return None
    *fractions, colours, luminance = _MASTERING.unpack_from(bytes(data))
    denominators = fractions[1::2]
    if not (colours and luminance and all(denominators)):
        return None
    v = [a / b for a, b in zip(fractions[::2], denominators, strict=True)]
    return Mastering((v[0], v[1]), (v[2], v[3]), (v[4], v[5]), (v[6], v[7]), v[8], v[9])


def light_of(frame: av.VideoFrame) -> tuple[int, int] | None:
    """(MaxCLL, MaxFALL) in cd/m²: the brightest sample, the brightest frame's mean; None if the frame does not say."""
    data = frame.side_data.get(Type.CONTENT_LIGHT_LEVEL)
    return _LIGHT.unpack_from(bytes(data)) if data is not None and len(bytes(data)) >= _LIGHT.size else None
