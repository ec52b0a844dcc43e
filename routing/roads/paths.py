"""The way between two points: its line, its length and duration, and the streets in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from routing.errors import RoutingError
from routing.kernels.contraction import NEVER
from routing.roads.geometry import Float
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
    if len(a) != 1 or len(b) != 1:
        raise RoutingError(f"path: {len(a)} and {len(b)} points, expected one start and one end")
    edges = _edges_between(network, a, b)
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


def paths(network: RoadNetwork, snapped: Snapped, pairs: Iterable[tuple[int, int]]) -> list[Path]:
    """The fastest ways for pairs of points (from, to) by their place in `snapped`."""
    return [path(network, snapped[one], snapped[other]) for one, other in pairs]


def _edges_between(network: RoadNetwork, a: Snapped, b: Snapped) -> list[int]:
    """Edges of the fastest way between two points; the first and the last may be driven in part."""
    hierarchy = network.hierarchy
    gone_a, gone_b = (
        hierarchy.behind(a.edge[0], a.share[0]).tolist(),
        hierarchy.behind(b.edge[0], b.share[0]).tolist(),
    )
    direct, shared = NEVER, -1
    if a.piece[0] == b.piece[0]:
        for way in (0, 1):
            open_ = a.edge[0, way] >= 0 and b.edge[0, way] >= 0
            if open_ and a.share[0, way] <= b.share[0, way] and gone_b[way] - gone_a[way] < direct:
                direct, shared = gone_b[way] - gone_a[way], int(a.edge[0, way])
    before: dict[int, tuple[int, int]] = {}
    for edge, gone in zip(a.edge[0].tolist(), gone_a, strict=True):
        if edge >= 0:
            for next_, cost in hierarchy.after(edge, int(hierarchy.edge_cost[edge]) - gone):
                before[next_] = min(before.get(next_, (cost, edge)), (cost, edge))
    ends = []
    for edge, gone in zip(b.edge[0].tolist(), gone_b, strict=True):
        if edge >= 0:
            unused = gone - int(hierarchy.edge_cost[edge])
            ends += [(int(copy), unused) for copy in network.copies(np.array([edge]))[0]]
    cost, edges = hierarchy.search([(edge, cost) for edge, (cost, _) in before.items()], ends)
    if direct <= cost and shared >= 0:
        return [shared]
    if not edges:
        raise RoutingError("path: no way between the two points, expected points of one network")
    return [before[edges[0]][1], *edges]


def _offset_m(network: RoadNetwork, point: Snapped, edge: int) -> float:
    """Distance from the beginning of the edge, in its direction, to the point."""
    offset = float(point.offset_m[0])
    return offset if network.edge_forward[edge] else float(network.edge_length_m[edge]) - offset


def _turning_s(network: RoadNetwork, edges: list[int]) -> float:
    total = 0.0
    for one, other in pairwise(edges):
        first, last = network.turn_start[one : one + 2].tolist()
        total += float(network.turn_s[first:last][network.turn_to[first:last] == other][0])
    return total


def edge_line(network: RoadNetwork, edge: int) -> Float:
    """The line [k, 2] of an edge in driving direction."""
    return network.shape(int(network.edge_piece[edge]), bool(network.edge_forward[edge]))


def _line(network: RoadNetwork, edge: int, begin_m: float, end_m: float) -> Float:
    """The part of an edge's line between two distances from its beginning."""
    piece = int(network.edge_piece[edge])
    forward = bool(network.edge_forward[edge])
    line = edge_line(network, edge)
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
