"""Whether a run that is killed again and again gives the film that a run gives that is left alone."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from ..errors import DipvideoError
from ..job import folder_of
from ..jobs import state_of
from ..progress import Progress, Tell
from .options import SurvivalOptions

SHOTS, SHOT_FRAMES, HEIGHT, WIDTH = 6, 132, 96, 160  # of the film: a shot is a stretch of three chunks
# Little work for each frame, since it is done some forty times, but work of every kind.
WAY = ["--network", "taper:widths=8", "--first-steps", "4", "--steps", "1", "--draw", "always", "--no-borrow",
       "--no-smart-render", "--device", "cpu", "--executor", "processes", "-q"]


@dataclass(frozen=True, slots=True)
class Kill:
    """seconds: after which the run was killed; done: stretches that were finished then, of total; same: whether the
    next run gave the very bytes; again: stretches that were under way and had to be begun anew."""

    seconds: float
    done: int
    total: int
    again: int
    same: bool


@dataclass(frozen=True, slots=True)
class Survival:
    """whole: seconds of a run that is left alone; left_over: files that nobody should find."""

    whole: float
    kills: tuple[Kill, ...]
    left_over: tuple[str, ...]


def measure_survival(options: SurvivalOptions, *, tell: Tell = lambda progress: None) -> Survival:
    """Kill runs at moments drawn by lot, each with all its workers, and have the next run go on."""
    draw, kills, left = random.Random(options.seed), [], []
    with tempfile.TemporaryDirectory() as scratch:
        clip, target = write_film(Path(scratch), SHOTS, SHOT_FRAMES), Path(scratch) / "restored.mp4"
        before = {target, *Path(scratch).iterdir()}
        began = time.perf_counter()
        _finish(_begun(clip, target, options.workers))
        whole, expected = time.perf_counter() - began, _told(target)
        for place in range(options.kills):
            tell(Progress("killing", place, options.kills, unit="run"))
            moment = draw.uniform(0.1, 0.95) * whole
            while target.exists():  # or it was faster than the one that was left alone
                target.unlink()
                running = _begun(clip, target, options.workers)
                try:
                    running.wait(moment)
                    moment *= 0.8
                except subprocess.TimeoutExpired:
                    running.kill()
                running.communicate()
            folder = folder_of(target)
            state = state_of(folder)
            under_way = len(list(folder.glob("stretches/.*")))
            _finish(_begun(clip, target, options.workers))
            kills.append(Kill(moment, state.done if state else 0, state.total if state else 0, under_way,
                              _told(target) == expected))
            left += [path.name for path in Path(scratch).iterdir() if path not in before]
    return Survival(whole, tuple(kills), tuple(left))


def write_film(folder: Path, shots: int, frames: int) -> Path:
    """A film of shots of so many frames, soft noise that moves, and beside it mask.png, whose one hole is filled in
    every frame."""
    with av.open(str(folder / "film.mp4"), "w") as output:
        stream = output.add_stream("libx264", rate=25, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p",
                                   options={"preset": "ultrafast"})
        for shot in range(shots):
            coarse = np.random.default_rng(shot).integers(20, 230, (HEIGHT // 8, 2 * WIDTH // 8, 3), np.uint8)
            wide = cv2.resize(coarse, (2 * WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
            for left in range(frames):
                picture = np.ascontiguousarray(wide[:, left:left + WIDTH])
                output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        output.mux(stream.encode(None))
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[40:52, 60:100] = 255
    cv2.imwrite(str(folder / "mask.png"), mask)
    return folder / "film.mp4"


def _begun(clip: Path, target: Path, workers: int) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "dipvideo", "inpaint", clip, "--mask", clip.with_name("mask.png"),
                             "-o", target, "--workers", str(workers), *WAY],
                            stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


def _finish(running: subprocess.Popen) -> None:
    said = running.communicate()[1]
    if running.returncode:
        raise DipvideoError(f"A run that nobody killed failed: {said.strip()}")


def _told(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
