"""Frames in, frames out: exact samples, exact time stamps, the sound untouched, nothing half-written."""

import errno
import os
import subprocess
import sys
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from conftest import HEIGHT, WIDTH, decoded, panned, texture, write_video

from dipvideo.errors import (
    DiskFull,
    MaskMismatch,
    NoVideo,
    OptionError,
    OutputError,
    OutputExists,
    SourceMissing,
    Unreadable,
)
from dipvideo.geometry import Box
from dipvideo.io import (
    MaskReader,
    Wish,
    check_output,
    default_output,
    open_mask_writer,
    open_output,
    open_source,
)
from dipvideo.planes import Patch


@contextmanager
def open_writer(target: Path, source, encoder: str = "auto", crf: int | None = None):
    """Everything encoded anew, as one part."""
    with open_output(target, source, Wish(encoder, crf)) as output, output.part(0, len(source.pts)) as part:
        yield part


def samples(frame) -> tuple[bytes, ...]:
    return tuple(a.tobytes() for a in frame.planes.arrays)


def packets(path: Path, kind: str) -> list[tuple[int, bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams.get(**{kind: 0})[0]
        return [(round(p.pts * stream.time_base * 44100), bytes(p)) for p in container.demux(stream) if p.size]


def test_frames_carry_index_pts_planes_and_tensor(clip: Path) -> None:
    source = open_source(clip)
    assert (source.info.width, source.info.height, source.info.frames_promised) == (WIDTH, HEIGHT, 24)
    frames = [(f.index, round(f.pts_seconds, 3), f.image.shape, f.planes.luma.shape) for f in source.frames()]
    assert frames == [(i, i / 25, (3, HEIGHT, WIDTH), (HEIGHT, WIDTH)) for i in range(24)]


ENCODE = """
import sys
from pathlib import Path
from dipvideo.io import Wish, open_output, open_source
source = open_source(sys.argv[1])
with open_output(Path(sys.argv[2]), source, Wish(smart_render=False)) as output, output.part(0, 40) as part:
    for frame in source.frames():
        part.write(frame)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc fills memory when it is told to")
def test_encoded_bits_do_not_depend_on_what_memory_held_before(tmp_path: Path) -> None:
    made = []
    film = write_video(tmp_path / "film.mp4", panned(40, size=(180, 320)))
    for filled in ("0", "1", "170"):
        target = tmp_path / f"{filled}.mp4"
        subprocess.run([sys.executable, "-c", ENCODE, film, target], check=True,
                       env={**os.environ, "MALLOC_PERTURB_": filled})
        made.append(target.read_bytes())
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("container, codec, pix_fmt", [
    ("mp4", "libx264", "yuv420p"), ("mkv", "libx264", "yuv420p10le"), ("mp4", "libx264", "yuv444p"),
    ("mkv", "ffv1", "yuv422p"), ("webm", "libvpx-vp9", "yuv420p")])
def test_a_part_reads_the_same_samples_as_the_whole(tmp_path: Path, container: str, codec: str, pix_fmt: str) -> None:
    path = write_video(tmp_path / f"c.{container}", panned(40), codec=codec, pix_fmt=pix_fmt)
    source = open_source(path)
    whole = [samples(f) for f in source.frames()]
    assert len(whole) == 40
    for start, stop in ((0, 5), (7, 12), (13, 40), (39, 40), (20, None)):
        part = [(f.index, samples(f)) for f in source.frames(start, stop)]
        assert part == list(enumerate(whole))[start:stop]


def test_a_part_can_be_read_before_the_whole_was(clip: Path) -> None:
    assert [f.index for f in open_source(clip).frames(9, 12)] == [9, 10, 11]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_a_lossless_copy_is_the_input(tmp_path: Path, clip: Path, suffix: str) -> None:
    source, target = open_source(clip), tmp_path / f"out.{suffix}"
    with open_writer(target, source, "ffv1" if suffix == "mkv" else "libx264", 0) as writer:
        for frame in source.frames():
            writer.write(frame)
    assert decoded(target) == decoded(clip)
    mine, copied = packets(clip, "audio"), packets(target, "audio")
    assert [data for _, data in copied] == [data for _, data in mine]
    assert max(abs(a - b) for (a, _), (b, _) in zip(mine, copied, strict=True)) <= 44  # Matroska's clock: 1 ms


def test_variable_frame_rate_keeps_every_time_stamp(tmp_path: Path) -> None:
    pts = [0, 40, 100, 300, 310, 500, 900, 940]
    path = write_video(tmp_path / "vfr.mp4", panned(8), pts=pts)
    source, target = open_source(path), tmp_path / "out.mp4"
    with open_writer(target, source) as writer:
        for frame in source.frames():
            writer.write(frame)
    assert [t for t, _ in decoded(target)] == pts


def test_patching_a_frame_does_not_disturb_the_ones_predicted_from_it(tmp_path: Path) -> None:
    """A codec without delay hands out the very frame that it predicts the next one from."""
    path = write_video(tmp_path / "clip.flv", panned(24), codec="flv", options={"g": "12"})
    source, target = open_source(path), tmp_path / "out.mkv"
    patch = Patch(Box(8, 8, 40, 40), np.ones((32, 32, 3), np.float32), np.ones((32, 32), np.float32))
    with open_writer(target, source, "ffv1") as writer:
        for frame in source.frames():
            writer.write(frame, [patch] if frame.index in (0, 3, 14) else [])
    before, after = decoded(path), decoded(target)
    assert [i for i in range(24) if before[i] != after[i]] == [0, 3, 14]


def test_an_error_leaves_nothing_behind(tmp_path: Path, clip: Path) -> None:
    source = open_source(clip)
    with pytest.raises(RuntimeError, match="on purpose"), open_writer(tmp_path / "out.mp4", source) as writer:
        for frame in source.frames():
            writer.write(frame)
            if frame.index == 5:
                raise RuntimeError("on purpose")
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]


def test_an_error_leaves_what_was_there_before(tmp_path: Path, clip: Path) -> None:
    source, target = open_source(clip), tmp_path / "out.mp4"
    target.write_bytes(b"precious")
    with pytest.raises(KeyboardInterrupt), open_writer(target, source) as writer:
        writer.write(next(iter(source.frames())))
        raise KeyboardInterrupt
    assert target.read_bytes() == b"precious"


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, clip: Path, monkeypatch) -> None:
    source = open_source(clip)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="Free some room"), open_writer(tmp_path / "out.mp4", source) as writer:
        for frame in source.frames():
            writer.write(frame)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]


def test_inputs_that_cannot_be_read_say_what_to_do(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(SourceMissing, match="check the path"):
        open_source(tmp_path / "nowhere.mp4")
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(Unreadable, match="no video that can be read"):
        open_source(tmp_path / "text.mp4")
    (tmp_path / "headless.mp4").write_bytes(clip.read_bytes()[:2000])
    with pytest.raises(Unreadable):
        open_source(tmp_path / "headless.mp4")
    with av.open(str(tmp_path / "sound.m4a"), "w") as output:
        tone = output.add_stream("aac", rate=44100, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.rate, silence.pts, silence.time_base = 44100, 0, Fraction(1, 44100)
        output.mux(tone.encode(silence))
        output.mux(tone.encode(None))
    with pytest.raises(NoVideo, match="no video stream"):
        open_source(tmp_path / "sound.m4a")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoVideo, match="no picture"):
        open_source(tmp_path / "empty")


def test_outputs_that_cannot_be_written_are_refused_before_any_work(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(OutputExists, match="--overwrite"):
        (tmp_path / "there.mp4").touch()
        check_output(tmp_path / "there.mp4", str(clip), overwrite=False)
    check_output(tmp_path / "there.mp4", str(clip), overwrite=True)
    with pytest.raises(OutputError, match="is the input itself"):
        check_output(clip, str(clip), overwrite=True)
    with pytest.raises(SourceMissing, match="make it first"):
        check_output(tmp_path / "no" / "out.mp4", str(clip), overwrite=False)


def test_default_output_stands_beside_the_input() -> None:
    assert default_output("films/a.mkv") == Path("films/a.dipvideo.mkv")
    assert default_output("films/frames") == Path("films/frames.dipvideo")
    assert default_output("films/frames/*.png") == Path("films/frames.dipvideo")


def test_an_encoder_that_does_not_open_is_named(tmp_path: Path, clip: Path) -> None:
    source = open_source(clip)
    with pytest.raises(OptionError, match="'no_such' does not open here"), \
            open_writer(tmp_path / "out.mp4", source, "no_such") as writer:
        writer.write(next(iter(source.frames())))


def test_an_unknown_container_is_named(tmp_path: Path, clip: Path) -> None:
    source = open_source(clip)
    with pytest.raises(OptionError, match=r"no container"), open_writer(tmp_path / "out.xyz", source) as writer:
        writer.write(next(iter(source.frames())))


@pytest.mark.parametrize("suffix, dtype", [("png", np.uint8), ("png", np.uint16), ("tiff", np.uint16),
                                           ("webp", np.uint8)])
def test_pictures_go_through_bit_for_bit(tmp_path: Path, suffix: str, dtype: type) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for index in (1, 2, 10):  # natural order, and a gap
        picture = texture(HEIGHT, WIDTH, index).astype(dtype) * (257 if dtype is np.uint16 else 1)
        cv2.imwrite(str(folder / f"p{index}.{suffix}"), picture.astype(dtype))
    source = open_source(folder)
    patch = Patch(Box(8, 8, 24, 24), np.full((16, 16, 3), 0.5, np.float32), np.ones((16, 16), np.float32))
    with open_writer(tmp_path / "out", source) as writer:
        for frame in source.frames():
            writer.write(frame, [patch] if frame.index == 1 else [])
    assert [p.name for p in source.paths] == [f"p{i}.{suffix}" for i in (1, 2, 10)]
    for name in (f"p1.{suffix}", f"p10.{suffix}"):
        assert (tmp_path / "out" / name).read_bytes() == (folder / name).read_bytes()
    if suffix != "webp":  # lossless
        old = cv2.imread(str(folder / f"p2.{suffix}"), cv2.IMREAD_UNCHANGED)
        new = cv2.imread(str(tmp_path / "out" / f"p2.{suffix}"), cv2.IMREAD_UNCHANGED)
        assert np.isin(new[8:24, 8:24], (127, 128, 32767, 32768)).all()
        new[8:24, 8:24] = old[8:24, 8:24]
        assert new.dtype == dtype and np.array_equal(old, new)


def test_one_picture_is_a_clip_of_one_frame(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), texture(HEIGHT, WIDTH))
    source = open_source(tmp_path / "a.png")
    with open_writer(tmp_path / "b.png", source) as writer:
        for frame in source.frames():
            writer.write(frame)
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()


def test_pictures_of_several_sizes_are_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), texture(40, 40))
    cv2.imwrite(str(tmp_path / "2.png"), texture(40, 60))
    with pytest.raises(Unreadable, match="one size"):
        list(open_source(tmp_path).frames())


def test_a_mask_survives_its_file(tmp_path: Path, clip: Path) -> None:
    source = open_source(clip)
    weight = np.zeros((16, 16), np.float32)
    weight[3:9, 2:5] = 0.3
    patch = Patch(Box(8, 16, 24, 32), np.zeros((16, 16, 3), np.float32), weight)
    with open_mask_writer(tmp_path / "m.mkv", source.info) as writer:
        for frame in source.frames():
            writer.write(patch if frame.index > 4 else None, frame.pts, frame.time_base)
    holes = list(MaskReader(str(tmp_path / "m.mkv"), source.info).read())
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[11:17, 18:21] = True
    assert len(holes) == 24 and not holes[4].any() and all(np.array_equal(h, expected) for h in holes[5:])


def test_a_mask_of_another_size_is_refused(tmp_path: Path, clip: Path) -> None:
    cv2.imwrite(str(tmp_path / "m.png"), np.zeros((10, 10), np.uint8))
    with pytest.raises(MaskMismatch, match="10x10 but the video is 160x96"):
        MaskReader(str(tmp_path / "m.png"), open_source(clip).info)


def test_a_mask_is_only_written_losslessly(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(OptionError, match="losslessly"), open_mask_writer(tmp_path / "m.mp4", open_source(clip).info):
        pass
