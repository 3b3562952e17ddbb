"""Holes for a clip that has none: it is then its own truth."""

from __future__ import annotations

import cv2
import numpy as np

TEXT = "No frame"
EDGE = 2  # pixels at 360 lines that an outline adds to the letters


def caption(height: int, width: int) -> np.ndarray:
    """(height, width) bool: what a few outlined words below cover, two fifths of the picture wide at most."""
    (wide, tall), below = cv2.getTextSize(TEXT, cv2.FONT_HERSHEY_SIMPLEX, 1, 2)
    scale = min(0.4 * width / wide, height / 18 / tall)
    ink = np.zeros((height, width), np.uint8)
    place = (round((width - scale * wide) / 2), round(0.92 * height - scale * below))
    cv2.putText(ink, TEXT, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 1, max(round(height / 240), 1), cv2.LINE_8)
    edge = max(round(EDGE * height / 360), 1)
    return cv2.dilate(ink, np.ones((2 * edge + 1,) * 2, np.uint8)) > 0


def scattered(height: int, width: int) -> np.ndarray:
    """(height, width) bool: half of the pixels of the caption's box, drawn at random (the paper's other inpainting)."""
    left, top, wide, tall = cv2.boundingRect(caption(height, width).view(np.uint8))
    hole = np.zeros((height, width), bool)
    hole[top:top + tall, left:left + wide] = np.random.default_rng(0).random((tall, wide)) < 0.5
    return hole


HOLES = {"caption": caption, "scattered": scattered}
