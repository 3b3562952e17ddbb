"""The deep image prior: networks, the code they are fed, and the optimiser that fits them.

Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR 2018. The code z is drawn once and stays: a new one would undo
every warm start.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ..networks import make
from ..problems import Codes, Estimate, Problem
from . import threads
from .recorded import Recorded
from .torus import Torus

CODE_SPAN = 0.1  # z ~ U(0, 0.1), as in the paper

Weights = list[torch.Tensor]


class Prior:
    """One network an output, all fitted by one Adam.

    outputs: {name: (C, H, W)}; network: a spec for `networks.make`; seed: draws weights, code and noise, the same on
    every device. learning_rate: Adam's step, by default the network's own. input_noise: standard deviation of the
    noise added to z at each step, relative to z's own. codes: what the networks are fed instead of a random code, as
    a problem gives it; they are built for as many channels.
    moving: the networks draw on a torus, of which the picture is a part that moves and bends, see `follow`.
    members: the priors that answer together; this one alone, see `Ensemble`.
    flat: the last layers start at zero, so that outputs start at 0.5 everywhere and hold nothing but what was fitted;
    in ten steps on a small soft scene that is 30.5 instead of 12.1 dB in the hole on a smooth base, and after 160
    steps without one 33.0 instead of 14.7. The paper starts from random features.
    """

    def __init__(self, outputs: dict[str, tuple[int, int, int]], *, network: str, seed: int,
                 device: torch.device | str = "cpu", precision: torch.dtype = torch.float32,
                 learning_rate: float | None = None, input_noise: float = 0.0, flat: bool = True,
                 codes: Codes | None = None, moving: bool = False):
        self.device, self.precision = torch.device(device), precision
        if moving:
            network += f"{',' if ':' in network else ':'}padding=circular"
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.networks = nn.ModuleDict({name: make(network, c, codes[name].shape[1] if codes else None)
                                           for name, (c, _, _) in outputs.items()})
            self._torus = {name: Torus(h, w, self.device) for name, (_, h, w) in outputs.items()} if moving else {}
            drawn = {name: self._torus[name].sides if moving else (h, w) for name, (_, h, w) in outputs.items()}
            self.codes = codes or {name: torch.rand(1, self.networks[name].code_channels, *size) * CODE_SPAN
                                   for name, size in drawn.items()}
        self.members = [self]
        self.learning_rate = learning_rate or min(n.learning_rate for n in self.networks.values())
        if flat:
            for network in self.networks.values():
                last = [m for m in network.modules() if isinstance(m, nn.Conv2d)][-1]
                nn.init.zeros_(last.weight)
                nn.init.zeros_(last.bias)
        self.networks.to(self.device, memory_format=torch.channels_last)
        self.codes = {name: z.to(self.device, memory_format=torch.channels_last) for name, z in self.codes.items()}
        self.parameters = list(self.networks.parameters())
        self._first = self.weights()
        self._noise = input_noise * CODE_SPAN / 12**0.5  # a uniform's deviation is its span / √12
        self._generator = torch.Generator(self.device).manual_seed(seed)
        self.recorded: Recorded | None = None
        self._mean: Weights = []
        self._gathered = 0  # steps
        self.optimiser = torch.optim.Adam(self.parameters, lr=self.learning_rate,
                                          fused=self.device.type in ("cpu", "cuda"))
        if self.device.type == "cpu":
            threads.settle(self.networks, self)

    def reset(self) -> None:
        """Back to the first random draw, as if nothing had been fitted."""
        self.load(self._first)
        self.forget_moments()

    def record(self) -> None:
        """Let the GPU replay steps by itself from here on, see `Recorded`; on CUDA. No table says that it wins yet:
        only `benchmark cold --ways recorded` asks for it."""
        self.recorded = Recorded(self.device, self._generator)
        for group in self.optimiser.param_groups:
            group["lr"] = torch.as_tensor(group["lr"], device=self.device)  # where a recording finds it

    def forget_moments(self) -> None:
        """Drop all that Adam has gathered, and keep the weights."""
        for state in self.optimiser.state.values():
            for value in state.values():
                value.zero_()

    def forget_direction(self) -> None:
        """Drop Adam's first moment, which points where the last frame lay, and keep its second, the step's scale."""
        for state in self.optimiser.state.values():
            state["exp_avg"].zero_()

    def scale_step(self, factor: float) -> None:
        """Make Adam's steps this many times as long from here on."""
        for group in self.optimiser.param_groups:
            group["lr"] *= factor

    def shake(self, amount: float) -> None:
        """Add noise to the weights: to each tensor `amount` times the deviation that it was first drawn with."""
        with torch.no_grad():
            for weight, first in zip(self.parameters, self._first, strict=True):
                if first.numel() > 1:
                    noise = torch.randn(weight.shape, generator=self._generator, device=self.device)
                    weight.add_(amount * first.std() * noise)

    def __call__(self, codes: Codes | None = None, *, perturb: bool = False) -> Estimate:
        """The networks' outputs, (N, C, H, W) float32 each, for `codes` or for the prior's own; `perturb` adds the
        input noise."""
        fed = self.codes if codes is None else codes
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            made = {name: network(self._input(fed[name], perturb)).float() for name, network in self.networks.items()}
        return {name: self._torus[name].picture(x) for name, x in made.items()} if self._torus else made

    def follow(self, moved: np.ndarray) -> None:
        """From here on each pixel of the picture shows the canvas `moved`, (h, w, 2) x and y, from where it did first.

        What a picture shows then stays where the weights know it, however it moves. Only for a prior that was made to
        move. On a hand-held bird (18 pixels a frame) 16 steps gave 38.0 dB instead of 32.5 where the camera alone was
        followed, by whole pixels; a code that moves under a still network, which meets other edges and other phases
        then, 35.2.
        """
        for torus in self._torus.values():
            torus.lay(moved)

    def _input(self, z: torch.Tensor, perturb: bool) -> torch.Tensor:
        if perturb and self._noise:
            z = z + self._noise * torch.randn(z.shape, generator=self._generator, device=z.device)
        return z.contiguous(memory_format=torch.channels_last)

    def step(self, problem: Problem) -> torch.Tensor:
        """One step of Adam towards `problem`; returns the loss before it, without reading it back."""
        if self.recorded is None:
            return self._step(problem)
        return self.recorded.step(problem, self._step, self.optimiser)

    def _step(self, problem: Problem) -> torch.Tensor:
        loss = problem.loss(self(problem.codes(), perturb=True))
        loss.backward()
        self.optimiser.step()
        self.optimiser.zero_grad()
        return loss.detach()

    def gather(self, decay: float) -> None:
        """Let the running average of the weights, which answers, take in those of this step.

        It begins anew where weights are loaded, and goes on from frame to frame else: the frames of a shot, followed
        where they move, are one fit whose last steps all say something of what is hidden (Polyak & Juditsky, 1992).
        """
        weights = [p.detach() for p in self.parameters]
        self._gathered += 1
        if not self._mean:
            self._mean = [w.clone() for w in weights]
        else:
            torch._foreach_lerp_(self._mean, weights, max(1 - decay, 1 / self._gathered))

    @torch.no_grad()
    def answer(self, codes: Codes | None = None) -> Estimate:
        """The outputs with the running average of the weights, if one was gathered; the weights stay."""
        if not self._mean:
            return self(codes)
        weights = self.weights()
        torch._foreach_copy_(self.parameters, self._mean)
        try:
            return self(codes)
        finally:
            torch._foreach_copy_(self.parameters, weights)

    def adopt_average(self) -> None:
        """Go on from the running average of the weights, if one was gathered."""
        if self._mean:
            self.load(self._mean)

    def weights(self) -> Weights:
        """A copy of the weights."""
        return [p.detach().clone() for p in self.parameters]

    def load(self, weights: Weights) -> None:
        """Take over `weights` (of a prior of the same shape); what was averaged is forgotten."""
        self._mean, self._gathered = [], 0
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, weights)
