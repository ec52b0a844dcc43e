"""A small district with something on every page, and a browser-like client beside it."""

import contextlib
import datetime as dt
import json
import pathlib
from collections.abc import Iterator

import psycopg
from fastapi.testclient import TestClient

from dashboards.app import create_app
from routing.roads import read_osm
from smartregion.roads.store import save_network
from smartregion.settings import load
from smartregion.store.database import open_pool
from smartregion.store.rollups import mark_all
from tests.smartregion.rolled import roll_up
from tests.smartregion.small_district import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    add_container,
    add_device,
    add_site,
    add_station,
    count,
    every,
    mount,
    quarantine,
    tell,
)

HERE = ("127.0.0.1", 50_000)
ELSEWHERE = ("192.0.2.7", 50_000)
TODAY = NOW.date()
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
_PLAN = {
    "lifts": 2,
    "stops": 1,
    "tours": 1,
    "km": 12.4,
    "hours": 3.5,
    "load_kg": 300.0,
    "cost_eur": 210.5,
    "unserved": [
        {"site": "S2", "site_name": "Standplatz S2", "fraction": "glass_white", "lifts": 1, "reason": "fleet"}
    ],
    "fixed": {"lifts": 3, "tours": 2, "km": 20.0, "hours": 6.0, "load_kg": 250.0, "cost_eur": 400.0},
    "vehicles_left_out": [{"vehicle": "W9", "reason": "incomplete", "detail": "x"}],
}


@contextlib.contextmanager
def client(
    url: str, address: tuple[str, int] = HERE, now: dt.datetime = NOW, **options: bool
) -> Iterator[TestClient]:
    """A client of the whole application, its clock standing at `now`; a failing page answers 500."""
    with open_pool(url, max_size=3) as pool:
        app = create_app(load(database_url=url), pool, lambda: now, **options)
        with TestClient(
            app, base_url="http://localhost", client=address, raise_server_exceptions=False
        ) as made:
            yield made


def fill(connection: psycopg.Connection, folder: pathlib.Path) -> None:
    """Containers due, fine and silent, stations, a vehicle, a driven segment, a plan with a tour, quarantine.

    `folder` takes the road network on its way into the database.
    """
    _roads(connection, folder)
    add_site(connection, "S1", 13.9, 51.6)
    add_site(connection, "S2", 13.95, 51.61)
    for id, device, site, fraction in (
        ("B1", "bin-1", "S1", "paper"),
        ("B2", "bin-2", "S1", "glass_white"),
        ("B3", "bin-3", "S2", "paper"),
        ("B/4 ü", "bin-4", "S2", "glass_white"),
    ):
        add_container(connection, id, device, site, fraction=fraction)
    days = every(DAY / 2, NOW - 10 * DAY, NOW)
    rising = [(time, 0.3 + 0.6 * number / len(days)) for number, time in enumerate(days)]
    tell(connection, "bin-1", "level", [*rising, (NOW - HOUR, 0.93)])
    tell(connection, "bin-2", "level", [(NOW - 2 * HOUR, 0.2), (NOW - HOUR, 0.21)])
    tell(connection, "bin-3", "level", [(NOW - 5 * DAY, 0.5)])
    add_station(connection, "Z1", "count-1")
    add_station(connection, "Z2", "count-2")
    for lane in (1, 2):
        quarters = every(15 * MINUTE, NOW - 15 * DAY, NOW)
        count(connection, "count-1", lane, [(time, 900, 20 + time.hour) for time in quarters])
    _vehicle_and_segment(connection)
    _plan(connection)
    quarantine(connection, 60)
    quarantine(connection, 90, "payload", b"\xff\x00<script>")
    connection.execute(
        "INSERT INTO sr.book VALUES ('bin-1', %s, 5, 4, 1, 0), ('?', %s, 2, 0, 0, 2)",
        (NOW - 15 * MINUTE, NOW - 15 * MINUTE),
    )
    mark_all(connection)
    roll_up(connection)
    connection.commit()


def _roads(connection: psycopg.Connection, folder: pathlib.Path) -> None:
    """One street, there and back."""
    file = folder / "street.osm"
    file.write_text(
        '<osm version="0.6"><node id="1" lon="13.9" lat="51.6"/><node id="2" lon="13.91" lat="51.6"/>'
        '<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="secondary"/>'
        '<tag k="name" v="Lindenstraße"/></way></osm>',
        encoding="utf-8",
    )
    save_network(connection, read_osm(file), "street", file.name, NOW)


def _vehicle_and_segment(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO sr.depot (id, name, lon, lat) VALUES ('D1', 'Betriebshof', 13.92, 51.6)")
    connection.execute(
        "INSERT INTO sr.vehicle (id, name, purpose, depot, fractions)"
        " VALUES ('W1', 'Lkw 1', 'waste', 'D1', '{paper}')"
    )
    mount(connection, "obu-1", "vehicle", "W1")
    connection.execute(
        "INSERT INTO sr.segment_pass (segment, device, time, speed_mps, ride_index, surface_temp_c, state)"
        " SELECT id, %s, %s, 12, 0.8, -1.5, 'freezing' FROM sr.segment ORDER BY id LIMIT 1",
        (add_device(connection, "obu-1"), NOW - HOUR),
    )


def _plan(connection: psycopg.Connection) -> None:
    plan = connection.execute(
        "INSERT INTO sr.plan (date, state, requested_at, finished_at, seconds, summary)"
        " VALUES (%s, 'done', %s, %s, 30, %s) RETURNING id",
        (TODAY, NOW - HOUR, NOW - HOUR, json.dumps(_PLAN)),
    ).fetchall()[0][0]
    start = NOW - 4 * HOUR
    tour = connection.execute(
        "INSERT INTO sr.tour (plan, number, vehicle, fraction, start_at, end_at, distance_m, load_kg, lifts,"
        " geometry) VALUES (%s, 1, 'W1', 'paper', %s, %s, 12400, 300, 1,"
        " '[[13.92, 51.6], [13.9, 51.6], [13.92, 51.6]]')"
        " RETURNING id",
        (plan, start, start + 3 * HOUR),
    ).fetchall()[0][0]
    lifts = json.dumps([{"id": "B1", "volume_l": 3000, "level": 0.93, "kg": 300.0}])
    for seq, kind, place, name, position, containers in (
        (0, "start", "D1", "Betriebshof", (13.92, 51.6), "[]"),
        (1, "site", "S1", "Standplatz S1", (13.9, 51.6), lifts),
        (2, "break", "", "", (None, None), "[]"),
        (3, "disposal", "E1", "Wertstoffhof", (13.91, 51.61), "[]"),
        (4, "end", "D1", "Betriebshof", (13.92, 51.6), "[]"),
    ):
        moment = start + seq * 45 * MINUTE
        connection.execute(
            "INSERT INTO sr.tour_stop (tour, seq, kind, place, name, lon, lat, arrive_at, depart_at, leg_m,"
            " load_kg, containers, note) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 3100, 300, %s, 'Tor 7')",
            (tour, seq, kind, place, name, *position, moment, moment + 30 * MINUTE, containers),
        )


def tour_id(connection: psycopg.Connection) -> int:
    """Id of the one tour."""
    return int(connection.execute("SELECT id FROM sr.tour").fetchall()[0][0])
