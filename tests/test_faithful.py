"""What goes in comes out: the table of the README, cell by cell, on films made here and read back with PyAV alone."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from conftest import HEIGHT, WIDTH, panned

from dipvideo import inpaint

QUICK = {"device": "cpu", "network": "taper:widths=8-16", "first_steps": 2, "steps": 1}
FRAMES, CHANGED = 60, range(29, 32)  # groups of pictures of 12: of five, one is written anew
TICK = Fraction(1, 1000)
TIMES = [40 * i + (i % 3) * 7 + 400 for i in range(FRAMES)]  # a variable rate, and a start that is not 0
CODECS = {"mp4": ("libx264", "aac", "mov_text"), "mov": ("libx264", "aac", "mov_text"),
          "mkv": ("libx264", "flac", "subrip"), "webm": ("libvpx-vp9", "libopus", "webvtt"),
          "ts": ("libx264", "aac", None)}
COLOURS = {"color_range": 2, "colorspace": 1, "color_primaries": 1, "color_trc": 1}


def film(path: Path) -> Path:
    """Everything that the container can hold."""
    kind = path.suffix[1:]
    picture_codec, sound_codec, text_codec = CODECS[kind]
    options = {"avoid_negative_ts": "disabled"} if kind != "ts" else {}
    with av.open(str(path), "w", options=options) as output:
        output.metadata["title"] = "A film"
        picture = output.add_stream(picture_codec, rate=25)
        context = picture.codec_context
        context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context.time_base = picture.time_base = TICK
        context.options = ({"crf": "16", "g": "12", "x264-params": "scenecut=0"} if kind != "webm" else
                           {"crf": "20", "b": "0", "g": "12", "keyint_min": "12", "auto-alt-ref": "0",
                            "cpu-used": "8", "deadline": "realtime", "lag-in-frames": "0"})
        context.flags |= av.codec.context.Flags.frame_duration
        context.sample_aspect_ratio = Fraction(4, 3)
        for name, value in COLOURS.items():
            setattr(context, name, value)
        if kind in ("mp4", "mov"):
            picture.set_display_rotation(90)
        sounds = [output.add_stream(sound_codec, rate=48000, layout="stereo") for _ in range(2)]
        texts = [output.add_stream(text_codec)] if text_codec else []
        for stream, language in zip([picture, *sounds, *texts], ("eng", "deu", "fra", "jpn"), strict=False):
            stream.metadata["language"] = language
            if kind == "mkv":
                stream.metadata["title"] = f"in {language}"
        if kind != "ts":
            sounds[0].disposition, sounds[1].disposition = 1, 2  # default; dub
            output.set_chapters([{"id": i, "start": i * 1000, "end": i * 1000 + 1000, "time_base": TICK,
                                  "metadata": {"title": f"Part {i}"}} for i in range(2)])
        if kind == "mkv":
            output.add_attachment("letters.ttf", "font/ttf", b"no real font" * 9)
        if kind == "mp4":
            cover = output.add_stream("png", rate=1)
            cover.codec_context.width = cover.codec_context.height = 16
            cover.codec_context.pix_fmt, cover.disposition = "rgb24", av.stream.Disposition.attached_pic
        packets = []
        for pts, image in zip(TIMES, panned(FRAMES), strict=True):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p", dst_color_range=2)
            frame.pts, frame.time_base, frame.color_range = pts, TICK, 2
            packets += picture.encode(frame)
        packets += picture.encode(None)
        for number, stream in enumerate(sounds):
            for at in range(0, 48000 * 3, 960):
                wave = np.sin((np.arange(at, at + 960) * 0.05 * (number + 1)).astype(np.float32))[None] * 0.3
                form = stream.codec_context.format.name
                samples = av.AudioFrame.from_ndarray(np.repeat(wave, 2, 0).copy(), "fltp", "stereo")
                samples.rate, samples.pts, samples.time_base = 48000, at, Fraction(1, 48000)
                for part in av.AudioResampler(form, "stereo", 48000).resample(samples):
                    packets += stream.encode(part)
            packets += stream.encode(None)
        for stream in texts:
            context = stream.codec_context
            context.subtitle_header = (b"[Script Info]\r\nScriptType: v4.00+\r\n\r\n[Events]\r\nFormat: ReadOrder, "
                                       b"Layer, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n")
            context.time_base = stream.time_base = TICK
            for at, text in ((500, b"Guten Tag"), (1500, b"Auf Wiedersehen")):
                event = av.subtitles.subtitle.SubtitleSet.create(b"0,0,Default,,0,0,0,," + text, 0, 700, at * 1000)
                packet = context.encode_subtitle(event)
                packet.pts = packet.dts = at
                packet.duration, packet.time_base, packet.stream = 700, TICK, stream
                packets.append(packet)
        if kind == "mp4":
            shown = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 99, np.uint8), "rgb24")
            made = cover.encode(shown) + cover.encode(None)
            for packet in made:
                packet.pts = packet.dts = 0
            output.mux(made)
        output.mux(sorted(packets, key=lambda p: float((p.dts if p.dts is not None else p.pts) * p.time_base)))
    return path


@dataclass
class Both:
    """A film, and what became of it once a corner of three frames was painted red."""

    before: Path
    after: Path
    encoder: str
    warnings: tuple[str, ...]

    def read(self, what):
        """`what` of both, opened with PyAV."""
        found = []
        for path in (self.before, self.after):
            with av.open(str(path)) as container:
                found.append(what(container))
        return found


@pytest.fixture(scope="module", params=list(CODECS))
def both(request, tmp_path_factory) -> Both:
    folder = tmp_path_factory.mktemp(request.param)
    before, after = film(folder / f"film.{request.param}"), folder / f"out.{request.param}"
    masks = folder / "masks"
    masks.mkdir()
    for index in range(FRAMES):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[8:24, 8:24] = 255 if index in CHANGED else 0
        cv2.imwrite(str(masks / f"{index:03d}.png"), mask)
    summary = inpaint(before, after, mask=str(masks), borrow=False, **QUICK)
    assert summary.touched == len(CHANGED)
    return Both(before, after, summary.encoder, summary.warnings)


def picture_of(container):
    return next(s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic)


def frames_of(container) -> list[tuple[Fraction, list[np.ndarray]]]:
    stream = picture_of(container)
    return [(frame.pts * stream.time_base, [np.frombuffer(p, np.uint8).reshape(p.height, -1)[:, :p.width].copy()
                                            for p in frame.planes]) for frame in container.decode(stream)]


def packets_of(container, kind: str) -> list[list[tuple[Fraction, bytes]]]:
    streams = [s for s in container.streams if s.type == kind]
    found = {s.index: [] for s in streams}
    for packet in container.demux(streams) if streams else ():
        if packet.size:
            found[packet.stream_index].append((packet.pts * packet.time_base, bytes(packet)))
    return list(found.values())


def test_time_stamps(both: Both) -> None:
    before, after = both.read(lambda c: [t for t, _ in frames_of(c)])
    assert len(before) == FRAMES and before == after
    assert before[2] - before[1] != before[3] - before[2]


def test_untouched_frames(both: Both) -> None:
    """Bit for bit, but for the group of pictures that holds the three."""
    before, after = both.read(frames_of)
    changed = {i for i in range(FRAMES) if any((a != b).any() for a, b in zip(before[i][1], after[i][1], strict=True))}
    assert set(CHANGED) <= changed <= set(range(24, 36)), both.warnings
    assert "48 frames copied" in both.encoder


def test_sound(both: Both) -> None:
    before, after = both.read(lambda c: packets_of(c, "audio"))
    assert len(before) == 2 and len(before[0]) > 30
    assert before == after


def test_subtitles(both: Both) -> None:
    before, after = both.read(lambda c: packets_of(c, "subtitle"))
    if "ts" not in both.before.suffix:
        assert [t for t, d in before[0] if len(d) > 2] == [Fraction(1, 2), Fraction(3, 2)]
    assert before == after


def test_languages_and_dispositions(both: Both) -> None:
    before, after = both.read(lambda c: [(s.type, s.language, s.metadata.get("title"), int(s.disposition))
                                         for s in c.streams])
    assert {s[1] for s in before} >= {"fra", "deu" if both.before.suffix != ".mov" else "eng"}
    assert sorted(before, key=str) == sorted(after, key=str)


def test_chapters(both: Both) -> None:
    before, after = both.read(lambda c: [(h["start"] * h["time_base"], h["end"] * h["time_base"], h["metadata"])
                                         for h in c.chapters()])
    assert len(before) == (0 if both.before.suffix == ".ts" else 2)
    assert before == after


def test_tags(both: Both) -> None:
    before, after = both.read(lambda c: {k.lower(): v for k, v in c.metadata.items() if k.lower() != "encoder"})
    if both.before.suffix != ".ts":
        assert before["title"] == "A film"
    assert before == after


def test_attachments_and_cover(both: Both) -> None:
    def extras(container):
        covers = [s for s in container.streams.video if s.disposition & av.stream.Disposition.attached_pic]
        return ([(s.name, s.mimetype, s.data) for s in container.streams.attachments],
                [bytes(p) for s in covers for p in container.demux(s) if p.size])

    before, after = both.read(extras)
    assert len(before[0]) == (both.before.suffix == ".mkv")
    assert len(before[1]) == (both.before.suffix == ".mp4")
    assert before == after


def test_shape_rotation_and_colour(both: Both) -> None:
    def look(container):
        stream = picture_of(container)
        frame = next(container.decode(stream))
        return (stream.sample_aspect_ratio, frame.rotation, frame.format.name,
                [getattr(frame, name) for name in COLOURS])

    before, after = both.read(look)
    if both.before.suffix != ".webm":
        assert before[0] == Fraction(4, 3)
    if both.before.suffix in (".mp4", ".mov"):
        assert before[1] not in (0, None)
    assert before[3][0] == 2
    assert before == after


def test_starts_and_lengths(both: Both) -> None:
    before, after = both.read(lambda c: [(s.start_time * s.time_base, s.type) for s in c.streams
                                         if s.type in ("audio", "video")])
    assert sorted(before, key=str) == sorted(after, key=str)
    lengths = both.read(lambda c: c.duration)
    assert abs(lengths[0] - lengths[1]) <= 1000  # microseconds
