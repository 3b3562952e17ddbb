"""Threads: as many as the work is worth, the same for the same work, and what the user says stands."""

import os
import subprocess
import sys

import pytest
import torch

from dipvideo import engine
from dipvideo.engine import threads
from dipvideo.machine import sharing


@pytest.fixture(autouse=True)
def four_cores(monkeypatch):
    """As on a machine with four cores, where nothing is said; what was set is set back."""
    before = torch.get_num_threads()
    monkeypatch.setattr(threads, "AVAILABLE", 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    yield
    torch.set_num_threads(before)


def threads_after(network: str, height: int, width: int, **settings) -> int:
    engine.Prior({"image": (3, height, width)}, network=network, seed=0, **settings)
    return torch.get_num_threads()


def test_work_is_counted_as_it_is_done() -> None:
    prior = engine.Prior({"image": (3, 40, 60)}, network="resnet:blocks=1,width=4", seed=0)
    by_hand = 9 * 40 * 60 * (1 * 4 + 2 * 4 * 4 + 4 * 4 + 4 * 3)
    assert threads.multiplications(prior.networks, prior) == by_hand
    halved = engine.Prior({"image": (3, 8, 8)}, network="unet:widths=4-8", seed=0)
    by_hand = 9 * 64 * (4 + 16) + 9 * 16 * (32 + 64) + 16 * 16 * 32 + 9 * 64 * (32 + 16) + 64 * 12
    assert threads.multiplications(halved.networks, halved) == by_hand
    assert not any(module._forward_hooks for module in prior.networks.modules())


def test_little_work_stays_on_one_thread_and_more_takes_more() -> None:
    with sharing(5):
        assert threads_after("taper", 64, 304) == 1
        assert threads_after("taper", 160, 768) == 3
        assert threads_after("taper", 64, 304) == 1  # the next, smaller crop gives them back
        assert threads_after("taper:skip=8,widths=32-64-96-128-128", 160, 768) == 4  # as many as there are
    with sharing(2):
        assert threads_after("taper", 160, 768) == 2  # others work beside it


def test_what_the_user_says_stands(monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    torch.set_num_threads(2)
    assert threads_after("taper", 16, 32) == 2 and threads_after("taper", 160, 768) == 2


def test_a_prior_is_the_same_whether_it_was_counted_or_not(monkeypatch) -> None:
    def picture() -> torch.Tensor:
        prior = engine.Prior({"image": (3, 24, 40)}, network="taper:widths=8-16", seed=3, input_noise=0.5)
        return prior(perturb=True)["image"]

    counted = picture()
    monkeypatch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads()))
    assert torch.equal(counted, picture())


@pytest.mark.parametrize("said, expected", [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7")])
def test_threads_that_wait_give_way_soon(said: dict[str, str], expected: str) -> None:
    clean = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    ran = subprocess.run([sys.executable, "-c", "import dipvideo, torch"], capture_output=True, text=True, check=True,
                         env={**clean, "OMP_DISPLAY_ENV": "VERBOSE", **said})
    if "GOMP_SPINCOUNT" not in ran.stderr:
        pytest.skip("torch was not built with GNU OpenMP here")
    assert f"GOMP_SPINCOUNT = '{expected}'" in ran.stderr
