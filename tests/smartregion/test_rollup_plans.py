"""How the database answers what pages and the API ask: through an index, and only the partitions needed."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from smartregion.store.queries import load
from tests.smartregion.api_client import database
from tests.smartregion.rolled import ZONE

NOW = dt.datetime(2026, 6, 10, 10, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SPAN = {"since": NOW - 2 * DAY, "until": NOW}

_FILL = """
INSERT INTO sr.site (id, name, lon, lat) SELECT 'S' || n, 'S', 13.9, 51.6 FROM generate_series(1, 50) n;
INSERT INTO sr.container (id, site, fraction, volume_l)
    SELECT 'C' || n, 'S' || (n - 1) % 50 + 1, 'paper', 1100 FROM generate_series(1, 200) n;
INSERT INTO sr.station (id, name, lon, lat, class_scheme)
    SELECT 'Z' || n, 'Z', 13.9, 51.6, '1' FROM generate_series(1, 40) n;
INSERT INTO sr.lane SELECT 'Z' || n, 1, '' FROM generate_series(1, 40) n;
INSERT INTO sr.device (name) SELECT 'd' || n FROM generate_series(1, 300) n;
INSERT INTO sr.mounting (device, object_kind, object)
    SELECT id, 'container', 'C' || substr(name, 2) FROM sr.device WHERE substr(name, 2)::int <= 200
    UNION ALL
    SELECT id, 'station', 'Z' || substr(name, 2)::int - 200 FROM sr.device
    WHERE substr(name, 2)::int BETWEEN 201 AND 240;
INSERT INTO sr.series (device, quantity)
    SELECT d.id, q.id FROM sr.device d, sr.quantity q WHERE q.key = 'level';
SELECT sr.ensure_partitions('2026-01-01', '2026-06-30');
INSERT INTO sr.reading
    SELECT t, sr.first_message(t), 0.5, s.id
    FROM generate_series('2026-01-01', '2026-06-30', interval '1 day') t, sr.series s;
INSERT INTO sr.lane_interval (time, message, device, interval_s, lane, completeness, kfz)
    SELECT t, sr.first_message(t), d.id, 900, 1, 1, 5
    FROM generate_series('2026-01-01', '2026-06-30', interval '4 hours') t, sr.device d
    WHERE substr(d.name, 2)::int BETWEEN 201 AND 240;
INSERT INTO sr.track (time, message, lon, lat, device)
    SELECT t, sr.first_message(t), 13.9, 51.6, d.id
    FROM generate_series('2026-01-01', '2026-06-30', interval '1 day') t, sr.device d
    WHERE substr(d.name, 2)::int BETWEEN 241 AND 280;
INSERT INTO sr.latest (device, item, time, value, message)
    SELECT d.id, 'level', '2026-06-30', 0.5, sr.first_message('2026-06-30') + d.id FROM sr.device d;
INSERT INTO sr.book SELECT 'd' || n, t, 4, 4, 0, 0
    FROM generate_series(1, 100) n, generate_series('2026-05-01', '2026-06-10', interval '6 hours') t;
INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off)
    VALUES ('n', 'n', now(), 0, 0, 0, '{}');
INSERT INTO sr.segment (id, network, name, class, surface, length_m, lon, lat)
    SELECT n || 'f0', max(g.id), 's', 'primary', '', 100, '{13.9}', '{51.6}'
    FROM sr.road_network g, generate_series(1, 2000) n GROUP BY n;
INSERT INTO sr.segment_pass (segment, device, time, speed_mps, ride_index)
    SELECT s.id, 1, t, 10, 1
    FROM sr.segment s, generate_series('2026-05-25', '2026-06-10', interval '1 day') t;
INSERT INTO sr.count_rollup
    (span, object, lane, bucket, length_s, longest_s, covered_ms, vehicles, speed_vehicles, speed_sum)
    SELECT p.span, 'Z' || n, 1, t, 900, 900, 900000, 5, 0, 0
    FROM (VALUES ('quarter'::sr.span, interval '4 hours'), ('hour', '6 hours'), ('day', '1 day'))
             AS p(span, step),
         generate_series(1, 40) n, generate_series(timestamptz '2026-01-01', '2026-06-30', p.step) t;
INSERT INTO sr.level_rollup SELECT 'day', 'C' || n, t, 0, 0, 0, 0, 1
    FROM generate_series(1, 200) n,
         generate_series(timestamptz '2026-01-01', '2026-06-30', interval '1 day') t;
INSERT INTO sr.road_rollup SELECT p.span, s.id, t, 1, 1, 1, 1, 1, NULL, 0
    FROM (VALUES ('day'::sr.span, interval '1 day'), ('month', '1 month')) p(span, step), sr.segment s,
         generate_series(timestamptz '2026-05-01', '2026-06-10', p.step) t;
"""

_PAGE = {"after_time": SPAN["since"], "after_series": 0, "limit": 100, "device": "d7", "quantity": None}
_BAND = {"id": "Z7", "lanes": [1], "since": NOW - 28 * DAY, "until": NOW}
QUESTIONS: list[tuple[str, str, dict[str, Any], set[str], str]] = [
    # file, query, values, months of raw partitions that may be read, indexes or tables that must show up
    ("traffic", "station_intervals", SPAN | {"id": "Z7"}, {"2026_06"}, "lane_interval_2026_06_pkey"),
    ("traffic", "station_quarters", _BAND, set(), "count_quarter_pkey"),
    ("traffic", "station_chart", _BAND | {"points": 500}, set(), "Index Only Scan"),
    ("traffic", "lane_now", {"id": "Z7"}, set(), "latest_pkey"),
    ("traffic", "lane_windows", {"stations": ["Z7"], "lanes": [1], "begins": [NOW]},
     {"2026_06"}, "lane_interval_2026_06_pkey"),
    ("waste", "level_series", SPAN | {"id": "C7"}, {"2026_06"}, "reading_2026_06_pkey"),
    ("waste", "level_history", SPAN | {"ids": ["C7", "C8"]}, {"2026_06"}, "reading_2026_06_pkey"),
    ("waste", "container_now", {"id": "C7", "now": NOW}, set(), "container"),
    ("live", "newest", {"after": (1 << 62)}, set(), "latest"),
    ("live", "mark", {}, set(), "latest"),
    ("overview", "books_since", {"since": NOW - DAY}, set(), "book_quarter_idx"),
    ("overview", "latest_figures", {"now": NOW}, set(), "latest"),
    ("overview", "quarantine_open", {}, set(), "quarantine"),
    ("roads", "forget_old_passes", {"before": NOW - 14 * DAY}, set(), "segment_pass_time_idx"),
    ("readings", "readings", SPAN | _PAGE, {"2026_06"}, "reading_2026_06_pkey"),
]  # fmt: skip
VIEWS: list[tuple[str, str, str, str, set[str], str]] = [
    # view, filter, period, months of raw partitions that may be read, index that must show up
    (
        "lane_interval",
        "station = 'Z7'",
        "2026-06-08",
        "2026-06-10",
        {"2026_06"},
        "lane_interval_2026_06_pkey",
    ),
    ("lane_quarter", "station = 'Z7'", "2026-03-01", "2026-03-02", set(), "count_quarter_pkey"),
    ("lane_hour", "station = 'Z7'", "2026-03-01", "2026-06-02", set(), "count_hour_pkey"),
    ("container_level", "container = 'C7'", "2026-06-08", "2026-06-10", {"2026_06"}, "reading_2026_06_pkey"),
    ("container_day", "container = 'C7'", "2026-03-08", "2026-06-10", set(), "level_day_pkey"),
    ("segment_month", "segment = '7f0'", "2026-06-01", "2026-07-01", set(), "road_month_pkey"),
]


@pytest.fixture(scope="module")
def filled(postgres_server: Any, _template: str) -> Iterator[psycopg.Connection]:
    """Half a year of a small district with statistics."""
    with (
        database(postgres_server.url, _template) as url,
        psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC") as connection,
    ):
        connection.execute(_FILL.encode())
        connection.execute("VACUUM sr.count_rollup")
        connection.execute("ANALYZE")
        yield connection


@pytest.mark.parametrize(
    ("file", "query", "values", "months", "through"), QUESTIONS, ids=lambda one: str(one)[:24]
)
def test_a_question_of_pages_reads_what_it_needs(
    filled: psycopg.Connection, file: str, query: str, values: dict[str, Any], months: set[str], through: str
) -> None:
    statement = b"EXPLAIN (ANALYZE, TIMING OFF) " + load(file)[query].encode()
    with filled.transaction(force_rollback=True), psycopg.ClientCursor(filled) as cursor:
        _check(cursor.execute(statement, values).fetchall(), months, through)


@pytest.mark.parametrize(("view", "where", "since", "until", "months", "through"), VIEWS)
def test_a_report_reads_what_it_needs(
    filled: psycopg.Connection, view: str, where: str, since: str, until: str, months: set[str], through: str
) -> None:
    statement = f"SELECT * FROM report.{view} WHERE {where} AND time >= '{since}' AND time < '{until}'"  # noqa: S608
    explained = "EXPLAIN (ANALYZE, TIMING OFF) " + statement
    _check(filled.execute(explained.encode()).fetchall(), months, through)


def _check(lines: list[tuple[str]], months: set[str], through: str) -> None:
    plan = "\n".join(line for (line,) in lines)
    read = [line for line in plan.splitlines() if " on " in line and "never executed" not in line]
    assert through in plan, plan
    assert not [line for line in read if re.search(_WHOLE, line)], plan
    assert {month for line in read for month in re.findall(r"_(\d{4}_\d\d)(?=[_ ])", line)} == months, plan


_WHOLE = r"Seq Scan on (reading|lane_interval|track|count_quarter|count_hour|level_day|road_day)(?!_old)"


def test_the_scope_of_a_refresh_names_local_days(filled: psycopg.Connection) -> None:
    rows = filled.execute(
        "SELECT sr.bucket('day', m, %s), sr.bucket_end('day', sr.bucket('day', m, %s), %s)"
        " FROM unnest(ARRAY[timestamptz '2026-03-29 12:00Z', '2026-10-25 12:00Z']) m",
        (ZONE, ZONE, ZONE),
    ).fetchall()
    assert [end - begin for begin, end in rows] == [dt.timedelta(hours=23), dt.timedelta(hours=25)]
