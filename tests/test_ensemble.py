"""Several priors answer together: their mean is closer than they are, and each is fitted as if it were alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_engine import scene
from test_follow import SETTINGS

from dipvideo import engine
from dipvideo.metrics import mse
from dipvideo.restore import APART, make_prior


def make(members: int, seed: int = 0) -> engine.Prior:
    return make_prior(scene()[0][0], replace(SETTINGS, ensemble=members, flat_start=False), seed)


def test_the_mean_is_closer_to_the_truth_than_most_of_its_members() -> None:
    problems, clean, hole = scene()
    together = make(3)
    answer = engine.fit(problems[0], together, steps=60).estimate
    alone = [mse(problems[0].picture(member()), clean[0], hole) for member in map(_still, together.members)]
    assert mse(problems[0].picture(answer), clean[0], hole) < np.median(alone)


def _still(member: engine.Prior):
    with torch.no_grad():
        made = member()
    return lambda: made


@pytest.mark.parametrize("policy", ["previous", "previous:optimiser=reset", "average", "window", "anchor:noise=0.1",
                                    "cold"])
def test_each_member_is_fitted_as_if_it_were_alone(policy: str) -> None:
    problems, _, _ = scene()

    def last(prior: engine.Prior) -> torch.Tensor:
        *_, (_, fit) = engine.fit_frames(problems[:3], prior, engine.make_warm_start(policy), first_steps=12, steps=5,
                                         average=0.5)
        return fit.estimate["image"]

    alone = [last(make(1, seed)) for seed in (0, APART)]
    together = make(2)
    answer = last(together)
    assert not torch.allclose(*alone, atol=1e-3)
    assert all(torch.equal(member.answer()["image"], one) for member, one in zip(together.members, alone, strict=True))
    assert (torch.minimum(*alone) - 1e-6 <= answer).all() and (answer <= torch.maximum(*alone) + 1e-6).all()


def test_who_is_further_off_what_is_known_counts_less() -> None:
    problem, together = scene()[0][0], make(2)
    for _ in range(30):
        together.members[0].step(problem)  # ahead of the other
    together.step(problem)
    with torch.no_grad():
        (ahead, behind), answer = (member()["image"] for member in together.members), together()["image"]
    share = float(((answer - behind) * (ahead - behind)).sum() / (ahead - behind).square().sum())
    losses = [float(problem.loss({"image": each})) for each in (ahead, behind)]
    assert 0.6 < share < 1 and losses[0] < losses[1]


def test_one_prior_is_no_ensemble() -> None:
    assert type(make(1)) is engine.Prior and len(make(1).members) == 1
