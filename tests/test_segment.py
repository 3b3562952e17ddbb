"""Layers: found by motion or colour, kept apart through a film, and written in every form that is asked for."""

from itertools import permutations
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from conftest import panned, texture, write_video
from PIL import Image
from skimage.measure import label

from dipvideo import layers, segment
from dipvideo.errors import OptionError, SourceMissing
from dipvideo.io import open_source, read_labels
from dipvideo.layers import cuts, enclosed
from dipvideo.layers.moves import Moves
from dipvideo.layers.superpixels import Superpixels, superpixels
from dipvideo.layers.votes import agreed
from dipvideo.planes import LAYER_COLOURS
from dipvideo.tasks import whole

QUICK = {"device": "cpu", "first_steps": 40, "steps": 5, "precision": "float32"}
SIZE = (96, 160)


def composite(frames: int) -> tuple[list[np.ndarray], np.ndarray]:
    """A textured disc over a pan of the same texture, so that only motion tells them apart, and its (n, h, w) mask."""
    pictures, masks = panned(frames, size=SIZE), []
    own = texture(*SIZE, seed=7)
    for place, picture in enumerate(pictures):
        shape = cv2.circle(np.zeros(SIZE, np.uint8), (110 - 3 * place % 60, 45), 24, 1, -1).astype(bool)
        picture[shape] = np.roll(own, -3 * place % 60, 1)[shape]
        masks.append(shape)
    return pictures, np.stack(masks)


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean over both layers."""
    return float(np.mean([(found & truth).sum() / (found | truth).sum(), (~found & ~truth).sum() /
                          (~found | ~truth).sum()]))


def labels(path: Path) -> np.ndarray:
    """(n, h, w): the layer whose colour is nearest."""
    shown = np.stack([f.planes.rgb() for f in open_source(path).frames()])
    return np.stack([((shown - colour / 255) ** 2).sum(-1) for colour in LAYER_COLOURS[:3]], -1).argmin(-1)


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> dict:
    pictures, masks = composite(12)
    folder = tmp_path_factory.mktemp("layers")
    return {"path": write_video(folder / "film.mp4", pictures), "masks": masks, "pictures": pictures}


def test_motion_tells_apart_what_colour_cannot_and_nothing_swaps(film: dict, tmp_path: Path) -> None:
    summary = segment(film["path"], tmp_path / "out.mkv", encoder="ffv1", overlay=str(tmp_path / "overlay.mkv"),
                      layers_dir=str(tmp_path), **QUICK)
    found = labels(tmp_path / "out.mkv") == 1
    each = [iou(f, t) for f, t in zip(found, film["masks"], strict=True)]
    colours = np.stack(film["pictures"]).astype(np.float32)
    parts = layers.colours.alike(layers.colours.lab_of(colours.astype(np.uint8)), 2)
    by_colour = max(iou(parts == n, film["masks"]) for n in range(2))
    assert np.mean(each) > 0.8 > by_colour + 0.1
    assert min(each) > 0.6
    assert summary.touched == 12 and summary.steps == 40 + 11 * 5
    assert np.allclose([area[1] for area in summary.areas], found.mean((1, 2)), atol=1e-4)
    for name, form in (("overlay.mkv", "bgr0"), ("layer0.mkv", "bgra"), ("layer1.mkv", "bgra")):
        with av.open(str(tmp_path / name)) as container:
            frames = [f for f in container.decode(video=0)]
        assert len(frames) == 12 and frames[0].format.name == form
    alpha = frames[8].to_ndarray(format="rgba")[..., 3]
    assert alpha[film["masks"][8]].mean() > 180 and alpha[~film["masks"][8]].mean() < 60


def test_the_prior_mends_hints_that_are_wrong(film: dict) -> None:
    """Hints with a wrong blot: the layer that lies there explains it, whatever they say."""
    from dipvideo import engine
    from dipvideo.problems import LayersProblem

    picture, truth = film["pictures"][0].copy(), film["masks"][0]
    picture[truth] = picture[truth] // 2 + np.array([120, 0, 0], np.uint8)
    hints = np.where(truth, 0.95, 0.05).astype(np.float32)
    sure = np.ones(SIZE, np.float32)
    hints[40:60, 20:50] = 0.55
    problem = LayersProblem.of(picture, picture, np.stack((1 - hints, hints), -1), sure)
    prior = engine.Prior(problem.outputs(), network="taper:skip=0,widths=8-16-32", seed=0)
    masks = problem.answer(engine.fit(problem, prior, steps=120).estimate)
    assert iou(hints > 0.5, truth) + 0.05 < iou(masks[..., 1] > 0.5, truth)


def test_layers_keep_their_numbers_from_chunk_to_chunk(film: dict, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(whole, "MAX_FRAMES", 6)
    summary = segment(film["path"], tmp_path / "out.mkv", encoder="ffv1", **QUICK)
    found = labels(tmp_path / "out.mkv") == 1
    assert summary.chunks == 2
    assert all(iou(f, t) > 0.6 for f, t in zip(found, film["masks"], strict=True))


def test_a_layer_is_known_again_by_its_look() -> None:
    rng = np.random.default_rng(0)
    shares = np.zeros((1, 40, 60, 3), np.float32)
    shares[0, :, :30, 0] = shares[0, :20, 30:, 1] = shares[0, 20:, 30:, 2] = 1
    frames = (rng.integers(0, 30, (1, 40, 60, 3)) + shares @ np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]])
              ).astype(np.uint8)
    known = layers.look_of(frames, shares)
    for order in permutations(range(3)):
        look = layers.look_of(frames, shares[..., list(order)])
        assert [order[n] for n in layers.matched(look, known)] == [0, 1, 2]


def test_one_picture_becomes_an_indexed_png_of_classes(tmp_path: Path) -> None:
    picture = texture(*SIZE) // 4
    picture[20:70, 30:90] += np.array([150, 90, 0], np.uint8)
    cv2.imwrite(str(tmp_path / "in.png"), picture)
    segment(tmp_path / "in.png", tmp_path / "out.png", **QUICK)
    with Image.open(tmp_path / "out.png") as written:
        assert written.mode == "P"
        found = np.asarray(written)
    truth = np.zeros(SIZE, bool)
    truth[20:70, 30:90] = True
    assert set(np.unique(found)) == {0, 1}
    assert max(iou(found == 1, truth), iou(found == 0, truth)) > 0.9


def test_labels_of_photographs_are_not_written_as_photographs(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for path in (tmp_path / "one.jpg", tmp_path / "in" / "a.jpg"):
        cv2.imwrite(str(path), texture(*SIZE))
    quick = {"method": "prior", "device": "cpu", "first_steps": 2}
    assert segment(tmp_path / "one.jpg", **quick).output.endswith("one.dipvideo.png")
    segment(tmp_path / "in", tmp_path / "out", **quick)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.png"]
    with Image.open(tmp_path / "out" / "a.png") as written:
        assert written.mode == "P"


def test_a_plain_ground_does_not_go_along_with_what_moves_over_it() -> None:
    """A textured car on bare asphalt, where motion says nothing."""
    frames, truth = [], []
    own = texture(40, 30, seed=7)
    for place in range(12):
        frame = np.full((*SIZE, 3), 70, np.uint8) + np.random.default_rng(place).integers(0, 3, (*SIZE, 3), np.uint8)
        frame[10:20, 5:25] = texture(10, 20)  # something that stands there
        left = 30 + 6 * place
        frame[30:70, left:left + 30] = own
        frames.append(frame)
        truth.append(np.zeros(SIZE, bool))
        truth[-1][30:70, left:left + 30] = True
    found = layers.find_layers(np.stack(frames), 2).shares.argmax(-1) == 1
    assert all(t[f].mean() > 0.8 and f[t].mean() > 0.9 for f, t in zip(found[2:-2], truth[2:-2], strict=True))


def test_a_layer_that_explains_next_to_nothing_is_none(film: dict, monkeypatch) -> None:
    frames = np.stack(film["pictures"][:6])
    assert layers.find_layers(frames, 2, layers.Shot(enclosed=False)).moving == 2
    monkeypatch.setattr(layers.search, "WORTH", 0.99)
    assert layers.find_layers(frames, 2, layers.Shot(enclosed=False)).moving == 1


def receding(frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A disc that the camera follows over a ground that recedes: (n, h, w, 3) uint8, and the disc's (n, h, w) mask."""
    wide, own = texture(SIZE[0], 4 * SIZE[1]), texture(*SIZE, seed=7)
    speed = 1 + 6 * (np.arange(SIZE[0], dtype=np.float32) / SIZE[0]) ** 2  # pixels a frame of each row
    x, y = np.meshgrid(np.arange(SIZE[1], dtype=np.float32), np.arange(SIZE[0], dtype=np.float32))
    masks = np.stack([cv2.circle(np.zeros(SIZE, np.uint8), (80 + n, 45), 16, 1, -1).astype(bool)
                      for n in range(frames)])
    moved = [cv2.remap(wide, x + 20 + n * speed[:, None], y, cv2.INTER_LINEAR) for n in range(frames)]
    return np.stack([np.where(mask[..., None], np.roll(own, n, 1), picture)
                     for n, (picture, mask) in enumerate(zip(moved, masks, strict=True))]), masks


def test_a_thing_is_told_from_a_ground_that_has_no_one_motion() -> None:
    frames, truth = receding(12)
    found, affine = layers.find_layers(frames, 2), layers.find_layers(frames, 2, layers.Shot(enclosed=False))
    assert found.enclosed and not affine.enclosed
    assert iou(found.found == 1, truth) > 0.85 and iou(affine.found == 1, truth) < 0.6


def test_of_more_layers_the_ground_is_split_and_the_thing_stays_whole() -> None:
    frames, truth = receding(12)
    hints = layers.find_layers(frames, 4)
    found = hints.shares.argmax(-1)
    assert hints.enclosed and iou(hints.found == 1, truth) > 0.85
    shares = np.bincount(found[~truth], minlength=4) / (~truth).sum()
    assert min(shares[[0, 2, 3]]) > 0.15


def test_two_things_before_such_a_ground_are_two_layers() -> None:
    frames, truth = receding(12)
    own, others = texture(*SIZE, seed=9) // 2 + np.array([0, 0, 120], np.uint8), np.zeros_like(truth)
    frames[truth] = frames[truth] // 2 + np.array([120, 0, 0], np.uint8)
    for place, (frame, other) in enumerate(zip(frames, others, strict=True)):
        other[30:60, 20 + place // 2:50 + place // 2] = True
        frame[other] = np.roll(own, (place // 2, -3 * place), (1, 0))[other]
    found = layers.find_layers(frames, 3, layers.Shot(enclosed=True)).shares.argmax(-1)
    assert sorted(np.bincount(found[mask]).argmax() for mask in (truth, others)) == [1, 2]
    assert np.mean(found[~truth & ~others] == 0) > 0.9


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (2, 40)])
def test_next_to_no_pixels_have_layers_too(size: tuple[int, int], tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)).save(tmp_path / "in.png")
    segment(tmp_path / "in.png", tmp_path / "out.png", device="cpu", first_steps=2)
    assert np.asarray(Image.open(tmp_path / "out.png")).shape == size


def test_superpixels_end_at_edges_in_grain_too() -> None:
    y, x = np.mgrid[:96, :160]
    right = x + y / 2 > 105
    for grain in (0, 30):
        picture = np.where(right[..., None], (0.75, 0.45, 0.3), (0.3, 0.45, 0.75))
        picture = (picture + np.random.default_rng(0).normal(0, grain / 255, picture.shape)).clip(0, 1)
        parts = superpixels(picture.astype(np.float32), 200)
        sizes = np.bincount(parts.ravel())
        share = np.bincount(parts.ravel(), right.ravel()) / sizes
        assert len(sizes) > 100
        assert (sizes * np.minimum(share, 1 - share)).sum() / sizes.sum() < 0.01  # with squares .03


def test_alike_parts_of_all_frames_correct_what_some_frames_say() -> None:
    ground, truth = texture(*SIZE), np.zeros((8, *SIZE), bool)
    frames = np.stack([ground // 2] * 8)
    for place in range(8):
        truth[place, 30:60, 40 + 5 * place:75 + 5 * place] = True
    frames[truth] += np.array([120, 0, 0], np.uint8)
    said = truth.astype(np.float32)
    said[2:4], said[5, :, :80] = 0, 0.5
    shares = agreed(Superpixels(frames, layers.lab_of(frames)), np.stack((1 - said, said), -1))
    assert np.allclose(shares.sum(-1), 1, atol=1e-5)
    assert iou(said > 0.5, truth) < 0.85 and iou(shares[..., 1] > 0.5, truth) > 0.95


def walkers(frames: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Two bodies whose limbs swing while they pass each other: (n, h, w, 3) uint8, and (2, n, h, w) bool."""
    ground, truth = texture(SIZE[0], 2 * SIZE[1]) // 2, np.zeros((2, frames, *SIZE), bool)
    pictures = np.stack([ground[:, 20 + place:20 + place + SIZE[1]] for place in range(frames)])
    for body, (start, speed, top, tint) in enumerate(((20, 3, 12, (110, 0, 0)), (104, -3, 40, (0, 0, 110)))):
        own = texture(*SIZE, seed=7 + body) // 2 + np.array(tint, np.uint8)
        for place in range(frames):
            left, swing = start + speed * place, round(6 * np.sin(0.9 * place + body))
            for begin, end, at, width in ((0, 28, 0, 32), (28, 44, 3 + swing, 9), (28, 44, 20 - swing, 9)):
                where = np.s_[top + begin:top + end, left + at:left + at + width]
                truth[:, place][:, *where] = False
                truth[body, place][where] = True
                pictures[place][where] = np.roll(own, speed * place, 1)[where]
    return pictures, truth


def told_apart(frames: np.ndarray, inside: np.ndarray, most: int) -> np.ndarray:
    parts = Superpixels(frames, layers.lab_of(frames))
    return cuts.things(parts, Moves.of(frames), inside, most)


def test_bodies_whose_limbs_swing_are_told_apart_by_what_hangs_together() -> None:
    frames, truth = walkers()
    inside = truth.any(0)
    for most in (2, 3):  # no more than there are
        shares = told_apart(frames, inside, most)
        assert shares.shape[-1] == 2 and np.allclose(shares.sum(-1), 1, atol=1e-5)
        chosen = shares.argmax(-1)
        right = max((chosen == np.where(truth[flip], 0, 1))[inside].mean() for flip in (0, 1))
        assert right > 0.97
    assert told_apart(frames, inside, 1).shape[-1] == 1
    for known in (1, 2, 3):
        assert layers.find_layers(frames, 4, layers.Shot(enclosed=True, things=known)).moving == 1 + known


def test_one_body_stays_one_and_specks_are_no_things() -> None:
    frames, truth = walkers()
    inside = truth[0].copy()
    assert told_apart(frames, inside, 3).shape[-1] == 1
    inside[:, 84:94, 2:12] = True  # of the ground, less than a tenth of it
    assert told_apart(frames, inside, 3).shape[-1] == 1
    inside[:, 80:95, :16] = True
    assert told_apart(frames, inside | truth[1], 2).shape[-1] == 2  # the bodies are, once it is left out
    assert told_apart(frames, np.zeros_like(inside), 3).shape[-1] == 1


def test_a_thing_that_hardly_stands_apart_needs_no_match_and_layers_that_do_not_stand_are_none() -> None:
    fast, slow, wide, none = np.zeros((4, 4, 60, 90), bool)
    fast[:, 10:40, 10:35] = slow[:, 20:40, 55:75] = wide[:, 16:44, 50:80] = none[:, 45:55, 10:30] = True

    def clearly(speed: float, second: np.ndarray) -> bool:
        flow = np.zeros((60, 90, 2), np.float32)
        flow[fast[0], 0], flow[slow[0], 0] = 4, speed
        moves = Moves([[flow]] * 4, [], [], np.ones((4, 60, 90), np.float32))
        apart = enclosed.heights(moves)
        return enclosed.clearly(moves, apart, 1 * fast + 2 * slow, 1 * fast + 2 * second)

    assert not clearly(3, slow) and not clearly(0.3, wide)
    assert clearly(3, wide) and clearly(0.3, none)


def test_where_fewer_things_move_as_one_than_are_enclosed_these_are_the_layers(monkeypatch) -> None:
    frames, truth = walkers()
    one = truth[0].astype(np.float32)
    few = layers.Hints(frames, np.stack((1 - one, one, 0 * one), -1), Moves.of(frames), 2,
                       np.array([0, 1, 0]))
    monkeypatch.setattr(layers.hints, "_moving", lambda *args: few)
    found = layers.find_layers(frames, 3)
    assert found.enclosed and found.moving == 3
    assert all(max(iou(found.found == n, thing) for n in (1, 2)) > 0.8 for thing in truth)
    monkeypatch.setattr(cuts, "NATURAL", 1.0)  # then all that is enclosed is one thing
    monkeypatch.setattr(enclosed, "CLOSE", 0.1)
    assert not layers.find_layers(frames, 3).enclosed


def test_limbs_that_swing_go_with_their_body_as_colours_and_what_is_enclosed_tell() -> None:
    """No one motion explains them: motions and their own frame alone leave them to the ground."""
    ground, own = texture(SIZE[0], 2 * SIZE[1]) // 2, texture(*SIZE, seed=7) // 2 + np.array([120, 0, 0], np.uint8)
    frames, truth = [], np.zeros((12, *SIZE), bool)
    for place in range(12):
        frame = ground[:, 20 + place:20 + place + SIZE[1]].copy()
        swing = round(8 * np.sin(0.9 * place))
        for top, bottom, left, width in ((20, 50, 50, 40), (50, 75, 52 + swing, 10), (50, 75, 76 - swing, 10)):
            where = np.s_[top:bottom, left + 2 * place:left + 2 * place + width]
            frame[where], truth[place][where] = own[top:bottom, left:left + width], True
        frames.append(frame)
    found = layers.find_layers(np.stack(frames), 2, layers.Shot(enclosed=False))
    assert found.moving == 2 and ((found.found == 1) & truth).sum() > 0.85 * truth.sum()  # .79 without a vote, .78 by
    assert iou(found.found == 1, truth) > 0.92  # votes on motions alone


def test_a_body_that_the_edge_cuts_is_not_given_up_for_its_hand() -> None:
    """Motion encloses the hand, which is faster, but the body that reaches out of the picture moves as one."""
    ground, body, hand = texture(*SIZE), texture(*SIZE, seed=7), texture(30, 30, seed=8)
    frames = []
    for place in range(12):
        frame = ground.copy()
        frame[30:, 40 + place:100 + place] = body[30:, 40:100]
        frame[45 + 2 * place:65 + 2 * place, 60 + place:80 + place] = hand[:20, :20]
        frames.append(frame)
    assert not layers.find_layers(np.stack(frames), 2).enclosed


def test_the_parts_of_a_shot_agree_on_what_its_layers_are(film: dict, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(whole, "MAX_FRAMES", 4)
    votes, used, real = iter([True, False, False]), [], layers.find_layers
    monkeypatch.setattr(enclosed, "clearly", lambda *args: next(votes))
    monkeypatch.setattr(layers, "find_layers", lambda frames, count, shot: (
        used.append(shot.enclosed), real(frames, count, shot))[1])
    assert segment(film["path"], tmp_path / "out.mkv", encoder="ffv1", **QUICK).chunks == 3
    assert used == [None] * 3 + [False] * 3


def test_the_parts_of_a_shot_agree_on_how_many_things_are_enclosed(film: dict, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(whole, "MAX_FRAMES", 4)
    monkeypatch.setattr(enclosed, "clearly", lambda *args: True)
    counts, used = iter([1, 2, 2]), []

    def things(parts: Superpixels, moves: Moves, inside: np.ndarray, most: int, known: int | None) -> np.ndarray:
        used.append(known)
        count = known or next(counts)
        return np.full((*inside.shape, count), 1 / count, np.float32)

    monkeypatch.setattr(cuts, "things", things)
    segment(film["path"], tmp_path / "out.mkv", encoder="ffv1", layers=3, **QUICK)
    assert used == [None] * 3 + [2] * 3


def test_what_colours_tell_apart_is_learned_once_for_all_parts_of_a_shot(tmp_path: Path, monkeypatch) -> None:
    """What stands out most grows, and is hardly there in the first chunk."""
    monkeypatch.setattr(whole, "MAX_FRAMES", 4)
    pictures = [np.full((*SIZE, 3), 40, np.uint8) for _ in range(8)]
    for place, picture in enumerate(pictures):
        picture[30:75, 20:60] = (200, 60, 30)
        picture[20:85, 80:80 + 8 * place] = (30, 120, 200)
    path, used, real = write_video(tmp_path / "film.mp4", pictures), [], layers.find_layers
    monkeypatch.setattr(layers, "find_layers", lambda frames, count, shot: (
        used.append(shot.centres), real(frames, count, shot))[1])
    assert segment(path, tmp_path / "out.mkv", encoder="ffv1", **QUICK).shots == 1
    frames = [layers.reduced(frame.planes.rgb()) / np.float32(255) for frame in open_source(path).frames()]
    whole_shot = layers.centres_of(frames, 2)
    assert len(used) == 4 and all(np.allclose(one, whole_shot) for one in used)


@pytest.mark.parametrize("frames", range(2, 8))
def test_the_shortest_shots_have_layers_that_motion_tells_apart(film: dict, frames: int) -> None:
    found = layers.find_layers(np.stack(film["pictures"][:frames]), 2)
    assert found.shares.shape == (frames, *SIZE, 2) and all(found.moves.leaps)


@pytest.mark.parametrize("size", [(4, 5), (8, 10), (9, 300)])
@pytest.mark.parametrize("count", [2, 4])
def test_the_smallest_pictures_have_layers(size: tuple[int, int], count: int) -> None:
    shares = layers.find_layers(np.random.default_rng(0).integers(0, 256, (3, *size, 3), np.uint8), count).shares
    assert shares.shape == (3, *size, count) and np.allclose(shares.sum(-1), 1, atol=1e-4)


def test_masks_follow_the_edges_of_the_picture_they_are_brought_to() -> None:
    picture = np.full((96, 96, 3), 40, np.uint8)
    picture[:, 50:] = 200
    small = cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA)
    coarse = np.repeat((np.arange(32) >= 16)[None], 32, 0).astype(np.float32)  # 2 pixels before the edge
    up = layers.brought_up(np.stack((1 - coarse, coarse), -1), small, picture)
    plain = cv2.resize(coarse, (96, 96))
    truth = picture[..., 0] > 100
    assert np.abs(up[..., 1] - truth).mean() < np.abs(plain - truth).mean()
    assert np.allclose(up.sum(-1), 1)


def test_scribbles_name_the_classes_and_go_on_through_the_shot(film: dict, tmp_path: Path, monkeypatch) -> None:
    """A red disc over green, a stroke in each; two chunks, so that the plan carries labels to the second."""
    monkeypatch.setattr(whole, "MAX_FRAMES", 6)
    pictures = [p // 2 + np.where(m[..., None], np.array([110, 0, 0], np.uint8), np.array([0, 60, 0], np.uint8))
                for p, m in zip(film["pictures"], film["masks"], strict=True)]
    path = write_video(tmp_path / "film.mp4", pictures)
    strokes = np.zeros((*SIZE, 3), np.uint8)
    strokes[[5, 90], 10:150] = 255  # white is the last class: it has the highest value
    strokes[45, 100:115] = (0, 0, 200)
    Image.fromarray(strokes).save(tmp_path / "labels.png")
    segment(path, tmp_path / "out.mkv", method="labels", labels=str(tmp_path / "labels.png"), encoder="ffv1", **QUICK)
    found = labels(tmp_path / "out.mkv")
    assert set(np.unique(found)) <= {1, 2}
    assert all(iou(f == 1, t) > 0.85 for f, t in zip(found, film["masks"], strict=True))


def test_labels_are_read_by_value_or_by_colour(tmp_path: Path) -> None:
    values = np.array([[0, 3, 3], [7, 0, 0]], np.uint8)
    indexed = Image.fromarray(values)
    indexed.putpalette(bytes(range(30)))
    indexed.save(tmp_path / "indexed.png")
    rgba = np.zeros((2, 3, 4), np.uint8)
    rgba[values == 3], rgba[values == 7], rgba[1, 2] = (9, 0, 0, 255), (200, 0, 0, 255), (50, 50, 50, 0)
    Image.fromarray(rgba).save(tmp_path / "colours.png")
    for name in ("indexed.png", "colours.png"):
        assert read_labels(str(tmp_path / name)).tolist() == [[-1, 0, 0], [1, -1, -1]]


@pytest.mark.parametrize("options, error, sentence", [
    ({"layers": 1}, OptionError, "layers must be from 2"),
    ({"labels": "l.png"}, OptionError, "--method labels --labels FILE"),
    ({"method": "prior", "classes": "watershed"}, OptionError, "cannot be found by 'watershed'. Known: k-means"),
    ({"method": "prior", "classes": "kanezaki:width=0"}, OptionError, "width is more than 0"),
    ({"classes": "kanezaki"}, OptionError, "--classes is of --method prior"),
    ({"method": "prior", "classes": "k-means", "labels": "l.png"}, OptionError, "takes no scribbles"),
    ({"method": "labels", "labels": "l.png"}, SourceMissing, "no picture 'l.png'"),
    ({"overlay": "o.mp4"}, OptionError, "An overlay is written losslessly as .mkv or .mov"),
    ({"layers_dir": "no/such"}, SourceMissing, "There is no folder"),
])
def test_what_cannot_be_is_one_sentence(film: dict, tmp_path: Path, monkeypatch, options: dict, error: type,
                                        sentence: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=sentence):
        segment(film["path"], tmp_path / "out.mkv", **options, **QUICK)
    assert not [*tmp_path.iterdir()]


def test_a_thing_is_told_from_its_ground_without_a_word(tmp_path: Path) -> None:
    """Two colours lie inside, one of them the ground's own: it stands apart from the border all the same."""
    picture = texture(*SIZE) // 4 + np.array([40, 60, 20], np.uint8)
    thing = cv2.circle(np.zeros(SIZE, np.uint8), (85, 48), 34, 1, -1).astype(bool)
    inner = cv2.circle(np.zeros(SIZE, np.uint8), (85, 48), 22, 1, -1).astype(bool)
    picture[thing & ~inner] = picture[thing & ~inner] // 2 + np.array([120, 20, 0], np.uint8)
    cv2.imwrite(str(tmp_path / "in.png"), picture)
    summary = segment(tmp_path / "in.png", tmp_path / "out.png", method="prior", device="cpu")
    found = np.asarray(Image.open(tmp_path / "out.png"))
    by_colour = layers.alike(layers.lab_of(picture[None]), 2)[0] == 1
    assert iou(found == 1, thing) > max(iou(by_colour, thing), iou(~by_colour, thing)) + 0.1
    assert iou(found == 1, thing) > 0.8 and summary.steps == 50


def test_classes_without_a_word_stay_through_a_film(film: dict, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(whole, "MAX_FRAMES", 2)
    pictures = [np.where(m[..., None], np.array([150, 20, 0], np.uint8), p // 3)
                for p, m in zip(film["pictures"][:6], film["masks"], strict=False)]
    for picture in pictures:
        picture[:20] = (20, 40, 160)
    path = write_video(tmp_path / "film.mp4", pictures)
    segment(path, tmp_path / "out.mkv", method="prior", layers=3, encoder="ffv1", device="cpu")
    found = labels(tmp_path / "out.mkv")
    middle = [np.bincount(f[m]).argmax() for f, m in zip(found, film["masks"], strict=False)]
    assert len(set(middle)) == 1 and middle[0] != 0
    assert len({np.bincount(f[:15].ravel()).argmax() for f in found} - {0, middle[0]}) == 1


def quarters() -> tuple[np.ndarray, np.ndarray]:
    """Four kinds of noise whose single pixels are often alike, and where each is."""
    truth = np.zeros(SIZE, int)
    truth[48:] += 2
    truth[:, 80:] += 1
    means = np.array([(130, 90, 90), (90, 130, 90), (90, 90, 130), (130, 130, 60)])
    noise = np.random.default_rng(0).normal(0, 60, (*SIZE, 3))
    return (means[truth] + noise).clip(0, 255).astype(np.uint8), truth


def whole_quarters(found: np.ndarray, truth: np.ndarray) -> float:
    """The share of a quarter's pixels that have its most frequent class, mean of all."""
    return float(np.mean([np.bincount(found[truth == n]).max() / (truth == n).sum() for n in range(4)]))


def test_a_network_that_teaches_itself_joins_what_belongs_together(tmp_path: Path) -> None:
    picture, truth = quarters()
    Image.fromarray(picture).save(tmp_path / "in.png")
    segment(tmp_path / "in.png", tmp_path / "out.png", method="prior", layers=4, classes="kanezaki:steps=30,lines=48",
            device="cpu")
    found = np.asarray(Image.open(tmp_path / "out.png"))
    by_colour = layers.alike(layers.lab_of(picture[None]), 4)[0]
    assert len(np.unique(found)) > 1 and whole_quarters(found, truth) > whole_quarters(by_colour, truth) + 0.2
    parts = layers.make_clustering("kanezaki:steps=30,lines=48").parts(picture.astype(np.float32) / 255, 4, 0)
    alone = layers.make_clustering("kanezaki:steps=1,lines=48").parts(picture.astype(np.float32) / 255, 4, 0)
    assert 4 <= len(np.unique(parts)) < len(np.unique(alone)) / 2  # it is the steps that join
    assert len({np.bincount(parts[truth == n]).argmax() for n in range(4)}) == 4
    assert whole_quarters(parts, truth) > 0.7
    assert all(label(parts == n).max() == 1 for n in np.unique(parts))  # each hangs together


def test_a_network_learns_classes_from_scribbles_and_knows_them_in_later_frames(film: dict, tmp_path: Path,
                                                                               monkeypatch) -> None:
    """Both are green, one of them striped: colours alone cannot tell them apart. Two chunks: one network knows both."""
    monkeypatch.setattr(whole, "MAX_FRAMES", 2)
    stripes = np.where(np.arange(SIZE[1])[None, :, None] // 2 % 2, 30, 130) * np.array([0.3, 1, 0.3])
    flat = np.full((*SIZE, 3), 80) * np.array([0.3, 1, 0.3])
    masks = film["masks"][:4]
    path = write_video(tmp_path / "film.mp4", [np.where(m[..., None], stripes, flat).astype(np.uint8) for m in masks])
    strokes = np.zeros(SIZE, np.uint8)
    strokes[[5, 90], 10:150] = 2
    strokes[45, 100:115] = 1
    Image.fromarray(strokes).save(tmp_path / "labels.png")
    segment(path, tmp_path / "out.mkv", method="prior", labels=str(tmp_path / "labels.png"), encoder="ffv1",
            classes="kanezaki:lines=96,width=16,steps=40", **QUICK)
    found = labels(tmp_path / "out.mkv")
    assert set(np.unique(found)) <= {1, 2}
    assert all(iou(f == 1, t) > 0.8 for f, t in zip(found, masks, strict=True))


@pytest.mark.parametrize("form, names", [("prores", ["layer0.mov", "layer1.mov"]), ("png", ["layer0", "layer1"])])
def test_layers_come_in_the_form_that_is_asked_for(film: dict, tmp_path: Path, form: str, names: list[str]) -> None:
    path = write_video(tmp_path / "film.mp4", film["pictures"][:4])
    segment(path, tmp_path / "out.mkv", layers_dir=str(tmp_path), layers_format=form, **QUICK)
    assert sorted(p.name for p in tmp_path.glob("layer*")) == names
    source = str(tmp_path / names[1])
    pictures = [f.to_ndarray(format="rgba") for f in av.open(source).decode(video=0)] if form == "prores" else [
        np.asarray(Image.open(p)) for p in sorted(Path(source).iterdir())]
    truth = film["masks"][:4]
    assert np.array(pictures).shape == (4, *SIZE, 4)
    assert np.array(pictures)[..., 3][truth].mean() > 3 * np.array(pictures)[..., 3][~truth].mean()


def test_an_overlay_of_one_picture_cannot_hold_a_film(film: dict, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="is one picture and the input has 12 frames"):
        segment(film["path"], tmp_path / "out.mkv", overlay=str(tmp_path / "look.png"), **QUICK)
