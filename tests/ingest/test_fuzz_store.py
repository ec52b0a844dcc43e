"""An odd message between good ones: whatever it is, its neighbours are stored, it is kept, the books
balance."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.profiles import shipped_profiles
from ingest.quarantine import replay
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.books import recount
from smartregion.store.database import connect
from tests.support.odd import ODD, TEMPLATES, as_json, odd_messages

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
FIRST = first_receipt(NOW)


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    with connect(database_url, autocommit=True) as connection:
        for name in ("good-1", "good-2", "d", "0102030405060708", "urn:dev:ow:1", "?"):
            connection.execute("INSERT INTO sr.device (name) VALUES (%s)", (name,))
        yield Writer(connection, Registry(shipped_profiles()))


class Batches:
    """Batches of an odd message between two good ones, each with receipts and times of its own."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        row = writer.connection.execute("SELECT coalesce(sum(received), 0)::int FROM sr.book").fetchone()
        self._number = row[0] if row else 0

    def write(self, *odd: tuple[str, bytes]) -> None:
        """Neighbours must be stored, the odd ones stored or kept in quarantine."""
        start, numbers = self._number, range(self._number, self._number + len(odd) + 2)
        self._number = numbers.stop
        good = [(f"sr/1/good-{n}/fill", as_json({"t": _time(start), "level": 0.5})) for n in (1, 2)]
        messages = [good[0], *odd, good[1]]
        packets = [Packet(FIRST + 1024 * n, *message) for n, message in zip(numbers, messages, strict=True)]
        fates = self._writer.write(packets)
        assert [fates[0].kind, fates[-1].kind] == ["stored", "stored"]
        kept = {fate.kind for fate in fates}
        assert kept <= {"stored", "duplicate", "quarantined"}
        # Decoders refuse first, for a reason of the message.
        assert not [f.problem for f in fates if f.problem and f.problem.field in ("database", "decoder")]


def _time(number: int) -> str:
    return (NOW - dt.timedelta(seconds=number)).isoformat()


def assert_balanced(writer: Writer) -> None:
    assert [line for line in recount(writer.connection, None) if not line.balanced] == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(odd_messages(), min_size=1, max_size=4))
def test_odd_messages_harm_no_neighbour(writer: Writer, odd: list[tuple[str, bytes]]) -> None:
    Batches(writer).write(*odd)
    assert_balanced(writer)


@pytest.mark.parametrize(("topic", "content"), TEMPLATES)
def test_an_odd_value_in_every_field(writer: Writer, topic: str, content: Any) -> None:
    batches = Batches(writer)
    fields = content if isinstance(content, dict) else content[0]
    for name in fields:
        odds = [fields | {name: value} for value in ODD]
        whole = odds if fields is content else [[odd, *content[1:]] for odd in odds]
        batches.write(*((topic, as_json(one)) for one in whole))
    assert_balanced(writer)


ODD_TOPICS = (
    "sr/1/" + "d" * 60_000 + "/fill", "v3/a@t/devices/" + "d" * 60_000 + "/up", "sr/1/d/" + "k" * 60_000,
    "application/a/device/" + "e" * 5000 + "/event/up", "sr/1/ü\u00a0/fill", "sr/1/d\x7f/fill", "x" * 65_535,
    "v3//devices//up", "sr/1/?/fill",
)  # fmt: skip
ODD_PAYLOADS = (
    b"", b"\0", b"\xff" * 1000, b"[" * 1_000_000, b"x" * 10_000_000,
    b'{"t":"2026-11-21T10:00:00Z","a\\u0000":1}',
    as_json({"t": "2026-11-21T10:00:00Z"} | {"k" * n: 1 for n in range(1, 400)}),
    as_json({"t": "2026-11-21T10:00:00Z"} | {f"key {n}": n for n in range(1999)}),
    as_json([{"t": "2026-11-21T10:00:00Z", "level": 0.1, "x": n} for n in range(10_000)]),
    as_json({"t": "2026-11-21T10:00:00Z", "level": 0.1, "seq": 2**63}),
    as_json({"t": "2026-11-21T10:00:00Z", "level": 0.1} | {f"bad{n}": "x" * 500 for n in range(500)}),
    as_json({"t": "2026-11-21T10:00:00Z", "level": 0.1} | {f"temp{n}": "No" for n in range(300)}),
)  # fmt: skip


def test_odd_topics_and_large_payloads(writer: Writer) -> None:
    batches = Batches(writer)
    batches.write(*((topic, payload) for topic in ODD_TOPICS for payload in (b"", ODD_PAYLOADS[5])))
    for payload in ODD_PAYLOADS:
        batches.write(("sr/1/d/fill", payload))
    assert_balanced(writer)


@pytest.mark.parametrize("together", [True, False])
def test_one_device_cannot_use_up_all_names(writer: Writer, together: bool) -> None:
    """Numbers in the names of fields: its messages wait from some point on, others still bring new names."""
    packets = []
    for number in range(5):
        odd = {"t": "2026-11-21T10:00:00Z"} | {f"at {number} {n}": n for n in range(1000)}
        good = {"t": _time(number), f"new {number}": 1}
        packets += [
            Packet(FIRST + 1024 * (2 * number), "sr/1/d/status", as_json(odd)),
            Packet(FIRST + 1024 * (2 * number + 1), "sr/1/good-1/status", as_json(good)),
        ]
    size = len(packets) if together else 2
    batches = [packets[start : start + size] for start in range(0, len(packets), size)]
    kinds = [fate.kind for batch in batches for fate in writer.write(batch)]
    assert kinds == ["stored", "stored"] * 4 + ["quarantined", "stored"]
    told = writer.connection.execute("SELECT value FROM sr.quarantine").fetchall()
    assert told == [("5000 series of one device: at most 4000",)]
    assert_balanced(writer)


def test_replay_of_odd_messages_ends(writer: Writer) -> None:
    """Still unreadable after a replay, and still balanced."""
    Batches(writer).write(
        *((topic, json.dumps(value).encode()) for topic, _ in TEMPLATES for value in ODD[:12])
    )
    before = writer.connection.execute("SELECT count(*) FROM sr.quarantine").fetchone()
    tally = replay(writer)
    assert (tally.quarantined,) == before
    assert_balanced(writer)
