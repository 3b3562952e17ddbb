"""Convolutions one after the other at one size: what a filter needs that sees only its neighbourhood.

The network of ZSSR (Shocher, Cohen, Irani, CVPR 2018: 8 layers of 64 channels), a little smaller.
"""

from __future__ import annotations

from torch import nn

from .blocks import conv, conv_block

LEARNING_RATE = 0.001  # without a norm to hold it, more diverges


def build(code_channels: int = 3, out_channels: int = 3, *, width: int = 48, layers: int = 6, kernel: int = 3,
          padding: str = "reflect", sigmoid: bool = True) -> nn.Module:
    """width: channels of each of the `layers` convolutions; the last one gives `out_channels`.

    Output: (N, out_channels, H, W) in [0, 1] with `sigmoid`. Raises ValueError for fewer than two layers.
    """
    if layers < 2:
        raise ValueError(f"a stack has at least 2 layers, not {layers}")
    fans = [code_channels] + [width] * (layers - 2)
    inner = [conv_block(fan, width, kernel, padding=padding, norm_kind="none") for fan in fans]
    last = conv(width, out_channels, kernel, padding=padding)
    return nn.Sequential(*inner, last, *([nn.Sigmoid()] if sigmoid else []))
