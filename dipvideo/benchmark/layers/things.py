"""Real films in which one thing is marked by hand, kept as DAVIS keeps them (Perazzi et al., CVPR 2016)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ... import layers
from ...planes import LAYER_COLOURS
from ...tasks.segment import Segment, SegmentOptions
from ..options import LayersOptions
from .composites import HEIGHT, Backdrop, Composite, peopled
from .rows import Row, done, spread, tinted, unfitted

PICTURES, MASKS = Path("JPEGImages/480p"), Path("Annotations/480p")  # a folder of each for each film
THING = 1  # the layer before the ground


def things(folder: Path, options: LayersOptions) -> Iterator[Row]:
    """Of every film below `folder`, reduced to the lines of the composites."""
    for film in sorted((folder / PICTURES).glob("*/")):
        frames, truth = _film(folder, film.name, options.frames)
        pictures, seconds = done(Segment(SegmentOptions()), frames)
        found = (np.stack(pictures) == LAYER_COLOURS[THING]).all(-1)
        by_colour = layers.alike(layers.lab_of(frames), 2)
        figures = {"k-means": max(_found(by_colour == n, truth) for n in range(2)),
                   "hints alone": _found(unfitted(frames, 2) == THING, truth), "dipvideo": _found(found, truth)}
        strip = np.hstack([tinted(frames[n], found[n].astype(int)) for n in spread(len(found))])
        yield Row("things", film.name, figures, seconds, strip)


def over(folder: Path, background: Backdrop, count: int, frames: int, seed: int) -> Composite | None:
    """`count` things of the films below `folder`, chosen by the seed, over another clip; None if there are too few."""
    films = sorted(path.name for path in (folder / PICTURES).glob("*/"))
    if len(films) < count:
        return None
    names = np.random.default_rng(seed).choice(films, count, replace=False)
    name = f"{' and '.join(names)} over {Path(background.path).stem}"
    return peopled(name, background, [_film(folder, film, frames) for film in names], seed)


def _film(folder: Path, name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, h, w, 3) uint8 and (n, h, w) bool; whatever is not 0 is the thing."""
    frames, truth = [], []
    for path in islice(sorted((folder / PICTURES / name).glob("*.jpg")), count):
        picture = cv2.imread(str(path))[..., ::-1]
        size = round(picture.shape[1] * HEIGHT / picture.shape[0]), HEIGHT
        frames.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        with Image.open(folder / MASKS / name / f"{path.stem}.png") as mask:
            thing = np.asarray(mask).reshape(*picture.shape[:2], -1).any(-1)
        truth.append(cv2.resize(thing.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5)
    return np.stack(frames), np.stack(truth)


def _found(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of the thing, mean of all frames."""
    return float(np.mean([(m & t).sum() / max((m | t).sum(), 1) for m, t in zip(mask, truth, strict=True)]))
