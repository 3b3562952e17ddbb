"""Single pictures of three and four layers, made of real clips, in which nothing is told and nothing moves."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ... import layers
from ...pipeline import run
from ...tasks.segment import Segment, SegmentOptions
from ..options import LayersOptions
from .composites import Backdrop, composite
from .rows import Row, best_order, overlap, tinted

# Backgrounds, and what is laid over each.
SCENES = (
    (Backdrop("bigbuckbunny.mp4", 1.6, 1.0, 0.3), ("chaplin.mp4", "mma_test.mp4")),
    (Backdrop("mma_test.mp4"), ("bigbuckbunny.mp4", "cockatoo_yuv420.mp4")),
    (Backdrop("bikes.mp4"), ("cockatoo_yuv420.mp4", "flipping_a_pancake.mkv")),
    (Backdrop("intel_car.mp4"), ("fire2.mp4", "bigbuckbunny.mp4")),
    (Backdrop("asl_book.mkv", 1.7, 0.0, 0.0), ("mma_test.mp4", "carphone_pristine.mp4")),
    (Backdrop("chaplin.mp4"), ("bikes.mp4", "cockatoo_yuv420.mp4", "intel_car.mp4")),
    (Backdrop("carphone_pristine.mp4", 1.6, 0.0, 0.3), ("bigbuckbunny.mp4", "flipping_a_pancake.mkv", "asl_book.mkv")),
    (Backdrop("mma_test.mp4"), ("cockatoo_yuv420.mp4", "asl_book.mkv", "fire2.mp4")),
)
TAKEN = 4  # the frame of each that is the picture


def many(folder: Path, options: LayersOptions) -> Iterator[Row]:
    for seed, (ground, cutouts) in enumerate(SCENES):
        paths = [folder / "clips" / name for name in (ground.path, *cutouts)]
        if not all(path.exists() for path in paths):
            continue
        placed = Backdrop(str(paths[0]), ground.zoom, ground.across, ground.down)
        made = composite(ground.path, placed, [str(path) for path in paths[1:]], 2 * TAKEN, seed)
        picture, truth, count = made.frames[TAKEN], made.labels[TAKEN], len(paths)
        found = {"k-means": layers.alike(layers.lab_of(picture[None]), count)[0]}
        began = time.perf_counter()
        for name, classes in (("superpixels alone", "k-means"), ("dipvideo", None)):
            found[name] = _classes(picture, count, classes)
        seconds = (time.perf_counter() - began) / 2
        named = {name: best_order(labels, truth, count)[labels] for name, labels in found.items()}
        strip = np.hstack([picture, *(tinted(picture, labels) for labels in (*named.values(), truth))])
        yield Row("many", f"{Path(ground.path).stem}, {count} layers",
                  {name: overlap(labels, truth, count) for name, labels in named.items()}, seconds, strip)


def _classes(picture: np.ndarray, count: int, classes: str | None) -> np.ndarray:
    """(h, w) int that the command gives."""
    with tempfile.TemporaryDirectory() as scratch:
        given, out = Path(scratch) / "in.png", Path(scratch) / "out.png"
        cv2.imwrite(str(given), picture[..., ::-1])
        run(Segment(SegmentOptions(method="prior", layers=count, classes=classes)), given, out)
        return np.asarray(Image.open(out)).astype(int)
