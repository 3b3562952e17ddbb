"""Where text is and what it says, by PP-OCRv6 from the rapidocr package: its weights lie in its wheel.

Nothing is ever fetched: the weights are named by their path, and rapidocr downloads only what is not. It is imported
when the first reader is made (.7 s), and its log is silenced.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import OptionError
from ..geometry import Box

SLOPE = 0.12  # captions are written level: height over width of a line's upper edge
UPRIGHT = 1.3  # height over width of a box: more is a column of text or a pillar
DIGITS = 4  # at most without a letter, as in a year: Hebrew, say, comes out as a row of them
SURE = 0.9  # of its reading: captions come out at .93 and more, strokes of a picture and unknown alphabets below
PIXELS = 640 * 360  # looked at, of the whole picture: finds all that 736x414 does in 13 clips, 480x270 loses 5 %
LARGEST = 2.0  # pictures are enlarged no more
CONTEXT = 0.3  # of its height around a line when it is read: the network was trained on such crops


@dataclass(frozen=True, slots=True)
class Sighting:
    """A line that the text detector saw. box: around it, a little roomy; score: 0 … 1."""

    box: Box
    score: float


class Ocr:
    """Sees and reads lines of text in luma, on one thread. Safe to use from one thread at a time for each method."""

    def __init__(self) -> None:
        self._seer, self._reader = _networks()

    def see(self, luma: np.ndarray, scale: float) -> list[Sighting]:
        """The level lines of text in (H, W) uint8 luma, which is looked at enlarged by `scale`."""
        if not luma.size or min(luma.shape) * scale < 16:
            return []
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        size = max(round(luma.shape[1] * scale), 16), max(round(luma.shape[0] * scale), 16)
        # colour adds nothing: with it and without, the same 98 % of the pixels of 13 clips' captions lay in boxes
        picture = cv2.cvtColor(cv2.resize(luma, size, interpolation=interpolation), cv2.COLOR_GRAY2BGR)
        found = self._seer(picture, use_det=True, use_cls=False, use_rec=False)
        if found.boxes is None:
            return []
        whole = Box(0, 0, *luma.shape)
        sightings = []
        for quad, score in zip(np.asarray(found.boxes) / (size[0] / luma.shape[1]), found.scores, strict=True):
            along = quad[1] - quad[0]
            left, top = np.floor(quad.min(0)).astype(int)
            right, bottom = np.ceil(quad.max(0)).astype(int)
            box = Box(int(top), int(left), int(bottom), int(right)) & whole
            if box and abs(along[1]) <= SLOPE * abs(along[0]) and box.height <= UPRIGHT * box.width:
                sightings.append(Sighting(box, float(score)))
        return sightings

    def read(self, luma: np.ndarray, text: Box) -> tuple[str, float]:
        """What the line in `text`, a box in (H, W) luma, says, and how sure that is, 0 … 1."""
        crop = luma[text.grown(max(round(CONTEXT * text.height), 2), *luma.shape).slices]
        crop = cv2.cvtColor(np.rint(crop).clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
        read = self._reader(crop, use_det=False, use_cls=False, use_rec=True)
        if not read.txts:
            return "", 0.0
        return read.txts[0].strip(), float(read.scores[0])


def scale_for(height: int, width: int) -> float:
    """What a picture of that size is enlarged by when it is looked at."""
    return min((PIXELS / (height * width)) ** 0.5, LARGEST)


def says_something(words: str, score: float) -> bool:
    """True if at least two letters or digits were read, and surely; digits alone are no more than DIGITS."""
    written = [sign for sign in words if sign.isalnum()]
    spelt = any(sign.isalpha() for sign in written) or len(written) <= DIGITS
    return score >= SURE and len(written) >= 2 and spelt


@cache  # 30 MB of weights, the same for every film
def _networks() -> tuple[Any, Any]:
    """The seeing and the reading half: a RapidOCR each, for what it is asked to do is part of its state, of one loading
    (.7 s)."""
    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    paths = [next(models.glob(f"*{task}*.onnx"), None) for task in ("_det_", "_rec_")]
    if None in paths:
        raise OptionError("The installed rapidocr holds no weights: install rapidocr 3.10, or take --detector strokes.")
    settings = {
        "Global.log_level": "critical",
        "Global.use_cls": False,
        "Det.model_path": str(paths[0]),
        "Rec.model_path": str(paths[1]),
        "Det.limit_type": "max",  # the pictures come at their size; by default they would be enlarged to 736 lines
        "Det.limit_side_len": 1 << 14,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    seer = rapidocr.RapidOCR(params=settings)
    return seer, copy(seer)
