"""Captions as files: plans that can be edited, subtitles with times, and a track in the place of burned-in text."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from conftest import captioned, decoded, panned, write_video

from dipvideo import remove_subtitles
from dipvideo.captions import Captions, cues_of, detect_captions, read_plan, write_plan, write_srt
from dipvideo.captions.options import DetectOptions
from dipvideo.cli import main
from dipvideo.errors import OptionError, OutputExists, PlanUnreadable
from dipvideo.frame import Event
from dipvideo.geometry import Box
from dipvideo.io import open_source

QUICK = {"device": "cpu", "network": "taper:widths=8-16", "first_steps": 2, "steps": 1, "borrow": False}
SIZE = (192, 320)


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """Sixty frames with text in [16, 44)."""
    pictures, _ = captioned(panned(60, size=SIZE), 16, 44)
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", pictures)


@pytest.fixture
def plan(film: Path, tmp_path: Path) -> Path:
    """Its plan, as the search writes it, with words put in by hand."""
    path = tmp_path / "film.plan.json"
    remove_subtitles(film, path, plan_only=True, detector="strokes")
    said = json.loads(path.read_text())
    assert len(said["captions"]) == 1
    said["captions"][0]["text"] = "Hello {there}\nold friend"
    path.write_text(json.dumps(said))
    return path


def test_a_plan_is_not_written_under_the_name_of_a_film(film: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.json file"):
        remove_subtitles(film, tmp_path / "clean.mkv", plan_only=True, detector="strokes")
    assert not list(tmp_path.iterdir())


def test_a_plan_brings_back_the_very_captions(film: Path, tmp_path: Path) -> None:
    source, path = open_source(film), tmp_path / "plan.json"
    hole = np.random.default_rng(0).random((20, 50)) > 0.5
    marked = hole & (np.arange(50) < 25)
    events = Event.of(3, 9, Box(10, 20, 30, 70), hole, "né\n字", marked), Event.of(9, 60, Box(0, 0, 20, 50), ~hole)
    before = Captions(events, (9, 30))
    write_plan(before, source, path)
    after = read_plan(str(path), source)
    assert after.cuts == before.cuts
    for one, other in zip(before.events, after.events, strict=True):
        assert (one.start, one.stop, one.box, one.text) == (other.start, other.stop, other.box, other.text)
        assert np.array_equal(one.hole, other.hole) and np.array_equal(one.marked, other.marked)
    assert json.loads(path.read_text())["captions"][0]["from"] == "0:00:00.120"


def test_a_caption_is_kept_in_little_room() -> None:
    letters = np.zeros((60, 600), np.uint8)
    cv2.putText(letters, "every worker knows all of them", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 5)
    halo = cv2.dilate(letters, np.ones((5, 5)))
    event = Event.of(0, 9, Box(0, 0, *letters.shape), halo > 0, "", letters > 0)
    assert np.array_equal(event.hole, halo > 0) and np.array_equal(event.marked, letters > 0)
    assert len(pickle.dumps(event)) < 0.05 * (event.hole.nbytes + event.marked.nbytes)


def test_an_edited_box_cuts_the_hole_or_fills_what_it_gains(film: Path, tmp_path: Path) -> None:
    source, path = open_source(film), tmp_path / "plan.json"
    hole = np.zeros((20, 50), bool)
    hole[5:10] = True
    write_plan(Captions((Event.of(3, 9, Box(10, 20, 30, 70), hole),), ()), source, path)
    said = json.loads(path.read_text())
    said["captions"][0]["box"] = [30, 10, 40, 20]
    smaller = json.loads(path.read_text())
    smaller["captions"][0]["box"] = [20, 10, 60, 30]
    said["captions"] += [smaller["captions"][0], {"start": 0, "stop": 60, "box": [0, 0, 8, 8]}]
    path.write_text(json.dumps(said))
    added, cut, grown = read_plan(str(path), source).events
    assert np.array_equal(cut.hole, hole[:, 10:50])
    assert np.array_equal(grown.hole[:20, :50], hole) and grown.hole[20:].all() and grown.hole[:, 50:].all()
    assert added.hole.all() and (added.start, added.stop) == (0, 60)


@pytest.mark.parametrize("spoil, word", [
    (lambda s: s["film"].update(frames=61), "another film"), (lambda s: s.pop("cuts"), "cuts"),
    (lambda s: s["captions"][0].update(start=50, stop=40), "spans frames"),
    (lambda s: s["captions"][0].update(box=[0, 0, 9999, 5]), "leaves the picture"),
    (lambda s: s["captions"][0].update(box="here"), "lacks or spoils"),
    (lambda s: s["captions"][0]["hole"].update(png="AAAA"), "no PNG")])
def test_a_spoilt_plan_says_where(film: Path, plan: Path, spoil, word: str) -> None:
    said = json.loads(plan.read_text())
    spoil(said)
    plan.write_text(json.dumps(said))
    with pytest.raises(PlanUnreadable, match=word):
        remove_subtitles(film, plan.with_name("out.mp4"), plan=str(plan), **QUICK)
    assert not plan.with_name("out.mp4").exists()


def test_a_plan_does_what_the_search_does(film: Path, plan: Path, tmp_path: Path) -> None:
    searched = remove_subtitles(film, tmp_path / "a.mp4", detector="strokes", **QUICK)
    planned = remove_subtitles(film, tmp_path / "b.mp4", plan=str(plan), **QUICK)
    assert searched.touched == planned.touched > 20
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    said = json.loads(plan.read_text())
    said["captions"] = []
    plan.write_text(json.dumps(said))
    assert remove_subtitles(film, tmp_path / "c.mp4", plan=str(plan), **QUICK).touched == 0
    assert (tmp_path / "c.mp4").read_bytes() == film.read_bytes()


@pytest.mark.parametrize("suffix, codec", [("mp4", "mov_text"), ("mkv", "subrip"), ("webm", "webvtt")])
def test_burned_in_text_becomes_a_track(film: Path, plan: Path, tmp_path: Path, suffix: str, codec: str) -> None:
    after, srt = tmp_path / f"out.{suffix}", tmp_path / "out.srt"
    remove_subtitles(film, after, plan=str(plan), soft_subtitles=True, srt=str(srt), **QUICK)
    start, stop = (round(json.loads(plan.read_text())["captions"][0][end] * 0.04, 2) for end in ("start", "stop"))
    assert srt.read_text() == (f"1\n00:00:0{start:.3f} --> 00:00:0{stop:.3f}\n".replace(".", ",")
                               + "Hello {there}\nold friend\n")
    with av.open(str(after)) as container:
        stream, = container.streams.subtitles
        assert stream.codec_context.codec.canonical_name == codec
        cue, = (p for p in container.demux(stream) if p.size > 2)
        assert abs(float(cue.pts * cue.time_base) - start) < 0.002
        assert abs(float(cue.duration * cue.time_base) - (stop - start)) < 0.002
        assert b"Hello" in bytes(cue) and b"old friend" in bytes(cue)
    assert len(decoded(after)) == 60


def test_a_container_without_text_says_so(film: Path, plan: Path, tmp_path: Path) -> None:
    summary = remove_subtitles(film, tmp_path / "out.ts", plan=str(plan), soft_subtitles=True, **QUICK)
    assert any("holds no text" in warning for warning in summary.warnings)


def test_cues_join_what_a_cut_parts_and_count_from_the_films_start(film: Path, tmp_path: Path) -> None:
    source, hole = open_source(film), np.ones((1, 1), bool)
    box = Box(0, 0, 1, 1)
    events = [Event.of(10, 20, box, hole, "one"), Event.of(20, 30, box, hole, "one"),
              Event.of(30, 60, box, hole, "two"), Event.of(35, 40, box, hole)]
    assert [(c.start, c.stop, c.text) for c in cues_of(events, source)] == [
        (0.4, 1.2, "one"), (1.2, 2.4, "two"), (1.4, 1.6, "[…]")]
    lines = [Event.of(0, 9, Box(40, 0, 50, 9), np.ones((10, 9), bool), "below"),
             Event.of(1, 9, Box(20, 0, 30, 9), np.ones((10, 9), bool), "above")]
    assert [c.text for c in cues_of(lines, source)] == ["above\nbelow"]
    grown = [Event.of(10, 50, Box(40, 0, 50, 60), np.ones((10, 60), bool), "one by o"),
             Event.of(20, 50, Box(40, 0, 50, 90), np.ones((10, 90), bool), "by one they"),
             Event.of(30, 50, Box(0, 0, 10, 90), np.ones((10, 90), bool), "by one")]
    assert [(c.start, c.stop, c.text) for c in cues_of(grown, source)] == [
        (0.4, 2.0, "one by one they"), (1.2, 2.0, "by one")], "words are added to a line, but not to one elsewhere"
    halved = [Event.of(start, 50, Box(40, 0, 50, 90), np.ones((10, 90), bool), text)
              for start, text in ((10, "the right m"), (18, "the right moment li"), (26, "nt moment here"))]
    assert [c.text for c in cues_of(halved, source)] == ["the right moment here"], "half of an h is read as l, or as n"
    others = [Event.of(start, 50, Box(40, 0, 50, 90), np.ones((10, 90), bool), text)
              for start, text in ((10, "Who is it?"), (18, "It is me."))]
    assert [c.text for c in cues_of(others, source)] == ["Who is it?", "It is me."]
    places = Box(0, 0, 40, 60), Box(4, 4, 36, 56)
    unread = [Event.of(first, last, places[stands], np.ones((places[stands].height, places[stands].width), bool))
              for first, last, stands in ((0, 3, 0), (3, 20, 1), (20, 40, 1))]
    assert [c.stop - c.start for c in cues_of(unread, source)] == [0.8, 0.8], "on its way, and where it stands"
    write_srt(cues_of(events[2:3], source), tmp_path / "a.srt")
    assert (tmp_path / "a.srt").read_text() == "1\n00:00:01,200 --> 00:00:02,400\ntwo\n"


def test_detect_writes_subtitles_a_plan_and_a_mask(film: Path, tmp_path: Path, capsys) -> None:
    assert main(["detect", str(film), "-o", str(tmp_path / "a.srt"), "--save-mask", str(tmp_path / "m.mkv"),
                 "--detector", "strokes"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "" and "1 captions, 1 of them unread" in printed.err
    assert "[…]" in (tmp_path / "a.srt").read_text()
    masks = [f.planes.luma.max() for f in open_source(tmp_path / "m.mkv").frames()]
    assert len(masks) == 60 and all(m == 255 for m in masks[17:43]) and masks[0] == masks[59] == 0
    found = detect_captions(film, tmp_path / "a.json", DetectOptions(detector="strokes"))
    assert len(read_plan(str(tmp_path / "a.json"), open_source(film)).events) == len(found.events) == 1
    with pytest.raises(OutputExists):
        detect_captions(film, tmp_path / "a.json", DetectOptions())
    with pytest.raises(OptionError, match=r"\.srt or \.json"):
        detect_captions(film, tmp_path / "a.txt", DetectOptions())


def test_a_mask_and_a_search_exclude_each_other() -> None:
    with pytest.raises(OptionError, match="With --mask"):
        remove_subtitles("film.mp4", mask="m.png", soft_subtitles=True)
