"""The values that flow through the house: frames, what is known of their video, shots, captions."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from .geometry import Box
from .planes import Planes

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a video before its frames are read.

    rate: frames a second, nominal (the time stamps are the truth).
    frames_promised: how many frames the file says it holds, or None where it does not say.
    codec, container: as FFmpeg names them ("h264"; "mov,mp4,m4a,3gp,3g2,mj2"); empty for pictures.
    start: when its earliest stream begins, in seconds: what players show as 0.
    """

    path: str
    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    frames_promised: int | None = None
    codec: str = ""
    container: str = ""
    start: float = 0.0

    @property
    def box(self) -> Box:
        """The whole picture."""
        return Box(0, 0, self.height, self.width)


@dataclass(slots=True)
class Frame:
    """One picture of a video.

    index: its place in presentation order, from 0.
    pts: presentation time stamp in units of time_base.
    planes: the source's own samples. They may be views into the decoder's memory: good until the next frame is
        asked for; copy what must live longer.
    native: what the reader decoded (a PyAV frame, a path), for the writer to put back; other rooms leave it alone.
    """

    index: int
    pts: int
    time_base: Fraction
    planes: Planes
    native: Any = None

    @property
    def pts_seconds(self) -> float:
        return float(self.pts * self.time_base)

    @property
    def image(self) -> torch.Tensor:
        """The picture as a (3, H, W) float32 RGB tensor in [0, 1], made anew at each call."""
        import torch  # only who asks for a tensor pays for torch

        return torch.from_numpy(np.ascontiguousarray(np.moveaxis(self.planes.rgb(), -1, 0)))


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames [start, stop) between two cuts."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Event:
    """One caption: it is on screen in frames [start, stop), fades included; made by `Event.of`.

    box: where its hole lies in the picture.
    text: what it says, its lines from top to bottom; empty where it was not read.

    What it covers is kept packed, in a thirtieth of its room: a film has thousands, and every worker knows all of them.
    """

    start: int
    stop: int
    box: Box
    text: str
    _packed: bytes

    @classmethod
    def of(cls, start: int, stop: int, box: Box, hole: np.ndarray, text: str = "",
           marked: np.ndarray | None = None) -> Event:
        """hole, marked: as below; by default all of the hole is marked."""
        bits = np.packbits(np.stack((hole, hole if marked is None else marked)))
        return cls(start, stop, box, text, zlib.compress(bits))

    @property
    def hole(self) -> np.ndarray:
        """(box.height, box.width) bool, the pixels to fill: letters, outline, shadow and compression halo."""
        return self._unpacked()[0]

    @property
    def marked(self) -> np.ndarray:
        """What of the hole is text, without the halo around it."""
        return self._unpacked()[1]

    def _unpacked(self) -> np.ndarray:
        shape = (2, self.box.height, self.box.width)
        bits = np.unpackbits(np.frombuffer(zlib.decompress(self._packed), np.uint8), count=2 * self.box.area)
        return bits.view(bool).reshape(shape)


@dataclass(frozen=True, slots=True)
class Cue:
    """A text, on screen from start to stop, in seconds from when its film begins."""

    start: float
    stop: float
    text: str
