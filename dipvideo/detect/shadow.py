"""A soft shadow, or a glow, around letters: no edge says where it ends, it fades out.

It takes from the picture's changes what it takes from its light: where the picture moves it moves less, and where the
picture stands still it changed when the caption came and went. A hard outline is told from it by its edge, and a
picture that is darker there by that it moves, or stayed, as it does elsewhere.
"""

from __future__ import annotations

import numpy as np

FARTHEST = 0.85  # of a letter's height: so far it is looked for
FAINT_255 = 5.0  # luma step against farther away that can be seen
CHANGE_255 = 3.0  # of that, where the caption comes or goes and the picture stands still
PLAIN_255 = 12.0  # of that, beside the text's edges: a fainter one is worth no larger hole
GROWN_255 = 2.0  # so much a shadow may seem to grow from one pixel to the next, for all that it fades
DULLED = 0.93  # of the deviation over time farther away
MOVING_255 = 6.0  # deviation over time of a picture that moves
STILL_255 = 8.0  # so little changes in a picture that stands still
# Of its strongest: so much is gone where it is lost, or at the farthest, and no more between one pixel and the next: a
# box has an edge, or does not end.
FADED, STEEPEST = 0.5, 0.4
FEWEST = 8  # pixels at one distance that say something
START = 3  # pixels beside the letters' own soft edge: darker than the picture or brighter, but not yet fading


def soft_reach(here: np.ndarray, there: np.ndarray, distance: np.ndarray, above: np.ndarray, edge: int,
               farthest: int) -> int:
    """How many pixels away from the letters a soft shadow can be seen, 0 where there is none.

    here, there: (2 or more, n) luma, its deviation over time, and how much it changed at the caption's coming and
    going, of pixels near the letters and of the picture straight on from each; distance: (n,) whole pixels of the
    former from the letters; above: (n,) bool, those above letters, others lie below; edge: up to where the text's
    edges reach; farthest: where it is given up.
    """
    sides = [_fades(here[:, side], there[:, side], distance[side], edge, farthest) for side in (above, ~above)]
    sure = [reach for reach, certain in sides if certain]
    # what nothing but its light speaks for may be the picture's, unless both sides say so
    return max(sure) if sure else min(reach for reach, _ in sides)


def _fades(here: np.ndarray, there: np.ndarray, distance: np.ndarray, edge: int, farthest: int) -> tuple[int, bool]:
    """The same on one side, and whether more than light and dark speaks for it."""
    shade = here[0] - there[0]
    start = shade[distance <= START]
    sign = np.sign(np.median(start)) if start.size else 0
    lights, certain = [], False
    for step in range(1, farthest + 1):
        at = distance == step
        if at.sum() < FEWEST:
            return 0, False
        light = sign * np.median(shade[at])
        usual, *stayed = np.median(there[1:, at], axis=1)
        signs = [np.median(here[1, at]) <= DULLED * usual] if usual > MOVING_255 else []
        signs += [abs(np.median(now[at] - then[at])) >= CHANGE_255
                  for now, then, still in zip(here[2:], there[2:], stayed, strict=True) if still <= STILL_255]
        lights.append(light)
        if light < FAINT_255 or not all(signs):
            break
        if step > START and light > lights[-2] + GROWN_255:
            return 0, False
        certain = certain or bool(signs)
    else:
        step = farthest + 1
    if len(lights) < edge + 2 or lights[edge] < PLAIN_255:
        return 0, False
    gently = -np.diff(lights[max(edge - 1, 0):]).min() < STEEPEST * max(lights)
    return (step - 1, certain) if gently and lights[-1] < FADED * max(lights) else (0, False)
