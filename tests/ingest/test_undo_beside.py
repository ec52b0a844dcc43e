"""An adoption is taken back while its device sends: nothing is lost or belongs to nobody, books balance."""

import datetime as dt
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import UNREGISTERED, Fate, Packet, Writer
from smartregion.books import recount
from smartregion.registry.devices import adopt
from smartregion.registry.importer import undo
from smartregion.store.database import Connection, connect

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
FIRST = first_receipt(NOW)
_PATIENCE_S = 30
_COUNT = itertools.count(1)
_MESSAGES = {
    "fill": {"t": "2026-11-21T10:00:00Z", "level": 0.5},
    "traffic": {"t": "2026-11-21T10:00:00Z", "lane": 1, "interval_s": 900, "counts": {"Kfz": 7}},
    "vehicle": {"t": "2026-11-21T10:00:00Z", "lon": 13.9, "lat": 51.6, "speed_mps": 8},
}
"""One that makes a series, and two whose tables know devices only by number."""


@pytest.fixture
def db(database_url: str) -> Iterator[Connection]:
    with connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    """As in ingest: a connection of its own and what it remembers of the registry."""
    with connect(database_url, autocommit=True) as connection:
        yield Writer(connection, Registry({}))


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _packet(kind: str, content: object = None) -> Packet:
    payload = json.dumps(_MESSAGES[kind] if content is None else content).encode()
    return Packet(FIRST + 1024 * next(_COUNT), f"sr/1/sends-{kind}/{kind}", payload)


def _adopted(db: Connection, writer: Writer, kind: str) -> int:
    """Number of the adoption of a device without data that the writer knows."""
    writer.write([_packet(kind, {"t": "once"})])
    adopted = adopt(db, f"sends-{kind}", NOW)
    writer.write([_packet(kind, {"t": "once more"})])
    return adopted.number


def _until_it_waits(db: Connection, work: "Future[Any]") -> None:
    """Until a session waits for a lock of another, or the work ended without waiting."""
    end = time.monotonic() + _PATIENCE_S
    while not work.done():
        (waiting,) = db.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchall()
        if waiting[0]:
            return
        assert time.monotonic() < end, "nobody waits"
        time.sleep(0.01)


def _assert_balanced(db: Connection) -> None:
    assert [line for line in recount(db, None) if not line.balanced] == []


def test_an_undo_waits_for_rows_that_are_being_written(
    db: Connection, writer: Writer, database_url: str, beside: ThreadPoolExecutor
) -> None:
    with connect(database_url, autocommit=True) as other:
        for kind in _MESSAGES:
            number = _adopted(db, writer, kind)
            with writer.connection.transaction():
                assert [fate.kind for fate in writer.write([_packet(kind)])] == ["stored"]
                taken_back: Future[object] = beside.submit(undo, other, number, NOW)
                _until_it_waits(db, taken_back)
            assert taken_back.result(_PATIENCE_S) == {"device": (1, 0)}, kind
    kept = db.execute("SELECT name FROM sr.device WHERE removed_at IS NOT NULL ORDER BY id").fetchall()
    assert kept == [(f"sends-{kind}",) for kind in _MESSAGES]
    _assert_balanced(db)


def test_messages_wait_for_an_undo_and_then_in_quarantine(
    db: Connection, writer: Writer, database_url: str, beside: ThreadPoolExecutor
) -> None:
    with connect(database_url, autocommit=True) as other:
        for kind in _MESSAGES:
            number = _adopted(db, writer, kind)
            with other.transaction():
                assert undo(other, number, NOW) == {"device": (1, 0)}
                written: Future[list[Fate]] = beside.submit(writer.write, [_packet(kind)])
                _until_it_waits(db, written)
            _assert_strangers(written.result(_PATIENCE_S), kind)
    _assert_balanced(db)


def test_who_was_taken_back_is_a_stranger_at_once_and_may_come_again(db: Connection, writer: Writer) -> None:
    for kind in _MESSAGES:
        undo(db, _adopted(db, writer, kind), NOW)
        _assert_strangers(writer.write([_packet(kind)]), kind)
        adopt(db, f"sends-{kind}", NOW)
        assert [fate.kind for fate in writer.write([_packet(kind)])] == ["stored"]
    _assert_balanced(db)


def test_an_undo_gives_up_when_others_take_too_long(
    db: Connection, writer: Writer, database_url: str
) -> None:
    number = _adopted(db, writer, "traffic")
    with connect(database_url, autocommit=True) as other, writer.connection.transaction():
        writer.write([_packet("traffic")])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            undo(other, number, NOW, patience_s=0.05)
    assert db.execute("SELECT count(*) FROM sr.device WHERE removed_at IS NULL").fetchall() == [(1,)]
    assert undo(db, number, NOW) == {"device": (1, 0)}


def _assert_strangers(fates: list[Fate], kind: str) -> None:
    (fate,) = fates
    assert fate.problem is not None, kind
    assert (fate.device, fate.kind, fate.problem.expected) == (f"sends-{kind}", "quarantined", UNREGISTERED)
