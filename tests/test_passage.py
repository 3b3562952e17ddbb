"""Whole runs over odd inputs: nothing to do, a part of a film, pipes, damage, and copies that turn out unsound."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from conftest import HEIGHT, WIDTH, captioned, decoded, panned, write_video

from dipvideo import inpaint, io, remove_subtitles
from dipvideo.errors import OptionError, OutputError, Truncated
from dipvideo.io import join as joining
from dipvideo.io.encoding import light_of, mastering_of

QUICK = {"device": "cpu", "network": "taper:widths=8-16", "first_steps": 2, "steps": 1, "borrow": False}


def mask_of(folder: Path, *, empty: bool = False) -> str:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[8:24, 8:24] = 0 if empty else 255
    path = folder / "mask.png"
    cv2.imwrite(str(path), mask)
    return str(path)


def changed(before: Path, after: Path) -> list[int]:
    """The frames that differ; both films have the same times."""
    one, other = decoded(before), decoded(after)
    assert [t for t, _ in one] == [t for t, _ in other]
    return [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize("options", [{}, {"smart_render": False, "lossless": True}], ids=["copied", "lossless"])
def test_an_empty_mask_gives_back_the_very_frames(tmp_path: Path, clip: Path, suffix: str, options: dict) -> None:
    """The round trip for users in doubt."""
    after = tmp_path / f"out.{suffix}"
    summary = remove_subtitles(clip, after, mask=mask_of(tmp_path, empty=True), **options)
    assert changed(clip, after) == [] and summary.touched == 0
    assert ("copied" in summary.encoder) == (not options)


@pytest.mark.parametrize("codec, pix_fmt", [("libx264", "yuv422p"), ("libx264", "yuv444p10le"), ("ffv1", "yuv420p12le"),
                                            ("libx265", "yuv420p10le"), ("ffv1", "gray"), ("ffv1", "gbrp10le")])
def test_lossless_keeps_every_kind_of_sample(tmp_path: Path, codec: str, pix_fmt: str) -> None:
    before = write_video(tmp_path / "film.mkv", panned(6), codec=codec, pix_fmt=pix_fmt)
    after = tmp_path / "out.mkv"
    remove_subtitles(before, after, mask=mask_of(tmp_path, empty=True), smart_render=False, lossless=True)
    assert changed(before, after) == []


@pytest.mark.parametrize("suffix, codec, options", [
    ("ts", "mpeg2video", {"g": "12", "bf": "2", "flags": "+cgop", "qmin": "2", "qmax": "2",
                          "sc_threshold": "1000000000"}),
    ("mkv", "libx265", {"crf": "12", "x265-params": "keyint=12:open-gop=0:scenecut=0:log-level=error"}),
    ("webm", "libvpx", {"g": "12", "b": "2M", "keyint_min": "12", "auto-alt-ref": "0", "deadline": "realtime"}),
    ("mov", "prores_ks", {}), ("mkv", "mjpeg", {})])
def test_most_codecs_are_copied_where_nothing_changes(tmp_path: Path, suffix: str, codec: str, options: dict) -> None:
    pix_fmt = {"prores_ks": "yuv422p10le", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
    before = write_video(tmp_path / f"film.{suffix}", panned(48), codec=codec, pix_fmt=pix_fmt, options=options,
                         base=Fraction(1, 25))
    after = tmp_path / f"out.{suffix}"
    summary = inpaint(before, after, mask=mask_of(tmp_path), start="0.55", end="0.70", **QUICK)
    assert summary.touched == 4 and "frames copied" in summary.encoder, summary.warnings
    cuts = io.open_source(before).index.cuts
    first, last = max(c for c in cuts if c <= 14), min(c for c in cuts if c >= 18)
    assert set(range(14, 18)) <= set(changed(before, after)) <= set(range(first, last)) and last - first <= 14


def test_start_and_end_leave_the_rest_of_the_film_alone(tmp_path: Path) -> None:
    before, after = write_video(tmp_path / "film.mp4", panned(48)), tmp_path / "out.mp4"
    summary = inpaint(before, after, mask=mask_of(tmp_path), start="0.52", end="0:00.68", **QUICK)  # frames 13 to 16
    assert summary.touched == 4
    assert set(range(13, 17)) <= set(changed(before, after)) <= set(range(12, 24))
    with pytest.raises(OptionError, match=r"1\.88 s long"):
        inpaint(before, after, mask=mask_of(tmp_path), start="10", overwrite=True, **QUICK)
    with pytest.raises(OptionError, match="A time is"):
        inpaint(before, after, mask=mask_of(tmp_path), start="soon", overwrite=True, **QUICK)


def test_a_part_of_a_film_has_the_captions_that_the_whole_has(tmp_path: Path) -> None:
    pictures, _ = captioned(panned(60, size=(192, 320)), 30, 48)
    film, whole, part = write_video(tmp_path / "film.mp4", pictures), tmp_path / "a.mp4", tmp_path / "b.mp4"
    first = remove_subtitles(film, whole, **QUICK)
    second = remove_subtitles(film, part, start="0.6", **QUICK)
    assert first.touched == second.touched >= 18


def test_of_a_plan_only_the_span_is_restored(tmp_path: Path) -> None:
    pictures, _ = captioned(panned(60, size=(192, 320)), 16, 44)
    film, plan, part = write_video(tmp_path / "film.mp4", pictures), tmp_path / "film.plan.json", tmp_path / "part.mp4"
    remove_subtitles(film, plan, plan_only=True, detector="strokes")
    assert remove_subtitles(film, part, plan=str(plan), start="0.8", end="1.0", **QUICK).touched == 5


def test_text_beyond_the_span_is_not_borrowed(tmp_path: Path) -> None:
    """A caption that stands on after the end: over a still picture, the frames after it show text, and agree."""
    still = [panned(1, size=(192, 320))[0]] * 60
    pictures, ink = captioned(still, 12, 60)
    film, out = write_video(tmp_path / "film.mp4", pictures), tmp_path / "out.mp4"
    remove_subtitles(film, out, end="1.2", detector="strokes", **QUICK | {"borrow": True})
    truth = still[0][ink] / 255
    before, after = (list(io.open_source(path).frames())[27].planes.rgb()[ink] for path in (film, out))
    assert np.abs(after - truth).mean() < np.abs(before - truth).mean() / 8


def test_films_go_through_pipes(tmp_path: Path, clip: Path) -> None:
    """mp4 with its header at the end too: standard input is kept in a file first."""
    ran = subprocess.run([sys.executable, "-m", "dipvideo", "inpaint", "-", "--mask", mask_of(tmp_path), "--no-borrow",
                          "--first-steps", "1", "--steps", "1", "--network", "taper:widths=8-16", "--device", "cpu"],
                         input=clip.read_bytes(), capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert ran.returncode == 0, ran.stderr
    (tmp_path / "out.mp4").write_bytes(ran.stdout)
    assert len(changed(clip, tmp_path / "out.mp4")) == 24
    ran = subprocess.run([sys.executable, "-m", "dipvideo", "inpaint", "-", "--mask", mask_of(tmp_path)],
                         input=b"no film", capture_output=True)
    assert ran.returncode == 1 and ran.stdout == b"" and ran.stderr.count(b"Error") == 1


def cut(path: Path, share: float) -> Path:
    """A film with its header in front, cut off."""
    whole, short = path.with_name(f"whole{path.suffix}"), path.with_name(f"short{path.suffix}")
    with av.open(str(path)) as source, av.open(str(whole), "w", options={"movflags": "faststart"}) as output:
        stream = output.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    short.write_bytes(whole.read_bytes()[:int(whole.stat().st_size * share)])
    return short


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_film_that_is_cut_off_is_refused_or_restored_as_far_as_it_goes(tmp_path: Path, suffix: str) -> None:
    short = cut(write_video(tmp_path / f"film.{suffix}", panned(48)), 0.6)
    after = tmp_path / f"out.{suffix}"
    with pytest.raises(Truncated, match="promises 48 frames"):
        inpaint(short, after, mask=mask_of(tmp_path), **QUICK)
    assert not after.exists()
    summary = inpaint(short, after, mask=mask_of(tmp_path), partial=True, **QUICK)
    there = len(decoded(after))
    assert 20 <= there == summary.touched < 40
    assert any("cut off" in warning for warning in summary.warnings)


@pytest.mark.parametrize("times", [[40 * i + i // 12 * 500 for i in range(49)], [*(40 * i for i in range(48)), 7000]],
                         ids=["now and then", "at the end"])
def test_a_film_whose_last_frame_is_shown_for_long_is_not_cut_off(tmp_path: Path, times: list[int]) -> None:
    before = tmp_path / "film.mkv"
    with av.open(str(before), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt, context.time_base = WIDTH, HEIGHT, "yuv420p", Fraction(1, 1000)
        context.flags |= av.codec.context.Flags.frame_duration
        for picture, (pts, end) in zip(panned(48), pairwise(times), strict=True):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base, frame.duration = pts, Fraction(1, 1000), end - pts
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert io.open_source(before).missing == 0
    for smart_render in (True, False):
        after = tmp_path / f"out{smart_render}.mkv"
        inpaint(before, after, mask=mask_of(tmp_path), end="0.2", smart_render=smart_render, **QUICK)
        lengths = [av.open(str(path)).duration for path in (before, after)]
        assert lengths[0] == lengths[1] >= 1000 * times[-1]


def test_damaged_packets_are_counted_and_every_other_frame_keeps_its_time(tmp_path: Path) -> None:
    before = write_video(tmp_path / "film.mkv", panned(36), options={"crf": "12", "g": "12", "bf": "0"})
    data = bytearray(before.read_bytes())
    with av.open(str(before)) as container:
        lost = [(p.pos, p.size, p.pts) for p in container.demux(video=0) if p.size][20:22]
    for position, size, _ in lost:
        data[position + 8:position + size] = bytes(size - 8)
    bad, after = tmp_path / "bad.mkv", tmp_path / "out.mkv"
    bad.write_bytes(data)
    summary = inpaint(bad, after, mask=mask_of(tmp_path), **QUICK)
    assert summary.damaged >= 1
    times = [t for t, _ in decoded(after)]
    assert set(times) <= {40 * i for i in range(36)} and len(times) >= 30
    assert {t for _, _, t in lost}.isdisjoint(times) or len(times) == 36  # concealed, or left out


def test_a_copy_that_turns_out_unsound_is_encoded_instead_and_says_so(tmp_path: Path, monkeypatch) -> None:
    """Here the encoder's packets lose the names of their parameter sets on the way."""
    before, after = write_video(tmp_path / "film.mp4", panned(48)), tmp_path / "out.mp4"
    real = joining._packets

    def broken(source, runs, splice):
        for packet in real(source, runs, splice):
            if splice and packet.pts > 900 and not packet.is_keyframe:
                data = bytearray(bytes(packet))
                data[-20:] = os.urandom(20)
                packet = joining._rewritten(packet, bytes(data))
            yield packet

    monkeypatch.setattr(joining, "_packets", broken)
    summary = inpaint(before, after, mask=mask_of(tmp_path), start="0.52", end="0.68", **QUICK)
    assert any("Everything was encoded" in warning for warning in summary.warnings)
    assert [t for t, _ in decoded(after)] == [t for t, _ in decoded(before)]
    assert "copied" not in summary.encoder


def test_nothing_is_left_beside_the_output(tmp_path: Path, clip: Path) -> None:
    mask = mask_of(tmp_path)
    inpaint(clip, tmp_path / "out.mp4", mask=mask, **QUICK)
    assert {p.name for p in tmp_path.iterdir()} == {"clip.mp4", "mask.png", "out.mp4"}


def test_long_films_are_written_in_parts_that_join_without_a_seam(tmp_path: Path, monkeypatch) -> None:
    from dipvideo import plan

    monkeypatch.setattr(plan, "MAX_STRETCH", 10)
    times = [40 * i + (i % 4) * 9 for i in range(48)]
    before = write_video(tmp_path / "film.mp4", panned(48), pts=times, sound=True)
    after = tmp_path / "out.mp4"
    remove_subtitles(before, after, mask=mask_of(tmp_path, empty=True), smart_render=False, lossless=True)
    assert changed(before, after) == []
    assert [t for t, _ in decoded(after)] == times
    with av.open(str(after)) as container:
        keys = [round(p.pts * p.time_base * 1000) for p in container.demux(video=0) if p.size and p.is_keyframe]
    assert set(keys) >= {times[i] for i in range(0, 48, 10)}
    assert io.open_source(after).info.frames_promised == 48


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_hdr10_and_ten_bits_stay(tmp_path: Path, suffix: str) -> None:
    """All of it is encoded anew: the light the film was graded for goes through the encoder and the container."""
    display = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400"
    before = write_video(tmp_path / f"film.{suffix}", panned(12), codec="libx265", pix_fmt="yuv420p10le", options={
        "x265-params": f"log-level=error:hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:{display}"})
    after = tmp_path / f"out.{suffix}"
    summary = inpaint(before, after, mask=mask_of(tmp_path), **QUICK)
    assert summary.encoder == "libx265"
    looks = []
    for path in (before, after):
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            looks.append((mastering_of(frame), light_of(frame), frame.format.name, int(frame.color_trc),
                          int(frame.colorspace), int(frame.color_primaries)))
    assert looks[0] == looks[1]
    assert looks[0][1:] == ((1000, 400), "yuv420p10le", 16, 9, 9) and looks[0][0].greatest == 1000


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_interlaced_films_stay_interlaced(tmp_path: Path, suffix: str) -> None:
    before = write_video(tmp_path / f"film.{suffix}", panned(24), options={
        "crf": "12", "g": "12", "flags": "+ildct+ilme", "x264-params": "tff=1"}, base=Fraction(1, 25))
    after = tmp_path / f"out.{suffix}"
    inpaint(before, after, mask=mask_of(tmp_path), smart_render=False, **QUICK)
    for path in (before, after):
        with av.open(str(path)) as container:
            assert all(frame.interlaced_frame for frame in container.decode(video=0)), path


def test_a_timecode_survives_the_way_to_matroska_and_back(tmp_path: Path) -> None:
    films = [tmp_path / "film.mp4", tmp_path / "there.mkv", tmp_path / "back.mp4"]
    plain = write_video(tmp_path / "plain.mp4", panned(12))
    with av.open(str(plain)) as source, av.open(str(films[0]), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0], opaque=True)
        stream.metadata["timecode"] = "01:02:03:04"
        stream.codec_context.framerate = 25
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    for before, after in pairwise(films):
        inpaint(before, after, mask=mask_of(tmp_path, empty=True), **QUICK)
    with av.open(str(films[2])) as container:
        assert {s.metadata["timecode"] for s in container.streams if "timecode" in s.metadata} == {"01:02:03:04"}


def test_a_container_that_loses_times_is_refused_before_any_work(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(OptionError, match=r"does not hold this film.*\.mkv"):
        inpaint(clip, tmp_path / "out.wmv", mask=mask_of(tmp_path), **QUICK)
    assert {p.name for p in tmp_path.iterdir()} == {"clip.mp4", "mask.png"}


@pytest.mark.parametrize("suffix", ["avi", "webm"])
def test_sound_that_a_container_cannot_hold_is_converted_and_told(tmp_path: Path, clip: Path, suffix: str) -> None:
    after = tmp_path / f"out.{suffix}"
    summary = inpaint(clip, after, mask=mask_of(tmp_path), **QUICK)
    with av.open(str(after)) as container:
        assert len(container.streams.audio) == 1
        assert sum(1 for _ in container.decode(video=0)) == 24
    assert any("audio track 1 (aac" in warning for warning in summary.warnings) == (suffix == "webm")


def test_an_avi_whose_frames_are_reordered_keeps_them_all(tmp_path: Path) -> None:
    """AVI numbers packets as they are decoded: its times are not those of the frames."""
    before = write_video(tmp_path / "film.avi", panned(40), options={"crf": "12", "g": "12", "bf": "2"},
                         base=Fraction(1, 25))
    after = tmp_path / "out.mp4"
    summary = inpaint(before, after, mask=mask_of(tmp_path), start="0.5", end="0.7", lossless=True, **QUICK)
    assert summary.touched == 5 and not any("left out" in warning for warning in summary.warnings)
    one, other = decoded(before), decoded(after)
    assert len(one) == len(other) == 40 and len({t for t, _ in other}) == 40
    assert [a == b for (_, a), (_, b) in zip(one, other, strict=True)].count(True) == 35
    summary = inpaint(before, tmp_path / "out.avi", mask=mask_of(tmp_path, empty=True), **QUICK)
    assert (tmp_path / "out.avi").read_bytes() == before.read_bytes() and "copied" in summary.encoder


@pytest.mark.parametrize("smart_render", [True, False])
def test_a_part_that_begins_between_milliseconds_keeps_its_times(tmp_path: Path, monkeypatch,
                                                                 smart_render: bool) -> None:
    """ProRes is kept in mov files, which round their beginning to a millisecond."""
    from dipvideo import plan

    monkeypatch.setattr(plan, "MAX_STRETCH", 7)
    base = Fraction(1, 30000)
    before = write_video(tmp_path / "film.mov", panned(32), codec="prores_ks", pix_fmt="yuv422p10le", base=base,
                         pts=[1001 * i for i in range(32)])
    after = tmp_path / "out.mov"
    inpaint(before, after, mask=mask_of(tmp_path), start="0.4", end="0.6", smart_render=smart_render, **QUICK)
    assert list(io.open_source(after).pts) == list(io.open_source(before).pts)


def trimmed(path: Path, seconds: Fraction) -> Path:
    """A film that an edit list lets begin in the middle of a group of pictures, as phones trim it."""
    short = path.with_name("trimmed.mp4")
    with av.open(str(path)) as source, av.open(str(short), "w", options={"avoid_negative_ts": "disabled"}) as output:
        stream = output.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts -= int(seconds / packet.time_base)
                packet.dts -= int(seconds / packet.time_base)
                packet.stream = stream
                output.mux(packet)
    return short


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_what_an_edit_list_hides_is_no_part_of_the_film(tmp_path: Path, suffix: str) -> None:
    whole = write_video(tmp_path / "film.mp4", panned(60), options={"crf": "12", "g": "30", "bf": "2"})
    before, after = trimmed(whole, Fraction(14, 25)), tmp_path / f"out.{suffix}"
    assert len(decoded(before)) == 46
    summary = inpaint(before, after, mask=mask_of(tmp_path), start="0.2", end="0.4", **QUICK)
    assert (summary.frames, summary.touched) == (46, 5)
    assert [t for t, _ in decoded(after)] == [t for t, _ in decoded(before)]
    assert any("edit list" in warning for warning in summary.warnings)
    inpaint(before, after, mask=mask_of(tmp_path, empty=True), overwrite=True, lossless=suffix == "mkv", **QUICK)
    assert changed(before, after) == []


def test_no_frame_is_lost_where_a_clock_jumps_back(tmp_path: Path) -> None:
    """Two recordings in one transport stream: the second begins before the first."""
    base = Fraction(1, 90000)
    late = write_video(tmp_path / "a.ts", panned(40), base=base, pts=[900000 + 3600 * i for i in range(40)])
    early = write_video(tmp_path / "b.ts", panned(40, seed=1), base=base)
    film, after = tmp_path / "film.ts", tmp_path / "out.mkv"
    film.write_bytes(late.read_bytes() + early.read_bytes())
    inpaint(film, after, mask=mask_of(tmp_path), start="0.2", end="0.4", **QUICK)
    times = [t for t, _ in decoded(after)]
    assert len(times) == 80 and times == sorted(set(times))


def test_a_film_that_begins_at_no_key_frame_is_copied_whole_and_lost_frames_are_told(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.ts", panned(48), base=Fraction(1, 90000), options={
        "crf": "12", "g": "12", "bf": "2", "x264-params": "open-gop=1:scenecut=0"})
    film = tmp_path / "film.ts"
    with av.open(str(whole)) as source, av.open(str(film), "w") as output:
        stream, keys = output.add_stream_from_template(source.streams.video[0]), 0
        for packet in source.demux(video=0):
            keys += packet.size > 0 and packet.is_keyframe
            if packet.size and keys > 1:
                packet.stream = stream
                output.mux(packet)
    summary = inpaint(film, tmp_path / "same.ts", mask=mask_of(tmp_path, empty=True), **QUICK)
    assert (tmp_path / "same.ts").read_bytes() == film.read_bytes() and not summary.warnings
    summary = inpaint(film, tmp_path / "out.ts", mask=mask_of(tmp_path), start="0.4", end="0.6", **QUICK)
    lost = summary.frames - len(decoded(tmp_path / "out.ts"))
    assert lost and any(f"{lost} of the input's" in warning for warning in summary.warnings)
    assert any("cut nowhere" in warning for warning in summary.warnings)


def test_nothing_is_said_of_what_did_not_change_where_everything_did(tmp_path: Path) -> None:
    before = write_video(tmp_path / "film.mkv", panned(12), codec="ffv1")
    part = inpaint(before, tmp_path / "part.mkv", mask=mask_of(tmp_path), end="0.2", **QUICK)
    whole = inpaint(before, tmp_path / "whole.mkv", mask=mask_of(tmp_path), **QUICK)
    assert any("what did not change" in warning for warning in part.warnings)
    assert not whole.warnings


def test_names_that_other_programs_stumble_over(tmp_path: Path, monkeypatch, clip: Path) -> None:
    """A colon, which FFmpeg takes for the end of a protocol's name, and as many letters as a name can have."""
    monkeypatch.chdir(tmp_path)
    mask = mask_of(tmp_path)
    for name in ("Film: the 100%d.mp4", f"{'x' * 242}.mp4"):
        Path(name).write_bytes(clip.read_bytes())
        summary = inpaint(name, mask=mask, save_mask="a:mask.mkv", overwrite=True, **QUICK)
        assert len(decoded(tmp_path / summary.output)) == 24
    with pytest.raises(OutputError, match="could not be written"):
        inpaint(clip, "x" * 300 + ".mp4", mask=mask, **QUICK)
    with pytest.raises(OptionError, match="does not say what container"):
        inpaint(clip, "out", mask=mask, **QUICK)
    with pytest.raises(OptionError, match="cannot both be"):
        inpaint(clip, "out.mkv", mask=mask, save_mask="./out.mkv", **QUICK)


def test_two_runs_do_not_write_one_file(tmp_path: Path, clip: Path) -> None:
    """The second would take away the first's parts."""
    after = tmp_path / "out.mp4"
    with io.complete_or_nothing(after) as part:
        part.write_bytes(b"the first")
        with pytest.raises(OutputError, match="Another run"):
            inpaint(clip, after, mask=mask_of(tmp_path), **QUICK)
        assert part.exists()
    assert after.read_bytes() == b"the first"
    inpaint(clip, after, mask=mask_of(tmp_path), overwrite=True, **QUICK)
    assert {p.name for p in tmp_path.iterdir()} == {"clip.mp4", "mask.png", "out.mp4"}


def test_a_folder_is_replaced_only_by_pictures_and_if_it_holds_nothing_else(tmp_path: Path, clip: Path) -> None:
    mask = mask_of(tmp_path)
    shots, output = tmp_path / "shots", tmp_path / "out"
    for folder in (shots, output):
        folder.mkdir()
        for index in range(2):
            cv2.imwrite(str(folder / f"{index}.png"), panned(1)[0])
    for source, target, reason in ((clip, output, "is a folder"), (shots / "*.png", shots, "holds the input"),
                                   (shots, tmp_path, "holds the input")):
        with pytest.raises(OutputError, match=reason):
            inpaint(source, target, mask=mask, overwrite=True, **QUICK)
    inpaint(shots, output, mask=mask, overwrite=True, **QUICK)
    (output / "notes.txt").touch()
    with pytest.raises(OutputError, match=r"notes\.txt"):
        inpaint(shots, output, mask=mask, overwrite=True, **QUICK)
    assert len(list(shots.iterdir())) == 2 and len(list(output.iterdir())) == 3


def test_a_picture_goes_through_pipes_and_a_folder_does_not(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "shot.png"), panned(1)[0])
    command = [sys.executable, "-m", "dipvideo", "inpaint", "--mask", mask_of(tmp_path), "--no-borrow", "--device",
               "cpu", "--first-steps", "1", "--network", "taper:widths=8-16"]
    ran = subprocess.run([*command, "-"], input=(tmp_path / "shot.png").read_bytes(), capture_output=True)
    assert ran.returncode == 0 and ran.stdout.startswith(b"\x89PNG") and b"encoder pictures: - (" in ran.stderr
    ran = subprocess.run([*command, str(tmp_path), "-o", "-"], capture_output=True)
    assert ran.returncode == 2 and ran.stdout == b"" and b"pipe" in ran.stderr and b"Traceback" not in ran.stderr


def test_a_run_that_is_stopped_while_the_film_is_joined_leaves_no_mask(tmp_path: Path, clip: Path) -> None:
    def stop(progress) -> None:
        if progress.stage == "joining":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inpaint(clip, tmp_path / "out.mp4", mask=mask_of(tmp_path), save_mask=str(tmp_path / "holes.mkv"),
                progress=stop, **QUICK)
    assert {p.name for p in tmp_path.iterdir()} == {"clip.mp4", "mask.png", "out.mp4.job"}
