"""Quarantine replay: after a fix the tables and books are as if the messages had been right at once."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.profiles import FieldRule, Profile
from ingest.quarantine import RequestedReplays, groups, replay, show
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.books import recount
from smartregion.errors import NotFound
from smartregion.store.database import Connection, connect

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
FIRST = first_receipt(NOW)
EUI = "0102030405060708"
TOPIC = f"application/a/device/{EUI}/event/up"
PROFILE = Profile(
    "odd-metres", "A sensor that sends metres", fields={"distance": FieldRule("distance", unit="m")}
)


@pytest.fixture
def db(database_url: str) -> Iterator[Connection]:
    with connect(database_url, autocommit=True) as connection:
        yield connection


def uplink(number: int, distance: float, minute: int = 0) -> Packet:
    content = {
        "deviceInfo": {"devEui": EUI},
        "time": f"2026-11-21T10:{minute:02}:00Z",
        "rxInfo": [],
        "data": "AQ==",
        "object": {"distance": distance},
    }
    return Packet(FIRST + 1024 * number, TOPIC, json.dumps(content).encode())


def register(db: Connection, profile: str | None = None) -> None:
    db.execute("INSERT INTO sr.device (name, profile) VALUES (%s, %s)", (EUI.upper(), profile))


def state(db: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All tables of ingest, with receipts."""
    queries = {
        "reading": "SELECT q.key, r.time, r.value, r.message FROM sr.reading r"
        " JOIN sr.series e ON e.id = r.series JOIN sr.quantity q ON q.id = e.quantity ORDER BY 1, 2",
        "latest": "SELECT item, time, value, message FROM sr.latest ORDER BY 1",
        "notes": "SELECT * FROM sr.message_note ORDER BY 1",
        "conflicts": "SELECT field, time, value, message FROM sr.conflict ORDER BY 1, 2, 3",
        "books": "SELECT * FROM sr.book WHERE received <> 0 ORDER BY 1, 2",
        "open": "SELECT message FROM sr.quarantine WHERE resolved_at IS NULL ORDER BY 1",
    }
    return {name: db.execute(query).fetchall() for name, query in queries.items()}


def assert_balanced(db: Connection) -> None:
    assert [line for line in recount(db, None) if not line.balanced] == []


def test_replay_after_registration_and_profile_is_as_if_right_at_once(db: Connection) -> None:
    packets = [uplink(1, 1.25), uplink(2, 1.25), uplink(3, 1.5), uplink(4, 1.75, minute=5)]
    late = Writer(db, Registry({}))
    assert [fate.kind for fate in late.write(packets)] == ["quarantined"] * 4
    register(db, "odd-metres")
    tally = replay(Writer(db, Registry({"odd-metres": PROFILE})))
    assert dataclasses.astuple(tally) == (4, 3, 1, 0, 4)
    assert_balanced(db)
    replayed = state(db)

    db.execute("TRUNCATE sr.reading, sr.latest, sr.message_note, sr.conflict, sr.book, sr.quarantine")
    Writer(db, Registry({"odd-metres": PROFILE})).write(packets)
    assert replayed == state(db)
    assert [row[:1] for row in replayed["books"]] == [(EUI.upper(),)]


def test_what_stays_says_its_present_reason(db: Connection) -> None:
    writer = Writer(db, Registry({}))
    writer.write([uplink(1, 1.25)])
    register(db)
    tally = replay(writer)
    assert (tally.stored, tally.quarantined) == (0, 1)
    (group,) = groups(db, 10)
    assert (group.field, group.device) == ("distance", EUI.upper())
    assert show(db, group.last_message).payload == uplink(1, 1.25).payload
    assert_balanced(db)


@pytest.mark.parametrize("reason", ["device", "a registered device", "device: expected a registered device"])
def test_only_the_reason_asked_for(db: Connection, reason: str) -> None:
    writer = Writer(db, Registry({}))
    writer.write([uplink(1, 1250), Packet(FIRST + 2048, TOPIC, b"nonsense")])
    register(db)
    assert dataclasses.astuple(replay(writer, reason))[:4] == (1, 1, 0, 0)
    assert len(state(db)["open"]) == 1
    assert_balanced(db)


def test_requests_of_pages_are_answered_in_steps(db: Connection) -> None:
    writer = Writer(db, Registry({}))
    writer.write([uplink(number, 1000 + number, minute=number) for number in range(3)])
    register(db)
    db.execute("INSERT INTO sr.replay_request (reason, device) VALUES (NULL, %s)", (EUI,))
    requests = RequestedReplays(writer)
    told = [requests.step(NOW) for _ in range(3)]
    assert told[:1] == [None]
    assert [text for text in told if text] == ["replay 1: 3 messages became rows, 0 stay in quarantine"]
    row = db.execute("SELECT done_at, replayed, remaining FROM sr.replay_request").fetchone()
    assert row == (NOW, 3, 0)


def test_show_of_nothing(db: Connection) -> None:
    with pytest.raises(NotFound, match="quarantine 5: no such message"):
        show(db, 5)


def test_retention_of_tracks_keeps_the_books_balanced(db: Connection) -> None:
    register(db)
    content = {"t": "2026-11-01T10:00:00Z", "lon": 13.9, "lat": 51.8, "speed_mps": 9}
    packet = Packet(FIRST, f"sr/1/{EUI}/vehicle", json.dumps(content).encode())
    Writer(db, Registry({})).write([packet])
    db.execute("SELECT sr.forget_tracks('2026-11-10')")
    assert db.execute("SELECT count(*) FROM sr.track").fetchone() == (0,)
    assert_balanced(db)
