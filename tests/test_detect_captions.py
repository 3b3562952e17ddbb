"""Captions drawn over small seeded pictures are found: when they are there, where, and nothing else."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from dipvideo.detect import CaptionFinder, ShotFinder
from dipvideo.detect.hole import _alike, make_hole
from dipvideo.detect.lines import stroke_kernel
from dipvideo.detect.shadow import soft_reach
from dipvideo.detect.timing import find_end
from dipvideo.frame import Frame, VideoInfo
from dipvideo.geometry import Box
from dipvideo.planes import PixelLayout, Planes

HEIGHT, WIDTH, FRAMES = 180, 320, 60
WHOLE = Box(0, 0, HEIGHT, WIDTH)
EIGHT_BIT = PixelLayout("yuv", 8, 1, 1)


def texture(seed: int, height: int = HEIGHT, width: int = 3 * WIDTH) -> np.ndarray:
    """A picture of blobs and grain, float luma about 40 … 160."""
    random = np.random.default_rng(seed)
    coarse = cv2.GaussianBlur(random.normal(size=(height, width)), (0, 0), 6)
    fine = cv2.GaussianBlur(random.normal(size=(height, width)), (0, 0), 1.5)
    return 100 + 25 * coarse / coarse.std() + 8 * fine / fine.std()


def moving(seed: int = 0, speed: int = 3) -> list[np.ndarray]:
    """A camera that pans."""
    wide = texture(seed)
    return [wide[:, speed * i:speed * i + WIDTH].copy() for i in range(FRAMES)]


def still(seed: int = 0) -> list[np.ndarray]:
    """A camera that stands still."""
    return [texture(seed)[:, :WIDTH].copy() for _ in range(FRAMES)]


Lettering = tuple[np.ndarray, np.ndarray]


def lettering(text: str, bottom: int = 160, scale: float = 0.7, left: int | None = None) -> Lettering:
    """(alpha, luma) of white letters with a black outline, centred."""
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    place = ((WIDTH - width) // 2 if left is None else left, bottom)
    luma = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.putText(luma, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 2, cv2.LINE_AA)
    alpha = cv2.dilate(luma, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    return alpha / 255, luma.astype(float)


def burn(pictures: list[np.ndarray], text: Lettering, start: int, stop: int, fade: int = 0) -> None:
    """Lay the lettering over pictures [start, stop), fading in and out over `fade` pictures."""
    alpha, luma = text
    for i in range(start, stop):
        strength = min(1.0, (i - start + 1) / (fade + 1), (stop - i) / (fade + 1))
        pictures[i] += (luma - pictures[i]) * alpha * strength


def planes(picture: np.ndarray, layout: PixelLayout) -> Planes:
    """The picture's own samples in `layout`, chroma neutral."""
    offset, span = layout.luma_scale
    dtype = np.uint8 if layout.depth == 8 else np.uint16
    luma = np.rint(picture.clip(0, 255) / 255 * span + offset).astype(dtype)
    if layout.family == "gray":
        return Planes(layout, (luma,))
    if layout.family == "rgb":
        return Planes(layout, (luma, luma.copy(), luma.copy()))
    grey = np.full((HEIGHT // 2, WIDTH // 2), 1 << (layout.depth - 1), dtype)
    return Planes(layout, (luma, grey, grey.copy()))


def find(pictures: list[np.ndarray], region: Box = WHOLE, layout: PixelLayout = EIGHT_BIT):
    info = VideoInfo("seeded", WIDTH, HEIGHT, Fraction(25), Fraction(1, 25), len(pictures))
    shots, finder = ShotFinder(), CaptionFinder(info, region)
    random = np.random.default_rng(5)
    for i, picture in enumerate(pictures):
        noisy = picture + random.normal(0, 2, picture.shape)  # what compression leaves, on letters too
        frame = Frame(i, i, info.time_base, planes(noisy, layout))
        finder.update(frame, shots.update(frame))
        for plane in frame.planes.arrays:
            plane[:] = 0  # a decoder takes its memory back
    return finder.finish()


def spans(events) -> list[tuple[int, int]]:
    return [(event.start, event.stop) for event in events]


def whole_hole(event) -> np.ndarray:
    hole = np.zeros((HEIGHT, WIDTH), bool)
    hole[event.box.slices] = event.hole
    return hole


def assert_tight(event, alpha: np.ndarray) -> None:
    """The hole covers all of the lettering and little else."""
    text = alpha > 8 / 255
    hole = whole_hole(event)
    assert (hole & text).sum() >= 0.995 * text.sum()
    assert hole.sum() <= 2.5 * text.sum()


@pytest.mark.parametrize("background", [moving, still])
def test_a_caption_is_found_to_the_frame_and_covered_tightly(background):
    pictures, text = background(), lettering("Good morning")
    burn(pictures, text, 14, 45)
    events = find(pictures)
    assert spans(events) == [(14, 45)]
    assert_tight(events[0], text[0])


@pytest.mark.parametrize("background", [moving, still])
def test_a_picture_without_captions_has_none(background):
    assert find(background(3)) == []


def test_a_sign_that_moves_with_the_camera_is_none():
    wide = texture(1)
    pictures = [wide[:, :WIDTH].copy() for _ in range(FRAMES)]
    for i in range(FRAMES):
        pictures[i] = wide[:, 2 * i:2 * i + WIDTH].copy()
        burn(pictures, lettering("GRAND HOTEL", left=110 - 2 * i + 40), i, i + 1)
    assert find(pictures) == []


def test_a_sign_on_a_wall_is_none_when_the_camera_starts_to_move():
    wide = texture(4)
    pictures = []
    for i in range(FRAMES):
        shift = max(0, i - 30)
        pictures.append(wide[:, shift:shift + WIDTH].copy())
        pictures[i][120:176] = 60  # the wall is smooth: it seems to stand still
        burn(pictures, lettering("GRAND HOTEL", left=90 - shift), i, i + 1)
    assert find(pictures) == []


def test_a_sign_in_a_still_picture_is_none():
    pictures = still()
    burn(pictures, lettering("GRAND HOTEL", bottom=90, left=12), 0, FRAMES)
    assert find(pictures) == []


def test_captions_two_frames_apart_leave_the_gap_alone():
    pictures = moving()
    burn(pictures, lettering("Who is it?"), 8, 28)
    burn(pictures, lettering("It is nobody"), 30, 52)
    assert spans(find(pictures)) == [(8, 28), (30, 52)]


def test_the_same_words_after_two_frames_are_another_caption():
    pictures = moving()
    burn(pictures, lettering("No! No!"), 8, 28)
    burn(pictures, lettering("No! No!"), 30, 52)
    assert spans(find(pictures)) == [(8, 28), (30, 52)]


def test_captions_that_follow_each_other_cover_both():
    pictures = moving()
    first, second = lettering("Who is it?"), lettering("It is nobody")
    burn(pictures, first, 8, 30)
    burn(pictures, second, 30, 52)
    events = find(pictures)
    assert spans(events) == [(8, 30), (30, 52)]
    assert_tight(events[0], first[0])
    assert_tight(events[1], second[0])


def test_a_fade_is_covered_from_its_first_trace_to_its_last():
    pictures = still()
    burn(pictures, lettering("Slowly now"), 10, 50, fade=6)
    (event,) = find(pictures)
    assert 8 <= event.start <= 10
    assert 50 <= event.stop <= 52


def test_a_caption_goes_on_through_a_cut():
    pictures = moving(0)[:30] + moving(7)[30:]
    text = lettering("Here and there")
    burn(pictures, text, 10, 50)
    events = find(pictures)
    assert events[0].start == 10 and events[-1].stop == 50
    covered = {i for start, stop in spans(events) for i in range(start, stop)}
    assert covered == set(range(10, 50))


def test_what_outlasts_a_cut_is_a_caption_even_if_it_never_came_or_went():
    pictures = still(0)[:30] + still(7)[30:]
    burn(pictures, lettering("Here and there", bottom=90, left=12), 0, FRAMES)
    events = find(pictures)
    assert {i for start, stop in spans(events) for i in range(start, stop)} == set(range(FRAMES))


def test_two_lines_are_one_event():
    pictures = moving()
    upper, lower = lettering("The first line", bottom=130), lettering("and the next", bottom=160)
    burn(pictures, upper, 12, 45)
    burn(pictures, lower, 12, 45)
    (event,) = find(pictures)
    assert_tight(event, np.maximum(upper[0], lower[0]))


def test_a_short_word_is_found():
    pictures, text = moving(), lettering("No!")
    burn(pictures, text, 15, 40)
    (event,) = find(pictures)
    assert (event.start, event.stop) == (15, 40)
    assert_tight(event, text[0])


@pytest.mark.parametrize("before", [False, True])
def test_a_caption_that_grows_as_it_comes_begins_with_its_first_frame(before):
    pictures = moving()
    if before:
        burn(pictures, lettering("Good day"), 2, 20)
    burn(pictures, lettering("that looks so cool", scale=0.6, bottom=158), 20, 21)
    burn(pictures, lettering("that looks so cool", scale=0.64, bottom=159), 21, 22)
    burn(pictures, lettering("that looks so cool"), 22, 45)
    *earlier, way, stands = find(pictures)
    assert spans(earlier) == ([(2, 20)] if before else [])
    assert spans([way, stands]) == [(20, 23), (23, 45)], "it may not stand still in the first frame that looks like it"
    grown = lettering("that looks so cool", scale=0.64, bottom=159)[0] > 8 / 255
    assert whole_hole(way)[grown].all() and way.hole.sum() > 1.3 * stands.hole.sum() and way.text == stands.text


def test_a_bright_picture_before_a_caption_is_none_on_its_way():
    pictures = [picture + 110 for picture in moving()]
    burn(pictures, lettering("that looks so cool"), 20, 45)
    assert spans(find(pictures)) == [(20, 45)]


def shadowed(text: str, strength: float = 0.8, spread: float = 4.0) -> Lettering:
    """Letters without an outline, on a shadow that fades out around them."""
    _, luma = lettering(text)
    shadow = strength * cv2.GaussianBlur(cv2.dilate(luma, np.ones((9, 9))) / 255, (0, 0), spread)
    alpha = 1 - (1 - shadow) * (1 - luma / 255)
    return alpha, luma / np.maximum(alpha, 1e-6)


@pytest.mark.parametrize("background", [moving, still])
def test_a_soft_shadow_is_covered_as_far_as_it_is_seen(background):
    pictures, text = background(), shadowed("that looks so cool")
    burn(pictures, text, 14, 45)
    (event,) = find(pictures)
    seen, hole = text[0] > 0.08, whole_hole(event)
    assert (event.start, event.stop) == (14, 45)
    assert (hole & seen).sum() >= 0.99 * seen.sum() and hole.sum() <= 1.6 * seen.sum()
    assert event.marked.sum() < 0.8 * event.hole.sum(), "what shows through it is read"


def reach_of(above: list[float], below: list[float], edge: int = 1, moving: float = 20.0, dulls: bool = True) -> int:
    """`soft_reach` of what takes so much of a luma of 100 at one, two, … pixels from letters, and of its changes, if it
    dulls."""
    taken = [np.repeat(side, 10) / 100 for side in (above, below)]
    distance = [np.repeat(np.arange(1, len(side) + 1), 10) for side in (above, below)]
    light = 1 - np.concatenate(taken)
    here, there = np.stack((100 * light, moving * light**dulls)), np.stack((100 + 0 * light, moving + 0 * light))
    return soft_reach(here, there, np.concatenate(distance), np.repeat((True, False), (len(taken[0]), len(taken[1]))),
                      edge, len(above))


def test_a_shadow_fades_out_and_nothing_else_is_one():
    fading, nothing = [60, 50, 41, 32, 24, 17, 11, 7, 3, 0], [60] + [0] * 9
    assert reach_of(fading, fading) == reach_of(fading, nothing) == 8
    assert reach_of(fading, nothing, moving=0.0) == 0, "on one side, told by its light alone: the picture's"
    assert reach_of(fading, [60, 50, 38, 26, 14, 3] + [0] * 4, moving=0.0) == 5, "on both: as far as it is on both"
    assert reach_of(fading, fading, dulls=False) == 0, "it moves as it does elsewhere"
    assert reach_of(fading, fading, edge=6) == 0, "too faint beyond the text's edge"
    assert reach_of([60, 50, 41, 30, 20, 12, 16, 20, 12, 3], nothing) == 0, "it grows again"
    assert reach_of([60, 50, 50, 49, 49, 48, 48, 48, 47, 47], nothing) == 0, "it does not end"
    assert reach_of([60, 55, 50, 45, 9, 3, 0, 0, 0, 0], nothing) == 0, "it has an edge"


def test_what_is_darker_around_the_letters_but_stayed_is_no_shadow():
    pictures = still()
    (alpha, luma) = lettering("that looks so cool")
    for picture in pictures:
        picture *= 1 - 0.5 * cv2.GaussianBlur(cv2.dilate(alpha, np.ones((9, 9))), (0, 0), 4)
    burn(pictures, (alpha, luma), 14, 45)
    (event,) = find(pictures)
    assert_tight(event, alpha)


def test_a_translucent_box_is_covered_with_its_letters():
    pictures, (alpha, luma) = moving(), lettering("In a box")
    rows, columns = np.flatnonzero((alpha > 0).any(1)), np.flatnonzero((alpha > 0).any(0))
    box = Box(rows[0] - 4, columns[0] - 4, rows[-1] + 5, columns[-1] + 5)
    for i in range(12, 45):
        pictures[i][box.slices] *= 0.4
        pictures[i] = np.where(luma > 0, pictures[i] + (255 - pictures[i]) * luma / 255, pictures[i])
    (event,) = find(pictures)
    assert (event.start, event.stop) == (12, 45)
    assert whole_hole(event)[box.slices].all()
    assert event.hole.sum() <= 1.3 * box.area


@pytest.mark.parametrize("layout", [PixelLayout("yuv", 10, 1, 1), PixelLayout("rgb", 8, full_range=True),
                                    PixelLayout("gray", 12), PixelLayout("yuv", 8, 1, 1, full_range=True)],
                         ids=lambda layout: f"{layout.family}{layout.depth}")
def test_every_layout_gives_the_same_caption(layout):
    pictures, text = moving(), lettering("Good morning")
    burn(pictures, text, 14, 45)
    (event,) = find(pictures, layout=layout)
    assert (event.start, event.stop) == (14, 45)
    assert_tight(event, text[0])


def test_nothing_outside_the_region_is_touched():
    pictures = moving()
    burn(pictures, lettering("Above the rest", bottom=40), 12, 45)
    burn(pictures, lettering("Below the rest", bottom=160), 12, 45)
    region = Box(91, 11, 179, 309)
    (event,) = find(pictures, region)
    assert event.box & region == event.box
    assert event.box.top > 100


def test_holes_of_large_pictures_are_found_at_half_size_and_given_in_full(monkeypatch):
    monkeypatch.setattr("dipvideo.detect.captions.WORKING_HEIGHT", 90)
    pictures, text = moving(), lettering("LARGE", scale=1.1, bottom=150)
    burn(pictures, text, 14, 45)
    (event,) = find(pictures)
    assert (event.start, event.stop) == (14, 45)
    assert_tight(event, text[0])


def test_memory_does_not_grow_with_length():
    pictures = moving()
    burn(pictures, lettering("Good morning"), 14, 45)
    info = VideoInfo("seeded", WIDTH, HEIGHT, Fraction(25), Fraction(1, 25))
    finder = CaptionFinder(info, WHOLE)
    held = []
    for i in range(4 * FRAMES):
        frame = Frame(i, i, info.time_base, planes(pictures[i % FRAMES], EIGHT_BIT))
        finder.update(frame, False)
        held.append(len(finder._ring.frames) + len(finder._gone))
    assert max(held[2 * FRAMES:]) <= max(held[:2 * FRAMES])


def test_a_part_of_another_colour_that_moves_is_no_letter():
    letters = np.zeros((20, 80), bool)
    parts = [np.s_[5:15, x:x + 4] for x in (5, 15, 25, 35, 45, 55)]
    mean, deviation = np.full(letters.shape, 90.0), np.full(letters.shape, 20.0)
    for part in parts:
        letters[part], mean[part], deviation[part] = True, 230, 1
    mean[parts[0]], deviation[parts[0]] = 160, 14  # a blade of grass
    mean[parts[1]] = 160  # a word not yet sung
    deviation[parts[2]] = 14  # a letter over flicker
    kept = _alike(letters, mean, deviation)
    assert not kept[parts[0]].any() and all(kept[part].all() for part in parts[1:])


@pytest.mark.parametrize("seed", range(4))
def test_something_that_leaves_behind_the_letters_leaves_their_outline_marked(seed):
    scene, bright = moving(seed)[0], np.zeros((HEIGHT, WIDTH))
    cv2.ellipse(bright, (160 + 10 * seed, 150), (60, 30), 0, 0, 360, 60, -1)
    alpha, luma = lettering("Slowly it leaves")
    shown = np.stack([(scene + bright * max(0, 1 - i / 8)) * (1 - alpha) + luma * alpha for i in range(30)])
    around = np.s_[110:HEIGHT, 20:300]
    mean, deviation, before, after = (picture[around].astype(np.float32)
                                      for picture in (shown.mean(0), shown.std(0), scene + bright, scene))
    letters, text = (luma > 200)[around], (alpha > 0)[around]
    marked = make_hole(mean, deviation, before, after, letters, 13, HEIGHT, stroke_kernel(HEIGHT)).marked
    assert (text & ~marked).sum() < 0.005 * text.sum()
    assert marked.sum() < 1.2 * text.sum()


@pytest.mark.parametrize("passing", [False, True])
def test_what_stands_still_with_the_letters_is_text_where_all_around_it_moves(passing):
    """A dot, grey on black, is no stroke like the letters. Beside what passes by, what stands still is the picture."""
    letters, text = np.zeros((2, 60, 160), bool)
    letters[28:40, 30:130:10] = letters[28:40, 31:130:10] = letters[28:40, 32:130:10] = True
    text[26:42, 28:135] = True
    dot, above = np.s_[20:26, 60:68], np.s_[18:24, 50:90]
    draw = np.random.default_rng(0)
    shown = draw.uniform(60, 180, (30, *letters.shape))
    if passing:
        shown[:, :, 40:100] = 90 + draw.uniform(-1, 1, (30, 60, 60))
    else:
        text[dot] = True
    shown[:, text], shown[:, letters] = 10, 240
    outside = draw.uniform(60, 180, (2, *letters.shape))
    mean, deviation, before, after = (a.astype(np.float32) for a in (shown.mean(0), shown.std(0), *outside))
    cover = make_hole(mean, deviation, before, after, letters, 12, HEIGHT, stroke_kernel(HEIGHT))
    assert not cover.marked[above].any() if passing else cover.marked[dot].all()


def test_a_word_not_yet_sung_is_found_in_the_row_that_the_detector_saw():
    """Of a colour as dark as the picture, it gives no bright strokes; its outline came and went with the rest."""
    shape = (60, 200)
    letters, words = np.zeros(shape, bool), np.zeros(shape, np.uint8)
    letters[24:36, 20:60:8] = letters[24:36, 21:60:8] = letters[24:36, 22:60:8] = True
    cv2.putText(words, "again", (110, 36), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
    outline = cv2.dilate(words | letters.astype(np.uint8) * 255, np.ones((5, 5))) > 0
    clean = np.full(shape, 80, np.float32) + np.random.default_rng(0).normal(0, 2, shape).astype(np.float32)
    mean = clean.copy()
    mean[outline], mean[letters], mean[words > 127] = 10, 240, 80
    deviation = np.where(words > 127, 30, 1).astype(np.float32)  # they change when they are sung
    row = (slice(18, 42), slice(14, 190))
    alone, seen = (make_hole(mean, deviation, clean, clean, letters, 12, HEIGHT, stroke_kernel(HEIGHT), where)
                   for where in (None, row))
    assert alone.hole[words > 127].mean() < 0.1 and seen.marked[words > 127].mean() > 0.98
    assert seen.marked.sum() < 1.6 * outline.sum() and seen.text.right > 180


def test_what_the_picture_shows_by_itself_beyond_an_end_is_no_trace_of_the_line():
    """Shares of a line's contrast, from its last frames on: the picture behind it looks half like the line."""
    level = (0.53, 0.47, 0.46, 0.42, 0.43, 0.44)
    assert find_end(level, 15, inner=0.99)[1] == -1
    assert find_end((0.99, *level), 15, inner=1.0)[1] == 0
    assert find_end((0.99, 0.75, 0.5, 0.25, 0.0, 0.0, 0.0), 15, inner=1.0)[1] == 4, "a fade is followed to its end"
    assert find_end((0.55, 0.0, 0.0, 0.0), 15, inner=1.0)[1] == 0, "a frame that shows half of it is a part of it"


def test_black_boxes_that_lie_on_each_other_before_a_dark_coat_are_found_whole():
    pictures = [np.where(np.arange(WIDTH) < 120, 12.0, picture) for picture in moving()]  # the coat hides one edge
    boxes = np.zeros((HEIGHT, WIDTH), bool)
    for text, bottom, left, right in (("The first line", 130, 70, 250), ("and next", 160, 100, 220)):
        box = np.zeros((HEIGHT, WIDTH), bool)
        box[bottom - 20:bottom + 9, left:right] = True
        for picture in pictures[12:45]:
            picture[box] = 0
        burn(pictures, lettering(text, bottom=bottom), 12, 45)
        boxes |= box
    (event,) = find(pictures)
    marked = np.zeros((HEIGHT, WIDTH), bool)
    marked[event.box.slices] = event.marked
    assert (event.start, event.stop) == (12, 45)
    assert marked[boxes].mean() > 0.97 and marked.sum() < 1.4 * boxes.sum()


def test_a_box_behind_one_of_two_lines_is_found_though_the_other_lies_close():
    mean, deviation = np.full((80, 420), 60.0, np.float32), np.full((80, 420), 9.0, np.float32)
    box, letters = np.zeros((80, 420), bool), np.zeros((80, 420), np.uint8)
    cv2.putText(letters, "HE WILL RUN", (130, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    rows, columns = (np.flatnonzero(letters.any(axis)) for axis in (1, 0))
    box[rows[0] - 4:rows[-1] + 4, columns[0] - 4:columns[-1] + 5] = True
    both = letters.copy()
    cv2.putText(both, "AND SHE WILL FOLLOW HIM", (60, 57), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
    mean[box], deviation[box] = 10, 0.5
    mean[both > 0], deviation[both > 0] = 220, 0.5
    cover = make_hole(mean, deviation, None, None, letters > 0, 18.0, 360, stroke_kernel(360))
    assert cover.pad in (3, 4, 5) and cover.marked[box].all()
    assert columns[0] == cover.text.left and columns[-1] + 1 == cover.text.right, "and what it says is read there"


def test_a_gap_between_letters_that_shows_the_picture_is_no_box():
    """Two straight edges of an outline, and two of the picture, make no box."""
    mean, deviation = np.full((80, 420), 100.0, np.float32), np.full((80, 420), 9.0, np.float32)
    mean[:20], mean[:, :118] = 120, 120
    letters = np.zeros((80, 420), np.uint8)
    cv2.putText(letters, "HE HIT IT", (130, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    mean[cv2.dilate(letters, np.ones((5, 5), np.uint8)) > 0] = 10
    mean[letters > 0], deviation[letters > 0] = 220, 0.5
    cover = make_hole(mean, deviation, None, None, letters > 0, 18.0, 360, stroke_kernel(360))
    assert cover.pad is None and cover.hole.sum() < 4 * (letters > 0).sum()


def test_a_black_box_over_a_night_scene_is_found_whole():
    """The box is a few levels darker than the picture, which stands still."""
    night = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 255, (HEIGHT, WIDTH)), (0, 0), 6)
    pictures = [3 + 6 * (night - night.min()) / np.ptp(night) for _ in range(FRAMES)]
    box, text = np.zeros((HEIGHT, WIDTH), bool), lettering("In the dark")
    box[np.flatnonzero(text[0].any(1))[0] - 6:np.flatnonzero(text[0].any(1))[-1] + 7, 70:250] = True
    for picture in pictures[12:45]:
        picture[box] = 0
    burn(pictures, text, 12, 45)
    (event,) = find(pictures)
    assert (event.start, event.stop) == (12, 45)
    assert whole_hole(event)[box].mean() > 0.99 and event.hole.sum() < 1.5 * box.sum()


def test_ground_of_one_colour_that_was_there_before_is_the_pictures():
    pictures = moving()
    for picture in pictures:
        picture[106:146, 60:260] = 20  # a sign
    text = lettering("The first line", bottom=134)
    burn(pictures, text, 12, 45)
    (event,) = find(pictures)
    assert event.hole.sum() < 3 * (text[0] > 0).sum()
