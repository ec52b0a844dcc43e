"""Retention of quarantine, flags and frame counters: bounded, and the books balance without what is gone."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ingest.profiles import shipped_profiles
from ingest.quarantine import replay
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.books import recount
from smartregion.gaps import list_gaps
from smartregion.store.database import Connection, connect
from smartregion.store.policies import run_policies
from smartregion.store.retention import forget, forget_kind, rules, set_rule

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    with connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO sr.device (name) VALUES ('bin-1')")
        yield Writer(connection, Registry(shipped_profiles()))


def packet(age: dt.timedelta, device: str = "bin-1", **fields: Any) -> Packet:
    received = NOW - age
    content = {"t": (received - dt.timedelta(minutes=1)).isoformat(), **fields}
    return Packet(first_receipt(received), f"sr/1/{device}/fill", json.dumps(content).encode())


def ages(connection: Connection) -> list[int]:
    rows = connection.execute(
        "SELECT sr.received_at(message) FROM sr.quarantine ORDER BY message DESC"
    ).fetchall()
    return [round((NOW - received) / DAY) for (received,) in rows]


def forget_quarantine(connection: Connection) -> int:
    return forget_kind(connection, NOW, rules(connection)["quarantine"]).rows


def assert_balanced(connection: Connection) -> None:
    assert [line for line in recount(connection, None) if not line.balanced] == []


def test_old_messages_go_and_stay_in_the_books(writer: Writer) -> None:
    writer.write([packet(days * DAY, "stranger", level=0.5) for days in (1, 89, 91, 200)])
    assert forget_quarantine(writer.connection) == 2
    assert ages(writer.connection) == [1, 89]
    assert_balanced(writer.connection)
    assert sum(line.quarantined for line in recount(writer.connection, None)) == 4
    assert forget_quarantine(writer.connection) == 0
    forgotten = writer.connection.execute(
        "SELECT device, sum(quarantined), sum(messages) FROM sr.forgotten GROUP BY 1"
    )
    assert forgotten.fetchall() == [("stranger", 2, 0)]


def test_what_is_exactly_as_old_as_the_rule_stays(writer: Writer) -> None:
    age = 90 * DAY
    writer.write(
        [packet(age, "stranger", level=0.5), packet(age + dt.timedelta(seconds=1), "stranger", level=0.5)]
    )
    assert forget_quarantine(writer.connection) == 1
    assert_balanced(writer.connection)


def test_the_newest_stay_when_there_are_too_many(writer: Writer) -> None:
    writer.write([packet(days * DAY, "stranger", level=0.5) for days in range(1, 7)])
    set_rule(writer.connection, "quarantine", 90, 4)
    assert forget_quarantine(writer.connection) == 2
    assert ages(writer.connection) == [1, 2, 3, 4]
    assert forget_quarantine(writer.connection) == 0
    assert_balanced(writer.connection)


def test_a_resolved_message_is_counted_by_its_rows(writer: Writer) -> None:
    writer.write([packet(days * DAY, "late", level=0.5) for days in (100, 1)])
    writer.connection.execute("INSERT INTO sr.device (name) VALUES ('late')")
    assert replay(writer).stored == 2
    assert forget_quarantine(writer.connection) == 1
    assert writer.connection.execute("SELECT count(*) FROM sr.forgotten").fetchone() == (0,)
    assert_balanced(writer.connection)


def test_a_message_that_a_replay_works_on_waits(writer: Writer, database_url: str) -> None:
    writer.write([packet(days * DAY, "stranger", level=0.5) for days in (100, 101)])
    with connect(database_url) as other:
        other.execute("SELECT FROM sr.quarantine ORDER BY message LIMIT 1 FOR UPDATE")
        assert forget_quarantine(writer.connection) == 1
    assert forget_quarantine(writer.connection) == 1
    assert_balanced(writer.connection)


def test_flags_and_counters_go_and_the_next_gap_is_found(writer: Writer) -> None:
    days = (100, 91, 32, 30)
    writer.write([packet(age * DAY, level=0.5, seq=n, battery_v="?") for n, age in enumerate(days, 1)])
    # The counters of a batch are one row, as old as its first message; the newest of the device stays.
    gone = {done.kind: done.rows for done in forget(writer.connection, NOW) if done.rows}
    assert gone == {"message_flag": 2, "counter_seen": 3}
    known = rules(writer.connection)
    assert (known["message_flag"].days, known["counter_seen"].days) == (90, 31)
    assert list_gaps(writer.connection) == []
    writer.write([packet(DAY, level=0.5, seq=7)])
    assert [(gap.after, gap.before) for gap in list_gaps(writer.connection)] == [(4, 7)]
    assert_balanced(writer.connection)


def test_the_newest_counter_of_each_device_stays(writer: Writer) -> None:
    writer.connection.execute("INSERT INTO sr.device (name) VALUES ('bin-2')")
    for age, device, seq in ((60, "bin-1", 1), (59, "bin-1", 5), (58, "bin-2", 9), (57, "bin-1", 6)):
        writer.write([packet(age * DAY, device, level=0.5, seq=seq)])
    for _ in range(2):
        forget(writer.connection, NOW)
        assert list_gaps(writer.connection) == []
    writer.write([packet(DAY, "bin-1", level=0.5, seq=8), packet(DAY / 2, "bin-2", level=0.5, seq=10)])
    assert [(gap.device, gap.after, gap.before) for gap in list_gaps(writer.connection)] == [("bin-1", 6, 8)]


def test_policies_run_it(writer: Writer, database_url: str) -> None:
    writer.write([packet(days * DAY, "stranger", level=0.5) for days in (1, 100)])
    results = {done.name: done.result for done in run_policies(database_url, NOW)}
    assert results["retention quarantine"] == "1 rows deleted"


def test_only_the_worker_may_forget(writer: Writer) -> None:
    writer.write([packet(100 * DAY, "stranger", level=0.5)])
    writer.connection.execute("SET ROLE sr_ingest")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        forget_quarantine(writer.connection)
    writer.connection.execute("SET ROLE sr_web")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.connection.execute("DELETE FROM sr.quarantine")
    assert forget_quarantine(writer.connection) == 1
    writer.connection.execute("RESET ROLE")
