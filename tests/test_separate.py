"""Two layers that shine through each other: found again from two mixtures, in pictures and in films."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import write_video
from PIL import Image

from dipvideo import layers, separate
from dipvideo.errors import NothingFound, OptionError
from dipvideo.io import open_source
from dipvideo.metrics import psnr

QUICK = {"device": "cpu", "first_steps": 20, "steps": 5, "precision": "float32"}
SIZE = (96, 160)


def scene(seed: int, *, shift: int = 0, blur: float = 0.0, count: int = 60) -> np.ndarray:
    """(h, w, 3) float32 in [0, 1]: rectangles over one another, with edges as sparse as a photograph's."""
    rng = np.random.default_rng(seed)
    picture = np.full((*SIZE, 3), 0.4, np.float32)
    for _ in range(count):
        x, y, w, h = rng.integers((-20, -20, 8, 8), (SIZE[1], SIZE[0], 60, 50))
        picture[max(y, 0):y + h, max(x + shift, 0):max(x + shift + w, 0)] = rng.uniform(0.05, 0.95, 3)
    return cv2.GaussianBlur(picture, (0, 0), blur) if blur else picture


def save(path: Path, picture: np.ndarray) -> Path:
    Image.fromarray(np.rint(picture.clip(0, 1) * 255).astype(np.uint8)).save(path)
    return path


def load(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)) / 255


@pytest.mark.parametrize("mixing", [((0.7, 0.3), (0.4, 0.6)), ((0.8, 0.2), (0.6, 0.4)), ((1, 0.5), (1, 0.2)),
                                    ((0.9, 0.5), (0.7, 0.1))])
def test_the_mixing_of_two_pictures_is_found(mixing: tuple) -> None:
    first, second = scene(1), scene(2, blur=2)
    pictures = [np.rint((a * first + b * second) * 240) / 255 for a, b in mixing]
    found = layers.mixing_of([tuple(p.astype(np.float32) for p in pictures)])
    ratios = np.array(mixing)[0] / np.array(mixing)[1]
    assert np.allclose(found[0] / found[1], ratios, rtol=0.1)
    if np.allclose(np.sum(mixing, 1), 1):
        assert np.allclose(found, mixing, atol=0.02)


def test_the_first_layer_is_what_the_first_picture_shows_most_of() -> None:
    sharp, soft = scene(1), scene(2, blur=2)
    for weights in ((0.7, 0.4), (0.3, 0.6)):
        found = layers.mixing_of([tuple((a * soft + (1 - a) * sharp).astype(np.float32) for a in weights)])
        assert np.allclose(found[:, 0], weights if weights[0] > 0.5 else 1 - np.array(weights), atol=0.03)


def test_both_layers_come_out_of_two_pictures(tmp_path: Path) -> None:
    first, second = scene(1), scene(2, blur=2)
    one, other = (save(tmp_path / f"{n}.png", a * first + (1 - a) * second) for n, a in (("one", 0.7), ("two", 0.4)))
    summary = separate(one, tmp_path / "out.png", other=str(other), second=str(tmp_path / "second.png"), **QUICK)
    assert psnr(load(tmp_path / "out.png"), first) > psnr(load(one), first) + 15
    assert psnr(load(tmp_path / "second.png"), second) > 30
    assert summary.steps == 0  # nothing is clipped: nothing is left to draw


def test_what_is_too_light_in_one_picture_is_read_from_the_other(tmp_path: Path) -> None:
    """Only some steps on the second layer are spent; the first keeps its edges."""
    first, second = scene(1), scene(2, blur=4, count=12)
    one, other = (save(tmp_path / f"{n}.png", first + b * second) for n, b in (("one", 0.6), ("two", 0.1)))
    assert layers.clipped(load(one)).mean() > 0.05
    summary = separate(one, tmp_path / "out.png", other=str(other), **QUICK)
    mixing = layers.mixing_of([(load(one).astype(np.float32), load(other).astype(np.float32))])
    solved = layers.unmixed(load(one), load(other), mixing)[0].clip(0, 1)
    assert psnr(load(tmp_path / "out.png"), first) > psnr(solved, first) + 3
    assert summary.steps > 0


def test_two_films_are_taken_apart_frame_by_frame(tmp_path: Path) -> None:
    firsts, seconds = ([scene(seed, shift=speed * n, blur=blur) for n in range(6)]
                       for seed, speed, blur in ((1, 2, 0), (2, -3, 2)))
    for name, a in (("one", 0.75), ("two", 0.4)):
        write_video(tmp_path / f"{name}.mkv", [np.rint((a * f + (1 - a) * s) * 255).astype(np.uint8)
                                               for f, s in zip(firsts, seconds, strict=True)],
                    codec="ffv1", pix_fmt="bgr0")
    separate(tmp_path / "one.mkv", tmp_path / "out.mkv", other=str(tmp_path / "two.mkv"), encoder="ffv1",
             second=str(tmp_path / "seconds"), **QUICK)
    found = [frame.planes.rgb() for frame in open_source(tmp_path / "out.mkv").frames()]
    assert min(psnr(one, truth) for one, truth in zip(found, firsts, strict=True)) > 25
    assert [path.name for path in sorted((tmp_path / "seconds").iterdir())] == [f"{n:06d}.png" for n in range(6)]
    assert psnr(load(tmp_path / "seconds" / "000005.png"), seconds[5]) > 25


def film(path: Path, scenes: list[np.ndarray], others: list[np.ndarray]) -> list[np.ndarray]:
    """Frames of .65 of one and .35 of the other, written to `path`; what of the scene is in them."""
    write_video(path, [np.rint((0.65 * scene + 0.35 * over).clip(0, 1) * 255).astype(np.uint8)
                       for scene, over in zip(scenes, others, strict=True)], codec="ffv1", pix_fmt="bgr0")
    return [0.65 * scene for scene in scenes]


def far(seed: int, speed: float, frames: int, blur: float = 0.0) -> list[np.ndarray]:
    """A picture wider than the frame, over which the camera pans."""
    wide = np.hstack([scene(seed + n, blur=blur) for n in (0, 40, 80, 120)])
    return [cv2.warpAffine(wide, np.float32([[1, 0, -abs(speed) * frames * (speed < 0) - speed * n], [0, 1, 0]]),
                           SIZE[::-1]) for n in range(frames)]


@pytest.mark.parametrize(("steady", "speeds"), [("scene", (0, 4)), ("scene", (1, -4)), ("reflection", (5, 0))])
def test_one_film_is_taken_apart_by_what_moves_as_one(tmp_path: Path, steady: str, speeds: tuple) -> None:
    """Also if its mean level could be told; and, where the camera moves, better than the darkest of its frames."""
    scenes, others = far(1, speeds[0], 40), far(2, speeds[1], 40, blur=2)
    truths = film(tmp_path / "film.mkv", scenes, others)
    separate(tmp_path / "film.mkv", tmp_path / "out.mkv", steady=steady, encoder="ffv1",
             second=str(tmp_path / "seconds.mkv"), **QUICK)
    given, found, second = ([frame.planes.rgb() for frame in open_source(tmp_path / f"{name}.mkv").frames()]
                            for name in ("film", "out", "seconds"))
    darkest = np.min(given, axis=0)

    def mean(pictures: list[np.ndarray], level: bool = False) -> float:
        shifts = [(t - p).mean((0, 1)) if level else 0 for p, t in zip(pictures, truths, strict=True)]
        return float(np.mean([psnr(p + by, t) for p, t, by in zip(pictures, truths, shifts, strict=True)]))

    assert mean(found) > mean(given) + 3
    assert mean(found, level=True) > mean(given, level=True) + 3
    if speeds[0]:
        assert mean(found, level=True) > mean([darkest] * len(given), level=True) + 5
    assert np.abs(np.array(found) + np.array(second) - np.array(given)).max() < 0.02  # nothing is lost


def test_what_is_out_of_focus_comes_off_a_single_picture(tmp_path: Path) -> None:
    """Though nothing else is known; what is weak and sharp, and what is soft and strong, is the scene's."""
    sharp, over = 0.7 * scene(1), 0.25 * scene(2, blur=5)
    texture = np.random.default_rng(0).uniform(-0.015, 0.015, (*SIZE, 1)).astype(np.float32)
    truth = sharp + texture
    one = save(tmp_path / "one.png", truth + over)
    summary = separate(one, tmp_path / "out.png", second=str(tmp_path / "second.png"), **QUICK)
    given, found, second = (load(tmp_path / f"{name}.png") for name in ("one", "out", "second"))
    assert psnr(found, truth) > psnr(given, truth) + 4

    def levelled(picture: np.ndarray) -> np.ndarray:
        return picture + (truth - picture).mean((0, 1))

    assert psnr(levelled(found), truth) > psnr(levelled(given), truth) + 1
    assert np.corrcoef((second - second.mean()).ravel(), (over - over.mean()).ravel())[0, 1] > 0.7
    assert np.abs(found + second - given).max() < 0.01  # nothing is lost
    far_from_edges = cv2.dilate(cv2.Laplacian(sharp, -1).any(-1).astype(np.uint8), np.ones((9, 9))) == 0
    fine = [(picture - cv2.GaussianBlur(picture, (0, 0), 1)).mean(-1)[far_from_edges] for picture in (found, truth)]
    assert fine[0].std() > 0.8 * fine[1].std()
    assert summary.steps == 0
    assert any("a film of 16 frames, or a second picture" in warning for warning in summary.warnings)


def test_of_a_picture_more_is_taken_the_more_may_change_from_pixel_to_pixel(tmp_path: Path) -> None:
    one = save(tmp_path / "one.png", 0.7 * scene(1) + 0.3 * scene(2, blur=3))
    taken = []
    for gradient in (2.0, 10.0, 30.0):
        separate(one, tmp_path / "out.png", gradient=gradient, overwrite=True, **QUICK)
        taken.append(float((load(one) - load(tmp_path / "out.png")).std()))
    assert taken[0] < 0.5 * taken[1] < 0.5 * taken[2]


def test_what_is_taken_off_a_film_of_few_frames_does_not_flicker(tmp_path: Path) -> None:
    scenes, others = far(1, 1, 8), far(2, -4, 8, blur=4)
    film(tmp_path / "film.mkv", scenes, others)
    separate(tmp_path / "film.mkv", tmp_path / "out.mkv", encoder="ffv1", **QUICK)
    given, found = ([frame.planes.rgb() for frame in open_source(tmp_path / f"{name}.mkv").frames()]
                    for name in ("film", "out"))
    levels = np.array([float((one - other).mean()) for one, other in zip(given, found, strict=True)])
    assert levels.min() > 0.02
    assert np.abs(np.diff(levels)).max() < 0.002


def test_a_short_shot_of_a_film_stays_as_it_is(tmp_path: Path) -> None:
    scenes = far(1, 1, 40) + [1 - picture for picture in far(7, 1, 10)]
    film(tmp_path / "film.mkv", scenes, far(2, -4, 40, blur=2) + far(2, -4, 10, blur=2))
    summary = separate(tmp_path / "film.mkv", tmp_path / "out.mkv", encoder="ffv1", **QUICK)
    given, found = ([frame.planes.rgb() for frame in open_source(tmp_path / f"{name}.mkv").frames()]
                    for name in ("film", "out"))
    changed = [float(np.abs(one - other).max()) > 0.02 for one, other in zip(given, found, strict=True)]
    assert changed == [True] * 40 + [False] * 10
    assert any("1 of 2 shots have fewer than 16 frames" in warning for warning in summary.warnings)


def test_what_cannot_be_taken_apart_is_one_sentence(tmp_path: Path) -> None:
    one = save(tmp_path / "one.png", 0.7 * scene(1) + 0.3 * scene(2))
    darker = save(tmp_path / "darker.png", 0.8 * (0.7 * scene(1) + 0.3 * scene(2)))
    small = save(tmp_path / "small.png", scene(1)[:50])
    with pytest.raises(NothingFound, match="in one mixture"):
        separate(one, tmp_path / "out.png", other=str(one), **QUICK)
    with pytest.raises(NothingFound, match="in one mixture"):
        separate(one, tmp_path / "out.png", other=str(darker), **QUICK)
    with pytest.raises(NothingFound, match="has 1 frame in 1 shot, and what rests is told by how the rest moves in 16"):
        separate(one, tmp_path / "out.png", steady="reflection", **QUICK)
    with pytest.raises(OptionError, match="without --steady: leave it out"):
        separate(one, tmp_path / "out.png", other=str(darker), steady="reflection", **QUICK)
    with pytest.raises(OptionError, match="160x50 and the input 1 of 160x96"):
        separate(one, tmp_path / "out.png", other=str(small), **QUICK)
    assert not (tmp_path / "out.png").exists()
