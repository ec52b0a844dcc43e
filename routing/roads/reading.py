"""From an OpenStreetMap file to the ways, positions, barriers and turn rules that a truck meets."""

import os
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import osmium
from numpy.typing import NDArray

from routing.errors import RoutingError
from routing.roads.access import blocks, judge
from routing.roads.conditions import values
from routing.roads.geometry import Float
from routing.roads.places import Place, place_of
from routing.roads.profile import KEPT_TAGS, ROAD_CLASSES, TruckProfile

Progress = Callable[[str], None]

_EVERY = 200_000
_EXEMPT = frozenset(("hgv", "motor_vehicle", "vehicle", "motor_vehicles"))


@dataclass
class Restriction:
    """A turn rule: `only` makes the turn the sole one, else it is forbidden. Ids are OSM ids."""

    only: bool
    u_turn: bool
    from_ways: list[int]
    via_node: int
    """-1 when roads lie between."""
    to_ways: list[int]
    via_ways: list[int] = field(default_factory=list)


@dataclass
class RawRoads:
    """Drivable ways: arrays per way; `refs` are the nodes of all ways in a row, `way_of_ref` whose."""

    way_ids: NDArray[np.int64]
    refs: NDArray[np.int64]
    way_of_ref: NDArray[np.int64]
    kmh: Float
    """[ways, 2] forward, backward; 0 closed."""
    limit_kmh: Float
    urban: NDArray[np.bool_]
    road_class: NDArray[np.uint8]
    texts: list[str]
    name: NDArray[np.int32]
    tags: NDArray[np.int32]
    """[ways, len(KEPT_TAGS)] places in `texts`."""
    roundabout: NDArray[np.bool_]
    node_ids: NDArray[np.int64]
    node_lonlat: Float
    """NaN where the file has no position."""
    places: list[Place] = field(default_factory=list)
    barriers: set[int] = field(default_factory=set)
    restrictions: list[Restriction] = field(default_factory=list)
    ways_seen: int = 0
    rules_left_out: int = 0
    """Turn rules with a missing member or for others."""


class _Texts:
    def __init__(self) -> None:
        self.places: dict[str, int] = {"": 0}

    def place(self, text: str) -> int:
        return self.places.setdefault(text, len(self.places))


def read_raw(path: str | os.PathLike[str], profile: TruckProfile, progress: Progress) -> RawRoads:
    """Read an extract (.osm, .osm.gz, .osm.bz2, .osm.pbf) in two passes: ways and rules, then positions.

    Raises RoutingError in one line when the file is missing, unreadable, or holds no road for this truck.
    """
    name = os.fspath(path)
    if not os.path.isfile(name):
        raise RoutingError(
            f"{name}: no such file, expected an OpenStreetMap extract (.osm, .osm.gz, .osm.bz2, .osm.pbf)"
        )
    try:
        raw = _read_ways(name, profile, progress)
        if not len(raw.way_ids):
            seen = f"{raw.ways_seen} roads or paths, none that a {profile.name} may use"
            raise RoutingError(f"{name}: found {seen}, expected an extract with drivable roads")
        _read_positions(name, raw, profile, progress)
    except (RuntimeError, UnicodeDecodeError) as error:
        found = " ".join(str(error).split())
        raise RoutingError(
            f"{name}: not readable ({found}), expected an OpenStreetMap extract in its whole length"
        ) from error
    if not np.isfinite(raw.node_lonlat).any():
        raise RoutingError(
            f"{name}: found no position of any road's nodes, expected an extract with nodes and ways"
        )
    return raw


def _read_ways(name: str, profile: TruckProfile, progress: Progress) -> RawRoads:
    ids, refs, counts = array("q"), array("q"), array("q")
    kmh, limits, urban, classes = array("d"), array("d"), array("b"), array("B")
    names, tag_places, roundabouts = array("i"), array("i"), array("b")
    texts, rules, seen, left_out = _Texts(), list[Restriction](), 0, 0
    places: list[Place] = []
    highways = osmium.filter.KeyFilter("highway")
    highways.enable_for(osmium.osm.WAY)
    turn_rules = osmium.filter.TagFilter(("type", "restriction"))
    turn_rules.enable_for(osmium.osm.RELATION)
    named = osmium.filter.KeyFilter("place")
    named.enable_for(osmium.osm.NODE)
    source = osmium.FileProcessor(name, osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION)
    for item in source.with_filter(named).with_filter(highways).with_filter(turn_rules):
        tags = {tag.k: tag.v for tag in item.tags}
        if isinstance(item, osmium.osm.Node) and item.location.valid():
            places += place_of(tags, item.location.lon, item.location.lat)
        if isinstance(item, osmium.osm.Relation):
            rule = _restriction(tags, profile, [(m.type, m.ref, m.role) for m in item.members])
            left_out += rule is None
            rules += [rule] if rule else []
        if not isinstance(item, osmium.osm.Way):
            continue
        seen += 1
        if seen % _EVERY == 0:
            progress(f"{seen:,} ways read")
        judged = judge(tags, profile)
        way_refs = [node.ref for node in item.nodes]
        if judged is None or len(way_refs) < 2:
            continue
        ids.append(item.id)
        refs.extend(way_refs)
        counts.append(len(way_refs))
        kmh.extend((judged.forward_kmh, judged.backward_kmh))
        limits.append(judged.limit_kmh or float("nan"))
        urban.append(judged.urban)
        classes.append(ROAD_CLASSES.index(tags["highway"]))
        names.append(texts.place(tags.get("name") or tags.get("ref", "")))
        tag_places.extend(texts.place(tags.get(key, "")) for key in KEPT_TAGS)
        roundabouts.append(tags.get("junction") in ("roundabout", "circular"))
    return RawRoads(
        way_ids=np.array(ids, dtype=np.int64),
        refs=np.array(refs, dtype=np.int64),
        way_of_ref=np.repeat(np.arange(len(ids), dtype=np.int64), np.array(counts, dtype=np.int64)),
        kmh=np.array(kmh, dtype=np.float64).reshape(-1, 2),
        limit_kmh=np.array(limits, dtype=np.float64),
        urban=np.array(urban, dtype=np.bool_),
        road_class=np.array(classes, dtype=np.uint8),
        texts=list(texts.places),
        name=np.array(names, dtype=np.int32),
        tags=np.array(tag_places, dtype=np.int32).reshape(-1, len(KEPT_TAGS)),
        roundabout=np.array(roundabouts, dtype=np.bool_),
        node_ids=np.empty(0, dtype=np.int64),
        node_lonlat=np.empty((0, 2)),
        restrictions=rules,
        places=places,
        ways_seen=seen,
        rules_left_out=left_out,
    )


def _kind(tags: dict[str, str], profile: TruckProfile) -> str:
    """What a turn rule forbids or demands of the truck at some hour of its work; empty for nothing."""
    for key in ("restriction:hgv", "restriction"):
        for value, holds in values(tags.get(f"{key}:conditional"), profile):
            if holds and value != "none":
                return value
        if key in tags:
            return tags[key]
    return ""


def _restriction(
    tags: dict[str, str], profile: TruckProfile, members: Iterable[tuple[str, int, str]]
) -> Restriction | None:
    kind = _kind(tags, profile)
    if not kind.startswith(("no_", "only_")):
        return None
    parts: dict[tuple[str, str], list[int]] = {}
    for type_, ref, role in members:
        parts.setdefault((role, type_), []).append(ref)
    from_ways, to_ways, via, via_ways = (
        parts.get(key, []) for key in (("from", "w"), ("to", "w"), ("via", "n"), ("via", "w"))
    )
    if not from_ways or not to_ways or (len(via) != 1 if not via_ways else via):
        return None
    if _EXEMPT & {word.strip() for word in tags.get("except", "").split(";")}:
        return None
    via_node = via[0] if via else -1
    return Restriction(kind.startswith("only_"), kind == "no_u_turn", from_ways, via_node, to_ways, via_ways)


def _read_positions(name: str, raw: RawRoads, profile: TruckProfile, progress: Progress) -> None:
    if raw.refs.min() < 0:
        found = f"node id {raw.refs.min()}"
        raise RoutingError(f"{name}: found {found} of an unsaved edit, expected an extract with ids above 0")
    raw.node_ids = np.unique(raw.refs)
    ids, places = array("q"), array("d")
    # A filter by id needs no order in the file, where a table of positions would.
    wanted = osmium.filter.IdFilter(raw.node_ids.tolist())
    for node in osmium.FileProcessor(name, osmium.osm.NODE).with_filter(wanted):
        if not isinstance(node, osmium.osm.Node) or not node.location.valid():
            continue
        ids.append(node.id)
        places.extend((node.location.lon, node.location.lat))
        if "barrier" in node.tags and blocks({tag.k: tag.v for tag in node.tags}, profile):
            raw.barriers.add(node.id)
    raw.node_lonlat = np.full((len(raw.node_ids), 2), np.nan)
    found_ids = np.array(ids, dtype=np.int64)
    raw.node_lonlat[np.searchsorted(raw.node_ids, found_ids)] = np.array(places).reshape(-1, 2)
    progress(f"{len(raw.way_ids):,} roads with {len(raw.node_ids):,} points found")
