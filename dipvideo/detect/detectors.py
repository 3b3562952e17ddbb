"""The ways to look for captions, by the name a user gives. Imports nothing heavy: the help of a command lists them."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import OptionError

DETECTORS = {
    "auto": "strokes and a text detector together; strokes alone where rapidocr is not installed",
    "ocr": "only what the text detector (PP-OCR, in the rapidocr package) sees, too",
    "strokes": "bright strokes that come to rest together; no trained weights, and the text is not read",
}


def wants_ocr(detector: str) -> bool:
    """Whether `detector` takes the text detector here. Raises OptionError for no detector, or one that is missing."""
    if detector not in DETECTORS:
        raise OptionError(f"There is no detector called {detector!r}. Known: {', '.join(DETECTORS)}.")
    there = all(find_spec(package) is not None for package in ("rapidocr", "onnxruntime"))
    if detector == "ocr" and not there:
        raise OptionError("The detector 'ocr' needs the packages rapidocr and onnxruntime: install them, or take "
                          "--detector strokes.")
    return detector != "strokes" and there
