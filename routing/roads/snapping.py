"""Positions put on the nearest road: the point on the piece itself, not only its ends."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from routing.errors import RoutingError
from routing.roads.geometry import Float, Int, on_sphere_m, project, ranges
from routing.roads.network import RoadNetwork

FAR_M = 100.0
"""A snap beyond this distance is worth a warning, m."""
_SPACING_M = 40.0
_NEIGHBOURS = 6


@dataclass(frozen=True, eq=False)
class Snapped:
    """n positions on the road network; `snapped[i]`, `snapped[2:5]` or `snapped[[3, 1]]` are parts of it."""

    piece: Int
    offset_m: Float
    """[n] from the beginning of the piece along the way, m."""
    edge: Int
    """[n, 2] edge along and against the way that may be used to stop there, -1 none."""
    share: Float
    """[n, 2] how much of that edge lies behind the point, 0..1."""
    lonlat: Float
    """[n, 2] the point on the road."""
    distance_m: Float
    """[n] how far the position is from the road, m."""

    def __len__(self) -> int:
        return len(self.piece)

    def __iter__(self) -> Iterator["Snapped"]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, which: int | np.integer | slice | list[int] | NDArray[np.intp]) -> "Snapped":
        rows = slice(which, which + 1 or None) if isinstance(which, int | np.integer) else which
        return Snapped(
            self.piece[rows],
            self.offset_m[rows],
            self.edge[rows],
            self.share[rows],
            self.lonlat[rows],
            self.distance_m[rows],
        )

    def far(self, limit_m: float = FAR_M) -> NDArray[np.bool_]:
        """Which positions lie further than `limit_m` from any road: [n]."""
        return self.distance_m > limit_m


class RoadIndex:
    """Points along all roads every 40 m or less in a tree: few candidates, then exact projection."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        inside = np.ones(len(network.shape_lonlat), dtype=np.bool_)
        inside[network.shape_start[1:] - 1] = False
        self._step = np.flatnonzero(inside)
        """Shape point at which each straight step begins."""
        piece_of_shape = np.repeat(np.arange(len(network.piece_way)), np.diff(network.shape_start))
        self._step_piece = piece_of_shape[self._step]
        length = network.shape_at_m[self._step + 1] - network.shape_at_m[self._step]
        cuts = np.maximum(1, np.ceil(length / _SPACING_M)).astype(np.int64)
        self._sample_step = np.repeat(np.arange(len(cuts)), cuts)
        fraction = (ranges(np.zeros_like(cuts), cuts) + 0.5) / cuts[self._sample_step]
        first = self._step[self._sample_step]
        a, b = network.shape_lonlat[first], network.shape_lonlat[first + 1]
        self._tree = KDTree(on_sphere_m(a + fraction[:, None] * (b - a)))

    def candidates(self, lonlat: Float, count: int) -> tuple[Int, Float, Float, Float, Float]:
        """The steps nearest to each position, as many as `count`.

        Returns [n, count] arrays: piece, offset_m on it, distance_m, side (positive: the position is on
        the right) and [n] reach_m, below which no step can be missing.
        """
        count = min(count, len(self._sample_step))
        far_m, sample = self._tree.query(on_sphere_m(lonlat), k=np.arange(1, count + 1))
        steps = self._sample_step[sample]
        first = self._step[steps].reshape(-1)
        points = np.repeat(lonlat, count, axis=0)
        shape = self._network.shape_lonlat
        fraction, distance_m, side = project(points, shape[first], shape[first + 1])
        at = self._network.shape_at_m
        offset_m = at[first] + fraction * (at[first + 1] - at[first])
        reach_m = (
            far_m[:, -1] - _SPACING_M / 2 if count < len(self._sample_step) else np.full(len(lonlat), np.inf)
        )
        like = steps.shape
        piece = self._step_piece[steps].astype(np.int32)
        return piece, offset_m.reshape(like), distance_m.reshape(like), side.reshape(like), reach_m

    def nearest(self, lonlat: Float) -> tuple[Int, Float, Float, Float]:
        """The nearest point on any road: piece, offset_m, distance_m and side, each [n]."""
        total = len(lonlat)
        piece, result = np.zeros(total, dtype=np.int32), np.zeros((3, total))
        open_, count = np.arange(total), _NEIGHBOURS
        while len(open_):
            found, offset_m, distance_m, side, reach_m = self.candidates(lonlat[open_], count)
            best = np.argmin(distance_m, axis=1)
            row = np.arange(len(open_))
            piece[open_] = found[row, best]
            result[:, open_] = offset_m[row, best], distance_m[row, best], side[row, best]
            # Short steps crowd out a long one beside them: ask again, wider, until none can be missing.
            open_, count = open_[distance_m[row, best] > reach_m], count * 4
        return piece, result[0], result[1], result[2]


def positions(lonlat: ArrayLike) -> Float:
    """Check positions: [n, 2] degrees (lon, lat); raises RoutingError that names the first impossible one."""
    points = np.asarray(lonlat, dtype=np.float64)
    points = points.reshape(-1, 2) if points.ndim == 1 and points.size == 2 else points
    if points.ndim != 2 or points.shape[1] != 2:
        raise RoutingError(f"positions: shape {points.shape}, expected n rows of (lon, lat)")
    good = np.isfinite(points).all(axis=1) & (np.abs(points[:, 0]) <= 180) & (np.abs(points[:, 1]) <= 90)
    if not good.all():
        first = int(np.argmin(good))
        raise RoutingError(
            f"position {first}: ({points[first, 0]}, {points[first, 1]}), expected (lon, lat) in degrees"
        )
    return points


def snap(
    network: RoadNetwork, lonlat: ArrayLike, right_side: bool | NDArray[np.bool_] | None = None
) -> Snapped:
    """Put positions [n, 2] on the nearest road.

    `right_side` lets a vehicle stop only where the position lies to its right, as a side loader must, for
    all positions or [n] for each; on a one-way road the one direction is taken all the same. Without it the
    truck of the network decides.
    """
    points = positions(lonlat)
    piece, offset_m, distance_m, side = network.index.nearest(points)
    edge = network.piece_edge[piece].copy()
    both = (edge >= 0).all(axis=1) & (network.right_side if right_side is None else right_side)
    edge[both & (side < 0), 0] = -1
    edge[both & (side > 0), 1] = -1
    share = np.clip(offset_m / np.maximum(network.piece_length_m[piece], 1e-9), 0.0, 1.0)
    on_road = locate(network, piece, offset_m)
    return Snapped(piece, offset_m, edge, np.column_stack((share, 1.0 - share)), on_road, distance_m)


def locate(network: RoadNetwork, piece: Int, offset_m: Float) -> Float:
    """Positions [n, 2] at `offset_m` on pieces."""
    line, lift = network.shape_line
    first = np.searchsorted(line, offset_m + lift[piece], side="right") - 1
    first = np.clip(first, network.shape_start[piece], network.shape_start[piece + 1] - 2)
    length = network.shape_at_m[first + 1] - network.shape_at_m[first]
    fraction = np.clip((offset_m - network.shape_at_m[first]) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    a, b = network.shape_lonlat[first], network.shape_lonlat[first + 1]
    return np.asarray(a + fraction[:, None] * (b - a))


def shape_between(
    network: RoadNetwork, piece: Int, low_m: Float, high_m: Float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shape points strictly between two offsets on pieces: first [n], and one past the last [n]."""
    line, lift = network.shape_line
    first = np.searchsorted(line, low_m + lift[piece], side="right")
    last = np.searchsorted(line, high_m + lift[piece], side="left")
    return first, np.maximum(first, last)
