"""Lists and single things: fields, spans, pages, GeoJSON, ETags."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from smartregion.demo.postgres import Postgres
from tests.smartregion.api_client import client, context, database, problem
from tests.smartregion.rolled import drive_past, roll_up
from tests.smartregion.small_district import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    add_container,
    add_station,
    every,
    quarantine,
    tell,
)

_LISTS = ["containers", "sites", "stations", "segments", "tours", "alerts", "readings", "books", "quarantine"]


@pytest.fixture(scope="module")
def api(postgres_server: Postgres, _template: str) -> Iterator[TestClient]:
    """The small district, only read."""
    with database(postgres_server.url, _template) as url:
        with psycopg.connect(url) as connection:
            _fill(connection)
        with context(url) as made:
            yield client(made)


@pytest.fixture
def changing(database_url: str, connection: psycopg.Connection) -> Iterator[TestClient]:
    """The small district, whose tests change it."""
    _fill(connection)
    connection.commit()
    with context(database_url) as made:
        yield client(made)


def _fill(connection: psycopg.Connection) -> None:
    """Seven containers, five of them heard, on two sites; a counting station, quarantine, two tours."""
    for number in range(1, 6):
        add_container(connection, f"C{number}", f"d{number}", f"S{1 + number % 2}")
        hours = every(HOUR, NOW - 2 * DAY, NOW - (number - 1) * HOUR)
        tell(connection, f"d{number}", "level", [(time, 0.18 * number) for time in hours])
    add_container(connection, "C6", "d6", "S1")
    add_container(connection, "C7", "d7", "S2", fraction="glass_white")
    add_station(connection, lanes=1)
    drive_past(connection, "dz1", 1, [(time, 900, 25) for time in every(15 * MINUTE, NOW - 2 * DAY, NOW)])
    roll_up(connection)
    for number in range(3):
        quarantine(connection, number, payload=b"\xff\xfe" if number else b"{}")
    for number in range(3):
        quarter = NOW - number * 15 * MINUTE
        connection.execute("INSERT INTO sr.book VALUES ('d1', %s, 10, 8, 1, 1)", (quarter,))
    _add_tours(connection)


def _add_tours(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO sr.vehicle (id, name, purpose) VALUES ('V1', 'Wagen 1', 'waste')")
    plan = connection.execute(
        "INSERT INTO sr.plan (date, state, requested_at, finished_at, seconds)"
        " VALUES ('2026-06-10', 'done', %s, %s, 10) RETURNING id",
        (NOW - HOUR, NOW),
    ).fetchall()[0][0]
    for number in (1, 2):
        tour = connection.execute(
            "INSERT INTO sr.tour (plan, number, vehicle, fraction, start_at, end_at, distance_m, load_kg,"
            " lifts, geometry) VALUES (%s, %s, 'V1', 'paper', %s, %s, 12000, 800, 2,"
            " '[[13.9, 51.6], [13.95, 51.65]]') RETURNING id",
            (plan, number, NOW + number * HOUR, NOW + (number + 1) * HOUR),
        ).fetchall()[0][0]
        connection.execute(
            "INSERT INTO sr.tour_stop (tour, seq, kind, place, name, arrive_at, depart_at, leg_m, load_kg)"
            " VALUES (%s, 1, 'start', 'D', 'Bauhof', %s, %s, 0, 0)",
            (tour, NOW, NOW),
        )


def _pages(api: TestClient, path: str, limit: int) -> list[list[Any]]:
    """All pages of a list, walked by cursor."""
    pages, cursor = [], None
    while True:
        params: dict[str, Any] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        body = api.get(f"/api/v1/{path}", params=params).json()
        pages.append(body["items"])
        cursor = body["next"]
        if cursor is None:
            return pages


def test_containers(api: TestClient) -> None:
    items = api.get("/api/v1/containers").json()["items"]
    assert [one["id"] for one in items] == ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]
    assert items[0] == items[0] | {
        "site": "S2",
        "site_name": "Standplatz S2",
        "volume_l": 3000,
        "lon": 13.9,
        "level": 0.18,
        "level_time": "2026-06-10T09:00:00Z",
        "due": False,
    }
    assert [one["due"] for one in items] == [False, False, False, False, True, False, False]
    assert api.get("/api/v1/containers/C5").json() == items[4]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"due": "true"}, ["C5"]),
        ({"site": "S1"}, ["C2", "C4", "C6"]),
        ({"fraction": "glass_white"}, ["C7"]),
        ({"from": "2026-06-10T08:00:00Z"}, ["C1", "C2"]),
        ({"from": "2026-06-10T08:00:00+02:00", "to": "2026-06-10T07:00:00Z"}, ["C4"]),
        ({"limit": "2"}, ["C1", "C2"]),
    ],
)
def test_containers_chosen(api: TestClient, query: dict[str, str], ids: list[str]) -> None:
    assert [one["id"] for one in api.get("/api/v1/containers", params=query).json()["items"]] == ids


def test_levels_of_a_container(api: TestClient) -> None:
    since = (NOW - 5 * HOUR).isoformat()
    items = api.get("/api/v1/containers/C1/levels", params={"from": since}).json()["items"]
    assert [one["time"] for one in items] == [f"2026-06-10T0{hour}:00:00Z" for hour in range(5, 10)]
    assert {one["level"] for one in items} == {0.18}


@pytest.mark.parametrize(
    "path",
    ["containers", "sites", "tours", "alerts", "readings", "books", "quarantine", "containers/C1/levels"],
)
@pytest.mark.parametrize("limit", [1, 2])
def test_pages_join_to_the_whole_list(api: TestClient, path: str, limit: int) -> None:
    whole = api.get(f"/api/v1/{path}", params={"limit": 5000}).json()
    assert whole["next"] is None
    assert len(whole["items"]) > 1
    pages = _pages(api, path, limit)
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert [one for page in pages for one in page] == whole["items"]


@pytest.mark.parametrize("path", _LISTS)
def test_every_list_takes_span_and_limit(api: TestClient, path: str) -> None:
    query: dict[str, str | int] = {"from": "2000-01-01T00:00:00Z", "to": "2000-01-02T00:00:00Z", "limit": 5}
    assert api.get(f"/api/v1/{path}", params=query).json()["items"] == []


@pytest.mark.parametrize("path", [*_LISTS, "containers/C1", "stations/Z1", "stations/Z1/day", "overview"])
def test_etag_saves_the_body(api: TestClient, path: str) -> None:
    first = api.get(f"/api/v1/{path}")
    tag = first.headers["etag"]
    again = api.get(f"/api/v1/{path}", headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert api.get(f"/api/v1/{path}", headers={"If-None-Match": '"other"'}).json() == first.json()


def test_etag_changes_with_the_content(changing: TestClient, connection: psycopg.Connection) -> None:
    tag = changing.get("/api/v1/containers").headers["etag"]
    tell(connection, "d1", "level", [(NOW - MINUTE, 0.5)])
    connection.commit()
    changed = changing.get("/api/v1/containers", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_large_answers_are_compressed(api: TestClient) -> None:
    answer = api.get("/api/v1/stations/Z1/day", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["etag"].startswith("W/")
    plain = api.get("/api/v1/stations/Z1/day", headers={"Accept-Encoding": "identity"})
    assert plain.headers["etag"] == answer.headers["etag"]
    assert plain.json() == answer.json()


@pytest.mark.parametrize("path", ["containers", "sites", "stations", "segments", "tours"])
def test_geojson(api: TestClient, path: str) -> None:
    answer = api.get(f"/api/v1/{path}", params={"format": "geojson"})
    assert answer.headers["content-type"] == "application/geo+json"
    body, items = answer.json(), api.get(f"/api/v1/{path}").json()["items"]
    assert body["type"] == "FeatureCollection"
    assert [one["id"] for one in body["features"]] == [one["id"] for one in items]
    for feature, item in zip(body["features"], items, strict=True):
        kind = "LineString" if path in ("tours", "segments") else "Point"
        assert feature["geometry"]["type"] == kind
        assert feature["properties"] == {name: item[name] for name in feature["properties"]}
        assert set(item) - set(feature["properties"]) <= {"id", "lon", "lat", "geometry", "line"}


def test_positions_are_lon_before_lat(api: TestClient) -> None:
    feature = api.get("/api/v1/sites", params={"format": "geojson"}).json()["features"][0]
    assert feature["geometry"] == {"type": "Point", "coordinates": [13.9, 51.6]}


def test_stations_and_their_day(api: TestClient) -> None:
    (station,) = api.get("/api/v1/stations").json()["items"]
    assert (station["vehicles_per_h"], station["typical_per_h"], station["silent"]) == (100.0, 100.0, False)
    assert api.get("/api/v1/stations/Z1").json() == station
    today = api.get("/api/v1/stations/Z1/day").json()
    assert (today["date"], len(today["times"]), today["total_today"]) == ("2026-06-10", 96, 1200)
    change = api.get("/api/v1/stations/Z1/day", params={"date": "2026-03-29"}).json()
    assert (len(change["times"]), change["total_today"]) == (92, None)


def test_a_station_over_a_long_time(api: TestClient) -> None:
    asked = {"from": "2026-06-01T00:00:00Z", "to": "2026-06-11T00:00:00Z", "points": "10"}
    steps = api.get("/api/v1/stations/Z1/series", params=asked).json()
    assert 0 < len(steps) <= 10
    assert all(step["low"] <= step["mean"] <= step["high"] for step in steps)
    found = api.get("/api/v1/stations/Z1/dtv", params={"from": "2026-06-01", "to": "2026-06-11"}).json()
    assert found["station"] == "Z1"
    assert found["days"].keys() == {"W", "U", "S"}
    assert found["school_known"]


@pytest.mark.parametrize("path", ["series", "dtv"])
def test_a_span_of_no_length_and_an_unknown_station_are_told(api: TestClient, path: str) -> None:
    problem(api.get(f"/api/v1/stations/nope/{path}", params={"from": "2026-06-01", "to": "2026-06-02"}), 404)
    problem(api.get(f"/api/v1/stations/Z1/{path}", params={"from": "2026-06-02", "to": "2026-06-02"}), 422)


def test_tours_of_a_date(api: TestClient) -> None:
    items = api.get("/api/v1/tours").json()["items"]
    assert [(one["number"], one["lifts"], one["geometry"][0]) for one in items] == [
        (1, 2, [13.9, 51.6]),
        (2, 2, [13.9, 51.6]),
    ]
    assert api.get("/api/v1/tours", params={"date": "2026-06-11"}).json()["items"] == []
    sheet = api.get(f"/api/v1/tours/{items[0]['id']}").json()
    assert (sheet["date"], sheet["tour"], sheet["stops"][0]["name"]) == ("2026-06-10", items[0], "Bauhof")


def test_readings_are_raw_and_chosen_by_device_and_quantity(
    changing: TestClient, connection: psycopg.Connection
) -> None:
    tell(connection, "d1", "battery", [(NOW - MINUTE, 3.6)])
    connection.commit()
    found = changing.get("/api/v1/readings", params={"device": "d1", "quantity": "battery"}).json()["items"]
    assert found == [
        {
            "device": "d1",
            "quantity": "battery",
            "unit": "V",
            "time": "2026-06-10T09:59:00Z",
            "value": 3.6,
            "received_at": "2026-06-10T10:00:00Z",
        }
    ]
    everything = changing.get("/api/v1/readings", params={"from": "2026-01-01T00:00:00Z"}).json()["items"]
    times = [dt.datetime.fromisoformat(one["time"]) for one in everything]
    assert times == sorted(times)
    assert len(times) == sum(48 - number for number in range(5)) + 1


def test_books_balance(api: TestClient) -> None:
    items = api.get("/api/v1/books", params={"device": "d1"}).json()["items"]
    assert [one["quarter"] for one in items] == [
        "2026-06-10T10:00:00Z",
        "2026-06-10T09:45:00Z",
        "2026-06-10T09:30:00Z",
    ]
    assert all(one["received"] == one["stored"] + one["duplicate"] + one["quarantined"] for one in items)
    assert api.get("/api/v1/books", params={"device": "d2"}).json()["items"] == []


def test_quarantine_shows_what_came(api: TestClient) -> None:
    body = api.get("/api/v1/quarantine").json()
    assert [(one["payload"], one["encoding"]) for one in body["items"]] == [
        ("{}", "utf-8"),
        ("//4=", "base64"),
        ("//4=", "base64"),
    ]
    assert [(one["field"], one["messages"]) for one in body["reasons"]] == [("device", 3)]


def test_alerts_by_kind(api: TestClient) -> None:
    items = api.get("/api/v1/alerts", params={"kind": "container_due"}).json()["items"]
    assert [(one["object"], one["since"]) for one in items] == [("C5", "2026-06-08T10:00:00Z")]
    assert api.get("/api/v1/alerts", params={"kind": ["road_slippery"]}).json()["items"] == []


def test_overview(api: TestClient) -> None:
    body = api.get("/api/v1/overview").json()
    assert body == body | {
        "time": "2026-06-10T10:00:00Z",
        "received_today": 30,
        "quarantine_open": 3,
        "devices": 8,
        "latest_event": "2026-06-10T09:45:00Z",
    }
