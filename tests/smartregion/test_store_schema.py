"""The schema's own rules: levels, totals by scheme, receipts, partitions, and report views with rows."""

import datetime as dt
import pathlib

import psycopg
import pytest

from tests.smartregion.rolled import roll_up
from tests.smartregion.store_region import fill_data, fill_registry

VIEWS = (
    "container_level", "container_now", "lane_interval", "lane_quarter", "lane_hour", "station_hour",
    "container_day", "book_quarter", "quarantine_open", "device_silent", "tour",
)  # fmt: skip


@pytest.fixture
def connection(rolled_back: psycopg.Connection) -> psycopg.Connection:
    """Nothing here is committed, so one database serves all tests."""
    return rolled_back


@pytest.mark.parametrize(
    ("quantity", "value", "empty_m", "full_m", "expected"),
    [
        ("level", 0.4, None, None, 0.4),
        ("level", -0.1, None, None, 0.0),
        ("level", 7.0, None, None, 1.2),
        ("distance", 1.8, 1.8, 0.2, 0.0),
        ("distance", 1.0, 1.8, 0.2, 0.5),
        ("distance", 0.05, 1.8, 0.2, 1.09375),
        ("distance", 5.0, 1.8, 0.2, 0.0),
        ("distance", 1.0, None, 0.2, None),  # no geometry
        ("distance", 1.0, 0.2, 1.8, None),  # impossible geometry
        ("temperature", 20.0, 1.8, 0.2, None),
    ],
)
def test_level(
    connection: psycopg.Connection,
    quantity: str,
    value: float,
    empty_m: float | None,
    full_m: float | None,
    expected: float | None,
) -> None:
    row = connection.execute(
        "SELECT sr.level(%s, %s, %s::real, %s::real)", (quantity, value, empty_m, full_m)
    ).fetchone()
    assert row is not None
    assert row[0] == (None if expected is None else pytest.approx(expected, abs=1e-6))


@pytest.mark.parametrize(
    ("counts", "vehicles", "heavy"),
    [
        ("krad, pkw, lfw, pkwa, lkw, lkwa, sattel, bus, nk) VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9", 45, 26),
        ("pkwgruppe, pkwa, lkw, lkwkombination, bus, nk) VALUES (10, 1, 2, 3, 4, 5", 25, 9),
        ("pkwaehnlich, lkwaehnlich) VALUES (10, 3", 13, None),  # cars with trailers are among the lorries
        ("short, medium, long) VALUES (10, 3, 1", 14, None),
        ("fuss, rad, car, heavy) VALUES (100, 50, 10, 3", 13, None),
        ("kfz) VALUES (77", 77, None),
        ("rad) VALUES (5", None, None),  # bicycles are no motor vehicles
        ("krad, pkw) VALUES (1, 2", None, None),  # a part is no total
    ],
)
def test_totals_by_scheme(
    connection: psycopg.Connection, counts: str, vehicles: int | None, heavy: int | None
) -> None:
    connection.execute("SELECT sr.ensure_partitions(ARRAY[timestamptz '2026-01-01'])")
    columns, values = counts.split(") VALUES (")
    statement = (
        "INSERT INTO sr.lane_interval (time, message, device, interval_s, lane, completeness, {})"
        " VALUES ('2026-01-01', 1, 1, 900, 1, 1, {})"
    )
    connection.execute(statement.format(columns, values))
    row = connection.execute("SELECT vehicles, heavy_known FROM sr.lane_interval_total").fetchone()
    assert row == (vehicles, heavy)


def test_receipts_tell_when_they_were_given(connection: psycopg.Connection) -> None:
    moment = dt.datetime(2026, 11, 22, 12, 34, 56, 789012, dt.UTC)
    receipt = ((moment - dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)) * 1024
    row = connection.execute(
        "SELECT sr.first_message(%s), sr.received_at(%s), sr.received_quarter(%s)",
        (moment, receipt + 7, receipt + 7),
    ).fetchone()
    assert row == (receipt, moment, moment.replace(minute=30, second=0, microsecond=0))


def test_partitions_hold_their_months(connection: psycopg.Connection) -> None:
    times = ["1999-01-01", "2009-12-31 23:59:59.999999", "2010-01-01", "2026-02-28 23:59", "2026-03-01"]
    connection.execute("SELECT sr.ensure_partitions(%s::timestamptz[])", (times,))
    connection.execute("SELECT sr.ensure_partitions(%s::timestamptz[])", (times,))
    connection.execute(
        "INSERT INTO sr.reading (time, message, value, series) "
        "SELECT t, 1, 0, 1 FROM unnest(%s::timestamptz[]) t",
        (times,),
    )
    rows = connection.execute("SELECT tableoid::regclass::text FROM sr.reading ORDER BY time").fetchall()
    names = ["old", "old", "2010_01", "2026_02", "2026_03"]
    assert [row[0] for row in rows] == [f"sr.reading_{name}" for name in names]


def test_a_span_gives_every_month(connection: psycopg.Connection) -> None:
    connection.execute("SELECT sr.ensure_partitions('2029-11-30', '2030-03-01')")
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relname ~ '^track_(2029|2030)_..$' ORDER BY 1"
    ).fetchall()
    assert [row[0] for row in rows] == [
        f"track_{m}" for m in ("2029_11", "2029_12", "2030_01", "2030_02", "2030_03")
    ]


def test_a_new_partition_does_not_wait_for_readers(database_url: str) -> None:
    with psycopg.connect(database_url) as reader, psycopg.connect(database_url) as writer:
        reader.execute("SELECT count(*) FROM sr.reading")  # keeps its lock, as a running backup does
        writer.execute("SET lock_timeout = '2s'")
        writer.execute("SELECT sr.ensure_partitions(ARRAY[timestamptz '2033-01-01'])")


def test_a_time_filter_reaches_the_partitions(connection: psycopg.Connection) -> None:
    connection.execute("SELECT sr.ensure_partitions('2026-01-01', '2026-12-01')")
    for view in ("container_level", "lane_interval"):
        plan = connection.execute(
            f"EXPLAIN SELECT * FROM report.{view} WHERE time >= '2026-05-02' AND time < '2026-05-03'"  # noqa: S608
        ).fetchall()
        text = "\n".join(row[0] for row in plan)
        assert "_2026_05" in text
        assert "_2026_04" not in text


@pytest.mark.parametrize("view", VIEWS)
def test_report_views_have_rows(connection: psycopg.Connection, tmp_path: pathlib.Path, view: str) -> None:
    fill_registry(connection, tmp_path)
    fill_data(connection, tmp_path)
    roll_up(connection)
    connection.execute(
        "INSERT INTO sr.quarantine VALUES (sr.first_message(now()), '?', 't', 'x', 'json', 'x', 'an object');"
        "UPDATE sr.latest SET time = now() - interval '2 days';"
        "UPDATE sr.reading SET message = sr.first_message(now() - interval '1 minute');"
        "INSERT INTO sr.plan (date, state, requested_at, seconds) VALUES ('2026-11-21', 'done', now(), 1);"
        "INSERT INTO sr.tour"
        " (plan, number, vehicle, fraction, start_at, end_at, distance_m, load_kg, lifts, geometry)"
        " SELECT id, 1, 'V1', 'glass_white', now(), now(), 12000, 900, 3, '[]' FROM sr.plan"
    )
    connection.execute("SET ROLE sr_report")
    rows = connection.execute(f"SELECT * FROM report.{view}").fetchall()  # noqa: S608
    assert rows


def test_the_levels_of_a_swapped_sensor_stay_with_their_container(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    fill_registry(connection, tmp_path)
    moved = "kind;id;site;fraction;volume_l;device;empty_distance_m;full_distance_m;mounted_from\n"
    fill_registry(connection, tmp_path, moved + "container;C3;S1;bio;240;bin-1;1,2;0,2;2026-11-20T10:30Z\n")
    fill_data(connection, tmp_path)
    later = "device,quantity,time,value\nbin-1,distance,2026-11-20T10:45Z,0.7\n"
    (tmp_path / "later.csv").write_text(later)
    from smartregion.store.intake import take_file

    take_file(connection, "readings", tmp_path / "later.csv", dt.datetime(2026, 11, 20, 13, tzinfo=dt.UTC))
    rows = connection.execute(
        "SELECT container, level FROM report.container_level WHERE container IN ('C1', 'C3') ORDER BY time"
    ).fetchall()
    assert [(name, round(level, 3)) for name, level in rows] == [("C1", 0.5), ("C3", 0.5)]
