"""The encoder-decoder of Deep Image Prior: the hourglass without skip branches, for large holes.

Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR 2018, figure 8 and supplementary material. The defaults are those
with which the paper fills a large region ("encoder-decoder, depth 6"): a code of one channel, six scales, convolutions
of 5x5 on the way down, nearest upsampling, 2,996,467 parameters for RGB. Without skips nothing fine reaches the output
but through the deepest scale, which makes large holes smooth and single pixels slow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import skip

if TYPE_CHECKING:
    from torch import nn


def build(code_channels: int = 1, out_channels: int = 3, *, widths: tuple = (16, 32, 64, 128, 128, 128),
          kernel_down: int = 5, kernel_up: int = 3, smallest: int = 4, upsample: str = "nearest",
          padding: str = "reflect", norm_kind: str = "batch", sigmoid: bool = True) -> nn.Module:
    """widths: channels a scale, finest first: as many scales as are named. kernel_*: odd sizes of the convolutions.

    smallest: a side is not halved to fewer pixels than these. With 1, six halvings leave a 64x96 picture two pixels,
    which the norm takes to plus and minus one: all it could draw was two colours (mean squared error after 80 steps
    on a soft picture .0435, of a plain colour .0538; with 4, .0004). The paper's pictures are too large to tell.
    Output: (N, out_channels, H, W) in [0, 1] with `sigmoid`. Raises ValueError for even kernels and unknown kinds.
    """
    return skip.build(code_channels, out_channels, down=widths, skip=(0,), kernel_down=kernel_down,
                      kernel_up=kernel_up, upsample=upsample, padding=padding, norm_kind=norm_kind,
                      one_by_one=False, smallest=smallest, sigmoid=sigmoid)
