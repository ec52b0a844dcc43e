"""The same history gives the same answers on both engines: lists of the API, exports, the input of a plan."""

import datetime as dt
import json
import pathlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
import pytest
from fastapi.testclient import TestClient

from ingest.profiles import shipped_profiles
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.roads import condition
from smartregion.store import export
from smartregion.traffic.curves import day_curve
from smartregion.traffic.series import station_series
from smartregion.waste import plan_input
from tests.smartregion import plan_town
from tests.smartregion.api_client import client, context
from tests.smartregion.plan_town import NOW
from tests.smartregion.rolled import ZONE, roll_up
from tests.smartregion.small_district import DAY, HOUR, MINUTE, add_station
from tests.support.timescale import pack

_KINDS: tuple[export.Kind, ...] = ("readings", "lane_intervals", "tracks", "registry")
_ENDLESS = {"/live"}
_OWN = {"engine", "server_version", "database_bytes"}
"""What an answer tells about the engine itself."""


class Side(NamedTuple):
    """One engine with the history."""

    api: TestClient
    connection: psycopg.Connection


@pytest.fixture
def plain(database_url: str, tmp_path: pathlib.Path) -> Iterator[Side]:
    """The history on plain PostgreSQL."""
    yield from _side(database_url, tmp_path)


@pytest.fixture
def columns(timescale_url: str, tmp_path: pathlib.Path) -> Iterator[Side]:
    """The history on TimescaleDB, by column but for the last days."""
    yield from _side(timescale_url, tmp_path)


def _side(url: str, folder: pathlib.Path) -> Iterator[Side]:
    with psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC") as connection:
        _live(connection, folder)
        with context(url, NOW) as made:
            yield Side(client(made), connection)


def _live(connection: psycopg.Connection, folder: pathlib.Path) -> None:
    """Five weeks of a town with containers, a counting station and a vehicle on its streets."""
    with connection.transaction():
        plan_town.fill_registry(connection, folder)
        plan_town.fill_roads(connection, folder)
    add_station(connection, lanes=1)
    connection.execute("INSERT INTO sr.device (name) VALUES ('car-1')")
    writer = Writer(connection, Registry(shipped_profiles()))
    for begin in (NOW - 35 * DAY, NOW - 2 * DAY):
        writer.write(list(_packets(begin)))
        pack(connection, NOW - 7 * DAY)
    writer.write(list(_packets(NOW - 35 * DAY + 20 * MINUTE)))  # late, among what lies by column
    roll_up(connection, ZONE, NOW)
    condition.refresh(connection, NOW)


def _packets(begin: dt.datetime) -> Iterator[Packet]:
    for number in range(48):
        time = begin + number * HOUR
        contents: dict[str, dict[str, Any]] = {
            "sr/1/dp1/fill": {"level": number / 60},
            "sr/1/dz1/traffic": {"lane": 1, "interval_s": 900, "counts": {"kfz": number}, "speed_kmh": 50},
            "sr/1/car-1/vehicle": {"lon": 13.9, "lat": 51.7, "speed_mps": 9.5, "az_rms_mps2": 0.3},
            "sr/1/nobody/fill": {"level": 0.5},
        }
        for place, (topic, content) in enumerate(contents.items()):
            payload = json.dumps({"t": time.isoformat(), **content}).encode()
            yield Packet(first_receipt(time + MINUTE) + place, topic, payload)


def test_both_engines_answer_alike(plain: Side, columns: Side) -> None:
    for ask in (_lists, _exports, _curves):
        one, other = ask(plain), ask(columns)
        assert one.keys() == other.keys()
        for name, answer in one.items():
            assert answer == other[name], name
        assert sum(len(str(answer)) > 200 for answer in one.values()) >= len(one) // 2
    assert len(_lists(plain)) >= 12


def _lists(side: Side) -> dict[str, Any]:
    """Every list of the API."""
    paths = side.api.get("/api/v1/openapi.json").json()["paths"]
    return {
        path: _answer(side, path)
        for path, verbs in paths.items()
        if "get" in verbs and "{" not in path and path not in _ENDLESS
    }


def _answer(side: Side, path: str) -> Any:
    response = side.api.get(f"/api/v1{path}")
    assert response.status_code < 500, f"{path}: {response.text}"
    found = response.json()
    return {name: found[name] for name in found.keys() - _OWN} if isinstance(found, dict) else found


def _exports(side: Side) -> dict[str, Any]:
    return {
        kind: b"".join(export.export(side.connection, kind, export.Selection(), "csv")) for kind in _KINDS
    }


def _curves(side: Side) -> dict[str, Any]:
    """A station over weeks and over a day, and what a plan begins with."""
    date = (NOW - DAY).date()
    return {
        "weeks": station_series(side.connection, "Z1", NOW - 40 * DAY, NOW),
        "day": repr(day_curve(side.connection, "Z1", date, ZoneInfo(ZONE), NOW)),
        "plan": plan_input.read(side.connection, NOW),
    }
