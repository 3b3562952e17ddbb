"""A report shows, while a run goes on, how far it is: pictures of what becomes of frames, whoever restores them."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from conftest import texture, write_video
from PIL import Image
from test_jobs import LENGTH, PARTS, film, interrupted, run  # noqa: F401

from dipvideo import look, report, segment
from dipvideo.errors import OptionError, SourceMissing


def pictures(page: str) -> dict[int, np.ndarray]:
    """The frames that a page shows, by their numbers."""
    found = re.findall(r'base64,([^"]*)"><figcaption>frame (\d+)<', page)
    return {int(number): np.asarray(Image.open(BytesIO(b64decode(data)))) for data, number in found}


@pytest.fixture
def eager(monkeypatch) -> None:
    """Pictures at every chance."""
    monkeypatch.setattr(look, "EVERY", 0.0)
    monkeypatch.setattr(look, "SHARE", 1e9)
    monkeypatch.setattr(report, "EVERY", 0.0)


def test_a_page_shows_what_becomes_of_frames_and_does_not_change_the_film(film: dict, eager: None) -> None:  # noqa: F811
    """Also on the way: then the page loads itself again."""
    _, expected = run(film)
    page, pages = film["folder"] / "report.html", []
    _, made = run(film, report=str(page), progress=lambda _: pages.append(page.read_text() if page.exists() else ""))
    assert made == expected
    on_the_way = [text for text in pages if 'http-equiv="refresh"' in text and "<progress" in text]
    assert {len(pictures(text)) for text in on_the_way} > {1, 2}
    last = page.read_text()
    assert "Done." in last and "refresh" not in last and "out.mp4" in last
    shown = pictures(last)
    assert len(shown) <= report.KEPT + 1 and PARTS * LENGTH - 1 in shown
    came, became = np.split(shown[PARTS * LENGTH - 1].astype(int), [shown[PARTS * LENGTH - 1].shape[1] // 2], 1)
    size = min(came.shape[1], became.shape[1])
    assert np.abs(came[:, :size] - became[:, -size:]).max() > 20  # something was filled


def test_a_single_picture_is_shown_while_it_is_fitted(tmp_path: Path, eager: None) -> None:
    picture = texture(96, 160) // 4
    picture[20:70, 30:90] += np.array([150, 90, 0], np.uint8)
    Image.fromarray(picture).save(tmp_path / "in.png")
    seen = []

    def look_at(progress) -> None:
        if progress.stage == "restoring" and progress.done == 0 and (tmp_path / "look.png").exists():
            seen.append(np.asarray(Image.open(tmp_path / "look.png")).astype(int))

    segment(tmp_path / "in.png", tmp_path / "out.png", device="cpu", first_steps=20, progress=look_at,
            report=str(tmp_path / "look.png"), overlay=str(tmp_path / "overlay.png"))
    assert any(np.abs(one - seen[-1]).max() > 20 for one in seen)  # it changes as it is fitted
    last = np.asarray(Image.open(tmp_path / "look.png")).astype(int)
    assert last.shape == (96, 2 * 160 + look.GAP, 3)
    assert np.abs(last[:, :160] - picture).mean() < 5
    overlay = np.asarray(Image.open(tmp_path / "overlay.png")).astype(int)
    assert np.abs(last[:, -160:] - overlay).mean() < 5 < np.abs(last[:, -160:] - picture).mean()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.png", "look.png", "out.png", "overlay.png"]


def test_a_run_that_goes_on_shows_what_was_there_before(film: dict, monkeypatch) -> None:  # noqa: F811
    """It was begun without a report; its folder, not its memory, says what to show. A worker does the rest."""
    page = film["folder"] / "report.html"
    interrupted(film, monkeypatch, 2, report=str(page))
    assert "KeyboardInterrupt" in page.read_text() and "refresh" not in page.read_text()
    before = {number // LENGTH for number in pictures(page.read_text())}
    page.unlink()
    run(film, report=str(page), executor="processes")
    shown = {number // LENGTH for number in pictures(page.read_text())}
    assert len(before) == 2 and shown == set(range(PARTS))


def test_what_is_shown_costs_little(tmp_path: Path, monkeypatch) -> None:
    """By a clock that runs only while a picture is made and a step is taken, a second each."""
    now = 0.0
    monkeypatch.setattr(look.time, "monotonic", lambda: now)
    shower, shown = look.Look(tmp_path), 0

    def patch():
        nonlocal now, shown
        now, shown = now + 1, shown + 1
        return look.Patch(look.Box(0, 0, 8, 8), np.zeros((8, 8, 3), np.float32), np.ones((8, 8), np.float32))

    for _ in range(1000):
        now += 1
        shower.show(0, look.Box(0, 0, 8, 8), np.zeros((8, 8, 3), np.uint8), patch)
    assert 10 < shown <= 1 + 0.02 * now


@pytest.mark.parametrize("told, error, sentence", [
    ("report.gif", OptionError, "a page \\(.html\\) or a picture"),
    ("no/report.html", SourceMissing, "There is no folder 'no'"),
    ("out.png", OptionError, "Two outputs cannot both be 'out.png'"),
])
def test_a_report_that_cannot_be_is_one_sentence(tmp_path: Path, monkeypatch, told: str, error: type,
                                                 sentence: str) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(texture(32, 48)).save("in.png")
    with pytest.raises(error, match=sentence):
        segment("in.png", "out.png", report=told)
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


def test_a_run_that_never_began_leaves_no_report(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        segment(tmp_path / "none.mp4", tmp_path / "out.mkv", report=str(tmp_path / "report.html"))
    assert not [*tmp_path.iterdir()]


def test_frames_of_a_larger_output_are_shown_as_large(tmp_path: Path, eager: None) -> None:
    from dipvideo import super_resolve

    path = write_video(tmp_path / "film.mp4", [texture(32, 48)] * 2)
    super_resolve(path, tmp_path / "out.mp4", device="cpu", first_steps=10, steps=2, report=str(tmp_path / "look.jpg"))
    with Image.open(tmp_path / "look.jpg") as shown:
        assert shown.size == (2 * 96 + look.GAP, 64)
