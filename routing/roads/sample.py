"""A made-up state of towns, villages and country roads as an extract: as large as a measurement needs it.

Junctions lie in clusters of very different size and scattered between them. Roads join them along the
Urquhart graph (Delaunay's triangles without the longest side of each): planar, connected, with dead ends and
about 2.5 arms a junction, as real roads are. Bends between junctions make up most of the points.
"""

import os
from dataclasses import dataclass

import numpy as np
import osmium
import osmium.osm.mutable as osm
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from routing.roads.geometry import EARTH_RADIUS_M, Float, ranges

Index = NDArray[np.int64]

_MIDDLE = (13.0, 51.5)
_PER_JUNCTION = 3.8
"""Points of roads a junction: nearly half of the junctions have two arms, so 7 a crossing or dead end, as in
the extracts of Liechtenstein and north of Bayreuth."""
_TOWN_SHARE = 0.75
_JUNCTIONS_PER_KM2 = 8.0
_TOWN_JUNCTIONS_PER_KM2 = 90.0
_BEND_M = 12.0
_RULE_SHARE = 0.01
_ONE_WAY_SHARE = 0.04
_TOWN_STREET_M = 250.0


@dataclass(frozen=True)
class Sample:
    """Points (junctions first) and roads between junctions, each with its bends."""

    lonlat: Float
    junctions: int
    ends: Index
    """[roads, 2]"""
    length_m: Float
    bend_start: Index
    """[roads + 1] first bend of each road; bend k is point `junctions + k`."""


def sample(points: int, seed: int = 1) -> Sample:
    """A network of about `points` points of roads; the same numbers give the same network."""
    rng = np.random.default_rng(seed)
    place_m = _places_m(max(int(points / _PER_JUNCTION), 4), rng)
    ends = _roads(place_m)
    a, b = place_m[ends[:, 0]], place_m[ends[:, 1]]
    length_m = np.hypot(*(b - a).T)
    # Long roads bend oftener than short ones, but not in proportion.
    want = np.sqrt(length_m)
    bends = rng.poisson(want * (points - len(place_m)) / want.sum())
    start = np.append(0, np.cumsum(bends))
    road = np.repeat(np.arange(len(ends)), bends)
    along = (ranges(np.zeros_like(bends), bends) + 1.0) / (bends[road] + 1.0)
    aside = np.minimum(_BEND_M, 0.1 * length_m[road])[:, None] * rng.normal(0, 1, (len(road), 2))
    bend_m = a[road] + along[:, None] * (b - a)[road] + aside
    everywhere = np.concatenate((place_m, bend_m))
    degree_m = np.radians(1.0) * EARTH_RADIUS_M
    lonlat = everywhere / degree_m / (np.cos(np.radians(_MIDDLE[1])), 1.0) + _MIDDLE
    return Sample(lonlat, len(place_m), ends, length_m, start)


def _places_m(count: int, rng: np.random.Generator) -> Float:
    """Junctions in m east and north of the middle: towns by Zipf's law, the rest anywhere."""
    side_m = 1000.0 * np.sqrt(count / _JUNCTIONS_PER_KM2)
    in_towns = int(count * _TOWN_SHARE)
    size = 20.0 * (1.0 - rng.random(in_towns // 40 + 1)) ** -0.9
    size = np.rint(size * in_towns / size.sum()).astype(np.int64)
    centre = rng.uniform(-side_m / 2, side_m / 2, (len(size), 2))
    radius_m = 1000.0 * np.sqrt(size / _TOWN_JUNCTIONS_PER_KM2 / np.pi)
    town = np.repeat(np.arange(len(size)), size)
    inside = centre[town] + radius_m[town, None] * rng.normal(0, 0.6, (len(town), 2))
    outside = rng.uniform(-side_m / 2, side_m / 2, (max(count - len(town), 4), 2))
    return np.concatenate((inside, outside))


def _roads(place_m: Float) -> Index:
    """The Urquhart graph: every side of Delaunay's triangles that is not the longest of one of its two."""
    triangles = Delaunay(place_m).simplices.astype(np.int64)
    sides = np.sort(
        np.stack((triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]), axis=1), axis=2
    )
    square = ((place_m[sides[..., 0]] - place_m[sides[..., 1]]) ** 2).sum(axis=2)
    longest = sides[np.arange(len(sides)), np.argmax(square, axis=1)]
    count = len(place_m)
    every = np.unique(sides[..., 0] * count + sides[..., 1])
    keep = np.setdiff1d(every, longest[:, 0] * count + longest[:, 1], assume_unique=False)
    return np.column_stack((keep // count, keep % count))


def write_sample(made: Sample, path: str | os.PathLike[str], seed: int = 1) -> None:
    """Write a network as an extract (.osm.pbf): a way a road, some one-way, turn rules at some junctions."""
    rng = np.random.default_rng(seed)
    writer = osmium.SimpleWriter(os.fspath(path), overwrite=True)
    try:
        for node, position in enumerate(made.lonlat.tolist(), 1):
            writer.add_node(osm.Node(id=node, location=position, version=1))
        one_way = rng.random(len(made.ends)) < _ONE_WAY_SHARE
        main = rng.random(len(made.ends))
        for road, (a, b) in enumerate(made.ends.tolist()):
            first, last = made.bend_start[road : road + 2].tolist()
            nodes = [a + 1, *range(made.junctions + first + 1, made.junctions + last + 1), b + 1]
            short = made.length_m[road] < _TOWN_STREET_M
            tags = _tags(road, short, float(main[road]), bool(one_way[road]) and short)
            writer.add_way(osm.Way(id=road + 1, nodes=nodes, tags=tags, version=1))
        for number, (one, via, other) in enumerate(_rules(made, rng), 1):
            members = [("w", one + 1, "from"), ("n", via + 1, "via"), ("w", other + 1, "to")]
            rule = {"type": "restriction", "restriction": "no_left_turn"}
            writer.add_relation(osm.Relation(id=number, members=members, tags=rule, version=1))
    finally:
        writer.close()


def _tags(road: int, short: bool, main: float, one_way: bool) -> dict[str, str]:
    town, country = ("residential", "tertiary"), ("unclassified", "secondary")
    tags = {"highway": (town if short else country)[main > 0.8], "name": f"Straße {road % 5000}"}
    return tags | ({"oneway": "yes"} if one_way else {})


def _rules(made: Sample, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """(from road, junction, to road) at a small share of junctions."""
    at = made.ends.reshape(-1)
    order = np.argsort(at, kind="stable")
    node, road = at[order], order // 2
    pairs = np.flatnonzero((node[1:] == node[:-1]) & (rng.random(len(node) - 1) < _RULE_SHARE))
    return list(zip(road[pairs].tolist(), node[pairs].tolist(), road[pairs + 1].tolist(), strict=True))
