"""Whether drawing is worth its steps is tried on known pixels, before any frame is fitted for its answer."""

import numpy as np
import torch
from conftest import texture

from dipvideo.engine import Prior, fit_frames, make_warm_start
from dipvideo.geometry import Box
from dipvideo.metrics import psnr
from dipvideo.problems import FillProblem

SIZE = 64, 96
SMALL = "taper:widths=16-32-48,skip=4"


def hole() -> np.ndarray:
    """Strokes in the left half."""
    strokes = np.zeros(SIZE, bool)
    for left in range(8, 40, 8):
        strokes[20:44, left:left + 4] = True
    return strokes


def posed(picture: np.ndarray, confidence: float = 0.0) -> FillProblem:
    image = picture.astype(np.float32) / 255
    known = hole() * np.float32(confidence)
    return FillProblem.of(Box(0, 0, *SIZE), np.where(hole()[..., None], 0.5, image).astype(np.float32), hole(), known,
                          share=None)


def slanted() -> np.ndarray:
    """Diagonal bars: what a rim carried in smears."""
    y, x = np.mgrid[:SIZE[0], :SIZE[1]]
    return np.repeat(128 + 50 * np.sign(np.sin((x + y) / 3.5))[..., None], 3, 2)


def estimate_of(problem: FillProblem, picture: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"image": (picture - problem.base + 1) / 2}


def test_what_is_drawn_is_worth_all_where_it_is_the_truth_and_nothing_where_it_is_the_rim_or_noise() -> None:
    rehearsal = posed(slanted()).rehearsal()
    problem = rehearsal.problem
    truth = torch.from_numpy(np.moveaxis(slanted() / 255, -1, 0)[None].astype(np.float32))
    noise = problem.plain + 0.3 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(0))
    assert rehearsal.worth(estimate_of(problem, truth)) > 0.95
    assert 0.4 < rehearsal.worth(estimate_of(problem, (2 * truth - problem.plain))) < 0.6
    assert rehearsal.worth(estimate_of(problem, problem.plain)) == 0
    assert rehearsal.worth(estimate_of(problem, noise)) == 0


def test_what_is_hidden_for_the_trial_is_known_and_the_fit_does_not_see_it() -> None:
    problem = posed(slanted())
    more = problem.rehearsal().problem
    extra = more.hole & ~problem.hole
    assert extra.sum() > 100 and not (extra & problem.hole).any()
    assert not more.weight[0, 0].numpy()[extra].any()


def test_a_picture_that_can_be_guessed_is_drawn_and_better_for_it() -> None:
    picture = slanted()
    problems = [posed(picture) for _ in range(3)]
    prior = Prior(problems[0].outputs(), network=SMALL, seed=0)
    fits = list(fit_frames(problems, prior, make_warm_start("previous"), first_steps=150, steps=10))
    problem, fit = fits[-1]
    rim = problem.picture(estimate_of(problem, problem.plain))
    assert problem.share > 0.5
    assert psnr(problem.picture(fit.estimate), picture / 255, hole()) > psnr(rim, picture / 255, hole()) + 1.5


def test_where_drawing_is_worth_nothing_no_further_frame_costs_a_step() -> None:
    grass = np.random.default_rng(0).uniform(0, 255, (*SIZE, 3))
    problems = [posed(grass) for _ in range(3)]
    prior = Prior(problems[0].outputs(), network=SMALL, seed=0)
    fits = list(fit_frames(problems, prior, make_warm_start("previous"), first_steps=20, steps=10))
    assert [fit.steps for _, fit in fits] == [20, 0, 0]
    assert all(problem.share == 0 for problem, _ in fits)


def test_nothing_is_tried_where_the_prior_draws_all_as_in_the_paper() -> None:
    problem = FillProblem.of(Box(0, 0, *SIZE), texture(*SIZE).astype(np.float32) / 255, hole(),
                             np.zeros(SIZE, np.float32), base=False)
    assert problem.rehearsal() is None and posed(texture(*SIZE), confidence=1.0).at_rest() is not None


def test_a_hole_that_is_mostly_borrowed_is_not_tried_at_all() -> None:
    confidence = hole() * np.float32(0.9)
    confidence[20:28] = 0
    image = slanted().astype(np.float32) / 255
    asked = [FillProblem.of(Box(0, 0, *SIZE), image, hole(), confidence, share=share) for share in (None, 1.0)]
    assert asked[0].at_rest() is not None and asked[1].at_rest() is None
