"""Clips whose layers are known to the pixel: cut-outs of real clips, moved over another real clip that pans.

Cut out is what a drawn outline holds, or a thing that was marked by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from ... import io

HEIGHT, WIDTH = 240, 426
PAN = 1.12  # how much larger than the picture the part of the background is, so that it can move
SPEED = (2.0, 4.5)  # pixels a frame that a cut-out moves by, least and most
TURN = 0.3  # degrees a frame that it turns by, at most
CORNERS = 7  # of a cut-out's outline, before it is smoothed
WALK = (1.5, 3.5)  # pixels a frame that a thing marked by hand moves by, besides as it does, least and most
THINGS, SCALES = 0.12, (0.5, 1.6)  # of the picture, that such things are brought to in all; as far as so many times


@dataclass(frozen=True, slots=True)
class Composite:
    """frames: (n, h, w, 3) uint8; labels: (n, h, w) uint8, 0 is the background, each cut-out has its number."""

    name: str
    frames: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A clip, or a part of it: `zoom` times enlarged, `across` and `down` in [0, 1] from its left and top."""

    path: str
    zoom: float = 1.0
    across: float = 0.5
    down: float = 0.5


def composite(name: str, background: Backdrop, cutouts: Sequence[str], frames: int, seed: int) -> Composite:
    """`cutouts`, the later before the earlier, over `background`; each is a clip, and plays on while it moves."""
    rng = np.random.default_rng(seed)
    pictures = _backdrop(background, frames, rng)
    labels = np.zeros(pictures.shape[:3], np.uint8)
    for label, path in enumerate(cutouts, 1):
        outline = _outline(rng, HEIGHT * rng.uniform(0.2, 0.28))
        middle = np.array([WIDTH * (label / (len(cutouts) + 1) + rng.uniform(-0.05, 0.05)),
                           HEIGHT * rng.uniform(0.4, 0.6)])
        angle = rng.uniform(0, 2 * np.pi)
        speed = rng.uniform(*SPEED) * np.array([np.cos(angle), np.sin(angle) / 2])
        turn = rng.uniform(-TURN, TURN)
        for place, picture in enumerate(clip_of(Backdrop(path), frames, 1.0)):
            time = place - frames / 2
            swing = 6 * np.sin(2 * np.pi * place / 19 + seed) * np.array([0.3, 1])
            _lay(pictures[place], labels[place], label,
                 *_moved(picture, outline, middle + speed * time + swing, turn * time))
    return Composite(name, pictures, labels)


def peopled(name: str, background: Backdrop, things: Sequence[tuple[np.ndarray, np.ndarray]], seed: int) -> Composite:
    """`things`, the later before the earlier, over `background`: of each, frames, (n, h, w, 3) uint8, and where it is
    in them, (n, h, w) bool. They move on as they do there, and besides go their own way, sized alike."""
    rng = np.random.default_rng(seed)
    frames = len(things[0][0])
    pictures = _backdrop(background, frames, rng)
    labels = np.zeros(pictures.shape[:3], np.uint8)
    for label, (own, where) in enumerate(things, 1):
        across, down = (axis.mean() for axis in np.nonzero(where[frames // 2])[::-1])
        scale = np.clip(np.sqrt(THINGS / len(things) / where[frames // 2].mean()), *SCALES)
        x, y = WIDTH * (label / (len(things) + 1) + rng.uniform(-0.05, 0.05)), HEIGHT * rng.uniform(0.45, 0.6)
        speed = rng.uniform(*WALK) * np.array([rng.choice((-1, 1)), rng.uniform(-0.3, 0.3)])
        for place, (picture, mask) in enumerate(zip(own, where, strict=True)):
            shift = np.array([x, y]) - scale * np.array([across, down]) + speed * (place - frames / 2)
            move = np.float32([[scale, 0, shift[0]], [0, scale, shift[1]]])
            _lay(pictures[place], labels[place], label, cv2.warpAffine(picture, move, (WIDTH, HEIGHT)),
                 cv2.warpAffine(mask.astype(np.float32), move, (WIDTH, HEIGHT)))
    return Composite(name, pictures, labels)


def _backdrop(background: Backdrop, frames: int, rng: np.random.Generator) -> np.ndarray:
    """(n, h, w, 3) uint8 frames of the clip, over which a camera pans."""
    ground = clip_of(background, frames, PAN)
    drift = rng.uniform(0.5, 1.5, 2) * rng.choice((-1, 1), 2)
    return np.stack([_panned(picture, drift * (place - frames / 2)) for place, picture in enumerate(ground)])


def _lay(picture: np.ndarray, labels: np.ndarray, label: int, over: np.ndarray, cover: np.ndarray) -> None:
    """Put `over`, as far as (h, w) `cover` in [0, 1] says, into a picture, and its label into the labels."""
    picture[:] = np.rint(picture * (1 - cover[..., None]) + over * cover[..., None])
    labels[cover > 0.5] = label


def clip_of(clip: Backdrop, frames: int, scale: float) -> np.ndarray:
    """(n, h, w, 3) uint8: the first frames of the part, cropped to the picture's shape and `scale` times its size."""
    height, width = round(HEIGHT * scale), round(WIDTH * scale)
    pictures = []
    for frame in islice(io.open_source(clip.path).frames(), frames):
        picture = np.rint(frame.planes.rgb() * 255).astype(np.uint8)
        factor = clip.zoom * max(height / picture.shape[0], width / picture.shape[1])
        picture = cv2.resize(picture, None, fx=factor, fy=factor,
                             interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
        top, left = round((picture.shape[0] - height) * clip.down), round((picture.shape[1] - width) * clip.across)
        pictures.append(picture[top:top + height, left:left + width])
    return np.stack(pictures)


def _panned(picture: np.ndarray, by: np.ndarray) -> np.ndarray:
    spare = np.array([picture.shape[1] - WIDTH, picture.shape[0] - HEIGHT])
    x, y = np.clip(spare / 2 + by, 0, spare)
    move = np.float32([[1, 0, -x], [0, 1, -y]])
    return cv2.warpAffine(picture, move, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _outline(rng: np.random.Generator, radius: float) -> np.ndarray:
    """(k, 2) float: a smooth closed curve around 0."""
    knots = radius * rng.uniform(0.65, 1.25, CORNERS)
    spectrum = np.fft.rfft(knots)
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    reach = sum(np.real(value * np.exp(1j * k * angles)) * (1 if k == 0 else 2) / CORNERS
                for k, value in enumerate(spectrum))
    return np.stack((reach * np.cos(angles) * 1.2, reach * np.sin(angles)), -1)


def _moved(picture: np.ndarray, outline: np.ndarray, middle: np.ndarray, degrees: float
           ) -> tuple[np.ndarray, np.ndarray]:
    """The picture's middle with `outline` around it, moved to `middle`, and its coverage (h, w) in [0, 1]."""
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1.0)
    turn[:, 2] += middle - np.array([WIDTH, HEIGHT]) / 2
    curve = np.concatenate((outline + np.array([WIDTH, HEIGHT]) / 2, np.ones((len(outline), 1))), 1) @ turn.T
    shape = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(shape, [np.rint(curve * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    moved = cv2.warpAffine(picture, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    return moved, shape.astype(np.float32) / 255
