"""Haze: taken off a film whose clear pictures are known, evenly and without flicker."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import panned, write_video
from PIL import Image

from dipvideo import dehaze, layers
from dipvideo.errors import OptionError
from dipvideo.io import open_source
from dipvideo.metrics import psnr

QUICK = {"device": "cpu", "first_steps": 40, "steps": 5, "precision": "float32"}
SIZE = (96, 160)
AIR = np.array([0.92, 0.9, 0.88])


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> dict:
    """Dark and colourful pictures behind haze that thickens to the top."""
    rng = np.random.default_rng(1)
    tint = cv2.resize(rng.uniform(0, 1, (6, 10, 3)).astype(np.float32), SIZE[::-1], interpolation=cv2.INTER_NEAREST)
    clear = [(p / 255 * tint).clip(0, 1) for p in panned(8, size=SIZE)]
    clear = [np.where(np.arange(SIZE[0])[:, None, None] < 8, 0.9, c) for c in clear]  # a sky, which shows the air
    through = np.linspace(0.4, 0.8, SIZE[0])[:, None, None]
    hazy = [np.rint((through * c + (1 - through) * AIR) * 255).astype(np.uint8) for c in clear]
    return {"path": write_video(tmp_path_factory.mktemp("haze") / "film.mp4", hazy), "clear": clear, "hazy": hazy}


def test_haze_is_taken_off_and_nothing_flickers(film: dict, tmp_path: Path) -> None:
    dehaze(film["path"], tmp_path / "out.mkv", encoder="ffv1", **QUICK)
    found = [f.planes.rgb() for f in open_source(tmp_path / "out.mkv").frames()]
    before = np.mean([psnr(h / 255, c) for h, c in zip(film["hazy"], film["clear"], strict=True)])
    after = [psnr(f, c) for f, c in zip(found, film["clear"], strict=True)]
    assert np.mean(after) > before + 5
    assert max(after) - min(after) < 1.5
    levels = [f.mean() for f in found]
    assert np.abs(np.diff(levels)).max() < 0.02


def test_no_strength_takes_nothing_off(film: dict, tmp_path: Path) -> None:
    dehaze(film["path"], tmp_path / "out.mkv", encoder="ffv1", strength=0.0, end="0.1", **QUICK)
    found, given = (next(open_source(path).frames()).planes.rgb() for path in (tmp_path / "out.mkv", film["path"]))
    assert psnr(found, given) > 35
    with pytest.raises(OptionError, match="strength must be from 0"):
        dehaze(film["path"], tmp_path / "more.mkv", strength=1.5)


def test_pictures_larger_than_a_tile_stay_what_they_are(tmp_path: Path) -> None:
    wide = panned(3, speed=9, size=(64, 544))
    path = write_video(tmp_path / "film.mp4", wide)
    dehaze(path, tmp_path / "out.mkv", encoder="ffv1", strength=0.0, **QUICK)
    found = [f.planes.rgb() for f in open_source(tmp_path / "out.mkv").frames()]
    assert min(psnr(f, w / 255) for f, w in zip(found, wide, strict=True)) > 28


def test_passes_take_off_what_is_left_until_there_is_little(film: dict) -> None:
    air = AIR.astype(np.float32)
    picture = (0.35 * film["clear"][0] + 0.65 * air).astype(np.float32)
    shares = [layers.through(picture, air, 0.5, passes) for passes in (1, 3, 9)]
    cleared = [psnr(layers.cleared(picture, picture, share, air), film["clear"][0]) for share in shares]
    assert shares[1].mean() < 0.9 * shares[0].mean() and cleared[1] > cleared[0] + 1
    assert np.array_equal(shares[1], shares[2])  # the fourth would find little: it and five more are not made
    assert layers.through(picture, air, 0.0, 9).min() == 1


def test_what_is_light_among_dark_things_is_no_haze(film: dict) -> None:
    """A white wall in a clear picture of dark things stays white, where the dark channel alone takes it for haze."""
    clear = (0.5 * film["clear"][0]).astype(np.float32)
    clear[40:60, 60:90] = 0.85
    air = layers.air_of(clear)
    found = layers.cleared(clear, clear, layers.through(clear, air, 0.9), air)
    assert psnr(found, clear) > 30
    alone = layers.cleared(clear, clear, (1 - 0.9 * cv2.erode((clear / air).min(-1), np.ones((5, 5)))), air)
    assert psnr(found, clear) > psnr(alone, clear) + 6


def test_the_haze_of_a_tinted_sky_has_the_skys_colour_and_bars_are_not_looked_at(film: dict) -> None:
    tinted = np.array([0.68, 0.55, 0.40])
    picture = (0.5 * film["clear"][0] + 0.5 * tinted).astype(np.float32)
    picture[:30], picture[70:] = tinted, 0.45
    assert np.abs(layers.air_of(picture) - tinted).max() < 0.05
    barred = np.concatenate((np.zeros((20, SIZE[1], 3), np.float32), picture, np.zeros((20, SIZE[1], 3), np.float32)))
    air = layers.air_of(picture)
    inside = layers.through(barred, air, 0.9)[20:-20]
    assert np.abs(inside - layers.through(picture, air, 0.9))[10:-10].max() < 0.05


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (2, 40)])
def test_next_to_no_pixels_are_cleared_too(size: tuple[int, int], tmp_path: Path) -> None:
    Image.fromarray(np.full((*size, 3), 180, np.uint8)).save(tmp_path / "in.png")
    dehaze(tmp_path / "in.png", tmp_path / "out.png", device="cpu", first_steps=2)
    assert np.asarray(Image.open(tmp_path / "out.png")).shape == (*size, 3)
