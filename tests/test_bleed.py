"""The colour of text that an encoder smeared around its hole is taken off, and only where it is."""

import cv2
import numpy as np
import pytest
from conftest import texture

from dipvideo.geometry import Box
from dipvideo.motion import grown, reach_of_bleeding, without_bleeding
from dipvideo.plan import Chunk
from dipvideo.planes import UNMIXED
from dipvideo.problems import feathered
from dipvideo.tasks.base import Window
from dipvideo.tasks.inpaint import FillOptions, Inpaint
from dipvideo.tasks.remove_subtitles import RemoveSubtitles, RemoveSubtitlesOptions

HEIGHT, WIDTH = 64, 160
WHITE, YELLOW, GREY = (255, 255, 255), (255, 230, 0), (128, 128, 128)


def scene(colour: tuple[int, int, int], smeared: int, saturation: float = 0.6
          ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Five frames of text over a warm texture, whose chroma is coarse by `smeared` pixels; the hole, and the picture
    without text."""
    ink = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.putText(ink, "Hello", (36, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 1, 4)
    hole = cv2.dilate(ink, np.ones((5, 5), np.uint8)) > 0
    frames, cleans = [], []
    for seed in range(5):
        grey = cv2.GaussianBlur(texture(HEIGHT, WIDTH, seed), (0, 0), 2).mean(-1, keepdims=True)
        warm = np.clip(grey * (1 + saturation * np.float32((0.5, 0, -0.9))), 0, 255).astype(np.uint8)
        shown = np.where(ink[..., None] > 0, np.uint8(colour), warm)
        frames.append(coarse(shown, smeared))
        cleans.append(warm)
    return np.stack(frames), np.stack([hole] * 5), np.stack(cleans)


def coarse(picture: np.ndarray, step: int) -> np.ndarray:
    planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)
    if step:
        planes[..., 1:] = cv2.blur(planes[..., 1:], (step, step))
    return cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB)


def off_by(picture: np.ndarray, truth: np.ndarray, where: np.ndarray) -> tuple[float, float]:
    """How far luma and chroma are from the truth's, root mean squared."""
    one, other = (cv2.cvtColor(p, cv2.COLOR_RGB2YCrCb).astype(float) for p in (picture, truth))
    squares = ((one - other)[where] ** 2).mean(0)
    return float(squares[0] ** 0.5), float(squares[1:].mean() ** 0.5)


@pytest.mark.parametrize("colour", [WHITE, YELLOW])
def test_the_colour_that_bled_is_seen_and_taken_off(colour):
    frames, holes, cleans = scene(colour, 13)
    reach = reach_of_bleeding(frames, holes)
    assert 3 <= reach <= 6
    rim = grown(holes, reach)[0] & ~holes[0]
    for frame, hole, clean in zip(frames, holes, cleans, strict=True):
        cleaned = without_bleeding(frame, hole, reach)
        luma, chroma = off_by(cleaned, clean, rim)
        assert chroma < 0.5 * off_by(frame, clean, rim)[1] and luma < 1.5
        assert cleaned.dtype == np.uint8 and (cleaned[~rim] == frame[~rim]).all()
    exact = without_bleeding(frames[0].astype(np.float32) / 255, holes[0], reach)
    assert exact.dtype == np.float32 and np.abs(exact * 255 - without_bleeding(frames[0], holes[0], reach)).max() <= 1


def test_where_nothing_bled_nothing_is_seen():
    for colour, smeared, saturation in ((WHITE, 0, 0.6), (YELLOW, 0, 0.6), (GREY, 13, 0.0)):
        assert reach_of_bleeding(*scene(colour, smeared, saturation)[:2]) == 0


def test_without_a_hole_or_without_a_picture_nothing_is_done():
    frames, holes, _ = scene(WHITE, 13)
    assert reach_of_bleeding(frames, np.zeros_like(holes)) == 0
    assert reach_of_bleeding(frames, np.ones_like(holes)) == 0
    frame = frames[0]
    for hole in (np.zeros_like(holes[0]), np.ones_like(holes[0])):
        assert without_bleeding(frame, hole, 4) is frame


def chunk() -> Chunk:
    return Chunk(0, 5, 0, 0, 5, Box(0, 0, HEIGHT, WIDTH))


def test_captions_that_were_found_lose_it_and_a_mask_that_was_given_is_kept_to():
    frames, holes, cleans = scene(YELLOW, 13)
    window = Window(0, frames, holes, holes)
    found, = list(RemoveSubtitles(RemoveSubtitlesOptions(borrow=False)).problems(chunk(), window, [2]))
    rim = found.hole & ~holes[2]
    assert rim.any() and (found.confidence[rim] == 1).all() and (found.source[rim] == UNMIXED).all()
    answer = np.rint(found.picture({"image": found.target}) * 255).astype(np.uint8)
    assert off_by(answer, cleans[2], rim)[1] < 0.5 * off_by(frames[2], cleans[2], rim)[1]
    assert feathered(found.hole, 2.0)[rim].min() > 0, "it is put back, too"
    for task in (RemoveSubtitles(RemoveSubtitlesOptions(borrow=False, mask="mask.png")),
                 Inpaint(FillOptions(borrow=False, method="deep"))):
        kept, = list(task.problems(chunk(), window, [2]))
        assert (kept.hole == holes[2]).all()
