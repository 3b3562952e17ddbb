"""What travels beside the picture arrives: the same packets at the same times, or the same words and sounds."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition
from av.subtitles.subtitle import SubtitleSet
from conftest import texture

from dipvideo.io.beside import Companions, dress, format_of, open_options

MS = Fraction(1, 1000)
FRAMES = 50
STYLES = (b"[Script Info]\nScriptType: v4.00+\nPlayResX: 384\nPlayResY: 288\n\n[V4+ Styles]\nFormat: Name, Fontname, "
          b"Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, "
          b"ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, "
          b"Encoding\nStyle: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\n\n"
          b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n")
CHAPTERS = [{"id": number, "start": start, "end": start + 1000, "time_base": MS, "metadata": {"title": title}}
            for number, start, title in ((1, 0, "Anfang"), (2, 1000, "Ende"))]
FONT = bytes(range(256)) * 3
TONE = 440.0


@dataclass
class Text:
    start: int
    stop: int
    words: str


CAPTIONS = [Text(200, 700, "Hello there"), Text(900, 1400, "Good\nbye")]
OVERLAPPING = [Text(100, 1000, "a sign"), Text(300, 600, "speech"), Text(1200, 1500, "later")]


def film(path: Path, *, picture: str = "libx264", angle: bool = False, sounds: tuple[str, ...] = ("aac", "aac"),
         texts: dict[str, list[Text]] | None = None, cover: bool = False, font: bool = False, chapters: bool = True,
         tags: dict[str, str] | None = None, languages: tuple[str, str] = ("eng", "jpn"), timecode: str | None = None,
         options: dict[str, str] | None = None) -> Path:
    """A film of two seconds with what is asked for beside its picture, made with PyAV alone."""
    with av.open(str(path), "w", options={**open_options(path.suffix), **(options or {})}) as output:
        streams = [_picture(output, picture, {"bf": "0"} if picture == "libx264" else {})]
        if timecode:
            streams[0].metadata["timecode"] = timecode
        streams += [_picture(output, "libx264", {"bf": "2", "g": "20"})] if angle else []
        tones = [output.add_stream(codec, rate=48000, layout="mono") for codec in sounds]
        for number, tone in enumerate(tones):
            tone.metadata.update({"language": languages[number], "title": ("Film", "Commentary")[number]})
            tone.disposition = (Disposition.default, Disposition.comment | Disposition.hearing_impaired)[number]
        written = {_text_stream(output, codec): cues for codec, cues in (texts or {}).items()}
        if cover:
            art = _cover(output)
        if font:
            output.add_attachment("letters.ttf", "application/x-truetype-font", FONT)
        output.set_chapters(CHAPTERS if chapters else [])
        output.metadata.update({"title": "A film", "comment": "tëst", **(tags or {})})
        if cover and art is not None:
            output.mux(art)
        packets = [p for stream in streams for p in _pictures(stream)]
        packets += [p for number, tone in enumerate(tones) for p in _tone(tone, TONE * (number + 1))]
        packets += [_cue(stream, cue) for stream, cues in written.items() for cue in cues]
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            output.mux(packet)
    return path


def _picture(output, codec: str, options: dict[str, str]):
    stream = output.add_stream(codec, rate=25, options=options)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    stream.codec_context.time_base = stream.time_base = Fraction(1, 25)
    return stream


def _pictures(stream):
    pictures = [texture(48, 64, seed) for seed in range(3)]
    packets = []
    for number in range(FRAMES):
        frame = av.VideoFrame.from_ndarray(pictures[number % 3], "rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _wave(hertz: float) -> np.ndarray:
    """Two seconds at 48 kHz: silence, but after one second a quarter of a second that rises from `hertz`."""
    at = np.arange(12000) / 48000
    wave = np.zeros(96000, np.float32)
    wave[48000:60000] = 0.5 * np.sin(2 * np.pi * (hertz + 4000 * at) * at)
    return wave


def _tone(stream, hertz: float):
    packets = []
    wave = _wave(hertz)
    for at in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, at:at + 1024].copy(), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, at, Fraction(1, 48000)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _text_stream(output, codec: str):
    stream = output.add_stream(codec)
    stream.codec_context.subtitle_header = STYLES
    stream.codec_context.time_base = stream.time_base = MS
    stream.metadata["language"] = "fra"
    stream.disposition = Disposition.default | Disposition.forced
    return stream


def _cue(stream, cue: Text):
    event = f"0,0,Default,,0,0,0,,{cue.words}".replace("\n", r"\N").encode()
    packet = stream.codec_context.encode_subtitle(SubtitleSet.create(event, 0, cue.stop - cue.start, cue.start))
    packet.pts = packet.dts = cue.start
    packet.duration, packet.time_base, packet.stream = cue.stop - cue.start, MS, stream
    return packet


def _png() -> bytes:
    return cv2.imencode(".png", texture(20, 30))[1].tobytes()


def _cover(output):
    if output.format.name == "matroska":
        output.add_attachment("front.png", "image/png", _png())
        return None
    stream = output.add_mux_stream("png", width=30, height=20)
    stream.time_base, stream.disposition = MS, Disposition.attached_pic
    packet = av.Packet(_png())
    packet.pts = packet.dts = 0
    packet.time_base, packet.stream, packet.is_keyframe = MS, stream, True
    return packet


def carried(path: Path, suffix: str, *, meddle=lambda packet: packet) -> tuple[Path, list[str]]:
    """A copy of a film in another container: its picture by hand, the rest by `Companions`, and what that told."""
    target = path.with_name(f"carried{suffix}")
    with av.open(str(path)) as source, av.open(str(target), "w", format=format_of(suffix),
                                               options=open_options(suffix, source)) as output:
        picture = source.streams.video[0]
        stream = output.add_stream_from_template(picture, opaque=True)
        stream.codec_context.framerate = picture.average_rate
        dress(stream, picture)
        beside = Companions(source, picture, output)
        for packet in source.demux([picture, *beside.wanted]):
            if packet.stream is not picture:
                beside.write(meddle(packet))
            elif packet.size:
                packet.stream = stream
                output.mux(packet)
        beside.finish()
        return target, beside.warnings


def streams_of(path: Path, kind: str) -> list[dict]:
    with av.open(str(path)) as container:
        return [{"codec": s.codec_context.codec.canonical_name if s.codec_context else None, "index": s.index,
                 "language": s.metadata.get("language", "und"), "start": s.start_time and s.start_time * s.time_base,
                 "title": s.metadata.get("title") or s.metadata.get("name"), "disposition": s.disposition}
                for s in container.streams if s.type == kind]


def packets_of(path: Path, index: int) -> list[tuple[bytes, Fraction, Fraction, Fraction, bytes]]:
    """(payload, pts, dts, duration in seconds, what is to be skipped) of each packet."""
    with av.open(str(path)) as container:
        return [(bytes(p), p.pts * p.time_base, p.dts * p.time_base if p.dts is not None else None,
                 (p.duration or 0) * p.time_base, bytes(p.get_sidedata("skip_samples"))
                 if p.has_sidedata("skip_samples") else b"")
                for p in container.demux(container.streams[index]) if p.size]


def texts_of(path: Path, number: int = 0) -> list[Text]:
    """What can be read on screen and when, in ms, however the container says it."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[number]
        for packet in container.demux(stream):
            for rect in stream.codec_context.decode2(packet) or () if packet.size else ():
                start = round(packet.pts * packet.time_base * 1000)
                found.append(Text(start, start + round(packet.duration * packet.time_base * 1000),
                                  rect.dialogue.decode().strip()))
    return found


def covers_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        covers = [s.index for s in container.streams.video if s.disposition & Disposition.attached_pic]
    return [packets[0] for index in covers for packets in [_payloads(path, index)]]


def _payloads(path: Path, index: int) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams[index]) if p.size]


def chapters_of(path: Path) -> list[tuple[Fraction, Fraction, str]]:
    with av.open(str(path)) as container:
        return [(c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]["title"])
                for c in container.chapters()]


def tags_of(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        return {name.lower(): value for name, value in container.metadata.items()}


def assert_same_packets(path: Path, there: Path, index: int, other: int, within: Fraction = Fraction(0)) -> None:
    before, after = packets_of(path, index), packets_of(there, other)
    assert [p[0] for p in before] == [p[0] for p in after]
    for one, two in zip(before, after, strict=True):
        assert abs(one[1] - two[1]) <= within
        assert one[2] is None or two[2] is None or abs(one[2] - two[2]) <= within
        assert abs(one[3] - two[3]) <= within
        assert one[4] == two[4]


RICH = {
    ".mkv": {"texts": {"subrip": CAPTIONS, "ass": OVERLAPPING}, "cover": True, "font": True},
    ".mp4": {"texts": {"mov_text": CAPTIONS}, "cover": True},
    ".mov": {"texts": {"mov_text": CAPTIONS}},
    ".ts": {"chapters": False},
    ".nut": {},
}


@pytest.mark.parametrize("suffix", RICH)
def test_in_the_same_container_every_packet_stays_as_and_when_it_was(suffix: str, tmp_path: Path) -> None:
    path = film(tmp_path / f"film{suffix}", angle=suffix != ".nut", **RICH[suffix])
    there, warnings = carried(path, suffix)
    assert [w for w in warnings if "tag" not in w] == []
    for kind in ("video", "audio", "subtitle", "data", "attachment"):
        before, after = streams_of(path, kind), streams_of(there, kind)
        assert before == after
        if kind == "attachment" or suffix == ".nut":
            continue
        for one, two in zip(before, after, strict=True):
            if not one["disposition"] & Disposition.attached_pic:
                assert_same_packets(path, there, one["index"], two["index"])
    assert chapters_of(path) == chapters_of(there)
    assert covers_of(path) == covers_of(there)
    assert {**tags_of(path), "encoder": ""} == {**tags_of(there), "encoder": ""}


@pytest.mark.parametrize(("before", "after"), [(".mkv", ".mp4"), (".mp4", ".mkv"), (".mkv", ".mov"), (".mp4", ".mov"),
                                               (".mov", ".mkv"), (".mp4", ".m4v")])
def test_another_container_gets_the_same_sound_and_pictures_chapters_and_title(before: str, after: str,
                                                                               tmp_path: Path) -> None:
    path = film(tmp_path / f"film{before}", angle=True, **{**RICH[before], "texts": {}})
    there, _ = carried(path, after)
    for kind, number in (("video", 1), ("audio", 0), ("audio", 1)):
        one, two = streams_of(path, kind)[number], streams_of(there, kind)[number]
        assert (one["language"], one["title"]) == (two["language"], two["title"])
        one, two = ([p[:3] for p in packets_of(f, s["index"])] for f, s in ((path, one), (there, two)))
        assert [p[0] for p in one] == [p[0] for p in two]
        assert max(abs(p[1] - q[1]) for p, q in zip(one, two, strict=True)) <= MS
    assert chapters_of(path) == chapters_of(there)
    assert tags_of(there)["title"] == "A film" and tags_of(there)["comment"] == "tëst"


def test_the_four_letters_that_name_a_codec_stay_between_mp4_and_mov(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as output:
        quiet = {"x265-params": "log-level=none"}
        streams = [_picture(output, "libx264", {"bf": "0"}), _picture(output, "libx265", quiet)]
        streams[1].codec_context.codec_tag = "hvc1"
        for packet in sorted([p for s in streams for p in _pictures(s)], key=lambda p: p.dts):
            output.mux(packet)
    there, _ = carried(path, ".mov")
    with av.open(str(there)) as container:
        assert container.streams.video[1].codec_context.codec_tag == "hvc1"


def test_sound_of_a_broadcast_keeps_its_packets_and_times_in_mp4(tmp_path: Path) -> None:
    path = film(tmp_path / "film.ts", chapters=False)
    there, _ = carried(path, ".mp4")
    header = 7  # ADTS, which mp4 keeps once for all packets
    for index in (1, 2):
        before, after = packets_of(path, index), packets_of(there, index)
        assert [p[0][header:] for p in before] == [p[0] for p in after]
        assert max(abs(p[1] - q[1]) for p, q in zip(before, after, strict=True)) <= Fraction(1, 48000)


def test_streams_of_a_broadcast_move_together_if_one_begins_below_zero(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    there, _ = carried(path, ".ts")
    assert min(p[1] for p in packets_of(path, 1)) < 0 <= min(p[1] for p in packets_of(there, 1))
    apart = [packets_of(there, index)[0][1] - packets_of(path, index)[0][1] for index in (0, 1, 2)]
    assert max(apart) - min(apart) <= Fraction(1, 48000)


@pytest.mark.parametrize(("before", "after", "codec"), [(".mkv", ".mp4", "mov_text"), (".mkv", ".mov", "mov_text"),
                                                        (".mp4", ".mkv", "subrip"), (".mov", ".mkv", "subrip")])
def test_captions_keep_their_words_and_times_in_another_codec(before: str, after: str, codec: str,
                                                              tmp_path: Path) -> None:
    path = film(tmp_path / f"film{before}", texts={next(iter(RICH[before]["texts"])): CAPTIONS})
    there, warnings = carried(path, after)
    assert texts_of(path) == texts_of(there) == CAPTIONS
    assert [(s["codec"], s["language"]) for s in streams_of(there, "subtitle")] == [(codec, "fra")]
    assert any(f"is written as {codec}" in w for w in warnings)


def test_texts_that_overlap_are_read_together_where_a_container_shows_one_at_a_time(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv", texts={"ass": OVERLAPPING})
    there, _ = carried(path, ".mp4")
    assert texts_of(there) == [Text(100, 300, "a sign"), Text(300, 600, "a sign\nspeech"), Text(600, 1000, "a sign"),
                               Text(1200, 1500, "later")]


def test_shapes_drawn_with_ass_do_not_become_words(tmp_path: Path) -> None:
    drawn = [Text(100, 500, r"{\an7\p1}m 0 0 l 100 0{\p0}"), Text(600, 900, r"{\i1}word{\i0}")]
    path = film(tmp_path / "film.mkv", texts={"ass": drawn})
    there, _ = carried(path, ".mp4")
    assert [(t.start, t.stop) for t in texts_of(there)] == [(600, 900)] and "word" in texts_of(there)[0].words


def test_webm_gets_its_own_codecs_with_the_same_words_and_the_sound_in_time(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", picture="libvpx-vp9", sounds=("aac",), texts={"mov_text": CAPTIONS})
    there, warnings = carried(path, ".webm")
    assert texts_of(there) == CAPTIONS
    assert [s["codec"] for s in streams_of(there, "audio") + streams_of(there, "subtitle")] == ["opus", "webvtt"]
    assert any("is converted to opus, mono" in w for w in warnings)
    assert abs(onset(path) - onset(there)) < 0.001


def onset(path: Path) -> float:
    """When the sound begins, in seconds: where it best fits what was put into the file."""
    heard = np.zeros(120000, np.float32)
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio[0]):
            samples = frame.to_ndarray().astype(np.float32).reshape(-1)
            at = round(float(frame.pts * frame.time_base) * 48000)
            heard[max(at, 0):at + len(samples)] = samples[max(-at, 0):]
    sound = _wave(TONE)[48000:60000]
    fit = [float(heard[48000 + lag:60000 + lag] @ sound) for lag in range(-4800, 4800)]
    return (48000 + int(np.argmax(fit)) - 4800) / 48000


def test_converted_sound_is_silent_where_packets_are_missing_and_stays_in_time(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv", picture="libvpx-vp9", sounds=("flac",))
    audio = iter(range(1000))

    def meddle(packet: av.Packet) -> av.Packet:
        if packet.stream.type != "audio" or not packet.size or next(audio) != 2:
            return packet
        lost = av.Packet()
        lost.stream = packet.stream
        return lost

    there, _ = carried(path, ".webm", meddle=meddle)
    assert abs(onset(there) - 1.0) < 0.001
    with av.open(str(there)) as container:
        assert sum(frame.samples for frame in container.decode(container.streams.audio[0])) >= 96000


@pytest.mark.parametrize(("before", "after"), [(".mp4", ".mkv"), (".mkv", ".mp4"), (".mp4", ".m4v")])
def test_a_cover_moves_between_mp4_and_matroska_byte_for_byte(before: str, after: str, tmp_path: Path) -> None:
    path = film(tmp_path / f"film{before}", cover=True)
    there, warnings = carried(path, after)
    assert covers_of(path) == covers_of(there) == [_png()]
    assert not [w for w in warnings if "cover" in w]


def test_fonts_stay_in_matroska_and_are_told_of_elsewhere(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv", font=True)
    there, _ = carried(path, ".mkv")
    with av.open(str(there)) as container:
        kept = [(s.name, s.mimetype, s.data) for s in container.streams if s.type == "attachment"]
    assert kept == [("letters.ttf", "application/x-truetype-font", FONT)]
    _, warnings = carried(path, ".mp4")
    assert warnings == ["The attachment 'letters.ttf' is left out: mp4 holds no attachments; write .mkv to keep it."]


def test_pictures_of_text_are_copied_or_told_of(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as output:
        picture = _picture(output, "libx264", {"bf": "0"})
        text = output.add_mux_stream("hdmv_pgs_subtitle")
        text.time_base = MS
        for number, packet in enumerate(_pictures(picture)):
            output.mux(packet)
            if number == 10:
                made = av.Packet(b"\x80\0\0" * 5)
                made.pts = made.dts = 400
                made.duration, made.time_base, made.stream = 600, MS, text
                output.mux(made)
    there, warnings = carried(path, ".mkv")
    assert warnings == [] and len(packets_of(path, 1)) == 1
    assert_same_packets(path, there, 1, 1)
    there, warnings = carried(path, ".mp4")
    assert warnings == ["The subtitle track 1 (hdmv_pgs_subtitle) is left out: mp4 holds no hdmv_pgs_subtitle; "
                        "write .mkv to keep it."]
    assert streams_of(there, "subtitle") == []


def test_languages_that_quicktime_knows_by_another_code_are_not_lost(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv", languages=("deu", "swe"))
    there, _ = carried(path, ".mov")
    assert [s["language"] for s in streams_of(there, "audio")] == ["ger", "sve"]
    back, _ = carried(there, ".mp4")
    assert [s["language"] for s in streams_of(back, "audio")] == ["ger", "swe"]


def test_a_timecode_stays_with_its_picture_and_is_written_once(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mov", angle=True, timecode="01:02:03:04")
    there, warnings = carried(path, ".mov")
    with av.open(str(there)) as container:
        assert container.streams.video[0].metadata["timecode"] == "01:02:03:04"
        assert [s.metadata["timecode"] for s in container.streams if s.type == "data"
                and "timecode" in s.metadata] == ["01:02:03:04"]
    assert warnings == []


def test_data_that_only_broadcasts_hold_stays_there_and_is_told_of_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "film.ts"
    klv, teletext = b"\x06\x0e\x2b\x34" + bytes(12) + b"\4abcd", b"\x10\x02\x2c" + bytes(44)
    with av.open(str(path), "w") as output:
        picture = _picture(output, "mpeg2video", {})
        beside = [(output.add_data_stream("klv"), klv), (output.add_mux_stream("dvb_teletext"), teletext)]
        for number, packet in enumerate(_pictures(picture)):
            output.mux(packet)
            for stream, payload in beside if number % 10 == 9 else ():
                made = av.Packet(payload)
                made.pts = made.dts = number
                made.time_base, made.stream = Fraction(1, 25), stream
                output.mux(made)
    there, warnings = carried(path, ".ts")
    assert warnings == []
    for index in (1, 2):
        assert len(packets_of(path, index)) >= 4
        assert_same_packets(path, there, index, index)
    _, warnings = carried(path, ".mkv")
    assert [("klv" in w, "teletext" in w, w.endswith("write .ts to keep it.")) for w in warnings] == [
        (True, False, True), (False, True, True)]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v", ".mkv", ".webm", ".ts", ".avi", ".nut"])
@pytest.mark.parametrize("before", [".mkv", ".mp4", ".mov", ".ts"])
def test_no_container_fails_and_what_is_missing_is_named(before: str, suffix: str, tmp_path: Path) -> None:
    path = film(tmp_path / f"film{before}", angle=True, **RICH[before])
    target = tmp_path / f"there{suffix}"
    codec = "libvpx-vp9" if suffix == ".webm" else "mpeg4"
    with av.open(str(path)) as source, av.open(str(target), "w", format=format_of(suffix),
                                               options=open_options(suffix, source)) as output:
        stream = _picture(output, codec, {})
        beside = Companions(source, source.streams.video[0], output)
        pictures = _pictures(stream)
        output.mux(pictures)
        for packet in source.demux(beside.wanted):
            beside.write(packet)
        beside.finish()
        wanted = len([s for s in source.streams if s.type != "data"]) - 1
    with av.open(str(target)) as container:
        arrived = len([s for s in container.streams if s.type != "data"]) - 1
    told = [w for w in beside.warnings
            if "left out" in w and any(what in w for what in ("track", "cover", "attachment"))]
    assert wanted == arrived + len(told)
    assert not [w for w in beside.warnings if "packet" in w]
    assert len([w for w in beside.warnings if "chapters" in w]) == (suffix in (".ts", ".avi") and before != ".ts")


def test_times_that_damage_has_taken_or_turned_back_cost_their_packets_alone(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv", sounds=("aac",))
    audio = iter(range(1000))

    def damage(packet: av.Packet) -> av.Packet:
        if packet.stream.type == "audio" and packet.size:
            number = next(audio)
            if number == 10:
                packet.dts = None  # its pts still tells
            if number == 20:
                packet.pts = packet.dts = None
            if number == 30:
                packet.pts = packet.dts = 3
            if number == 40:
                packet.pts = packet.dts - 5
        return packet

    there, warnings = carried(path, ".mp4", meddle=damage)
    assert len(packets_of(there, 1)) == len(packets_of(path, 1)) - 2
    assert [w for w in warnings if "2 packets of The audio track 1" in w]


def test_sound_that_is_damaged_within_costs_its_packet_alone(tmp_path: Path) -> None:
    path = film(tmp_path / "film.ts", sounds=("aac",), chapters=False)
    audio = iter(range(1000))

    def damage(packet: av.Packet) -> av.Packet:
        if packet.stream.type != "audio" or not packet.size or next(audio) != 10:
            return packet
        junk = av.Packet(bytes(100))
        junk.stream, junk.pts, junk.dts, junk.time_base = packet.stream, packet.pts, packet.dts, packet.time_base
        return junk

    there, warnings = carried(path, ".mp4", meddle=damage)
    assert len(packets_of(there, 1)) == len(packets_of(path, 1)) - 1
    assert [w for w in warnings if "1 packet of The audio track 1" in w]


def test_a_picture_that_the_muxer_refuses_is_not_put_down_to_the_sound(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", sounds=("aac",))  # its H.264 is laid out in a way that avi does not take
    with av.open(str(path)) as source, av.open(str(tmp_path / "there.avi"), "w") as output:
        picture = source.streams.video[0]
        stream = output.add_stream_from_template(picture, opaque=True)
        beside = Companions(source, picture, output)
        with pytest.raises(av.FFmpegError):
            for packet in source.demux([picture, *beside.wanted]):
                if packet.stream is not picture:
                    beside.write(packet)
                elif packet.size:
                    packet.stream = stream
                    with suppress(av.FFmpegError):
                        output.mux(packet)


def test_a_time_that_comes_twice_costs_nothing(tmp_path: Path) -> None:
    path = film(tmp_path / "film.ts", sounds=("aac",), chapters=False)
    audio = iter(range(1000))

    def repeat(packet: av.Packet) -> av.Packet:
        if packet.stream.type == "audio" and packet.size and next(audio) == 10:
            packet.pts = packet.dts = packet.dts - 1920  # a packet of 1024 samples lasts so long at 90 kHz
        return packet

    there, warnings = carried(path, ".ts", meddle=repeat)
    assert [p[0] for p in packets_of(path, 1)] == [p[0] for p in packets_of(there, 1)]
    assert not [w for w in warnings if "packet" in w]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_is_not_taken_for_a_bad_packet(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv", picture="mpeg4", sounds=("pcm_s16le", "pcm_s16le"))
    with av.open(str(path)) as source:
        output = av.open("/dev/full", "w", format="avi")
        picture = source.streams.video[0]
        stream = output.add_stream_from_template(picture, opaque=True)
        beside = Companions(source, picture, output)
        with pytest.raises(OSError) as found:
            for packet in source.demux():
                if packet.stream is not picture:
                    beside.write(packet)  # this raises: the pictures alone would not fill the buffer
                elif packet.size:
                    packet.stream = stream
                    output.mux(packet)
        assert any("Companions" in entry.frame.f_locals.get("self").__class__.__name__ for entry in found.traceback)
        with pytest.raises(OSError):
            output.close()


def test_tags_that_mp4_has_no_place_for_are_kept_where_no_player_loses_by_it(tmp_path: Path) -> None:
    own = film(tmp_path / "own.mp4", tags={"camera": "No. 5"}, options={"movflags": "use_metadata_tags"})
    there, warnings = carried(own, ".mp4")
    assert (tags_of(there)["camera"], tags_of(there)["title"], warnings) == ("No. 5", "A film", [])
    foreign = film(tmp_path / "foreign.mkv", cover=True, tags={"camera": "No. 5"})
    there, warnings = carried(foreign, ".mp4")
    assert tags_of(there)["title"] == "A film" and covers_of(there) == [_png()]
    assert warnings == ["The tag 'CAMERA' is left out: mp4 holds none of that name; write .mkv to keep it."]


def test_an_output_begins_with_its_index_if_its_source_does(tmp_path: Path) -> None:
    for name, options in (("late.mp4", {}), ("early.mp4", {"movflags": "faststart"})):
        there, _ = carried(film(tmp_path / name, options=options), ".mp4")
        data = there.read_bytes()
        assert (data.index(b"moov") < data.index(b"mdat")) == bool(options)
