"""How far a truck gets from a place within a time: roads, and the areas along them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import dijkstra

from routing.errors import RoutingError
from routing.roads.areas import Polygon, areas
from routing.roads.geometry import Float, Int, ranges
from routing.roads.network import RoadNetwork
from routing.roads.snapping import Snapped, locate

_STEP_M = 50.0
"""Along roads a point is taken at least this often."""


@dataclass(frozen=True, eq=False)
class Reached:
    """k edges that are reached in time, each from its beginning or from the start on."""

    edge: Int
    begin_s: Float
    """When its beginning is reached, s; before 0 where the start lies on the edge."""
    first: Float
    """Share of the edge at which driving begins, 0..1: above 0 only where the start lies on it."""
    last: Float
    """Share of the edge that is reached, 0..1."""


@dataclass(frozen=True)
class Isochrone:
    """What is reached within `limit_s`."""

    limit_s: float
    road_m: float
    """Roads reached, each counted once, m."""
    area_km2: float
    polygons: tuple[Polygon, ...]
    """Rings of (lon, lat): the outline first, then its holes."""


def reach(network: RoadNetwork, start: Snapped, limit_s: float) -> Reached:
    """Edges on which a truck can be `limit_s` after it left one snapped position, by all turn rules."""
    if len(start) != 1:
        raise RoutingError(f"reach: {len(start)} points, expected one start")
    if not 0 < limit_s < np.inf:
        raise RoutingError(f"reach: limit of {limit_s} s, expected more than 0 and an end")
    duration_s = network.edge_duration_s
    open_ = np.flatnonzero(start.edge[0] >= 0)
    own, share = start.edge[0][open_], start.share[0][open_]
    end_s = np.full(len(duration_s), np.inf)
    for edge, left_s in zip(own.tolist(), ((1.0 - share) * duration_s[own]).tolist(), strict=True):
        # An edge may be entered in time and left too late.
        further_s = max(limit_s - left_s, 0.0) + float(duration_s.max())
        np.minimum(end_s, dijkstra(network.turn_graph, indices=edge, limit=further_s) + left_s, out=end_s)
    begin_s = end_s - duration_s
    begin_s[own] = [_entered_s(network, int(edge), end_s) for edge in own]
    again = np.flatnonzero(begin_s < limit_s)
    edge = np.concatenate((own, again)).astype(np.int32)
    began_s = np.concatenate((-share * duration_s[own], begin_s[again]))
    last = np.clip((limit_s - began_s) / np.maximum(duration_s[edge], 1e-9), 0.0, 1.0)
    return Reached(edge, began_s, np.concatenate((share, np.zeros(len(again)))), last)


def _entered_s(network: RoadNetwork, edge: int, end_s: Float) -> float:
    """When an edge is entered at its beginning, from whichever edge before it."""
    turns = np.flatnonzero(network.turn_to == edge)
    return float((end_s[network.turn_from[turns]] + network.turn_s[turns]).min(initial=np.inf))


def arrivals_s(network: RoadNetwork, reached: Reached, snapped: Snapped) -> Float:
    """When each snapped position [n] is reached, s; infinite where it is not."""
    order = np.argsort(reached.edge, kind="stable")
    edges = reached.edge[order]
    at_s = np.full(len(snapped), np.inf)
    for way in (0, 1):
        point = np.flatnonzero(snapped.edge[:, way] >= 0)
        edge, of = network.copies(snapped.edge[point, way])
        point = point[of]
        first = np.searchsorted(edges, edge)
        counts = np.searchsorted(edges, edge, side="right") - first
        row, point = order[ranges(first, counts)], np.repeat(point, counts)
        share = snapped.share[point, way]
        there = (share >= reached.first[row]) & (share <= reached.last[row])
        passing_s = reached.begin_s[row] + share * network.edge_duration_s[reached.edge[row]]
        np.minimum.at(at_s, point[there], passing_s[there])
    return at_s


def isochrones(network: RoadNetwork, start: Snapped, limits_s: Sequence[float]) -> tuple[Isochrone, ...]:
    """What is reached within each of some times, the longest first, so that later ones are drawn on top."""
    limits = sorted(set(limits_s), reverse=True)
    if not limits or limits[-1] <= 0:
        raise RoutingError(f"isochrones: limits of {limits} s, expected one or more above 0")
    reached = reach(network, start, limits[0])
    lonlat, at_s = _points(network, reached)
    shapes = areas(lonlat, at_s, limits)
    return tuple(
        Isochrone(limit_s, _road_m(network, reached, limit_s), area_km2, polygons)
        for limit_s, (area_km2, polygons) in zip(limits, shapes, strict=True)
    )


def _points(network: RoadNetwork, reached: Reached) -> tuple[Float, Float]:
    """Positions along all reached roads and when each is reached, s."""
    length_m = network.edge_length_m[reached.edge]
    counts = np.ceil((reached.last - reached.first) * length_m / _STEP_M).astype(np.int64) + 2
    row = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    part = number / (counts[row] - 1)
    share = reached.first[row] + part * (reached.last - reached.first)[row]
    at_s = reached.begin_s[row] + share * network.edge_duration_s[reached.edge[row]]
    along = np.where(network.edge_forward[reached.edge[row]], share, 1.0 - share) * length_m[row]
    return locate(network, network.edge_piece[reached.edge[row]], along), at_s


def _road_m(network: RoadNetwork, reached: Reached, limit_s: float) -> float:
    """Length of road reached within a limit, each place once, whichever way it is reached."""
    duration_s = np.maximum(network.edge_duration_s[reached.edge], 1e-9)
    last = np.clip((limit_s - reached.begin_s) / duration_s, reached.first, 1.0)
    piece, forward = network.edge_piece[reached.edge], network.edge_forward[reached.edge]
    low, high = np.where(forward, reached.first, 1.0 - last), np.where(forward, last, 1.0 - reached.first)
    order = np.lexsort((low, piece))
    piece, low, high = piece[order], low[order] + piece[order], high[order] + piece[order]
    # All pieces in one row, a unit each: what begins before the furthest end so far was counted there.
    before = np.append(0.0, np.maximum.accumulate(high)[:-1])
    fresh = np.maximum(high - np.maximum(low, before), 0.0)
    return float((fresh * network.piece_length_m[piece]).sum())
