"""Where each filled pixel came from: the codes beside the output, and their shares in the summary."""

import json
import re
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from conftest import captioned, decoded, panned, texture, write_video

from dipvideo import inpaint
from dipvideo.cli import main
from dipvideo.cli.bar import _percent
from dipvideo.errors import OptionError
from dipvideo.geometry import Box
from dipvideo.io.provenance import codes_of
from dipvideo.planes import DRAWN, UNMIXED, Patch

QUICK = {"device": "cpu", "network": "taper:widths=8", "first_steps": 4, "steps": 1, "precision": "float32"}
UNTOUCHED, MADE_UP, UNMIXED_CODE, BORROWED = 0, 1, 2, 1 << 15
SPEED = 2  # pixels a frame that the pan moves


def read(path: Path) -> np.ndarray:
    """(n, H, W) uint16 codes, as the README reads them."""
    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="gray16le") for frame in film.decode(video=0)])


def lumas(path: Path) -> np.ndarray:
    """(n, H, W) uint8."""
    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="gray") for frame in film.decode(video=0)])


def made(folder: Path, pictures: list[np.ndarray], holes: np.ndarray, **how) -> tuple[Path, str]:
    """A film without loss, unless told otherwise, and the mask of its (n, H, W) holes."""
    masks = [np.repeat(hole[..., None] * np.uint8(255), 3, -1) for hole in holes]
    how = {"codec": "ffv1", **how}
    return (write_video(folder / f"film.{'mp4' if '264' in how['codec'] else 'mkv'}", pictures, **how),
            str(write_video(folder / "mask.mkv", masks, codec="ffv1", pix_fmt="gray")))


@pytest.fixture(scope="module")
def pan(tmp_path_factory) -> dict:
    """A pan of 36 frames with text in [14, 30), filled: what was made of it, and what is known of it."""
    folder = tmp_path_factory.mktemp("pan")
    burned, ink = captioned(panned(36, speed=SPEED, size=(72, 160)), 14, 30, "Hi")
    hole = cv2.dilate(ink.view(np.uint8), np.ones((3, 3))) > 0
    holes = np.stack([hole & (14 <= i < 30) for i in range(36)])
    film, mask = made(folder, burned, holes, codec="libx264")
    summary = inpaint(film, folder / "out.mkv", mask=mask, encoder="ffv1", provenance=str(folder / "p.mkv"), **QUICK)
    return {"film": film, "mask": mask, "holes": holes, "summary": summary, "out": folder / "out.mkv",
            "path": folder / "p.mkv", "codes": read(folder / "p.mkv")}


def test_a_pixel_that_one_frame_shows_is_borrowed_from_that_frame_and_is_its_pixel(tmp_path: Path) -> None:
    frames, seen = 9, 6
    holes = np.zeros((frames, 64, 96), bool)
    holes[:, 24:36, 30:60] = True
    holes[seen] = False
    noise = np.random.default_rng(1).integers(-2, 3, (frames, 64, 96, 1))
    truth = (texture(64, 96) + noise).astype(np.uint8)
    hidden = np.where(holes[..., None], 255, truth).astype(np.uint8)
    film, mask = made(tmp_path, list(hidden), holes)
    inpaint(film, tmp_path / "out.mkv", mask=mask, feather=0.0, provenance=str(tmp_path / "p.mkv"), **QUICK)
    codes, was, now = read(tmp_path / "p.mkv"), lumas(film).astype(int), lumas(tmp_path / "out.mkv").astype(int)
    assert (codes[~holes] == UNTOUCHED).all()
    for number in [n for n in range(frames) if n != seen]:
        inside = codes[number][holes[number]]
        borrowed = inside >= 3
        assert borrowed.mean() > 0.7
        assert (inside[borrowed].astype(int) - BORROWED + number == seen).all()
        off = np.abs(now[number] - was[seen])[holes[number]][borrowed]
        assert np.median(off) <= 1 and (off <= 12).mean() > 0.95  # the texture spans 150


def test_what_a_pan_borrows_is_no_text_of_the_frame_it_names(pan: dict) -> None:
    number, y, x = np.nonzero(pan["codes"] >= 3)
    source = pan["codes"][number, y, x].astype(int) - BORROWED + number
    there = x + SPEED * (number - source)
    assert (source >= 0).all() and (source < 36).all() and (source != number).all()
    shown = (there >= 0) & (there < 160)
    assert shown.mean() > 0.9
    seen, row, column = source[shown], y[shown], there[shown]
    # the mask was grown, and the edge of a hole that shows no text is lent
    text = np.stack([cv2.erode(hole.astype(np.uint8), np.ones((5, 5))) > 0 for hole in pan["holes"]])
    assert not text[seen, row, column].mean() > 0.02
    out, was = lumas(pan["out"]).astype(int), lumas(pan["film"]).astype(int)
    apart = out[number, y, x][shown] - was[seen, row, column]
    still = out[number, y, x][shown] - was[number[shown], row, x[shown]]
    assert np.median(np.abs(apart)) < 4 < np.median(np.abs(still))


def test_exactly_what_is_filled_has_a_code(pan: dict) -> None:
    assert np.array_equal(pan["codes"] > 0, pan["holes"])
    before, after = lumas(pan["film"]), lumas(pan["out"])
    assert np.array_equal(before[pan["codes"] == UNTOUCHED], after[pan["codes"] == UNTOUCHED])


def test_the_shares_are_those_of_the_codes_and_sum_to_one(pan: dict) -> None:
    filled, codes = pan["summary"].filled, pan["codes"][pan["codes"] > 0]
    assert filled.borrowed + filled.unmixed + filled.drawn == pytest.approx(1)
    assert filled.borrowed == pytest.approx((codes >= 3).mean()) and filled.borrowed > 0.5
    assert filled.unmixed == pytest.approx((codes == UNMIXED_CODE).mean())
    assert filled.drawn == pytest.approx((codes == MADE_UP).mean())


def test_without_borrowing_all_is_drawn(pan: dict, tmp_path: Path) -> None:
    summary = inpaint(pan["film"], tmp_path / "out.mp4", mask=pan["mask"], borrow=False,
                      provenance=str(tmp_path / "p.mkv"), **QUICK)
    assert (summary.filled.borrowed, summary.filled.unmixed, summary.filled.drawn) == (0, 0, 1)
    assert np.array_equal(read(tmp_path / "p.mkv"), np.where(pan["holes"], MADE_UP, UNTOUCHED))


def test_each_origin_has_its_code() -> None:
    source = np.array([[107, 93, 100, UNMIXED, DRAWN, 107]], np.int32)
    weight = np.array([[1, 0.1, 1, 1, 1, 0]], np.float32)
    patch = Patch(Box(0, 0, 1, 6), np.zeros((1, 6, 3), np.float32), weight, source)
    assert codes_of(patch, 100).tolist() == [[32775, 32761, 32768, 2, 1, 0]]
    assert patch.origins == (3, 1, 1)


@pytest.mark.parametrize("suffix", [".mkv", ".mov"])
def test_the_times_are_the_films_and_the_masks_too(tmp_path: Path, suffix: str) -> None:
    pts = [0, 40, 90, 130, 250, 251, 400, 440]
    pictures = panned(8, size=(48, 64))
    holes = np.zeros((8, 48, 64), bool)
    holes[3:5, 20:26, 20:30] = True
    film, mask = made(tmp_path, pictures, holes, pts=pts)
    provenance, white = tmp_path / f"p{suffix}", tmp_path / f"m{suffix}"
    inpaint(film, tmp_path / "out.mkv", mask=mask, provenance=str(provenance), save_mask=str(white), **QUICK)
    for path in (provenance, white):
        assert [t for t, _ in decoded(path)] == [t for t, _ in decoded(film)] == pts
    codes = read(provenance)
    assert np.array_equal(codes > 0, holes)
    assert (np.abs(codes[holes].astype(int) - BORROWED) < 8).mean() > 0.5 and (codes % 256).any()  # both bytes
    assert np.array_equal(lumas(white), np.where(holes, 255, 0))


def test_frames_whose_packets_are_copied_have_their_pictures_too(pan: dict, tmp_path: Path) -> None:
    inpaint(pan["film"], tmp_path / "out.mp4", mask=pan["mask"], provenance=str(tmp_path / "p.mkv"), **QUICK)
    assert np.array_equal(read(tmp_path / "p.mkv"), pan["codes"])
    assert [t for t, _ in decoded(tmp_path / "p.mkv")] == [t for t, _ in decoded(pan["film"])]


def test_nothing_filled_has_no_shares(pan: dict, tmp_path: Path) -> None:
    none = str(write_video(tmp_path / "none.mkv", [np.zeros((72, 160, 3), np.uint8)] * 36, codec="ffv1"))
    summary = inpaint(pan["film"], tmp_path / "out.mp4", mask=none, provenance=str(tmp_path / "p.mkv"), **QUICK)
    assert summary.filled is None and not read(tmp_path / "p.mkv").any()


@pytest.mark.parametrize("name, sentence", [
    ("p.mp4", r"Provenance is written losslessly as \.mkv or \.mov; got .*p\.mp4'"),
    ("out.mkv", "Two outputs cannot both be"),
])
def test_a_place_it_cannot_go_to_is_one_sentence_and_leaves_nothing(pan: dict, tmp_path: Path, name: str,
                                                                    sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        inpaint(pan["film"], tmp_path / "out.mkv", mask=pan["mask"], provenance=str(tmp_path / name), **QUICK)
    assert not any(tmp_path.iterdir())


def test_a_run_that_fails_leaves_no_provenance(pan: dict, tmp_path: Path, monkeypatch) -> None:
    from dipvideo import restore

    def broken(*arguments, **options):
        raise OptionError("broken")

    monkeypatch.setattr(restore.engine, "fit_frames", broken)
    with pytest.raises(OptionError, match="broken"):
        inpaint(pan["film"], tmp_path / "out.mkv", mask=pan["mask"], provenance=str(tmp_path / "p.mkv"), **QUICK)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("share, shown", [(0, "0 %"), (0.004, "<1 %"), (0.714, "71 %"), (0.996, ">99 %"), (1, "100 %")])
def test_a_small_share_is_not_told_as_none(share: float, shown: str) -> None:
    assert _percent(share) == shown


def test_the_command_line_tells_the_shares_unless_quiet(pan: dict, tmp_path: Path, capsys) -> None:
    arguments = ["inpaint", str(pan["film"]), "--mask", pan["mask"], "--no-borrow", "--network", "taper:widths=8",
                 "--first-steps", "2", "--steps", "1", "--device", "cpu", "--json", str(tmp_path / "s.json"),
                 "-o", str(tmp_path / "out.mp4"), "--overwrite", "--provenance", str(tmp_path / "p.mkv")]
    assert main(arguments) == 0
    assert re.search(r"^filled pixels: 0 % borrowed, 0 % unmixed, 100 % drawn$", capsys.readouterr().err, re.M)
    assert json.loads((tmp_path / "s.json").read_text())["filled"] == {"borrowed": 0, "unmixed": 0, "drawn": 1}
    assert main([*arguments, "-q"]) == 0
    assert capsys.readouterr() == ("", "")
