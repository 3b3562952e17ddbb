"""Haze: taken off a film whose clear pictures are known, evenly and without flicker."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import panned, write_video

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
    picture, air = film["hazy"][0].astype(np.float32) / 255, AIR.astype(np.float32)
    shares = [layers.through(picture, air, 0.5, passes) for passes in (1, 2, 9)]
    cleared = [psnr(layers.cleared(picture, picture, share, air), film["clear"][0]) for share in shares]
    assert shares[1].mean() < 0.9 * shares[0].mean() and cleared[1] > cleared[0] + 1
    assert np.array_equal(shares[1], shares[2])  # the third would find little: it and six more are not made
    assert layers.through(picture, air, 0.0, 9).min() == 1
