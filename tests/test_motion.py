"""Borrowing: what other frames show comes back true, and what none shows is not claimed."""

import cv2
import numpy as np
import pytest
from conftest import captioned, panned, texture

from dipvideo.machine import sharing
from dipvideo.metrics import psnr
from dipvideo.motion import borrow
from dipvideo.motion.bars import bars
from dipvideo.motion.candidates import MOST, Candidates
from dipvideo.motion.halo import SURE, free_of_text, light_left, usually_free
from dipvideo.motion.panel import find_panel
from dipvideo.motion.scene import Scene
from dipvideo.motion.unmix import read_shadow, read_through

SIZE = (72, 160)


def scene(clean: list[np.ndarray], start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames with text in [start, stop), and their holes."""
    burned, ink = captioned(clean, start, stop, "Hello you")
    hole = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.stack(burned), np.stack([hole & (start <= i < stop) for i in range(len(clean))])


def filled(frames: np.ndarray, holes: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    answer, = borrow(frames, holes, [target])
    return answer.rgb, answer.confidence, answer.source


def telea(frame: np.ndarray, hole: np.ndarray) -> np.ndarray:
    return cv2.inpaint(frame, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA) / 255


@pytest.mark.parametrize("speed", [0, 1, 3])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_hidden_pixels_come_back_true_under_a_still_or_moving_camera(speed: int, kind: type) -> None:
    clean = panned(24, speed=speed, size=SIZE)
    frames, holes = scene(clean, 8, 18)
    given = frames if kind is np.uint8 else frames.astype(np.float32) / 255
    rgb, confidence, source = filled(given, holes, 12)
    hole = holes[12]
    inner = hole.copy()
    inner[:, -20:] = False  # a pan brings these in from outside the crop
    assert confidence[inner].mean() > 0.9
    assert psnr(rgb, clean[12] / 255, inner) > psnr(telea(frames[12], hole), clean[12] / 255, inner) + 8
    assert (source[inner] != 12).all() and (source[inner] >= 0).mean() > 0.99


def test_nothing_is_said_outside_the_hole_or_of_frames_without_one() -> None:
    frames, holes = scene(panned(12, size=SIZE), 4, 8)
    rgb, confidence, source = filled(frames, holes, 6)
    assert not confidence[~holes[6]].any() and (source[~holes[6]] == -1).all() and not rgb[~holes[6]].any()
    _, confidence, source = filled(frames, holes, 2)
    assert not confidence.any() and (source == -1).all()


def test_what_no_frame_shows_is_not_claimed() -> None:
    """Text that never goes, over a picture that never moves."""
    frames, holes = scene(panned(10, speed=0, size=SIZE), 0, 10)
    _, confidence, _ = filled(frames, holes, 5)
    assert confidence.max() == 0


def test_a_lone_frame_has_nothing_to_borrow() -> None:
    frames, holes = scene(panned(1, size=SIZE), 0, 1)
    _, confidence, source = filled(frames, holes, 0)
    assert not confidence.any() and (source == -1).all()


def test_frames_that_show_something_else_are_not_trusted() -> None:
    """Every other frame is another scene: confidence falls far below that of the same scene."""
    same = panned(12, speed=0, size=SIZE)
    other = [same[6] if i == 6 else texture(*SIZE, seed=50 + i) for i in range(12)]
    trusted, doubted = (filled(*scene(clean, 6, 7), 6)[1][scene(clean, 6, 7)[1][6]].mean() for clean in (same, other))
    assert trusted > 0.95 > 0.6 > doubted


def test_another_exposure_is_matched() -> None:
    clean = panned(16, speed=0, size=SIZE)
    faded = [np.clip(c * (0.75 if i < 6 else 1.0), 0, 255).astype(np.uint8) for i, c in enumerate(clean)]
    frames, holes = scene(faded, 6, 16)
    rgb, _, _ = filled(frames, holes, 10)
    assert psnr(rgb, clean[10] / 255, holes[10]) > psnr(clean[10] * 0.75 / 255, clean[10] / 255, holes[10]) + 6


@pytest.mark.parametrize("speed", [1, 2, 3])
def test_a_thing_that_moves_by_itself_is_never_made_worse(speed: int) -> None:
    """Texture crosses behind the text over a still background: what is not understood is not trusted."""
    back, thing = texture(*SIZE, seed=3), texture(64, 90, seed=9)
    clean = []
    for i in range(20):
        picture, left = back.copy(), 30 + speed * (i - 10)
        picture[6:70, left:left + 90] = thing
        clean.append(picture)
    frames, holes = scene(clean, 0, 20)
    hole = holes[10].copy()
    hole[:, :38] = hole[:, 112:] = False  # what of it is hidden at frame 10, away from its edges
    rgb, confidence, _ = filled(frames, holes, 10)
    plain, share = telea(frames[10], holes[10]), confidence[..., None]
    assert psnr(share * rgb + (1 - share) * plain, clean[10] / 255, hole) > psnr(plain, clean[10] / 255, hole)


def test_the_bits_do_not_depend_on_threads_or_runs() -> None:
    frames, holes = scene(panned(16, speed=2, size=SIZE), 4, 12)
    answers = []
    try:
        for threads in (1, 2, 1):
            cv2.setNumThreads(threads)
            with sharing(threads):
                answers.append(filled(frames, holes, 8))
    finally:
        cv2.setNumThreads(1)
    for answer in answers[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(answers[0], answer, strict=True))


def test_a_large_crop_is_searched_coarsely_and_filled_finely() -> None:
    """Half a pixel lost between the two grids, or a bright pixel of text in what counts as known, would show."""
    clean = panned(10, speed=3, size=(240, 640))
    burned, ink = captioned(clean, 3, 7, "Hello you")
    holes = np.stack([ink & (3 <= i < 7) for i in range(10)])
    rgb, confidence, _ = filled(np.stack(burned), holes, 5)
    inner = holes[5].copy()
    inner[:, -30:] = False
    assert confidence[inner].mean() > 0.9
    assert psnr(rgb, clean[5] / 255, inner) > 45  # half a pixel off: 36


@pytest.mark.parametrize("left_out", ["align.Tracks.model", "flow.Flows.chain"])
def test_corners_and_flow_can_each_follow_a_camera(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"dipvideo.motion.{left_out}", lambda *_: None if "model" in left_out else iter(()))
    test_hidden_pixels_come_back_true_under_a_still_or_moving_camera(3, np.uint8)


def test_a_still_camera_is_not_searched_for_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, holes = scene(panned(16, speed=0, size=SIZE), 4, 12)
    monkeypatch.delattr("dipvideo.motion.align.Tracks.model")
    monkeypatch.delattr("dipvideo.motion.flow.Flows.chain")
    assert filled(frames, holes, 8)[1][holes[8]].mean() > 0.95


def test_a_frame_that_the_camera_has_left_is_not_tried_as_it_stands() -> None:
    from dipvideo.motion.candidates import Candidates
    from dipvideo.motion.scene import Scene

    for speed, near in ((0, 8), (1, 1), (3, 1)):
        frames, holes = scene(panned(16, speed=speed, size=SIZE), 6, 9)
        candidates = Candidates(Scene(frames, holes))
        found = candidates.of(7, candidates.rim(7) * 0, ~holes[7])
        still = {abs(c.frame - 7) for c in found if c.place is None}
        assert still and max(still) >= near if not speed else not [d for d in still if d * speed > 1.5]


def test_a_frame_is_tried_as_it_stands_where_only_a_thing_moves() -> None:
    """A panel that slides over most of a still picture is not the camera."""
    from dipvideo.motion.candidates import Candidates
    from dipvideo.motion.scene import Scene

    height, width = SIZE
    still, panel = texture(height, width), texture(height, width + 40, 5)
    frames = np.stack([np.concatenate((still[:, :40], panel[:, n * 2:n * 2 + width - 40]), 1) for n in range(16)])
    holes = np.zeros(frames.shape[:3], bool)
    holes[6:9, height // 2:height // 2 + 6, 10:30] = True
    candidates = Candidates(Scene(frames, holes))
    found = candidates.of(7, candidates.rim(7) * 0, ~holes[7])
    assert {c.frame for c in found if c.place is None} >= {2, 3, 4, 5, 9, 10, 11}


def test_flow_to_far_frames_leads_where_all_steps_lead() -> None:
    from dipvideo.motion.flow import Flows
    from dipvideo.motion.scene import Scene

    frames, holes = scene(panned(16, speed=2, size=SIZE), 20, 20)
    flows = Flows(Scene(frames, holes))
    every, few = (dict(flows.chain(12, offsets)) for offsets in (range(-1, -13, -1), (-2, -4, -8, -12)))
    assert list(few) == [10, 8, 4, 0]
    assert all(np.abs(few[n] - every[n]).mean() < 0.1 for n in few)
    assert np.median((few[0] - flows._scene.still)[..., 0]) == pytest.approx(24, abs=1)
    assert [n for n, _ in flows.chain(12, (1, 2, 4))] == [13, 14], "there is no frame 16"


def test_long_text_over_a_slow_pan_is_read_from_far_away() -> None:
    """A column of text wider than what 48 frames of pan uncover."""
    clean = panned(160, speed=1, size=(48, 240))
    holes = np.zeros((160, 48, 240), bool)
    holes[:, 16:32, 60:180] = True
    frames = np.stack(clean)
    frames[holes] = 255
    target = 80
    _, confidence, source = filled(frames, holes, target)
    far = np.zeros_like(holes[target])
    far[18:30, 112:128] = True  # 52 pixels or more from either end of the text
    assert (confidence[far] > 0.8).mean() > 0.9
    assert (np.abs(source[far] - target) > 48).all()


def test_no_more_is_kept_however_long_the_shot() -> None:
    """Walking through a shot, flow behind the reach is forgotten."""
    from dipvideo.motion.candidates import REACH, Candidates
    from dipvideo.motion.scene import Scene

    frames, holes = scene(panned(260, speed=1, size=(32, 64)), 0, 260)
    candidates = Candidates(Scene(frames, holes))
    for target in range(0, 260, 20):
        candidates.of(target, candidates.rim(target) * 0, ~holes[target])
        kept = sum(move.nbytes for move in candidates._flows._kept.values())
        assert 0 < kept <= 3 * (REACH + 20) * frames[0, ..., :2].size * np.dtype(np.float32).itemsize


def restless(frames: int, size: tuple[int, int]) -> list[np.ndarray]:
    """A pan of which a seventh is new in every frame: other frames say something of it, and never all."""
    still = panned(frames, speed=2, size=size)
    return [np.rint(0.85 * s + 0.15 * texture(*size, seed=100 + i)).astype(np.uint8) for i, s in enumerate(still)]


def boxed(clean: list[np.ndarray], alphas: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(frames, holes, box, letters): white letters in a translucent dark box, as opaque in each frame as `alphas`."""
    size = clean[0].shape[:2]
    box, letters = np.zeros(size, bool), np.zeros(size, np.uint8)
    box[20:56, 16:-16] = True
    cv2.putText(letters, "Hello you", (30, 44), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
    frames, holes = [], []
    for picture, alpha in zip(clean, alphas, strict=True):
        cover = np.where(letters > 0, min(alpha / 0.6, 1), box * alpha)[..., None]
        colour = np.where(letters[..., None] > 0, 250, np.array([20, 10, 40]))
        frames.append(np.rint(picture * (1 - cover) + colour * cover).astype(np.uint8))
        holes.append(cv2.dilate(box.astype(np.uint8), np.ones((5, 5), np.uint8)) * (alpha > 0) > 0)
    return np.stack(frames), np.stack(holes), box & (cv2.dilate(letters, np.ones((5, 5))) == 0), letters > 0


def test_a_translucent_box_is_taken_off_not_painted_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = restless(24, (76, 200))
    frames, holes, box, letters = boxed(clean, [0.0] * 4 + [0.6] * 16 + [0.0] * 4)
    rgb, confidence, source = _one_of(frames, holes, range(4, 20), 8)
    truth = clean[12] / 255
    taken_off = psnr(rgb, truth, box)
    assert (source[box] == -2).mean() > 0.9 and confidence[box].mean() > 0.95
    assert (source[letters] == -2).mean() < 0.1
    monkeypatch.setattr("dipvideo.motion.borrowing.find_panel", lambda *_: None)
    assert taken_off > 30 and taken_off > psnr(telea(frames[12], holes[12]), truth, box) + 10
    assert taken_off > psnr(_one_of(frames, holes, range(4, 20), 8)[0], truth, box) + 3


def test_a_box_that_fades_is_taken_off_as_far_as_it_is_there() -> None:
    clean = restless(28, (76, 200))
    alphas = [0.0] * 4 + [0.15, 0.3, 0.45] + [0.6] * 14 + [0.4, 0.2] + [0.0] * 5
    frames, holes, box, _ = boxed(clean, alphas)
    for place in (1, 2, 17):  # of the caption's 19 frames
        rgb, _, source = _one_of(frames, holes, range(4, 23), place)
        assert psnr(rgb, clean[4 + place] / 255, box & (source == -2)) > 30
        assert (source[box] == -2).mean() > 0.9


def test_opaque_text_is_never_read_through() -> None:
    clean = restless(24, SIZE)
    frames, holes = scene(clean, 0, 24)
    _, ink = captioned(clean, 0, 24, "Hello you")
    solid = cv2.erode(ink.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    _, _, source = _one_of(frames, holes, range(24), 12)
    assert (source[solid] == -2).mean() < 0.02


def test_what_a_hole_holds_without_need_is_kept() -> None:
    """A mask far larger than the text: where nothing lies on the picture, the picture itself is the answer."""
    clean = restless(24, SIZE)
    burned, ink = captioned(clean, 0, 24, "Hello you")
    hole = cv2.dilate(ink.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    rgb, confidence, source = _one_of(np.stack(burned), np.stack([hole] * 24), range(24), 12)
    bare = hole & ~ink
    share = confidence[..., None]
    filled_in = share * rgb + (1 - share) * telea(burned[12], hole)
    assert (source[bare] == -2).mean() > 0.7
    assert psnr(filled_in, clean[12] / 255, bare) > psnr(telea(burned[12], hole), clean[12] / 255, bare) + 6


def test_text_that_a_short_mask_leaves_out_is_told_from_halo() -> None:
    """Over a caption's frames text adds the same to each; a guess of the background that is off by 12 tells."""
    draw = np.random.default_rng(0)
    background = draw.uniform(40, 180, (12, 400)).astype(np.float32)
    guess = background + draw.normal(0, 12, background.shape).astype(np.float32)
    shown = background + draw.normal(0, 4, background.shape).astype(np.float32)
    text = np.arange(400) % 2 == 0
    shown[:, text] = 0.5 * shown[:, text] + 0.5 * 240
    variance = np.full(shown.shape, 144, np.float32)

    def usual(hole: bool, marked: bool) -> np.ndarray:
        return usually_free(np.full((20, 20), hole), np.full((20, 20), marked)).ravel()

    free = free_of_text(shown, guess, variance, usual(True, False)) > SURE
    assert free[~text].mean() > 0.95 and free[text].mean() < 0.1
    doubtful = free_of_text(shown, guess, np.full(shown.shape, np.inf, np.float32), usual(True, True)) > SURE
    assert not doubtful.any()  # deep inside, with nothing known, text is likelier


@pytest.mark.parametrize(("share", "found"), [(0.3, False), (0.8, True)])
def test_letters_are_translucent_all_over_or_not_at_all(share: float, found: bool) -> None:
    """Of opaque strokes some lie on a line by chance: where the picture is as dark as they are."""
    draw = np.random.default_rng(0)
    hole = np.zeros((80, 400), bool)
    hole[10:70, 4:396:6] = hole[10:70, 5:396:6] = hole[10:70, 6:396:6] = True  # strokes of three pixels
    count = int(hole.sum())
    background = draw.uniform(20, 230, (24, count, 3)).astype(np.float32)
    guess = background + draw.normal(0, 3, background.shape).astype(np.float32)
    through = (np.nonzero(hole)[1] < 400 * share)[:, None]
    shown = np.where(through, 0.4 * background + 0.6 * 250, 250) + draw.normal(0, 1, background.shape)
    variance = np.full((24, count), 9, np.float32)
    panel = find_panel(shown.astype(np.float32), guess, variance, np.ones(count, bool), hole)
    assert (panel is not None) == found


def test_what_a_mask_covers_without_need_helps_to_find_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = panned(24, speed=1, size=SIZE)
    clean = [np.roll(frame, round(4 * np.sin(t)), axis=0) for t, frame in enumerate(clean)]  # hand-held
    burned, ink = captioned(clean, 0, 24, "Hello you")
    hole = cv2.dilate(ink.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0

    def quality() -> float:
        answers = list(borrow(np.stack(burned), np.stack([hole] * 24), list(range(24)), np.stack([ink] * 24)))
        return np.mean([psnr(a.rgb, truth / 255, ink & (a.confidence > 0)) for a, truth in
                        zip(answers, clean, strict=True)])

    with_it = quality()
    monkeypatch.setattr("dipvideo.motion.borrowing.free_of_text", lambda *_: np.float32(0))
    assert with_it > quality() + 0.5


def test_a_soft_shadow_is_read_through_pixel_by_pixel() -> None:
    """Every pixel has an alpha of its own; the background is known to ± 12, and badly in some frames."""
    draw = np.random.default_rng(0)
    background = draw.uniform(40, 180, (40, 50, 3)).astype(np.float32)
    alpha = np.linspace(0, 1, 50)[None, :, None]
    shown = (background * (1 - alpha) + 30 * alpha + draw.normal(0, 1, background.shape)).astype(np.float32)
    variance = np.where(draw.uniform(size=(40, 50)) < 0.2, 2500, 144).astype(np.float32)
    guess = background + draw.normal(0, 1, background.shape).astype(np.float32) * np.sqrt(variance)[..., None]
    reading, error = read_through(shown, guess, variance, np.full(50, 1600, np.float32))
    off = ((reading - background)[..., 0] ** 2).mean(0)
    doubted = ((guess - background)[..., 0] ** 2).mean(0)
    assert (off[:30] < doubted[:30] / 4).all() and np.median(error[:, :30]) < np.median(variance) * 3
    assert (error[:, -4:] > 1e5).all()


def shaded(frames: int, light: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(background, what is shown through `light`, (h, w), a guess that is off by 12, its variance) of all pixels."""
    draw = np.random.default_rng(0)
    background = draw.uniform(40, 180, (frames, light.size, 3)).astype(np.float32)
    shown = background * light.ravel()[:, None] + draw.normal(0, 1, background.shape).astype(np.float32)
    guess = background + draw.normal(0, 12, background.shape).astype(np.float32)
    return background, shown, guess, np.full(background.shape[:2], 144, np.float32)


def test_a_shadow_is_read_through_in_few_frames_and_where_nothing_moves() -> None:
    light = np.tile(np.linspace(1, 0.4, 40), (20, 1))
    background, shown, guess, variance = shaded(5, light)
    for values in (background, shown, guess):
        values[:] = values[:1]
    reading, error = read_shadow(shown, guess, variance, np.ones(light.shape, bool))
    read, off = np.isfinite(error), (reading - background)[..., 0] ** 2
    assert read.mean() > 0.8 and off[read].mean() < variance.mean() / 4
    assert off[read].mean() < np.median(error), "it does not say too much"
    _, none = read_through(shown, guess, variance, np.full(light.size, 1600, np.float32))
    assert np.isinf(none).all(), "two numbers cannot be told there"


def test_what_a_soft_shadow_lies_over_comes_back_from_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = restless(24, SIZE)
    _, ink = captioned(clean, 0, 24, "Hello you")
    marked = cv2.dilate(ink.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    outside = cv2.distanceTransform((~marked).view(np.uint8), cv2.DIST_L2, 5)
    light = np.where(marked, 0.6, np.minimum(0.6 + 0.05 * outside, 1))[..., None]
    frames = np.stack([np.where(ink[..., None], 250, picture * light).round().astype(np.uint8) for picture in clean])
    hole = outside <= 9

    def error() -> float:
        answer = list(borrow(frames, np.stack([hole] * 24), range(24), np.stack([marked] * 24)))[12]
        share = answer.confidence[..., None]
        filled_in = share * answer.rgb + (1 - share) * telea(frames[12], hole)
        return psnr(filled_in, clean[12] / 255, hole & ~marked)

    read = error()
    monkeypatch.setattr("dipvideo.motion.borrowing.light_left", lambda shown, *_: np.ones(shown.shape[1]))
    assert read > error() + 1


def test_letters_are_not_read_as_a_shadow() -> None:
    light = np.full((20, 40), 0.6)
    _, shown, guess, variance = shaded(12, light)
    yellow = np.zeros(light.shape, bool)
    yellow[8:12] = True
    shown[:, yellow.ravel()] = [60, 50, -60]  # luma and chroma: as dark as the shadow beside it
    _, error = read_shadow(shown, guess, variance, np.ones(light.shape, bool))
    error = error.mean(0).reshape(light.shape)
    assert error[yellow].min() > 10 * np.median(error[:4])
    light = np.random.default_rng(1).uniform(0.45, 0.75, light.shape)  # finer than any shadow
    background, shown, guess, variance = shaded(12, light)
    reading, error = read_shadow(shown, guess, variance, np.ones(light.shape, bool))
    assert ((reading - background)[..., 0] ** 2).mean() < 2 * error.mean()


def test_a_soft_shadow_is_told_from_an_outline() -> None:
    hole, marked = np.zeros((2, 60, 80), bool)
    hole[10:50, 10:70] = True
    marked[18:42, 18:62] = True
    inwards = cv2.distanceTransform(hole.view(np.uint8), cv2.DIST_L2, 5)[hole]
    soft_edge = 1 - 0.1 * np.clip(inwards - 8, 0, 2) - 0.7 * (inwards > 10.5)
    shadow, outline = (np.clip(1 - falls * np.maximum(inwards - start, 0), 0.05, 1)
                       for falls, start in ((0.06, 4), (0.5, 8)))
    for light, soft in ((shadow, True), (outline, False), (soft_edge, False)):
        _, shown, guess, variance = shaded(12, light)
        left = light_left(shown[..., 0], guess[..., 0], variance, hole, marked)
        assert abs(left - light)[light > 0.5].mean() < 0.02 if soft else (left == 1).all()
    for nowhere in (np.zeros_like(marked), np.ones_like(marked)):
        assert (light_left(shown[..., 0], shown[..., 0], variance, hole, nowhere) == 1).all()


def _one_of(frames: np.ndarray, holes: np.ndarray, targets: range, place: int) -> tuple[np.ndarray, ...]:
    answer = list(borrow(frames, holes, list(targets)))[place]
    return answer.rgb, answer.confidence, answer.source


def test_text_that_fades_over_plain_black_leaves_black() -> None:
    """All that is known of the ground agrees then, and no reading may be counted as surer than all others are."""
    frames, holes = scene([np.zeros((*SIZE, 3), np.uint8) for _ in range(24)], 6, 18)
    for index in range(6, 18):
        frames[index] = frames[index] * (0.3 + 0.06 * (index - 6))
    for answer in borrow(frames, holes, list(range(6, 18))):
        assert np.isfinite(answer.rgb).all() and np.isfinite(answer.confidence).all()
        assert answer.rgb.max() < 2 / 255


def test_no_more_frames_are_asked_than_are_mixed_where_all_are_good() -> None:
    """Under a still camera the nearest frames without text tell all; a frame that shows half of the hole tells not."""
    frames, holes = scene(panned(80, speed=0, size=SIZE), 36, 44)
    for half in (False, True):
        if half:
            holes[:30, :, 80:] |= holes[40][:, 80:]
            holes[50:, :, 80:] |= holes[40][:, 80:]
        candidates = Candidates(Scene(frames, holes))
        asked = candidates.of(40, candidates.rim(40), ~holes[40])
        assert (len(asked) == MOST) != half and len(asked) >= MOST


def test_colour_that_ran_out_of_the_letters_is_not_left_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where colour is stored at half the size, a red letter tinges what lies next to it, whose luma is right."""
    clean = [cv2.GaussianBlur(p, (0, 0), 2) for p in panned(24, speed=2, size=(48, 96))]
    ink = np.zeros((48, 96), np.uint8)
    cv2.putText(ink, "Hello", (20, 34), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
    marked = np.zeros((24, 48, 96), bool)
    marked[4:20] = ink > 0
    burned = np.stack(clean)
    burned[marked] = (230, 20, 20)
    stored = np.stack([cv2.cvtColor(cv2.cvtColor(p, cv2.COLOR_RGB2YUV_I420), cv2.COLOR_YUV2RGB_I420) for p in burned])
    holes = np.stack([cv2.dilate(m.view(np.uint8), np.ones((7, 7))) > 0 for m in marked])
    ring = (cv2.dilate(ink, np.ones((3, 3))) > 0) & (ink == 0)

    def error() -> float:
        found = list(borrow(stored, holes, range(4, 20), marked))
        return float(np.mean([np.square(b.rgb[ring] * 255 - c[ring]).mean()
                              for b, c in zip(found, clean[4:20], strict=True)]))

    told = error()
    monkeypatch.setattr("dipvideo.motion.borrowing.TINGED", 0.0)
    assert told < 0.7 * error()


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_text_in_a_bar_leaves_the_bar_and_asks_no_other_frame(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """All frames show the text, and where it reaches into the picture that is borrowed as ever."""
    bar, noise = slice(60, None), np.random.default_rng(0)
    pictures = np.stack(panned(24, size=(96, 160)))
    pictures[:, bar] = noise.integers(0, 3, pictures[:, bar].shape)
    holes = np.zeros(pictures.shape[:3], bool)
    holes[:, 66:90, 30:130] = True
    frames = np.where(holes[..., None], 255, pictures)
    frames = frames.astype(kind) if kind is np.uint8 else (frames / 255).astype(kind)
    with monkeypatch.context() as patched:
        patched.setattr(Candidates, "of", lambda *_: pytest.fail("a frame was asked"))
        answers = list(borrow(frames, holes, range(8, 16)))
    for answer in answers:
        assert np.abs(answer.rgb[holes[0]] * 255 - 1).max() <= 1.1 and (answer.confidence[holes[0]] == 1).all()
        assert not answer.confidence[~holes[0]].any()
    holes[:12, 50:60, 60:100] = True
    frames[:12, 50:60, 60:100] = 255 if kind is np.uint8 else 1
    answer, = borrow(frames, holes, [6])
    into = np.zeros_like(holes[0])
    into[50:60, 60:100] = True
    assert psnr(answer.rgb[into], pictures[6][into] / 255) > 25


def test_an_even_row_that_has_no_edge_of_the_picture_beside_it_is_no_bar() -> None:
    frames, holes = np.stack(panned(12, size=(96, 160))), np.zeros((12, 96, 160), bool)
    frames[:, 40:60] = 0
    assert not bars(frames, holes)[0].any()
    frames[:, :3] = 0
    assert not bars(frames, holes)[0].any(), "nor are three rows"
    frames[:, :8] = np.random.default_rng(0).normal(20, 3, (12, 8, 160, 3)).clip(0, 255)
    assert not bars(frames, holes)[0].any(), "nor is a dark wall under grain"
    frames[:, :8] = 200
    assert not bars(frames, holes)[0].any(), "nor a bright one"
    frames[:, :8] = 0
    there, colours = bars(frames, holes)
    assert list(np.flatnonzero(there)) == list(range(8)) and not colours.any()
