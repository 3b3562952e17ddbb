"""Small seeded clips, made with real encoders, and one thread so that tests are steady."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import torch

from dipvideo.executors.cluster import ALONE
from dipvideo.machine import sharing

WIDTH, HEIGHT, RATE = 160, 96, 25
ALONE_HERE = ExitStack()
ORDINARY = (os.sched_getscheduler(0), os.sched_getparam(0)) if hasattr(os, "sched_getscheduler") else None


def pytest_configure() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    ALONE_HERE.enter_context(sharing(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it runs in the background ignore it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not torch.cuda.is_available():
        for item in items:
            if "needs_cuda" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="no CUDA device here"))


@pytest.fixture(autouse=True)
def no_more_important_than_before() -> Iterator[None]:
    """Tests open encoders by themselves, too: opened by root, SVT-AV1 would leave all that follow in real time."""
    yield
    if ORDINARY and os.sched_getscheduler(0) != ORDINARY[0]:
        os.sched_setscheduler(0, *ORDINARY)


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(H, W, 3) uint8 RGB: blurred noise, as rich as a meadow and easy to encode."""
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.clip((soft - 127) * 5 + 100, 20, 170).astype(np.uint8)


def panned(frames: int, *, speed: int = 1, seed: int = 0, size: tuple[int, int] = (HEIGHT, WIDTH)) -> list[np.ndarray]:
    """A camera that pans over a texture."""
    wide = texture(size[0], size[1] + speed * frames, seed)
    return [wide[:, i * speed:i * speed + size[1]].copy() for i in range(frames)]


def captioned(pictures: list[np.ndarray], start: int, stop: int,
              text: str = "Hello there") -> tuple[list[np.ndarray], np.ndarray]:
    """Pictures with white, black-edged text in frames [start, stop), and the (H, W) bool pixels it touches."""
    height, width = pictures[0].shape[:2]
    scale = width / 220
    (w, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    letters = np.zeros((height, width), np.uint8)
    cv2.putText(letters, text, ((width - w) // 2, height - 14), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    ink = cv2.dilate(letters, np.ones((5, 5), np.uint8))
    light, dark = letters[..., None] / 255, ink[..., None] / 255
    burned = [p.copy() for p in pictures]
    for picture in burned[start:stop]:
        picture[:] = np.rint(picture * (1 - dark) * (1 - light) + 250 * light)
    return burned, ink > 0


def write_video(path: Path, pictures: list[np.ndarray], *, codec: str = "libx264", pix_fmt: str = "yuv420p",
                pts: list[int] | None = None, sound: bool = False, options: dict[str, str] | None = None,
                base: Fraction = Fraction(1, 1000)) -> Path:
    """A video of RGB pictures; `pts` in `base` for variable rates; `sound` adds a tone."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=RATE)
        context = stream.codec_context
        context.height, context.width = pictures[0].shape[:2]
        context.pix_fmt, context.options = pix_fmt, options or ({"crf": "12", "g": "12"} if "264" in codec else {})
        context.time_base = stream.time_base = base
        context.flags |= av.codec.context.Flags.frame_duration
        tone = output.add_stream("aac", rate=44100, layout="mono") if sound else None
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = pts[index] if pts else index * base.denominator // RATE, base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if tone:
            count = 44100 * len(pictures) // RATE + 44100  # sound often outlasts the picture
            wave = np.sin(np.arange(count) * 0.06).astype(np.float32)[None] * 0.3
            for at in range(0, count, 1024):
                samples = av.AudioFrame.from_ndarray(wave[:, at:at + 1024].copy(), "fltp", "mono")
                samples.rate, samples.pts, samples.time_base = 44100, at, Fraction(1, 44100)
                output.mux(tone.encode(samples))
            output.mux(tone.encode(None))
    return path


def decoded(path: Path) -> list[tuple[int, tuple[bytes, ...]]]:
    """(pts in ms, the bytes of each plane) of every frame, read with PyAV alone."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [(round(f.pts * stream.time_base * 1000), tuple(_bytes(p, deep(f)) for p in f.planes))
                for f in container.decode(stream)]


def deep(frame: av.VideoFrame) -> bool:
    return frame.format.components[0].bits > 8


def _bytes(plane: av.video.plane.VideoPlane, deep: bool) -> bytes:
    step, data = plane.line_size, bytes(plane)
    return b"".join(data[row * step:row * step + plane.width * (1 + deep)] for row in range(plane.height))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Twenty-four panned frames with a tone, without text."""
    return write_video(tmp_path / "clip.mp4", panned(24), sound=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A Ray cluster on 127.0.0.1, with an address; nodes may be added and removed. Skips where Ray is not installed."""
    if not importlib.util.find_spec("ray"):
        pytest.skip("Ray is not installed: pip install 'dipvideo[ray]'")
    here = Path(__file__).parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")]))
        for name, value in ALONE.items():  # loopback only, nothing told to anyone
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        quick = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 4}
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 3, "_system_config": quick,
                                                             "object_store_memory": 100 * 2**20})
        yield made
        made.shutdown()
