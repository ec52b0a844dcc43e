"""Randomness without a state: every draw is a hash of the seed, a stream name and integer keys."""

import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
    2014).
    """
    state = (state ^ (state >> np.uint64(30))) * _MIX1
    state = (state ^ (state >> np.uint64(27))) * _MIX2
    return state ^ (state >> np.uint64(31))


def bits(seed: int, stream: str, *keys: ArrayLike) -> NDArray[np.uint64]:
    """64 random bits for each combination of the keys (integers, broadcast against each other)."""
    first = (seed & 0xFFFF_FFFF_FFFF_FFFF) ^ (zlib.crc32(stream.encode()) << 20)
    state = _mixed(np.atleast_1d(np.uint64(first)) + _GOLDEN)
    for key in keys:
        state = _mixed((state ^ np.asarray(key).astype(np.int64).astype(np.uint64)) + _GOLDEN)
    return state.reshape(state.shape if keys and any(np.ndim(key) for key in keys) else ())


def uniform(seed: int, stream: str, *keys: ArrayLike) -> Float:
    """Uniform in (0, 1), never 0 nor 1."""
    return ((bits(seed, stream, *keys) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def normal(seed: int, stream: str, *keys: ArrayLike) -> Float:
    """Standard normal by the method of Box and Muller."""
    both = bits(seed, stream, *keys)
    radius = ((both >> np.uint64(32)).astype(np.float64) + 0.5) * 2.0**-32
    angle = (both & np.uint64(0xFFFF_FFFF)).astype(np.float64) * (2 * np.pi * 2.0**-32)
    drawn: Float = np.sqrt(-2 * np.log(radius)) * np.cos(angle)
    return drawn


def poisson(mean: Float, u: Float) -> NDArray[np.int64]:
    """Poisson numbers from means and uniform draws.

    By inversion up to 12, above as a rounded normal with the skew.
    """
    mean, u = np.broadcast_arrays(np.maximum(mean, 0.0), u)
    small = mean <= 12
    count = np.zeros(mean.shape, dtype=np.int64)
    if small.any():
        lam, rest = mean[small], u[small].copy()
        term = np.exp(-lam)
        found = np.zeros(lam.shape, dtype=np.int64)
        for k in range(1, 50):
            rest = rest - term
            more = rest > 0
            if not more.any():
                break
            found += more
            term = term * lam / k
        count[small] = found
    if not small.all():
        lam = mean[~small]
        z = _probit(u[~small])
        # Cornish-Fisher: the second term carries the skewness of the Poisson distribution.
        count[~small] = np.maximum(np.rint(lam + np.sqrt(lam) * z + (z * z - 1) / 6), 0).astype(np.int64)
    return count


def _probit(u: Float) -> Float:
    """Inverse normal distribution, absolute error below 4.5e-4 (Abramowitz and Stegun 26.2.23)."""
    tail = np.minimum(u, 1 - u)
    t = np.sqrt(-2 * np.log(tail))
    z = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (
        1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t**3
    )
    signed: Float = np.where(u < 0.5, -z, z)
    return signed


def smooth(seed: int, stream: str, position: Float, *keys: ArrayLike) -> Float:
    """Smooth noise over a position (knots at whole numbers), standard normal at the knots."""
    knot = np.floor(position)
    part = position - knot
    ease = part * part * (3 - 2 * part)
    before = normal(seed, stream, knot.astype(np.int64), *keys)
    after = normal(seed, stream, knot.astype(np.int64) + 1, *keys)
    mixed: Float = before + (after - before) * ease
    return mixed
