"""Short stretches of road, one direction each, for road condition: their names survive the next import."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.errors import RoutingError
from routing.roads.geometry import Float, Int, ranges
from routing.roads.network import RoadNetwork
from routing.roads.snapping import locate, shape_between

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Segments:
    """k segments. A way is cut into equal parts along its whole length, so that no new side road moves them.

    A segment is named by way, direction and place on the way; `segment_of` finds it from a place on an edge.
    """

    way: Int
    """[k] place of the way in the network."""
    forward: NDArray[np.bool_]
    """[k] in the direction of the way."""
    number: Int
    """[k] place on the way, counted along it."""
    begin_m: Float
    """[k] on the way, m."""
    length_m: Float
    _network: RoadNetwork
    _parts: Index
    """[w] parts of each way."""
    _first: Index
    """[w, 2] first segment of each way and direction in `_place`."""
    _place: Index
    """Segment of each way, direction and number, -1 where no road of the network is."""

    def __len__(self) -> int:
        return len(self.way)

    def id(self, segment: int) -> str:
        """Stable name: OSM way, f or b for the direction, place on the way."""
        way = int(self._network.way_osm[self.way[segment]])
        return f"{way}{'f' if self.forward[segment] else 'b'}{int(self.number[segment])}"

    def ids(self) -> list[str]:
        """The names of all segments, in order."""
        return [self.id(segment) for segment in range(len(self))]

    def segment_of(self, edge: Int, offset_m: Float) -> Index:
        """Segment [n] at `offset_m` [n] (along the way, from the piece's begin) on `edge` [n]; -1 for -1."""
        network = self._network
        piece = network.edge_piece[edge]
        way = network.piece_way[piece]
        along = (network.piece_way_offset_m[piece] + offset_m) / np.maximum(network.way_length_m[way], 1e-9)
        number = np.clip((along * self._parts[way]).astype(np.int64), 0, self._parts[way] - 1)
        found = self._place[self._first[way, np.where(network.edge_forward[edge], 0, 1)] + number]
        return np.where(edge >= 0, found, -1)

    def lines(self) -> Iterator[Float]:
        """The line [m, 2] of each segment in driving direction, without the parts that were cut off."""
        network = self._network
        edge, segment, low, high = self._on_edges()
        piece = network.edge_piece[edge]
        order = np.lexsort((network.piece_way_offset_m[piece], segment))
        segment, piece, low, high = segment[order], piece[order], low[order], high[order]
        # Each overlap gives its two ends and the shape points between them, in this order.
        inner_from, inner_to = shape_between(network, piece, low, high)
        counts = inner_to - inner_from
        begin = np.cumsum(counts + 2) - counts - 2
        points = np.empty((int((counts + 2).sum()), 2))
        points[begin] = locate(network, piece, low)
        points[begin + counts + 1] = locate(network, piece, high)
        points[ranges(begin + 1, counts)] = network.shape_lonlat[ranges(inner_from, counts)]
        bounds = begin[np.searchsorted(segment, np.arange(len(self)))].tolist()
        for forward, first, last in zip(self.forward, bounds, [*bounds[1:], len(points)], strict=True):
            yield points[first:last] if forward else points[first:last][::-1]

    def durations_s(self, speed_mps: Float) -> Float:
        """Duration of each edge of the network, s, at the speed of each segment [k]; NaN is unknown."""
        network = self._network
        edge, segment, low, high = self._on_edges()
        usual_mps = network.edge_length_m[edge] / np.maximum(network.edge_duration_s[edge], 1e-9)
        mps = np.where(np.isnan(speed_mps[segment]), usual_mps, speed_mps[segment])
        total = np.bincount(edge, (high - low) / np.maximum(mps, 1e-9), minlength=len(network.edge_piece))
        measured = np.where(network.edge_length_m > 0, total, network.edge_duration_s)
        first = network.piece_edge[network.edge_piece, np.where(network.edge_forward, 0, 1)]
        return np.asarray(measured[first])

    def _on_edges(self) -> tuple[Int, Index, Float, Float]:
        """Where segments and edges overlap: edge, segment, and from where to where on the piece, m."""
        network = self._network
        edge, number = _overlaps(network, self._parts)
        piece = network.edge_piece[edge]
        way = network.piece_way[piece]
        segment = self._place[self._first[way, np.where(network.edge_forward[edge], 0, 1)] + number]
        start = network.piece_way_offset_m[piece]
        low = np.maximum(self.begin_m[segment] - start, 0.0)
        end = self.begin_m[segment] + self.length_m[segment] - start
        return edge, segment, low, np.minimum(end, network.piece_length_m[piece])


def _overlaps(network: RoadNetwork, parts: Index) -> tuple[Int, Index]:
    """Edges and the places on their way (numbers of parts) that they touch, as pairs."""
    piece = network.edge_piece[network.directions]
    way = network.piece_way[piece]
    part_m = network.way_length_m[way] / parts[way]
    begin = network.piece_way_offset_m[piece]
    low = np.minimum((begin / part_m + 1e-6).astype(np.int64), parts[way] - 1)
    high = ((begin + network.piece_length_m[piece]) / part_m - 1e-6).astype(np.int64)
    high = np.clip(high, low, parts[way] - 1)
    edges = network.directions.astype(np.int32)
    return np.repeat(edges, high - low + 1), ranges(low, high - low + 1)


def segments(network: RoadNetwork, length_m: float = 100.0, urban_m: float = 50.0) -> Segments:
    """Cut all roads, each direction, into segments of about `length_m` outside towns and `urban_m` inside."""
    if not (length_m > 0 and urban_m > 0):
        raise RoutingError(f"segments: length_m is {length_m}, urban_m {urban_m}, expected more than 0")
    target = np.where(network.way_urban, urban_m, length_m)
    parts = np.maximum(1, np.rint(network.way_length_m / target)).astype(np.int64)
    counts = np.repeat(parts, 2)
    first = (np.cumsum(counts) - counts).reshape(-1, 2)

    # A place on a way is a segment when any edge of the network lies on it.
    part_m = network.way_length_m / parts
    edge, part = _overlaps(network, parts)
    way = network.piece_way[network.edge_piece[edge]]
    used = np.zeros(int(counts.sum()), dtype=np.bool_)
    used[first[way, np.where(network.edge_forward[edge], 0, 1)] + part] = True

    place = np.where(used, np.cumsum(used) - 1, -1)
    slot = np.flatnonzero(used)
    group = np.searchsorted(first.reshape(-1), slot, side="right") - 1
    number = slot - first.reshape(-1)[group]
    on = group // 2
    return Segments(
        way=on.astype(np.int32),
        forward=group % 2 == 0,
        number=number.astype(np.int32),
        begin_m=number * part_m[on],
        length_m=part_m[on],
        _network=network,
        _parts=parts,
        _first=first,
        _place=place,
    )
