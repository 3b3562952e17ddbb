"""One picture through one of FFmpeg's codecs, without a container around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import av
import numpy as np


def decode(codec: str, data: bytes, options: Mapping[str, str] | None = None) -> av.VideoFrame:
    """The first picture in `data`. Raises av.FFmpegError or ValueError."""
    context = av.CodecContext.create(codec, "r")
    context.options = dict(options or {})
    frames = [*context.decode(av.Packet(data)), *context.decode(None)]
    if not frames or frames[0].is_corrupt:
        raise ValueError("its samples are damaged")
    return frames[0]


def encode(codec: str, pix_fmt: str, arrays: Sequence[np.ndarray], options: Mapping[str, str] | None = None) -> bytes:
    """One picture's file; arrays: (H, W) or (H, W, C) for each plane of `pix_fmt`, all of one height and width."""
    height, width = arrays[0].shape[:2]
    frame = av.VideoFrame(width, height, pix_fmt)
    for plane, array in zip(frame.planes, arrays, strict=True):
        rows = np.ascontiguousarray(array).reshape(height, -1).view(np.uint8)
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:height, :rows.shape[1]] = rows
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = width, height, pix_fmt
    context.time_base, context.options = Fraction(1), dict(options or {})
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


def plane_of(frame: av.VideoFrame, index: int, dtype: str, channels: int = 1) -> np.ndarray:
    """(H, W) or, for packed formats, (H, W, channels) samples of a plane, as a copy."""
    plane = frame.planes[index]
    width = plane.width * channels * np.dtype(dtype).itemsize
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:plane.height, :width]
    samples = np.ascontiguousarray(rows).view(dtype)
    return samples.reshape(plane.height, plane.width, channels) if channels > 1 else samples
