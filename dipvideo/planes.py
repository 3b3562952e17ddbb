"""The samples of one picture as its file holds them, and their way to RGB and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .geometry import Box

# Light without an upper end, brought into [0, 1]: sRGB's curve up to diffuse white, then so many stops of highlights.
WHITE_AT = 0.6
HIGHLIGHT_STOPS = 14
LIGHT_MAX = 2.0 ** HIGHLIGHT_STOPS

DRAWN, UNMIXED = -1, -2  # sources of pixels that are no frame

# Far apart from each other, also in luma; the ground is dark.
LAYER_COLOURS = np.array([(40, 40, 40), (230, 60, 60), (70, 130, 240), (250, 220, 50), (60, 180, 75), (200, 80, 230),
                          (245, 130, 48), (70, 240, 240), (240, 50, 230), (170, 255, 195), (128, 0, 0),
                          (255, 255, 255), (0, 128, 128)], np.uint8)


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """How samples are to be read.

    family: "yuv" (Y', Cb, Cr), "rgb" (R, G, B) or "gray" (one plane).
    depth: bits a sample, 8 to 16; above 8 the samples are uint16. 32: float32 of scene-linear light, where 1 is
        diffuse white; there may be more, less than 0, and no number at all.
    shift_x, shift_y: log2 of the chroma subsampling (1, 1 is 4:2:0).
    full_range: samples span 0 … 2^depth − 1; else the limited range (16 … 235 of 255 for luma).
    kr, kb: the luma weights of red and blue (BT.709: .2126, .0722).
    """

    family: Literal["yuv", "rgb", "gray"]
    depth: int = 8
    shift_x: int = 0
    shift_y: int = 0
    full_range: bool = False
    kr: float = 0.2126
    kb: float = 0.0722

    @property
    def floating(self) -> bool:
        """Whether the samples are linear light rather than codes."""
        return self.depth == 32

    @property
    def peak(self) -> int:
        """The largest code value; diffuse white where samples are light."""
        return 1 if self.floating else (1 << self.depth) - 1

    @property
    def luma_scale(self) -> tuple[float, float]:
        """(offset, span) of luma, red, green and blue in code values."""
        if self.full_range or self.floating:
            return 0.0, float(self.peak)
        unit = 1 << (self.depth - 8)
        return 16.0 * unit, 219.0 * unit

    @property
    def chroma_scale(self) -> tuple[float, float]:
        """(offset, span) of Cb and Cr in code values; they lie in −½ … ½."""
        unit = 1 << (self.depth - 8)
        return 128.0 * unit, float(self.peak) if self.full_range else 224.0 * unit


@dataclass(frozen=True, slots=True)
class Patch:
    """New pixels for a part of a picture.

    rgb: (h, w, 3) float32 in [0, 1]; weight: (h, w) float32 in [0, 1], 0 where the picture stays as it is.
    source: (h, w) int32, meaningful where the weight is positive: the number of the frame that a pixel is borrowed
    from, DRAWN, or UNMIXED where an overlay was taken off this very frame; None if the task knows of no sources.
    """

    box: Box
    rgb: np.ndarray
    weight: np.ndarray
    source: np.ndarray | None = None

    @property
    def areas(self) -> Sequence[float]:
        """The share of the picture that each layer has, by its number; empty if the task knows of no layers."""
        return ()

    @property
    def origins(self) -> tuple[int, int, int]:
        """How many pixels were borrowed, unmixed and drawn; zeros if the task knows of no sources."""
        if self.source is None:
            return 0, 0, 0
        source = self.source[self.weight > 0]
        borrowed, unmixed = np.count_nonzero(source >= 0), np.count_nonzero(source == UNMIXED)
        return borrowed, unmixed, source.size - borrowed - unmixed


@dataclass(frozen=True, slots=True)
class LayersPatch(Patch):
    """A whole picture painted in the colours of its layers, and what they were found in.

    picture: (h, w, 3) uint8; shares: (h, w, layers) float32 in [0, 1], 1 in all at each pixel; labels: (h, w) uint8,
    the number of the layer that each pixel belongs to; first: the number of the first layer.
    """

    picture: np.ndarray = None
    shares: np.ndarray = None
    labels: np.ndarray = None
    first: int = 0

    @classmethod
    def of(cls, box: Box, picture: np.ndarray, shares: np.ndarray, first: int = 0) -> LayersPatch:
        labels = (shares.argmax(-1) + first).astype(np.uint8)
        painted = LAYER_COLOURS[labels].astype(np.float32) / 255
        return cls(box, painted, np.ones(labels.shape, np.float32), None, picture, shares, labels, first)

    @property
    def areas(self) -> Sequence[float]:
        counts = np.bincount(self.labels.ravel(), minlength=self.first + self.shares.shape[-1])
        return (counts / self.labels.size).round(5).tolist()


@dataclass(frozen=True, slots=True)
class TwoLayersPatch(Patch):
    """One of two layers that were mixed, as the picture's new pixels, and the other.

    second: (h, w, 3) float32 in [0, 1].
    """

    second: np.ndarray = None


@dataclass(frozen=True, slots=True)
class Planes:
    """One picture's own samples.

    arrays: one (H, W) array a plane, uint8, uint16 or float32; for "yuv" the second and third are subsampled.
    They may be views into a decoder's memory: see `Frame` for how long they live.
    """

    layout: PixelLayout
    arrays: tuple[np.ndarray, ...]

    @property
    def height(self) -> int:
        return self.arrays[0].shape[0]

    @property
    def width(self) -> int:
        return self.arrays[0].shape[1]

    @property
    def luma(self) -> np.ndarray:
        """The first plane: luma of "yuv" and "gray", red of "rgb"."""
        return self.arrays[0]

    def rgb(self, box: Box | None = None) -> np.ndarray:
        """The picture, or the part in `box`, as (h, w, 3) float32 RGB in [0, 1].

        The stream's own matrix and range are used; chroma is repeated over the luma samples that share it. Linear
        light is brought into [0, 1] by `compress`.
        """
        box = box or Box(0, 0, self.height, self.width)
        layout = self.layout
        offset, span = layout.luma_scale
        if layout.family != "yuv":
            if layout.floating:
                parts = [compress(a[box.slices]) for a in self.arrays]
            else:
                parts = [(a[box.slices].astype(np.float32) - offset) / span for a in self.arrays]
            return np.stack(parts if len(parts) == 3 else parts * 3, axis=-1).clip(0, 1)
        luma = (self.arrays[0][box.slices].astype(np.float32) - offset) / span
        middle, width = layout.chroma_scale
        rows = np.arange(box.top, box.bottom) >> layout.shift_y
        columns = np.arange(box.left, box.right) >> layout.shift_x
        blue, red = ((a[rows[:, None], columns].astype(np.float32) - middle) / width for a in self.arrays[1:3])
        kr, kb = layout.kr, layout.kb
        r = luma + 2 * (1 - kr) * red
        b = luma + 2 * (1 - kb) * blue
        g = (luma - kr * r - kb * b) / (1 - kr - kb)
        return np.stack((r, g, b), axis=-1).clip(0, 1)

    def paste(self, patch: Patch) -> None:
        """Blend `patch` into these samples, in place; a sample of weight 0 keeps its value bit for bit.

        The box must lie on the chroma grid (or end with the picture). A chroma sample takes the mean weight of the
        luma samples it serves and their mean colour, so weighted that known colour never leaks out of the patch.
        Light is blended as `compress` shows it: inside the patch, and nowhere else, it keeps to 0 … LIGHT_MAX.
        """
        layout, box = self.layout, patch.box
        offset, span = layout.luma_scale
        if layout.family == "rgb":
            for plane, values in zip(self.arrays, np.moveaxis(patch.rgb, -1, 0), strict=True):
                _blend(plane[box.slices], values * span + offset, patch.weight, layout.peak)
            return
        r, g, b = np.moveaxis(patch.rgb, -1, 0)
        kr, kb = layout.kr, layout.kb
        luma = kr * r + (1 - kr - kb) * g + kb * b
        _blend(self.luma[box.slices], luma * span + offset, patch.weight, layout.peak)
        if layout.family == "gray":
            return
        middle, width = layout.chroma_scale
        step_y, step_x = 1 << layout.shift_y, 1 << layout.shift_x
        if box.top % step_y or box.left % step_x:
            raise ValueError(f"a patch at {box} is off the chroma grid of {step_y}x{step_x}")
        weight = _block_mean(patch.weight, step_y, step_x)
        top, left = box.top // step_y, box.left // step_x
        for plane, chroma in zip(self.arrays[1:3], ((b - luma) / (2 * (1 - kb)), (r - luma) / (2 * (1 - kr))),
                                 strict=True):
            mean = _block_mean(chroma * patch.weight, step_y, step_x) / np.maximum(weight, 1e-6)
            target = plane[top:top + mean.shape[0], left:left + mean.shape[1]]
            _blend(target, mean * width + middle, weight, layout.peak)


def _blend(target: np.ndarray, values: np.ndarray, weight: np.ndarray, peak: int) -> None:
    """Move `target` towards `values` by `weight`, in place, touching only samples of positive weight."""
    inside = weight > 0
    if target.dtype.kind == "f":
        old = compress(target[inside])
        target[inside] = expand(old + (values[inside] - old) * weight[inside])
        return
    old = target[inside].astype(np.float32)
    new = old + (values[inside] - old) * weight[inside]
    target[inside] = np.rint(new).clip(0, peak).astype(target.dtype)


def _block_mean(values: np.ndarray, step_y: int, step_x: int) -> np.ndarray:
    """Means over blocks; a block cut by the picture's edge (odd sizes) repeats its last row or column."""
    h, w = values.shape
    padded = np.pad(values, ((0, -h % step_y), (0, -w % step_x)), mode="edge")
    return padded.reshape(padded.shape[0] // step_y, step_y, padded.shape[1] // step_x, step_x).mean((1, 3))


def compress(light: np.ndarray) -> np.ndarray:
    """Scene-linear light as float32 in [0, 1], evenly to the eye: 0 … 1 → 0 … WHITE_AT, LIGHT_MAX → 1.

    Below 0 and no number give 0, beyond LIGHT_MAX 1. `expand` undoes it.
    """
    light = np.clip(np.nan_to_num(light.astype(np.float32), nan=0, posinf=LIGHT_MAX), 0, LIGHT_MAX)
    shade = to_srgb(np.minimum(light, 1)) * WHITE_AT
    return np.where(light > 1, WHITE_AT + (1 - WHITE_AT) / HIGHLIGHT_STOPS * np.log2(np.maximum(light, 1)), shade)


def expand(values: np.ndarray) -> np.ndarray:
    """Scene-linear light, float32 in 0 … LIGHT_MAX, of what `compress` made of it."""
    values = np.clip(values, 0, 1).astype(np.float32)
    stops = (np.maximum(values, WHITE_AT) - WHITE_AT) * (HIGHLIGHT_STOPS / (1 - WHITE_AT))
    return np.where(values > WHITE_AT, np.exp2(stops), to_linear(np.minimum(values / WHITE_AT, 1)))


def to_srgb(light: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] by the curve of IEC 61966-2-1."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def to_linear(values: np.ndarray) -> np.ndarray:
    """The light of sRGB values in [0, 1]."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
