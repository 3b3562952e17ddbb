"""Where the camera went: corners tracked from frame to frame, and a similarity between any two that share enough."""

from __future__ import annotations

import cv2
import numpy as np

from .scene import Scene

CORNERS = 300  # tracked at a time
LEAST = 10  # corners that two frames must share
SPACING = 6  # pixels of the film between corners
STRAY = 1.5  # pixels of the film that an inlier may be off
CALM, BEHIND = 0.1, 0.25  # share of the corners that take a smaller share of the others' steps
ROUND_TRIP = 0.5  # working pixels that a corner tracked there and back may be off


class Tracks:
    """Corners of every frame of a scene, known by number."""

    def __init__(self, scene: Scene):
        self._stray = max(STRAY / scene.grid, 0.5)
        self._numbers: list[np.ndarray] = []
        self._places: list[np.ndarray] = []
        self._ways = np.zeros((len(scene.luma), 2))  # how far the picture has come since the first frame
        spacing, born = max(SPACING // scene.grid, 2), 0
        numbers, places = np.zeros(0, int), np.zeros((0, 2), np.float32)
        for index, (luma, known) in enumerate(zip(scene.luma, scene.known, strict=True)):
            allowed = cv2.erode(known, np.ones((5, 5)), borderValue=0) > 0
            if index and len(numbers):
                there, held = _followed(scene.luma[index - 1], luma, places)
                held &= _at(allowed, there)
                if held.any():
                    self._ways[index:] += _way((there - places)[held])
                numbers, places = numbers[held], there[held]
            if len(numbers) < CORNERS * 2 // 3:
                new = _corners(luma, allowed, places, CORNERS - len(numbers), spacing)
                places = np.concatenate((places, new))
                numbers = np.concatenate((numbers, born + np.arange(len(new))))
                born += len(new)
            self._numbers.append(numbers)
            self._places.append(places)

    def moved(self, one: int, other: int) -> float:
        """How many working pixels the picture has come from one frame to another, if all of it moves."""
        return float(np.abs(self._ways[one] - self._ways[other]).max())

    def model(self, one: int, other: int) -> np.ndarray | None:
        """(2, 3) float32 similarity that takes places of frame `one` to `other`, None without enough corners."""
        _, a, b = np.intersect1d(self._numbers[one], self._numbers[other], assume_unique=True, return_indices=True)
        if len(a) < LEAST:
            return None
        model, inliers = cv2.estimateAffinePartial2D(self._places[one][a], self._places[other][b], method=cv2.RANSAC,
                                                     ransacReprojThreshold=self._stray)
        return None if model is None or inliers.sum() < LEAST else model.astype(np.float32)


def _corners(luma: np.ndarray, allowed: np.ndarray, taken: np.ndarray, count: int, spacing: int) -> np.ndarray:
    free = allowed.astype(np.uint8)
    for x, y in taken:
        cv2.circle(free, (round(float(x)), round(float(y))), spacing, 0, -1)
    found = cv2.goodFeaturesToTrack(luma, count, 0.01, spacing, mask=free)
    return np.zeros((0, 2), np.float32) if found is None else found.reshape(-1, 2)


def _followed(last: np.ndarray, luma: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the corners went (Lucas–Kanade), and which of them come back when tracked the other way."""
    size = {"winSize": (15, 15), "maxLevel": 3}
    there, found, _ = cv2.calcOpticalFlowPyrLK(last, luma, places[:, None], None, **size)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(luma, last, there, None, **size)
    close = np.abs(back[:, 0] - places).max(1) < ROUND_TRIP
    return there[:, 0], (found[:, 0] > 0) & (returned[:, 0] > 0) & close


def _way(steps: np.ndarray) -> np.ndarray:
    """(2,) how most corners went, whose steps are (n, 2); nowhere, where a tenth of them stay behind that far: then
    things move, and not the camera."""
    way = np.median(steps, axis=0)
    return way if np.quantile(np.hypot(*steps.T), CALM) > BEHIND * np.hypot(*way) else np.zeros(2)


def _at(allowed: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Whether each place lies in the picture and where corners are allowed."""
    height, width = allowed.shape
    x, y = np.rint(places).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return inside & allowed[y.clip(0, height - 1), x.clip(0, width - 1)]
