"""Cuts are found; pans, flashes and fades to black and back are none."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from dipvideo.detect import ShotFinder
from dipvideo.frame import Frame
from dipvideo.planes import PixelLayout, Planes

HEIGHT, WIDTH = 90, 160


def scene(seed: int) -> np.ndarray:
    """A wide picture to pan over, luma 20 … 235."""
    random = np.random.default_rng(seed)
    blobs = cv2.GaussianBlur(random.normal(size=(HEIGHT, 4 * WIDTH)), (0, 0), 9)
    return (128 + 45 * blobs / blobs.std()).clip(20, 235)


def pan(seed: int, frames: int, speed: int = 2) -> list[np.ndarray]:
    return [scene(seed)[:, speed * i:speed * i + WIDTH] for i in range(frames)]


def cuts(pictures: list[np.ndarray], layout: PixelLayout | None = None) -> list[int]:
    layout = layout or PixelLayout("gray", full_range=True)
    finder, found = ShotFinder(), []
    for i, picture in enumerate(pictures):
        samples = np.rint(picture / 255 * layout.peak).astype(np.uint8 if layout.depth == 8 else np.uint16)
        arrays = (samples,) * (3 if layout.family == "rgb" else 1)
        if finder.update(Frame(i, i, Fraction(1, 25), Planes(layout, arrays))):
            found.append(i)
    return found


def test_cuts_are_found_where_they_are():
    assert cuts(pan(0, 20) + pan(1, 20) + pan(2, 20)) == [20, 40]


@pytest.mark.parametrize("layout", [PixelLayout("rgb", full_range=True), PixelLayout("gray", 10, full_range=True)])
def test_cuts_are_found_in_every_layout(layout):
    assert cuts(pan(0, 12) + pan(1, 12), layout) == [12]


def test_a_fast_pan_is_no_cut():
    assert cuts(pan(0, 40, speed=8)) == []


def test_noise_is_no_cut():
    random = np.random.default_rng(0)
    assert cuts([p + random.normal(0, 8, p.shape) for p in pan(0, 30, speed=0)]) == []


def test_a_flash_is_no_cut():
    pictures = pan(0, 30)
    pictures[15] = np.full((HEIGHT, WIDTH), 250.0)
    pictures[16] = 0.5 * pictures[16] + 125
    assert cuts(pictures) == []


def test_a_fade_to_black_and_back_is_no_cut_but_what_follows_may_be():
    there = pan(0, 24, speed=0)
    black = [there[0] * 0.0] * 4
    down = [there[0] * (1 - i / 8) for i in range(8)]
    assert cuts(there + down + black + down[::-1] + there) == []
    assert cuts(there + down + black + pan(1, 12)) == [36]


def test_a_box_over_half_of_the_picture_is_no_cut_but_one_between_bars_is():
    boxed = pan(0, 12, speed=0)
    for picture in boxed:
        picture[HEIGHT // 2:] = 16
        picture[58:80, 20:140:4] = picture[58:80, 21:140:4] = 235
    assert cuts(pan(0, 12, speed=0) + boxed + pan(0, 12, speed=0)) == []
    wide = pan(0, 12) + pan(2, 12)
    for picture in wide:
        picture[:23] = picture[-23:] = 128
    assert cuts(wide) == [12]
