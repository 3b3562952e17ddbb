"""Layers of a picture beside the output: one a layer, with alpha; an overlay to look at; the second of two layers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import numpy as np

from ..frame import VideoInfo
from ..planes import LAYER_COLOURS, LayersPatch, TwoLayersPatch
from .side import PICTURES, SideVideo, open_side_video

LAYER_SUFFIXES = (".mkv", ".mov", *PICTURES)  # containers that keep the time of every frame, and pictures
# What layers with alpha may be written as: the suffix, and the codec.
LAYER_FORMATS = {"ffv1": (".mkv", "ffv1"), "prores": (".mov", "prores_ks"), "png": ("", None)}
TINT = 0.45  # of a layer's colour in the overlay


def open_overlay_writer(path: Path, info: VideoInfo) -> AbstractContextManager[SideVideo]:
    """A writer of pictures tinted by layer. Raises OptionError for another suffix than .mkv and .mov."""
    return open_side_video(path, info, tinted, what="An overlay", suffixes=LAYER_SUFFIXES, samples="rgb")


def open_second_writer(path: Path, info: VideoInfo) -> AbstractContextManager[SideVideo]:
    """A writer of the second of two layers. Raises OptionError for a suffix that is not among LAYER_SUFFIXES."""
    return open_side_video(path, info, _second, what="A layer", suffixes=LAYER_SUFFIXES, samples="rgb")


def layer_writer(layer: int, form: str) -> tuple[str, Callable[[Path, VideoInfo], AbstractContextManager[SideVideo]]]:
    """The suffix of a layer's file, and what opens a writer of it: the picture's own colours, its share as alpha.

    form: one of LAYER_FORMATS; PNGs come in a folder.
    """
    suffix, codec = LAYER_FORMATS[form]
    return suffix, partial(_open_layer_writer, layer, codec)


def _open_layer_writer(layer: int, codec: str | None, path: Path, info: VideoInfo) -> AbstractContextManager[SideVideo]:
    return open_side_video(path, info, partial(_cut_out, layer), what="A layer", suffixes=LAYER_SUFFIXES,
                           samples="rgba", codec=codec)


def tinted(patch: LayersPatch, number: int) -> np.ndarray:
    """(h, w, 3) uint8: what layers were found in, each in its colour."""
    colours = patch.shares @ LAYER_COLOURS[patch.first:patch.first + patch.shares.shape[-1]].astype(np.float32)
    return np.rint((1 - TINT) * patch.picture + TINT * colours).clip(0, 255).astype(np.uint8)


def _cut_out(layer: int, patch: LayersPatch, number: int) -> np.ndarray:
    alpha = np.rint(patch.shares[..., layer:layer + 1] * 255).astype(np.uint8)
    return np.concatenate((patch.picture, alpha), -1)


def _second(patch: TwoLayersPatch, number: int) -> np.ndarray:
    return np.rint(patch.second * 255).clip(0, 255).astype(np.uint8)
