"""A small random generator on a state array: xorshift64 (Marsaglia 2003), equal compiled and uncompiled."""

import numpy as np
from numpy.typing import NDArray

from routing.kernels.jit import leaf


@leaf
def uniform(state: NDArray[np.int64]) -> float:
    """Next number in [0, 1). `state`: int64[1], never 0; masks keep the signed shifts logical."""
    x = state[0]
    x ^= x << 13
    x ^= (x >> 7) & 0x01FFFFFFFFFFFFFF
    x ^= x << 17
    state[0] = x
    return float((x >> 11) & 0x1FFFFFFFFFFFFF) * 1.1102230246251565e-16


@leaf
def below(state: NDArray[np.int64], bound: int) -> int:
    """Next whole number in 0..bound-1."""
    return int(uniform(state) * bound)
