"""Retention on both engines: what each rule deletes, what waits for rollups, books that still balance."""

import datetime as dt
import json

import psycopg
import pytest

from ingest.profiles import shipped_profiles
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.books import recount
from smartregion.errors import InvalidInput
from smartregion.store.database import Connection, connect
from smartregion.store.retention import Forgotten, due, forget, rules, set_rule

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def packet(kind: str, age_days: float, number: int, **fields: object) -> Packet:
    """A message received a minute after its event."""
    received = NOW - age_days * DAY + number * dt.timedelta(seconds=1)
    content = {"t": (received - dt.timedelta(minutes=1)).isoformat(), **fields}
    device = {"fill": "bin-1", "vehicle": "car-1"}[kind]
    return Packet(first_receipt(received), f"sr/1/{device}/{kind}", json.dumps(content).encode())


@pytest.fixture
def connection(either_url: str) -> Connection:
    """Positions and levels of two months, duplicates and a value that lost; rollups made."""
    opened = connect(either_url, autocommit=True)
    opened.execute("INSERT INTO sr.device (name) VALUES ('bin-1'), ('car-1')")
    ages = (1, 13, 15, 40, 70)
    packets = [packet("vehicle", age, 1, lon=13.9, lat=51.7, speed_mps=9) for age in ages]
    packets += [packet("fill", age, 2, level=0.5) for age in (1, 70)]
    Writer(opened, Registry(shipped_profiles())).write(packets)
    opened.execute("DELETE FROM sr.rollup_mark; DELETE FROM sr.rollup_object_mark")
    return opened


def balanced(connection: Connection) -> bool:
    return all(line.balanced for line in recount(connection, None))


def test_positions_go_after_two_weeks_and_the_books_balance(connection: Connection) -> None:
    assert {kind: rows for kind, rows in due(connection, NOW).items() if rows} == {"track": 3}
    assert {done.kind: done.rows for done in forget(connection, NOW) if done.rows} == {"track": 3}
    left = connection.execute("SELECT time FROM sr.track ORDER BY time DESC").fetchall()
    assert [round((NOW - time) / DAY) for (time,) in left] == [1, 13]
    assert connection.execute("SELECT count(*) FROM sr.reading").fetchone() == (2,)
    assert balanced(connection)
    assert due(connection, NOW)["track"] == 0
    connection.close()


def test_raw_rows_wait_for_their_rollup(connection: Connection) -> None:
    set_rule(connection, "reading", 30, None)
    mark = "INSERT INTO sr.rollup_mark (kind, idents, firsts, lasts) VALUES ('reading', '{1}', %(t)s, %(t)s)"
    connection.execute(mark, {"t": [NOW - 70 * DAY]})
    held = {done.kind: done for done in forget(connection, NOW)}["reading"]
    assert held == Forgotten("reading", 0, "1 rollups still need reading: refresh them first")
    assert connection.execute("SELECT count(*) FROM sr.reading").fetchone() == (2,)
    assert connection.execute("SELECT sr.raw_from('reading')::text").fetchone() == ("-infinity",)
    connection.execute("DELETE FROM sr.rollup_mark")
    assert {done.kind: done.rows for done in forget(connection, NOW)}["reading"] == 1
    assert rules(connection)["reading"].deleted_before == NOW - 30 * DAY
    assert balanced(connection)
    connection.close()


def test_whole_parts_are_emptied_not_deleted_row_by_row(connection: Connection) -> None:
    part = "SELECT tableoid::regclass::text FROM sr.track ORDER BY time LIMIT 1"
    name = connection.execute(part).fetchall()[0][0]
    forget(connection, NOW)
    size = connection.execute("SELECT coalesce(pg_relation_size(to_regclass(%s)), 0)", (name,)).fetchone()
    assert size == (0,)
    connection.close()


def test_notes_and_conflicts_are_counted_when_they_go(rolled_back: psycopg.Connection) -> None:
    run = rolled_back.execute
    run("INSERT INTO sr.device (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'bin-1')")
    old = first_receipt(NOW - 800 * DAY)
    notes = "INSERT INTO sr.message_note VALUES (%s, 'bin-1', 'duplicate'), (%s, 'bin-1', 'empty')"
    run(notes, (old, old + 1))
    run("INSERT INTO sr.conflict VALUES (1, 'level', now(), 0.3, %s)", (old + 2,))
    run(
        "INSERT INTO sr.book SELECT 'bin-1', sr.received_quarter(%s), 3, 2, 1, 0",
        (old,),
    )
    assert balanced(rolled_back)
    assert {done.kind: done.rows for done in forget(rolled_back, NOW) if done.rows} == {
        "conflict": 1,
        "message_note": 2,
    }
    assert run("SELECT messages, duplicate FROM sr.forgotten").fetchall() == [(2, 1)]
    assert balanced(rolled_back)


def test_finished_jobs_go(rolled_back: psycopg.Connection) -> None:
    rolled_back.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status) "
        "VALUES ('care', 'a', 'todo'), ('care', 'b', 'todo')"
    )
    rolled_back.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'a'")
    rolled_back.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE task_name = 'a'")
    rolled_back.execute("UPDATE procrastinate_events SET at = now() - interval '40 days'")
    later = dt.datetime.now(dt.UTC)
    assert due(rolled_back, later)["job"] == 1
    assert {done.kind: done.rows for done in forget(rolled_back, later)}["job"] == 1
    assert rolled_back.execute("SELECT task_name FROM procrastinate_jobs").fetchall() == [("b",)]


def test_every_rule_has_its_reason_in_two_languages(rolled_back: psycopg.Connection) -> None:
    known = rules(rolled_back)
    assert all(len(rule.reason_de) > 40 and len(rule.reason_en) > 40 for rule in known.values())
    assert "DSGVO" in known["track"].reason_de
    assert "GDPR" in known["track"].reason_en
    assert known["track"].days == 14


@pytest.mark.parametrize(
    ("kind", "days", "message"),
    [
        ("weather", 3, r"^kind: 'weather' is not one of track, segment_pass, reading"),
        ("track", 0, r"^days: '0' is not a whole number from 1 up"),
    ],
)
def test_a_rule_that_cannot_be(rolled_back: psycopg.Connection, kind: str, days: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        set_rule(rolled_back, kind, days, None)
