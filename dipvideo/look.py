"""A picture of how far a stretch is: a frame as it came and what has become of it, anew every few seconds.

It lies in the stretch's own folder, so that whoever restores may be a process of its own, and whoever wants to see it
looks there; with the stretch it is finished, kept, or thrown away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from . import io
from .geometry import Box
from .planes import LayersPatch, Patch, TwoLayersPatch

NAME = "look.jpg"
EVERY = 2.0  # seconds between two pictures …
SHARE = 0.02  # … or more, so that they take no more of the time than this
SIDE = 480  # pixels of a picture's longer side, at most
GAP = 6  # pixels between two
PAPER = 255


class Look:
    """Leaves pictures in `folder`; in None, none."""

    def __init__(self, folder: Path | None):
        self._path = folder / NAME if folder else None
        self._next = time.monotonic()

    def show(self, number: int, box: Box, picture: np.ndarray, patch: Callable[[], Patch], *, now: bool = False
             ) -> None:
        """Show what becomes of frame `number`, if it is time for another picture, or `now` in any case.

        box: the part of the output that is shown; picture: the same of the input, (h, w, 3) uint8, or float in [0, 1];
        patch: lies in the box, and is asked for only if it is shown.
        """
        began = time.monotonic()
        if self._path is None or not (now or began >= self._next):
            return
        beside = _beside([_small(part) for part in _shown(box, picture, patch())])
        part = self._path.with_name(f".{NAME}")
        Image.fromarray(beside).save(part, "JPEG", quality=85, comment=str(number))
        os.replace(part, self._path)
        ended = time.monotonic()
        self._next = ended + max(EVERY, (ended - began) / SHARE)


def seen(path: Path) -> tuple[int, bytes]:
    """The number of the frame that the picture at `path` shows, and the picture's file. Raises OSError."""
    with Image.open(path) as picture:
        return int(picture.info["comment"]), path.read_bytes()


def _shown(box: Box, picture: np.ndarray, patch: Patch) -> Sequence[np.ndarray]:
    """The picture as it came, and what the patch makes of it, (h, w, 3) uint8 each."""
    came = picture if picture.dtype == np.uint8 else _bytes(picture)
    came = cv2.resize(came, (box.width, box.height), interpolation=cv2.INTER_CUBIC)
    if isinstance(patch, LayersPatch):
        return came, io.tinted(patch, 0)
    became = came.copy()
    part = became[patch.box.within(box)]
    part[:] = np.rint(part + (255 * patch.rgb - part) * patch.weight[..., None])
    return came, became, *([_bytes(patch.second)] if isinstance(patch, TwoLayersPatch) else [])


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.rint(picture * 255).clip(0, 255).astype(np.uint8)


def _small(picture: np.ndarray) -> np.ndarray:
    scale = SIDE / max(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _beside(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures of one size side by side; those that are much wider than high, one above the other."""
    height, width = pictures[0].shape[:2]
    axis = 0 if width > 2 * height else 1
    gap = np.full((GAP, width, 3) if axis == 0 else (height, GAP, 3), PAPER, np.uint8)
    return np.concatenate([part for picture in pictures for part in (gap, picture)][1:], axis)
