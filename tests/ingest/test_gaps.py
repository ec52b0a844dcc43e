"""Gaps between frame counters: found whatever order and repetition the messages arrive in."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import reports
from ingest.decode import decode
from ingest.gaps import seen, told_counters
from ingest.profiles import shipped_profiles
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.gaps import Gap, find_gaps, list_gaps
from smartregion.store.database import connect

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
FIRST = first_receipt(NOW)
HOUR = dt.timedelta(hours=1)
START = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    with connect(database_url, autocommit=True) as connection:
        for name in ("bin-1", "bin-2"):
            connection.execute("INSERT INTO sr.device (name) VALUES (%s)", (name,))
        yield Writer(connection, Registry(shipped_profiles()))


def found(*counters: int) -> list[tuple[int, int]]:
    """Gaps of counters in the order of event time."""
    points = sorted(("bin-1", START + n * HOUR, counter) for n, counter in enumerate(counters))
    return [(gap.after, gap.before) for gap in find_gaps(points)]


def fill(seq: int, hour: float, **fields: Any) -> dict[str, Any]:
    return {"t": (START + hour * HOUR).isoformat(), "seq": seq, "level": 0.5, **fields}


def packet(number: int, content: Any, device: str = "bin-1") -> Packet:
    return Packet(FIRST + 1024 * number, f"sr/1/{device}/fill", json.dumps(content).encode())


def told(writer: Writer) -> list[tuple[str, int, int]]:
    return [(gap.device, gap.after, gap.before) for gap in list_gaps(writer.connection)]


@pytest.mark.parametrize(
    ("counters", "gaps"),
    [
        ((), []),
        ((5,), []),
        ((0, 1, 2, 3), []),
        ((0, 1, 4, 5, 9), [(1, 4), (5, 9)]),
        ((7, 7, 8), []),
        ((100, 101, 0, 1, 2), []),
        ((100, 103, 0, 2), [(100, 103), (0, 2)]),
        ((65535, 0, 1), []),
        ((100, 101, 50, 51), []),
        # Kept by the device and sent later: newer counters with older times.
        ((97, 101, 98, 99, 100, 102), []),
        ((97, 101, 99, 100, 102), [(97, 99)]),
    ],
)
def test_what_is_a_gap(counters: tuple[int, ...], gaps: list[tuple[int, int]]) -> None:
    assert found(*counters) == gaps


def test_a_gap_is_known_by_the_message_after_it() -> None:
    gap = Gap("bin-1", 3, 7, dt.datetime(2026, 11, 20, 10, 29, 59, tzinfo=dt.UTC))
    assert gap.lost == 3
    assert gap.quarter == dt.datetime(2026, 11, 20, 10, 15, tzinfo=dt.UTC)


def test_devices_do_not_mix() -> None:
    points = [("a", START, 1), ("a", START + HOUR, 2), ("b", START, 9), ("b", START + HOUR, 11)]
    assert [(gap.device, gap.lost) for gap in find_gaps(points)] == [("b", 1)]


def test_every_message_of_a_list_was_seen() -> None:
    content = [fill(seq, seq) for seq in (4, 5, 6)] + [{"t": "2026-11-20T09:00:00Z", "level": 0.5}]
    message = decode("sr/1/bin-1/fill", json.dumps(content).encode(), NOW)
    assert [point[1:] for point in seen("bin-1", message, first_receipt(NOW))] == [
        (START + seq * HOUR, seq) for seq in (4, 5, 6)
    ]
    assert told_counters(["no", {"seq": -1}, {"seq": 1}, {"seq": True, "t": 1}]) == []


def uplink(counter: int, hour: float, fields: dict[str, Any]) -> bytes:
    return json.dumps(
        {
            "end_device_ids": {"device_id": "bin-1", "application_ids": {"application_id": "a"}},
            "received_at": (START + hour * HOUR).isoformat(),
            "uplink_message": {"f_port": 1, "f_cnt": counter, "frm_payload": "AA=="} | fields,
        }
    ).encode()


@pytest.mark.parametrize("fields", [{"decoded_payload": {"temperature": 4.5}}, {}, {"frm_payload": ""}])
def test_what_arrived_was_seen_whether_it_could_be_read_or_not(fields: dict[str, Any]) -> None:
    message = decode("v3/a@t/devices/bin-1/up", uplink(9, 3, fields), NOW)
    assert (message.rejected is not None) == (fields == {})
    assert list(seen("bin-1", message, first_receipt(NOW))) == [("bin-1", START + 3 * HOUR, 9)]


def test_a_time_that_cannot_be_is_that_of_arrival() -> None:
    message = decode(
        "v3/a@t/devices/bin-1/up", uplink(9, 999, {"decoded_payload": {"temperature": 4.5}}), NOW
    )
    assert message.rejected is not None
    assert list(seen("bin-1", message, first_receipt(NOW))) == [("bin-1", NOW, 9)]


def test_quarantined_messages_and_duplicates_are_no_gap(writer: Writer) -> None:
    stored = [packet(1, fill(1, 1)), packet(3, fill(3, 3)), packet(4, fill(3, 3))]
    faulty = packet(2, {"t": (START + 2 * HOUR).isoformat(), "seq": 2, "level": "?"})
    kinds = [fate.kind for fate in writer.write([*stored, faulty])]
    assert kinds == ["stored", "stored", "duplicate", "quarantined"]
    assert told(writer) == []
    writer.write([packet(9, fill(9, 9))])
    assert told(writer) == [("bin-1", 3, 9)]
    assert list_gaps(writer.connection, since=START + 10 * HOUR) == []
    assert len(list_gaps(writer.connection, since=START + 9 * HOUR)) == 1
    writer.write([packet(10 + seq, fill(seq, seq)) for seq in (8, 4, 5, 6, 7)])
    assert told(writer) == []


def test_books_list_gaps_by_device_and_quarter(
    writer: Writer, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    writer.write([packet(n, fill(seq, seq / 10)) for n, seq in enumerate((1, 4, 6, 20))])
    writer.write([packet(8, fill(1, 1), "bin-2"), packet(9, fill(2, 2), "bin-2")])
    monkeypatch.setenv("SMARTREGION_DATABASE_URL", database_url)
    assert reports.books(None, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["gaps"] == [
        {"device": "bin-1", "quarter": "2026-11-20T00:15:00Z", "gaps": 1, "lost": 2, "counters": [[2, 3]]},
        {"device": "bin-1", "quarter": "2026-11-20T00:30:00Z", "gaps": 1, "lost": 1, "counters": [[5, 5]]},
        {"device": "bin-1", "quarter": "2026-11-20T02:00:00Z", "gaps": 1, "lost": 13, "counters": [[7, 19]]},
    ]
    assert reports.books(None, as_json=False) == 0
    assert "16 messages in 3 gaps of 1 devices never arrived" in capsys.readouterr().out


def test_faulty_fields_of_stored_messages_are_kept(writer: Writer) -> None:
    odd = fill(1, 1, battery_v="?")
    fates = writer.write([packet(1, odd), packet(2, odd), packet(3, {"t": 0, "level": "?"})])
    assert [fate.kind for fate in fates] == ["stored", "duplicate", "quarantined"]
    flags = writer.connection.execute("SELECT message, device, field, value FROM sr.message_flag").fetchall()
    assert flags == [(FIRST + 1024, "bin-1", "battery_v", "?")]


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Counters in the order of event time, an order of arrival with duplicates, sizes of batches."""
    count = draw(st.integers(1, 12))
    order = draw(st.permutations(range(count)))
    again = draw(st.lists(st.sampled_from(range(count)), max_size=5))
    counters = draw(st.lists(st.integers(0, 12), min_size=count, max_size=count))
    return counters, [*order, *again], draw(st.lists(st.integers(1, 5), min_size=18, max_size=18))


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(case=arrivals())
def test_any_order_and_any_duplication_give_the_same_gaps(
    writer: Writer, case: tuple[list[int], list[int], list[int]]
) -> None:
    counters, order, sizes = case
    contents = [fill(counter, hour) for hour, counter in enumerate(counters)]
    writer.connection.execute("TRUNCATE sr.counter_seen, sr.reading, sr.message_note, sr.book, sr.conflict")
    number = 0
    left = list(order)
    for size in sizes:
        batch, left = left[:size], left[size:]
        packets = [packet(number + n, contents[index]) for n, index in enumerate(batch)]
        number += len(batch)
        if packets:
            writer.write(packets)
    assert not left
    assert told(writer) == [("bin-1", after, before) for after, before in found(*counters)]
