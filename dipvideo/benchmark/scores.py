"""How well text was removed, frame by frame, where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from ..metrics import decibels

SOLID = 200 / 255  # coverage at which a pixel shows the text's own colour
VISIBLE = 8 / 255  # coverage at which a mask must have a pixel
FAR = 8  # pixels from text beyond which nothing may change
RIM = 3  # pixels around text where halos, blur and patches show
DIFFERENT = 0.3  # summed over RGB: text that differs less from what it hides leaves no residue to see


@dataclass(slots=True)
class _Mean:
    total: float = 0.0
    count: float = 0.0

    def add(self, values: np.ndarray) -> None:
        self.total, self.count = self.total + float(values.sum()), self.count + values.size

    @property
    def value(self) -> float:
        return self.total / max(self.count, 1)


@dataclass(slots=True)
class RemovalScore:
    """How well text was removed from a clip whose clean pictures and text coverage are known.

    Pooled over frames with text, in the pixels it touched, unless said otherwise: hole_psnr and rim_psnr (the RIM
    pixels around the text) in dB; ssim (7x7); flicker, the mean |difference between frames of the result − of the
    truth| in 1/255; residue, the share of solid text pixels nearer to the text's colour than to the truth;
    outside_psnr, against the input, more than FAR pixels from any text, in all frames.
    """

    _hole: _Mean = field(default_factory=_Mean)
    _rim: _Mean = field(default_factory=_Mean)
    _ssim: _Mean = field(default_factory=_Mean)
    _flicker: _Mean = field(default_factory=_Mean)
    _residue: _Mean = field(default_factory=_Mean)
    _outside: _Mean = field(default_factory=_Mean)
    _last: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def add(self, result: np.ndarray, truth: np.ndarray, shown: np.ndarray, coverage: np.ndarray) -> None:
        """One frame: the result, the clean picture, the picture with text, and the (H, W) coverage in [0, 1]."""
        text = coverage > 0
        squared = (result.astype(np.float64) - truth) ** 2
        self._outside.add((result.astype(np.float64) - shown)[~_grown(text, FAR)] ** 2)
        if text.any():
            self._hole.add(squared[text])
            self._rim.add(squared[_grown(text, RIM) & ~text])
            self._ssim.add(_similarity(result, truth, text))
            solid = (coverage > SOLID) & (np.abs(shown - truth).sum(-1) > DIFFERENT)
            self._residue.add((np.abs(result - shown).sum(-1) < np.abs(result - truth).sum(-1))[solid])
            if self._last is not None:
                both = text & self._last[2]
                drift = (result - self._last[0]) - (truth - self._last[1])
                self._flicker.add(np.abs(drift)[both] * 255)
        self._last = result, truth, text

    def figures(self) -> dict[str, float]:
        return {"hole_psnr": decibels(self._hole.value), "rim_psnr": decibels(self._rim.value),
                "ssim": self._ssim.value, "flicker": self._flicker.value, "residue": self._residue.value,
                "outside_psnr": decibels(self._outside.value)}


@dataclass(slots=True)
class MaskScore:
    """How well a mask covers text: recall of its visible pixels, the share of the mask that they are, the mask's area
    over theirs, and the frames with text that have no mask or the other way round."""

    _missed: int = 0
    _extra: int = 0
    _found: float = 0.0
    _text: float = 0.0
    _mask: float = 0.0

    def add(self, mask: np.ndarray, coverage: np.ndarray) -> None:
        text = coverage > VISIBLE
        self._found, self._text = self._found + (mask & text).sum(), self._text + text.sum()
        self._mask += mask.sum()
        self._missed += bool(text.any() and not mask.any())
        self._extra += bool(mask.any() and not text.any())

    def figures(self) -> dict[str, float]:
        return {"mask_recall": self._found / max(self._text, 1), "mask_precision": self._found / max(self._mask, 1),
                "mask_area": self._mask / max(self._text, 1), "frames_missed": self._missed,
                "frames_extra": self._extra}


def _grown(hole: np.ndarray, pixels: int) -> np.ndarray:
    return cv2.dilate(hole.view(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)).view(bool)


def _similarity(result: np.ndarray, truth: np.ndarray, text: np.ndarray) -> np.ndarray:
    """SSIM of each text pixel; empty where the text is too flat for the window."""
    left, top, width, height = cv2.boundingRect(text.view(np.uint8))
    part = np.s_[max(top - 8, 0):top + height + 8, max(left - 8, 0):left + width + 8]
    if min(text[part].shape) < 7:
        return np.zeros(0)
    _, full = structural_similarity(result[part], truth[part], channel_axis=2, data_range=1.0, full=True)
    return full.mean(-1)[text[part]]
