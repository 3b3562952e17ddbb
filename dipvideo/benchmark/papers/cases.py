"""What is measured: inputs as files, their truth, how they are scored, and what was published for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ... import io
from ...metrics import psnr
from ...problems import resized
from .plain import CLIP_PLAIN, DENOISE_PLAIN, ENLARGE_PLAIN, FILL_PLAIN, Plain

LUMA = np.array([65.481, 128.553, 24.966]) / 255  # of BT.601, limited range, as MATLAB's rgb2ycbcr
BORDER = 4  # pixels that Set5 x4 is scored without


@dataclass(frozen=True, slots=True)
class Case:
    """One input. table: what it belongs to; shown, truth: frames, (h, w, 3) float32 in [0, 1], truth None where there
    is none; score: (made, truth) → dB; command, options: of dipvideo; plain: by name, what to set beside it;
    published: by method, dB; again: by a seed, `shown` with other noise.
    """

    table: str
    name: str
    shown: list[np.ndarray]
    truth: list[np.ndarray] | None
    command: str
    options: dict[str, Any]
    plain: Mapping[str, Plain]
    score: Callable[[np.ndarray, np.ndarray], float] = psnr
    published: dict[str, float] = field(default_factory=dict)
    mask: np.ndarray | None = None
    again: Callable[[int], list[np.ndarray]] | None = None


def _read(path: Path) -> np.ndarray:
    return next(iter(io.open_source(path).frames())).planes.rgb()


def denoise_cases(folder: Path) -> Iterator[Case]:
    """*_noisy.png beside *_GT.png, noise of 25/255. Published: the released results of Deep Image Prior."""
    published = {"F16": 33.69, "hill": 32.09, "kodim01": 28.44, "lena": 32.56, "peppers": 31.15}
    for path in sorted((folder / "denoise_sigma25").glob("*_noisy.png")):
        name = path.stem.removesuffix("_noisy")
        yield Case("denoise, σ = 25", name, [_read(path)], [_read(path.with_name(f"{name}_GT.png"))], "denoise", {},
                   DENOISE_PLAIN, published={"DIP": published[name]} if name in published else {})


def half_cases(folder: Path) -> Iterator[Case]:
    """*_masked.png beside *_GT.png; a pixel of 0 is missing, but where the truth is 0 too the file does not tell, and
    half of them, drawn by lot, are known. Published: Deep Image Prior, supplementary."""
    published = {"barbara": 32.22, "boat": 33.06, "house": 39.16, "Lena512": 36.16, "peppers256": 33.05,
                 "Cameraman256": 29.8}
    for path in sorted((folder / "inpaint_half_pixels").glob("*_masked.png")):
        name = path.stem.removesuffix("_masked")
        shown, truth = _read(path), _read(path.with_name(f"{name}_GT.png"))
        black = (truth == 0).all(-1) & (np.random.default_rng(0).random(truth.shape[:2]) < 0.5)
        yield Case("half of the pixels missing", name, [shown], [truth], "inpaint", {}, FILL_PLAIN,
                   mask=(shown == 0).all(-1) & ~black,
                   published={"DIP": published[name]} if name in published else {})


def set5_cases(folder: Path) -> Iterator[Case]:
    """*_GT.png, made smaller by 4 (Lanczos). Published: means of Set5, given with each picture's row as they are."""
    for path in sorted((folder / "super_resolve_set5_x4").glob("*_GT.png")):
        truth = _read(path)
        height, width = (side // 4 * 4 for side in truth.shape[:2])
        truth = truth[:height, :width]
        small = np.rint(resized(truth, height // 4, width // 4, "lanczos").clip(0, 1) * 255) / np.float32(255)
        yield Case("Set5 ×4, luma", path.stem.removesuffix("_GT"), [small], [truth], "super-resolve", {"scale": "4"},
                   ENLARGE_PLAIN, score=_luma_psnr, published={"DIP, mean": 29.90, "LapSRN (trained), mean": 31.59})


def text_cases(folder: Path) -> Iterator[Case]:
    """kate.png under kate_mask.png, black where text hides it: PSNR in the hole."""
    if (folder / "dip" / "kate.png").exists():
        truth, hole = _read(folder / "dip" / "kate.png"), _read(folder / "dip" / "kate_mask.png")[..., 0] < 0.5
        yield Case("text", "kate", [np.where(hole[..., None], 0, truth)], [truth], "inpaint", {}, FILL_PLAIN,
                   score=partial(psnr, hole=hole), mask=hole, published={"DIP": 30.86})


def flash_cases(folder: Path) -> Iterator[Case]:
    """The paper's pair. There is no truth: the result is a picture to look at."""
    pair = folder / "dip" / "cave01_00_flash.jpg", folder / "dip" / "cave01_01_noflash.jpg"
    if pair[0].exists():
        yield Case("flash", "cave", [_read(pair[0])], None, "flash", {"no_flash": str(pair[1])}, {})


def clip_cases(folder: Path, names: str, frames: int, size: tuple[int, int], sigmas: list[float],
               start: int) -> Iterator[Case]:
    """Clips made smaller, with white noise added to red, green and blue and cut off at black and white."""
    width, height = size
    for name in names.split(","):
        for path in sorted(folder.glob(f"{name}.*")):
            clean = [cv2.resize(frame.planes.rgb(), (width, height), interpolation=cv2.INTER_AREA)
                     for frame in io.open_source(path).frames(start, start + frames)]
            for sigma in sigmas:
                again = partial(_with_noise, clean, sigma)
                yield Case(f"video denoise, σ = {sigma:g}", path.stem, again(0), clean, "denoise", {},
                           {plain: partial(way, sigma=sigma) for plain, way in CLIP_PLAIN.items()}, again=again)


def _with_noise(clean: list[np.ndarray], sigma: float, seed: int) -> list[np.ndarray]:
    draw = np.random.default_rng(seed)
    return [np.rint((p + sigma / 255 * draw.standard_normal(p.shape)).clip(0, 1) * 255).astype(np.float32) / 255
            for p in clean]


def _luma_psnr(made: np.ndarray, truth: np.ndarray) -> float:
    inside = np.s_[BORDER:-BORDER, BORDER:-BORDER]
    luma = [(picture[inside] @ LUMA + 16 / 255) for picture in (made, truth)]
    return psnr(*luma)


CASES = {"denoise": denoise_cases, "half": half_cases, "set5": set5_cases, "text": text_cases, "flash": flash_cases}
