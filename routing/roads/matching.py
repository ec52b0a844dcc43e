"""Simple map matching: each position of a drive to its edge, from nearness and driving direction."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.roads.geometry import Float, Int, angle_between_rad, bearings_rad, distances_m
from routing.roads.network import RoadNetwork
from routing.roads.snapping import locate, positions

_CANDIDATES = 12
_STEP_M = 5.0
"""Two positions nearer than this tell no direction, m."""
_GAP_M = 1000.0
"""Two positions further apart than this belong to two drives, m."""


@dataclass(frozen=True, eq=False)
class Matched:
    """n positions on edges."""

    edge: Int
    """[n] -1 when no road in this direction is near, or the direction is unknown on a two-way road."""
    offset_m: Float
    """[n] from the beginning of the piece along the way, m."""
    distance_m: Float
    """[n] from the road, m; infinite when unmatched."""


def headings_rad(lonlat: Float, drive: NDArray[np.int64] | None = None) -> Float:
    """Driving direction at each position [n] from its neighbours: bearing in rad, NaN where it stands.

    `drive` [n] tells drives apart when several stand in a row.
    """
    total = len(lonlat)
    result = np.full(total, np.nan)
    if total < 2:
        return result
    step_m = distances_m(lonlat[:-1], lonlat[1:])
    moves = (step_m >= _STEP_M) & (step_m <= _GAP_M)
    if drive is not None:
        moves &= drive[1:] == drive[:-1]
    bearing = np.where(moves, bearings_rad(lonlat[:-1], lonlat[1:]), np.nan)
    before, after = np.append(np.nan, bearing), np.append(bearing, np.nan)
    # In a bend the direction at a point is the mean of the steps before and after it.
    mean = np.arctan2(np.sin(before) + np.sin(after), np.cos(before) + np.cos(after))
    result = np.where(np.isnan(before), after, np.where(np.isnan(after), before, mean))
    return result


def match(
    network: RoadNetwork,
    lonlat: ArrayLike,
    heading_rad: Float | None = None,
    limit_m: float = 30.0,
    drive: NDArray[np.int64] | None = None,
) -> Matched:
    """Match positions [n, 2] in order of time to edges.

    Takes the edge that is nearest and runs in driving direction: 45° off count like 15 m. Without
    `heading_rad` the direction comes from the positions themselves.
    """
    points = positions(lonlat)
    total = len(points)
    heading = (
        headings_rad(points, drive) if heading_rad is None else np.asarray(heading_rad, dtype=np.float64)
    )
    if not total:
        return Matched(np.zeros(0, dtype=np.int32), np.zeros(0), np.zeros(0))
    piece, offset_m, distance_m, _, _ = network.index.candidates(points, _CANDIDATES)
    along = _bearing_on(network, piece, offset_m)
    best_cost = np.full(total, np.inf)
    result = Matched(np.full(total, -1, dtype=np.int32), np.zeros(total), np.full(total, np.inf))
    row = np.arange(total)
    for way in (0, 1):
        edge = network.piece_edge[piece, way]
        one_way = network.piece_edge[piece, 1 - way] < 0
        off = np.abs(angle_between_rad(heading[:, None], along + way * np.pi))
        # Who stands still has no direction: then only a one-way road tells the edge.
        off = np.where(np.isnan(off), np.where(one_way, 0.0, np.inf), off)
        open_ = (edge >= 0) & (off < np.pi / 3) & (distance_m <= limit_m)
        cost = np.where(open_, distance_m + 15.0 * off / (np.pi / 4), np.inf)
        best = np.argmin(cost, axis=1)
        better = cost[row, best] < best_cost
        best_cost[better] = cost[row, best][better]
        result.edge[better] = edge[row, best][better]
        result.offset_m[better] = offset_m[row, best][better]
        result.distance_m[better] = distance_m[row, best][better]
    return result


def _bearing_on(network: RoadNetwork, piece: Int, offset_m: Float) -> Float:
    """Bearing of the way at a place on a piece: between points 5 m before and after it, [n, k]."""
    flat, at = piece.reshape(-1), offset_m.reshape(-1)
    length = network.piece_length_m[flat]
    a = locate(network, flat, np.maximum(at - 5.0, 0.0))
    b = locate(network, flat, np.minimum(at + 5.0, length))
    return bearings_rad(a, b).reshape(piece.shape)
