"""Parts that the architectures share."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SLOPE = 0.2  # of LeakyReLU, as in the paper
NORMS = ("batch", "instance", "none")
UPSAMPLINGS = ("nearest", "bilinear")
PADDINGS = ("reflect", "zeros")


def norm(kind: str, channels: int) -> nn.Module:
    """Affine instance norm is batch norm for a single picture, and does not couple frames in a batch.

    Neither keeps running statistics: the prior is never evaluated in another mode than it is fitted in.
    """
    _check("norm", kind, NORMS)
    if kind == "none":
        return nn.Identity()
    return _BatchNorm(channels, track_running_stats=False) if kind == "batch" else _InstanceNorm(channels, affine=True)


class _BatchNorm(nn.BatchNorm2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) if x.numel() > x.shape[1] else x  # one value has no spread to divide by


class _InstanceNorm(nn.InstanceNorm2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) if x.shape[-2] * x.shape[-1] > 1 else x


def conv(fan_in: int, channels: int, kernel: int, *, stride: int = 1, padding: str = "reflect") -> nn.Conv2d:
    """A convolution that keeps the size (but for `stride`), whatever it is."""
    _check("padding", padding, PADDINGS)
    mode = padding if kernel > 1 else "zeros"
    return (_ReflectConv if mode == "reflect" else nn.Conv2d)(fan_in, channels, kernel, stride, kernel // 2,
                                                              padding_mode=mode)


class _ReflectConv(nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        side = self.kernel_size[0] // 2
        mode = "reflect" if min(x.shape[-2:]) > side else "replicate"  # too small a picture has nothing to reflect
        padded = functional.pad(x, (side,) * 4, mode=mode)
        return functional.conv2d(padded, self.weight, self.bias, self.stride)


def conv_block(fan_in: int, channels: int, kernel: int, *, stride: int = 1, padding: str = "reflect",
               norm_kind: str = "batch") -> nn.Sequential:
    """Convolution, normalisation, LeakyReLU."""
    return nn.Sequential(conv(fan_in, channels, kernel, stride=stride, padding=padding), norm(norm_kind, channels),
                         nn.LeakyReLU(SLOPE, inplace=True))


class Enlarge(nn.Module):
    """To a size exactly, so that no picture need be cropped to a multiple of anything."""

    def __init__(self, mode: str):
        super().__init__()
        _check("upsample", mode, UPSAMPLINGS)
        self._arguments = {"mode": mode} if mode == "nearest" else {"mode": mode, "align_corners": False}

    def forward(self, x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        return functional.interpolate(x, size=size, **self._arguments)


def _check(what: str, kind: str, known: tuple[str, ...]) -> None:
    if kind not in known:
        raise ValueError(f"{what} is one of {', '.join(known)}, not {kind!r}")
