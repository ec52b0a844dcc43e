"""Grafana dashboards: valid models, same bytes twice, every panel's SQL answers as the read-only role."""

import pathlib
import re

import psycopg
import pytest

from dashboards.grafana.build import build_all, queries
from dashboards.grafana.export import export
from dashboards.grafana.panels import PAGES, Page
from tests.smartregion.rolled import roll_up


def test_export_writes_provisioning_twice_the_same(tmp_path: pathlib.Path) -> None:
    first = {path: path.read_bytes() for path in export(tmp_path)}
    second = {path: path.read_bytes() for path in export(tmp_path)}
    assert first == second
    names = {path.relative_to(tmp_path).as_posix() for path in first}
    assert names == {
        "datasources/smartregion.yaml",
        "dashboards/smartregion.yaml",
        "dashboards/waste.json",
        "dashboards/traffic.json",
        "dashboards/operations.json",
    }


def test_no_secret_in_exported_files(tmp_path: pathlib.Path) -> None:
    text = "".join(path.read_text() for path in export(tmp_path))
    assert "password: $__file{/run/secrets/report_password}" in text
    assert text.count("password:") == 1


def test_panels_fill_the_page_and_use_our_data_source() -> None:
    for name, model in build_all().items():
        assert model["uid"] == f"smartregion-{name}"
        for panel in model["panels"]:
            assert panel["gridPos"]["w"] + panel["gridPos"]["x"] <= 24, panel["title"]
            (target,) = panel["targets"]
            assert target["datasource"]["uid"] == "smartregion"
            assert target["rawSql"].strip(), panel["title"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_query_is_used_and_reads_only_the_report_schema(page: Page) -> None:
    named = queries(page)
    assert set(named) == {panel.query for panel in page.panels}
    for name, sql in named.items():
        tables = re.findall(r"\b(?:FROM|JOIN)\s+([a-z_.]+)\b(?!\()", sql)
        strangers = [table for table in tables if not table.startswith("report.") and table != "busiest"]
        assert not strangers, (name, strangers)


def _without_macros(sql: str) -> str:
    """What Grafana does before it asks: its time macro becomes a condition."""
    return re.sub(
        r"\$__timeFilter\((\w+)\)",
        r"\1 BETWEEN now() - interval '30 days' AND now() + interval '1 hour'",
        sql,
    )


_EMPTY_IS_GOOD = {"reasons", "silent_devices"}


def test_every_panel_answers_with_rows_as_the_read_only_role(
    connection: psycopg.Connection, filled: None
) -> None:
    connection.execute("SET ROLE sr_report")
    for page in PAGES:
        for name, sql in queries(page).items():
            rows = connection.execute(_without_macros(sql).encode()).fetchall()
            assert rows or name in _EMPTY_IS_GOOD, (page.name, name)
            if rows and name not in _EMPTY_IS_GOOD:
                assert any(value is not None for row in rows for value in row), (page.name, name)


def test_the_read_only_role_sees_nothing_else(connection: psycopg.Connection) -> None:
    connection.execute("SET ROLE sr_report")
    for statement in (
        b"SELECT * FROM sr.track",
        b"SELECT * FROM sr.person",
        b"DELETE FROM sr.book",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement)


@pytest.fixture
def filled(connection: psycopg.Connection) -> None:
    """A little of everything that the panels show."""
    connection.execute(_FILL.encode())
    roll_up(connection)


_FILL = """
SELECT sr.ensure_partitions(now() - interval '1 day', now());
INSERT INTO sr.site (id, name, place, lon, lat) VALUES ('S1', 'Markt', 'Calau', 13.95, 51.74);
INSERT INTO sr.container (id, site, fraction, volume_l) VALUES ('C1', 'S1', 'paper', 3000);
INSERT INTO sr.device (name) VALUES ('bin-1'), ('station-1'), ('mute-1');
INSERT INTO sr.mounting (device, object_kind, object)
    SELECT id, 'container', 'C1' FROM sr.device WHERE name = 'bin-1';
INSERT INTO sr.series (device, quantity)
    SELECT d.id, q.id FROM sr.device d, sr.quantity q WHERE d.name = 'bin-1' AND q.key = 'level';
INSERT INTO sr.reading (time, message, value, series)
    SELECT now() - interval '1 hour', 1, 0.9, id FROM sr.series;
INSERT INTO sr.latest (device, item, time, value, message)
    SELECT id, 'level', now() - interval '1 hour', 0.9, 1 FROM sr.device WHERE name = 'bin-1';
INSERT INTO sr.station (id, name, place, lon, lat, class_scheme)
    VALUES ('Z1', 'B 96', 'Calau', 13.96, 51.75, '1');
INSERT INTO sr.lane (station, lane, direction) VALUES ('Z1', 1, 'Cottbus');
INSERT INTO sr.mounting (device, object_kind, object)
    SELECT id, 'station', 'Z1' FROM sr.device WHERE name = 'station-1';
INSERT INTO sr.lane_interval (time, message, device, lane, interval_s, completeness, speed_kmh, kfz)
    SELECT now() - interval '20 minutes', 2, id, 1, 900, 1, 62.5, 40 FROM sr.device WHERE name = 'station-1';
SELECT sr.mark_all();
INSERT INTO sr.book (device, quarter, received, stored, duplicate, quarantined)
    VALUES ('bin-1', date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00+00'), 3, 2, 1, 0);
INSERT INTO sr.quarantine (message, device, topic, payload, field, value, expected)
    VALUES (3, '?', 'sr/1/x/fill', '{', 'payload', '{', 'JSON');
INSERT INTO sr.depot (id, name, lon, lat) VALUES ('D1', 'Hof', 13.9, 51.7);
INSERT INTO sr.vehicle (id, name, purpose, depot) VALUES ('V1', 'OSL-AB 1', 'waste', 'D1');
INSERT INTO sr.plan (date, state, requested_at, seconds)
    VALUES ((now() AT TIME ZONE 'Europe/Berlin')::date, 'done', now(), 5);
INSERT INTO sr.tour (plan, number, vehicle, fraction, start_at, end_at, distance_m, load_kg, lifts, geometry)
    SELECT id, 1, 'V1', 'paper', now(), now(), 12000, 800, 1, '[]' FROM sr.plan;
"""
