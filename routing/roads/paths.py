"""The way between two points: its line, its length and duration, and the streets in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from routingkit_cch import CCHQuery

from routing.errors import RoutingError
from routing.roads.geometry import Float
from routing.roads.hierarchy import PATH_PRICE
from routing.roads.network import RoadNetwork
from routing.roads.snapping import Snapped


@dataclass(frozen=True, eq=False)
class Path:
    """The fastest way from one point to another."""

    lonlat: Float
    """[k, 2] line in driving order, from the first point on the road to the last."""
    distance_m: float
    duration_s: float
    streets: tuple[tuple[str, float], ...]
    """(street name or number, empty when it has none; metres on it), in order."""
    edges: tuple[int, ...]
    """Edges in order; the first and the last may be driven in part."""


def path(network: RoadNetwork, a: Snapped, b: Snapped) -> Path:
    """The fastest way from point `a` to point `b`, each one snapped position."""
    return _path(network, CCHQuery(network.hierarchy.metric(PATH_PRICE)), a, b)


def paths(network: RoadNetwork, snapped: Snapped, pairs: Iterable[tuple[int, int]]) -> list[Path]:
    """The fastest ways for pairs of points (from, to) by their place in `snapped`: one query serves all."""
    query = CCHQuery(network.hierarchy.metric(PATH_PRICE))
    return [_path(network, query, snapped[one], snapped[other]) for one, other in pairs]


def _path(network: RoadNetwork, query: CCHQuery, a: Snapped, b: Snapped) -> Path:
    if len(a) != 1 or len(b) != 1:
        raise RoutingError(f"path: {len(a)} and {len(b)} points, expected one start and one end")
    edges = [int(edge) for edge in network.hierarchy.edges_between(query, a, b)[1]]
    if not edges:
        raise RoutingError("path: no way between the two points, expected points of one network")
    lengths = network.edge_length_m[edges]
    begin = [_offset_m(network, a, edges[0]), *([0.0] * (len(edges) - 1))]
    end = [*lengths[:-1].tolist(), _offset_m(network, b, edges[-1])]
    parts = np.array(end) - np.array(begin)
    shares = parts / np.maximum(lengths, 1e-9)
    duration = float((network.edge_duration_s[edges] * shares).sum()) + _turning_s(network, edges)
    line = np.concatenate([_line(network, *item) for item in zip(edges, begin, end, strict=True)])
    fresh = np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))
    line = line[fresh] if fresh.sum() > 1 else line[[0, -1]]
    return Path(line, float(parts.sum()), duration, _streets(network, edges, parts.tolist()), tuple(edges))


def _offset_m(network: RoadNetwork, point: Snapped, edge: int) -> float:
    """Distance from the beginning of the edge, in its direction, to the point."""
    offset = float(point.offset_m[0])
    return offset if network.edge_forward[edge] else float(network.edge_length_m[edge]) - offset


def _turning_s(network: RoadNetwork, edges: list[int]) -> float:
    total = 0.0
    for one, other in pairwise(edges):
        first, last = np.searchsorted(network.turn_from, (one, one + 1))
        total += float(network.turn_s[first:last][network.turn_to[first:last] == other][0])
    return total


def _line(network: RoadNetwork, edge: int, begin_m: float, end_m: float) -> Float:
    """The part of an edge's line between two distances from its beginning."""
    piece = int(network.edge_piece[edge])
    forward = bool(network.edge_forward[edge])
    line = network.shape(piece, forward)
    at = network.shape_at_m[network.shape_start[piece] : network.shape_start[piece + 1]]
    at = at if forward else (at[-1] - at)[::-1]
    inside = line[(at > begin_m) & (at < end_m)]
    ends = [np.column_stack([np.interp(m, at, line[:, axis]) for axis in (0, 1)]) for m in (begin_m, end_m)]
    return np.concatenate((ends[0], inside, ends[1]))


def _streets(network: RoadNetwork, edges: list[int], parts: list[float]) -> tuple[tuple[str, float], ...]:
    streets: list[tuple[str, float]] = []
    for edge, length in zip(edges, parts, strict=True):
        name = network.name_of(int(network.piece_way[network.edge_piece[edge]]))
        if streets and streets[-1][0] == name:
            streets[-1] = (name, streets[-1][1] + length)
        else:
            streets.append((name, length))
    return tuple((name, round(length, 1)) for name, length in streets if length > 0.05)
