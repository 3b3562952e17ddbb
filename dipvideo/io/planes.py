"""A decoder's frame as `Planes`: views into its memory, read as the stream's tags say."""

from __future__ import annotations

import av
import numpy as np

from ..planes import PixelLayout, Planes

# luma weights (red, blue) by FFmpeg's colour-space number (ITU-T H.273, table 4)
_MATRICES = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
             9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
_FULL_RANGE = 2


def layout_of(frame: av.VideoFrame) -> PixelLayout | None:
    """How the frame's samples are to be read, or None if they do not lie in planes that can be edited."""
    form = frame.format
    name = form.name
    depths = {c.bits for c in form.components}
    if not form.is_planar and name not in ("gray", "gray10le", "gray12le", "gray16le"):
        return None
    if len(depths) != 1 or form.has_palette or form.is_big_endian or form.is_bit_stream or len(form.components) == 2:
        return None
    depth = depths.pop()
    if not 8 <= depth <= 16 or name.startswith(("nv", "p0", "p2", "p4")):
        return None
    if form.is_rgb:
        return PixelLayout("rgb", depth, full_range=True)
    if len(form.components) == 1:
        return PixelLayout("gray", depth, full_range=int(frame.color_range) == _FULL_RANGE)
    # Untagged streams: players take BT.709 from 720 lines up, BT.601 below.
    kr, kb = _MATRICES.get(int(frame.colorspace), _MATRICES[1] if frame.height >= 720 else _MATRICES[6])
    shift_x = round(np.log2(frame.width / max(form.chroma_width(frame.width), 1)))
    shift_y = round(np.log2(frame.height / max(form.chroma_height(frame.height), 1)))
    full = int(frame.color_range) == _FULL_RANGE or name.startswith("yuvj")
    return PixelLayout("yuv", depth, shift_x, shift_y, full, kr, kb)


def plain_format(pix_fmt: str) -> str:
    """yuvj420p and its kin are yuv420p whose range is tagged full."""
    return pix_fmt.replace("yuvj", "yuv")


def editable(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame itself where its samples lie in planes, else a conversion to the nearest format where they do."""
    if layout_of(frame) is not None:
        return frame
    deep = max(c.bits for c in frame.format.components) > 8
    if frame.format.is_rgb or frame.format.has_palette:
        target = "gbrp16le" if deep else "gbrp"
    else:
        target = "yuv420p10le" if deep else "yuv420p"
    converted = frame.reformat(format=target)
    converted.pts, converted.time_base, converted.duration = frame.pts, frame.time_base, frame.duration
    converted.color_range, converted.colorspace = frame.color_range, frame.colorspace
    return converted


def enlarged(frame: av.VideoFrame, scale: int) -> av.VideoFrame:
    """The frame with each side `scale` times as long (swscale's bicubic), its samples read as before."""
    larger = frame.reformat(width=frame.width * scale, height=frame.height * scale, interpolation="BICUBIC")
    larger.color_range, larger.colorspace = frame.color_range, frame.colorspace
    return larger


def view(frame: av.VideoFrame) -> Planes:
    """The frame's samples, as views that live as long as the frame does."""
    layout = layout_of(frame)
    if layout is None:
        raise ValueError(f"{frame.format.name} has no editable planes; pass the frame through editable() first")
    dtype = np.dtype(np.uint8 if layout.depth == 8 else "<u2")
    arrays = [np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width] for plane in frame.planes]
    if layout.family == "rgb":  # FFmpeg keeps G, B, R (and alpha, which stays as it is)
        arrays = [arrays[2], arrays[0], arrays[1]]
    return Planes(layout, tuple(arrays[:3]))
