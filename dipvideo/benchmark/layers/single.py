"""Single pictures of a scene and a reflection that is out of focus: those that come as pairs, and some made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ...tasks.separate import Separate, SeparateOptions
from ..options import LayersOptions
from .rows import Row, done, levelled, mean_psnr

SHARES = (0.7, 0.3)  # of the scene and of the reflection in a picture
# The scene, what lies over it, and the pixels that this is blurred by; none over a picture that is to stay as it is.
MADE = (("106024", "24077", 2), ("153077", "304074", 3), ("181079", "37073", 5), ("208001", "388016", 2),
        ("21077", "69020", 3), ("24077", "106024", 5), ("304074", "208001", 2), ("37073", "153077", 3),
        ("388016", "21077", 5), ("69020", "181079", 2), ("106024", None, 0), ("208001", None, 0),
        ("304074", None, 0), ("69020", None, 0))


def single(folder: Path, options: LayersOptions) -> Iterator[Row]:
    """Each beside the picture as it is; what of the level is told counts apart."""
    for name, given, truth in _pictures(folder / "images"):
        (found,), seconds = done(Separate(SeparateOptions()), [given.astype(np.uint8)])
        figures = {which: mean_psnr([made], [truth]) for which, made in (("given", given), ("dipvideo", found))}
        figures |= {f"{which}, level told": mean_psnr(levelled([made], [truth]), [truth])
                    for which, made in (("given", given), ("dipvideo", found))}
        strip = np.rint(np.hstack([given, found, truth])).astype(np.uint8)
        yield Row("clear" if given is truth else "single", name, figures, seconds, strip)


def _pictures(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Names, pictures, and what of the scene is in them: the picture itself where nothing lies over it."""
    for path in sorted((folder / "reflection").glob("*-input.png")):
        truth = _picture(path.with_name(path.name.replace("input", "label1")))
        yield path.name.removesuffix("-input.png"), _picture(path), truth
    for scene, over, blur in MADE:
        paths = [folder / "grabcut" / f"{name}.jpg" for name in (scene, over or scene)]
        if not all(path.exists() for path in paths):
            continue
        truth, other = map(_picture, paths)
        if over is None:
            yield scene, truth, truth
            continue
        other = cv2.GaussianBlur(cv2.resize(other, truth.shape[1::-1]), (0, 0), blur)
        given = np.rint(SHARES[0] * truth + SHARES[1] * other)
        yield f"{scene} under {over}, blurred by {blur}", given, SHARES[0] * truth


def _picture(path: Path) -> np.ndarray:
    """(h, w, 3) float32 in [0, 255]."""
    return cv2.imread(str(path))[..., ::-1].astype(np.float32)
