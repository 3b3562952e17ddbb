"""Labelled pixels from a picture: scribbles, points or blobs, a value or colour for each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import MaskMismatch, SourceMissing, Unreadable
from ..frame import VideoInfo

MOST = 12  # classes


def read_labels(path: str, info: VideoInfo | None = None) -> np.ndarray:
    """(H, W) int: −1 where nothing is said (0, black or transparent), else the class, numbered from 0 by value.

    Of a PNG with a palette the values count, of any other picture the colours. Raises MaskMismatch for another size
    than the video's, if `info` is given, and for fewer than two or more than MOST classes, SourceMissing, Unreadable.
    """
    if not Path(path).is_file():
        raise SourceMissing(f"There is no picture {path!r} with labels: check the path.")
    try:
        with Image.open(path) as picture:
            if picture.mode in ("P", "L", "1", "I", "I;16"):
                values = np.asarray(picture).astype(np.int64)
            else:
                r, g, b, a = np.moveaxis(np.asarray(picture.convert("RGBA")).astype(np.int64), -1, 0)
                values = np.where(a > 0, (r << 16) + (g << 8) + b, 0)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path!r} is no picture that can be read ({error}): give labels as a PNG.") from error
    if info is not None and values.shape != (info.height, info.width):
        raise MaskMismatch(f"The labels {path!r} are {values.shape[1]}x{values.shape[0]} but the video is "
                           f"{info.width}x{info.height}: draw them on one of its frames.")
    known = np.unique(values[values != 0])
    if not 2 <= len(known) <= MOST:
        raise MaskMismatch(f"The labels {path!r} hold {len(known)} classes: give from 2 to {MOST}, each in one flat "
                           "colour, without soft edges.")
    return np.where(values == 0, -1, np.searchsorted(known, values))
