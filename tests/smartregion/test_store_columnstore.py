"""What is late finds its place among rows that TimescaleDB keeps by column, as on plain PostgreSQL."""

import datetime as dt
import json
from typing import Any

import psycopg
import pytest

from ingest.profiles import shipped_profiles
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.books import recount
from smartregion.store.database import connect
from smartregion.store.health import Columnstore, Job, health
from smartregion.store.policies import run_policies
from smartregion.store.retention import due, forget, set_rule
from tests.smartregion.rolled import roll_up, rows
from tests.smartregion.small_district import DAY, HOUR, NOW, add_container, add_station, mount
from tests.support.timescale import pack

THEN = NOW - 40 * DAY
TABLES = ("reading", "lane_interval", "track")
KINDS = {"fill": "bin-1", "traffic": "dz1", "vehicle": "car-1"}


def packet(kind: str, time: dt.datetime, sent: int, **fields: Any) -> Packet:
    """A message of the sent-th day after its event."""
    receipt = first_receipt(time + sent * DAY + dt.timedelta(seconds=1)) + list(KINDS).index(kind)
    content = {"t": time.isoformat(), **fields}
    return Packet(receipt, f"sr/1/{KINDS[kind]}/{kind}", json.dumps(content).encode())


def hours(count: int, sent: int, offset: dt.timedelta = dt.timedelta()) -> list[Packet]:
    """Hourly messages of all kinds."""
    found = []
    for number in range(count):
        time = THEN + number * HOUR + offset
        found += [
            packet("fill", time, sent, level=round(number / count, 3)),
            packet("traffic", time, sent, lane=1, interval_s=900, counts={"kfz": number}, speed_kmh=50),
            packet("vehicle", time, sent, lon=13.9, lat=51.7, speed_mps=9.5),
        ]
    return found


@pytest.fixture
def connection(either: psycopg.Connection) -> psycopg.Connection:
    """Three days of an object of each kind, weeks ago; by column where the engine can."""
    district(either)
    pack(either)
    return either


def district(connection: psycopg.Connection) -> None:
    add_container(connection, "C1", "bin-1")
    add_station(connection, lanes=1)
    connection.execute("INSERT INTO sr.device (name) VALUES ('car-1')")
    write(connection, hours(72, 0))
    roll_up(connection)


def write(connection: psycopg.Connection, packets: list[Packet]) -> None:
    Writer(connection, Registry(shipped_profiles())).write(packets)


def balanced(connection: psycopg.Connection) -> bool:
    return all(line.balanced for line in recount(connection, None))


def lasting(connection: psycopg.Connection, table: str) -> int:
    """Rows of a table."""
    return int(connection.execute(f"SELECT count(*) FROM sr.{table}").fetchall()[0][0])  # noqa: S608


def test_late_rows_find_their_places(connection: psycopg.Connection) -> None:
    write(connection, hours(72, 30, dt.timedelta(minutes=30)))
    assert [lasting(connection, table) for table in TABLES] == [144, 144, 144]
    assert balanced(connection)
    roll_up(connection)
    days = rows(connection, "count", "day")
    assert sum(day["vehicles"] for day in days) == 2 * sum(range(72))
    assert sum(day["readings"] for day in rows(connection, "level", "day")) == 144


def test_what_comes_twice_changes_nothing(connection: psycopg.Connection) -> None:
    """One place in the middle is free: what follows a taken place must not be left out."""
    again = hours(72, 30)
    free = hours(1, 30, 37 * HOUR + dt.timedelta(minutes=7))
    write(connection, [*again[:111], *free, *again[111:]])
    assert [lasting(connection, table) for table in TABLES] == [73, 73, 73]
    duplicates = connection.execute("SELECT sum(duplicate) FROM sr.book").fetchone()
    assert duplicates == (216,)
    assert balanced(connection)


def test_of_two_values_the_greater_stays(connection: psycopg.Connection) -> None:
    time = THEN + 10 * HOUR
    write(connection, [packet("fill", time, 30, level=0.9), packet("fill", time + HOUR, 30, level=0.01)])
    other = packet("traffic", time, 31, lane=1, interval_s=900, counts={"kfz": 500}, speed_kmh=40)
    write(connection, [other])
    values = "SELECT value FROM sr.reading WHERE time >= %s ORDER BY time LIMIT 2"
    assert connection.execute(values, (time,)).fetchall() == [(0.9,), (pytest.approx(0.153),)]
    counts = connection.execute("SELECT kfz, speed_kmh FROM sr.lane_interval WHERE time = %s", (time,))
    assert counts.fetchall() == [(500, 50)]
    lost = connection.execute("SELECT field, value FROM sr.conflict ORDER BY field, value").fetchall()
    assert [(field, round(value, 3)) for field, value in lost if field == "level"] == [
        ("level", 0.01),
        ("level", 0.139),
    ]
    assert [lasting(connection, table) for table in TABLES] == [72, 72, 72]
    assert balanced(connection)


def test_a_corrected_mounting_corrects_its_rollups(connection: psycopg.Connection) -> None:
    """From the second day on the device hung on another container."""
    swap = THEN + DAY
    add_container(connection, "C2")
    connection.execute("UPDATE sr.mounting SET valid_to = %s WHERE object = 'C1'", (swap,))
    mount(connection, "bin-1", "container", "C2", (swap, NOW))
    roll_up(connection)
    readings = {"C1": 0, "C2": 0}
    for row in rows(connection, "level", "day"):
        readings[row["object"]] += row["readings"]
    assert readings == {"C1": 24, "C2": 48}


def test_retention_deletes_and_counts(connection: psycopg.Connection) -> None:
    set_rule(connection, "reading", 7, None)
    expected = {kind: rows for kind, rows in due(connection, NOW).items() if rows}
    assert expected == {"track": 72, "reading": 72}
    assert {done.kind: done.rows for done in forget(connection, NOW) if done.rows} == expected
    assert [lasting(connection, table) for table in TABLES] == [0, 72, 0]
    assert balanced(connection)


def test_an_old_day_leaves_a_part_that_is_only_half_old(connection: psycopg.Connection) -> None:
    """The law counts days; a part by column is as exact."""
    set_rule(connection, "track", 38, None)
    forget(connection, NOW)
    first = connection.execute("SELECT min(time) FROM sr.track").fetchone()
    assert first == (THEN + 2 * DAY,)
    assert balanced(connection)


def test_policies_move_old_chunks_and_status_tells(timescale_url: str) -> None:
    with connect(timescale_url, autocommit=True) as opened:
        district(opened)
    later = THEN + 50 * DAY
    done = {policy.name: policy.result for policy in run_policies(timescale_url, later)}
    assert done["columnstore"] == "on"
    found = health(timescale_url, later)
    assert found.columnstore == Columnstore(2, 2, True, "timescale")
    kinds = {kind.name: kind for kind in found.kinds}
    assert (kinds["reading"].rows, kinds["lane_interval"].rows) == (72, 72)
    assert kinds["reading"].compression is not None
    jobs = {(job.source, job.name): job for job in found.jobs}
    assert jobs["policy", "columnstore"] == Job("policy", "columnstore", later, 0)
    assert sum(source == "timescaledb" for source, _ in jobs) == 3
    with connect(timescale_url, autocommit=True) as opened:
        late = [packet("fill", THEN + HOUR + dt.timedelta(minutes=1), 30, level=0.7)]
        write(opened, late)
        assert by_row(opened) == 1
        run_policies(timescale_url, later)
        assert by_row(opened) == 0
        assert lasting(opened, "reading") == 73


def by_row(connection: psycopg.Connection) -> int:
    """Readings of moved chunks that came later and still lie outside the columnstore."""
    with connection.transaction():
        connection.execute("SET LOCAL timescaledb.enable_transparent_decompression = off")
        return lasting(connection, "reading")


def test_a_build_without_columnstore_says_so(timescale_rolled_back: psycopg.Connection) -> None:
    run = timescale_rolled_back.execute
    run("ALTER TABLE sr.track SET (timescaledb.enable_columnstore = false)")
    run("ALTER PROCEDURE public.add_columnstore_policy RENAME TO of_another_build")
    refused = run("SELECT sr.use_columnstore()").fetchall()[0][0]
    assert "license timescale: procedure public.add_columnstore_policy" in refused
    enabled = (
        "SELECT compression_enabled FROM timescaledb_information.hypertables WHERE hypertable_name = 'track'"
    )
    assert run(enabled).fetchone() == (False,)
