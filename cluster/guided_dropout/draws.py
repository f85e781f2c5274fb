"""Random draws that are the core's, bit for bit.

The core draws from xoshiro256++ (Blackman and Vigna 2021) through Rust's crates `rand_xoshiro` 0.7 and `rand` 0.9. Splits come with the plan; masks,
batch orders and classifiers depend on the model and are drawn here, by the same algorithms. Dropout's draws are counter-based
(:mod:`guided_dropout.sites`).
"""

from __future__ import annotations

import math
from collections.abc import MutableSequence

U32, U64 = (1 << 32) - 1, (1 << 64) - 1


def splitmix64(state: int) -> tuple[int, int]:
    """One draw of SplitMix64 (Steele, Lea and Flood 2014): the next state and 64 bits."""
    state = (state + 0x9E37_79B9_7F4A_7C15) & U64
    z = ((state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9) & U64
    z = ((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB) & U64
    return state, z ^ (z >> 31)


class Xoshiro:
    """xoshiro256++ seeded by 64 bits through SplitMix64, with the samplers of `rand` 0.9."""

    def __init__(self, seed: int) -> None:
        self.state = []
        for _ in range(4):
            seed, bits = splitmix64(seed)
            self.state.append(bits)

    def u64(self) -> int:
        """64 bits."""
        a, b, c, d = self.state
        total = (a + d) & U64
        result = (((total << 23) | (total >> 41)) + a) & U64
        shifted = (b << 17) & U64
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        self.state = [a, b, c, ((d << 45) | (d >> 19)) & U64]
        return result

    def u32(self) -> int:
        """The upper half of 64 bits, as `next_u32` has it."""
        return self.u64() >> 32

    def unit(self) -> float:
        """A number in [0, 1) of 53 bits."""
        return (self.u64() >> 11) * 2.0**-53

    def chance(self, p: float) -> bool:
        """True with probability `p`."""
        return self.u64() < int(p * 2.0**64)

    def below(self, bound: int) -> int:
        """A whole number in [0, bound), bound at most 2³²: Canon's method with one more draw, as `random_range`."""
        product = self.u32() * bound
        result, low = product >> 32, product & U32
        if low > (-bound & U32):
            result += (low + ((self.u32() * bound) >> 32)) > U32
        return result

    def normal(self, deviation: float) -> float:
        """From N(0, deviation²) by Box and Muller (1958)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.unit()))
        return deviation * radius * math.cos(math.tau * self.unit())

    def shuffle(self, values: MutableSequence) -> None:
        """In place; Durstenfeld's algorithm with several indices from one draw, as `SliceRandom::shuffle`."""
        if len(values) <= 1:
            return
        chunk = 0
        remaining = 1  # the first index is 0 without a draw
        for i in range(len(values)):
            bound = i + 1
            if remaining == 0:
                product, remaining = _product_from(bound)
                chunk = self.below(product)
            remaining -= 1
            if remaining == 0:
                index = chunk
            else:
                chunk, index = divmod(chunk, bound)
            values[i], values[index] = values[index], values[i]


def _product_from(first: int) -> tuple[int, int]:
    """first · (first + 1) · … as long as it fits into 32 bits, and the number of factors."""
    product, factor = first, first + 1
    while product * factor <= U32:
        product *= factor
        factor += 1
    return product, factor - first
