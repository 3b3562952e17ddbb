"""One format's content as another can hold it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress

import cv2
import numpy as np
from PIL import Image

from ....planes import PixelLayout, Planes, to_linear, to_srgb
from .content import Content, Notes


def converted(content: Content, depths: Sequence[int], alpha: bool, notes: Notes) -> Content:
    """Grey or RGB at the nearest of `depths` (32: linear light), with its alpha or without.

    Codes are taken to be sRGB where they become light, and light beyond white is white where it becomes codes.
    """
    planes = content.planes
    depth = planes.layout.depth
    new = depth if depth in depths else next((d for d in sorted(depths) if d > depth), max(depths))
    if planes.layout.family == "yuv":
        codes = np.rint(planes.rgb() * planes.layout.peak).astype(planes.luma.dtype)
        parts = tuple(np.moveaxis(codes, -1, 0))
    else:
        parts = planes.arrays
    layout = PixelLayout("gray" if len(parts) == 1 else "rgb", new, full_range=True)
    see_through = content.alpha if alpha else None
    if new != depth:
        parts = tuple(_of_depth(a, depth, new, light=True) for a in parts)
        see_through = None if see_through is None else _of_depth(see_through, depth, new, light=False)
    return Content(Planes(layout, tuple(parts)), see_through, notes=notes)


def resized(content: Content, scale: int) -> Content:
    """Grey or RGB, and its alpha, with each side `scale` times as long (cubic)."""
    def grown(samples: np.ndarray) -> np.ndarray:
        return cv2.resize(samples, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)

    planes = Planes(content.planes.layout, tuple(map(grown, content.planes.arrays)))
    return Content(planes, None if content.alpha is None else grown(content.alpha), notes=content.notes)


def read_notes(data: bytes) -> Notes:
    """What any of the formats that Pillow knows carries beside its samples; nothing where it cannot tell."""
    with suppress(Exception), Image.open(io.BytesIO(data)) as image:  # a profile that is lost is no reason to stop
        info = image.info
        dpi = info.get("dpi")
        return Notes(info.get("icc_profile"), info.get("exif"), info.get("xmp"),
                     tuple(float(d) for d in dpi) if dpi else None)
    return Notes()


def _of_depth(samples: np.ndarray, depth: int, new: int, *, light: bool) -> np.ndarray:
    """Samples at another depth; light: they follow sRGB's curve as codes and none as floats."""
    if depth == 32:
        values = np.clip(np.nan_to_num(samples, nan=0), 0, 1)
        values = to_srgb(values) if light else values
    else:
        values = samples.astype(np.float32) / ((1 << depth) - 1)
    if new == 32:
        return (to_linear(values) if light else values).astype(np.float32)
    return np.rint(values * ((1 << new) - 1)).astype(np.uint8 if new == 8 else np.uint16)
