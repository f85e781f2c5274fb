"""Multiplicative noise at the dropout sites, from a counter and not from a shared generator: the core's own draws, on any device.

Each multiplier is a function of (seed, step, site, position) alone. So all arms of a seed see the same uniform draws, compared with different rates, and a run
gives the same numbers wherever it runs. The integers are computed by torch where the activation lies; int64 wraps around on CPU and CUDA alike.
"""

from __future__ import annotations

import math
import re

import torch
from torch import nn

from .draws import U64, splitmix64


def site_number(site: str) -> int:
    """The number of a site in the streams of draws."""
    fixed = {"embeddings": 0, "classifier": 1, "classifier_input": 0xFFFF}
    if site in fixed:
        return fixed[site]
    layer, part = re.fullmatch(r"layer\.(\d+)\.(attention\.self|attention\.output|output)", site).groups()
    return 3 * int(layer) + {"attention.self": 2, "attention.output": 3, "output": 4}[part]


def stream(seed: int, step: int, site: str) -> int:
    """Where in SplitMix64's sequence a site's draws of one step begin."""
    _, mixed = splitmix64((seed << 32) | step)
    _, key = splitmix64(mixed ^ ((site_number(site) << 48) & U64))
    return key


def _signed(value: int) -> int:
    """64 bits as torch's int64 has them."""
    value &= U64
    return value - (1 << 64) if value >> 63 else value


def _shift(z: torch.Tensor, by: int) -> torch.Tensor:
    """A logical shift to the right."""
    return (z >> by) & ((1 << (64 - by)) - 1)


def bits(key: int, first: int, count: int, device: torch.device) -> torch.Tensor:
    """`count` draws of SplitMix64 after `key` and `first` others, int64, `[count]`."""
    golden = _signed(0x9E37_79B9_7F4A_7C15)
    z = torch.arange(first + 1, first + count + 1, dtype=torch.int64, device=device) * golden + _signed(key)
    z = (z ^ _shift(z, 30)) * _signed(0xBF58_476D_1CE4_E5B9)
    z = (z ^ _shift(z, 27)) * _signed(0x94D0_49BB_1331_11EB)
    return z ^ _shift(z, 31)


def _counters(first: int, count: int, each: int) -> tuple[int, int, slice]:
    """The counters of the elements from `first` on, where each gives so many: the first, how many, and the elements' place among what they give."""
    begin = first // each
    return begin, -(-(first + count) // each) - begin, slice(first - begin * each, first - begin * each + count)


def bernoulli(key: int, first: int, count: int, p: float, device: torch.device) -> torch.Tensor:
    """Of elements from `first` on: 0 with probability p (rounded to 1/65536), else 1/(1−p); float32, `[count]`. Four draws of 16 bits come from one counter."""
    begin, counters, place = _counters(first, count, 4)
    lanes = torch.arange(0, 64, 16, dtype=torch.int64, device=device)
    draws = (bits(key, begin, counters, device)[:, None] >> lanes) & 0xFFFF
    kept = draws.reshape(-1)[place] >= math.floor(p * 65536.0 + 0.5)
    return kept.to(torch.float32) * (1.0 / (1.0 - p))


def gaussian(key: int, first: int, count: int, p: float, device: torch.device) -> torch.Tensor:
    """Of elements from `first` on: N(1, p/(1−p)) by Box and Muller (1958); float32, `[count]`."""
    begin, counters, place = _counters(first, count, 2)
    drawn = bits(key, begin, counters, device)

    def unit(part: torch.Tensor) -> torch.Tensor:
        return ((part & 0xFFFF_FFFF).to(torch.float64) + 0.5) / 4_294_967_296.0

    radius = torch.sqrt(-2.0 * torch.log(unit(drawn))) * math.sqrt(p / (1.0 - p))
    angle = math.tau * unit(_shift(drawn, 32))
    both = torch.stack([1.0 + radius * torch.cos(angle), 1.0 + radius * torch.sin(angle)], dim=1)
    return both.reshape(-1)[place].to(torch.float32)


class Clock:
    """Which run, which optimisation step (from 0), and from which row of its batch on all sites of a model draw for."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.step = 0
        self.row = 0


class SiteDropout(nn.Module):
    """A dropout module with a name, in the place of `torch.nn.Dropout`.

    `sites` has one name, or two where a classifier calls the same module before and after its dense layer (RoBERTa): the calls of a step take turns.
    """

    def __init__(self, sites: tuple[str, ...], p: float, noise: str, clock: Clock) -> None:
        super().__init__()
        self.sites, self.p, self.noise, self.clock = sites, p, noise, clock
        self._call = (-1, 0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` of any shape, times its multipliers while training; its elements are counted row by row."""
        if not self.training or self.p == 0.0:
            return x
        step, calls = self._call
        calls = calls + 1 if step == self.clock.step else 0
        self._call = (self.clock.step, calls)
        key = stream(self.clock.seed, self.clock.step, self.sites[calls % len(self.sites)])
        draw = gaussian if self.noise == "gaussian" else bernoulli
        first = self.clock.row * x[0].numel()
        return x * draw(key, first, x.numel(), self.p, x.device).view(x.shape).to(x.dtype)

    def extra_repr(self) -> str:
        return f"{', '.join(self.sites)}, p={self.p}, {self.noise}"
