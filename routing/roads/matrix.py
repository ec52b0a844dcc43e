"""Distances and durations between all points of a set."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from routing.errors import RoutingError
from routing.kernels import contraction
from routing.kernels.contraction import NEVER, Ints, Longs
from routing.roads.geometry import Float, Int
from routing.roads.hierarchy import Hierarchy, metres_of, seconds_of
from routing.roads.network import RoadNetwork
from routing.roads.snapping import Snapped

_LANES_A_WORKER = 64


def matrices(network: RoadNetwork, snapped: Snapped) -> tuple[Float, Float]:
    """(distance_m [n, n], duration_s [n, n]) of the fastest way from each point to each; diagonal 0.

    Distances belong to the fastest way, not to the shortest; among equally fast ways the shortest counts.
    """
    if not len(snapped):
        return np.zeros((0, 0)), np.zeros((0, 0))
    cost = costs(network.hierarchy, snapped)
    if (cost >= NEVER).any():
        row, column = np.argwhere(cost >= NEVER)[0].tolist()
        raise RoutingError(
            f"matrix: no way from point {row} to point {column}, expected points of one network"
        )
    return metres_of(cost), seconds_of(cost)


def costs(hierarchy: Hierarchy, snapped: Snapped) -> Longs:
    """Least cost [n, n] from every point to every point, `NEVER` where there is no way; diagonal 0."""
    open_ = snapped.edge >= 0
    gone = hierarchy.behind(snapped.edge, snapped.share)
    left = np.where(open_, hierarchy.edge_cost[snapped.edge] - gone, 0)
    lanes = _lanes(hierarchy, snapped.piece)
    leaving, arriving = np.full(lanes.size, NEVER), np.full(lanes.size, NEVER)
    for way in (0, 1):
        point = np.flatnonzero(open_[:, way])
        leaving[lanes.at(point, hierarchy.structure.rank[snapped.edge[point, way]])] = left[point, way]
        edge, of = hierarchy.network.copies(snapped.edge[point, way])
        point = point[of]
        arriving[lanes.at(point, hierarchy.structure.rank[edge])] = -left[point, way]
    result = np.empty((len(snapped), len(snapped)), dtype=np.int64)
    result[np.ix_(lanes.point, lanes.point)] = _met(hierarchy, lanes, leaving, arriving)
    _mend_shared_pieces(hierarchy, snapped, gone, left, result)
    np.fill_diagonal(result, 0)
    return np.minimum(result, NEVER, out=result)


@dataclass(frozen=True, eq=False)
class _Lanes:
    """A row for each edge above any point; the points below it are neighbours, one lane each."""

    point: NDArray[np.intp]
    """[lanes] point of each lane."""
    lane: NDArray[np.intp]
    """[points] lane of each point."""
    vertices: Ints
    place: Ints
    low: Ints
    high: Ints
    offset: Longs
    size: int

    def at(self, point: NDArray[np.intp], rank: Int) -> Longs:
        """Where the costs of points at edges above them are kept."""
        row = self.place[rank]
        return np.asarray(self.offset[row] + self.lane[point] - self.low[row])


def _lanes(hierarchy: Hierarchy, piece: Int) -> _Lanes:
    begin, end = hierarchy.structure.span
    lowest = hierarchy.structure.lowest[piece]
    point = np.argsort(begin[lowest], kind="stable")
    lane = np.empty_like(point)
    lane[point] = np.arange(len(point))
    vertices, place = hierarchy.above(lowest)
    numbers = begin[lowest[point]]
    low, high = (np.searchsorted(numbers, side[vertices]).astype(np.int32) for side in (begin, end))
    width = (high - low).astype(np.int64)
    return _Lanes(point, lane, vertices, place, low, high, np.cumsum(width) - width, int(width.sum()))


def _met(hierarchy: Hierarchy, lanes: _Lanes, leaving: Longs, arriving: Longs) -> Longs:
    """Least costs between lanes. The kernels leave Python's lock, so that threads share the cores."""
    made, count = hierarchy.structure, len(lanes.point)
    rows = lanes.low, lanes.high, lanes.offset
    result = np.full((count, count), 2 * NEVER)
    workers = min(os.cpu_count() or 1, count // _LANES_A_WORKER + 1)
    cuts = np.linspace(0, count, workers + 1).astype(int).tolist()
    with ThreadPoolExecutor(max(workers, 2)) as pool:

        def climb(weight: Longs, cost: Longs) -> None:
            contraction.sweep(lanes.vertices, lanes.place, *rows, made.up_start, made.up_head, weight, cost)

        def meet(part: tuple[int, int]) -> None:
            contraction.meet(part[0], part[1], *rows, leaving, arriving, result)

        list(pool.map(climb, (hierarchy.up, hierarchy.down), (leaving, arriving)))
        list(pool.map(meet, pairwise(cuts)))
    return result


def _mend_shared_pieces(
    hierarchy: Hierarchy, snapped: Snapped, gone: Longs, left: Longs, result: Longs
) -> None:
    """Costs between points of one piece: straight on where the other lies ahead, else all the way round.

    The search knows whole edges only, so on one edge it would let a vehicle jump back.
    """
    order = np.argsort(snapped.piece, kind="stable")
    for points in np.split(order, np.flatnonzero(np.diff(snapped.piece[order])) + 1):
        if len(points) > 1:
            grid = np.ix_(points, points)
            shared = snapped[points]
            result[grid] = _on_one_piece(hierarchy, shared, gone[points], left[points])


def _on_one_piece(hierarchy: Hierarchy, shared: Snapped, gone: Longs, left: Longs) -> Longs:
    open_ = shared.edge >= 0
    best = np.full((len(shared), len(shared)), NEVER)
    for way in (0, 1):
        ahead = shared.share[:, way][:, None] <= shared.share[:, way]
        ahead &= open_[:, way][:, None] & open_[:, way]
        best = np.where(ahead, np.minimum(best, gone[:, way] - gone[:, way][:, None]), best)
    for way, other in product((0, 1), repeat=2):
        both = open_[:, way][:, None] & open_[:, other]
        # Whoever drives round has at least these two parts to drive.
        least = left[:, way][:, None] + gone[:, other]
        if (both & (least < best)).any():
            one, last = (int(shared.edge[:, side].max()) for side in (way, other))
            ends = [(int(edge), 0) for edge in hierarchy.network.copies(np.array([last]))[0]]
            cost, _ = hierarchy.search(hierarchy.after(one), ends)
            best = np.where(both, np.minimum(best, left[:, way][:, None] + cost - left[:, other]), best)
    return best
