"""Samples and their way to RGB and back: a patch changes what it weighs on, and nothing else."""

from fractions import Fraction

import numpy as np
import pytest

from dipvideo.detect.luma import LumaReader
from dipvideo.detect.shots import ShotFinder
from dipvideo.frame import Frame
from dipvideo.geometry import Box
from dipvideo.io.mask import hole_of
from dipvideo.planes import LIGHT_MAX, WHITE_AT, Patch, PixelLayout, Planes, compress, expand

LAYOUTS = {
    "420 limited": PixelLayout("yuv", 8, 1, 1),
    "420 full": PixelLayout("yuv", 8, 1, 1, full_range=True, kr=0.299, kb=0.114),
    "422 10 bit": PixelLayout("yuv", 10, 1, 0),
    "444 12 bit": PixelLayout("yuv", 12, 0, 0),
    "gray": PixelLayout("gray", 8, full_range=True),
    "rgb 16 bit": PixelLayout("rgb", 16, full_range=True),
}


def planes(layout: PixelLayout, height: int = 21, width: int = 33) -> Planes:
    rng = np.random.default_rng(1)
    low, high = (0, layout.peak) if layout.full_range else (60 << layout.depth - 8, 180 << layout.depth - 8)
    dtype = np.uint8 if layout.depth == 8 else np.uint16
    shapes = [(height, width)]
    if layout.family != "gray":
        shapes += [((height + (1 << layout.shift_y) - 1) >> layout.shift_y,
                    (width + (1 << layout.shift_x) - 1) >> layout.shift_x)] * 2
    return Planes(layout, tuple(rng.integers(low, high + 1, s).astype(dtype) for s in shapes))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_samples_without_weight_keep_every_bit(layout: PixelLayout) -> None:
    before, after = planes(layout), planes(layout)
    box = Box(4, 8, 16, 24)
    weight = np.zeros((12, 16), np.float32)
    weight[4:8, 4:12] = 1
    after.paste(Patch(box, np.ones((12, 16, 3), np.float32), weight))
    for index, (old, new) in enumerate(zip(before.arrays, after.arrays, strict=True)):
        y, x = (layout.shift_y, layout.shift_x) if index and layout.family == "yuv" else (0, 0)
        changed = np.zeros(old.shape, bool)
        changed[8 >> y:12 >> y, 12 >> x:20 >> x] = True
        assert np.array_equal(old[~changed], new[~changed])
        if index == 0:
            assert (new[changed] > old[changed]).all()


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_pasting_a_pictures_own_rgb_changes_no_sample_by_more_than_rounding(layout: PixelLayout) -> None:
    before, after = planes(layout, 22, 34), planes(layout, 22, 34)
    if layout.family == "yuv":  # colours that RGB can hold
        for plane in (*before.arrays[1:], *after.arrays[1:]):
            plane[:] = 128 << layout.depth - 8
    box = Box(0, 0, 22, 34)
    after.paste(Patch(box, before.rgb(), np.ones((22, 34), np.float32)))
    for old, new in zip(before.arrays, after.arrays, strict=True):
        assert np.abs(old.astype(int) - new).max() <= 1


def test_known_colours_come_out_right() -> None:
    """BT.709 limited red is (63, 102, 240) by the standard."""
    layout = PixelLayout("yuv", 8, 1, 1)
    red = Planes(layout, tuple(np.full((n, n), v, np.uint8) for n, v in ((4, 63), (2, 102), (2, 240))))
    assert np.allclose(red.rgb(), [1, 0, 0], atol=0.01)
    grey = Planes(layout, tuple(np.full(s, 128, np.uint8) for s in ((4, 4), (2, 2), (2, 2))))
    grey.paste(Patch(Box(0, 0, 4, 4), np.broadcast_to(np.float32([1, 0, 0]), (4, 4, 3)), np.ones((4, 4), np.float32)))
    assert [int(a[0, 0]) for a in grey.arrays] == [63, 102, 240]


def test_colour_does_not_leak_out_of_a_patch() -> None:
    """A chroma sample half in the patch takes the patch's colour by half, never that of unweighted patch pixels."""
    layout = PixelLayout("yuv", 8, 1, 1)
    picture = Planes(layout, tuple(np.full(s, 128, np.uint8) for s in ((4, 4), (2, 2), (2, 2))))
    rgb = np.zeros((4, 4, 3), np.float32)
    rgb[..., 2] = 1  # blue where nothing is weighed
    rgb[:, 0] = [1, 0, 0]
    weight = np.zeros((4, 4), np.float32)
    weight[:, 0] = 1
    picture.paste(Patch(Box(0, 0, 4, 4), rgb, weight))
    assert picture.arrays[2][0, 0] == 184  # halfway from 128 to red's 240
    assert picture.arrays[2][0, 1] == 128


def test_a_patch_off_the_chroma_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="chroma grid"):
        planes(LAYOUTS["420 limited"]).paste(Patch(Box(1, 0, 3, 2), np.zeros((2, 2, 3), np.float32),
                                                   np.ones((2, 2), np.float32)))


def test_boxes_join_meet_and_grow() -> None:
    one, other = Box(2, 3, 10, 12), Box(8, 0, 20, 5)
    assert one | other == Box(2, 0, 20, 12)
    assert one & other == Box(8, 3, 10, 5)
    assert one & Box(30, 30, 40, 40) is None
    assert one.grown(3, 16, 14, 8) == Box(0, 0, 16, 14)


LIGHT = PixelLayout("rgb", 32, full_range=True)


def light(values: np.ndarray) -> Planes:
    return Planes(LIGHT, tuple(np.array(values, np.float32) for _ in range(3)))


def test_light_shows_in_order_and_comes_back() -> None:
    values = np.concatenate([[0], np.geomspace(1e-4, LIGHT_MAX, 500)]).astype(np.float32)
    shown = compress(values)
    assert shown[0] == 0 and shown[-1] == 1 and (np.diff(shown) > 0).all()
    assert compress(np.float32([1]))[0] == pytest.approx(WHITE_AT)
    assert np.allclose(expand(shown), values, rtol=1e-4)
    assert compress(np.float32([-3, np.nan, -np.inf, np.inf, 1e9])).tolist() == [0, 0, 0, 1, 1]


def test_light_outside_the_patch_keeps_every_bit_whatever_it_is() -> None:
    values = np.random.default_rng(0).standard_normal((16, 16)) * 1e5
    values[0, :4] = np.nan, np.inf, -np.inf, -1
    values[5, :4] = np.nan, np.inf, -np.inf, -1  # and inside
    before, after = light(values), light(values)
    weight = np.zeros((8, 8), np.float32)
    weight[1:, :4] = np.float32([1, 0.5, 0.1, 1])
    after.paste(Patch(Box(4, 0, 12, 8), np.full((8, 8, 3), 0.5, np.float32), weight))
    inside = np.zeros((16, 16), bool)
    inside[5:12, :4] = True
    for old, new in zip(before.arrays, after.arrays, strict=True):
        assert np.array_equal(old[~inside].view(np.uint32), new[~inside].view(np.uint32))
        assert np.isfinite(new[inside]).all() and (new[inside] >= 0).all() and (new[inside] <= LIGHT_MAX).all()


@pytest.mark.parametrize("value", [0.0, 0.18, 1.0, 40.0, 5000.0])
def test_a_patch_of_the_light_that_was_there_keeps_its_strength(value: float) -> None:
    picture = light(np.full((8, 8), value))
    shown = picture.rgb()
    assert shown.dtype == np.float32 and 0 <= shown.min() <= shown.max() <= 1
    picture.paste(Patch(Box(0, 0, 8, 8), shown, np.ones((8, 8), np.float32)))
    assert np.allclose(picture.luma, value, rtol=1e-4)


def test_detectors_and_masks_read_light() -> None:
    ramp = np.repeat(np.float32([[-1, 0, 0.2, 0.9, 1, 40, np.inf, np.nan]]), 8, 0)
    luma = LumaReader(Box(0, 0, 8, 8)).read(light(ramp))[0]
    assert luma.tolist() == [0, 0, *luma[2:6].tolist(), 255, 0] and (np.diff(luma[1:7].astype(int)) > 0).all()
    with np.errstate(invalid="ignore"):
        hole = hole_of(Frame(0, 0, Fraction(1), light(ramp)))
    assert hole[0].tolist() == [False, False, False, True, True, True, True, False]
    finder = ShotFinder()
    assert [finder.update(Frame(i, i, Fraction(1), light(np.full((40, 60), i * 9.0)))) for i in range(3)] == [False] * 3
