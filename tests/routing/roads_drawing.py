"""Small road maps drawn in metres and written as OpenStreetMap XML, for tests."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import numpy as np

from routing.roads import RoadNetwork
from routing.roads.geometry import EARTH_RADIUS_M, Float

ORIGIN = (13.9, 51.6)
_DEGREE_M = np.radians(1.0) * EARTH_RADIUS_M
Ways = Mapping[int, tuple[Sequence[int], Mapping[str, str]]]


class Rule(NamedTuple):
    """A turn restriction."""

    kind: str
    from_way: int
    via: int
    to_way: int
    tags: Mapping[str, str] = {}
    via_type: str = "node"


def lonlat(x_m: float, y_m: float) -> tuple[float, float]:
    """A position east and north of the origin in m as (lon, lat)."""
    return ORIGIN[0] + x_m / _DEGREE_M / np.cos(np.radians(ORIGIN[1])), ORIGIN[1] + y_m / _DEGREE_M


def points(*places_m: tuple[float, float]) -> Float:
    """Positions in m as [n, 2] degrees."""
    return np.array([lonlat(*place) for place in places_m])


def draw(
    path: pathlib.Path,
    nodes: Mapping[int, tuple[float, float]],
    ways: Ways,
    rules: Sequence[Rule] = (),
    node_tags: Mapping[int, Mapping[str, str]] | None = None,
) -> pathlib.Path:
    """Write nodes {id: (east m, north m)}, ways {id: (nodes, tags)} and turn rules as an .osm file."""
    lines = ["<?xml version='1.0'?>", '<osm version="0.6">']
    for node, place in nodes.items():
        lon, lat = lonlat(*place)
        lines += [
            f'<node id="{node}" lon="{lon:.7f}" lat="{lat:.7f}">',
            _tags((node_tags or {}).get(node, {})),
            "</node>",
        ]
    for way, (refs, tags) in ways.items():
        lines += [f'<way id="{way}">', *(f'<nd ref="{ref}"/>' for ref in refs), _tags(tags), "</way>"]
    for number, rule in enumerate(rules, 1):
        members = (
            ("way", rule.from_way, "from"),
            (rule.via_type, rule.via, "via"),
            ("way", rule.to_way, "to"),
        )
        lines += [f'<relation id="{number}">']
        lines += [f'<member type="{type_}" ref="{ref}" role="{role}"/>' for type_, ref, role in members]
        lines += [_tags({"type": "restriction", "restriction": rule.kind, **rule.tags}), "</relation>"]
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def drive(network: RoadNetwork, edges: Sequence[int]) -> list[int]:
    """OSM nodes along edges, from the first to the last."""
    return [
        int(network.node_osm[network.edge_from[edges[0]]]),
        *network.node_osm[network.edge_to[list(edges)]].tolist(),
    ]


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
