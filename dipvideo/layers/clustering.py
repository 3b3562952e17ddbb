"""Classes that a small network teaches itself, fed a picture: what it answers alike is to be alike, and lies together.

Kanezaki: Unsupervised Image Segmentation by Backpropagation, ICASSP 2018: pixels learn the label that most of their
superpixel has. Kim, Kanezaki, Tanaka: Unsupervised Learning of Image Segmentation Based on Differentiable Feature
Clustering, IEEE TIP 2020: responses change little from pixel to pixel instead, and some pixels are told their label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from skimage.measure import label
from torch import nn
from torch.nn import functional

from .. import spec
from ..errors import OptionError
from .hints import reduced
from .labelled import Labels
from .patches import voted
from .superpixels import superpixels

MOMENTUM = 0.9
WAYS = ("k-means", "kanezaki")


@dataclass(frozen=True, kw_only=True, slots=True)
class Clustering:
    """How a network is taught.

    width: channels, and so the most labels; blocks: of 3x3 convolution, ReLU and batch norm, before the 1x1; steps: of
    gradient descent by `rate`, at most; superpixels: that vote; smooth, told: weights of the responses' slope and of
    the labels that are told; lines: of the picture that is worked on, at most. Raises ValueError for what cannot be.

    The papers have width 100 and 1000 steps, on whole pictures. On 60 lines as many labels are left after 40 steps as
    after 300; a CPU takes .04 s a step with 48 channels, .12 with 100, on 120 lines .13 and .44.

    Mean IoU of what patches then name, when superpixels still were squares (now parts that hang together have .454 of
    the eight, superpixels .433): eight single pictures of three and four layers at 120 lines, parts as they are .403,
    those that hang together .445, superpixels .422, parts joined by the means of their patches (Ward) .354. Ten
    photographs in four classes, each given to what it covers most: .599, .634, .628. Scribbles on the same ten: .645,
    with 80 lines .03 more; of pictures without texture, as priors see them, .602.
    """

    width: int = 48
    blocks: int = 2
    steps: int = 100
    rate: float = 0.1
    superpixels: int = 300
    smooth: float = 1.0
    told: float = 0.5
    lines: int = 60

    def __post_init__(self) -> None:
        if wrong := next((name for name in ("width", "blocks", "steps", "rate", "superpixels", "lines")
                          if not getattr(self, name) > 0), None):
            raise ValueError(f"{wrong} is more than 0, not {getattr(self, wrong)}")
        if not min(self.smooth, self.told) >= 0:
            raise ValueError(f"smooth and told are at least 0, not {min(self.smooth, self.told)}")

    def parts(self, picture: np.ndarray, least: int, seed: int) -> np.ndarray:
        """(h, w) int from 0: parts of a (h, w, 3) float32 picture in [0, 1] that have one label and hang together, made
        of superpixels; taught until but `least` labels are left, if it comes to that (2018)."""
        pieces = superpixels(picture, self.superpixels)
        small = _sized(picture, self.lines)
        size = small.shape[1::-1]
        coarse = torch.from_numpy(cv2.resize(pieces.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)).long()

        def loss(responses: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            majority = torch.from_numpy(voted(labels.numpy(), coarse.numpy(), self.width))
            return functional.cross_entropy(responses[None], majority[None])

        labels = self._taught(small, least, seed, loss)(small).argmax(-1)
        up = cv2.resize(labels.astype(np.float32), picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return label(voted(up.astype(int), pieces, self.width), background=-1, connectivity=1) - 1

    def taught(self, frame: np.ndarray, classes: np.ndarray, seed: int) -> Taught:
        """A network that was told the classes of some pixels of a frame, and found out where else they are (2020).

        frame: (H, W, 3) uint8, or float32 in [0, 1]; classes: (H, W) int, −1 where nothing is said, else from 0.
        Raises OptionError for more classes than the network has channels.
        """
        marks = Labels.of(frame, classes, self.lines).marks
        count = marks.shape[-1]
        if count > self.width:
            raise OptionError(f"A network of width={self.width} cannot tell {count} classes apart: give it as many.")
        told, wanted = torch.from_numpy(marks.any(-1)), torch.from_numpy(marks.argmax(-1))
        left = max(int((~told).sum()), 1)

        def loss(responses: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            flat = responses.permute(1, 2, 0)
            slope = responses.diff(dim=1).abs().mean() + responses.diff(dim=2).abs().mean()
            own = functional.cross_entropy(flat[~told], labels[~told], reduction="sum") / left
            return own + self.told * functional.cross_entropy(flat[told], wanted[told]) + self.smooth * slope

        small = reduced(frame, self.lines).astype(np.float32) / 255
        return Taught(self._taught(small, 0, seed, loss), count, self.lines)

    def _taught(self, picture: np.ndarray, least: int, seed: int,
                loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> _Network:
        """A network taught by a picture, until but `least` labels are left; `loss` is given its responses, (width, h,
        w), and their labels, (h, w)."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = _Network(self.width, self.blocks)
        descent = torch.optim.SGD(network.parameters(), self.rate, MOMENTUM)
        for _ in range(self.steps):
            responses = network.responses(picture)
            labels = responses.argmax(0)
            if len(torch.unique(labels)) <= least:
                break
            loss(responses, labels).backward()
            descent.step()
            descent.zero_grad()
        return network


@dataclass(frozen=True, slots=True)
class Taught:
    """A network that knows the first `count` of its labels by what it was told, on pictures of so many lines."""

    network: _Network
    count: int
    lines: int

    def shares(self, picture: np.ndarray) -> np.ndarray:
        """(h, w, count) float32, 1 in all at each pixel, of a (h, w, 3) float32 picture in [0, 1]."""
        responses = self.network(_sized(picture, self.lines))[..., :self.count]
        likely = np.exp(responses - responses.max(-1, keepdims=True))
        shares = np.ascontiguousarray(likely / likely.sum(-1, keepdims=True))
        return np.stack([cv2.resize(shares[..., n], picture.shape[1::-1]) for n in range(self.count)], -1)


class _Network(nn.Module):
    """Batch norm goes by the picture at hand, as in the prior: frames of a film may be darker than the first."""

    def __init__(self, width: int, blocks: int):
        super().__init__()
        fans = [3] + [width] * (blocks - 1)
        parts = [part for fan in fans for part in (nn.Conv2d(fan, width, 3, padding=1), nn.ReLU(), _norm(width))]
        self.layers = nn.Sequential(*parts, nn.Conv2d(width, width, 1), _norm(width))

    def responses(self, picture: np.ndarray) -> torch.Tensor:
        """(width, h, w)."""
        return self.layers(torch.from_numpy(np.ascontiguousarray(np.moveaxis(picture, -1, 0)))[None])[0]

    def forward(self, picture: np.ndarray) -> np.ndarray:
        """(h, w, width) float32 on the host."""
        with torch.no_grad():
            return self.responses(picture).permute(1, 2, 0).numpy()


def _norm(width: int) -> nn.Module:
    return nn.BatchNorm2d(width, track_running_stats=False)


def _sized(picture: np.ndarray, lines: int) -> np.ndarray:
    scale = lines / min(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def make_clustering(text: str) -> Clustering | None:
    """What `kanezaki:width=…` says, None for k-means. Raises OptionError naming what is known."""
    name = spec.name_of(text)
    if name not in WAYS or (name == "k-means" and ":" in text):
        raise OptionError(f"Classes cannot be found by {text!r}. Known: {', '.join(WAYS)}, the latter with parameters.")
    return spec.make("way to find classes", text, Clustering)[0] if name == "kanezaki" else None
