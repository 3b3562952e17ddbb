"""Architectures: the paper's size, any picture's shape, and parameters that say no in words."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from dipvideo.engine import Prior
from dipvideo.errors import OptionError
from dipvideo.networks import make
from dipvideo.networks.blocks import Enlarge
from dipvideo.registry import names


def parameters(spec: str) -> int:
    return sum(p.numel() for p in make(spec, 3).parameters())


def test_the_skip_network_has_the_papers_size() -> None:
    assert parameters("skip") == 2_217_831


def test_the_papers_other_architectures_have_its_sizes() -> None:
    """The counts are those of the authors' own modules, with the settings of their comparison (figure 8)."""
    assert parameters("encoder-decoder") == 2_996_467 and parameters("resnet") == 158_979
    convolutions = [m for m in make("unet", 3).modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert sum(p.numel() for m in convolutions for p in m.parameters()) == 1_616_315


@pytest.mark.parametrize("name, halvings", [("encoder-decoder", 6), ("unet", 5), ("resnet", 0), ("skip", 5)])
def test_a_network_is_as_deep_as_it_says(name: str, halvings: int) -> None:
    network, sizes = make(name, 3), []
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.register_forward_hook(lambda module, given, out: sizes.append(out.shape[-1]))
    network(torch.rand(1, network.code_channels, 128, 256))
    assert min(sizes) == 256 >> halvings


def test_a_residual_block_adds_to_what_it_is_given() -> None:
    network = make("resnet:blocks=2,norm_kind=none", 3)
    code = torch.rand(1, 1, 12, 16)
    with_blocks = network(code)
    for module in network.modules():
        if hasattr(module, "change"):
            nn.init.zeros_(module.change[-2].weight)
            nn.init.zeros_(module.change[-2].bias)
    silent = network(code)
    without = nn.Sequential(*(m for m in network if not hasattr(m, "change")))
    assert torch.equal(silent, without(code)) and not torch.allclose(silent, with_blocks)


def test_a_network_brings_its_own_step_unless_told_otherwise() -> None:
    steps = {name: Prior({"image": (3, 8, 8)}, network=name, seed=0).optimiser.param_groups[0]["lr"]
             for name in names("networks")}
    assert steps.pop("unet") == steps.pop("resnet") == steps.pop("stack") == 0.001 and set(steps.values()) == {0.01}
    told = Prior({"image": (3, 8, 8)}, network="unet", seed=0, learning_rate=0.02)
    assert told.optimiser.param_groups[0]["lr"] == 0.02


@pytest.mark.parametrize("name", sorted(set(names("networks")) - {"stack"}))  # which sees too little of a code
@pytest.mark.parametrize("flat", [True, False])
def test_every_network_can_be_fitted(name: str, flat: bool) -> None:
    prior = Prior({"image": (3, 25, 36)}, network=name, seed=0, flat=flat)
    torch.manual_seed(1)
    picture = torch.nn.functional.interpolate(torch.rand(1, 3, 5, 6), size=(25, 36), mode="bicubic").clamp(0, 1)
    whole = SimpleNamespace(codes=lambda: None, loss=lambda estimate: (estimate["image"] - picture).square().mean())
    losses = [float(prior.step(whole)) for _ in range(60)]
    assert losses[-1] < 0.8 * losses[0]


def test_the_papers_other_settings_can_be_said() -> None:
    text = make("skip:down=128-128-128-128-128,skip=128,upsample=nearest", 3)
    assert text.code_channels == 32 and sum(p.numel() for p in text.parameters()) > 3_000_000
    jpeg = make("skip:code_channels=3,down=8-16-32-64-128,skip=0-0-0-4-4", 3)
    assert jpeg.code_channels == 3
    region = make("skip:code_channels=1,down=16-32-64-128-128-128,skip=0,kernel_down=5,one_by_one=no", 3)
    assert region(torch.rand(1, 1, 70, 90)).shape == (1, 3, 70, 90)


@pytest.mark.parametrize("name", names("networks"))
@pytest.mark.parametrize("shape", [(64, 96), (37, 61), (33, 8), (5, 3), (1, 1)])
def test_any_shape_comes_out_as_it_went_in_and_within_bounds(name: str, shape: tuple[int, int]) -> None:
    network = make(name, 2)
    picture = network(torch.rand(1, network.code_channels, *shape))
    assert picture.shape == (1, 2, *shape)


@pytest.mark.parametrize("size", [(7, 12), (14, 24), (13, 24)])
def test_enlarging_is_bilinear_however_it_is_done(size: tuple[int, int]) -> None:
    small = torch.rand(1, 3, 7, 12, requires_grad=True)
    expected = torch.nn.functional.interpolate(small, size=size, mode="bilinear", align_corners=False)
    enlarged = Enlarge("bilinear")(small, size)
    assert torch.allclose(enlarged, expected, atol=1e-6)
    slopes = [torch.autograd.grad(x.square().sum(), small)[0] for x in (enlarged, expected)]
    assert torch.allclose(*slopes, atol=1e-5)


@pytest.mark.parametrize("spec, sentence", [
    ("abacus", "no network called 'abacus'. Known: "),
    ("skip:depth=4", "no parameter 'depth'. Known: "),
    ("skip:upsample=cubic", "upsample is one of nearest, bilinear"),
    ("skip:down=a-b", "cannot take down='a-b'"),
    ("skip:down=8-8,skip=4-4-4", "2, 2 and 3 scales"),
    ("skip:kernel_up=2", "kernels are odd"),
    ("taper:norm_kind=group", "norm is one of"),
    ("encoder-decoder:kernel_down=4", "kernels are odd"),
    ("unet:upsample=cubic", "upsample is one of"),
    ("resnet:blocks=0", "at least one block"),
])
def test_what_cannot_be_built_is_named(spec: str, sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        network = make(spec, 3)
        network(torch.rand(1, network.code_channels, 32, 32))


def test_a_network_is_checked_without_loading_the_compiler() -> None:
    """torch._dynamo takes three seconds to import: every run would wait for it before it begins."""
    code = ("import sys, torch; from dipvideo.networks import make\nwith torch.device('meta'): make('taper', 3)\n"
            "assert 'torch._dynamo' not in sys.modules")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
