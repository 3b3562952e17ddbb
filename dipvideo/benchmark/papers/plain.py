"""What anyone could do: (frames, hole) → frames, (h, w, 3) float32 each; and motion-compensated averaging of noise."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import cv2
import numpy as np
from skimage.restoration import inpaint_biharmonic

from ...problems import resized

Plain = Callable[[list[np.ndarray], np.ndarray | None], list[np.ndarray]]

REACH = 2  # neighbours on both sides that are averaged
SMOOTH = 1.5  # pixels, before motion is sought
AROUND = 7  # pixels of the window that agreement is judged in
SOFT = 0.6  # squared deviations beyond what noise explains at which a neighbour weighs e⁻¹
FULL, HALF = 0.6, 0.35  # of the noise, the strength of non-local means alone and after an average: the best of several


def non_local_means(frames: list[np.ndarray], hole: np.ndarray | None = None, *, sigma: float = 25,
                    strength: float = FULL) -> list[np.ndarray]:
    """OpenCV's, frame by frame."""
    h = strength * sigma
    return [cv2.fastNlMeansDenoisingColored(_codes(f), None, h, h, 5, 15) / np.float32(255) for f in frames]


def bm3d(frames: list[np.ndarray], hole: np.ndarray | None = None, *, sigma: float = 25) -> list[np.ndarray]:
    """By its authors' own package, `pip install bm3d`: free for what is not commercial."""
    from bm3d import bm3d_rgb

    return [bm3d_rgb(f.astype(np.float64), sigma / 255).astype(np.float32) for f in frames]


def averaged(frames: list[np.ndarray], hole: np.ndarray | None = None, *, sigma: float = 25) -> list[np.ndarray]:
    """Each frame with its neighbours, moved by dense flow of smoothed frames, weighed by how well they agree."""
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    lumas = [cv2.GaussianBlur(cv2.cvtColor(_codes(f), cv2.COLOR_RGB2GRAY), (0, 0), SMOOTH) for f in frames]
    still = np.stack(np.meshgrid(*map(np.arange, lumas[0].shape[::-1])), -1).astype(np.float32)
    variance = (sigma / 255) ** 2
    made = []
    for place, frame in enumerate(frames):
        total, weight = frame.copy(), np.ones((*frame.shape[:2], 1), np.float32)
        for other in range(max(place - REACH, 0), min(place + REACH + 1, len(frames))):
            if other == place:
                continue
            places = still + search.calc(lumas[place], lumas[other], None)
            moved = cv2.remap(frames[other], places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
            off = cv2.blur(np.square(moved - frame).mean(-1), (AROUND, AROUND))
            share = np.exp(-np.maximum(off - 2 * variance, 0) / (SOFT * variance))[..., None]
            total, weight = total + share * moved, weight + share
        made.append(total / weight)
    return made


def averaged_then_means(frames: list[np.ndarray], hole: np.ndarray | None = None, *,
                        sigma: float = 25) -> list[np.ndarray]:
    """The average, then non-local means: the strongest plain method found before this one."""
    return non_local_means(averaged(frames, sigma=sigma), sigma=sigma, strength=HALF)


def _inpainted(frames: list[np.ndarray], hole: np.ndarray | None, how: int) -> list[np.ndarray]:
    return [cv2.inpaint(_codes(f), hole.view(np.uint8), 3, how) / np.float32(255) for f in frames]


def _codes(frame: np.ndarray) -> np.ndarray:
    return np.rint(frame.clip(0, 1) * 255).astype(np.uint8)


DENOISE_PLAIN: dict[str, Plain] = {"untouched": lambda frames, hole: frames, "non-local means": non_local_means}
if find_spec("bm3d"):
    DENOISE_PLAIN["BM3D"] = bm3d
CLIP_PLAIN: dict[str, Callable[..., list[np.ndarray]]] = {
    "untouched": lambda frames, hole, sigma: frames, "non-local means": non_local_means,
    "motion-compensated average": averaged, "the average, then non-local means": averaged_then_means}
FILL_PLAIN: dict[str, Plain] = {
    "Telea": lambda frames, hole: _inpainted(frames, hole, cv2.INPAINT_TELEA),
    "biharmonic": lambda frames, hole: [inpaint_biharmonic(f, hole, channel_axis=-1, split_into_regions=True)
                                        for f in frames]}
ENLARGE_PLAIN: dict[str, Plain] = {
    "bicubic": lambda frames, hole: [resized(f, 4 * f.shape[0], 4 * f.shape[1], "bicubic").clip(0, 1) for f in frames]}
