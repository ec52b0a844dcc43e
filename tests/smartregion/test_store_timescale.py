"""What differs between the engines, and that nothing else does: hypertables there, partitions here."""

import psycopg
import pytest

from tests.smartregion.rolled import roll_up

VIEWS = (
    "container_level", "container_now", "container_day", "lane_interval", "lane_count", "lane_quarter",
    "lane_hour", "station_hour", "book_quarter", "quarantine_open", "device_silent",
)  # fmt: skip

ROWS = """
INSERT INTO sr.site (id, name, lon, lat) VALUES ('S1', 'Markt', 13.95, 51.745);
INSERT INTO sr.container (id, site, fraction, volume_l) VALUES ('C1', 'S1', 'paper', 1100);
INSERT INTO sr.station (id, name, lon, lat, class_scheme) VALUES ('Z1', 'B 169', 13.9, 51.7, '2');
INSERT INTO sr.lane VALUES ('Z1', 1, 'Calau');
INSERT INTO sr.device (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'bin-1'), (2, 'count-1');
INSERT INTO sr.mounting (device, object_kind, object, empty_distance_m, full_distance_m)
    VALUES (1, 'container', 'C1', 1.8, 0.2), (2, 'station', 'Z1', NULL, NULL);
INSERT INTO sr.series (id, device, quantity) OVERRIDING SYSTEM VALUE
    SELECT 1, 1, id FROM sr.quantity WHERE key = 'distance';
SELECT sr.ensure_partitions(ARRAY[timestamptz '2026-11-20 12:00Z', timestamptz '2019-01-01']);
INSERT INTO sr.reading
    VALUES ('2026-11-20 12:00Z', sr.first_message(now()), 1.0, 1), ('2019-01-01', 1, 0.5, 1);
INSERT INTO sr.reading VALUES ('2026-11-20 12:00Z', 9, 7.0, 1) ON CONFLICT (series, time) DO NOTHING;
INSERT INTO sr.lane_interval (time, message, device, interval_s, lane, completeness, pkwaehnlich, lkwaehnlich)
    VALUES ('2026-11-20 12:00Z', sr.first_message(now()), 2, 900, 1, 1, 10, 3);
SELECT sr.mark_all();
INSERT INTO sr.track (time, message, lon, lat, device)
    VALUES ('2026-11-20 12:00Z', sr.first_message(now()) + 1024, 13.9, 51.7, 1);
INSERT INTO sr.latest (device, item, time, value, message)
    VALUES (1, 'distance', now() - interval '2 days', 1.0, 1);
INSERT INTO sr.book VALUES ('bin-1', '2026-11-20 12:00Z', 1, 1, 0, 0);
INSERT INTO sr.quarantine VALUES (5, '?', 't', 'x', 'json', 'x', 'an object');
"""


@pytest.fixture
def filled(either: psycopg.Connection) -> psycopg.Connection:
    """A row or two of everything."""
    either.execute(ROWS)
    roll_up(either)
    return either


def test_timescaledb_has_hypertables_and_no_partitions(timescale_rolled_back: psycopg.Connection) -> None:
    run = timescale_rolled_back.execute
    run(ROWS)
    assert run("SELECT sr.engine()").fetchone() == ("timescaledb",)
    tables = run("SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1").fetchall()
    assert {("lane_interval",), ("reading",), ("track",)} <= set(tables)
    assert run("SELECT FROM pg_class WHERE relname LIKE 'reading\\_%' AND relispartition").fetchall() == []
    chunks = run("SELECT hypertable_name, count(*) FROM timescaledb_information.chunks GROUP BY 1").fetchall()
    assert dict(chunks) == {"lane_interval": 1, "reading": 2, "track": 1}


def test_a_second_value_of_one_time_changes_nothing(filled: psycopg.Connection) -> None:
    assert filled.execute("SELECT value FROM sr.reading ORDER BY time").fetchall() == [(0.5,), (1.0,)]
    total = filled.execute("SELECT vehicles, heavy_known FROM sr.lane_interval_total").fetchall()
    assert total == [(13, None)]


def test_a_time_filter_reaches_the_parts(filled: psycopg.Connection) -> None:
    plan = filled.execute(
        "EXPLAIN SELECT * FROM report.container_level WHERE time >= '2026-11-19' AND time < '2026-11-22'"
    ).fetchall()
    parts = [line for (line,) in plan if "_hyper_" in line or "reading_" in line]
    assert len({line.split(" on ")[1].split()[0] for line in parts if " on " in line}) == 1


def test_retention_counts_what_it_deletes(filled: psycopg.Connection) -> None:
    assert filled.execute("SELECT sr.forget_tracks('2026-12-01')").fetchone() == (1,)
    assert filled.execute("SELECT device, messages FROM sr.forgotten").fetchall() == [("bin-1", 1)]


@pytest.mark.parametrize("view", VIEWS)
def test_every_report_view_answers(filled: psycopg.Connection, view: str) -> None:
    rows = filled.execute(f"SELECT to_jsonb(v) FROM report.{view} v").fetchall()  # noqa: S608 - our own names
    assert rows
    if view == "container_level":
        assert sorted(row["level"] for (row,) in rows) == pytest.approx([0.5, 0.8125])
