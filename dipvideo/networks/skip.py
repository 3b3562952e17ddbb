"""The skip network (hourglass) of Deep Image Prior, with every parameter of the paper.

Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR 2018, supplementary material. The defaults are the paper's for
denoising and super-resolution: 128 channels on five scales, four skip channels, 2,217,831 parameters for RGB. Text
inpainting there takes skip=128-128-128-128-128 and upsample=nearest.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from .blocks import Enlarge, conv, conv_block, norm


def build(code_channels: int = 32, out_channels: int = 3, *, down: tuple = (128,) * 5, up: tuple = (),
          skip: tuple = (4,), kernel_down: int = 3, kernel_up: int = 3, kernel_skip: int = 1,
          upsample: str = "bilinear", padding: str = "reflect", norm_kind: str = "batch",
          one_by_one: bool = True, smallest: int = 1, sigmoid: bool = True) -> nn.Module:
    """down, up, skip: channels a scale, finest first; an empty `up` is `down`, one number serves all scales.

    skip 0 leaves a scale without a skip branch. kernel_*: odd sizes of the convolutions. one_by_one: the 1x1
    convolution that ends each scale. smallest: a side is not halved to fewer pixels than these.
    Output: (N, out_channels, H, W) in [0, 1] with `sigmoid`.
    Raises ValueError if the scales do not agree.
    """
    up = up or down
    up, skip = (u * len(down) if len(u) == 1 else u for u in (up, skip))
    if not len(down) == len(up) == len(skip):
        raise ValueError(f"down, up and skip name {len(down)}, {len(up)} and {len(skip)} scales")
    if any(k % 2 == 0 or k < 1 for k in (kernel_down, kernel_up, kernel_skip)):
        raise ValueError("kernels are odd")
    inner: nn.Module | None = None
    for scale in reversed(range(len(down))):
        fan_in = down[scale - 1] if scale else code_channels
        deepest = inner is None
        inner = _Scale(fan_in, down[scale], up[scale], down[scale] if deepest else up[scale + 1], skip[scale], inner,
                       kernel_down, kernel_up, kernel_skip, upsample, padding, norm_kind, one_by_one, smallest)
    head = [conv(up[0], out_channels, 1)] + ([nn.Sigmoid()] if sigmoid else [])
    return nn.Sequential(inner, *head)


class _Scale(nn.Module):
    """One scale of the hourglass around the next deeper one."""

    def __init__(self, fan_in: int, down: int, up: int, below: int, skip: int, inner: nn.Module | None,
                 kernel_down: int, kernel_up: int, kernel_skip: int, upsample: str, padding: str, norm_kind: str,
                 one_by_one: bool, smallest: int):
        super().__init__()
        self.smallest = smallest
        self.enlarge = Enlarge(upsample, padding)
        self.skip = conv_block(fan_in, skip, kernel_skip, padding=padding, norm_kind=norm_kind) if skip else None
        self.down = nn.Sequential(
            conv_block(fan_in, down, kernel_down, stride=2, padding=padding, norm_kind=norm_kind),
            conv_block(down, down, kernel_down, padding=padding, norm_kind=norm_kind))
        self.inner = inner
        self.norm = norm(norm_kind, below + skip)
        parts = [conv_block(below + skip, up, kernel_up, padding=padding, norm_kind=norm_kind)]
        if one_by_one:
            parts.append(conv_block(up, up, 1, padding=padding, norm_kind=norm_kind))
        self.up = nn.Sequential(*parts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        deeper = self.down(self._roomy(x))
        if self.inner is not None:
            deeper = self.inner(deeper)
        deeper = self.enlarge(deeper, x.shape[-2:])
        if self.skip is not None:
            deeper = torch.cat((deeper, self.skip(x)), dim=1)
        return self.up(self.norm(deeper))

    def _roomy(self, x: torch.Tensor) -> torch.Tensor:
        """`x`, enlarged where halving it would leave too little."""
        sides = [max(side, 2 * self.smallest - 1) for side in x.shape[-2:]]
        return x if sides == [*x.shape[-2:]] else functional.interpolate(x, size=sides, mode="nearest")
