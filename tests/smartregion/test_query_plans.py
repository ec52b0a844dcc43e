"""How both engines answer what pages and the API ask: by index, and only from the time asked about.

TimescaleDB holds all but the newest weeks by column here, as in production.
"""

import contextlib
import datetime as dt
import importlib.resources
import json
import os
import pathlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest

from smartregion.demo.ports import free_port
from smartregion.store.queries import load
from tests.smartregion.api_client import database
from tests.smartregion.rolled import ZONE
from tests.support import timescale
from tests.support.engines import ENGINES
from tests.support.plans import Part, parts, read_by

NOW = dt.datetime(2026, 6, 10, 10, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LONG_AGO = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)

_FILL = """
INSERT INTO sr.site (id, name, lon, lat) SELECT 'S' || n, 'S', 13.9, 51.6 FROM generate_series(1, 50) n;
INSERT INTO sr.container (id, site, fraction, volume_l)
    SELECT 'C' || n, 'S' || (n - 1) % 50 + 1, 'paper', 1100 FROM generate_series(1, 80) n;
INSERT INTO sr.station (id, name, lon, lat, class_scheme)
    SELECT 'Z' || n, 'Z', 13.9, 51.6, '1' FROM generate_series(1, 20) n;
INSERT INTO sr.lane SELECT 'Z' || n, 1, '' FROM generate_series(1, 20) n;
INSERT INTO sr.device (name) SELECT 'd' || n FROM generate_series(1, 120) n;
INSERT INTO sr.mounting (device, object_kind, object)
    SELECT id, 'container', 'C' || substr(name, 2) FROM sr.device WHERE substr(name, 2)::int <= 80
    UNION ALL
    SELECT id, 'station', 'Z' || substr(name, 2)::int - 80 FROM sr.device
    WHERE substr(name, 2)::int BETWEEN 81 AND 100;
INSERT INTO sr.series (device, quantity)
    SELECT d.id, q.id FROM sr.device d, sr.quantity q
    WHERE q.key = 'level' OR q.key = 'temperature' AND d.name IN ('d7', 'd8');
SELECT sr.ensure_partitions('2026-01-01', '2026-06-30');
INSERT INTO sr.reading
    SELECT t, sr.first_message(t), 0.5, s.id
    FROM generate_series('2026-01-01', '2026-06-30', interval '1 day') t, sr.series s;
INSERT INTO sr.lane_interval (time, message, device, interval_s, lane, completeness, kfz)
    SELECT t, sr.first_message(t), d.id, 900, 1, 1, 5
    FROM generate_series('2026-01-01', '2026-06-30', interval '4 hours') t, sr.device d
    WHERE substr(d.name, 2)::int BETWEEN 81 AND 100;
INSERT INTO sr.track (time, message, lon, lat, device)
    SELECT t, sr.first_message(t), 13.9, 51.6, d.id
    FROM generate_series('2026-01-01', '2026-06-30', interval '6 hours') t, sr.device d
    WHERE substr(d.name, 2)::int BETWEEN 101 AND 120;
INSERT INTO sr.latest (device, item, time, value, message)
    SELECT d.id, 'level', '2026-06-30', 0.5, sr.first_message('2026-06-30') + d.id FROM sr.device d;
INSERT INTO sr.book SELECT 'd' || n, t, 4, 4, 0, 0
    FROM generate_series(1, 60) n, generate_series('2026-05-01', '2026-06-10', interval '6 hours') t;
INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off)
    VALUES ('n', 'n', now(), 0, 0, 0, '{}');
INSERT INTO sr.segment (id, network, name, class, surface, length_m, lon, lat)
    SELECT n || 'f0', max(g.id), 's', 'primary', '', 100, '{13.9}', '{51.6}'
    FROM sr.road_network g, generate_series(1, 600) n GROUP BY n;
INSERT INTO sr.segment_pass (segment, device, time, speed_mps, ride_index)
    SELECT s.id, 1, t, 10, 1
    FROM sr.segment s, generate_series('2026-05-25', '2026-06-10', interval '1 day') t;
INSERT INTO sr.count_rollup
    (span, object, lane, bucket, length_s, longest_s, covered_ms, vehicles, speed_vehicles, speed_sum)
    SELECT p.span, 'Z' || n, 1, t, 900, 900, 900000, 5, 0, 0
    FROM (VALUES ('quarter'::sr.span, interval '4 hours'), ('hour', '6 hours'), ('day', '1 day'))
             AS p(span, step),
         generate_series(1, 20) n, generate_series(timestamptz '2026-01-01', '2026-06-30', p.step) t;
INSERT INTO sr.level_rollup SELECT 'day', 'C' || n, t, 0, 0, 0, 0, 1
    FROM generate_series(1, 80) n,
         generate_series(timestamptz '2026-01-01', '2026-06-30', interval '1 day') t;
INSERT INTO sr.road_rollup SELECT p.span, s.id, t, 1, 1, 1, 1, 1, NULL, 0
    FROM (VALUES ('day'::sr.span, interval '1 day'), ('month', '1 month')) p(span, step), sr.segment s,
         generate_series(timestamptz '2026-05-01', '2026-06-10', p.step) t;
INSERT INTO sr.conflict SELECT id, 'level', '2026-06-09', 0.4, 1 FROM sr.device;
INSERT INTO sr.message_flag SELECT sr.first_message(t), 'd1', 'x', 'x', 'x'
    FROM generate_series(timestamptz '2026-05-01', '2026-06-10', '1 hour') t;
INSERT INTO sr.quarantine SELECT sr.first_message(t), 'd1', 't', 'x', 'json', 'x', 'an object', NULL
    FROM generate_series(timestamptz '2026-05-01', '2026-06-10', '1 hour') t;
INSERT INTO sr.latest (device, item, time, value, message)
    SELECT id, 'lane 1', '2026-06-10', 5, 1 FROM sr.device WHERE substr(name, 2)::int BETWEEN 81 AND 100;
INSERT INTO sr.gap SELECT 'd' || n, t, 1, 1, '[]'
    FROM generate_series(1, 60) n, generate_series(timestamptz '2026-05-01', '2026-06-10', '1 day') t;
INSERT INTO sr.vehicle (id, name, purpose) VALUES ('V1', 'V', 'waste');
INSERT INTO sr.plan (date, state, requested_at, seconds)
    SELECT date '2025-01-01' + n, 'done', '2025-01-01', 1 FROM generate_series(1, 700) n;
INSERT INTO sr.tour (plan, number, vehicle, fraction, start_at, end_at, distance_m, load_kg, lifts, geometry)
    SELECT p.id, n, 'V1', 'paper', '2025-01-01', '2025-01-01', 0, 0, 0, '[]'
    FROM sr.plan p, generate_series(1, 4) n;
INSERT INTO sr.tour_stop (tour, seq, kind, place, name, arrive_at, depart_at, leg_m, load_kg)
    SELECT t.id, n, 'site', 'S1', 'S', '2025-01-01', '2025-01-01', 0, 0
    FROM sr.tour t, generate_series(1, 10) n;
"""


class Question(NamedTuple):
    """A query with values, what it may read of a raw table, and what from top to bottom."""

    file: str
    query: str
    values: dict[str, Any]
    raw: Part | None = None
    whole: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """As in reports of the tests."""
        return f"{self.file}.{self.query}"


SPAN = {"since": NOW - 2 * DAY, "until": NOW}
OLD = {"since": LONG_AGO, "until": LONG_AGO + 2 * DAY}
_PAGE = {"after_series": 0, "limit": 100, "device": "d7", "quantity": None}
_BAND = {"id": "Z7", "lanes": [1], "since": NOW - 28 * DAY, "until": NOW}
_DAYS = [NOW.replace(hour=22) - number * DAY for number in range(30)]
_EXPORT = {"devices": ["d7", "d81", "d101"], "quantities": None, "objects": None}
_LATEST, _DOUBTS = frozenset({"latest"}), frozenset({"conflict", "message_flag"})
_BOOKS = {"since": NOW - DAY, "until": NOW, "device": None, "limit": 100}
_WAITING = {"before": None, "since": None, "until": None, "field": None, "device": None, "limit": 50}
_ROADS = {"since": NOW - 14 * DAY, "now": NOW, "state_since": NOW - DAY, "slippery": ["ice"], "limit": 1000}


def span(table: str, since: dt.datetime, until: dt.datetime) -> Part:
    """What a question may read of a raw table."""
    return Part(table, since, until)


QUESTIONS = [
    Question("live", "newest", {"after": 1 << 62}, whole=_LATEST),
    Question("live", "mark", {}, whole=_LATEST),
    Question("waste", "container_now", {"id": "C7", "now": NOW}, whole=_LATEST),
    Question("waste", "level_series", {"id": "C7", **SPAN}, span("reading", **SPAN)),
    Question("waste", "level_series", {"id": "C7", **OLD}, span("reading", **OLD)),
    Question("waste", "level_history", {"ids": ["C7", "C8"], **SPAN}, span("reading", **SPAN)),
    Question("forecast", "outside_range", {"ids": ["C7", "C8"], "coldest": -20, "hottest": 60, **SPAN},
             span("reading", **SPAN)),
    Question("traffic", "lane_now", {"id": "Z7"}, span("lane_interval", NOW, NOW), _LATEST),
    Question("traffic", "lane_windows", {"stations": ["Z7"], "lanes": [1], "begins": [NOW]},
             span("lane_interval", NOW - DAY / 24, NOW + DAY / 24)),
    Question("traffic", "lane_windows", {"stations": ["Z7"], "lanes": [1], "begins": [LONG_AGO]},
             span("lane_interval", LONG_AGO - DAY / 24, LONG_AGO + DAY / 24)),
    Question("traffic", "station_intervals", {"id": "Z7", **SPAN}, span("lane_interval", NOW - 3 * DAY, NOW)),
    Question("traffic", "station_quarters", _BAND),
    Question("traffic", "station_chart", _BAND | {"points": 500}),
    Question("traffic", "dtv", {"id": "Z7", "since": NOW - 30 * DAY, "until": NOW, "begins": _DAYS,
                                "groups": ["W"] * 30, "weekdays": [True] * 30, "min_coverage": 0.9}),
    Question("readings", "readings", _PAGE | SPAN | {"after_time": SPAN["since"]}, span("reading", **SPAN)),
    Question("readings", "readings", _PAGE | OLD | {"after_time": OLD["since"]}, span("reading", **OLD)),
    Question("transfer", "export_readings", _EXPORT | OLD, span("reading", **OLD), _DOUBTS),
    Question("transfer", "export_lane_intervals", _EXPORT | OLD, span("lane_interval", **OLD), _DOUBTS),
    Question("transfer", "export_tracks", _EXPORT | SPAN, span("track", **SPAN), _DOUBTS),
    Question("roads", "tracks", {"devices": [101], "hours": [NOW.replace(hour=0)]},
             span("track", NOW.replace(hour=0), NOW)),
    Question("roads", "segment_states", _ROADS),
    Question("roads", "forget_passes_of_hours", {"devices": [1], "hours": [NOW - DAY]}),
    Question("alerts", "slippery_since", {"segments": ["7f0"], "slippery": ["ice"], "now": NOW}),
    Question("overview", "books_since", {"since": NOW - DAY}),
    Question("overview", "book_quarters", _BOOKS),
    Question("overview", "book_lines", _BOOKS | {"troubled": False}),
    Question("overview", "latest_figures", {"now": NOW}, whole=_LATEST),
    Question("overview", "quarantine_list", _WAITING),
    Question("overview", "flags", {"since": NOW - DAY, "until": NOW, "device": None, "limit": 50}),
    Question("plans", "current_plan", {"date": NOW.date()}),
    Question("plans", "tours", {"plan": 7}),
    Question("plans", "stops", {"id": 7}),
    Question("ingest", "latest_reading", {"series": [7], "times": [NOW]}, span("reading", NOW, NOW)),
    Question("ingest", "latest_lane", {"devices": [81], "lanes": [1], "times": [NOW], "messages": [1]},
             span("lane_interval", NOW, NOW)),
    Question("ingest", "latest_track", {"devices": [101], "times": [NOW], "messages": [1]},
             span("track", NOW, NOW)),
]  # fmt: skip
REPORTS = [
    # view of Grafana, filter, span of its time, raw table that may be read
    ("lane_interval", "station = 'Z7'", SPAN, "lane_interval"),
    ("lane_interval", "station = 'Z7'", OLD, "lane_interval"),
    ("lane_quarter", "station = 'Z7'", OLD, None),
    ("lane_hour", "station = 'Z7'", OLD, None),
    ("container_level", "container = 'C7'", SPAN, "reading"),
    ("container_level", "container = 'C7'", OLD, "reading"),
    ("container_day", "container = 'C7'", OLD, None),
    ("segment_month", "segment = '7f0'", {"since": NOW.replace(day=1), "until": NOW}, None),
]
NIGHTLY = {
    # reads much, but nobody waits for it: jobs and verbs that walk over all that came since a moment
    "books.recount", "books.readings_by_event_day", "roads.mark_all_tracks", "roads.dirty_hours",
    "transfer.differing_readings", "transfer.differing_lane_intervals", "transfer.differing_tracks",
    "transfer.incoming_packets", "transfer.owners_readings", "transfer.owners_lane_intervals",
    "transfer.owners_tracks",
}  # fmt: skip
NOT_ASKED_BY_PAGES = {
    "bench", "bench_store", "bench_web", "demo", "ingest", "migrate", "proof", "retention", "rollups", "store"
}  # fmt: skip
_PARTED = re.compile(
    r"\b(sr\.(reading|lane_interval|lane_interval_total|track|(count|level|energy|road)_rollup|levels)|report\.\w+)\b"
)
_WATCHED = re.compile(
    r"(count|level|energy|road)_(quarter|hour|day|week|month)|latest|book|segment_pass|gap|quarantine|message_flag"
    r"|conflict|plan|tour|tour_stop|(reading|lane_interval|track)_\d.*|_hyper_.*|compress_hyper_.*"
)


@pytest.fixture(scope="module", params=ENGINES)
def filled(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """Half a year of a small district with statistics; on TimescaleDB what is older than a week by column."""
    with (
        _empty(request) as url,
        psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC") as connection,
    ):
        connection.execute(_FILL.encode())
        timescale.pack(connection, NOW - 7 * DAY)
        connection.execute("VACUUM sr.count_rollup")
        connection.execute("ANALYZE")
        yield connection


@contextlib.contextmanager
def _empty(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a fresh, migrated database."""
    native = os.environ.get(timescale.NATIVE)
    if request.param == "plain":
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("_template")
        with database(server.url, template) as url:
            yield url
    elif native:
        with timescale.native_database(native) as url:
            yield url
    else:
        request.getfixturevalue("_timescale_wasm")
        folder: pathlib.Path = request.getfixturevalue("_timescale_folder")
        node: str = request.getfixturevalue("node")
        with timescale.copied(node, folder / "template", folder / "plans", free_port()) as server:
            yield server.url


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_of_pages_reads_what_it_needs(filled: psycopg.Connection, question: Question) -> None:
    _check(filled, load(question.file)[question.query], question.values, question.raw, question.whole)


@pytest.mark.parametrize(("view", "where", "times", "raw"), REPORTS)
def test_a_report_reads_what_it_needs(
    filled: psycopg.Connection, view: str, where: str, times: dict[str, dt.datetime], raw: str | None
) -> None:
    statement = f"SELECT * FROM report.{view} WHERE {where} AND time >= %(since)s AND time < %(until)s"  # noqa: S608
    _check(filled, statement, times, Part(raw, **times) if raw else None)


def test_no_query_of_pages_is_left_out() -> None:
    """Whoever adds a query on partitioned tables says here what it may read."""
    sql = importlib.resources.files("smartregion.store") / "sql"
    files = {path.name.removesuffix(".sql") for path in sql.iterdir() if path.name.endswith(".sql")}
    found = {
        f"{file}.{query}"
        for file in files - NOT_ASKED_BY_PAGES
        for query, text in load(file).items()
        if _PARTED.search(text)
    }
    assert found - NIGHTLY <= {question.name for question in QUESTIONS}
    assert found >= NIGHTLY
    assert len({question.name for question in QUESTIONS}) >= 20


def _check(
    connection: psycopg.Connection,
    statement: str,
    values: dict[str, Any],
    raw: Part | None,
    whole: frozenset[str] = frozenset(),
) -> None:
    known = parts(connection)
    explain = b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement.encode()
    with connection.transaction(force_rollback=True), psycopg.ClientCursor(connection) as cursor:
        if any(name.startswith("_hyper_") for name in known):
            # The columnstore of so few rows is read as fast from top to bottom; here an index must be there.
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = cursor.execute(explain, values).fetchall()[0][0][0]["Plan"]
    read = read_by(plan)
    shown = json.dumps(plan, indent=1)
    touched = {known[name] for name in read.relations & known.keys()}
    beyond = {part for part in touched if raw is None or not part.meets(raw)}
    assert not beyond, shown
    assert (raw is None) == (not touched), shown
    assert not {name for name in read.whole - whole if _WATCHED.fullmatch(name)}, shown


def test_the_scope_of_a_refresh_names_local_days(filled: psycopg.Connection) -> None:
    rows = filled.execute(
        "SELECT sr.bucket('day', m, %s), sr.bucket_end('day', sr.bucket('day', m, %s), %s)"
        " FROM unnest(ARRAY[timestamptz '2026-03-29 12:00Z', '2026-10-25 12:00Z']) m",
        (ZONE, ZONE, ZONE),
    ).fetchall()
    assert [end - begin for begin, end in rows] == [dt.timedelta(hours=23), dt.timedelta(hours=25)]
