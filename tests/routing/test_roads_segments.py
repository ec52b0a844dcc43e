"""Segments, map matching and the map ground."""

import json
import pathlib

import numpy as np
import pytest
from numpy.typing import NDArray

from routing.errors import RoutingError
from routing.roads import RoadNetwork, Segments, match, path, read_osm, segments
from routing.roads.geometry import Float, distances_m
from tests.routing.roads_drawing import draw, points

_ROAD = {"highway": "tertiary", "name": "Dorfstraße", "surface": "asphalt"}
_NODES = {
    1: (0.0, 0.0),
    2: (500.0, 0.0),
    3: (1000.0, 0.0),
    4: (500.0, 300.0),
    5: (740.0, 0.0),
    6: (740.0, -200.0),
}
_WAYS = {10: ((1, 2, 5, 3), _ROAD), 11: ((2, 4), _ROAD | {"maxspeed": "50", "name": "Am Anger"})}


@pytest.fixture
def village(tmp_path: pathlib.Path) -> RoadNetwork:
    """A road of 1 km with a side road of 300 m inside the town."""
    return read_osm(draw(tmp_path / "village.osm", _NODES, _WAYS))


def _line_m(line: Float) -> float:
    return float(distances_m(line[:-1], line[1:]).sum())


def test_segments_are_100_m_outside_and_50_m_inside_towns_per_direction(village: RoadNetwork) -> None:
    cut = segments(village)
    assert len(cut) == 2 * 10 + 2 * 6
    assert len(set(cut.ids())) == len(cut)
    for segment, line in enumerate(cut.lines()):
        assert _line_m(line) == pytest.approx(cut.length_m[segment], abs=0.05)
        east = line[-1, 0] - line[0, 0]
        assert (village.way_osm[cut.way[segment]] == 11) or (east > 0) == bool(cut.forward[segment])
    first = cut.ids().index("10f0")
    assert list(cut.lines())[first][0] == pytest.approx(points((0.0, 0.0))[0], abs=1e-7)


def test_names_stay_when_a_side_road_is_built(village: RoadNetwork, tmp_path: pathlib.Path) -> None:
    later = read_osm(draw(tmp_path / "later.osm", _NODES, _WAYS | {12: ((5, 6), _ROAD)}))
    assert len(later.piece_way) > len(village.piece_way)
    before, after = segments(village), segments(later)
    assert set(before.ids()) < set(after.ids())
    lines = dict(zip(after.ids(), after.lines(), strict=True))
    for name, line in zip(before.ids(), before.lines(), strict=True):
        assert lines[name][[0, -1]] == pytest.approx(line[[0, -1]], abs=1e-7)


def test_a_oneway_road_has_segments_of_one_direction(tmp_path: pathlib.Path) -> None:
    ways = _WAYS | {12: ((1, 4), _ROAD | {"oneway": "yes"})}
    cut = segments(read_osm(draw(tmp_path / "oneway.osm", _NODES, ways)))
    assert {name[2] for name in cut.ids() if name.startswith("12")} == {"f"}


def test_lengths_must_be_positive(village: RoadNetwork) -> None:
    with pytest.raises(RoutingError, match="length_m is 0"):
        segments(village, length_m=0.0)


def _names(cut: Segments, found: NDArray[np.int64]) -> list[str]:
    return [cut.id(int(place)) if place >= 0 else "" for place in found]


def test_a_drive_is_matched_to_segments_in_its_direction(village: RoadNetwork) -> None:
    cut = segments(village)
    east = points((50.0, 3.0), (150.0, -3.0), (250.0, 2.0), (350.0, 0.0))
    for drive, expected in (
        (east, ["10f0", "10f1", "10f2", "10f3"]),
        (east[::-1], ["10b3", "10b2", "10b1", "10b0"]),
    ):
        matched = match(village, drive)
        assert _names(cut, cut.segment_of(matched.edge, matched.offset_m)) == expected
        assert matched.distance_m.max() < 3.1


def test_direction_decides_at_a_crossing(village: RoadNetwork) -> None:
    north = match(village, points((501.0, 2.0)), np.array([0.0]))
    east = match(village, points((501.0, 2.0)), np.array([np.pi / 2]))
    ways = village.way_osm[village.piece_way[village.edge_piece[np.append(north.edge, east.edge)]]]
    assert ways.tolist() == [11, 10]


def test_far_or_standing_positions_stay_unmatched(village: RoadNetwork) -> None:
    standing = match(village, points((100.0, 0.0), (100.5, 0.0)))
    away = match(village, points((100.0, 80.0), (200.0, 80.0)))
    assert standing.edge.tolist() == [-1, -1]
    assert away.edge.tolist() == [-1, -1]
    assert np.isinf(away.distance_m).all()
    assert len(match(village, np.zeros((0, 2))).edge) == 0


def test_two_drives_in_a_row_are_told_apart(village: RoadNetwork) -> None:
    spots = points((100.0, 0.0), (200.0, 0.0), (400.0, 0.0), (300.0, 0.0))
    cut = segments(village)
    apart = match(village, spots, drive=np.array([1, 1, 2, 2]))
    names = _names(cut, cut.segment_of(apart.edge, apart.offset_m))
    assert [name[2] for name in names] == ["f", "f", "b", "b"]


def test_a_real_drive_is_found_again(shared_data: pathlib.Path) -> None:
    network = read_osm(shared_data / "osm" / "liechtenstein-valhalla.osm.pbf")
    west, south, east, north = network.bounds()
    ends = network.snap([[west + 0.3 * (east - west), south], [west + 0.4 * (east - west), north]])
    way = path(network, ends[0], ends[1])
    at = np.append(0.0, np.cumsum(distances_m(way.lonlat[:-1], way.lonlat[1:])))
    steps = np.arange(20.0, way.distance_m - 20.0, 45.0)
    rng = np.random.default_rng(3)
    track = np.column_stack([np.interp(steps, at, way.lonlat[:, axis]) for axis in (0, 1)])
    matched = match(network, track + rng.normal(0, 3e-5, track.shape))
    right = np.isin(matched.edge, way.edges)
    assert len(steps) > 200
    assert right.mean() > 0.95
    cut = segments(network)
    assert (cut.segment_of(matched.edge[right], matched.offset_m[right]) >= 0).all()


def test_streets_for_the_map_ground(village: RoadNetwork) -> None:
    ground = village.geojson()
    assert json.loads(json.dumps(ground)) == ground
    streets = {item["properties"]["name"]: item for item in ground["features"]}
    assert streets.keys() == {"Dorfstraße", "Am Anger"}
    assert streets["Dorfstraße"]["properties"]["class"] == "tertiary"
    assert len(streets["Dorfstraße"]["geometry"]["coordinates"]) == 4
    assert all(round(lon, 5) == lon for lon, _ in streets["Am Anger"]["geometry"]["coordinates"])
    corner = points((450.0, 100.0), (550.0, 200.0))
    inside = village.geojson(bbox=(corner[0, 0], corner[0, 1], corner[1, 0], corner[1, 1]))
    assert [item["properties"]["name"] for item in inside["features"]] == ["Am Anger"]
    assert village.geojson(min_class="secondary")["features"] == []
