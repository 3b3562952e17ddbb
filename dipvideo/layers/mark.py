"""A mark that lies on every frame at the same place: found by what stands still while the picture moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from scipy.ndimage import binary_fill_holes
from skimage.filters import apply_hysteresis_threshold

from ..geometry import Box
from .lettering import lettering, without_specks
from .reading import EVEN, Mark, carried
from .steady import Steady

SAMPLES = 32  # frames that gradients are compared over
FEWEST = 4  # frames, below which a mark cannot be told from the picture
# Share of a gradient that is the same in all frames, from which it is a mark's; LOW of it does beside such. In a film
# that hardly moves many gradients are steady, the mark's still the steadiest: the first to leave a small mark counts.
STEADY, LOW = (0.5, 0.6, 0.7, 0.8, 0.9), 0.4
SIGMAS = 3.0  # of what the median of as many frames' gradients strays by itself
# Once a mark is found, edges within NEAR pixels of it are its own, too, if they are no weaker than so steady: white
# letters before a white roof in one shot of two. Without it .37 of such a mark were missed, or .70 of its thin letters.
WEAK, NEAR = 0.7, 12
# Ink is sought around its edges, and in what they enclose: it is off what lies beside by AWAY, changes CALM times
# less, and what lies beside changes by SOME.
AROUND, ROUNDS = 6, 3
AWAY, CALM, SOME = 4 / 255, 1.15, 3 / 255
EXPLAINED = 0.72  # share of steady edges that must be ink's …
STILL = 0.25  # … and of all edges away from it, that may be steady: with more the camera stands still
CLOSED = 7  # pixels on a side of the window in which edges belong to ink
SPECK = 12  # pixels: smaller is no mark
# Beside letters that are known, all else that stays is the mark's, too, if the camera moves so well that no more edges
# are steady, or if letters are so much of it; else what lies near them.
DOUBTFUL, MOSTLY = 0.05, 0.3
MOST = 0.12  # of the picture: more stands still because the picture does


class MarkFinder:
    """Gathers what finds a mark, frame after frame; its memory does not grow with their number.

    region: where the mark may be; frames: how many will come.
    """

    def __init__(self, region: Box, frames: int):
        self._region, self._every = region, max(frames / SAMPLES, 1)
        self._samples: list[np.ndarray] = []
        self._shots: list[int] = []
        self._known_steady: Steady | None = None
        self._sum = self._squares = 0.0
        self._count = self._shot = self._picture = 0

    def update(self, picture: np.ndarray, new_shot: bool = False) -> None:
        """(H, W, 3) float32 in [0, 1]: the next frame; new_shot: whether it is the first of another shot."""
        self._shot += new_shot
        self._known_steady = None
        if self._count >= len(self._samples) * self._every:
            self._samples.append(np.rint(picture[self._region.slices] * 255).astype(np.uint8))
            self._shots.append(self._shot)
        self._picture = picture.shape[0] * picture.shape[1]
        self._sum = self._sum + picture
        self._squares = self._squares + picture.astype(np.float64) ** 2
        self._count += 1

    @property
    def pictures(self) -> Sequence[np.ndarray]:
        """(h, w, 3) uint8 each: some frames of the region, spread evenly."""
        return self._samples

    def lettering(self, text: Box) -> np.ndarray:
        """(h, w) bool, of the region: the letters of a line of text that stays in it."""
        return lettering(self._samples, self._shots, text)

    def hole(self, letters: np.ndarray | None = None) -> np.ndarray | None:
        """(h, w) bool, of the region: the pixels of the mark; None where it cannot be told from the picture.

        letters: (h, w) bool, what is known to be the mark's.
        """
        found = self._found()
        if letters is None:
            return found
        if found is None:
            return letters
        still = self._stillness(letters)
        if still >= STILL:
            return letters
        if still >= DOUBTFUL and (found & letters).sum() < MOSTLY * found.sum():
            found &= cv2.dilate(letters.astype(np.uint8), _disc(NEAR)).view(bool)
        return letters | found

    def stands_still(self, mark: np.ndarray) -> bool:
        """True if the picture stands as still as a mark, wherever `mark`, (h, w) bool of the region, does not say."""
        return self._stillness(mark) >= STILL

    def _stillness(self, mark: np.ndarray) -> float:
        """The share of the edges away from a mark that are steady."""
        steady, away = self._steady(), ~cv2.dilate(mark.astype(np.uint8), np.ones((CLOSED, CLOSED))).view(bool)
        return float((steady.share > STEADY[0])[away].sum() / max(steady.busy[away].sum(), 1e-6))

    def _found(self) -> np.ndarray | None:
        """The mark that has the steadiest edges."""
        if self._count < FEWEST:
            return None
        steady = self._steady()
        for least in STEADY:
            edges = self._linked(steady.share, least)
            if not 0 < edges.sum() < MOST * self._picture:
                continue
            ink = self._ink(edges)
            if ((ink & edges).sum() > EXPLAINED * edges.sum() and 0 < ink.sum() < MOST * self._picture
                    and not self.stands_still(ink)):
                whole = ink | self._ink(_grown(ink, self._linked(steady.at_least, WEAK)))
                return whole if whole.sum() < MOST * self._picture else ink
        return None

    def _steady(self) -> Steady:
        if self._known_steady is None:  # asked for twice, of which each time takes as long as all the rest
            self._known_steady = Steady.of(np.stack(self._samples), self._shots)
        return self._known_steady

    def _linked(self, share: np.ndarray, least: float) -> np.ndarray:
        """(h, w) bool: edges so steady, and those a little less, but more than by chance, that touch them."""
        chance = SIGMAS / (SIGMAS + np.sqrt(len(self._samples)))
        return apply_hysteresis_threshold(share, max(LOW * least, chance), max(least, chance))

    def _ink(self, edges: np.ndarray) -> np.ndarray:
        """(h, w) bool: the mark that has these edges: what around and between them is lighter or darker, and changes
        less, than the picture beside it."""
        mean, spread = (values[self._region.slices] for values in self._statistics())
        ink = edges
        for _ in range(ROUNDS):
            hull = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, _disc(AROUND))
            hull = cv2.dilate(binary_fill_holes(hull).astype(np.uint8), _disc(AROUND // 2)).view(bool)
            away = np.abs(mean - carried(mean, hull)).mean(-1)
            beside, own = carried(spread, hull).mean(-1), spread.mean(-1)
            ink = hull & (away > AWAY) & (beside > CALM * own) & (beside > SOME)
        return _whole(ink, edges)

    def _statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation over the frames, (H, W, 3) float32."""
        mean = self._sum / self._count
        spread = np.sqrt(np.maximum(self._squares / self._count - mean**2, 0))
        return mean.astype(np.float32), spread.astype(np.float32)

    def mark(self, hole: np.ndarray) -> Mark:
        """How the picture comes through a hole of (H, W) bool, the whole picture's size."""
        mean, spread = self._statistics()
        even = np.zeros(hole.shape, bool)
        if self._samples:
            even[self._region.slices] = cv2.dilate(self._steady().share, np.ones((3, 3))) < EVEN
        mark = Mark.of(mean, spread, hole, even)
        if self._count < FEWEST:
            return replace(mark, trust=np.zeros_like(mark.trust))
        return mark.checked(self._samples, self._region)


def _grown(ink: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(h, w) bool: ink, and those of the edges that lie near it, near those, and so on."""
    _, parts = cv2.connectedComponents(edges.astype(np.uint8))
    while True:
        near = cv2.dilate(ink.astype(np.uint8), _disc(NEAR)).view(bool) & edges
        more = np.isin(parts, np.unique(parts[near & ~ink])) & edges
        if not (more & ~ink).any():
            return ink
        ink = ink | more


def _whole(ink: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(h, w) bool: ink, the edges beside it and what both enclose closely, without specks."""
    near = cv2.dilate(ink.astype(np.uint8), np.ones((CLOSED, CLOSED))).view(bool)
    closed = cv2.morphologyEx((ink | (edges & near)).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return without_specks(closed, SPECK)


def _disc(reach: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
