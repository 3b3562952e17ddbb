"""Layers of a picture as lossless video beside the output: one a layer, with alpha, and an overlay to look at."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import numpy as np

from ..frame import VideoInfo
from ..planes import LAYER_COLOURS, LayersPatch
from .side import SideVideo, open_side_video

LAYER_SUFFIXES = (".mkv", ".mov")  # containers that keep the time of every frame
TINT = 0.45  # of a layer's colour in the overlay


def open_overlay_writer(path: Path, info: VideoInfo) -> AbstractContextManager[SideVideo]:
    """A writer of pictures tinted by layer. Raises OptionError for another suffix than .mkv and .mov."""
    return open_side_video(path, info, _tinted, what="An overlay", suffixes=LAYER_SUFFIXES, samples="rgb")


def layer_writer(layer: int) -> Callable[[Path, VideoInfo], AbstractContextManager[SideVideo]]:
    """What opens a writer of one layer: the picture's own colours, its share as alpha."""
    return partial(_open_layer_writer, layer)


def _open_layer_writer(layer: int, path: Path, info: VideoInfo) -> AbstractContextManager[SideVideo]:
    return open_side_video(path, info, partial(_cut_out, layer), what="A layer", suffixes=LAYER_SUFFIXES,
                           samples="rgba")


def _tinted(patch: LayersPatch, number: int) -> np.ndarray:
    colours = patch.shares @ LAYER_COLOURS[patch.first:patch.first + patch.shares.shape[-1]].astype(np.float32)
    return np.rint((1 - TINT) * patch.picture + TINT * colours).clip(0, 255).astype(np.uint8)


def _cut_out(layer: int, patch: LayersPatch, number: int) -> np.ndarray:
    alpha = np.rint(patch.shares[..., layer:layer + 1] * 255).astype(np.uint8)
    return np.concatenate((patch.picture, alpha), -1)
