"""The road network: junctions, directed edges, turns and the shape of each road, as flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array

from routing.roads import blob
from routing.roads.geometry import Float, Int, ranges
from routing.roads.places import Place, nearest_place
from routing.roads.profile import KEPT_TAGS, ROAD_CLASSES

if TYPE_CHECKING:
    from routing.roads.hierarchy import Hierarchy
    from routing.roads.snapping import RoadIndex, Snapped
    from routing.roads.structure import Structure

Box = tuple[float, float, float, float]
# What was built for a network and holds for the same roads with other durations.
_SHARED = ("index", "structure")


@dataclass(frozen=True)
class Example:
    """One road that was cut off: OSM way, name (may be empty), a position, length in m of its island."""

    way: int
    name: str
    lon: float
    lat: float
    length_m: float


@dataclass(frozen=True)
class ImportReport:
    """What the import did with the file."""

    ways_seen: int = 0
    ways_used: int = 0
    rules_applied: int = 0
    rules_left_out: int = 0
    """Turn rules with a condition or a missing member, or whose roads the truck may not use."""
    barriers: int = 0
    cut_off_islands: int = 0
    cut_off_pieces: int = 0
    cut_off_m: float = 0.0
    """Length of road that cannot be reached from the largest part and left again, m."""
    cut_off_examples: tuple[Example, ...] = ()


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Each edge leads to every other. A piece is the road between two junctions, an edge one direction of it.
    Where a turn rule looks back over roads, an edge is one direction of a piece as reached from one side.

    Turns connect edges, so one-ways, turn rules and the cost of turning round are all in the graph. n nodes,
    w ways, p pieces, e edges, t turns, s shape points.
    """

    node_lonlat: Float
    """[n, 2] degrees."""
    node_osm: NDArray[np.int64]
    way_osm: NDArray[np.int64]
    way_length_m: Float
    way_class: NDArray[np.uint8]
    """[w] place in ROAD_CLASSES."""
    way_name: Int
    """[w] place in `texts`: name, else road number, else empty."""
    way_tags: Int
    """[w, 3] places in `texts`: surface, smoothness, tracktype."""
    way_limit_kmh: Float
    """[w] NaN when unknown or unlimited."""
    way_urban: NDArray[np.bool_]
    way_roundabout: NDArray[np.bool_]
    piece_way: Int
    piece_from: Int
    piece_to: Int
    piece_length_m: Float
    piece_way_offset_m: Float
    """[p] where on its way the piece begins, m."""
    shape_start: NDArray[np.int64]
    """[p + 1] first shape point of each piece."""
    shape_lonlat: Float
    """[s, 2] in the direction of the way."""
    shape_at_m: Float
    """[s] distance from the beginning of the piece, m."""
    piece_edge: Int
    """[p, 2] edge along and against the way, -1 when that direction is closed; see `copies`."""
    edge_piece: Int
    edge_forward: NDArray[np.bool_]
    edge_duration_s: Float
    turn_from: Int
    turn_to: Int
    turn_s: Float
    order: Int
    """[e] order of contraction of the edges, for the hierarchy behind matrices and paths."""
    texts: tuple[str, ...]
    places: tuple[Place, ...] = ()
    """Towns, villages and quarters of the extract."""
    profile: str = ""
    """Name of the truck for which it was made."""
    right_side: bool = False
    """That truck stops only where a place lies to its right."""
    report: ImportReport = field(default_factory=ImportReport)

    @cached_property
    def edge_length_m(self) -> Float:
        """Length of each edge in m."""
        return self.piece_length_m[self.edge_piece]

    @cached_property
    def edge_from(self) -> Int:
        """Node where each edge begins."""
        return np.where(self.edge_forward, self.piece_from[self.edge_piece], self.piece_to[self.edge_piece])

    @cached_property
    def edge_to(self) -> Int:
        """Node where each edge ends."""
        return np.where(self.edge_forward, self.piece_to[self.edge_piece], self.piece_from[self.edge_piece])

    @cached_property
    def turn_start(self) -> NDArray[np.int64]:
        """[e + 1] first turn of each edge."""
        return np.append(0, np.cumsum(np.bincount(self.turn_from, minlength=len(self.edge_piece))))

    @cached_property
    def turn_graph(self) -> csr_array:
        """[e, e] seconds from the end of one edge to the end of the next."""
        seconds = np.maximum(self.turn_s + self.edge_duration_s[self.turn_to], 1e-6)
        size = len(self.edge_piece)
        return coo_array((seconds, (self.turn_from, self.turn_to)), shape=(size, size)).tocsr()

    @cached_property
    def directions(self) -> NDArray[np.int64]:
        """One edge for each direction of each piece: all edges without copies."""
        return np.sort(self.piece_edge[self.piece_edge >= 0]).astype(np.int64)

    @cached_property
    def _by_direction(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        key = 2 * self.edge_piece.astype(np.int64) + ~self.edge_forward
        order = np.argsort(key, kind="stable")
        return order, key[order]

    def copies(self, edge: Int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """All edges that run where these [n] run, and for each of them whose it is.

        A road after which a turn rule looks back has an edge for each way of coming there.
        """
        order, keys = self._by_direction
        key = 2 * self.edge_piece[edge].astype(np.int64) + ~self.edge_forward[edge]
        first = np.searchsorted(keys, key)
        counts = np.searchsorted(keys, key, side="right") - first
        return order[ranges(first, counts)], np.repeat(np.arange(len(key)), counts)

    @cached_property
    def length_m(self) -> float:
        """Length of all roads, each counted once, m."""
        return float(self.piece_length_m.sum())

    @cached_property
    def shape_line(self) -> tuple[Float, Float]:
        """Offsets of all pieces in one rising row [s], for one search, and the start of each piece [p]."""
        lift = np.cumsum(self.piece_length_m + 1.0) - self.piece_length_m - 1.0
        return self.shape_at_m + np.repeat(lift, np.diff(self.shape_start)), lift

    @cached_property
    def index(self) -> "RoadIndex":
        """Where roads are, for snapping and matching; built at first use."""
        from routing.roads.snapping import RoadIndex

        return RoadIndex(self)

    @cached_property
    def structure(self) -> "Structure":
        """What contraction joins, whatever the durations; built at first use."""
        from routing.roads.structure import structure

        return structure(self.order, self.edge_piece, self.turn_from, self.turn_to)

    @cached_property
    def hierarchy(self) -> "Hierarchy":
        """The contraction hierarchy behind matrices and paths; built at first use."""
        from routing.roads.hierarchy import Hierarchy

        return Hierarchy(self)

    def snap(self, lonlat: ArrayLike, right_side: bool | NDArray[np.bool_] | None = None) -> "Snapped":
        """Put positions [n, 2] on the nearest road, see `routing.roads.snapping.snap`."""
        from routing.roads.snapping import snap

        return snap(self, lonlat, right_side)

    def with_durations(self, edge_duration_s: Float) -> "RoadNetwork":
        """The same roads with other durations [e], s, as measured traffic gives them."""
        other = replace(self, edge_duration_s=np.asarray(edge_duration_s, dtype=np.float64))
        other.__dict__.update({name: self.__dict__[name] for name in _SHARED if name in self.__dict__})
        return other

    def bounds(self) -> Box:
        """West, south, east, north in degrees."""
        west, south = self.shape_lonlat.min(axis=0)
        east, north = self.shape_lonlat.max(axis=0)
        return float(west), float(south), float(east), float(north)

    def name_of(self, way: int) -> str:
        """Name of a way by its place, else its number, else empty."""
        return str(self.texts[self.way_name[way]])

    def place_of(self, lon: float, lat: float) -> str:
        """Name of the place in or near which a position lies; empty when there is none."""
        return nearest_place(self.places, lon, lat)

    def class_of(self, way: int) -> str:
        """Road class of a way by its place, as OpenStreetMap calls it."""
        return ROAD_CLASSES[self.way_class[way]]

    def tag_of(self, way: int, key: str) -> str:
        """A kept tag (surface, smoothness, tracktype) of a way by its place, empty when not tagged."""
        return str(self.texts[self.way_tags[way, KEPT_TAGS.index(key)]])

    def shape(self, piece: int, forward: bool = True) -> Float:
        """The line [k, 2] of a piece in driving direction."""
        line = self.shape_lonlat[self.shape_start[piece] : self.shape_start[piece + 1]]
        return line if forward else line[::-1]

    def geojson(self, bbox: Box | None = None, min_class: str | None = None) -> dict[str, Any]:
        """Streets as a GeoJSON FeatureCollection, one line a piece, with `class` and `name`, 5 digits (1 m).

        `bbox` (west, south, east, north) keeps what touches the box; `min_class` that class and those above.
        """
        keep = np.ones(len(self.piece_way), dtype=np.bool_)
        if min_class is not None:
            keep &= self.way_class[self.piece_way] <= ROAD_CLASSES.index(min_class)
        if bbox is not None:
            low = np.minimum.reduceat(self.shape_lonlat, self.shape_start[:-1])
            high = np.maximum.reduceat(self.shape_lonlat, self.shape_start[:-1])
            keep &= ((low <= bbox[2:]) & (high >= bbox[:2])).all(axis=1)
        features = [self._feature(pieces) for pieces in self._chains(np.flatnonzero(keep))]
        return {"type": "FeatureCollection", "features": features}

    def _chains(self, pieces: NDArray[np.int64]) -> Sequence[NDArray[np.int64]]:
        """Group neighbouring pieces of one way, so that the ground has one line a way."""
        joined = (np.diff(pieces) == 1) & (self.piece_way[pieces[1:]] == self.piece_way[pieces[:-1]])
        joined &= self.piece_to[pieces[:-1]] == self.piece_from[pieces[1:]]
        return np.split(pieces, np.flatnonzero(~joined) + 1) if len(pieces) else []

    def _feature(self, pieces: NDArray[np.int64]) -> dict[str, Any]:
        way = int(self.piece_way[pieces[0]])
        first, last = self.shape_start[pieces[0]], self.shape_start[pieces[-1] + 1]
        line = np.round(self.shape_lonlat[first:last], 5)
        fresh = np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))
        line = line[fresh] if fresh.sum() > 1 else line[[0, -1]]
        properties = {"class": self.class_of(way), "name": self.name_of(way)}
        return {
            "type": "Feature",
            "properties": properties,
            "geometry": {"type": "LineString", "coordinates": line.tolist()},
        }

    def to_bytes(self) -> bytes:
        """The whole network as one versioned, compressed blob."""
        return blob.pack({item.name: getattr(self, item.name) for item in fields(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> "RoadNetwork":
        """The inverse of `to_bytes`; raises RoutingError for other bytes or another version."""
        newer = {"places", "profile", "right_side"}
        values = blob.unpack(data, {item.name for item in fields(cls)} - newer, newer)
        places = tuple(Place(**item) for item in values.pop("places", ()))
        report = values.pop("report")
        examples = tuple(Example(**item) for item in report.pop("cut_off_examples"))
        return cls(**values, places=places, report=ImportReport(**report, cut_off_examples=examples))
