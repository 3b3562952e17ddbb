"""Whole runs, from file to file: text goes, everything else stays."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from conftest import captioned, decoded, panned, write_video

from dipvideo import inpaint, remove_subtitles
from dipvideo.errors import (
    DeviceMissing,
    MaskMismatch,
    OptionError,
    OutputExists,
    RegionOutside,
    SourceMissing,
    Truncated,
)
from dipvideo.io import open_source
from dipvideo.metrics import psnr
from dipvideo.plan import MAX_FRAMES, WARM_UP

QUICK = {"device": "cpu", "network": "taper:widths=8-16-32", "draw": "always", "first_steps": 60, "steps": 8,
         "precision": "float32"}
SIZE = (144, 256)


def pictures(path: Path) -> list[np.ndarray]:
    return [f.planes.rgb() for f in open_source(path).frames()]


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> dict:
    """A pan of 60 frames with text in [16, 44): files and truth."""
    folder = tmp_path_factory.mktemp("film")
    clean = panned(60, size=SIZE)
    burned, ink = captioned(clean, 16, 44)
    mask = np.where(cv2.dilate(ink.astype(np.uint8), np.ones((5, 5))), 255, 0).astype(np.uint8)
    cv2.imwrite(str(folder / "mask.png"), mask)
    masks = [np.dstack([mask if 16 <= i < 44 else mask * 0] * 3) for i in range(60)]
    write_video(folder / "mask.mkv", masks, codec="ffv1", pix_fmt="gray")
    write_video(folder / "empty.mkv", [m * 0 for m in masks], codec="ffv1", pix_fmt="gray")
    return {"folder": folder, "clean": clean, "ink": ink, "hole": mask > 0,
            "video": write_video(folder / "film.mp4", burned, sound=True)}


def quality(result: Path, film: dict, fill=lambda picture, hole: picture) -> float:
    return float(np.mean([psnr(fill(p, film["hole"]), c / 255, film["ink"])
                          for p, c in list(zip(pictures(result), film["clean"], strict=True))[16:44]]))


def telea(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    return cv2.inpaint((picture * 255).astype(np.uint8), hole.astype(np.uint8), 3, cv2.INPAINT_TELEA) / 255


def test_subtitles_are_found_and_removed_and_nothing_else_is_touched(film: dict, tmp_path: Path) -> None:
    heard = []
    summary = remove_subtitles(film["video"], tmp_path / "out.mkv", encoder="ffv1", save_mask=str(tmp_path / "m.mkv"),
                               progress=heard.append, **QUICK)
    assert quality(tmp_path / "out.mkv", film) > quality(film["video"], film, telea) + 3
    before, after = decoded(film["video"]), decoded(tmp_path / "out.mkv")
    assert [t for t, _ in before] == [t for t, _ in after]
    touched = [i for i in range(60) if before[i][1] != after[i][1]]
    assert set(touched) >= set(range(16, 44)) and set(touched) <= set(range(14, 47))
    holes = [m > 0 for m in (f.planes.luma.copy() for f in open_source(tmp_path / "m.mkv").frames())]
    assert all(h[film["ink"]].mean() > 0.98 for h in holes[16:44])
    for frame, hole in zip(range(60), holes, strict=True):
        old, new = (np.frombuffer(x[frame][1][0], np.uint8).reshape(SIZE) for x in (before, after))
        assert np.array_equal(old[~hole], new[~hole])
    assert summary.touched == len(touched) and summary.frames == 60
    assert [*dict.fromkeys(p.stage for p in heard)] == ["reading", "looking for captions", "restoring", "joining"]
    assert (heard[-1].done, heard[-1].total) == (60, 60)
    last = [p for p in heard if p.stage == "restoring"][-1]
    assert (last.done, last.total) == (summary.touched, summary.touched)


def test_sound_is_kept_packet_for_packet(film: dict, tmp_path: Path) -> None:
    inpaint(film["video"], tmp_path / "out.mp4", mask=str(film["folder"] / "mask.mkv"), borrow=False, **QUICK)

    def sound(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(p) for p in container.demux(container.streams.audio[0]) if p.size]

    assert len(sound(film["video"])) > 90
    assert sound(tmp_path / "out.mp4") == sound(film["video"])


def test_borrowing_beats_drawing_where_the_camera_moves(film: dict, tmp_path: Path) -> None:
    mask = str(film["folder"] / "mask.mkv")
    for name, borrow in (("with", True), ("without", False)):
        inpaint(film["video"], tmp_path / f"{name}.mkv", mask=mask, encoder="ffv1", borrow=borrow, **QUICK)
    assert quality(tmp_path / "with.mkv", film) > quality(tmp_path / "without.mkv", film) + 3


def test_two_runs_with_one_seed_give_the_same_bytes(film: dict, tmp_path: Path) -> None:
    for name in ("one", "two"):
        inpaint(film["video"], tmp_path / f"{name}.mp4", mask=str(film["folder"] / "mask.mkv"), borrow=False, seed=5,
                **QUICK)
    inpaint(film["video"], tmp_path / "other.mp4", mask=str(film["folder"] / "mask.mkv"), borrow=False, seed=6,
            **QUICK)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()
    assert (tmp_path / "one.mp4").read_bytes() != (tmp_path / "other.mp4").read_bytes()


def test_a_caption_longer_than_a_chunk_is_restored_to_its_last_frame(tmp_path: Path) -> None:
    frames = MAX_FRAMES + 6
    burned, ink = captioned(panned(frames + 4), 2, frames + 2)
    masks = [np.dstack([ink * 255] * 3).astype(np.uint8) * (2 <= i < frames + 2) for i in range(frames + 4)]
    film = write_video(tmp_path / "film.mp4", burned)
    mask = write_video(tmp_path / "mask.mkv", masks, codec="ffv1", pix_fmt="gray")
    few = {**QUICK, "network": "taper:widths=8", "first_steps": 2, "steps": 1}
    summary = inpaint(film, tmp_path / "out.mkv", mask=str(mask), borrow=False, encoder="ffv1", **few)
    assert (summary.chunks, summary.touched) == (2, frames)
    assert summary.steps == 2 * 2 + (frames - 2) + WARM_UP  # two cold starts, the rest warm, and the warm-up frames
    before, after = decoded(film), decoded(tmp_path / "out.mkv")
    assert [i for i in range(frames + 4) if before[i][1] != after[i][1]] == list(range(2, frames + 2))


def test_an_empty_mask_gives_the_file_back(film: dict, tmp_path: Path) -> None:
    summary = inpaint(film["video"], tmp_path / "out.mp4", mask=str(film["folder"] / "empty.mkv"), **QUICK)
    assert (tmp_path / "out.mp4").read_bytes() == film["video"].read_bytes()
    assert summary.touched == 0


def test_a_clip_without_text_is_given_back(clip: Path, tmp_path: Path) -> None:
    summary = remove_subtitles(clip, tmp_path / "out.mp4", **QUICK)
    assert summary.touched == 0 and (tmp_path / "out.mp4").read_bytes() == clip.read_bytes()


def test_text_outside_the_region_stays(film: dict, tmp_path: Path) -> None:
    assert remove_subtitles(film["video"], tmp_path / "out.mp4", region="top", **QUICK).touched == 0


def test_a_folder_of_pictures_is_filled(film: dict, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for index, picture in enumerate(pictures(film["video"])[14:20]):
        cv2.imwrite(str(folder / f"{index:03}.png"), np.rint(picture[..., ::-1] * 255).astype(np.uint8))
    summary = inpaint(folder, mask=str(film["folder"] / "mask.png"), **QUICK)
    assert summary.output == str(tmp_path / "in.dipvideo")
    names = sorted(p.name for p in (tmp_path / "in.dipvideo").iterdir())
    assert names == [f"{i:03}.png" for i in range(6)]
    old, new = (cv2.imread(str(f / "003.png")) for f in (folder, tmp_path / "in.dipvideo"))
    assert np.array_equal(old[~film["hole"]], new[~film["hole"]]) and not np.array_equal(old, new)


def test_the_feather_stays_inside_the_hole() -> None:
    from dipvideo.problems import feathered

    hole = np.zeros((30, 30), bool)
    hole[10:20, 10:20] = True
    weight = feathered(hole, 3)
    assert not weight[~hole].any() and (weight[hole] > 0).all() and weight[15, 15] == 1
    assert weight[10, 15] == pytest.approx(0.25) and weight[11, 15] == pytest.approx(0.5)


def test_each_filled_pixel_says_where_it_comes_from() -> None:
    from dipvideo.geometry import Box
    from dipvideo.plan import Chunk
    from dipvideo.tasks.base import Window
    from dipvideo.tasks.inpaint import FillOptions, Inpaint

    clean = panned(40, size=(72, 160))
    burned, ink = captioned(clean, 4, 36)
    holes = np.stack([ink & (4 <= i < 36) for i in range(40)])
    chunk = Chunk(104, 136, 104, 100, 140, Box(0, 0, 72, 160))
    window = Window(100, np.stack(burned), holes, holes)
    _, problem = Inpaint(FillOptions()).problems(chunk, window, [110, 111])
    inside = problem.source[ink]
    assert (problem.source[~ink] == -1).all() and set(np.unique(inside)) <= {-2, -1, *range(100, 140)} - {111}
    assert (inside >= 100).mean() > 0.8
    drawn, = Inpaint(FillOptions(borrow=False)).problems(chunk, window, [111])
    assert (drawn.source == -1).all()


@pytest.mark.parametrize("change, error, sentence", [
    ({"mask": None}, OptionError, "give --mask"),
    ({"mask": "nowhere.png"}, SourceMissing, "check the path"),
    ({"mask": "short.mkv"}, MaskMismatch, "does not have the video's 60 frames"),
    ({"mask": "long.mkv"}, MaskMismatch, "does not have the video's 60 frames"),
    ({"device": "cuda:99"}, DeviceMissing, "--device cuda:99"),
    ({"steps": 0}, OptionError, "steps must be at least 1, got 0"),
    ({"preset": "slow"}, OptionError, "preset cannot be 'slow'. Known: fast, balanced, best"),
    ({"no_such": 1}, OptionError, "no option 'no_such'"),
    ({"network": "abacus"}, OptionError, "no network called 'abacus'"),
    ({"save_mask": "m.mp4"}, OptionError, "losslessly"),
])
def test_what_goes_wrong_is_one_sentence_and_leaves_nothing(film: dict, tmp_path: Path, change: dict,
                                                            error: type, sentence: str) -> None:
    still = np.zeros((*SIZE, 3), np.uint8) + 255
    write_video(tmp_path / "short.mkv", [still] * 59, codec="ffv1", pix_fmt="gray")
    write_video(tmp_path / "long.mkv", [still] * 61, codec="ffv1", pix_fmt="gray")
    options = {**QUICK, "mask": str(film["folder"] / "mask.mkv"), **change}
    for name in ("mask", "save_mask"):
        if options.get(name) and "/" not in options[name]:
            options[name] = str(tmp_path / options[name])
    with pytest.raises(error, match=sentence):
        inpaint(film["video"], tmp_path / "out.mp4", **options)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.mkv", "short.mkv"]


def test_an_output_that_exists_is_kept(film: dict, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"precious")
    with pytest.raises(OutputExists):
        remove_subtitles(film["video"], tmp_path / "out.mp4", **QUICK)
    assert (tmp_path / "out.mp4").read_bytes() == b"precious"


@pytest.mark.parametrize("region, error", [("0,0,999,10", RegionOutside), ("0,0,0,10", RegionOutside),
                                           ("-4,0,20,20", RegionOutside), ("here", OptionError)])
def test_a_region_must_lie_in_the_picture(film: dict, tmp_path: Path, region: str, error: type) -> None:
    with pytest.raises(error):
        remove_subtitles(film["video"], tmp_path / "out.mp4", region=region, **QUICK)


def test_a_truncated_film_is_refused_or_restored_in_part(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", panned(60), options={"crf": "8", "g": "5"})
    with av.open(str(whole)) as source, av.open(str(tmp_path / "fast.mp4"), "w",
                                                options={"movflags": "faststart"}) as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    data = (tmp_path / "fast.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[:len(data) * 2 // 3])
    with pytest.raises(Truncated, match=r"promises 60 frames but holds \d+: it is cut off"):
        remove_subtitles(tmp_path / "cut.mp4", tmp_path / "out.mp4", **QUICK)
    assert not (tmp_path / "out.mp4").exists()
    summary = remove_subtitles(tmp_path / "cut.mp4", tmp_path / "out.mp4", partial=True, **QUICK)
    assert 20 < summary.frames < 60 and (tmp_path / "out.mp4").exists()
