"""Video or pictures beside an output: a picture of samples for each of its frames, at that frame's time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Literal

import av
import numpy as np
from PIL import Image

from ..errors import OptionError
from ..frame import VideoInfo
from ..planes import Patch
from .atomic import complete_or_nothing, finished

# What a patch says, as samples of its box; the number is its frame's.
Sampled = Callable[[Patch, int], np.ndarray]

Samples = Literal["gray", "gray16", "rgb", "rgba"]

# what samples are as an array, and what each codec stores them as
_KINDS = {"gray": ("gray", np.uint8, 1, {"ffv1": "gray", "png": "gray"}),
          "gray16": ("gray16le", np.uint16, 1, {"ffv1": "gray16le", "png": "gray16be"}),
          "rgb": ("rgb24", np.uint8, 3, {"ffv1": "bgr0", "png": "rgb24"}),
          "rgba": ("rgba", np.uint8, 4, {"ffv1": "bgra", "png": "rgba", "prores_ks": "yuva444p10le"})}
_SETTINGS = {"ffv1": {"level": "3", "g": "1"}, "png": {}, "prores_ks": {"profile": "4444", "alpha_bits": "8"}}
PICTURES = (".png", "")  # suffixes of one picture, and of a folder of them


@contextmanager
def open_side_video(path: Path, info: VideoInfo, sampled: Sampled, *, what: str, suffixes: tuple[str, ...],
                    samples: Samples = "gray", codec: str | None = None) -> Iterator[SideVideo | SidePictures]:
    """A writer of what `sampled` makes of patches; on a clean exit the file is at `path`, otherwise nothing is.

    codec: FFmpeg's name, by default that of the suffix: FFV1, but in .mov PNG, since FFmpeg puts no FFV1 there.
    Raises OptionError for a suffix that is not among `suffixes` (`what` begins the sentence), and OutputError.
    """
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        known = " or ".join(suffix or "a folder" for suffix in suffixes)
        raise OptionError(f"{what} is written losslessly as {known}; got {str(path)!r}.")
    with complete_or_nothing(path) as part:
        codec = codec or ("png" if suffix == ".mov" else "ffv1")
        writer = (SidePictures(part, not suffix, info, sampled, samples) if suffix in PICTURES else
                  SideVideo(part, info, sampled, samples, codec))
        with finished(writer):
            yield writer


class SideVideo:
    """Writes video with the time stamps of the frames, every one a key frame; 0 where no patch is."""

    def __init__(self, path: Path, info: VideoInfo, sampled: Sampled, samples: Samples, codec: str):
        self._sampled = partial(_whole, info, sampled, samples)
        self._format, formats = _KINDS[samples][0], _KINDS[samples][-1]
        self._output = av.open(str(path), "w", options={"fflags": "+bitexact"})  # a Matroska else has bytes by lot
        self._stream = self._output.add_stream(codec, rate=info.rate)
        context = self._stream.codec_context
        context.width, context.height = info.width, info.height
        context.pix_fmt = formats[codec]
        context.time_base = self._stream.time_base = info.time_base
        context.options = _SETTINGS[codec]

    def write(self, patch: Patch | None, pts: int, time_base: Fraction, number: int = 0) -> None:
        """The picture of the frame that `patch` is for; `number` is that frame's, where the samples depend on it."""
        picture = self._sampled(patch, number)
        frame = av.VideoFrame.from_ndarray(picture, self._format).reformat(format=self._stream.codec_context.pix_fmt)
        frame.pts, frame.time_base = pts, time_base
        self._output.mux(self._stream.encode(frame))

    def take(self, path: Path, pts: Sequence[int], time_base: Fraction) -> None:
        """Take the pictures of another video of this kind as they are; `pts` are their times."""
        with av.open(str(path)) as made:
            pictures = (packet for packet in made.demux(video=0) if packet.size)
            for packet, time in zip(pictures, pts, strict=True):
                packet.pts = packet.dts = time
                packet.time_base, packet.stream = time_base, self._stream
                self._output.mux(packet)

    def finish(self) -> None:
        self._output.mux(self._stream.encode(None))

    def close(self) -> None:
        self._output.close()


class SidePictures:
    """Writes PNGs: one, or a folder of them, named by the numbers of their frames."""

    def __init__(self, path: Path, folder: bool, info: VideoInfo, sampled: Sampled, samples: Samples):
        self._path, self._folder, self._sampled = path, folder, partial(_whole, info, sampled, samples)
        if folder:
            path.mkdir()

    def write(self, patch: Patch | None, pts: int, time_base: Fraction, number: int = 0) -> None:
        """The picture of the frame of that number, which `patch` is for."""
        picture = self._sampled(patch, number)
        target = self._path / f"{number:06d}.png" if self._folder else self._path
        Image.fromarray(picture).save(target)

    def take(self, path: Path, pts: Sequence[int], time_base: Fraction) -> None:
        """Take the pictures that another writer of this kind made at `path`."""
        if self._folder:
            shutil.copytree(path, self._path, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, self._path)

    def finish(self) -> None:
        """Pictures are whole as soon as they are written."""

    def close(self) -> None: ...


def _whole(info: VideoInfo, sampled: Sampled, samples: Samples, patch: Patch | None, number: int) -> np.ndarray:
    """The samples of a whole picture, 0 where no patch is."""
    _, kind, channels, _ = _KINDS[samples]
    picture = np.zeros((info.height, info.width, *(() if channels == 1 else (channels,))), kind)
    if patch is not None:
        picture[patch.box.slices] = sampled(patch, number)
    return picture


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Write (h, w, 3 or 4) uint8 to a PNG, complete or not at all. Raises OutputError."""
    with complete_or_nothing(path) as part:
        Image.fromarray(picture).save(part)
