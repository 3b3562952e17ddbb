"""That an encoder's settings reach its stream: a quality, HDR, fields, profiles."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from conftest import panned
from test_encoder import arrays, chosen, decoded, encoded, noise

from dipvideo.io.encoding.encoder import Encoder, Mastering, Traits, light_of, mastering_of
from dipvideo.io.encoding.quality import options_for

GRADED = Mastering((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.3127, 0.329), 0.005, 1000.0)
SOFTWARE = [("libx264", "yuv420p"), ("libx265", "yuv420p"), ("libsvtav1", "yuv420p"), ("libvpx-vp9", "yuv420p"),
            ("libvpx", "yuv420p"), ("mpeg4", "yuv420p"), ("mpeg2video", "yuv420p"), ("mjpeg", "yuv420p"),
            ("prores_ks", "yuv422p10le")]


@pytest.fixture(scope="module")
def film() -> list[np.ndarray]:
    """A panning texture with grain, which tells encoders apart as a film does."""
    grain = np.random.default_rng(3)
    return [np.clip(p + grain.normal(0, 2, p.shape), 0, 255).astype(np.uint8) for p in panned(10)]


def psnr_at(name: str, pix_fmt: str, crf: int | None, film: list[np.ndarray]) -> float:
    frames = []
    for pts, picture in enumerate(film):
        frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pix_fmt)
        frame.pts, frame.time_base = pts, Fraction(1, 25)
        frames.append(frame)
    lumas = [arrays(f)[0].astype(float) for f in frames]
    encoder = Encoder(name, pix_fmt, options_for(name, pix_fmt, crf=crf))
    file, _ = encoded(encoder, frames, "mov" if name == "prores_ks" else "matroska")
    peak = (1 << frames[0].format.components[0].bits) - 1
    errors = [((arrays(f)[0] - y) ** 2).mean() for f, y in zip(decoded(file), lumas, strict=True)]
    return 10 * np.log10(peak ** 2 / np.mean(errors))


@pytest.mark.parametrize("name, pix_fmt", SOFTWARE)
def test_a_crf_means_about_the_same_everywhere(name: str, pix_fmt: str, film: list[np.ndarray]) -> None:
    at = {crf: psnr_at(name, pix_fmt, crf, film) for crf in (18, 30)}
    meant = {crf: psnr_at("libx264", "yuv420p", crf, film) for crf in (18, 30)}
    assert at[18] > at[30] + 1
    assert abs(at[18] - meant[18]) < 3 and abs(at[30] - meant[30]) < 5


@pytest.mark.parametrize("name, pix_fmt", SOFTWARE)
def test_the_default_looks_like_the_source(name: str, pix_fmt: str, film: list[np.ndarray]) -> None:
    assert psnr_at(name, pix_fmt, None, film) > 38


@pytest.mark.parametrize("traits", [
    Traits(mastering=GRADED, light=(1000, 400), chroma_location="topleft", profile="Main"),
    Traits(interlaced=True, top_field_first=True, has_b_frames=False, profile="Constrained Baseline")])
@pytest.mark.parametrize("name, pix_fmt", [*SOFTWARE, ("libx264rgb", "rgb24"), ("libx265", "yuv420p10le"),
                                           ("ffv1", "yuv420p"), ("dnxhd", "yuv422p"), ("jpeg2000", "yuv420p")])
@pytest.mark.parametrize("crf", [None, 20])
def test_every_option_is_one_that_the_encoder_knows(name: str, pix_fmt: str, traits: Traits, crf: int | None) -> None:
    encoder = Encoder(name, pix_fmt, options_for(name, pix_fmt, crf=crf, codec="h264", traits=traits))
    file, unknown = encoded(encoder, noise(pix_fmt, size=(256, 128)), "mov" if "dnx" in name or "pro" in name
                            else "matroska")
    assert unknown == {} and len(decoded(file)) == 4


@pytest.mark.parametrize("name", ["libx264", "libx265", "libsvtav1"])
def test_hdr_comes_back_as_it_went_in(name: str) -> None:
    traits = Traits(color_range=1, colorspace=9, color_primaries=9, color_trc=16, mastering=GRADED, light=(1000, 400))
    encoder = chosen(name, pix_fmt="yuv420p10le", traits=traits)
    file, _ = encoded(encoder, noise("yuv420p10le"), "matroska", traits)
    frame = decoded(file)[0]
    back = mastering_of(frame)
    assert light_of(frame) == (1000, 400)
    assert (int(frame.color_primaries), int(frame.color_trc)) == (9, 16)
    for place in ("red", "green", "blue", "white"):
        assert getattr(back, place) == pytest.approx(getattr(GRADED, place), abs=2e-5)
    assert (back.least, back.greatest) == pytest.approx((0.005, 1000), rel=0.02)


def test_a_frame_without_hdr_says_so() -> None:
    frame = noise("yuv420p", 1)[0]
    assert mastering_of(frame) is None and light_of(frame) is None


@pytest.mark.parametrize("name, pix_fmt", [("libx264", "yuv420p"), ("libx265", "yuv420p"), ("mpeg2video", "yuv420p"),
                                           ("mpeg4", "yuv420p"), ("prores_ks", "yuv422p10le")])
@pytest.mark.parametrize("crf", [None, 20])
def test_fields_stay_fields(name: str, pix_fmt: str, crf: int | None) -> None:
    traits = Traits(interlaced=True, top_field_first=False)
    container = ".mov" if "prores" in name else ".mkv"
    encoder = chosen(name, container=container, pix_fmt=pix_fmt, traits=traits, crf=crf)
    assert encoder.options["field_order"] == "bt"
    file, _ = encoded(encoder, noise(pix_fmt), "mov" if "prores" in name else "matroska")
    assert [f.interlaced_frame for f in decoded(file)] == [True] * 4


def test_fields_and_a_quality_do_not_exclude_each_other() -> None:
    options = options_for("prores_ks", "yuv422p10le", crf=20, traits=Traits(interlaced=True))
    assert options["flags"] == "+qscale+ildct+ilme"


def test_what_plays_the_source_plays_the_output() -> None:
    traits = Traits(profile="Constrained Baseline", has_b_frames=False)
    file, _ = encoded(chosen(traits=traits), noise("yuv420p", 20), "matroska")
    with av.open(io.BytesIO(file)) as container:
        assert container.streams.video[0].codec_context.profile == "Constrained Baseline"
        packets = [p for p in container.demux(video=0) if p.size]
    assert [p.pts for p in packets] == sorted(p.pts for p in packets)


@pytest.mark.parametrize("profile, pix_fmt, taken", [("LT", "yuv422p10le", "LT"), ("HQ", "yuv422p10le", "HQ"),
                                                     ("XQ", "yuv444p10le", "XQ"), (None, "yuv422p10le", "HQ")])
def test_prores_keeps_its_flavour(profile: str | None, pix_fmt: str, taken: str) -> None:
    encoder = chosen(codec="prores", container=".mov", pix_fmt=pix_fmt, traits=Traits(profile=profile))
    with av.open(io.BytesIO(encoded(encoder, noise(pix_fmt), "mov")[0])) as container:
        assert container.streams.video[0].codec_context.profile == taken


def test_chroma_keeps_its_place() -> None:
    assert chosen(traits=Traits(chroma_location="topleft")).options["chroma_sample_location"] == "topleft"
    assert "chroma_sample_location" not in chosen(traits=Traits(chroma_location="unspecified")).options
    assert "chroma_sample_location" not in chosen(pix_fmt="yuv444p", traits=Traits(chroma_location="left")).options
