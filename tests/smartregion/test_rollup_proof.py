"""The proof of rollups finds what is wrong, and refreshes beside writers miss nothing."""

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import psycopg
import pytest

from smartregion.demo.postgres import Postgres
from smartregion.program import main
from smartregion.settings import settings
from smartregion.store.rollup_proof import last_proof, prove
from smartregion.store.rollups import mark_all, waiting
from tests.smartregion.api_client import database
from tests.smartregion.rolled import ZONE, drive_past, measure, roll_up, rows
from tests.smartregion.small_district import HOUR, MINUTE, NOW, add_container, add_station, mount

BERLIN = ZoneInfo(ZONE)
QUARTER = 15 * MINUTE


@pytest.fixture(scope="module")
def _filled_url(postgres_server: Postgres, _template: str) -> Iterator[str]:
    with database(postgres_server.url, _template) as url:
        with psycopg.connect(url) as connection:
            _fill(connection)
        yield url


@pytest.fixture
def filled(postgres_server: Postgres, _filled_url: str) -> Iterator[psycopg.Connection]:
    """Three weeks of all kinds, rolled up, in autocommit mode."""
    with (
        database(postgres_server.url, _filled_url.rsplit("/", 1)[1]) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield connection


def _fill(connection: psycopg.Connection) -> None:
    add_station(connection, lanes=2, scheme="8+1")
    for lane, minutes in ((1, 15), (2, 10)):
        places = range(1, 3 * 7 * 1440 // minutes)
        counted = [(NOW - step * minutes * MINUTE, minutes * 60, step % 11) for step in places]
        drive_past(connection, "dz1", lane, counted, speed_kmh=51.3, completeness=0.987)
    add_container(connection, "C1", "bin-1", distances_m=(1.8, 0.2))
    measure(
        connection, "bin-1", "distance", [(NOW - step * HOUR, 0.2 + step % 97 / 61) for step in range(500)]
    )
    connection.execute("INSERT INTO sr.building (id, name, lon, lat) VALUES ('B1', 'Schule', 13.9, 51.6)")
    mount(connection, "m1", "building", "B1")
    connection.execute("UPDATE sr.mounting SET factor = 0.3 WHERE object = 'B1'")
    steps = [(NOW - step * 17 * MINUTE, 9000 - step * 1.0371) for step in range(1700)]
    measure(connection, "m1", "meter", steps)
    connection.execute(
        "INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off)"
        " VALUES ('n', 'n', now(), 0, 0, 0, '[]')"
    )
    connection.execute(
        "INSERT INTO sr.segment (id, network, name, class, surface, length_m, lon, lat)"
        " SELECT '7f1', max(id), 'Hauptstraße', 'primary', '', 100, '{13.9}', '{51.6}' FROM sr.road_network"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sr.segment_pass"
            " (segment, device, time, speed_mps, ride_index, surface_temp_c, state)"
            " VALUES ('7f1', 1, %s, 12, %s, %s, %s)",
            [(NOW - n * HOUR, n / 37, n / 10 - 3, "icy" if n % 5 else "slippery") for n in range(200)],
        )
    connection.execute(
        "INSERT INTO sr.rollup_object_mark VALUES ('segment', '7f1', %s, %s)", (NOW - 200 * HOUR, NOW)
    )
    roll_up(connection)


def test_every_rollup_of_every_kind_is_proved(filled: psycopg.Connection) -> None:
    proof = prove(filled, NOW, BERLIN, sample=600)
    assert proof.holds, proof.differing
    assert proof.sampled > 300
    assert all(sampled > 0 for sampled, _ in proof.by_kind.values()), proof.by_kind
    assert last_proof(filled) == proof
    filled.execute("UPDATE sr.road_rollup SET slippery = slippery + 1 WHERE span = 'month'")
    mark_all(filled)
    assert roll_up(filled).rows == 1


@pytest.mark.parametrize(
    ("damage", "kind", "stored", "recomputed"),
    [
        ("UPDATE sr.count_rollup SET vehicles = 7 WHERE span = 'week'", "count", "vehicles 7", "vehicles"),
        ("DELETE FROM sr.count_rollup WHERE span = 'month'", "count", "nothing", "vehicles"),
        ("UPDATE sr.level_rollup SET last = 1.1 WHERE span = 'day'", "level", "last 1.1", "last"),
        ("DELETE FROM sr.energy_rollup WHERE span = 'day'", "energy", "nothing", "energy_kwh"),
        ("UPDATE sr.road_rollup SET slippery = 0 WHERE span = 'day'", "road", "slippery 0", "slippery"),
        ("UPDATE sr.reading SET value = value + 0.1 WHERE value < 1.2", "level", "last", "last"),
    ],
)  # fmt: skip
def test_a_broken_rollup_fails_the_proof(
    filled: psycopg.Connection, damage: str, kind: str, stored: str, recomputed: str
) -> None:
    filled.execute(damage)
    proof = prove(filled, NOW, BERLIN, sample=1200)
    assert not proof.holds
    assert {one["kind"] for one in proof.differing} >= {kind}
    told = [one for one in proof.differing if one["kind"] == kind]
    assert any(stored in one["stored"] and recomputed in one["recomputed"] for one in told), told
    found = last_proof(filled)
    assert found is not None
    assert not found.holds


@pytest.mark.parametrize("sample", [50, 400])
def test_a_sample_is_drawn_in_full(filled: psycopg.Connection, sample: int) -> None:
    """Of spans and kinds with few rows all are drawn, and so many more of the others."""
    proof = prove(filled, NOW, BERLIN, sample=sample)
    assert proof.holds, proof.differing
    assert proof.sampled == sample
    assert min(sampled for sampled, _ in proof.by_kind.values()) > 0
    filled.execute("DELETE FROM sr.mounting WHERE object_kind IN ('building', 'container')")
    fewer = prove(filled, NOW, BERLIN, sample=sample)
    assert fewer.sampled == sample
    assert fewer.by_kind["energy"] == [0, 0]


def test_marks_that_wait_are_no_fault(filled: psycopg.Connection) -> None:
    with filled.transaction():
        measure(filled, "bin-1", "distance", [(NOW + HOUR, 0.9)])
    assert waiting(filled) == (1, 0)
    assert prove(filled, NOW, BERLIN, sample=300).holds
    assert waiting(filled) == (0, 0)


def test_rows_without_a_mark_are_found(filled: psycopg.Connection) -> None:
    filled.execute(
        "INSERT INTO sr.reading SELECT time + interval '7 minutes', message, 0.0, series FROM sr.reading"
    )
    assert not prove(filled, NOW, BERLIN, sample=300).holds


def test_a_writer_that_commits_after_a_refresh_began_is_not_missed(database_url: str) -> None:
    with psycopg.connect(database_url) as first, psycopg.connect(database_url) as second:
        add_container(first, "C1", "bin-1")
        measure(first, "bin-1", "level", [(NOW - HOUR, 0.2)])
        first.commit()
        measure(first, "bin-1", "level", [(NOW - 2 * HOUR, 0.1)])
        roll_up(second)
        second.commit()
        assert [row["readings"] for row in rows(second, "level", "day")] == [1]
        second.commit()
        first.commit()
        roll_up(second)
        assert [row["readings"] for row in rows(second, "level", "day")] == [2]


def test_refreshes_take_turns_and_a_killed_one_loses_nothing(database_url: str) -> None:
    with psycopg.connect(database_url) as first, psycopg.connect(database_url) as second:
        add_container(first, "C1", "bin-1")
        measure(first, "bin-1", "level", [(NOW - HOUR, 0.2)])
        first.commit()
        first.execute("SELECT 1")  # what follows is one transaction
        roll_up(first)
        other = threading.Thread(target=roll_up, args=(second,))
        other.start()
        with psycopg.connect(database_url, autocommit=True) as watch:
            asleep = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            for _ in range(500):
                if watch.execute(asleep).fetchall() == [(1,)]:
                    break
                time.sleep(0.02)
            watch.execute("SELECT pg_terminate_backend(%s)", (first.info.backend_pid,))
        other.join()
        assert [row["readings"] for row in rows(second, "level", "day")] == [1]
        second.commit()
        first.close()


def test_a_sample_reaches_the_days_when_the_clock_changes(database_url: str) -> None:
    night = dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC)
    with psycopg.connect(database_url, autocommit=True) as connection:
        add_station(connection, lanes=1)
        drive_past(connection, "dz1", 1, [(night + step * QUARTER, 900, 3) for step in range(100)])
        proof = prove(connection, NOW, BERLIN, sample=2000)
        assert proof.holds, proof.differing
        assert proof.by_kind["count"][0] > 100


def test_the_worker_may_refresh_and_prove_with_its_rights(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        add_container(owner, "C1", "bin-1")
        add_station(owner, lanes=1)
        measure(owner, "bin-1", "level", [(NOW - step * HOUR, 0.2) for step in range(30)])
        drive_past(owner, "dz1", 1, [(NOW - step * QUARTER, 900, 3) for step in range(1, 30)])
    with psycopg.connect(database_url, autocommit=True, options="-c role=sr_web") as worker:
        assert roll_up(worker).rows > 0
        assert roll_up(worker, "UTC").rows > 0
        proof = prove(worker, NOW, ZoneInfo("UTC"), sample=100)
        assert proof.holds, proof.differing
        mark_all(worker)
        assert roll_up(worker, "UTC").rows == 0


def test_the_verbs_tell_what_they_found(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SMARTREGION_DATABASE_URL", database_url)
    settings.cache_clear()
    with psycopg.connect(database_url, autocommit=True) as connection:
        add_container(connection, "C1", "bin-1")
        measure(connection, "bin-1", "level", [(NOW - step * HOUR, 0.2) for step in range(30)])
        assert main(["db", "refresh"]) == 0
        assert capsys.readouterr().out == "2 days of objects looked at, 4 rollups changed\n"
        assert main(["db", "prove"]) == 0
        assert capsys.readouterr().out.startswith(
            "rollup = recomputed, 100 % of 4 (count 0 of 0, level 4 of 4,"
        )
        connection.execute("UPDATE sr.level_rollup SET low = 0.1 WHERE span = 'month'")
        assert main(["db", "prove"]) == 1
        told = capsys.readouterr()
        assert told.out.startswith("rollup = recomputed, 75 % of 4")
        assert told.err == "level month C1 2026-05-31T22:00:00+00:00: stored low 0.1, recomputed low 0.2\n"
        assert main(["db", "refresh", "--all"]) == 0
        assert capsys.readouterr().out == "2 days of objects looked at, 1 rollups changed\n"
        assert main(["db", "prove", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["equal"] == 4
    settings.cache_clear()
