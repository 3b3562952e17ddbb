"""Chunks: bounded, inside one shot, every hole in exactly one."""

from fractions import Fraction

import numpy as np
import pytest

from dipvideo.frame import Event, Shot, VideoInfo
from dipvideo.geometry import Box
from dipvideo.holes import EventHoles
from dipvideo.plan import BORROW_FRAMES, MAX_FRAMES, MAX_GAP, MAX_SPAN, WARM_UP, Chunk, Plan, make_plan, make_stretches

INFO = VideoInfo("film.mp4", 640, 360, Fraction(25), Fraction(1, 25))
LINE, OTHER = Box(300, 200, 330, 440), Box(20, 200, 50, 440)


def plan_of(spans: list[tuple[int, int]], frames: int = 600, cuts: tuple[int, ...] = (), box: Box = LINE) -> Plan:
    boxes: list[Box | None] = [None] * frames
    for start, stop in spans:
        boxes[start:stop] = [box] * (stop - start)
    return make_plan(INFO, boxes, cuts)


def covered(plan: Plan) -> list[int]:
    return [i for c in plan.chunks for i in range(c.start, c.stop)]


def test_every_hole_is_in_exactly_one_chunk_and_chunks_are_in_order() -> None:
    plan = plan_of([(5, 200), (230, 231), (400, 470)], cuts=(50, 420))
    frames = covered(plan)
    assert frames == sorted(set(frames))
    assert set(frames) >= {*range(5, 200), 230, *range(400, 470)}
    assert plan.holes == 195 + 1 + 70


def test_chunks_and_what_they_read_stay_within_their_shot_and_bounds() -> None:
    plan = plan_of([(0, 600)], cuts=(100, 130))
    for chunk in plan.chunks:
        shot, = (s for s in plan.shots if s.start <= chunk.start < s.stop)
        assert shot.start <= chunk.read_start <= chunk.fit_start <= chunk.start
        assert chunk.stop <= chunk.read_stop <= shot.stop
        assert chunk.stop - chunk.start <= MAX_FRAMES
        assert chunk.read_stop - chunk.read_start <= MAX_FRAMES + 2 * BORROW_FRAMES + WARM_UP


def test_a_chunk_that_begins_inside_a_caption_warms_up_on_the_frames_before() -> None:
    first, second = plan_of([(10, 10 + MAX_FRAMES + 20)]).chunks
    assert first.fit_start == first.start == 10
    assert second.start - second.fit_start == WARM_UP
    fresh, = plan_of([(10, 30)], cuts=(10,)).chunks
    assert fresh.fit_start == fresh.start == 10


def test_sparse_holes_do_not_make_an_endless_chunk() -> None:
    plan = plan_of([(i, i + 1) for i in range(0, 600, MAX_GAP - 8)])
    assert max(c.stop - c.start for c in plan.chunks) <= MAX_SPAN


def test_a_long_pause_and_a_far_place_begin_a_new_chunk() -> None:
    assert len(plan_of([(0, 10), (20, 30)]).chunks) == 1
    assert len(plan_of([(0, 10), (20 + MAX_GAP, 30 + MAX_GAP)]).chunks) == 2
    boxes = [LINE] * 10 + [OTHER] * 10
    assert [c.start for c in make_plan(INFO, boxes, ()).chunks] == [0, 10]


def test_the_crop_lies_on_the_grid_around_the_holes() -> None:
    chunk, = plan_of([(0, 10)], box=Box(301, 203, 329, 437)).chunks
    assert chunk.box == Box(264, 168, 360, 472)


def test_a_chunks_seed_is_its_own() -> None:
    one, two = plan_of([(0, 10), (100, 110)]).chunks
    assert one.seed(0) == one.seed(0) != two.seed(0)
    assert one.seed(0) != one.seed(1)


def test_events_give_holes_for_any_window_and_grow_beyond_their_box() -> None:
    hole = np.zeros((10, 20), bool)
    hole[4:6, 2:18] = True
    event = Event.of(5, 9, Box(100, 200, 110, 220), hole)
    holes = EventHoles([event], INFO)
    boxes = holes.boxes(12)
    assert [i for i, b in enumerate(boxes) if b] == [5, 6, 7, 8]
    window, marked = holes.window(3, 7, Box(102, 190, 112, 230))
    assert np.array_equal(window, marked)
    assert window.shape == (4, 10, 40) and not window[:2].any()
    assert window[2].sum() == 32 and window[2, 2:4, 12:28].all()
    grown = EventHoles([event], INFO, 5)
    assert grown.boxes(12)[5] == Box(95, 195, 115, 225)
    window, marked = grown.window(5, 6, Box(90, 190, 120, 230))
    assert window.sum() > 32 + 2 * 16 * 5 and marked.sum() == 32, "what it was grown by was not marked"


@pytest.mark.parametrize("frames", [0, 7])
def test_nothing_to_fill_makes_no_chunk(frames: int) -> None:
    plan = plan_of([], frames=frames)
    assert plan.chunks == () and plan.holes == 0


def stretches(chunks: list[tuple[int, int]], frames: int, cuts, shots=((0, 10_000),)) -> list[tuple[int, int, bool]]:
    whole = Box(0, 0, 8, 8)
    plan = Plan(frames, frames, tuple(Shot(*s) for s in shots),
                tuple(Chunk(a, b, a, a, b, whole) for a, b in chunks))
    made = list(make_stretches(plan, cuts))
    assert [s.start for s in made] == [0, *(s.stop for s in made[:-1])] and made[-1].stop == frames
    assert [c for s in made for c in s.chunks] == list(plan.chunks)
    assert all(s.start <= c.start and c.stop <= s.stop for s in made for c in s.chunks)
    return [(s.start, s.stop, s.copied) for s in made]


def test_only_the_groups_of_pictures_that_a_chunk_touches_are_written_anew() -> None:
    cuts = (0, 12, 24, 36, 48)
    assert stretches([(13, 20)], 60, cuts) == [(0, 12, True), (12, 24, False), (24, 60, True)]
    assert stretches([(12, 24)], 60, cuts) == [(0, 12, True), (12, 24, False), (24, 60, True)]
    assert stretches([(20, 25), (25, 30), (50, 51)], 60, cuts) == [(0, 12, True), (12, 36, False), (36, 48, True),
                                                                  (48, 60, False)]
    assert stretches([(0, 60)], 60, cuts) == [(0, 60, False)]


def test_what_nothing_touches_is_copied_where_that_is_allowed() -> None:
    assert stretches([], 60, (0,)) == [(0, 60, True)]
    assert stretches([(30, 31)], 60, (0,)) == [(0, 60, False)]
    assert stretches([], 60, ()) == [(0, 60, False)]
    assert stretches([], 60, range(60)) == [(0, 60, True)]
    assert stretches([(5, 7)], 60, range(60)) == [(0, 5, True), (5, 7, False), (7, 60, True)]


def test_long_stretches_are_split_without_cutting_a_chunk_in_two() -> None:
    assert stretches([], 600, ()) == [(0, 256, False), (256, 512, False), (512, 600, False)]
    assert stretches([(250, 270)], 600, ())[:2] == [(0, 250, False), (250, 506, False)]
    assert stretches([(0, 300)], 600, ())[0] == (0, 300, False)
    assert stretches([], 600, (), shots=((0, 200), (200, 600)))[0] == (0, 200, False)


def test_a_task_chooses_how_many_frames_a_chunk_holds_and_how_far_it_looks() -> None:
    plan = make_plan(INFO, [INFO.box] * 20, [12], most=8, reach=2)
    assert [(c.start, c.stop) for c in plan.chunks] == [(0, 6), (6, 12), (12, 20)]
    assert (plan.chunks[1].read_start, plan.chunks[1].read_stop) == (6 - WARM_UP - 2, 12), "never beyond its shot"
