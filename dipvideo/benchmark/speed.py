"""How fast dipvideo is on this machine, beside the reference setting of the paper and the floor that I/O sets.

Every run is a process of its own, so that its time is a user's and its peak of memory its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np
import torch

from .. import engine, io
from ..errors import DipvideoError, OptionError
from ..machine import mine
from ..progress import Progress, Tell
from .clock import busy_seconds
from .options import SpeedOptions

FRAMES, TEXT = 120, (24, 88)  # of the film that is measured, and those with a caption
LONG = 8  # times that, for each core: the film that is looked through for captions, as a film would be
EACH = 2  # times that, which are one stretch, for each worker
PAPER = "skip:skip=128-128-128-128-128,upsample=nearest"  # for text; 6000 steps a picture
PAPER_STEPS, PAPER_HEIGHT, TIMED_STEPS = 6000, 360, 2


@dataclass(frozen=True, slots=True)
class Pace:
    """One preset at one height.

    frame_seconds: of a captioned frame, with several workers that of the run but for its plan, by their number; steps:
    of one; whole: frames a second in all; memory: the process's peak in bytes.
    """

    height: int
    preset: str
    frame_seconds: float
    steps: float
    whole: float
    memory: int


@dataclass(frozen=True, slots=True)
class Speed:
    """paces; analysis, floor: frames a second while looking for captions, and of decoding and encoding alone, by
    height; paper_step: seconds of one step of the paper's network on a full frame of PAPER_HEIGHT lines."""

    device: str
    workers: int
    draw: str
    paces: tuple[Pace, ...]
    analysis: dict[int, float]
    floor: dict[int, float]
    paper_step: float


def measure_speed(options: SpeedOptions, *, tell: Tell = lambda progress: None) -> Speed:
    """Measure each preset at each height; medians of `options.runs`."""
    try:
        heights = [int(height) for height in options.heights.split(",")]
    except ValueError as error:
        raise OptionError(f"Heights are lines of the picture, as in 360,720; got {options.heights!r}.") from error
    presets = options.presets.split(",")
    device = engine.choose_device(options.device)
    jobs = len(heights) * (len(presets) + 2) * options.runs + 1
    done, paces, analysis, floor = 0, [], {}, {}

    def advance(note: str) -> None:
        nonlocal done
        tell(Progress("timing", done, jobs, unit="run", note=note))
        done += 1

    with tempfile.TemporaryDirectory() as scratch:
        for height in heights:
            film = _film(Path(scratch) / f"{height}.mp4", height)
            times = []
            for _ in range(options.runs):
                advance(f"{height} lines, passed through")
                times.append(_pass(film, Path(scratch) / "passed.mp4"))
            floor[height] = FRAMES / median(times)
            times_over = max(LONG * mine(), EACH * options.workers)
            long, rates = _film(Path(scratch) / f"{height}-long.mp4", height, times_over), []
            for _ in range(options.runs):
                advance(f"{height} lines, looked through")
                summary = _summary(long, "--plan-only", "-o", str(long.with_suffix(".plan.json")))
                rates.append(summary["frames"] / summary["plan_seconds"])
            analysis[height] = median(rates)
            for preset in presets:
                found = []
                for _ in range(options.runs):
                    advance(f"{height} lines, {preset}")
                    found.append(_pace(film if options.workers == 1 else long, height, preset, options))
                paces.append(sorted(found, key=lambda pace: pace.frame_seconds)[len(found) // 2])
        advance("the paper's network")
        paper = paper_step(device, PAPER_HEIGHT, PAPER_HEIGHT * 16 // 9)
    return Speed(engine.describe(device), options.workers, options.draw, tuple(paces), analysis, floor, paper)


def _film(path: Path, height: int, times: int = 1) -> Path:
    """A slow pan with a caption, in H.264, so many times over."""
    width = height * 16 // 9 // 2 * 2
    noise = np.random.default_rng(0).uniform(0, 255, (height, width + FRAMES, 3)).astype(np.float32)
    wide = np.clip((cv2.GaussianBlur(noise, (0, 0), 3 * height / 360) - 127) * 5 * height / 360 + 100, 20, 170)
    letters = np.zeros((height, width), np.uint8)
    scale, thick = height / 400, max(round(height / 240), 1)
    text = "What no frame shows"
    (wide_text, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    place = ((width - wide_text) // 2, height - height // 12)
    cv2.putText(letters, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)
    dark = cv2.dilate(letters, np.ones((2 * thick + 1,) * 2, np.uint8))[..., None] / 255
    light = letters[..., None] / 255
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, width=width, height=height, pix_fmt="yuv420p",
                                   options={"preset": "veryfast", "crf": "20"})
        for index in [*range(FRAMES)] * times:
            picture = wide[:, index:index + width]
            if TEXT[0] <= index < TEXT[1]:
                picture = picture * (1 - dark) * (1 - light) + 250 * light
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture.astype(np.uint8)), "rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _pass(film: Path, target: Path) -> float:
    began = time.perf_counter()
    source = io.open_source(film)
    with io.open_output(target, source, io.Wish(smart_render=False)) as output, output.part(0, FRAMES) as part:
        for frame in source.frames():
            part.write(frame)
    return time.perf_counter() - began


def _pace(film: Path, height: int, preset: str, options: SpeedOptions) -> Pace:
    summary = _summary(film, "--preset", preset, "--device", options.device, "--workers", str(options.workers),
                       "--draw", options.draw, "--no-smart-render")
    touched = max(summary["touched"], 1)
    spent = summary["restore_seconds"] if options.workers == 1 else summary["seconds"] - summary["plan_seconds"]
    return Pace(height, preset, spent / touched, summary["steps"] / touched,
                summary["frames"] / summary["seconds"], summary["memory"])


def _summary(film: Path, *arguments: str) -> dict[str, Any]:
    """What a run on `film` says of itself."""
    said = film.with_suffix(".json")
    ran = subprocess.run([sys.executable, "-m", "dipvideo", "remove-subtitles", str(film), *arguments, "--overwrite",
                          "--json", str(said), "-q"], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise DipvideoError(f"The run of {film.stem} lines with {' '.join(arguments)} failed: {ran.stderr.strip()}")
    return json.loads(said.read_text())


@dataclass(frozen=True, slots=True)
class _Whole:
    """A picture that is known everywhere."""

    picture: torch.Tensor

    def codes(self) -> None:
        return None

    def loss(self, estimate: dict[str, torch.Tensor]) -> torch.Tensor:
        return ((estimate["picture"] - self.picture) ** 2).mean()


def paper_prior(device: torch.device, outputs: dict[str, tuple[int, int, int]], seed: int = 0) -> engine.Prior:
    """The paper's setting for text, in its own arithmetic, from random features."""
    return engine.Prior(outputs, network=PAPER, seed=seed, device=device, precision=torch.float32, learning_rate=0.01,
                        input_noise=0.03, flat=False)


def paper_step(device: torch.device, height: int, width: int) -> float:
    """Seconds of one step of the paper's setting on a full frame, cut to what its five scales halve evenly."""
    height, width = height // 32 * 32, width // 32 * 32
    prior, target = paper_prior(device, {"picture": (3, height, width)}), torch.rand(3, height, width, device=device)
    times = []
    for _ in range(TIMED_STEPS + 1):  # the first one is slower: memory is found for all that follow
        began = busy_seconds(device)
        prior.step(_Whole(target))
        times.append(busy_seconds(device) - began)
    return min(times[1:])
