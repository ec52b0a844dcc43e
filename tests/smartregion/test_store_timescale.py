"""Our migrations on TimescaleDB: the extension in WebAssembly under Node, one session, single statements."""

import json
import os
import pathlib
import subprocess
from typing import Any, NamedTuple

import pytest

from smartregion.store.migrate import FOLDER

ROOT = pathlib.Path(__file__).resolve().parents[2]
PGLITE = ROOT / "tests" / "support" / "pglite"
HYPERTABLES = ["lane_interval", "reading", "track"]
VIEWS = (
    "container_level", "container_now", "lane_interval", "lane_quarter", "station_hour", "book_quarter",
    "quarantine_open", "device_silent",
)  # fmt: skip

ROWS = """
INSERT INTO sr.site (id, name, lon, lat) VALUES ('S1', 'Markt', 13.95, 51.745);
INSERT INTO sr.container (id, site, fraction, volume_l) VALUES ('C1', 'S1', 'paper', 1100);
INSERT INTO sr.station (id, name, lon, lat, class_scheme) VALUES ('Z1', 'B 169', 13.9, 51.7, '2');
INSERT INTO sr.lane VALUES ('Z1', 1, 'Calau');
INSERT INTO sr.device (name) VALUES ('bin-1'), ('count-1');
INSERT INTO sr.mounting (device, object_kind, object, empty_distance_m, full_distance_m)
    VALUES (1, 'container', 'C1', 1.8, 0.2), (2, 'station', 'Z1', NULL, NULL);
INSERT INTO sr.series (device, quantity) SELECT 1, id FROM sr.quantity WHERE key = 'distance';
SELECT sr.ensure_partitions(ARRAY[timestamptz '2026-11-20 12:00Z']);
SELECT sr.ensure_partitions('2009-01-01', '2026-12-01');
INSERT INTO sr.reading
    VALUES ('2026-11-20 12:00Z', sr.first_message(now()), 1.0, 1), ('2019-01-01', 1, 0.5, 1);
INSERT INTO sr.reading VALUES ('2026-11-20 12:00Z', 9, 7.0, 1) ON CONFLICT (series, time) DO NOTHING;
INSERT INTO sr.lane_interval (time, message, device, interval_s, lane, completeness, pkwaehnlich, lkwaehnlich)
    VALUES ('2026-11-20 12:00Z', sr.first_message(now()), 2, 900, 1, 1, 10, 3);
INSERT INTO sr.track (time, message, lon, lat, device)
    VALUES ('2026-11-20 12:00Z', sr.first_message(now()) + 1024, 13.9, 51.7, 1);
INSERT INTO sr.latest (device, item, time, value, message)
    VALUES (1, 'distance', '2026-11-20 12:00Z', 1.0, 1);
INSERT INTO sr.book VALUES ('bin-1', '2026-11-20 12:00Z', 1, 1, 0, 0);
INSERT INTO sr.quarantine VALUES (5, '?', 't', 'x', 'json', 'x', 'an object');
UPDATE sr.latest SET time = now() - interval '2 days';
"""

QUERIES = {
    "engine": "SELECT sr.engine() AS engine",
    "hypertables": "SELECT hypertable_name AS name FROM timescaledb_information.hypertables ORDER BY 1",
    "partitions": "SELECT count(*) AS n FROM pg_class WHERE relname LIKE 'reading\\_%' AND relispartition",
    "chunks": "SELECT hypertable_name AS name, count(*) AS n FROM timescaledb_information.chunks GROUP BY 1",
    "readings": "SELECT value FROM sr.reading ORDER BY time",
    "total": "SELECT vehicles, heavy_known FROM sr.lane_interval_total",
    "pruned": "EXPLAIN SELECT * FROM report.container_level "
    "WHERE time >= '2026-11-19' AND time < '2026-11-22'",
    **{view: f"SELECT * FROM report.{view}" for view in VIEWS},  # noqa: S608 - our own names
    "forgotten": "SELECT sr.forget_tracks('2026-12-01') AS n",
    "counted": "SELECT device, messages FROM sr.forgotten",
}


class Answers(NamedTuple):
    """Rows by query."""

    results: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def timescale(node: str) -> Answers:
    """One run of all migrations, rows and queries; about 8 s."""
    if not (PGLITE / "node_modules").is_dir():
        reason = f"TimescaleDB in WebAssembly is not installed: npm ci --prefix {PGLITE.relative_to(ROOT)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    job = {
        "scripts": [
            *([path.name, path.read_text("utf-8")] for path in sorted(FOLDER.glob("*.sql"))),
            ["rows", ROWS],
        ],
        "queries": QUERIES,
    }
    done = subprocess.run(
        [node, str(PGLITE / "run.mjs")],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answer = json.loads(done.stdout)
    assert "failed" not in answer, answer
    return Answers(answer["results"])


def test_migrations_choose_timescaledb_where_it_is(timescale: Answers) -> None:
    assert timescale.results["engine"] == [{"engine": "timescaledb"}]
    assert [row["name"] for row in timescale.results["hypertables"]] == HYPERTABLES


def test_partitions_are_left_to_the_hypertables(timescale: Answers) -> None:
    assert timescale.results["partitions"] == [{"n": 0}]
    assert {row["name"]: row["n"] for row in timescale.results["chunks"]} == {
        "lane_interval": 1,
        "reading": 2,
        "track": 1,
    }


def test_a_second_value_of_one_time_changes_nothing(timescale: Answers) -> None:
    assert [row["value"] for row in timescale.results["readings"]] == [0.5, 1]
    assert timescale.results["total"] == [{"vehicles": 13, "heavy_known": None}]


def test_a_time_filter_reaches_the_chunks(timescale: Answers) -> None:
    plan = "\n".join(row["QUERY PLAN"] for row in timescale.results["pruned"])
    assert plan.count(" _hyper_") == 1


def test_retention_counts_what_it_deletes(timescale: Answers) -> None:
    assert timescale.results["forgotten"] == [{"n": 1}]
    assert timescale.results["counted"] == [{"device": "bin-1", "messages": 1}]


@pytest.mark.parametrize("view", VIEWS)
def test_every_report_view_answers(timescale: Answers, view: str) -> None:
    assert timescale.results[view]
    if view == "container_level":
        levels = sorted(row["level"] for row in timescale.results[view])
        assert levels == pytest.approx([0.5, 0.8125])
