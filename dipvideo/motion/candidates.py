"""Which frames might show what is hidden, each moved onto the target in up to three ways, and what each costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import cv2
import numpy as np

from .agreement import CELL, NONE, detail, disagreement
from .align import Tracks
from .flow import Flows
from .scene import Scene

# Frames to each side: (from, up to, every). Trying every one up to 48 costs a third more time and gains nothing; every
# third from 8 on loses up to 3.7 dB where a pixel shows only in passing; the far ones gain 1.4 dB where text stays long
# over a pan.
SPANS = ((1, 16, 1), (18, 48, 2), (52, 96, 4))
OFFSETS = [offset for start, stop, step in SPANS for offset in range(start, stop + 1, step)]
REACH = OFFSETS[-1]
BEHIND = 8  # frames that another thread's target may be behind; were it farther, flows would be found twice
FLOOR = 1.0  # squared code values added to every cost: quantisation makes no candidate perfect
DEPTH = 4  # pixels of the film from which a rim would have to be carried into a stroke
# A cost below STILL squared code values + SHARE of the rim's is not worth bettering: where it is so in ENOUGH of the
# hole, the dearer ways to move a frame are left out. It saves a third of the time under a slow pan and most of it under
# a still camera, and loses nothing.
STILL, SHARE, ENOUGH = 6.0, 0.1, 0.99
# Pixels of the film by which a frame's picture has moved that is then not tried as it stands: a tenth less time under a
# pan, up to a third under a hand-held camera; ten clips stay within .1 dB, another (Hebrew letters) loses .4.
MOVED = 1.0
# Candidates mixed at a pixel: all would cost twice the time for .1 dB, 8 would leave .3 dB more noise. Where that many
# are so good in ENOUGH of the hole, no further frame is asked: under a pan that is half of them, for .2 dB of 40.
MOST = 16


@dataclass(frozen=True, slots=True)
class Candidate:
    """A frame moved onto the target.

    place: (h, w, 2) float32, where the target's working pixels lie in it; None: where they are. cost and gain: one
    float32 for each hidden working pixel, squared code values (inf where the frame does not show it) and its exposure.
    """

    frame: int
    place: np.ndarray | None
    cost: np.ndarray
    gain: np.ndarray


class Candidates:
    """Finds the candidates of each target; of several at once, if several threads ask."""

    def __init__(self, scene: Scene):
        self._scene, self._tracks, self._flows = scene, Tracks(scene), Flows(scene)
        self._cell = max(CELL // scene.grid, 1)

    def rim(self, target: int) -> np.ndarray:
        """(k,) for each hidden working pixel about what filling it from the rim would cost, squared code values."""
        luma, known = self._scene.luma[target], self._scene.known[target]
        return detail(luma.astype(np.float32), known, self._cell, max(DEPTH // self._scene.grid, 1))[known == 0]

    def of(self, target: int, rim: np.ndarray, evidence: np.ndarray) -> list[Candidate]:
        """What shows some of the hole of `target`: near frames before far ones, cheap ways to move them before dear,
        until enough is known.

        evidence: (H, W) bool, the target's pixels that tell what agrees with it.
        """
        luma, known = self._scene.view(target, evidence)
        hidden = np.flatnonzero(self._scene.known[target] == 0)
        count = len(self._scene.luma)
        sources = [s for o in OFFSETS for s in (target - o, target + o) if 0 <= s < count]
        found: list[Candidate] = []
        wanted, good, enough = luma.astype(np.float32), STILL + SHARE * rim, np.zeros(len(rim), int)
        still = ((s, None) for s in sources if self._tracks.moved(target, s) * self._scene.grid < MOVED)
        for moved in (still, self._panned(target, sources), self._flown(target)):
            for source, place in moved:
                candidate = self._candidate(hidden, wanted, known, source, place)
                if candidate is not None:
                    found.append(candidate)
                    enough += candidate.cost < good
                    if np.mean(enough >= MOST) > ENOUGH:
                        break
            if found and np.mean(enough > 0) > ENOUGH:
                break
        self._flows.forget(target - REACH - BEHIND)
        return found

    def _panned(self, target: int, sources: list[int]) -> Iterator[tuple[int, np.ndarray]]:
        for source in sources:
            model = self._tracks.model(target, source)
            if model is not None:
                yield source, cv2.transform(self._scene.still, model)

    def _flown(self, target: int) -> Iterator[tuple[int, np.ndarray]]:
        both = (self._flows.chain(target, [sign * offset for offset in OFFSETS]) for sign in (-1, 1))
        for near in zip_longest(*both):
            yield from (flown for flown in near if flown is not None)

    def _candidate(self, hidden: np.ndarray, wanted: np.ndarray, evidence: np.ndarray, source: int,
                   place: np.ndarray | None) -> Candidate | None:
        """None if the moved frame shows nothing `hidden`, as the frames of one caption under a still camera do."""
        luma, known = self._scene.lent[source], self._scene.lendable[source]
        if place is not None:
            known = (cv2.remap(known, place, None, cv2.INTER_LINEAR) > 0.99).astype(np.float32)
        shown = known.ravel()[hidden] > 0
        if not shown.any():
            return None
        if place is not None:
            luma = cv2.remap(luma, place, None, cv2.INTER_LINEAR)
        cost, gain = disagreement(wanted, luma.astype(np.float32), known * evidence, self._cell)
        cost, gain = cost.ravel()[hidden], gain.ravel()[hidden]
        cost = np.where(shown & (cost < NONE / 5), cost + FLOOR, np.inf)
        return Candidate(source, place, cost, gain) if np.isfinite(cost).any() else None
