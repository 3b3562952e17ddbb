"""Warm starts: each starts a frame from what it says, and says no in words."""

import copy

import pytest
import torch
from test_engine import make_prior, scene

from dipvideo import engine, spec
from dipvideo.errors import OptionError
from dipvideo.options import EngineOptions


def fitted(policy: str) -> tuple[engine.Prior, list[torch.Tensor], list[torch.Tensor]]:
    """A prior that `policy` readied for its second frame, and Adam's two moments of before that."""
    problem = scene()[0][0]
    prior, start = make_prior(problem), engine.make_warm_start(policy)
    start.begin(prior)
    engine.fit(problem, prior, steps=5)
    start.end(prior)
    moments = [copy.deepcopy([s[k] for s in prior.optimiser.state.values()]) for k in ("exp_avg", "exp_avg_sq")]
    start.begin(prior)
    return prior, *moments


def same(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return len(some) == len(others) and all(torch.equal(a, b) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize("name", ["previous", "average", "window", "anchor"])
def test_what_of_adam_is_carried_can_be_said(name: str) -> None:
    prior, first, second = fitted(f"{name}:optimiser=carried")
    assert same([s["exp_avg"] for s in prior.optimiser.state.values()], first)
    assert same([s["exp_avg_sq"] for s in prior.optimiser.state.values()], second)
    prior, _, second = fitted(f"{name}:optimiser=second-moment")
    assert not any(s["exp_avg"].any() for s in prior.optimiser.state.values())
    assert same([s["exp_avg_sq"] for s in prior.optimiser.state.values()], second)
    prior, _, _ = fitted(f"{name}:optimiser=reset")
    assert not any(value.any() for s in prior.optimiser.state.values() for value in s.values())


def test_the_second_moment_is_carried_unless_told_otherwise() -> None:
    plain, said = fitted("previous")[0], fitted("previous:optimiser=second-moment")[0]
    states = [[s[k] for s in p.optimiser.state.values() for k in ("exp_avg", "exp_avg_sq")] for p in (plain, said)]
    assert same(*states)


def started(policy: str, values: list[float]) -> list[float]:
    """What a policy starts the next frame from, after frames that ended with all their weights at each of `values`."""
    prior, start = make_prior(scene()[0][0]), engine.make_warm_start(policy)
    for value in values:
        start.begin(prior)
        prior.load([torch.full_like(p, value) for p in prior.parameters])
        start.end(prior)
    start.begin(prior)
    return prior.parameters[0].detach().flatten().tolist()


def test_parameters_are_what_they_say() -> None:
    assert started("average:decay=0.9", [1, 2])[0] == pytest.approx(1.1)
    assert started("window:frames=2", [1, 5, 8])[0] == pytest.approx(6.5)
    assert started("anchor:shrink=0.25", [4, 6, 12])[0] == pytest.approx(10)  # a quarter of the way back from 12 to 4
    assert started("anchor:shrink=0", [4, 12]) == started("previous", [4, 12])


def test_shaken_weights_are_spread_as_they_were_drawn_and_the_same_for_one_seed() -> None:
    first = make_prior(scene()[0][0]).parameters[0].detach()
    shaken = torch.tensor(started("anchor:shrink=1,noise=0.5", [3, 5]))
    assert float(shaken.mean()) == pytest.approx(3, abs=0.1)
    assert float(shaken.std() / first.std()) == pytest.approx(0.5, rel=0.2)
    assert started("anchor:noise=0.5", [3, 5]) == started("anchor:noise=0.5", [3, 5])


def test_a_list_of_specs_keeps_their_settings_together() -> None:
    assert spec.listed("cold, anchor:shrink=0.1,noise=0.2 ,average:decay=0.9,previous") == [
        "cold", "anchor:shrink=0.1,noise=0.2", "average:decay=0.9", "previous"]


@pytest.mark.parametrize("text, sentence", [
    ("yesterday", "no warm start called 'yesterday'. Known: previous, average, window, anchor, cold"),
    ("average:speed=2", "no parameter 'speed'. Known: decay, optimiser"),
    ("cold:decay=0.5", "no parameter 'decay'. Known: none"),
    ("average:decay=much", "cannot take decay='much': it is like 0.5"),
    ("average:decay=1.5", "decay is from 0 to 1, not 1.5"),
    ("window:frames=0", "at least one frame, not 0"),
    ("window:frames=2.5", "cannot take frames='2.5': it is like 4"),
    ("anchor:noise=-1", "noise is at least 0, not -1"),
    ("previous:optimiser=half", "optimiser is one of carried, second-moment, reset, not 'half'"),
])
def test_what_is_unsound_is_one_sentence_before_any_work(text: str, sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        engine.settle(EngineOptions(device="cpu", warm_start=text))


def test_an_unsound_network_is_named_before_any_work() -> None:
    drawn = torch.get_rng_state()
    with pytest.raises(OptionError, match="2, 2 and 3 scales"):
        engine.settle(EngineOptions(device="cpu", network="skip:down=8-8,skip=4-4-4"))
    engine.settle(EngineOptions(device="cpu", network="skip"))
    assert torch.equal(torch.get_rng_state(), drawn)
