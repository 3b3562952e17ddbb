"""Films through a window: a scene and a reflection of which one rests or moves as the camera does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from ...tasks.separate import Separate, SeparateOptions
from ..options import LayersOptions
from .composites import HEIGHT, WIDTH, Backdrop, clip_of
from .rows import Row, done, levelled, mean_psnr

SHARES = (0.65, 0.35)  # of the scene and of the reflection in a frame
DEFOCUS = 1.5  # pixels that a reflection is blurred by
ROOM = 1.25  # how much larger than the frame a picture is that the camera pans over
SHAKE = 0.4  # pixels a frame, deviation of a random walk
# The scene and what lies over it, each a clip, or a picture and the pixels a frame that the camera pans over it, None
# where it rests.
FILMS = (("208001.jpg", None, "bigbuckbunny.mp4", None), ("24077.jpg", 0.8, "bikes.mp4", None),
         ("153077.jpg", 0.8, "mma_test.mp4", None), ("181079.jpg", 0.8, "37073.jpg", -1.5),
         ("asl_book.mkv", None, "bikes.mp4", None), ("cockatoo_yuv420.mp4", None, "bikes.mp4", None),
         ("intel_car.mp4", None, "mma_test.mp4", None), ("bikes.mp4", None, "24077.jpg", None),
         ("cockatoo_yuv420.mp4", None, "153077.jpg", None), ("mma_test.mp4", None, "208001.jpg", None),
         ("nasa_13013.mp4", None, "37073.jpg", None))


def windows(folder: Path, options: LayersOptions) -> Iterator[Row]:
    """Each beside the film as it is, and the darkest of its frames; what of the level is told counts apart."""
    for seed, (scene, pan, over, other_pan) in enumerate(FILMS):
        paths = [folder / ("images/grabcut" if name.endswith(".jpg") else "clips") / name for name in (scene, over)]
        if not all(path.exists() for path in paths):
            continue
        count = 3 * options.frames
        scenes, others = (_film(path, by, count, seed) for path, by in zip(paths, (pan, other_pan), strict=True))
        truths = [SHARES[0] * picture for picture in scenes]
        given = [np.rint((t + SHARES[1] * cv2.GaussianBlur(o, (0, 0), DEFOCUS)).clip(0, 255)).astype(np.uint8)
                 for t, o in zip(truths, others, strict=True)]
        rests = paths[1].suffix == ".jpg" and other_pan is None
        found, seconds = done(Separate(SeparateOptions(steady="reflection" if rests else "scene")), given)
        darkest = [np.min(given, axis=0)] * len(given)
        figures = {which: mean_psnr(made, truths) for which, made in (("given", given), ("darkest", darkest),
                                                                  ("dipvideo", found))}
        figures |= {f"{which}, level told": mean_psnr(levelled(made, truths), truths)
                    for which, made in (("given", given), ("dipvideo", found))}
        middle = len(given) // 2
        strip = np.hstack([given[middle], found[middle], np.rint(truths[middle]).astype(np.uint8)])
        yield Row("windows", f"{Path(scene).stem} under {Path(over).stem}{', which rests' * rests}", figures, seconds,
                  strip)


def _film(path: Path, pan: float | None, count: int, seed: int) -> Sequence[np.ndarray]:
    """(h, w, 3) frames, of a clip or of a picture that the camera pans over and shakes, or leaves alone."""
    if path.suffix != ".jpg":
        return clip_of(Backdrop(str(path)), count, 1.0)
    picture = cv2.imread(str(path))[..., ::-1].astype(np.float32)
    scale = ROOM * max(HEIGHT / picture.shape[0], WIDTH / picture.shape[1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how)
    middle = (np.array(picture.shape[1::-1]) - (WIDTH, HEIGHT)) / 2
    walk = np.cumsum(np.random.default_rng(seed).normal(0, SHAKE, (count, 2)), axis=0)
    way = [middle if pan is None else middle + pan * np.array((1, 0.3)) * (n - count / 2) + walk[n] - walk.mean(0)
           for n in range(count)]
    return [cv2.warpAffine(picture, np.float32([[1, 0, -x], [0, 1, -y]]), (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC,
                           borderMode=cv2.BORDER_REFLECT).clip(0, 255) for x, y in way]
