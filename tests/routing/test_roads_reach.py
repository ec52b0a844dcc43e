"""Isochrones: what is reached in time, on drawn and on real roads."""

import pathlib

import numpy as np
import pytest

from routing.errors import RoutingError
from routing.roads import RoadNetwork, isochrones, matrices, reach, read_osm
from routing.roads.areas import areas, outlines
from routing.roads.snapping import locate
from tests.routing.roads_drawing import draw, points

_ROAD = {"highway": "tertiary"}  # 50 km/h


def _line(tmp_path: pathlib.Path, **tags: str) -> RoadNetwork:
    nodes = {1: (0.0, 0.0), 2: (2000.0, 0.0), 3: (2000.0, 2000.0), 4: (2000.0, 2500.0)}
    ways = {1: ((1, 2), _ROAD | tags), 2: ((2, 3), _ROAD), 3: ((3, 1), _ROAD), 4: ((3, 4), _ROAD)}
    return read_osm(draw(tmp_path / "line.osm", nodes, ways))


def test_a_minute_along_a_road_in_both_directions(tmp_path: pathlib.Path) -> None:
    network = _line(tmp_path)
    one = isochrones(network, network.snap(points((1000, 0))), [30.0])[0]
    assert one.road_m == pytest.approx(2 * 30 * 50 / 3.6, rel=1e-3)
    assert one.area_km2 > 0


def test_a_one_way_road_is_reached_one_way(tmp_path: pathlib.Path) -> None:
    network = _line(tmp_path, oneway="yes")
    one = isochrones(network, network.snap(points((1000, 0))), [30.0])[0]
    assert one.road_m == pytest.approx(30 * 50 / 3.6, rel=1e-3)


def test_longer_times_come_first_and_hold_the_shorter(tmp_path: pathlib.Path) -> None:
    network = _line(tmp_path)
    found = isochrones(network, network.snap(points((1000, 0))), [20, 60, 40, 20])
    assert [one.limit_s for one in found] == [60, 40, 20]
    assert found[0].road_m > found[1].road_m > found[2].road_m
    assert found[0].area_km2 > found[1].area_km2 > found[2].area_km2
    everything = isochrones(network, network.snap(points((1000, 0))), [3600])[0]
    assert everything.road_m == pytest.approx(network.length_m, rel=1e-6)


def test_what_is_reached_agrees_with_the_matrix(bayreuth: RoadNetwork) -> None:
    network = bayreuth
    start = network.snap(network.shape_lonlat[4000])
    limit_s = 420.0
    found = reach(network, start, limit_s)
    assert 100 < len(found.edge) < len(network.edge_piece)
    # The middle of each reached part, as a place of its own, is as far away as the search said.
    share = (found.first + found.last) / 2
    along = np.where(network.edge_forward[found.edge], share, 1 - share) * network.edge_length_m[found.edge]
    rows = np.random.default_rng(3).choice(len(found.edge), 60, replace=False)
    places = network.snap(locate(network, network.edge_piece[found.edge], along)[rows])
    said_s = (found.begin_s + share * network.edge_duration_s[found.edge])[rows]
    ends = network.snap(np.concatenate((start.lonlat, places.lonlat)))
    real_s = matrices(network, ends)[1][0, 1:]
    # Of the two directions of a road one is the faster.
    assert (real_s <= said_s + 0.1).all()
    assert np.mean(np.abs(real_s - said_s) < 0.1) > 0.5
    assert (real_s <= limit_s).all()


def test_areas_hold_their_points_and_nothing_far_away() -> None:
    rng = np.random.default_rng(1)
    lonlat = rng.uniform((13.0, 51.0), (13.1, 51.05), (120, 2))
    ((area_km2, polygons),) = areas(lonlat, np.zeros(120), [1.0])
    inside = np.array([any(_inside(point, polygon[0]) for polygon in polygons) for point in lonlat])
    assert inside.all()
    measured = sum(_area(ring) for polygon in polygons for ring in polygon)
    assert measured * 111.195**2 * np.cos(np.radians(51.025)) == pytest.approx(area_km2, rel=1e-2)


def test_outlines_have_holes_and_corners_do_not_join() -> None:
    filled = np.zeros((8, 8), dtype=np.bool_)
    filled[1:4, 1:4] = True
    filled[2, 2] = False
    filled[4, 4] = True
    polygons = outlines(filled)
    assert [len(polygon) for polygon in polygons] == [2, 1]
    assert [_area(ring) for ring in polygons[0]] == [9.0, -1.0]
    assert polygons[1] == [[(4, 4), (5, 4), (5, 5), (4, 5), (4, 4)]]


@pytest.mark.parametrize("seed", range(20))
def test_outlines_enclose_every_filled_square(seed: int) -> None:
    filled = np.zeros((14, 14), dtype=np.bool_)
    filled[1:-1, 1:-1] = np.random.default_rng(seed).random((12, 12)) < 0.55
    polygons = outlines(filled)
    assert sum(_area(ring) for polygon in polygons for ring in polygon) == filled.sum()
    for polygon in polygons:
        assert _area(polygon[0]) > 0
        assert all(_area(ring) < 0 for ring in polygon[1:])


@pytest.mark.parametrize("limits", [[], [0.0], [-5.0, 10.0]])
def test_impossible_limits_are_refused(tmp_path: pathlib.Path, limits: list[float]) -> None:
    network = _line(tmp_path)
    with pytest.raises(RoutingError, match="expected one or more above 0"):
        isochrones(network, network.snap(points((1000, 0))), limits)


def _area(ring: object) -> float:
    x, y = np.array(ring, dtype=np.float64).T
    x, y = x - x[0], y - y[0]
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def _inside(point: object, ring: object) -> bool:
    x, y = np.array(point, dtype=np.float64)
    a, b = np.array(ring)[:-1], np.array(ring)[1:]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    at = a[:, 0] + (y - a[:, 1]) / np.where(crosses, b[:, 1] - a[:, 1], 1.0) * (b[:, 0] - a[:, 0])
    return bool((crosses & (at > x)).sum() % 2)
