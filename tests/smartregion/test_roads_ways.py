"""Legs in words, and durations from measured speeds, on the network of a database."""

import datetime as dt
import pathlib

import numpy as np
import psycopg
import pytest

from routing.roads import RoadNetwork, matrices, read_osm, segments
from smartregion.errors import NotFound
from smartregion.roads.speeds import LEAST_PASSES, load_driven, with_speeds
from smartregion.roads.store import load_roads, save_network
from smartregion.roads.ways import legs_between, places_on_roads
from tests.routing.roads_drawing import draw, lonlat, points
from tests.smartregion.small_district import NOW, add_device

_ROAD = {"highway": "tertiary", "name": "Landstraße"}  # 50 km/h
_NODES = {1: (0.0, 0.0), 2: (1000.0, 0.0), 3: (1000.0, 800.0)}


@pytest.fixture
def road(tmp_path: pathlib.Path) -> RoadNetwork:
    """A road of 1,000 m and one of 800 m round the corner."""
    ways = {10: ((1, 2), _ROAD | {"maxspeed": "70"}), 11: ((2, 3), {"highway": "tertiary"})}
    return read_osm(draw(tmp_path / "road.osm", _NODES, ways))


def test_without_a_network_there_are_no_words(connection: psycopg.Connection) -> None:
    assert legs_between(connection, [lonlat(0, 0), lonlat(1000, 100)]) == []


def test_each_leg_has_its_words(connection: psycopg.Connection, road: RoadNetwork) -> None:
    save_network(connection, road, "road", "road.osm", NOW)
    places = [lonlat(100, 0), lonlat(990, 200), lonlat(990, 200), lonlat(900, -8)]
    first, none, back = legs_between(connection, places, "en")
    assert first == (
        "Set out to the east onto Landstraße, 900 m",
        "Continue, 200 m",
        "Destination on the left",
    )
    assert none == ()
    assert back[1:] == ("Continue onto Landstraße, 100 m", "Destination on the left, Landstraße")


def test_measured_speeds_replace_those_of_the_class(road: RoadNetwork) -> None:
    cut = segments(road)
    slow = np.where(cut.way == 0, 5.0, np.nan)
    spots = road.snap(points((0.0, 0.0), (1000.0, 0.0), (1000.0, 800.0)))
    _, usual_s = matrices(road, spots)
    _, slow_s = matrices(with_speeds(road, cut, slow), spots)
    assert slow_s[0, 1] == pytest.approx(1000 / 5.0, abs=0.1)
    assert slow_s[1, 2] == pytest.approx(usual_s[1, 2], abs=0.1)
    _, bounded_s = matrices(with_speeds(road, cut, np.full(len(cut), 50.0)), spots)
    assert bounded_s[0, 1] == pytest.approx(1000 / (70 / 3.6), abs=0.1)
    assert bounded_s[1, 2] == pytest.approx(800 / (80 / 3.6), abs=0.1)


def test_a_segment_driven_often_has_the_speed_of_three_quarters(
    connection: psycopg.Connection, road: RoadNetwork
) -> None:
    save_network(connection, road, "road", "road.osm", NOW)
    assert load_driven(connection, NOW) is load_roads(connection).network
    device = add_device(connection, "v1")
    for id, drives in (("10f2", LEAST_PASSES), ("10b2", LEAST_PASSES - 1), ("10f3", LEAST_PASSES)):
        for number in range(drives):
            age = dt.timedelta(days=40 if id == "10f3" else number + 1)
            connection.execute(
                "INSERT INTO sr.segment_pass (segment, device, time, speed_mps) VALUES (%s, %s, %s, %s)",
                (id, device, NOW - age + dt.timedelta(minutes=number), 4.0 + number),
            )
    there = road.snap(points((0.0, 0.0), (1000.0, 0.0)))
    _, usual_s = matrices(road, there)
    _, driven_s = matrices(load_driven(connection, NOW), there)
    assert driven_s[0, 1] - usual_s[0, 1] == pytest.approx(100 / 7.0 - 100 / (50 / 3.6), abs=0.1)
    assert driven_s[1, 0] == pytest.approx(usual_s[1, 0], abs=0.01)


def test_places_are_listed_with_their_road_the_furthest_first(
    connection: psycopg.Connection, road: RoadNetwork
) -> None:
    with pytest.raises(NotFound, match="road network: none in the database"):
        places_on_roads(connection)
    save_network(connection, road, "road", "road.osm", NOW)
    assert places_on_roads(connection) == []
    for id, (x_m, y_m), removed in (("a", (500, 10), None), ("b", (500, -150), None), ("c", (0, 0), NOW)):
        lon, lat = lonlat(x_m, y_m)
        connection.execute(
            "INSERT INTO sr.site (id, name, lon, lat, removed_at) VALUES (%s, %s, %s, %s, %s)",
            (id, f"Platz {id}", lon, lat, removed),
        )
    found = places_on_roads(connection)
    assert [(one.kind, one.id, one.street, one.far) for one in found] == [
        ("site", "b", "Landstraße", True),
        ("site", "a", "Landstraße", False),
    ]
    assert found[0].distance_m == pytest.approx(150.0, abs=0.5)
