"""A fast hourglass: few channels where pixels are many, one convolution a scale and direction.

Most of the prior lies in the upsampling that is not learnt (Liu et al., FasterDIP, ICCV 2023), so the finest scales,
which cost the most, can be thin: 17 thousand multiplications a pixel against 495 thousand for the paper's text
inpainting network.
"""

from __future__ import annotations

import torch
from torch import nn

from .blocks import Enlarge, conv, conv_block


def build(code_channels: int = 8, out_channels: int = 3, *, widths: tuple = (16, 32, 64, 96, 96), skip: int = 4,
          kernel: int = 3, upsample: str = "bilinear", padding: str = "zeros", norm_kind: str = "batch",
          sigmoid: bool = True) -> nn.Module:
    """widths: channels a scale, finest first; skip: channels of each scale's skip branch, 0 for none.

    Output: (N, out_channels, H, W) in [0, 1] with `sigmoid`. Raises ValueError for unknown kinds.
    """
    return _Taper(code_channels, out_channels, widths, skip, kernel, upsample, padding, norm_kind, sigmoid)


class _Taper(nn.Module):
    def __init__(self, code_channels: int, out_channels: int, widths: tuple, skip: int, kernel: int, upsample: str,
                 padding: str, norm_kind: str, sigmoid: bool):
        super().__init__()
        self.enlarge = Enlarge(upsample, padding)
        fans = (code_channels, *widths[:-1])
        self.down = nn.ModuleList(conv_block(fan, width, kernel, stride=2, padding=padding, norm_kind=norm_kind)
                                  for fan, width in zip(fans, widths, strict=True))
        self.skips = nn.ModuleList(conv_block(fan, skip, 1, norm_kind=norm_kind) for fan in fans) if skip else None
        below = (*widths[1:], widths[-1])
        self.up = nn.ModuleList(conv_block(under + skip, width, kernel, padding=padding, norm_kind=norm_kind)
                                for under, width in zip(below, widths, strict=True))
        self.head = nn.Sequential(conv(widths[0], out_channels, 1), *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        levels = [x]
        for down in self.down:
            levels.append(down(levels[-1]))
        y = levels.pop()
        for scale in reversed(range(len(self.up))):
            above = levels.pop()
            y = self.enlarge(y, above.shape[-2:])
            if self.skips is not None:
                y = torch.cat((y, self.skips[scale](above)), dim=1)
            y = self.up[scale](y)
        return self.head(y)
