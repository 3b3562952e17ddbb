"""The U-Net of Deep Image Prior's comparison of architectures.

Ronneberger, Fischer, Brox: U-Net, MICCAI 2015, as used in Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR 2018,
figure 8 ("U-net, depth 5") and supplementary material: a code of one channel, five halvings by maximum, an eighth of
the first U-Net's channels, instance norm on the way down only, transposed convolutions up, zero padding, rectifiers.
The paper finds skips that carry every channel of every scale
detrimental where a large region is to be filled. 1,616,315 parameters in convolutions for RGB, as there; its instance
norm has none, ours scales and shifts.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from .blocks import Enlarge, conv, conv_block

LEARNING_RATE = 0.001  # the paper's for this network; with .01 the rectifiers of a flat start die


def build(code_channels: int = 1, out_channels: int = 3, *, widths: tuple = (8, 16, 32, 64, 128, 128),
          upsample: str = "transposed", padding: str = "zeros", norm_kind: str = "instance",
          sigmoid: bool = True) -> nn.Module:
    """widths: channels a scale, finest first and the deepest last, so one more than there are halvings.

    upsample: transposed (learnt, 4x4), nearest or bilinear. norm_kind: of the way down; the way up has none.
    Output: (N, out_channels, H, W) in [0, 1] with `sigmoid`. Raises ValueError for unknown kinds.
    """
    return _UNet(code_channels, out_channels, widths, upsample, padding, norm_kind, sigmoid)


class _UNet(nn.Module):
    def __init__(self, code_channels: int, out_channels: int, widths: tuple, upsample: str, padding: str,
                 norm_kind: str, sigmoid: bool):
        super().__init__()
        fans = (code_channels, *widths[:-1])
        self.down = nn.ModuleList(_pair(fan, width, padding, norm_kind)
                                  for fan, width in zip(fans, widths, strict=True))
        self.enlarge = nn.ModuleList(_Up(below, width, upsample, padding)
                                     for width, below in pairwise(widths))
        self.up = nn.ModuleList(_pair(2 * width, width, padding, "none") for width in widths[:-1])
        self.head = nn.Sequential(conv(widths[0], out_channels, 1), *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        levels = [self.down[0](x)]
        for down in self.down[1:]:
            # Rounded up, so that no row of an odd picture is lost and a single row can still be halved.
            levels.append(down(functional.max_pool2d(levels[-1], 2, ceil_mode=True)))
        y = levels.pop()
        for scale in reversed(range(len(self.up))):
            above = levels.pop()
            y = self.up[scale](torch.cat((self.enlarge[scale](y, above.shape[-2:]), above), dim=1))
        return self.head(y)


class _Up(nn.Module):
    """To the size of the next finer scale, and to its channels."""

    def __init__(self, below: int, width: int, upsample: str, padding: str):
        super().__init__()
        if upsample == "transposed":
            self.enlarge, self.conv = None, nn.ConvTranspose2d(below, width, 4, stride=2, padding=1)
        else:
            self.enlarge, self.conv = Enlarge(upsample, padding), conv(below, width, 3, padding=padding)

    def forward(self, x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        if self.enlarge is not None:
            return self.conv(self.enlarge(x, size))
        return self.conv(x)[..., :size[0], :size[1]]  # at most one row and one column more than the finer scale has


def _pair(fan_in: int, width: int, padding: str, norm_kind: str) -> nn.Sequential:
    """Two convolutions with rectifiers."""
    return nn.Sequential(conv_block(fan_in, width, 3, padding=padding, norm_kind=norm_kind, slope=0.0),
                         conv_block(width, width, 3, padding=padding, norm_kind=norm_kind, slope=0.0))
