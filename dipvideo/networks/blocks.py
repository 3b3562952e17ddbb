"""Parts that the architectures share."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SLOPE = 0.2  # of LeakyReLU, as in the paper
NORMS = ("batch", "instance", "none")
UPSAMPLINGS = ("nearest", "bilinear")
PADDINGS = ("reflect", "zeros", "circular")


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
    kind = {"reflect": _ReflectConv, "circular": _CircularConv}.get(mode, nn.Conv2d)
    return kind(fan_in, channels, kernel, stride, kernel // 2, padding_mode=mode)


class _ReflectConv(nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        side = self.kernel_size[0] // 2
        mode = "reflect" if min(x.shape[-2:]) > side else "replicate"  # too small a picture has nothing to reflect
        padded = functional.pad(x, (side,) * 4, mode=mode)
        return functional.conv2d(padded, self.weight, self.bias, self.stride)


class _CircularConv(nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.conv2d(wrapped(x, self.kernel_size[0] // 2), self.weight, self.bias, self.stride)


def wrapped(x: torch.Tensor, side: int) -> torch.Tensor:
    """(N, C, H, W) with `side` pixels more on each side, those of the other end; at most as many as there are.

    As functional.pad does, but a step of taper takes 40 ms instead of 60 (96x192, one thread).
    """
    return _Wrapped.apply(x, side)


class _Wrapped(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: torch.Tensor, side: int) -> torch.Tensor:
        ctx.side, (n, c, h, w) = side, x.shape
        wide = torch.empty(n, c, h + 2 * side, w + 2 * side, dtype=x.dtype, device=x.device,
                           memory_format=torch.channels_last)
        inner = wide[..., side:-side, :]
        inner[..., side:-side], inner[..., :side], inner[..., -side:] = x, x[..., -side:], x[..., :side]
        wide[..., :side, :], wide[..., -side:, :] = inner[..., -side:, :], inner[..., :side, :]
        return wide

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        side, (h, w) = ctx.side, gradient.shape[-2:]
        gradient = gradient.clone()
        gradient[..., h - 2 * side:h - side, :] += gradient[..., :side, :]
        gradient[..., side:2 * side, :] += gradient[..., -side:, :]
        gradient[..., w - 2 * side:w - side] += gradient[..., :side]
        gradient[..., side:2 * side] += gradient[..., -side:]
        return gradient[..., side:-side, side:-side], None


def conv_block(fan_in: int, channels: int, kernel: int, *, stride: int = 1, padding: str = "reflect",
               norm_kind: str = "batch", slope: float = SLOPE) -> nn.Sequential:
    """Convolution, normalisation, LeakyReLU; a rectifier with slope 0."""
    return nn.Sequential(conv(fan_in, channels, kernel, stride=stride, padding=padding), norm(norm_kind, channels),
                         nn.LeakyReLU(slope, inplace=True))


class Enlarge(nn.Module):
    """To a size exactly, so that no picture need be cropped to a multiple of anything.

    On a CPU exact doubling is a transposed convolution with the bilinear kernel: the same values to rounding, six
    times faster than interpolate (1.2 against 6.5 ms for 32 channels of 52x212, forward and backward, one core).

    padding: that of the convolutions; with "circular", ends meet where sides are doubled.
    """

    def __init__(self, mode: str, padding: str = "zeros"):
        super().__init__()
        _check("upsample", mode, UPSAMPLINGS)
        self._mode, self._wraps = mode, padding == "circular"
        weights = 0.25, 0.75, 0.75, 0.25
        # not a product of tensors: on the device "meta" that loads torch's compiler, which takes seconds
        kernel = torch.tensor([[[[row * column for column in weights] for row in weights]]])
        self.register_buffer("_kernel", kernel, persistent=False)

    def forward(self, x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        if self._mode == "nearest":
            return functional.interpolate(x, size=size, mode="nearest")
        doubled = tuple(size) == (2 * x.shape[-2], 2 * x.shape[-1])
        if doubled and x.device.type == "cpu":
            return self._doubled(x)
        if doubled and self._wraps:
            wide = functional.interpolate(wrapped(x, 1), scale_factor=2, mode="bilinear", align_corners=False)
            return wide[..., 2:-2, 2:-2]
        return functional.interpolate(x, size=size, mode="bilinear", align_corners=False)

    def _doubled(self, x: torch.Tensor) -> torch.Tensor:
        channels, kind = x.shape[1], x.dtype
        with torch.autocast("cpu", enabled=False):  # in bfloat16 this convolution is slow and loses its exactness
            x = x.float()
            padded = wrapped(x, 1) if self._wraps else functional.pad(x, (1, 1, 1, 1), mode="replicate")
            kernel = self._kernel.expand(channels, 1, 4, 4)
            return functional.conv_transpose2d(padded, kernel, stride=2, padding=3, groups=channels).to(kind)


def _check(what: str, kind: str, known: tuple[str, ...]) -> None:
    if kind not in known:
        raise ValueError(f"{what} is one of {', '.join(known)}, not {kind!r}")
