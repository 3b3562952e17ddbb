"""One core for OpenCV while captions are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def one_core() -> Iterator[None]:
    """Let OpenCV use one thread within: the text detector and the decoder have the other cores.

    Its own threads wait for each other in each of a hundred calls a frame: of 720 lines two of them take a tenth more
    CPU time than one, and beside a busy process labelling the parts of a mask takes 12 ms instead of 3.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
