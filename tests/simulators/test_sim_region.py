"""The model region: deterministic, connected, readable as an extract, true to the facts."""

import itertools
import json
import pathlib

import numpy as np
import osmium
import pytest

from simulators.region import facts, names
from simulators.region.build import build_region
from simulators.region.country import draw_country
from simulators.region.district import District
from simulators.region.extract import write_extract
from simulators.region.plane import crossings, gabriel, lengths_m, to_lonlat, to_plane
from simulators.region.sketch import Sketch


def _reached(start: int, arcs: dict[int, list[int]]) -> set[int]:
    seen, todo = {start}, [start]
    while todo:
        for node in arcs.get(todo.pop(), ()):
            if node not in seen:
                seen.add(node)
                todo.append(node)
    return seen


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: pathlib.Path, district: District) -> None:
    files = [tmp_path / f"{name}.osm.pbf" for name in "abc"]
    for region, path in zip((district.region, build_region(1), build_region(2)), files, strict=True):
        write_extract(region, path)
    first, again, other = (path.read_bytes() for path in files)
    assert first == again
    assert first != other
    assert not list(tmp_path.glob(".*"))


def test_extract_reads_back_as_one_connected_network(tmp_path: pathlib.Path, district: District) -> None:
    path = tmp_path / "region.osm.pbf"
    write_extract(district.region, path)
    ahead: dict[int, list[int]] = {}
    back: dict[int, list[int]] = {}
    nodes: set[int] = set()
    classes: set[str] = set()
    surfaces: set[str] = set()
    restrictions = 0
    for item in osmium.FileProcessor(str(path)):
        if isinstance(item, osmium.osm.Relation):
            restrictions += item.tags["type"] == "restriction"
        if not isinstance(item, osmium.osm.Way):
            continue
        refs = [node.ref for node in item.nodes]
        nodes.update(refs)
        tags = dict(item.tags)
        classes.add(tags["highway"])
        surfaces.add(tags.get("surface", ""))
        for a, b in itertools.pairwise(refs):
            for start, end in ((a, b),) if tags.get("oneway") == "yes" else ((a, b), (b, a)):
                ahead.setdefault(start, []).append(end)
                back.setdefault(end, []).append(start)
    assert 15_000 < len(nodes) < 40_000
    middle = district.region.middles[0] + 1
    assert len(_reached(middle, ahead) & _reached(middle, back)) > 0.99 * len(nodes)
    assert {"motorway", "primary", "secondary", "tertiary", "residential", "track", "service"} <= classes
    assert {"asphalt", "sett", "compacted"} <= surfaces
    assert 10 < restrictions < 100


def test_network_is_as_large_as_a_district_asks(district: District) -> None:
    roads = district.region.roads
    metres = sum(float(lengths_m(roads.xy(way.nodes)).sum()) for way in roads.ways)
    assert 2_000_000 < metres < 3_000_000
    refs = {way.tags.get("ref") for way in roads.ways}
    assert {"A 13", "A 15", "B 96", "B 169", "B 156", "B 115"} <= refs
    assert sum("oneway" in way.tags for way in roads.ways) > 100
    assert sum("maxweight" in way.tags for way in roads.ways) > 20


def test_roads_between_places_do_not_cut_each_other() -> None:
    sketch, places = Sketch(), facts.places()
    roads, _ = draw_country(sketch, places, np.random.default_rng([1, 1]))
    lines = [sketch.xy(road.nodes) for road in roads]
    start, end = (
        np.concatenate([line[part] for line in lines]) for part in (slice(None, -1), slice(1, None))
    )
    for line in lines:
        low, high = line.min(axis=0) - 400, line.max(axis=0) + 400
        near = ((start > low) & (start < high)).all(axis=1)
        assert not crossings(line[:-1], line[1:], start[near], end[near]).any()


def test_facts_agree_with_the_official_boundaries(shared_data: pathlib.Path) -> None:
    path = shared_data / "osm" / "boundaries_municipalities_brandenburg_sachsen.geojson"
    official = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        shape = feature["geometry"]
        parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        official[feature["properties"]["AGS"]] = (
            feature["properties"],
            [np.array(part[0])[:, :2] for part in parts],
        )
    told = facts.municipalities()
    assert {each.id for each in told} == {key for key in official if key.startswith("12066")}
    for each in told:
        properties, _ = official[each.id]
        assert (each.name, each.population) == (properties["GEN"], properties["population"])
    for place in facts.places():
        if place.municipality:
            rings = official[place.municipality][1]
            assert any(_inside(place.lon, place.lat, ring) for ring in rings), place.name
    assert sum(place.population for place in facts.places()) == sum(each.population for each in told)


def _inside(lon: float, lat: float, ring: np.ndarray) -> bool:
    a, b = ring[:-1], ring[1:]
    above = (a[:, 1] > lat) != (b[:, 1] > lat)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (b[:, 0] - a[:, 0]) * (lat - a[:, 1]) / (b[:, 1] - a[:, 1]) + a[:, 0]
    return bool((above & (lon < at)).sum() % 2)


def test_plane_and_back_is_exact_to_a_centimetre() -> None:
    lonlat = np.array([(13.7, 51.35), (14.2, 51.9)])
    assert np.abs(to_lonlat(to_plane(lonlat)) - lonlat).max() < 1.1e-7


def test_gabriel_graph_of_a_square_with_its_middle() -> None:
    points = np.array([(0.0, 0.0), (2.0, 0.1), (2.1, 2.0), (0.0, 2.1), (1.0, 1.05)])
    pairs = {tuple(pair) for pair in gabriel(points).tolist()}
    assert {(0, 4), (1, 4), (2, 4), (3, 4)} <= pairs
    assert (0, 2) not in pairs
    assert (1, 3) not in pairs


@pytest.mark.parametrize(
    ("place", "street"),
    [
        ("Calau", "Calauer Straße"),
        ("Schwarzheide", "Schwarzheider Straße"),
        ("Großräschen", "Großräschener Straße"),
        ("Lauchhammer", "Lauchhammer Straße"),
        ("Burg (Spreewald)", "Burger Straße"),
    ],
)
def test_street_towards(place: str, street: str) -> None:
    assert names.road_towards(place) == street
