"""From tracks in the database to passes and the state of segments, in any order of arrival."""

import datetime as dt
import itertools
import pathlib
import random

import numpy as np
import psycopg
import pytest

from routing.roads import RoadNetwork, read_osm
from smartregion.errors import NotFound
from smartregion.roads.condition import refresh, segment_states
from smartregion.roads.store import load_network, load_roads, save_network
from smartregion.store.queries import load
from smartregion.store.retention import forget_kind, rules, set_rule
from smartregion.store.rollups import mark_all
from smartregion.store.rollups import refresh as refresh_rollups
from tests.routing.roads_drawing import draw, points

_NOW = dt.datetime(2026, 11, 20, 12, 30, tzinfo=dt.UTC)
_ROAD = {"highway": "tertiary", "name": "Landstraße", "surface": "asphalt"}
_NODES = {1: (0.0, 0.0), 2: (3000.0, 0.0), 3: (3000.0, 800.0)}
_receipts = itertools.count(1)
_Point = tuple[dt.datetime, float, float, float, dict[str, float]]


@pytest.fixture
def road(tmp_path: pathlib.Path) -> RoadNetwork:
    """3 km of country road, then 800 m north."""
    return read_osm(draw(tmp_path / "road.osm", _NODES, {10: ((1, 2, 3), _ROAD)}))


def _drive(
    start: dt.datetime, begin_m: float, end_m: float, speed_mps: float = 15.0, **values: float
) -> list[_Point]:
    """Positions every 4 s along the road from one distance to another."""
    sign = 1.0 if end_m > begin_m else -1.0
    steps = np.arange(0.0, abs(end_m - begin_m), 4.0 * speed_mps)
    return [
        (start + dt.timedelta(seconds=4.0 * number), begin_m + sign * step, 2.0, speed_mps, values)
        for number, step in enumerate(steps)
    ]


def _arrive(
    connection: psycopg.Connection, device: int, track: list[_Point], now: dt.datetime = _NOW
) -> None:
    """Store positions as the writer does: one message each, received about now."""
    received_us = int((now - dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(microseconds=1))
    columns = ("az_rms_mps2", "surface_temp_c", "dew_point_c", "friction", "water_um")
    connection.execute("SELECT sr.ensure_partitions(%s, %s)", (track[0][0], track[-1][0]))
    for time, x_m, y_m, speed_mps, values in track:
        lon, lat = points((x_m, y_m))[0].tolist()
        receipt = (received_us + next(_receipts)) * 1024
        connection.execute(
            "INSERT INTO sr.track (time, message, lon, lat, device, speed_mps, az_rms_mps2, surface_temp_c,"
            " dew_point_c, friction, water_um) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (time, receipt, lon, lat, device, speed_mps, *(values.get(name) for name in columns)),
        )
    marks = {"devices": [device], "firsts": [track[0][0]], "lasts": [track[-1][0]]}
    connection.execute(load("roads")["mark_tracks"], marks)


def _passes(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    found = connection.execute(
        "SELECT segment, device, time, speed_mps, ride_index, surface_temp_c, water_um, state"
        " FROM sr.segment_pass ORDER BY device, time, segment"
    )
    return found.fetchall()


def test_without_a_network_there_is_nothing_to_do(connection: psycopg.Connection) -> None:
    assert refresh(connection, _NOW) == 0
    with pytest.raises(NotFound, match="smartregion roads import"):
        load_network(connection)


def test_a_network_comes_back_as_it_was_saved(connection: psycopg.Connection, road: RoadNetwork) -> None:
    number = save_network(connection, road, "test", "road.osm", _NOW)
    roads = load_roads(connection)
    assert roads.id == number
    assert roads.network.to_bytes() == road.to_bytes()
    assert load_network(connection) is roads.network
    stored = connection.execute("SELECT id, length_m, class, surface FROM sr.segment").fetchall()
    assert {row[0] for row in stored} == set(roads.segment_ids)
    assert sum(row[1] for row in stored) == pytest.approx(2 * road.length_m, rel=1e-4)
    assert {row[2:] for row in stored} == {("tertiary", "asphalt")}
    row = connection.execute("SELECT name, nodes, edges, length_km, cut_off FROM sr.road_network").fetchone()
    assert row is not None
    assert row[:3] == ("test", 2, 2)
    assert row[3] == pytest.approx(3.8, rel=1e-3)
    assert row[4]["cut_off_pieces"] == 0


def test_a_large_network_is_stored_in_parts(
    connection: psycopg.Connection, road: RoadNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartregion.roads.store._PART_BYTES", 1000)
    save_network(connection, road, "test", "road.osm", _NOW)
    parts = connection.execute("SELECT count(*) FROM sr.road_network_part").fetchone()
    assert parts == (-(-len(road.to_bytes()) // 1000),)
    assert load_network(connection).texts == road.texts


def test_a_second_import_keeps_the_passes_of_roads_that_stay(
    connection: psycopg.Connection, road: RoadNetwork, tmp_path: pathlib.Path
) -> None:
    save_network(connection, road, "test", "road.osm", _NOW)
    _arrive(connection, 1, _drive(_NOW - dt.timedelta(hours=1), 50, 650))
    refresh(connection, _NOW)
    before = _passes(connection)
    longer = {10: ((1, 2, 3), _ROAD), 11: ((1, 4), _ROAD)}
    later = read_osm(draw(tmp_path / "later.osm", _NODES | {4: (-500.0, 0.0)}, longer))
    save_network(connection, later, "test", "later.osm", _NOW)
    assert _passes(connection) == before
    refresh(connection, _NOW)
    assert _passes(connection) == before
    assert connection.execute("SELECT count(*) FROM sr.road_network").fetchone() == (1,)
    assert len(load_roads(connection).segment_ids) == 2 * (38 + 5)


def test_a_drive_becomes_one_pass_a_segment_in_its_direction(
    connection: psycopg.Connection, road: RoadNetwork
) -> None:
    save_network(connection, road, "test", "road.osm", _NOW)
    start = _NOW - dt.timedelta(hours=1)
    _arrive(connection, 1, _drive(start, 50, 650, az_rms_mps2=0.8))
    _arrive(connection, 2, _drive(start, 650, 50, az_rms_mps2=1.6))
    assert refresh(connection, _NOW) == len(_passes(connection))
    segments = {device: [row[0] for row in _passes(connection) if row[1] == device] for device in (1, 2)}
    assert segments[1] == [f"10f{number}" for number in range(6)]
    assert segments[2] == [f"10b{number}" for number in (6, 5, 4, 3, 2, 1)]
    states = {one.id: one for one in segment_states(connection, _NOW)}
    assert states["10f3"].ride_index == pytest.approx(0.8 * (13.9 / 15) ** 0.7, rel=1e-3)
    assert states["10b3"].ride_index == pytest.approx(1.6 * (13.9 / 15) ** 0.7, rel=1e-3)
    assert (states["10f3"].name, states["10f3"].class_, states["10f3"].passes) == (
        "Landstraße",
        "tertiary",
        1,
    )
    assert states["10f3"].state is None
    assert len(states["10f3"].lon) == len(states["10f3"].lat) >= 2


def test_the_order_of_arrival_leaves_no_trace(
    connection: psycopg.Connection, road: RoadNetwork, database_url: str
) -> None:
    save_network(connection, road, "test", "road.osm", _NOW)
    start = _NOW - dt.timedelta(hours=2)
    track = _drive(start, 50, 2500, az_rms_mps2=0.8, water_um=30.0, surface_temp_c=3.0)
    _arrive(connection, 1, track)
    refresh(connection, _NOW)
    expected = _passes(connection)
    connection.execute("DELETE FROM sr.segment_pass")
    connection.execute("DELETE FROM sr.track")
    shuffled = random.Random(4).sample(track, len(track))
    for number in range(0, len(track), 10):
        later = _NOW + dt.timedelta(minutes=number)
        _arrive(connection, 1, sorted(shuffled[number : number + 10]), later)
        refresh(connection, later + dt.timedelta(seconds=1))
    assert _passes(connection) == expected
    assert len(expected) > 20


def test_only_hours_with_something_new_are_made_anew(
    connection: psycopg.Connection, road: RoadNetwork
) -> None:
    save_network(connection, road, "test", "road.osm", _NOW)
    _arrive(connection, 1, _drive(_NOW - dt.timedelta(hours=3), 50, 650))
    assert refresh(connection, _NOW) > 0
    later = _NOW + dt.timedelta(minutes=10)
    assert refresh(connection, later) == 0
    _arrive(connection, 1, _drive(later - dt.timedelta(hours=1), 50, 350), later)
    assert 0 < refresh(connection, later) < 5


def test_a_batch_that_commits_late_is_not_passed_over(
    connection: psycopg.Connection, road: RoadNetwork
) -> None:
    save_network(connection, road, "test", "road.osm", _NOW)
    _arrive(connection, 1, _drive(_NOW - dt.timedelta(hours=3), 50, 650))
    refresh(connection, _NOW)
    _arrive(connection, 2, _drive(_NOW - dt.timedelta(hours=3), 50, 650), _NOW - dt.timedelta(minutes=50))
    assert refresh(connection, _NOW) > 0
    assert {row[1] for row in _passes(connection)} == {1, 2}
    assert connection.execute("SELECT count(*) FROM sr.track_mark").fetchone() == (0,)


def test_positions_before_the_first_network_get_their_passes_with_it(
    connection: psycopg.Connection, road: RoadNetwork
) -> None:
    _arrive(connection, 1, _drive(_NOW - dt.timedelta(hours=3), 50, 650))
    assert refresh(connection, _NOW) == 0
    save_network(connection, road, "test", "road.osm", _NOW)
    assert refresh(connection, _NOW) > 0


def test_ice_comes_first_and_old_ice_is_not_shown(connection: psycopg.Connection, road: RoadNetwork) -> None:
    save_network(connection, road, "test", "road.osm", _NOW)
    rough = _drive(_NOW - dt.timedelta(hours=1), 50, 350, az_rms_mps2=3.0)
    icy = _drive(
        _NOW - dt.timedelta(hours=1), 1050, 1350, surface_temp_c=-2.0, dew_point_c=-1.0, water_um=0.0
    )
    _arrive(connection, 1, rough)
    _arrive(connection, 2, icy)
    refresh(connection, _NOW)
    states = segment_states(connection, _NOW)
    assert states[0].state == "frosty"
    assert states[0].surface_temp_c == pytest.approx(-2.0)
    assert [one.state for one in states[-3:]] == [None] * 3
    tomorrow = segment_states(connection, _NOW + dt.timedelta(hours=12))
    assert {one.state for one in tomorrow} == {None}
    assert tomorrow[0].ride_index == max(one.ride_index for one in tomorrow if one.ride_index)


def test_passes_go_by_their_rule_and_their_sums_stay(
    connection: psycopg.Connection, road: RoadNetwork
) -> None:
    save_network(connection, road, "test", "road.osm", _NOW)
    _arrive(connection, 1, _drive(_NOW - dt.timedelta(hours=1), 50, 650))
    _arrive(connection, 2, _drive(_NOW - dt.timedelta(days=20), 50, 650))
    refresh(connection, _NOW)
    assert {row[1] for row in _passes(connection)} == {1}
    later = _NOW + dt.timedelta(days=15)
    held = "rollups still need segment_pass: refresh them first"
    assert held in (forget_kind(connection, later, rules(connection)["segment_pass"]).held or "")
    refresh_rollups(connection, _NOW, "Europe/Berlin")
    sums = "SELECT object, span, passes, ride_sum FROM sr.road_rollup ORDER BY 1, 2"
    before = connection.execute(sums).fetchall()
    assert forget_kind(connection, later, rules(connection)["segment_pass"]).rows > 0
    assert _passes(connection) == []
    mark_all(connection)
    refresh_rollups(connection, later, "Europe/Berlin")
    assert connection.execute(sums).fetchall() == before != []


@pytest.mark.parametrize("kind", ["track", "segment_pass"])
def test_no_pass_is_made_that_a_rule_would_delete(
    connection: psycopg.Connection, road: RoadNetwork, kind: str
) -> None:
    save_network(connection, road, "test", "road.osm", _NOW)
    set_rule(connection, kind, 5, None)
    for device, days in ((1, 4), (2, 6)):
        _arrive(connection, device, _drive(_NOW - dt.timedelta(days=days), 50, 650))
    refresh(connection, _NOW)
    assert {row[1] for row in _passes(connection)} == {1}


def test_positions_wait_for_their_passes(connection: psycopg.Connection, road: RoadNetwork) -> None:
    """As long as there are roads to assign them to."""
    start = _NOW - dt.timedelta(days=13)
    _arrive(connection, 1, _drive(start, 50, 650))
    later = _NOW + dt.timedelta(days=3)
    rule = rules(connection)["track"]
    save_network(connection, road, "test", "road.osm", _NOW)
    assert "still need track" in (forget_kind(connection, later, rule).held or "")
    refresh(connection, _NOW)
    assert len(_passes(connection)) > 0
    assert forget_kind(connection, later, rule).rows > 0
    _arrive(connection, 1, _drive(start, 50, 650))
    connection.execute("DELETE FROM sr.road_network")
    assert forget_kind(connection, later, rule).rows > 0
