"""Where each filled pixel came from, as a lossless video of codes beside the output."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from ..frame import VideoInfo
from ..planes import DRAWN, UNMIXED, Patch
from .side import SideVideo, open_side_video

PROVENANCE_SUFFIXES = (".mkv", ".mov")  # containers that keep the time of every frame
CODE_UNTOUCHED, CODE_DRAWN, CODE_UNMIXED = 0, 1, 2
# Borrowed pixels count from here, by how many frames away their source lies: the same in a film of any length, where
# the number of a frame would not fit into 16 bits. A chunk reads some hundred frames, so that no code meets another.
CODE_BORROWED = 1 << 15


def open_provenance_writer(path: Path, info: VideoInfo) -> AbstractContextManager[SideVideo]:
    """A writer of `codes_of` patches, 16 bits deep. Raises OptionError for another suffix than .mkv and .mov."""
    return open_side_video(path, info, codes_of, what="Provenance", suffixes=PROVENANCE_SUFFIXES, samples="gray16")


def codes_of(patch: Patch, number: int) -> np.ndarray:
    """(h, w) uint16: where each pixel of a patch for the frame of that number came from.

    0: untouched (weight 0); 1: drawn, or carried in from the rim; 2: unmixed, an overlay was taken off this very
    frame; 32768 + (n − number): borrowed from frame n. What a task tells no source of is drawn.
    """
    source = np.full(patch.weight.shape, DRAWN, np.int32) if patch.source is None else patch.source
    codes = np.where(source >= 0, CODE_BORROWED + source - number, CODE_DRAWN)
    codes[source == UNMIXED] = CODE_UNMIXED
    return np.where(patch.weight > 0, codes, CODE_UNTOUCHED).astype(np.uint16)
