"""How faithful an output is to its input: every film of a folder, into every container, read back by ffprobe.

A corner of three frames in the middle is filled; everything else has to come out as it went in.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np

from .. import io
from ..errors import DipvideoError, SourceMissing
from ..pipeline import run
from ..planes import Patch
from ..progress import Progress, Tell
from ..tasks.inpaint import FillOptions, Inpaint
from .options import FaithfulOptions

CORNER = 16  # pixels of each side of the hole
CHANGED = 3  # frames that are filled
SPEED_FRAMES, SPEED_RUNS = 300, 3
EMPTY_TEXT = 2  # bytes of what mp4 writes between two texts
# What ffprobe says of a stream, a film and its chapters that must not change; per_frame is read from the first frame.
STREAM = ("codec_type", "codec_name", "width", "height", "pix_fmt", "sample_aspect_ratio", "color_range", "color_space",
          "color_transfer", "color_primaries", "chroma_location", "field_order", "sample_rate", "channel_layout")
SAME_AS_NOTHING = {"sample_aspect_ratio": "1:1", "color_range": "tv", "field_order": "progressive"}
DISPOSITIONS = ("default", "dub", "original", "comment", "forced", "hearing_impaired", "attached_pic")


@dataclass(frozen=True, slots=True)
class Passage:
    """One film into one container: each figure in words for a table, or the error that it ended in."""

    film: str
    container: str
    figures: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Faithful:
    """rows; speed: seconds (medians) of the bare loop, of the same through dipvideo's output, and of a whole run."""

    rows: tuple[Passage, ...]
    speed: dict[str, float]


def measure_faithful(folder: str, options: FaithfulOptions, *, tell: Tell = lambda progress: None) -> Faithful:
    """Pass every film of `folder` through. Raises SourceMissing without films, DipvideoError without ffprobe."""
    if not shutil.which("ffprobe"):
        raise DipvideoError("This benchmark reads films back with ffprobe, which is not here: install FFmpeg.")
    films = sorted(p for p in Path(folder).iterdir() if p.is_file() and _is_film(p)) if Path(folder).is_dir() else []
    if not films:
        raise SourceMissing(f"There is no film in {folder!r}: give a folder of videos.")
    jobs = [(film, kind) for film in films for kind in options.containers.split(",")
            if kind == "same" or f".{kind}" != film.suffix]
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for done, (film, kind) in enumerate(jobs):
            tell(Progress("passing through", done, len(jobs), unit="film", note=film.name))
            rows.append(_passage(film, film.suffix[1:] if kind == "same" else kind, Path(scratch)))
        speed = _speed(Path(scratch), tell) if options.speed else {}
    return Faithful(tuple(rows), speed)


def _is_film(path: Path) -> bool:
    try:
        return isinstance(io.open_source(path), io.VideoSource)
    except DipvideoError:
        return False


def _passage(film: Path, kind: str, scratch: Path) -> Passage:
    source = io.open_source(film)
    made, mask = scratch / f"{film.stem}.{kind}", scratch / "mask.mkv"
    middle = len(source.pts) // 2
    changed = range(middle, min(middle + CHANGED, len(source.pts)))
    with io.open_mask_writer(mask, source.info) as masks:
        hole = Patch(source.info.box, None, _corner(source.info))
        for index, pts in enumerate(source.pts):
            masks.write(hole if index in changed else None, int(pts), source.info.time_base)
    task = Inpaint(FillOptions(mask=str(mask), borrow=False, overwrite=True, partial=True, first_steps=2, steps=1,
                               network="taper:widths=8-16"))
    try:
        summary = run(task, film, made)
    except DipvideoError as error:
        return Passage(film.name, kind, {}, (str(error),))
    return Passage(film.name, kind, _figures(film, made, changed, summary.encoder), summary.warnings)


def _corner(info: Any) -> np.ndarray:
    hole = np.zeros((info.height, info.width), np.float32)
    hole[8:8 + CORNER, 8:8 + CORNER] = 1
    return hole


def _figures(film: Path, made: Path, changed: range, encoder: str) -> dict[str, str]:
    before, after = _frames(film), _frames(made)
    apart = max((abs(a - b) for (a, _), (b, _) in zip(before, after, strict=False)), default=Fraction(0))
    same = sum(a == b for (_, a), (_, b) in zip(before, after, strict=False))
    ours, theirs = _probe(film), _probe(made)
    figures = {"frames": f"{len(before)} → {len(after)}", "time stamps": _apart(apart), "bit for bit": f"{same}",
               "sound": _packets(film, made, "audio"), "subtitles": _packets(film, made, "subtitle")}
    figures["streams"] = _differences(ours["streams"], theirs["streams"])
    figures["HDR, rotation"] = _differences(ours["side"], theirs["side"])
    figures["chapters"] = _differences(ours["chapters"], theirs["chapters"])
    figures["tags"] = _differences(ours["tags"], theirs["tags"])
    return figures | {"encoder": encoder}


def _apart(seconds: Fraction) -> str:
    return "exact" if not seconds else f"≤ {float(seconds) * 1000:.2f} ms"


def _frames(path: Path) -> list[tuple[Fraction, str]]:
    """Time and digest of every frame, counted from the film's first."""
    with av.open(str(path), metadata_errors="replace") as container:
        stream = io.VideoSource(str(path)).picture(container)
        found = []
        for packet in io.packets_of(container, [stream]):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                digest = hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in _arrays(frame)))
                found.append(((frame.pts or 0) * stream.time_base, digest.hexdigest()))
    return found


def _arrays(frame: av.VideoFrame) -> Iterator[np.ndarray]:
    deep = frame.format.components[0].bits > 8
    for plane in frame.planes:
        yield np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, :plane.width * (1 + deep)]


def _packets(film: Path, made: Path, kind: str) -> str:
    one, other = (_payloads(path, kind) for path in (film, made))
    if not one:
        return "–"
    if len(one) != len(other):
        return f"{len(one)} → {len(other)} tracks"
    times = max((abs(a - b) for x, y in zip(one, other, strict=True) for (a, _), (b, _) in zip(x, y, strict=False)),
                default=Fraction(0))
    equal = [[d for _, d in x] for x in one] == [[d for _, d in y] for y in other]
    return f"{len(one)} {'identical' if equal else 'converted'}, {_apart(times)}"


def _payloads(path: Path, kind: str) -> list[list[tuple[Fraction, bytes]]]:
    with av.open(str(path), metadata_errors="replace") as container:
        streams = [s for s in container.streams if s.type == kind]
        found: dict[int, list] = defaultdict(list)
        for packet in io.packets_of(container, streams) if streams else ():
            if packet.size > (EMPTY_TEXT if kind == "subtitle" else 0) and packet.pts is not None:
                found[packet.stream_index].append((packet.pts * packet.time_base, bytes(packet)))
        return [found[s.index] for s in streams]


def _probe(path: Path) -> dict[str, Any]:
    """What ffprobe says, reduced to what has to stay."""
    asked = ["ffprobe", "-v", "quiet", "-of", "json", "-show_format", "-show_streams", "-show_chapters", str(path)]
    said = json.loads(subprocess.run(asked, capture_output=True, check=False).stdout or b"{}")
    streams = [s for s in said.get("streams", ()) if s.get("codec_name") != "bin_data"]  # a chapter track is remade
    tags = {k.lower(): v for k, v in said.get("format", {}).get("tags", {}).items()}
    for stream in streams:
        for name, value in stream.get("tags", {}).items():
            name = {"name": "title"}.get(name.lower(), name.lower())  # mp4 reads a track's title back as its name
            if name in ("language", "title", "timecode") and value != "und":
                tags[f"{stream['codec_type']} {name} {value}"] = value
    for of_the_container in ("timecode", "encoder", "major_brand", "minor_version", "compatible_brands"):
        tags.pop(of_the_container, None)
    return {
        "streams": sorted(str([(k, s.get(k, SAME_AS_NOTHING.get(k))) for k in STREAM]
                              + [s.get("disposition", {}).get(d) for d in DISPOSITIONS]) for s in streams),
        "side": sorted(str({k: _number(v) for k, v in d.items() if k != "displaymatrix"}) for s in streams
                       for d in s.get("side_data_list", ()) if "CPB" not in d.get("side_data_type", "")),
        "chapters": [(c["start_time"], c["end_time"], c.get("tags", {}).get("title"))
                     for c in said.get("chapters", ())],
        "tags": sorted(tags.items()),
    }


def _number(said: Any) -> Any:
    """A fraction to six digits: containers round HDR10's in their own ways."""
    try:
        return f"{float(Fraction(said)):.6g}"
    except (ValueError, TypeError, ZeroDivisionError):
        return said


def _differences(one: list, other: list) -> str:
    lost, gained = [x for x in one if x not in other], [x for x in other if x not in one]
    if not one and not other:
        return "–"
    return "equal" if not lost and not gained else f"{len(lost)} of {len(one)} differ" if lost else "more"


def _speed(scratch: Path, tell: Tell) -> dict[str, float]:
    """Seconds for a 1080p film decoded and encoded with the same settings, medians of runs that take turns."""
    film, empty = scratch / "speed.mp4", scratch / "empty.png"
    noise = np.random.default_rng(0).uniform(0, 255, (1080, 1920 + 2 * SPEED_FRAMES, 3)).astype(np.float32)
    wide = np.clip((cv2.GaussianBlur(noise, (0, 0), 4) - 127) * 6 + 100, 0, 255).astype(np.uint8)
    pictures = [np.ascontiguousarray(wide[:, 2 * i:2 * i + 1920]) for i in range(SPEED_FRAMES)]
    with av.open(str(film), "w") as output:
        stream = output.add_stream("libx264", rate=25, width=1920, height=1080, pix_fmt="yuv420p",
                                   options={"preset": "veryfast", "crf": "20"})
        for picture in pictures:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        output.mux(stream.encode(None))
    cv2.imwrite(str(empty), np.zeros((1080, 1920), np.uint8))
    seconds: dict[str, list[float]] = defaultdict(list)
    ways = {"bare loop": _bare, "passed through": _passed, "whole run": _whole}
    for turn in range(SPEED_RUNS):
        for place, (name, way) in enumerate(ways.items()):
            tell(Progress("timing", turn * len(ways) + place, SPEED_RUNS * len(ways), unit="run", note=name))
            began = time.perf_counter()
            way(film, scratch / "timed.mp4", empty)
            seconds[name].append(time.perf_counter() - began)
    return {name: median(values) for name, values in seconds.items()}


def _bare(film: Path, made: Path, empty: Path) -> None:
    """What anyone would write: decode, encode with the settings that dipvideo takes."""
    with av.open(str(film)) as container, av.open(str(made), "w") as output:
        stream = output.add_stream("libx264", rate=25, width=1920, height=1080, pix_fmt="yuv420p",
                                   options={"crf": "18", "preset": "medium"})
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            frame.pict_type = 0
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _passed(film: Path, made: Path, empty: Path) -> None:
    """The same through dipvideo's reader, segments, join and check."""
    source = io.open_source(film)
    with io.open_output(made, source, io.Wish(smart_render=False)) as output, output.part(0, len(source.pts)) as part:
        for frame in source.frames():
            part.write(frame)


def _whole(film: Path, made: Path, empty: Path) -> None:
    """A run with an empty mask, which also decodes once to plan."""
    run(Inpaint(FillOptions(mask=str(empty), smart_render=False, overwrite=True)), film, made)
