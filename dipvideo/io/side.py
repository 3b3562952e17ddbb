"""Lossless video beside an output: a picture of samples for each of its frames, at that frame's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np

from ..errors import OptionError
from ..frame import VideoInfo
from ..planes import Patch
from .atomic import complete_or_nothing, finished

# What a patch says, as samples of its box; the number is its frame's.
Sampled = Callable[[Patch, int], np.ndarray]

Samples = Literal["gray", "gray16", "rgb", "rgba"]

# what samples are as an array, and what FFV1 and PNG store them as
_KINDS = {"gray": ("gray", np.uint8, 1, "gray", "gray"), "gray16": ("gray16le", np.uint16, 1, "gray16le", "gray16be"),
          "rgb": ("rgb24", np.uint8, 3, "bgr0", "rgb24"), "rgba": ("rgba", np.uint8, 4, "bgra", "rgba")}


@contextmanager
def open_side_video(path: Path, info: VideoInfo, sampled: Sampled, *, what: str, suffixes: tuple[str, ...],
                    samples: Samples = "gray") -> Iterator[SideVideo]:
    """A writer of what `sampled` makes of patches; on a clean exit the file is at `path`, otherwise nothing is.

    Raises OptionError for a suffix that is not among `suffixes` (`what` begins the sentence), and OutputError.
    """
    if path.suffix.lower() not in suffixes:
        raise OptionError(f"{what} is written losslessly as {' or '.join(suffixes)}; got {str(path)!r}.")
    with complete_or_nothing(path) as part, finished(SideVideo(part, info, sampled, samples)) as writer:
        yield writer


class SideVideo:
    """Writes lossless video with the time stamps of the frames; 0 where no patch is.

    The codec is FFV1, but in .mov PNG, since FFmpeg puts no FFV1 there.
    """

    def __init__(self, path: Path, info: VideoInfo, sampled: Sampled, samples: Samples = "gray"):
        self._info, self._sampled = info, sampled
        self._format, self._kind, self._channels, ffv1, png = _KINDS[samples]
        self._output = av.open(str(path), "w", options={"fflags": "+bitexact"})  # a Matroska else has bytes by lot
        in_mov = path.suffix.lower() == ".mov"
        self._stream = self._output.add_stream("png" if in_mov else "ffv1", rate=info.rate)
        context = self._stream.codec_context
        context.width, context.height = info.width, info.height
        context.pix_fmt = png if in_mov else ffv1
        context.time_base = self._stream.time_base = info.time_base
        context.options = {} if in_mov else {"level": "3", "g": "1"}

    def write(self, patch: Patch | None, pts: int, time_base: Fraction, number: int = 0) -> None:
        """The picture of the frame that `patch` is for; `number` is that frame's, where the samples depend on it."""
        channels = () if self._channels == 1 else (self._channels,)
        picture = np.zeros((self._info.height, self._info.width, *channels), self._kind)
        if patch is not None:
            picture[patch.box.slices] = self._sampled(patch, number)
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
