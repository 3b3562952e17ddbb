"""A mark that all frames share: found by itself, read through or filled, whatever it is made of."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import panned, write_video
from PIL import Image

from dipvideo import captions, remove_watermark
from dipvideo.errors import NothingFound, OptionError, RegionOutside
from dipvideo.geometry import Box
from dipvideo.io import open_source
from dipvideo.layers import Mark, MarkFinder
from dipvideo.layers.lettering import lettering
from dipvideo.layers.membrane import Membrane
from dipvideo.metrics import psnr

QUICK = {"device": "cpu", "draw": "never", "precision": "float32", "encoder": "ffv1"}
SIZE = (96, 160)


def marked(pictures: list[np.ndarray], alpha: float) -> tuple[list[np.ndarray], np.ndarray]:
    """The pictures under a ring and letters of that alpha, and the (h, w) coverage."""
    ink = np.zeros(SIZE, np.uint8)
    cv2.circle(ink, (30, 30), 11, 255, 4, cv2.LINE_AA)
    cv2.putText(ink, "TV", (110, 80), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2, cv2.LINE_AA)
    cover = ink / 255 * alpha
    return [np.rint(p * (1 - cover[..., None]) + 240 * cover[..., None]).astype(np.uint8) for p in pictures], cover


@pytest.mark.parametrize("alpha, gain", [(0.5, 5), (1.0, 6)])
def test_a_mark_is_found_and_taken_off_better_than_by_telea_who_is_told_where(tmp_path: Path, alpha: float,
                                                                              gain: float) -> None:
    clean = panned(40, speed=7, size=SIZE)
    given, cover = marked(clean, alpha)
    path = write_video(tmp_path / "film.mp4", given)
    summary = remove_watermark(path, tmp_path / "out.mkv", save_mask=str(tmp_path / "mask.mkv"),
                               save_mark=str(tmp_path / "mark.png"), **QUICK)
    found = [f.planes.rgb() for f in open_source(tmp_path / "out.mkv").frames()]
    hole, ink = next(open_source(tmp_path / "mask.mkv").frames()).planes.luma > 0, cover > 0.03
    assert (hole & ink).sum() > 0.95 * ink.sum() and hole.sum() < 3 * ink.sum()
    *colour, covers = np.moveaxis(np.asarray(Image.open(tmp_path / "mark.png")) / 255, -1, 0)
    core = cover == cover.max()
    assert abs(np.median(covers[core]) - alpha) < 0.13 and abs(np.median(np.stack(colour)[:, core]) - 240 / 255) < 0.08
    told = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3)))
    telea = [cv2.inpaint(p, told, 3, cv2.INPAINT_TELEA) / 255 for p in given]
    score = [np.mean([psnr(p, c / 255, ink) for p, c in zip(result, clean, strict=True)]) for result in (found, telea)]
    assert score[0] > score[1] + gain
    assert summary.filled.unmixed + summary.filled.borrowed > 0.9
    for one, other in zip(open_source(path).frames(), open_source(tmp_path / "out.mkv").frames(), strict=True):
        assert np.array_equal(one.planes.luma[~hole], other.planes.luma[~hole])


def test_pictures_that_share_a_mark_are_compared(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    clean = [panned(1, seed=seed, size=SIZE)[0] for seed in range(24)]
    given, cover = marked(clean, 0.5)
    for number, picture in enumerate(given):
        cv2.imwrite(str(tmp_path / "in" / f"{number}.png"), picture[..., ::-1])
    remove_watermark(tmp_path / "in", tmp_path / "out", device="cpu", draw="never")
    found = [cv2.imread(str(tmp_path / "out" / f"{n}.png"))[..., ::-1] / 255 for n in range(24)]
    better = [psnr(f, c / 255, cover > 0.03) - psnr(g / 255, c / 255, cover > 0.03)
              for f, c, g in zip(found, clean, given, strict=True)]
    assert np.mean(better) > 6


def room(*, frames: int = 24) -> list[np.ndarray]:
    """A plain thing moves through a room whose edges are as steady as a mark's."""
    still = panned(1, seed=3, size=SIZE)[0]
    still[::16], still[:, ::16] = 10, 10
    pictures = [still.copy() for _ in range(frames)]
    for n, picture in enumerate(pictures):
        picture[40:60, 4 * n:4 * n + 40] = (60, 90, 120)
    return pictures


def written(pictures: list[np.ndarray], texts: dict[str, tuple[int, int]]) -> list[np.ndarray]:
    """The pictures with half translucent white words at these places, (x, y) of their lower left corners."""
    ink = np.zeros(pictures[0].shape[:2], np.uint8)
    for words, place in texts.items():
        cv2.putText(ink, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    cover = ink[..., None] / 510
    return [np.rint(p * (1 - cover) + 240 * cover).astype(np.uint8) for p in pictures]


def larger(pictures: list[np.ndarray]) -> list[np.ndarray]:
    return [cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for picture in pictures]


def test_where_nothing_moves_a_mark_cannot_be_told_from_the_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", panned(1, size=SIZE) * 12)
    with pytest.raises(NothingFound, match="give --mask"):
        remove_watermark(path, tmp_path / "out.mkv", **QUICK)
    with pytest.raises(OptionError, match="alpha as"):
        remove_watermark(path, tmp_path / "out.mkv", save_mark="mark.jpg", **QUICK)
    with pytest.raises(RegionOutside):
        remove_watermark(path, tmp_path / "out.mkv", region="0,0,999,9", **QUICK)
    assert not (tmp_path / "out.mkv").exists()


def test_a_camera_that_stands_still_is_no_mark(tmp_path: Path) -> None:
    ring = cv2.circle(np.zeros(SIZE, np.uint8), (30, 30), 11, 255, 4, cv2.LINE_AA)[..., None] / 510
    path = write_video(tmp_path / "film.mp4", [np.rint(p * (1 - ring) + 240 * ring).astype(np.uint8) for p in room()])
    with pytest.raises(NothingFound):
        remove_watermark(path, tmp_path / "out.mkv", **QUICK)


def test_words_that_stay_are_a_mark_even_where_the_camera_stands_still(tmp_path: Path) -> None:
    """It is said which were taken; two of them are asked about, by the regions that would take either."""
    clean = larger(room())
    given = written(clean, {"clipmaker": (150, 180)})
    path = write_video(tmp_path / "film.mp4", given, options={"crf": "10"})
    summary = remove_watermark(path, tmp_path / "out.mkv", save_mask=str(tmp_path / "mask.mkv"), **QUICK)
    hole = next(open_source(tmp_path / "mask.mkv").frames()).planes.luma > 0
    ink = (np.abs(given[0].astype(int) - clean[0]).max(-1) > 20)
    assert (hole & ink).sum() > 0.9 * ink.sum() and hole.sum() < 5 * ink.sum()
    assert "stands still, and so does the text 'clipmaker' at " in " ".join(summary.warnings)
    both = write_video(tmp_path / "both.mp4", written(clean, {"clipmaker": (150, 180), "Exit 24": (30, 40)}))
    with pytest.raises(NothingFound, match=r"so do 2 lines of text: .*'clipmaker' at \d+,\d+,\d+,\d+") as told:
        remove_watermark(both, tmp_path / "none.mkv", **QUICK)
    region = str(told.value).split("'clipmaker' at ")[1].split(";")[0].split(". ")[0]
    summary = remove_watermark(both, tmp_path / "one.mkv", save_mask=str(tmp_path / "one_mask.mkv"), region=region,
                               **QUICK)
    hole = next(open_source(tmp_path / "one_mask.mkv").frames()).planes.luma > 0
    assert hole[:60].sum() == 0 < hole[120:].sum() and not summary.warnings


def test_words_on_a_single_picture_are_a_mark(tmp_path: Path) -> None:
    clean = larger(panned(1, size=SIZE))
    (given,) = written(clean, {"clipmaker": (100, 100)})
    cv2.imwrite(str(tmp_path / "in.png"), given[..., ::-1])
    remove_watermark(tmp_path / "in.png", tmp_path / "out.png", device="cpu", draw="never")
    found = cv2.imread(str(tmp_path / "out.png"))[..., ::-1]
    ink = np.abs(given.astype(int) - clean[0]).max(-1) > 20
    assert psnr(found / 255, clean[0] / 255, ink) > psnr(given / 255, clean[0] / 255, ink) + 5


def test_captions_at_one_place_are_no_text_that_stays() -> None:
    clean, said = larger(panned(32, speed=3, size=SIZE)), ("What a day", "He is gone", "Not at all", "I knew it")
    whole = Box(0, 0, *clean[0].shape[:2])
    captioned = [written([picture], {said[n // 8]: (60, 170)})[0] for n, picture in enumerate(clean)]
    assert not captions.staying_texts(captioned, whole)
    assert not captions.staying_texts(written(clean[:10], {"He is gone": (60, 170)}) + clean[10:], whole)
    (text,) = captions.staying_texts(written(clean, {"He is gone": (60, 170)}), whole)
    assert text.words == "He is gone" and text.box & Box(146, 64, 172, 176) == Box(146, 64, 172, 176)


def test_letters_that_are_known_are_the_mark_where_nothing_else_stands_out() -> None:
    finder, letters = MarkFinder(Box(0, 0, *SIZE), 24), np.zeros(SIZE, bool)
    letters[70:80, 20:60] = True
    for picture in panned(24, speed=7, size=SIZE):
        finder.update(picture / np.float32(255))
    assert finder.hole() is None and np.array_equal(finder.hole(letters), letters)


def test_letters_that_some_frames_lack_are_no_marks() -> None:
    clean = larger(panned(32, speed=3, size=SIZE))
    marked, box = written(clean, {"He is gone": (60, 170)}), Box(143, 55, 178, 210)
    letters = lettering(marked, [0] * 32, box)
    ink = np.abs(marked[0].astype(int) - clean[0]).max(-1) > 20
    assert (letters & ink).sum() > 0.8 * ink.sum() and (letters & ~ink).sum() < ink.sum()
    assert not lettering(marked[:24] + clean[24:], [0] * 32, box).any()


def test_what_stands_still_in_one_of_two_shots_is_no_mark(tmp_path: Path) -> None:
    """A grid stands still through the longer shot and is as steady as the mark there: only the mark is in both."""
    room = panned(1, seed=3, size=SIZE)[0]
    room[::16], room[:, ::16] = 10, 10
    moving = panned(40, speed=7, size=SIZE)
    clean = [np.where(np.arange(SIZE[1])[None, :, None] < 100, room, picture) for picture in moving[:24]] + moving[24:]
    given, cover = marked([picture.astype(np.uint8) for picture in clean], 0.5)
    path = write_video(tmp_path / "film.mp4", given)
    remove_watermark(path, tmp_path / "out.mkv", save_mask=str(tmp_path / "mask.mkv"), **QUICK)
    hole, ink = next(open_source(tmp_path / "mask.mkv").frames()).planes.luma > 0, cover > 0.03
    assert (hole & ink).sum() > 0.95 * ink.sum() and hole.sum() < 5 * ink.sum()


def test_what_stands_still_behind_a_badge_is_read_through_it() -> None:
    """A ridge behind the badge's middle is far from all that is known: its own steps, stretched, tell of it."""
    ink = cv2.circle(np.zeros(SIZE, np.uint8), (120, 40), 18, 255, -1, cv2.LINE_AA)[..., None] / 255
    ridge = 90 * np.exp(-((np.arange(SIZE[0]) - 40) / 8) ** 2)[:, None, None] * np.exp(
        -((np.arange(SIZE[1]) - 120) / 8) ** 2)[None, :, None]
    clean = [(0.3 * picture + 60 + ridge) / 255 for picture in panned(40, speed=7, size=SIZE)]
    finder = MarkFinder(Box(0, 0, *SIZE), len(clean))
    given = [(p * (1 - 0.5 * ink) + np.array([0.9, 0.2, 0.2]) * 0.5 * ink).astype(np.float32) for p in clean]
    for picture in given:
        finder.update(picture)
    mark = finder.mark(cv2.dilate((ink > 0.03).astype(np.uint8), np.ones((5, 5))).view(bool))
    assert np.mean([psnr(mark.gain * g + mark.shift, c, ink[..., 0] > 0.03)
                    for g, c in zip(given, clean, strict=True)]) > 30


def test_what_is_read_roughly_is_smoothed_or_not_believed() -> None:
    """Specks that a mark's edge leaves go; what is wrong over some pixels is not believed; the rest stays as it was."""
    clean = [picture / np.float32(255) for picture in panned(40, speed=7, size=SIZE)]
    ink = np.zeros(SIZE, bool)
    ink[30:60, 40:120] = True
    given = [np.where(ink[..., None], 0.5 * picture + 0.45, picture).astype(np.float32) for picture in clean]
    rng, specks, blotches = np.random.default_rng(0), np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    specks[36:54, 98:112], blotches[36:54, 46:60] = True, True
    wrong = np.where(specks, rng.uniform(-0.15, 0.15, SIZE), 0)
    wrong += np.where(blotches, np.kron(rng.choice((-0.4, 0.4), (32, 54)), np.ones((3, 3)))[:96, :160], 0)
    mark = Mark.of(np.mean(given, 0), np.std(given, 0), ink, np.zeros(SIZE, bool))
    mark = replace(mark, shift=(mark.shift + wrong[..., None]).astype(np.float32))
    whole = Box(0, 0, *SIZE)
    checked = mark.checked([np.rint(picture * 255).astype(np.uint8) for picture in given], whole)
    assert checked.trust[38:52, 68:90].mean() > 0.95 and checked.uneven[38:52, 68:90].mean() < 0.2
    assert checked.trust[blotches].mean() < 0.5
    error = [np.mean([np.abs(one.read(g, whole) - c)[specks].mean() for g, c in zip(given, clean, strict=True)])
             for one in (mark, checked)]
    assert error[1] < 0.7 * error[0]


def test_a_membrane_follows_the_steps_it_is_told() -> None:
    rng = np.random.default_rng(0)
    picture = rng.uniform(0, 1, (24, 30, 2)).astype(np.float32)
    hole = np.zeros((24, 30), bool)
    hole[5:19, 0:12] = True
    membrane = Membrane(hole)
    one, other = membrane.ends
    damaged, even = np.where(hole[..., None], 9, picture), np.ones(len(one[0]))
    assert np.allclose(membrane(damaged, picture[other] - picture[one], even), picture, atol=1e-4)
    flat = membrane(damaged, np.zeros((len(even), 2)), even)
    assert np.array_equal(flat[~hole], picture[~hole])
    assert picture.min() <= flat[hole].min() and flat[hole].max() <= picture.max()  # no higher than its rim
