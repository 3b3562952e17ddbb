"""Luma at the door: one uint8 array in full range, whatever samples a file has."""

from __future__ import annotations

import cv2
import numpy as np

from ..geometry import Box
from ..planes import PixelLayout, Planes, compress

# BT.709 for RGB sources, in 256ths: only differences of luma matter here, not its exact weights
_RED, _GREEN, _BLUE = 54 / 256, 183 / 256, 19 / 256


class LumaReader:
    """Reads luma of one region at one scale.

    region: in picture coordinates; shrink: the picture is reduced by this whole number, averaging.
    """

    def __init__(self, region: Box, shrink: int = 1):
        self.region = region
        self.shrink = shrink
        self.height = max(region.height // shrink, 1)
        self.width = max(region.width // shrink, 1)
        # whole squares only, so that a pixel at this scale stands for the same ones of the picture everywhere
        self._read = Box(region.top, region.left, region.top + self.height * shrink, region.left + self.width * shrink)

    def read(self, planes: Planes) -> np.ndarray:
        """(height, width) uint8, black 0, white 255, owned by the caller."""
        parts = [full_range(plane[self._read.slices], planes.layout) for plane in
                 (planes.arrays if planes.layout.family == "rgb" else planes.arrays[:1])]
        luma = parts[0]
        if len(parts) == 3:
            red_green = cv2.addWeighted(parts[0], _RED / (_RED + _GREEN), parts[1], _GREEN / (_RED + _GREEN), 0)
            luma = cv2.addWeighted(red_green, _RED + _GREEN, parts[2], _BLUE, 0)
        if self.shrink > 1:
            luma = cv2.resize(luma, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return luma


def full_range(plane: np.ndarray, layout: PixelLayout) -> np.ndarray:
    """`plane` of luma, red, green or blue as uint8 with black at 0 and white at 255, as a copy.

    Linear light as `planes.compress` shows it: diffuse white is then 153.
    """
    if layout.floating:
        return np.rint(compress(plane) * 255).astype(np.uint8)
    if plane.dtype != np.uint8:
        plane = (plane >> (layout.depth - 8)).astype(np.uint8)
    if layout.full_range:
        return plane.copy()
    return cv2.LUT(plane, _LIMITED_TO_FULL)


_LIMITED_TO_FULL = np.rint((np.arange(256) - 16) * (255 / 219)).clip(0, 255).astype(np.uint8)
