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
    if kind == "batch":
        return nn.BatchNorm2d(channels, track_running_stats=False)
    if kind == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    if kind == "none":
        return nn.Identity()
    raise ValueError(f"norm is one of {', '.join(NORMS)}, not {kind!r}")


def conv(fan_in: int, channels: int, kernel: int, *, stride: int = 1, padding: str = "reflect") -> nn.Conv2d:
    if padding not in PADDINGS:
        raise ValueError(f"padding is one of {', '.join(PADDINGS)}, not {padding!r}")
    return nn.Conv2d(fan_in, channels, kernel, stride, kernel // 2, padding_mode=padding if kernel > 1 else "zeros")


def conv_block(fan_in: int, channels: int, kernel: int, *, stride: int = 1, padding: str = "reflect",
               norm_kind: str = "batch") -> nn.Sequential:
    """Convolution, normalisation, LeakyReLU."""
    return nn.Sequential(conv(fan_in, channels, kernel, stride=stride, padding=padding), norm(norm_kind, channels),
                         nn.LeakyReLU(SLOPE, inplace=True))


def enlarge(x: torch.Tensor, size: tuple[int, int], mode: str) -> torch.Tensor:
    """To `size` exactly, so that no picture need be cropped to a multiple of anything."""
    if mode not in UPSAMPLINGS:
        raise ValueError(f"upsample is one of {', '.join(UPSAMPLINGS)}, not {mode!r}")
    if mode == "nearest":
        return functional.interpolate(x, size=size, mode=mode)
    return functional.interpolate(x, size=size, mode=mode, align_corners=False)
