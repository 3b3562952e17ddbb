"""Copied and re-encoded packets in one stream: both decode to what they were, in order, and after every seek."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from dipvideo.io.splicing import CannotSplice, clean_cut, h264, open_splice, refused

WIDTH, HEIGHT, FRAMES, GOP, RATE = 96, 64, 48, 12, 25
X264 = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:open-gop=0"
X265 = f"{X264}:log-level=error"
QUALITY = {
    "libx264": {"crf": "20", "preset": "veryfast"},
    "libx265": {"crf": "24", "preset": "ultrafast", "x265-params": "log-level=error"},
    "libvpx": {"b": "1M", "deadline": "realtime"},
    "libvpx-vp9": {"crf": "30", "b": "0", "deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"crf": "40", "preset": "10"},
}
SOURCES = {
    "baseline": ("libx264", "yuv420p", {"profile": "baseline", "x264-params": X264}),
    "main": ("libx264", "yuv420p", {"profile": "main", "x264-params": f"{X264}:bframes=1:b-pyramid=none"}),
    "high": ("libx264", "yuv420p", {"x264-params": f"{X264}:bframes=3:b-pyramid=normal:ref=5:level=4.0"}),
    "high10": ("libx264", "yuv420p10le", {"x264-params": X264}),
    "4:2:2": ("libx264", "yuv422p10le", {"x264-params": X264}),
    "4:4:4": ("libx264", "yuv444p", {"x264-params": X264}),
    "interlaced": ("libx264", "yuv420p", {"x264-params": f"{X264}:tff=1", "flags": "+ildct+ilme"}),
    "sets in band": ("libx264", "yuv420p", {"x264-params": f"{X264}:sps-id=3:aud=1:repeat-headers=1"}),
    "all intra": ("libx264", "yuv420p10le", {"x264-params": "keyint=1"}),
    "open": ("libx264", "yuv420p", {"x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:open-gop=1:bframes=3"}),
    "hevc": ("libx265", "yuv420p", {"preset": "veryfast", "x265-params": f"{X265}:ctu=16:bframes=3:ref=4"}),
    "hevc10": ("libx265", "yuv420p10le", {"preset": "veryfast", "x265-params": f"{X265}:bframes=0"}),
    "vp8": ("libvpx", "yuv420p", {"g": str(GOP), "b": "300k", "cpu-used": "4", "auto-alt-ref": "0"}),
    "vp9": ("libvpx-vp9", "yuv420p", {"g": str(GOP), "crf": "30", "b": "0", "cpu-used": "8", "auto-alt-ref": "1",
                                      "lag-in-frames": "10"}),
    "av1": ("libsvtav1", "yuv420p", {"g": str(GOP), "crf": "35", "preset": "10"}),
    "av1 grain": ("libsvtav1", "yuv420p", {"g": str(GOP), "crf": "35", "preset": "10",
                                           "svtav1-params": "film-grain=10"}),
    "prores": ("prores_ks", "yuv422p10le", {"profile": "1"}),
    "mjpeg": ("mjpeg", "yuvj420p", {"qmin": "2", "qmax": "5"}),
}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVT_LOG", "1")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory):
    """A clip by the name of its kind and its suffix, made once."""
    folder, made = tmp_path_factory.mktemp("films"), {}

    def get(kind: str, suffix: str) -> Path:
        if (kind, suffix) not in made:
            path = made[kind, suffix] = folder / f"{len(made)}{suffix}"
            codec, pix_fmt, options = SOURCES[kind]
            preset = {"preset": "veryfast"} if codec == "libx264" else {}
            frames = [av.VideoFrame.from_ndarray(p, "rgb24").reformat(format=pix_fmt) for p in pictures()]
            for number, frame in enumerate(frames):
                frame.pts, frame.time_base = number, Fraction(1, RATE)
            write(path, codec, pix_fmt, preset | options, frames, Fraction(1, RATE))
        return made[kind, suffix]

    return get


def pictures() -> list[np.ndarray]:
    noise = np.random.default_rng(0).uniform(0, 255, (HEIGHT, WIDTH + 3 * FRAMES, 3)).astype(np.float32)
    wide = np.clip((cv2.GaussianBlur(noise, (0, 0), 3) - 127) * 6 + 120, 0, 255).astype(np.uint8)
    return [wide[:, 3 * i:3 * i + WIDTH].copy() for i in range(FRAMES)]


def write(path: Path, codec: str, pix_fmt: str, options: dict[str, str], frames: list[av.VideoFrame],
          time_base: Fraction, form: str | None = None) -> None:
    with av.open(str(path), "w", format=form, options={"avoid_negative_ts": "disabled"}) as output:
        stream = output.add_stream(codec, rate=RATE)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = frames[0].width, frames[0].height, pix_fmt
        context.time_base = stream.time_base = time_base
        context.options, context.thread_count = dict(options), 1
        context.color_range = frames[0].color_range
        for frame in frames:
            frame.pict_type = 0
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def samples(frame: av.VideoFrame) -> bytes:
    depth = 2 if "10le" in frame.format.name else 1
    return b"".join(np.frombuffer(p, np.uint8).reshape(p.height, p.line_size)[:, :p.width * depth].tobytes()
                    for p in frame.planes)


def decoded(path: Path) -> dict[Fraction, bytes]:
    with av.open(str(path)) as container:
        return {f.pts * f.time_base: samples(f) for f in container.decode(video=0)}


def places_late(pts: list[int]) -> int:
    ranks = {p: i for i, p in enumerate(sorted(pts))}
    return max(place - ranks[p] for place, p in enumerate(pts))


@dataclass
class Joined:
    """A file whose every second GOP was encoded anew, and the samples that each of its frames should have."""

    path: Path
    expected: dict[Fraction, bytes]
    cuts: list[int]


def join(source: Path, target: Path) -> Joined:
    with av.open(str(source)) as container, av.open(str(target), "w",
                                                    options={"avoid_negative_ts": "disabled"}) as output:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.size]
        base, codec = stream.time_base, stream.codec.canonical_name
        pts = [p.pts for p in packets]
        cuts = [i for i, p in enumerate(packets) if p.is_keyframe and min(pts[i:]) == pts[i] > max(pts[:i], default=-1)
                and clean_cut(codec, bytes(p), stream.codec_context.extradata)]
        splice = open_splice(stream, output.format.name, (bytes(p) for p in packets if p.is_keyframe), places_late(pts))
        expected, pieces, headers = decoded(source), [], []
        for number, (start, stop) in enumerate(zip(cuts, [*cuts[1:], len(packets)], strict=True)):
            if number % 2 == 0:
                pieces += [(p, splice.copied(bytes(p), p.is_keyframe)) for p in packets[start:stop]]
                continue
            part = source.with_name(f"part{start}")
            encode(source, {p * base for p in pts[start:stop]}, splice, part, base)
            expected |= {round(t / base) * base: s for t, s in decoded(part).items()}
            with av.open(str(part)) as made:
                found = [p for p in made.demux(made.streams.video[0]) if p.size]
                headers.append(splice.extradata(made.streams.video[0].codec_context.extradata))
                for packet in found:
                    packet.pts, packet.time_base = round(packet.pts * packet.time_base / base), base
                pieces += [(p, splice.encoded(bytes(p), p.is_keyframe)) for p in found]
        assert len(set(headers)) == 1
        copy = output.add_stream_from_template(stream, opaque=True)
        copy.codec_context.extradata, copy.time_base = headers[0] or None, base
        times = [p.pts for p, _ in pieces]
        shown, late = sorted(times), places_late(times)
        step = shown[1] - shown[0]
        for place, (packet, payload) in enumerate(pieces):
            made = av.Packet(payload)
            made.pts, made.time_base, made.stream, made.duration = packet.pts, base, copy, step
            made.is_keyframe = packet.is_keyframe
            made.dts = shown[place - late] if place >= late else shown[0] - (late - place) * step
            output.mux(made)
    return Joined(target, expected, cuts)


def encode(source: Path, times: set[Fraction], splice, part: Path, base: Fraction) -> None:
    frames = []
    with av.open(str(source)) as container:
        for frame in container.decode(video=0):
            if frame.pts * frame.time_base in times:
                frame.make_writable()
                plane = frame.planes[0]
                np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[20:40] //= 2  # other content
                frames.append(frame)
    pix_fmt = frames[0].format.name if splice.encoder == "mjpeg" else frames[0].format.name.replace("yuvj", "yuv")
    options = splice.options_over(QUALITY.get(splice.encoder, {}))
    write(part, splice.encoder, pix_fmt, options, frames, base, "mov" if splice.encoder == "prores_ks" else "nut")


def shift(joined: Joined, times: list[Fraction]) -> Fraction:
    """Transport streams have a time of their own."""
    return min(times) - min(joined.expected) if joined.path.suffix == ".ts" else Fraction(0)


CASES = [*((kind, suffix, suffix) for kind in ("baseline", "main", "high", "high10", "interlaced", "sets in band")
           for suffix in (".mp4", ".mkv", ".ts")),
         ("4:2:2", ".mov", ".mov"), ("4:4:4", ".mp4", ".mp4"), ("all intra", ".mov", ".mov"),
         ("high", ".mp4", ".ts"), ("high", ".ts", ".mp4"), ("high", ".ts", ".mkv"), ("sets in band", ".mp4", ".ts"),
         ("hevc", ".mkv", ".mkv"), ("hevc", ".ts", ".ts"), ("hevc10", ".ts", ".mkv"), ("hevc10", ".mkv", ".ts"),
         ("vp8", ".webm", ".webm"), ("vp9", ".webm", ".webm"), ("vp9", ".webm", ".mp4"),
         ("av1", ".mkv", ".mkv"), ("av1", ".mp4", ".mp4"), ("prores", ".mov", ".mov"), ("mjpeg", ".mov", ".mkv")]


@pytest.mark.parametrize(("kind", "suffix", "to"), CASES)
def test_every_frame_is_the_source_s_or_the_encoder_s_also_after_seeks(film, tmp_path, kind, suffix, to) -> None:
    joined = join(film(kind, suffix), tmp_path / f"joined{to}")
    assert len(joined.cuts) >= 4
    found = decoded(joined.path)
    late = shift(joined, list(found))
    assert len(found) == len(joined.expected)
    expected = {}
    for (time, got), (wanted, should) in zip(sorted(found.items()), sorted(joined.expected.items()), strict=True):
        assert abs(time - late - wanted) <= Fraction(1, 1000)  # Matroska's clock
        assert got == should, f"frame at {wanted}"
        expected[time] = should
    times = sorted(expected)
    # One decoder for all seeks: what it knew of the other side's headers must not matter.
    with av.open(str(joined.path)) as container:
        stream = container.streams.video[0]
        places = [p + q for p in range(0, FRAMES, GOP) for q in (0, 5)]
        random.Random(0).shuffle(places)
        for place in places:
            container.seek(int(times[place] / stream.time_base), stream=stream, backward=True)
            for frame in container.decode(stream):
                time = frame.pts * frame.time_base
                assert samples(frame) == expected[time], f"frame at {time} after a seek to {times[place]}"
                if time >= times[place]:
                    assert time == times[place] or to == ".ts"  # there, a seek may land late
                    break


def test_open_gops_are_no_clean_cuts(film) -> None:
    with av.open(str(film("open", ".mp4"))) as container:
        stream = container.streams.video[0]
        keys = [bytes(p) for p in container.demux(stream) if p.is_keyframe]
        clean = [clean_cut("h264", key, stream.codec_context.extradata) for key in keys]
    assert len(clean) == FRAMES // GOP
    assert clean[0] and not any(clean[1:])


@pytest.mark.parametrize(("kind", "suffix"), [("high", ".mp4"), ("high", ".ts"), ("hevc", ".mkv"), ("hevc", ".ts"),
                                              ("vp8", ".webm"), ("vp9", ".webm"), ("av1", ".mp4")])
def test_no_packet_but_a_key_frame_s_is_a_clean_cut(film, kind: str, suffix: str) -> None:
    with av.open(str(film(kind, suffix))) as container:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            if packet.size:
                clean = clean_cut(stream.codec.canonical_name, bytes(packet), stream.codec_context.extradata)
                assert clean == packet.is_keyframe


def test_copied_h264_packets_are_not_touched(film) -> None:
    with av.open(str(film("high", ".mp4"))) as container:
        stream = container.streams.video[0]
        packets = [(bytes(p), p.is_keyframe) for p in container.demux(stream) if p.size]
        splice = open_splice(stream, "mp4", (p for p, key in packets if key), 2)
    assert all(splice.copied(packet, key) == packet for packet, key in packets)


def test_the_new_sets_ask_no_more_of_a_player_than_the_source_s(film, tmp_path) -> None:
    for kind in ("baseline", "main", "high", "high10"):
        source = film(kind, ".mp4")
        with av.open(str(join(source, tmp_path / "joined.mp4").path)) as container:
            record = h264.Record.read(container.streams.video[0].codec_context.extradata)
        with av.open(str(source)) as container:
            own = container.streams.video[0].codec_context.extradata
            merged = h264.Record.read(own).joined((), ())
        assert merged == own
        assert record.sps[:1] == h264.Record.read(own).sps and record.head == own[:4]
        assert own.endswith(record.tail) and len(record.tail) == (4 if kind.startswith("high") else 0)
        theirs, mine = (h264.read_sps(s) for s in record.sps)
        assert mine.id != theirs.id and h264.form(mine) == h264.form(theirs)
        assert mine.profile <= theirs.profile and mine.level == theirs.level and mine.refs <= max(theirs.refs, 4)


@pytest.mark.parametrize(("kind", "suffix", "container", "why"), [
    ("hevc", ".mkv", "mp4", "hev1"), ("prores", ".mov", "matroska", "Matroska"), ("high", ".mp4", "avi", "not proven")])
def test_what_is_not_proven_is_refused_in_words(film, kind: str, suffix: str, container: str, why: str) -> None:
    with av.open(str(film(kind, suffix))) as opened:
        stream = opened.streams.video[0]
        assert why in refused(stream, container)
        with pytest.raises(CannotSplice, match=why):
            open_splice(stream, container, (), 0)


def test_another_sequence_header_is_refused_for_av1(film, tmp_path) -> None:
    with pytest.raises(CannotSplice, match="sequence header"):
        join(film("av1 grain", ".mkv"), tmp_path / "joined.mkv")


def first_key(path: Path) -> tuple[SimpleNamespace, bytes]:
    """A stand-in for the stream, whose header a test may spoil, and the first packet."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = SimpleNamespace(extradata=stream.codec_context.extradata, pix_fmt=stream.codec_context.pix_fmt,
                                  codec_tag=stream.codec_context.codec_tag)
        packet = bytes(next(container.demux(stream)))
        return SimpleNamespace(codec=SimpleNamespace(canonical_name=stream.codec.canonical_name),
                               codec_context=context), packet


def test_encoded_packets_take_the_length_size_of_the_source_s(film) -> None:
    stream, packet = first_key(film("high", ".mp4"))
    units = h264.units(packet, 4)
    own = stream.codec_context.extradata
    stream.codec_context.extradata = own[:4] + bytes([own[4] & 0xFC | 1]) + own[5:]  # lengths of two bytes
    short = h264.packed(units, 2)
    assert clean_cut("h264", short, stream.codec_context.extradata)
    assert not clean_cut("h264", short[:-1], stream.codec_context.extradata)
    splice = open_splice(stream, "mp4", [short], 2)
    assert splice.encoded(h264.packed(units, 0), True) == short
    with pytest.raises(CannotSplice, match="does not fit"):
        splice.encoded(h264.packed([units[-1] + b"\xff" * 65536], 0), True)


def test_in_a_transport_stream_every_key_frame_brings_its_own_side_s_sets(film, tmp_path) -> None:
    stream, packet = first_key(film("high", ".mp4"))
    splice = open_splice(stream, "mpegts", [packet], 2)
    record = h264.Record.read(stream.codec_context.extradata)
    assert h264.units(splice.copied(packet, True), 0)[:2] == [*record.sps, *record.pps]
    encode(film("high", ".mp4"), {Fraction(n, RATE) for n in range(3)}, splice, tmp_path / "part", Fraction(1, RATE))
    with av.open(str(tmp_path / "part")) as part:
        foreign = part.streams.video[0].codec_context.extradata
        made = bytes(next(part.demux(video=0)))
    both = splice.extradata(foreign)
    sets = [u for u in h264.units(foreign, 0) if h264.kind(u) in (h264.SPS, h264.PPS)]
    assert h264.units(splice.encoded(made, True), 0)[:2] == sets
    assert h264.units(both, 0) == [*record.sps, *record.pps, *sets]


def test_options_that_are_lists_are_joined(film) -> None:
    stream, packet = first_key(film("high", ".mp4"))
    options = open_splice(stream, "mp4", [packet], 2).options_over({"crf": "18", "bf": "2", "x264-params": "aq-mode=2"})
    assert options["crf"] == "18" and options["x264-params"].startswith("aq-mode=2:sps-id=1:")


def test_a_hidden_key_frame_is_no_clean_cut() -> None:
    sequence, shown, hidden = b"\x0a\x01\x00", b"\x32\x01\x10", b"\x32\x01\x00"
    assert clean_cut("av1", sequence + shown, None)
    assert not clean_cut("av1", sequence + hidden, None)
    assert not clean_cut("av1", shown, None)


def test_streams_that_decoders_read_by_who_made_them_are_refused(film) -> None:
    stream, packet = first_key(film("4:4:4", ".mp4"))
    build = int(packet.split(b"x264 - core ")[1].split()[0])
    assert build >= 151
    with pytest.raises(CannotSplice, match="x264"):
        open_splice(stream, "mp4", [packet.replace(b"core %d" % build, b"core 142")], 2)


def test_sets_that_change_on_the_way_are_refused(film) -> None:
    stream, packet = first_key(film("sets in band", ".ts"))
    units = h264.units(packet, 0)
    other = [u[:-1] + bytes([u[-1] ^ 0x80]) if h264.kind(u) == h264.PPS else u for u in units]
    open_splice(stream, "mpegts", [packet], 2)
    with pytest.raises(CannotSplice, match="change on the way"):
        open_splice(stream, "mpegts", [packet, h264.packed(other, 0)], 2)


def test_fields_coded_apart_are_refused(film) -> None:
    stream, packet = first_key(film("interlaced", ".mp4"))
    units = h264.units(packet, 4)
    place, idr = next((i, u) for i, u in enumerate(units) if h264.kind(u) == h264.IDR)
    sps = h264.read_sps(h264.Record.read(stream.codec_context.extradata).sps[0])
    assert not sps.progressive and not h264.is_field(idr, sps)
    head = f"{int.from_bytes(idr[1:9], 'big'):064b}"
    flag = next(n for n in range(64) if h264.is_field(idr[:1] + flipped(head, n), sps)
                and h264.slice_pps(idr[:1] + flipped(head, n)) == h264.slice_pps(idr))
    units[place] = idr[:1] + flipped(head, flag) + idr[9:]
    open_splice(stream, "mp4", [packet], 2)
    with pytest.raises(CannotSplice, match="fields"):
        open_splice(stream, "mp4", [h264.packed(units, 4)], 2)


def flipped(bits: str, place: int) -> bytes:
    return int(bits[:place] + str(1 - int(bits[place])) + bits[place + 1:], 2).to_bytes(8, "big")


def test_encoded_runs_with_unlike_sets_are_refused(film) -> None:
    stream, packet = first_key(film("high", ".mp4"))
    record = h264.Record.read(stream.codec_context.extradata)
    splice = open_splice(stream, "mp4", [packet], 2)
    with pytest.raises(CannotSplice, match="number"):  # the source's own, under the number that is taken
        splice.extradata(h264.packed([*record.sps, *record.pps], 0))


@pytest.mark.parametrize(("kind", "suffix", "container"), [
    ("sets in band", ".mp4", "mp4"), ("sets in band", ".ts", "mpegts"), ("hevc", ".mkv", "matroska"),
    ("hevc", ".ts", "mpegts"), ("av1", ".mkv", "matroska"), ("vp9", ".webm", "webm"), ("prores", ".mov", "mov")])
def test_spoiled_bytes_are_refused_and_nothing_else_is_raised(film, kind: str, suffix: str, container: str) -> None:
    stream, packet = first_key(film(kind, suffix))
    codec, extradata = stream.codec.canonical_name, stream.codec_context.extradata or b""
    chance = random.Random(0)

    def spoiled(data: bytes) -> bytes:
        data = bytearray(data[:chance.randrange(len(data) + 1)] if chance.random() < 0.5 else data)
        for _ in range(chance.randrange(6)):
            if data:
                data[chance.randrange(min(len(data), 60))] = chance.choice((0, 1, 3, 128, 255, chance.randrange(256)))
        return bytes(data)

    refusals = 0
    for _ in range(400):
        stream.codec_context.extradata = spoiled(extradata) if chance.random() < 0.6 else extradata
        broken = spoiled(packet)
        assert clean_cut(codec, broken, stream.codec_context.extradata) in (True, False)
        try:
            splice = open_splice(stream, container, [broken], 2)
            splice.copied(broken, True)
            splice.extradata(spoiled(extradata))
            splice.encoded(broken, True)
        except CannotSplice as refusal:
            refusals += 1
            assert 0 < len(str(refusal)) < 90
    assert refusals or codec in ("vp9", "prores")
