"""When the text detector looks, beside the film that streams by, and what it saw.

It looks every .4 s, in another thread. An answer is taken when it looks again, never earlier or later: what is found
does not depend on the machine's speed.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Executor, Future

import cv2
import numpy as np

from .ocr import Ocr, Sighting, scale_for

PERIOD_SECONDS = 0.4  # between two looks: no caption is shorter by much, and at 25 frames/s that is 9 ms a frame
STILL_255, STILL_SHARE = 16, 2e-4  # a picture in which fewer pixels change by more than that shows the same text

Answer = tuple[int, list[Sighting]]


class Proposals:
    """Asks the text detector about some of the frames.

    worker: where it looks, .09 s a time. height, width: of the whole picture at the scale of work, of which the frames
    may be a part; rate: frames a second.
    """

    def __init__(self, ocr: Ocr, worker: Executor, height: int, width: int, rate: float):
        self._ocr, self._worker = ocr, worker
        self._scale = scale_for(height, width)
        self._period = max(round(PERIOD_SECONDS * rate), 4)
        self._asked: deque[tuple[int, Future[list[Sighting]]]] = deque()
        self._last: tuple[np.ndarray, Future[list[Sighting]]] | None = None

    @property
    def delay(self) -> int:
        """Frames after a frame until it is known what text is seen there: it looks, and it answers."""
        return 2 * self._period

    def offer(self, index: int, luma: np.ndarray) -> None:
        """Show it the frame; it looks if it is time to. luma: (H, W) uint8, left alone by the caller from now on."""
        if index % self._period != self._period // 2:
            return
        if self._last is not None and _still(self._last[0], luma):
            self._asked.append((index, self._last[1]))
            return
        self._last = luma, self._worker.submit(self._ocr.see, luma, self._scale)
        self._asked.append((index, self._last[1]))

    def answers(self, index: int) -> list[Answer]:
        """What was seen in the frames whose answer is due at frame `index`."""
        due = []
        while self._asked and self._asked[0][0] + self._period <= index:
            asked, future = self._asked.popleft()
            due.append((asked, future.result()))
        return due

    def finish(self) -> list[Answer]:
        """The answers that are left."""
        left = [(asked, future.result()) for asked, future in self._asked]
        self._asked.clear()
        return left


def _still(before: np.ndarray, luma: np.ndarray) -> bool:
    changed = cv2.countNonZero(cv2.threshold(cv2.absdiff(before, luma), STILL_255, 255, cv2.THRESH_BINARY)[1])
    return changed <= STILL_SHARE * luma.size
