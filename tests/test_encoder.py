"""Which encoder is taken, and that lossless means every bit."""

import io
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import panned, write_video

import dipvideo.io.encoding.encoder as encoders
from dipvideo import io as films
from dipvideo.errors import OptionError
from dipvideo.io.encoding.encoder import Encoder, Traits, choose_encoder, keeps, opens
from dipvideo.io.encoding.probe import misfit, refusal


def chosen(requested: str = "auto", *, codec: str = "h264", container: str = ".mkv", pix_fmt: str = "yuv420p",
           size: tuple[int, int] = (160, 96), crf: int | None = None, lossless: bool = False,
           traits: Traits = Traits()) -> Encoder:  # noqa: B008 (it is frozen)
    return choose_encoder(requested, codec=codec, container=container, pix_fmt=pix_fmt, width=size[0], height=size[1],
                          crf=crf, lossless=lossless, traits=traits)


def noise(pix_fmt: str, count: int = 4, size: tuple[int, int] = (160, 96)) -> list[av.VideoFrame]:
    generator, frames = np.random.default_rng(1), []
    for pts in range(count):
        frame = av.VideoFrame(*size, pix_fmt)
        deep = frame.format.components[0].bits > 8
        for plane in frame.planes:
            array = np.frombuffer(plane, np.uint16 if deep else np.uint8)
            array[:] = generator.integers(0, 1 << frame.format.components[0].bits, array.shape)
        frame.pts, frame.time_base = pts, Fraction(1, 25)
        frames.append(frame)
    return frames


def arrays(frame: av.VideoFrame) -> list[np.ndarray]:
    bits = frame.format.components[0].bits
    kind, step = (np.uint16, 2) if bits > 8 else (np.uint8, 1)
    across = 1 if frame.format.is_planar else len(frame.format.components)
    return [np.frombuffer(p, kind).reshape(p.height, p.line_size // step)[:, :p.width * across] for p in frame.planes]


def encoded(encoder: Encoder, frames: list[av.VideoFrame], container: str,
            traits: Traits = Traits()) -> tuple[bytes, dict[str, str]]:  # noqa: B008
    """The file, and the options that the encoder did not know."""
    memory = io.BytesIO()
    with av.open(memory, "w", format=container) as output:
        stream = output.add_stream(encoder.name, rate=25)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = frames[0].width, frames[0].height, encoder.pix_fmt
        context.options = dict(encoder.options)
        for tag in ("color_range", "colorspace", "color_primaries", "color_trc"):
            setattr(context, tag, getattr(traits, tag))
        for frame in frames:
            output.mux(stream.encode(frame))
        unknown = dict(context.options)
        output.mux(stream.encode(None))
    return memory.getvalue(), unknown


def decoded(file: bytes) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(file)) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize("codec, container, pix_fmt", [
    ("h264", ".mp4", "yuv420p"), ("h264", ".mkv", "yuv422p10le"), ("h264", ".ts", "yuv420p"),
    ("hevc", ".mov", "yuv420p10le"), ("hevc", ".mkv", "yuv444p12le"), ("vp9", ".webm", "yuv444p"),
    ("vp8", ".webm", "yuv420p"), ("av1", ".mp4", "yuv420p10le"), ("prores", ".mov", "yuv422p10le"),
    ("mpeg2video", ".ts", "yuv422p"), ("mpeg4", ".avi", "yuv420p"), ("ffv1", ".mkv", "yuv420p10le"),
    ("utvideo", ".avi", "yuv422p"), ("dnxhd", ".mov", "yuv422p10le"), ("qtrle", ".mov", "rgb24"),
    ("wmv2", ".wmv", "yuv420p"), ("rawvideo", "nut", "yuv420p")])
def test_the_codec_and_the_samples_follow_the_source(codec: str, container: str, pix_fmt: str) -> None:
    encoder = chosen(codec=codec, container=container, pix_fmt=pix_fmt, size=(320, 240))
    assert encoder.codec == codec and keeps(encoder.name, pix_fmt) is None and encoder.note == ""
    assert av.VideoFormat(encoder.pix_fmt).components[0].bits == av.VideoFormat(pix_fmt).components[0].bits


@pytest.mark.parametrize("pix_fmt", ["yuvj420p", "yuvj422p", "yuvj444p"])
def test_full_range_is_the_plain_format_with_a_tag(pix_fmt: str) -> None:
    assert {chosen(codec=c, pix_fmt=pix_fmt).pix_fmt for c in ("h264", "mjpeg")} == {pix_fmt.replace("j", "")}


def test_rgb_stays_rgb_without_a_word() -> None:
    encoder = chosen(pix_fmt="gbrp")
    assert encoder.name == "libx264rgb" and encoder.note == ""


@pytest.mark.parametrize("codec, container, pix_fmt, taken, why", [
    ("wmv3", ".mp4", "yuv420p", "h264", "no encoder for it is here"),
    ("h264", ".webm", "yuv420p", "vp9", "does not hold h264"),
    ("prores", ".mp4", "yuv422p10le", "hevc", "does not hold prores"),
    ("vp9", ".webm", "yuv420p10le", "av1", "does not take yuv420p10le"),
    ("vp9", ".mkv", "yuv420p10le", "hevc", "does not take yuv420p10le"),
    ("rv40", ".avi", "yuv420p", "h264", "no encoder for it is here"),
    ("theora", ".ogv", "yuv420p", "vp8", "no encoder for it is here")])
def test_where_the_codec_is_out_of_reach_another_keeps_the_samples_and_it_is_said(
        codec: str, container: str, pix_fmt: str, taken: str, why: str) -> None:
    encoder = chosen(codec=codec, container=container, pix_fmt=pix_fmt)
    assert (encoder.codec, encoder.pix_fmt) == (taken, pix_fmt)
    assert f"becomes {taken}" in encoder.note and why in encoder.note and "converted" not in encoder.note


def test_an_editors_codec_outlives_bits_that_no_encoder_has() -> None:
    encoder = chosen(codec="prores", container=".mov", pix_fmt="yuv444p12le")
    assert (encoder.codec, encoder.pix_fmt, encoder.options["profile"]) == ("prores", "yuv444p10le", "4444")
    assert "from yuv444p12le to yuv444p10le" in encoder.note


@pytest.mark.parametrize("codec, container", [("vp9", ".webm"), ("av1", ".mkv"), ("mjpeg", ".mov"), ("ffv1", ".mkv")])
def test_odd_sizes_are_encoded_where_the_codec_has_them(codec: str, container: str) -> None:
    encoder = chosen(codec=codec, container=container, size=(161, 97))
    assert encoder.codec == codec
    file, _ = encoded(encoder, noise("yuv420p", size=(161, 97)), container.lstrip(".").replace("mkv", "matroska"))
    assert [(f.width, f.height) for f in decoded(file)] == [(161, 97)] * 4


@pytest.mark.parametrize("name", ["libx264", "libx265", "dnxhd"])
def test_a_size_that_would_end_the_process_is_refused(name: str) -> None:
    assert "need an even width" in opens(name, "yuv422p" if name == "dnxhd" else "yuv420p", 257, 257)


def test_a_chip_is_taken_where_it_opens_and_only_for_what_it_can(monkeypatch) -> None:
    really = encoders.refusal
    monkeypatch.setattr(encoders, "refusal", lambda name, *a: None if name.endswith("_nvenc") else really(name, *a))
    monkeypatch.setattr(encoders, "misfit", lambda *a, **k: None)
    assert (chosen().name, chosen().pix_fmt) == ("h264_nvenc", "yuv420p")
    deep = chosen(codec="hevc", pix_fmt="yuv420p10le")
    assert (deep.name, deep.pix_fmt, deep.note) == ("hevc_nvenc", "p010le", "")
    assert chosen(traits=Traits(interlaced=True)).name == "libx264"
    assert chosen(lossless=True).name == "libx264"
    assert chosen(pix_fmt="bgr0").name == "libx264rgb"


def test_what_opens_but_does_not_encode_is_not_taken(monkeypatch) -> None:
    monkeypatch.setattr(encoders, "refusal", lambda name, *a: "on purpose" if "264" in name else None)
    assert chosen(container=".mp4").codec == "hevc"


LOSSLESS = [
    *[("libx264", "mp4", f"yuv{c}p{d}") for c in (420, 422, 444) for d in ("", "10le")],
    ("libx264rgb", "matroska", "gbrp"),
    *[("libx265", "matroska", f"yuv{c}p{d}") for c in (420, 422, 444) for d in ("", "10le", "12le")],
    *[("libvpx-vp9", "webm", f"yuv{c}p") for c in (420, 422, 444)],
    ("libsvtav1", "webm", "yuv420p"), ("libsvtav1", "mp4", "yuv420p10le"),
    *[("ffv1", "matroska", f"yuv{c}p{d}") for c in (420, 422, 444) for d in ("", "10le", "12le")],
    ("ffv1", "avi", "gray"), ("ffv1", "nut", "gbrp10le"), ("ffv1", "matroska", "gray10le"),
    ("utvideo", "avi", "yuv420p"), ("utvideo", "avi", "yuv422p"), ("huffyuv", "avi", "yuv422p"),
    ("ffvhuff", "avi", "yuv420p10le"), ("magicyuv", "mov", "yuv444p"), ("png", "mov", "rgb24"),
    ("qtrle", "mov", "rgb24"), ("rawvideo", "matroska", "yuv420p"), ("jpeg2000", "mov", "yuv422p10le")]


@pytest.mark.parametrize("name, container, pix_fmt", LOSSLESS)
def test_lossless_gives_back_every_bit_of_noise(name: str, container: str, pix_fmt: str) -> None:
    encoder = chosen(name, container=container, pix_fmt=pix_fmt, lossless=True)
    assert encoder.lossless and encoder.note == ""
    frames = noise(pix_fmt, count=8)
    given = [[a.copy() for a in arrays(f)] for f in frames]
    file, _ = encoded(encoder, [f if f.format.name == encoder.pix_fmt else _like(f, encoder.pix_fmt) for f in frames],
                      container)
    back = [f if f.format.name == pix_fmt else f.reformat(format=pix_fmt) for f in decoded(file)]
    assert len(back) == 8
    for frame, was in zip(back, given, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(arrays(frame), was, strict=True))


def _like(frame: av.VideoFrame, pix_fmt: str) -> av.VideoFrame:
    other = frame.reformat(format=pix_fmt)
    other.pts, other.time_base = frame.pts, frame.time_base
    return other


@pytest.mark.parametrize("codec, container, pix_fmt, taken", [
    ("h264", ".mkv", "yuv420p", "libx264"), ("hevc", ".mp4", "yuv420p10le", "libx265"),
    ("vp9", ".webm", "yuv420p", "libvpx-vp9"), ("vp9", ".webm", "yuv420p10le", "libsvtav1"),
    ("mpeg4", ".avi", "yuv420p", "ffv1"), ("prores", ".mkv", "yuv422p10le", "ffv1"),
    ("prores", ".mov", "yuv422p10le", "libx264"), ("mpeg2video", ".mp4", "yuv420p", "libx264")])
def test_lossless_keeps_the_codec_if_it_can_and_takes_ffv1_where_that_is_at_home(
        codec: str, container: str, pix_fmt: str, taken: str) -> None:
    encoder = chosen(codec=codec, container=container, pix_fmt=pix_fmt, lossless=True)
    assert (encoder.name, encoder.lossless, encoder.pix_fmt) == (taken, True, pix_fmt)
    assert (f"instead of {codec}" in encoder.note) == (encoder.codec != codec)


def test_a_promise_of_no_loss_is_checked(monkeypatch) -> None:
    """An encoder that claims it and does not keep it is found out."""
    monkeypatch.setattr("dipvideo.io.encoding.quality._NO_LOSS", {"libx264": {"qp": "1"}})
    with pytest.raises(OptionError, match="does not give yuv420p samples back unchanged"):
        chosen("libx264", lossless=True)


@pytest.mark.parametrize("request_, match", [
    ({"requested": "no_such"}, "'no_such' does not open here .*there is no such encoder.*take --encoder auto"),
    ({"requested": "aac"}, "'aac' does not open here .*encodes no video"),
    ({"requested": "libx264", "size": (161, 97)}, "need an even width and height"),
    ({"requested": "libx264", "size": (1920, 1081)}, "need an even width and height"),
    ({"requested": "libx264", "container": ".webm"}, r"\.webm does not hold h264.*\.mkv"),
    ({"requested": "prores_ks", "container": ".mov", "lossless": True}, "has no mode without loss.*ffv1, libx264"),
    ({"requested": "libvpx-vp9", "pix_fmt": "yuv420p10le", "lossless": True}, "does not take yuv420p10le samples"),
    ({"container": ".webm", "pix_fmt": "yuv444p10le", "lossless": True}, r"Nothing that opens here.*\.mkv"),
    ({"container": ".nosuch"}, "no container that can be written"),
    ({"container": ".png"}, "no container that can be written")])
def test_what_cannot_be_had_says_what_can(request_: dict, match: str) -> None:
    with pytest.raises(OptionError, match=match):
        chosen(**request_)


def test_where_something_must_go_colour_resolution_goes_before_depth() -> None:
    encoder = chosen(codec="vp9", container=".webm", pix_fmt="yuv444p10le")
    assert (encoder.codec, encoder.pix_fmt) == ("av1", "yuv420p10le")
    assert "from yuv444p10le to yuv420p10le" in encoder.note


def test_a_conversion_that_was_asked_for_is_named() -> None:
    note = chosen("mpeg4", container=".mp4", pix_fmt="yuv422p").note
    assert note == "Samples are converted from yuv422p to yuv420p, the nearest that mpeg4 takes."


def test_a_quality_that_has_no_effect_is_named() -> None:
    assert "--crf has no effect" in chosen("dnxhd", container=".mov", pix_fmt="yuv422p", size=(320, 240), crf=9).note


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler") or "libsvtav1" not in av.codecs_available,
                    reason="this system has no real time to give, or no SVT-AV1")
def test_an_encoder_leaves_the_process_as_important_as_it_was(tmp_path: Path) -> None:
    """Opened by root, SVT-AV1 gives all threads real-time priority, for good."""
    def policies() -> set[int]:
        found = set()
        for thread in os.listdir("/proc/self/task"):
            try:
                found.add(os.sched_getscheduler(int(thread)))
            except ProcessLookupError:
                continue
        return found

    before = policies()
    assert refusal.__wrapped__("libsvtav1", "yuv420p", 64, 64) is None and policies() == before
    assert misfit.__wrapped__(".mkv", "libsvtav1", "yuv420p", 64, 64) is None and policies() == before
    source = films.open_source(write_video(tmp_path / "film.mp4", panned(3)))
    with (films.open_output(tmp_path / "made.mkv", source, films.Wish("libsvtav1", smart_render=False)) as output,
          output.part(0, 3) as part):
        for frame in source.frames():
            part.write(frame)
            assert policies() == before
