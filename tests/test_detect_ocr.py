"""The text detector finds what strokes miss, reads what is found, and never changes what is seen by how fast it is."""

import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from test_detect_captions import (
    EIGHT_BIT,
    FRAMES,
    HEIGHT,
    WHOLE,
    WIDTH,
    assert_tight,
    burn,
    lettering,
    moving,
    planes,
    spans,
    still,
)

from dipvideo.detect import DETECTORS, CaptionFinder, ShotFinder
from dipvideo.detect import captions as finding
from dipvideo.detect.added import words_added
from dipvideo.detect.company import in_company
from dipvideo.detect.events import share_boxes, share_shadows, without_parts
from dipvideo.detect.judge import ENOUGH, WITH_PICTURE, Candidate, captions
from dipvideo.detect.lines import Line
from dipvideo.detect.logos import without_logos
from dipvideo.detect.proposals import Proposals
from dipvideo.detect.timing import End
from dipvideo.errors import OptionError
from dipvideo.frame import Event, Frame, VideoInfo
from dipvideo.geometry import Box

pytest.importorskip("rapidocr")
INFO = VideoInfo("seeded", WIDTH, HEIGHT, Fraction(25), Fraction(1, 25), FRAMES)


def find(pictures, detector="auto"):
    shots, finder = ShotFinder(), CaptionFinder(INFO, WHOLE, detector)
    random = np.random.default_rng(5)
    for i, picture in enumerate(pictures):
        noisy = picture + random.normal(0, 2, picture.shape)
        frame = Frame(i, i, INFO.time_base, planes(noisy, EIGHT_BIT))
        finder.update(frame, shots.update(frame))
    return finder.finish()


def dark(text: str):
    """(alpha, luma) of black letters without any outline."""
    luma = lettering(text)[1]
    return luma / 255, np.zeros_like(luma)


def paler(pictures):
    return [picture * 0.4 + 130 for picture in pictures]


@pytest.mark.parametrize("background", [moving, still])
def test_what_a_caption_says_is_read(background):
    pictures = background()
    burn(pictures, lettering("The first line", bottom=130), 12, 45)
    burn(pictures, lettering("and the next", bottom=160), 12, 45)
    (event,) = find(pictures)
    assert event.text == "The first line\nand the next"


def test_strokes_find_the_same_caption_and_do_not_read_it():
    pictures = moving()
    burn(pictures, lettering("Good morning"), 14, 45)
    (alone,), (together,) = find(pictures, "strokes"), find(pictures)
    assert (alone.start, alone.stop, alone.box) == (together.start, together.stop, together.box)
    assert (alone.hole == together.hole).all()
    assert alone.text == "" and together.text == "Good morning"


def test_dark_letters_without_an_outline_are_found_to_the_frame():
    pictures, text = paler(moving()), dark("Good morning")
    burn(pictures, text, 14, 45)
    assert spans(find(pictures, "strokes")) != [(14, 45)]
    (event,) = find(pictures)
    assert (event.start, event.stop, event.text) == (14, 45, "Good morning")
    assert_tight(event, text[0])


def test_a_caption_too_short_for_strokes_is_found():
    pictures, text = moving(), lettering("Stop there!")
    burn(pictures, text, 23, 28)
    assert find(pictures, "strokes") == []
    (event,) = find(pictures)
    assert (event.start, event.stop) == (23, 28)
    assert_tight(event, text[0])


def test_a_logo_that_stays_through_a_cut_is_none():
    pictures = still(0)[:30] + still(7)[30:]
    burn(pictures, lettering("DIP", bottom=28, left=12, scale=0.6), 0, FRAMES)
    assert find(pictures) == []
    assert find(pictures, "strokes") == []


def test_what_stays_longer_than_any_caption_is_none(monkeypatch):
    pictures = moving(0)[:30] + moving(7)[30:]
    burn(pictures, lettering("Breaking news"), 4, 56)
    assert spans(find(pictures)) == [(4, 56)]
    monkeypatch.setattr("dipvideo.detect.judge.LONGEST_SECONDS", 2.0)
    assert find(pictures) == []


def test_with_the_detector_ocr_only_what_it_sees_is_found(monkeypatch):
    pictures = moving()
    burn(pictures, lettering("Good morning"), 14, 45)
    assert spans(find(pictures, "ocr")) == [(14, 45)]
    monkeypatch.setattr("dipvideo.detect.ocr.Ocr.see", lambda *_: [])
    monkeypatch.setattr("dipvideo.detect.ocr.Ocr.read", lambda *_: ("", 0.0))
    assert find(pictures, "ocr") == []


def candidate(**evidence) -> Candidate:
    line = Line(Box(140, 100, 160, 220), np.ones((20, 120), bool), 8, 200, 16.0, 0.45)
    came, went = End(10, sharp=True, around=0.1), End(40, sharp=True, around=0.1)
    whole = Candidate(line, 10, came, went, 0.1, 0, 0.01, 1.0, True)
    return replace(whole, **evidence)


def read(words: str) -> Future:
    reading = Future()
    reading.set_result((words, 0.95))
    return reading


def test_what_was_read_speaks_for_a_caption_and_what_was_never_seen_against():
    unknown = candidate().points
    assert candidate(asked=4, seen=4, reading=read("Good morning")).points > unknown
    assert candidate(asked=4).points < unknown
    assert candidate(asked=1).points == unknown  # one look may have missed it …
    poor = replace(candidate().line, flaws=0.7)
    assert candidate(line=poor, asked=1).points < candidate(line=poor).points  # … but has the say where it looks poor


def test_what_cannot_be_read_and_does_not_look_like_text_must_both_come_and_go():
    """A row of posts, which the text detector takes for letters, from which someone steps aside."""
    posts = replace(candidate().line, flaws=0.8)
    shown = {"line": posts, "asked": 16, "seen": 13, "stands_out": False}
    came = candidate(**shown, stop=End(40))
    assert candidate(**shown).points > came.points + 2, "in another alphabet it is a caption"
    assert came.points < ENOUGH < candidate(**shown).points
    assert candidate(**{**shown, "reading": read("the end")}, stop=End(40)).points > came.points + 1


def placed(box: Box, **evidence) -> Candidate:
    """A candidate that covers a box of the picture."""
    found = candidate(**evidence)
    found.line = replace(found.line, box=box)
    found.box = found.text = box
    found.hole = found.marked = np.ones((box.height, box.width), bool)
    found.own = box
    found.halo = 2
    found.reach, found.shadow = 2.0, 0
    return found


def test_a_logo_found_again_is_no_caption_but_what_is_said_over_it_is():
    corner, ends = Box(10, 250, 30, 310), {"start": End(0, open=True), "stop": End(60, open=True)}
    logo = placed(corner, asked=4, seen=4, reading=read("Channel 4"), **ends)
    again = placed(Box(8, 180, 30, 318), asked=4, seen=4, reading=read("CHANNEL4"))
    other = placed(Box(8, 180, 30, 318), asked=4, seen=4, reading=read("Good morning"))
    assert captions([again], INFO)[0] and not captions([logo, again], INFO)[0]
    assert captions([logo, other], INFO)[0] == [[other]]


@pytest.mark.parametrize("ends", [{"at_cut": True}, {"around": 0.7}])
def test_a_page_that_comes_and_goes_with_the_picture_needs_more(ends):
    """By a cut or by a dissolve, of which one line may seem to come alone."""
    shown = {"stands_out": False, "asked": 4, "seen": 4, "reading": read("Name the following shapes"),
             "start": End(10, **ends), "stop": End(40, **ends)}
    middle, page = Box(70, 110, 90, 210), [placed(Box(top, 110, top + 20, 210), **shown) for top in (62, 86, 110)]
    assert captions([placed(middle, **shown | {"cuts_inside": 1})], INFO)[0]
    assert not captions([placed(middle, **shown)], INFO)[0]
    alone = replace(page[0].start, around=0.1)
    assert not captions([placed(page[0].box, **shown | {"start": alone}), *page[1:]], INFO)[0]
    poor = placed(Box(150, 110, 170, 210), **shown, line=replace(candidate().line, colour=175))
    assert poor.points + 1.5 < ENOUGH - WITH_PICTURE
    assert captions([poor], INFO)[0], "where captions lie it needs no more"


def test_the_dark_between_two_lines_is_no_line():
    above, below = (placed(Box(top, 60, top + 24, 260), reading=read("Good morning")) for top in (110, 136))
    between = placed(Box(124, 80, 150, 240), start=End(10, sharp=True, around=0.1), stop=End(55))
    assert in_company([[above, below], [between]], [], INFO)[1:] == [[between]], "it may be unknown letters"
    between.line = replace(between.line, dark=True)
    assert in_company([[above, below], [between]], [], INFO) == [[above, below]]
    assert in_company([[above], [between]], [], INFO) == [[above], [between]], "half of it lies bare"


def test_what_the_text_detector_is_blind_to_needs_more_and_does_not_profit_from_what_it_saw():
    def shown(box: Box, **looks) -> Candidate:
        return placed(box, line=replace(candidate().line, flaws=0.5), stop=End(40), **looks)

    middle = Box(140, 110, 160, 210)
    assert captions([shown(middle)], INFO)[0], "nobody looked"
    assert captions([shown(middle, asked=4, seen=3)], INFO)[0]
    assert not captions([shown(middle, asked=4)], INFO)[0]
    assert not captions([shown(middle, reading=read(""))], INFO)[0], "nobody looked, and it cannot be read"
    beside = shown(Box(110, 10, 130, 40), asked=4, seen=4, stands_out=False)
    assert not captions([beside, shown(middle, asked=4)], INFO)[0]
    assert len(captions([beside, shown(middle, asked=4, seen=4)], INFO)[0][0]) == 2


def test_what_is_neither_read_nor_seen_and_does_not_look_like_text_is_none():
    poor = replace(candidate().line, flaws=0.7)
    shown = {"line": poor, "cuts_inside": 1}  # paving stones that lie so before a cut and after it
    assert captions([placed(Box(150, 40, 176, 280), **shown)], INFO)[0], "without a text detector it may be text"
    unread = Future()
    unread.set_result(("", 0.0))
    assert not captions([placed(Box(150, 40, 176, 280), **shown, reading=unread)], INFO)[0]
    assert captions([placed(Box(150, 40, 176, 280), **shown, reading=unread, asked=2, seen=2)], INFO)[0]


def test_the_dark_between_letters_on_a_black_bar_is_no_second_caption():
    """It stays when they go; what was read of it while they stood there is theirs."""
    bar = Box(150, 60, 175, 260)
    line = placed(bar, asked=7, seen=7, reading=read("Of your secret friend."))
    dark = placed(bar, asked=15, seen=7, reading=read("Of your secret friend."), stop=End(90), stands_out=False)
    dark.line = replace(dark.line, dark=True, seeded=True, colour=0)
    assert captions([dark], INFO)[0], "by itself it would be one"
    assert in_company([[line], [dark]], [], INFO) == [[line]]
    longer = placed(bar, asked=15, seen=15, reading=read("Of your secret friend."), cuts_inside=1,
                    stop=End(90, sharp=True, around=0.1))
    assert in_company([[line], [longer]], [], INFO) == [[longer]], "the poorer finding goes, not the longer one"


def test_a_line_aside_that_goes_when_the_next_caption_comes_is_one_if_it_goes_with_a_line_of_its_style():
    ends = {"start": End(0, open=True), "stop": End(40, sharp=True, around=0.1)}
    aside = placed(Box(110, 20, 134, 200), reading=read("Indeed it is we"), **ends)
    middle = placed(Box(136, 60, 160, 260), reading=read("who sent this"), **ends)
    following = placed(Box(100, 30, 160, 290), start=End(40, sharp=True, around=0.1), stop=End(70),
                       reading=read("down"))
    assert in_company([[aside], [following]], [], INFO) == [[following]], "a page's, seen when no caption lies over it"
    assert in_company([[aside, middle], [following]], [], INFO) == [[aside, middle], [following]]
    middle.line = replace(middle.line, height=24.0)
    assert in_company([[aside, middle], [following]], [], INFO) == [[middle], [following]]


def test_the_text_of_a_screen_that_captions_lie_over_stays():
    def line(box: Box, first: int, colour: float = 235, height: float = 16.0) -> Candidate:
        one = placed(box, asked=4, seen=4, reading=read("import whisper"), born=first,
                     start=End(first, sharp=True, around=0.1), stop=End(first + 28, sharp=True, around=0.1))
        one.line = replace(one.line, colour=colour, height=height)
        return one

    said = [[line(Box(150, 60, 175, 260), 10 + 30 * k)] for k in range(6)]
    code = [[line(Box(20 + 12 * k, 10, 30 + 12 * k, 90), 12 + 30 * k, 140, 8.0)] for k in range(8)]
    title = line(Box(60, 10, 80, 120), 15)
    assert in_company([*said, *code, [title]], [], INFO) == [*said, [title]], "the title looks like the captions"
    assert len(in_company([*said, *code[:4]], [], INFO)) == 10, "a name plate or two are burned in, too"
    assert len(in_company([*said[:3], *code], [], INFO)) == 11, "captions that are few tell nothing"
    assert len(in_company([*said[:3], *code[:4]], [], INFO)) == 7, "even if they are there most of the time"
    apart = [[line(one.box, 10 + 300 * k)] for k, (one,) in enumerate(said)]
    assert len(in_company([*apart, *code], [], INFO)) == 14, "nor do those that are rare"


def test_a_logo_that_is_lost_and_found_again_all_along_is_none():
    aside = Box(20, 10, 40, 80)

    def event(first: float, last: float, text: str = "EXCLUSIVE", box: Box = aside) -> Event:
        return Event.of(round(25 * first), round(25 * last), box, np.ones((box.height, box.width), bool), text)

    pieces = [event(7, 10), event(10.5, 13, "EXCLUSlVE", Box(18, 12, 40, 84)), event(13, 16), event(23, 32)]
    other = event(12, 14, "Good morning")
    middle = [event(first, last, "Go", Box(150, 140, 170, 180)) for first, last in ((7, 16), (18, 27))]
    assert without_logos([*pieces, other, *middle], [], INFO) == [other, *middle], "a refrain stands where captions do"
    assert without_logos(pieces[:3], [], INFO) == pieces[:3], "no longer than a caption stays"
    rare = [event(7, 8), event(30, 31)]
    assert without_logos(rare, [], INFO) == rare, "a name that is shown twice"
    moved = [event(0, 5), event(5, 17, box=Box(120, 240, 140, 310)), event(17, 19, "EXCLUSIVE Channel 4")]
    assert without_logos(moved, [], INFO) == moved[2:], "it changed its place"
    assert not without_logos([event(17, 19, "EXCLUSIVE\nChannel 4")], ["Channel 4", "Exclusive"], INFO)
    assert without_logos([*rare, other, *middle], ["exclusive"], INFO) == [other, *middle]


def test_what_is_said_again_is_only_looked_for_among_what_was_said_shortly_before(monkeypatch):
    compared = []
    monkeypatch.setattr("dipvideo.detect.logos.SequenceMatcher", lambda *pair, **_: compared.append(pair) or Unlike())
    hole = np.ones((20, 70), bool)
    lines = [Event.of(100 * k, 100 * k + 60, Box(20, 10, 40, 80), hole, f"line {k}") for k in range(200)]
    assert without_logos(lines, [], INFO) == lines and 0 < len(compared) < 5 * len(lines)


class Unlike:
    def ratio(self) -> float:
        return 0.0


def test_a_line_elsewhere_must_be_seen_to_come_and_go():
    aside, shown = Box(140, 20, 160, 100), {"asked": 4, "seen": 4, "reading": read("channel.com"), "stands_out": False}
    assert captions([placed(aside, **shown)], INFO)[0]
    faded = {"start": End(10, fades=True, around=0.2), "stop": End(60, open=True)}
    assert not captions([placed(aside, **shown | faded)], INFO)[0], "of a banner that slides in, one line"
    assert captions([placed(Box(140, 110, 160, 210), **shown | faded)], INFO)[0]


def test_words_that_follow_each_other_vouch_for_the_next():
    def word(text: str, left: int, first: int, last: int, **more) -> Candidate:
        shown = {"asked": 1, "seen": 1, "reading": read(text), "stands_out": False, "born": first,
                 "start": End(first, around=0.1), "stop": End(last, around=0.1), **more}
        line = replace(candidate().line, flaws=0.3, colour=120)
        return placed(Box(140, left, 160, 320 - left), line=line, **shown)

    came = {"start": End(10, sharp=True, around=0.1), "stop": End(22, sharp=True, around=0.1)}
    first, second, third = word("one", 130, 10, 22, **came), word("by", 120, 22, 30), word("one", 130, 31, 40)
    later, other = word("more", 120, 60, 70), word("by", 60, 22, 30)
    later.line = replace(later.line, height=26.0)
    found, doubtful = captions([first, second, third, later], INFO)
    assert found == [[first]] and doubtful == [second, third, later]
    assert in_company(found, doubtful, INFO) == [[first], [second], [third]], "the second vouches for the third"
    other.line = replace(other.line, box=Box(100, 60, 120, 260))
    assert in_company(found, [other], INFO) == [[first]], "it lies in another row"


def row(left: int, right: int, first: int, last: int, words: str, **evidence) -> Candidate:
    ends = End(first, sharp=True, around=0.1), End(last, sharp=True, around=0.1)
    shown = {"asked": 4, "seen": 4, "reading": read(words), "born": first, "start": ends[0], "stop": ends[1]}
    return placed(Box(140, left, 160, right), **{**shown, **evidence})


def test_a_word_that_stood_there_before_the_line_was_whole_is_no_copy_of_it():
    whole, word = row(60, 260, 20, 50, "one by one"), row(60, 100, 8, 50, "one")
    assert captions([whole, word], INFO)[0] == [[whole], [word]]
    together = row(60, 100, 20, 50, "one")
    assert captions([whole, together], INFO)[0] == [[whole]], "it only comes with the line"
    again = row(60, 260, 8, 50, "one by one", stands_out=False)
    assert captions([whole, again], INFO)[0] == [[whole]], "it is no part of the line"
    strayed = row(60, 100, 8, 50, "one", start=End(8, at_cut=True))
    assert captions([whole, strayed], INFO)[0] == [[whole]], "nobody saw it come"


def test_a_word_that_came_when_the_line_stood_there_is_no_copy_of_it():
    line, word = row(60, 260, 8, 50, "one by one"), row(220, 260, 24, 50, "one")
    assert captions([line, word], INFO)[0] == [[line], [word]]
    strayed = row(220, 260, 24, 50, "one", start=End(24, at_cut=True))
    assert captions([line, strayed], INFO)[0] == [[line]], "nobody saw it come"


def test_what_is_part_of_a_poor_finding_only_stays():
    best, poor = row(60, 100, 10, 50, "one"), row(60, 260, 10, 50, "one by one", start=End(10), stop=End(50))
    last = row(220, 260, 10, 50, "one", start=End(10, sharp=True, around=0.9), stop=End(50))
    assert poor.points + 2 < best.points and poor.points < last.points < poor.points + 2
    assert captions([best, poor, last], INFO)[0] == [[best, last]]


def test_words_added_to_what_stands_there_vouch_for_it():
    cut = {"start": End(10, at_cut=True), "stop": End(50, at_cut=True), "stands_out": False}
    first, added = row(60, 110, 10, 50, "one", **cut), row(118, 200, 24, 50, "by one")
    found, doubtful = captions([first, added], INFO)
    assert found == [[added]] and doubtful == [first]
    assert in_company(found, doubtful, INFO) == [[added], [first]]
    earlier = {**cut, "stop": End(44, at_cut=True)}
    for other in (row(20, 60, 10, 50, "one", **cut), row(60, 110, 10, 44, "one", **earlier)):
        assert in_company(found, [other], INFO) == [[added]], "it lies further off, or goes earlier"


def test_words_that_are_shown_when_they_are_said_are_covered_from_their_first_frame_and_not_before():
    pictures, words = moving(), ("Good", "Good morning", "Good morning to", "Good morning to you all")
    shown = [lettering(text, left=16) for text in words]
    for text, start, stop in zip(shown, (8, 18, 28, 38), (18, 28, 38, 52), strict=True):
        burn(pictures, text, start, stop)
    events = find(pictures)
    for index in range(8, 52):
        alpha, _ = shown[min((index - 8) // 10, 3)]
        to_come = np.flatnonzero(alpha.any(0))[-1] + 12  # beyond the next word's first letters
        hole = np.zeros((HEIGHT, WIDTH), bool)
        for event in events:
            if event.start <= index < event.stop:
                hole[event.box.slices] |= event.hole
        assert hole[alpha > 8 / 255].mean() > 0.97, index
        assert not hole[:, to_come:].any(), index
    assert max(event.stop for event in events) == 52


def row_of_words(starts: list[int], frames: int = 40) -> tuple[list[tuple[int, np.ndarray]], np.ndarray]:
    """(crops, text) of a line of words, each of which is shown from a frame on, before a picture that moves."""
    words = [lettering(f"word{number}", bottom=30, left=10 + 80 * number) for number in range(len(starts))]
    pictures = moving()[:frames]
    for word, start in zip(words, starts, strict=True):
        burn(pictures, word, start, frames)
    text = np.any([alpha > 0.5 for alpha, _ in words], axis=0)[:50]
    return [(100 + i, picture[:50].clip(0, 255).astype(np.uint8)) for i, picture in enumerate(pictures)], text


def test_words_are_dated_one_by_one():
    crops, text = row_of_words([4, 14, 24])
    second, third = words_added(crops, text, 104, [])
    assert (second.start, third.start) == (114, 124) and second.right == third.left
    assert 70 < second.left < 95 and 150 < third.left < 175
    assert [word.start for word in words_added(*row_of_words([24, 14, 4]), 104, [])] == [124, 114], "right to left"


@pytest.mark.parametrize("starts, cuts", [([4, 4, 4], []), ([4, 24, 14], []), ([4, 6, 8], []), ([4, 4, 20], [120])],
                         ids=["together", "in no order", "at once", "with a cut"])
def test_what_is_no_word_that_is_added_comes_with_its_line(starts, cuts):
    assert words_added(*row_of_words(starts), 104, cuts) == ()


@pytest.mark.parametrize("strength", [lambda i: np.clip((i - 8) / 20, 0, 1), lambda i: float(not 6 < i < 16)],
                         ids=["fades", "is lost for a while"])
def test_a_word_that_was_there_before_in_part_comes_with_its_line(strength):
    (crops, text), (others, _) = row_of_words([4, 4, 4]), row_of_words([4, 4, 99])
    third = [(frame, np.rint(without + (crop.astype(float) - without) * strength(frame - 104)).astype(np.uint8))
             for (frame, crop), (_, without) in zip(crops, others, strict=True)]
    assert words_added(third, text, 104, []) == ()


def test_what_looks_like_letters_beside_a_word_is_left_to_the_words_that_stand_there_later():
    first, second = row(60, 110, 10, 50, "one"), row(125, 200, 24, 50, "by one")
    for word in (first, second):  # both reach over the other
        word.box, word.hole = Box(140, 50, 160, 210), np.ones((20, 160), bool)
        word.marked = word.hole.copy()
    in_company([[first], [second]], [], INFO)
    assert first.hole[:, :70].all() and not first.hole[:, 75:150].any()
    assert second.hole[:, 65:].all() and not second.hole[:, 10:50].any()


def test_an_event_is_a_part_of_another_only_if_that_covers_its_pixels():
    whole = np.ones((20, 100), bool)
    whole[:, 40:60] = False
    line = Event.of(10, 50, Box(140, 100, 160, 200), whole)
    word, again = (Event.of(20, 50, Box(140, left, 160, left + 18), np.ones((20, 18), bool)) for left in (141, 110))
    assert without_parts([line, word, again]) == [line, word]


def test_captions_of_a_style_vouch_for_one_that_comes_and_goes_with_the_picture():
    def line(first: int, words: str, **more) -> Candidate:
        ends = End(first, sharp=True, around=0.1), End(first + 30, sharp=True, around=0.1)
        shown = {"asked": 4, "seen": 4, "reading": read(words), "stands_out": False, "born": first,
                 "start": ends[0], "stop": ends[1], **more}
        return placed(Box(80, 100, 100, 220), **shown)

    cut = {"start": End(200, at_cut=True), "stop": End(230, at_cut=True)}
    one, two, late = line(10, "one"), line(60, "two"), line(200, "three", **cut)
    found, doubtful = captions([one, two, late], INFO)
    assert found == [[one], [two]] and doubtful == [late]
    assert in_company(found, doubtful, INFO) == [[one], [two], [late]]
    late.met = 0.0
    assert in_company([[one]], [late], INFO) == [[one]], "one tells nothing of a style"
    late.line = replace(late.line, height=24.0)
    assert in_company(found, [late], INFO) == [[one], [two]], "its letters are larger"


def test_what_a_poorer_finding_reads_beyond_the_end_of_a_line_belongs_to_it():
    line = placed(Box(140, 100, 160, 220), asked=4, seen=4, reading=read("May I ask"))
    more = placed(Box(138, 98, 162, 240), asked=4, seen=4, reading=read("May I ask?"), stands_out=False)
    (found,), = in_company([[line]], [more], INFO)
    assert found is line and found.words == "May I ask?"
    assert found.box == Box(138, 98, 162, 240) and found.text == Box(140, 98, 160, 240)
    inside = found.hole[:, 2:122]
    assert found.hole[:, 122:].all() and inside[2:22].all() and not inside[:2].any() and not inside[22:].any()
    assert found.marked.shape == found.hole.shape
    other = placed(Box(138, 98, 162, 240), asked=4, seen=4, reading=read("Channel 4"), stands_out=False)
    (found,), = in_company([[placed(Box(140, 100, 160, 220), reading=read("May I ask"))]], [other], INFO)
    assert found.box.right == 220, "it reads otherwise"


def test_what_the_text_detector_did_not_see_does_not_come_along_with_a_caption():
    beside = {"asked": 4, "start": End(10, sharp=True, around=0.1), "stop": End(40), "stands_out": False}
    said = placed(Box(140, 110, 160, 210), asked=4, seen=4, reading=read("Good morning"))
    picture, second = (placed(Box(110, 20, 130, 300), seen=seen, **beside) for seen in (0, 4))
    assert captions([said, picture], INFO)[0] == [[said]] and picture.points > 1
    assert captions([said, second], INFO)[0] == [[said, second]]


def test_what_captions_uncover_is_the_pictures():
    def line(left: int, right: int, first: int, last: int) -> Candidate:
        ends = End(first, sharp=True, around=0.1), End(last, sharp=True, around=0.1)
        return placed(Box(140, left, 160, right), asked=4, seen=4, reading=read("told me this story"), born=first,
                      start=ends[0], stop=ends[1])

    one, bare, two = line(40, 280, 10, 40), line(220, 300, 40, 70), line(30, 290, 70, 99)
    assert in_company([[one], [bare], [two]], [], INFO) == [[one], [two]]
    late = line(220, 300, 50, 70)
    assert in_company([[one], [late], [two]], [], INFO) == [[one], [late], [two]], "it came when nothing went"


def test_letters_on_letters_of_both_neighbours_belong_to_the_hole():
    def word(first: int, last: int, covered: slice) -> Candidate:
        one = placed(Box(140, 100, 160, 220), asked=4, seen=4, reading=read("one"), born=first,
                     start=End(first, sharp=True, around=0.1), stop=End(last, sharp=True, around=0.1))
        one.hole = np.zeros((20, 120), bool)
        one.hole[4:16, covered] = True
        one.marked = one.hole.copy()
        return one

    def share(*words: Candidate) -> list[np.ndarray]:
        in_company([[one] for one in words], [], INFO)
        return [one.hole[10] for one in words]

    for last in (38, 60):  # the third follows, or comes later
        _, middle, _ = share(word(10, 24, slice(0, 60)), word(24, 38, slice(70, 90)), word(last, 80, slice(30, 100)))
        assert middle[70:90].all() and middle[30:60].all() == (last == 38) and not middle[:30].any()
        assert not middle[95:].any()
    lone = share(word(10, 24, slice(10, 40)))[0]
    assert lone.sum() == 30


def test_the_last_of_a_fade_is_not_a_line_that_moved():
    from dipvideo.detect.judge import MOVED
    from dipvideo.detect.timing import moved

    alpha, luma = lettering("Good morning")
    frame = np.where(alpha > 0, luma, 40.0).astype(np.float32)
    rows, columns = np.nonzero(alpha > 0)
    box = Box(rows.min() - 8, columns.min() - 8, rows.max() + 9, columns.max() + 9)
    line = frame[box.slices], alpha[box.slices] > 0, box, 16.0
    assert moved(*line, np.roll(frame, 3, 1).astype(np.uint8)) > MOVED
    assert moved(*line, (frame * 0.1).astype(np.uint8)) == 0.0


def test_words_of_two_letters_are_found():
    pictures = moving()
    burn(pictures, lettering("lo"), 14, 45)
    (event,) = find(pictures)
    assert (event.start, event.stop) == (14, 45)


def test_a_film_that_fades_to_black_takes_its_caption_with_it():
    pictures = [*moving(), *moving()]
    burn(pictures, lettering("Good morning"), 14, 2 * FRAMES)
    fade = 75  # three times the longest of a caption
    pictures = [picture * min((2 * FRAMES - i) / fade, 1) for i, picture in enumerate(pictures)]
    (event,) = find(pictures)
    assert event.start == 14 and 2 * FRAMES - 12 <= event.stop <= 2 * FRAMES


def test_a_box_that_is_not_seen_before_a_dark_picture_is_where_others_of_the_style_have_one():
    lines = [placed(Box(140, 100, 160, 220)) for _ in range(8)]
    lines[0].pad = 5
    share_boxes([[c] for c in lines])
    assert [c.pad for c in lines[1:]] == [None] * 7, "one may be mistaken"
    lines[1].pad = 7
    lines[2].line = replace(lines[2].line, height=24.0)
    share_boxes([[c] for c in lines])
    assert [c.pad for c in lines[2:]] == [None] + [6] * 5


def test_a_soft_shadow_that_is_not_seen_to_end_reaches_as_far_as_around_others_of_the_style():
    lines = [placed(Box(140, 100, 160, 220)) for _ in range(8)]
    lines[0].shadow = 8
    share_shadows([[c] for c in lines], WHOLE)
    assert all(c.box.height == 20 for c in lines), "one may be mistaken"
    lines[1].shadow, lines[1].reach = 10, 10.0
    lines[2].line = replace(lines[2].line, height=24.0)
    share_shadows([[c] for c in lines], WHOLE)
    assert [c.box.height for c in lines[1:]] == [20, 20] + [20 + 2 * 7] * 5, "nine pixels from their letters"
    one = lines[3]
    assert one.hole[17, 0] and not one.hole[0, 0] and one.marked.sum() == 20 * 120, "what is marked stays"


def test_what_is_seen_now_and_then_or_flickers_gains_nothing_from_being_read():
    unknown = candidate().points
    assert candidate(asked=9, seen=4, reading=read("the meadow")).points == unknown
    assert candidate(asked=4, seen=4, reading=read("the ONE"), unsteady=0.07).points == unknown


def judged(monkeypatch, pictures) -> list[Candidate]:
    """The candidates that are judged."""
    seen: list[Candidate] = []
    real = finding.captions
    with monkeypatch.context() as patched:
        patched.setattr(finding, "captions", lambda ready, info: (seen.extend(ready), real(ready, info))[1])
        find(pictures)
    return seen


def test_looks_before_a_line_is_followed_count_too(monkeypatch):
    pictures, text = paler(moving()), dark("Good morning")
    burn(pictures, text, 14, 55)
    (at_once,) = (one for one in judged(monkeypatch, pictures) if one.line.dark)
    real = finding.line_in
    monkeypatch.setattr(finding, "line_in", lambda box, asked, *more: real(box, asked, *more) if asked > 20 else None)
    (later,) = (one for one in judged(monkeypatch, pictures) if one.line.dark)
    assert at_once.line.seeded and later.line.seeded
    assert (later.asked, later.seen) == (at_once.asked, at_once.seen) and later.seen >= 3


def test_a_line_whose_first_finding_fails_is_found_again_where_it_was_seen(monkeypatch):
    pictures = moving()
    burn(pictures, lettering("Good morning"), 14, 55)
    assert not any(one.line.seeded for one in judged(monkeypatch, pictures))
    monkeypatch.setattr(finding.Track, "failing", property(lambda track: not track.line.seeded))
    both = judged(monkeypatch, pictures)
    assert sorted(one.line.seeded for one in both) == [False, True]
    (event,) = find(pictures)
    assert (event.start, event.stop) == (14, 55)


class Slow:
    """Sees one box a look, the more to the right the later, and takes its time."""

    def __init__(self, seconds: float):
        self.seconds, self.looks = seconds, 0

    def see(self, luma, scale):
        time.sleep(self.seconds)
        self.looks += 1
        return [self.looks]


def test_answers_come_at_the_same_frames_however_slow_the_detector_is():
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 255, (HEIGHT, WIDTH), np.uint8) for _ in range(40)]
    heard = []
    for seconds in (0.0, 0.02):
        proposals = Proposals(Slow(seconds), ThreadPoolExecutor(1), HEIGHT, WIDTH, 25.0)
        heard.append([])
        for i, picture in enumerate(pictures):
            proposals.offer(i, picture)
            time.sleep(0.001)  # so that the fast one is done long before its answer is due
            heard[-1] += [(i, answer) for answer in proposals.answers(i)]
        heard[-1] += [(len(pictures), answer) for answer in proposals.finish()]
    assert heard[0] == heard[1] and len(heard[0]) == 4


def test_a_picture_that_stands_still_is_looked_at_once():
    ocr, picture = Slow(0.0), np.full((HEIGHT, WIDTH), 90, np.uint8)
    proposals = Proposals(ocr, ThreadPoolExecutor(1), HEIGHT, WIDTH, 25.0)
    for i in range(40):
        proposals.offer(i, picture.copy())
    assert len(proposals.finish()) == 4 and ocr.looks == 1


def test_nothing_is_fetched_and_nothing_is_said(monkeypatch, capfd):
    from dipvideo.detect import ocr

    def refuse(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    ocr._networks.cache_clear()
    reader = ocr.Ocr()
    luma = np.full((60, 320), 40, np.uint8)
    cv2.putText(luma, "Good morning", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2, cv2.LINE_AA)
    (sighting,) = reader.see(luma, 1.0)
    words, sure = reader.read(luma, sighting.box)
    assert words == "Good morning" and sure > ocr.SURE
    assert capfd.readouterr() == ("", "")


def test_an_unknown_detector_is_refused():
    with pytest.raises(OptionError, match=r"abacus.*auto, ocr, strokes"):
        CaptionFinder(INFO, WHOLE, "abacus")
    assert list(DETECTORS) == ["auto", "ocr", "strokes"]


def test_without_rapidocr_auto_goes_by_strokes_and_ocr_is_refused(monkeypatch):
    monkeypatch.setattr("dipvideo.detect.detectors.find_spec", lambda name: None)
    pictures = moving()
    burn(pictures, lettering("Good morning"), 14, 45)
    (event,) = find(pictures)
    assert (event.start, event.stop, event.text) == (14, 45, "")
    with pytest.raises(OptionError, match="rapidocr"):
        CaptionFinder(INFO, WHOLE, "ocr")


def test_letters_are_what_came_and_not_the_shadow_that_was_there_before():
    from dipvideo.detect.seeds import line_in
    from dipvideo.detect.timing import Ring

    bare = np.full((60, 320), 170, np.uint8)
    for x in range(10, 290):  # a shadow that winds along where the letters will be
        y = 30 + int(4 * np.sin(x / 37))
        bare[y:y + 4, x] = 110
    shown = bare.copy()
    cv2.putText(shown, "Good morning all", (20, 38), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 215, 1, cv2.LINE_AA)
    seen_in = Box(18, 16, 46, 270)
    dark = []
    for first in (shown, bare):
        ring = Ring(20)
        for index in range(16):
            ring.add(index, first if index < 2 else shown, False)
        dark.append(line_in(seen_in, 9, ring, 240).dark)
    assert dark == [True, False]  # where the text was there from the first, nothing tells


def test_a_row_of_digits_is_an_alphabet_that_is_not_known():
    from dipvideo.detect.ocr import says_something

    assert not says_something("071070170", 0.97)
    assert says_something("1984", 0.97) and says_something("12 monkeys, 1995", 0.97)
    assert not says_something("Good morning", 0.5) and not says_something("?!", 0.97)


def test_opencv_has_its_threads_back_after_the_search():
    from dipvideo.detect import one_core

    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        with pytest.raises(ZeroDivisionError), one_core():
            assert cv2.getNumThreads() == 1
            _ = 1 / 0
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)
