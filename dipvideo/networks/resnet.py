"""The ResNet of Deep Image Prior's comparison of architectures: one scale, residual blocks.

He, Zhang, Ren, Sun: Deep residual learning, CVPR 2016, as used in Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR
2018, figure 8 ("ResNet, depth 8") and supplementary material: a code of one channel, eight blocks of 32 channels,
158,979 parameters for RGB. Every layer works on every
pixel: 158 thousand multiplications a pixel, nine times those of `taper`; and no output sees further than 19 pixels.
"""

from __future__ import annotations

import torch
from torch import nn

from .blocks import SLOPE, conv, norm

LEARNING_RATE = 0.001  # the paper's for this network; .01 needs five times its steps on a small soft picture


def build(code_channels: int = 1, out_channels: int = 3, *, blocks: int = 8, width: int = 32,
          padding: str = "reflect", norm_kind: str = "batch", sigmoid: bool = True) -> nn.Module:
    """blocks: residual ones, of two 3x3 convolutions of `width` channels; padding: of the first and last convolution,
    the blocks pad with zeros as in the paper.

    Output: (N, out_channels, H, W) in [0, 1] with `sigmoid`. Raises ValueError for unknown kinds and no block.
    """
    if blocks < 1:
        raise ValueError("it has at least one block")
    body = [_Block(width, norm_kind) for _ in range(blocks)]
    return nn.Sequential(
        conv(code_channels, width, 3, padding=padding), nn.LeakyReLU(SLOPE, inplace=True), *body,
        conv(width, width, 3, padding="zeros"), norm(norm_kind, width),
        conv(width, out_channels, 3, padding=padding), *([nn.Sigmoid()] if sigmoid else []))


class _Block(nn.Module):
    """Adds to what it is given."""

    def __init__(self, width: int, norm_kind: str):
        super().__init__()
        biased = norm_kind == "none"  # a norm takes the mean away, and the bias with it
        self.change = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=biased), norm(norm_kind, width),
            nn.LeakyReLU(SLOPE, inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=biased), norm(norm_kind, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.change(x)
