"""Where the pixels to fill are, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from .frame import Event, VideoInfo
from .geometry import Box
from .io import MaskReader


class Holes(Protocol):
    """Answers for any part of the video, in any order."""

    def window(self, start: int, stop: int, box: Box) -> tuple[np.ndarray, np.ndarray]:
        """The holes of frames [start, stop) inside `box`, and what of them was marked itself: the rest is what they
        were grown by. Both (stop − start, box.height, box.width) bool.
        """
        ...


class Everywhere:
    """The hole of a task that makes every pixel of some frames anew.

    span: the numbers of those frames.
    """

    def __init__(self, span: range):
        self._span = span

    def window(self, start: int, stop: int, box: Box) -> tuple[np.ndarray, np.ndarray]:
        there = np.array([index in self._span for index in range(start, stop)])
        everywhere = np.broadcast_to(there[:, None, None], (stop - start, box.height, box.width))
        return everywhere, everywhere


class EventHoles:
    """The holes of captions, grown by `grow` pixels; each stands still while it is on screen."""

    def __init__(self, events: Sequence[Event], info: VideoInfo, grow: int = 0):
        self._events = [_grown_event(event, info, grow) for event in events] if grow else events

    def boxes(self, frames: int) -> list[Box | None]:
        """What encloses each frame's hole, None where it has none."""
        boxes: list[Box | None] = [None] * frames
        for event in self._events:
            for index in range(event.start, min(event.stop, frames)):
                boxes[index] = boxes[index] | event.box if boxes[index] else event.box
        return boxes

    def window(self, start: int, stop: int, box: Box) -> tuple[np.ndarray, np.ndarray]:
        holes, marked = np.zeros((2, stop - start, box.height, box.width), bool)
        for event in self._events:
            shared = event.box & box
            if shared and event.start < stop and event.stop > start:
                span = slice(max(event.start - start, 0), min(event.stop, stop) - start)
                holes[span, *shared.within(box)] |= event.hole[shared.within(event.box)]
                marked[span, *shared.within(box)] |= event.marked[shared.within(event.box)]
        return holes, marked


class MaskHoles:
    """The holes of a mask file, grown by `grow` pixels on every side."""

    def __init__(self, mask: MaskReader, grow: int = 0):
        self._mask, self._grow = mask, grow

    def box(self, hole: np.ndarray) -> Box | None:
        """What encloses a hole of (H, W) bool once it is grown, None for an empty one."""
        left, top, width, height = cv2.boundingRect(hole.view(np.uint8))
        if not width:
            return None
        return Box(top, left, top + height, left + width).grown(self._grow, *hole.shape)

    def window(self, start: int, stop: int, box: Box) -> tuple[np.ndarray, np.ndarray]:
        marked = np.empty((stop - start, box.height, box.width), bool)
        holes = np.empty_like(marked) if self._grow else marked
        for place, hole in enumerate(self._mask.read(start, stop)):
            marked[place] = hole[box.slices]
            if self._grow:
                holes[place] = grown(hole, self._grow)[box.slices]
        return holes, marked


def grown(hole: np.ndarray, pixels: int) -> np.ndarray:
    """A (H, W) bool hole with `pixels` more on every side, as far as the picture goes."""
    if not pixels:
        return hole
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return cv2.dilate(hole.view(np.uint8), ball).view(bool)


def _grown_event(event: Event, info: VideoInfo, pixels: int) -> Event:
    box = event.box.grown(pixels, info.height, info.width)
    hole, marked = np.zeros((2, box.height, box.width), bool)
    hole[event.box.within(box)], marked[event.box.within(box)] = event.hole, event.marked
    return Event.of(event.start, event.stop, box, grown(hole, pixels), event.text, marked)
