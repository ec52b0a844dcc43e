"""A flat map of the region: metres east and north of its middle, and lines on it."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_LON0, _LAT0 = 13.95, 51.62
_M_PER_LAT = 111_254.0
_M_PER_LON = 69_261.0
"""Metres per degree at 51.62° N, from the WGS 84 ellipsoid; within 0.3 % over the whole region."""


def to_plane(lonlat: Float) -> Float:
    """[n, 2] lon, lat to [n, 2] metres."""
    return (np.asarray(lonlat, dtype=np.float64) - (_LON0, _LAT0)) * (_M_PER_LON, _M_PER_LAT)


def to_lonlat(xy: Float) -> Float:
    """[n, 2] metres to [n, 2] lon, lat, rounded to the 1e-7 degrees of OpenStreetMap."""
    return np.round(np.asarray(xy) / (_M_PER_LON, _M_PER_LAT) + (_LON0, _LAT0), 7)


def lengths_m(xy: Float) -> Float:
    """Lengths of the pieces of a line, [n] points to [n - 1] m."""
    lengths: Float = np.hypot(*np.diff(xy, axis=0).T)
    return lengths


def resample(xy: Float, at_m: Float) -> Float:
    """Points of a line at distances from its start, m."""
    along = np.concatenate(([0.0], np.cumsum(lengths_m(xy))))
    return np.column_stack((np.interp(at_m, along, xy[:, 0]), np.interp(at_m, along, xy[:, 1])))


def distance_to_pieces_m(points: Float, start: Float, end: Float) -> Float:
    """Distance of each of n points to the nearest of k straight pieces, [n] m.

    Infinite when there are none.
    """
    if not len(start):
        return np.full(len(points), np.inf)
    run = end - start
    square = np.maximum((run**2).sum(axis=1), 1e-9)
    ahead = ((points[:, None, :] - start) * run).sum(axis=2) / square
    foot = start + np.clip(ahead, 0, 1)[..., None] * run
    nearest: Float = np.hypot(*np.moveaxis(points[:, None, :] - foot, 2, 0)).min(axis=1)
    return nearest


def crossings(a: Float, b: Float, c: Float, d: Float) -> NDArray[np.bool_]:
    """Which pieces a-b [n] properly cross which pieces c-d [k]: [n, k]; touching ends do not count."""

    def side(p: Float, q: Float, r: Float) -> Float:
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (
            r[..., 0] - p[..., 0]
        )

    a, b, c, d = a[:, None, :], b[:, None, :], c[None], d[None]
    apart = (side(c, d, a) * side(c, d, b) < -1e-6) & (side(a, b, c) * side(a, b, d) < -1e-6)
    found: NDArray[np.bool_] = apart
    return found


def gabriel(points: Float, longest_m: float = np.inf) -> Int:
    """Pairs whose circle of diameter holds no other point: [edges, 2], a planar graph joining what is near.

    Gabriel and Sokal, "A New Statistical Approach to Geographic Variation Analysis", 1969.
    """
    square = ((points[:, None, :] - points) ** 2).sum(axis=2)
    first, second = np.nonzero(np.triu(square <= longest_m**2, 1))
    kept = []
    for block in np.array_split(np.arange(len(first)), max(1, len(first) * len(points) // 2_000_000)):
        i, j = first[block], second[block]
        # By Thales, a point k lies in the circle over i-j exactly when |ik|^2 + |jk|^2 < |ij|^2.
        inside = square[i] + square[j] < square[i, j][:, None] * (1 - 1e-9)
        kept.append(block[~inside.any(axis=1)])
    keep = np.concatenate(kept)
    return np.column_stack((first[keep], second[keep]))


class Joined:
    """Which things hang together (union-find with path halving)."""

    def __init__(self, count: int) -> None:
        self._up = list(range(count))

    def root(self, item: int) -> int:
        """A representative of everything joined with `item`."""
        up = self._up
        while up[item] != item:
            up[item] = up[up[item]]
            item = up[item]
        return item

    def join(self, a: int, b: int) -> bool:
        """Join two; False when they were joined already."""
        a, b = self.root(a), self.root(b)
        self._up[a] = b
        return a != b
