"""The writer on a real database: any order and any duplication give the same tables, books balance."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.profiles import shipped_profiles
from ingest.quarantine import RequestedReplays
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.books import recount
from smartregion.store.database import Connection, connect
from smartregion.store.queries import load

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
FIRST = first_receipt(NOW)
DATA = (
    "reading",
    "lane_interval",
    "track",
    "conflict",
    "latest",
    "message_note",
    "quarantine",
    "book",
    "series",
)


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    with connect(database_url, autocommit=True) as connection:
        for name in ("bin-1", "bin-2", "lane-1", "car-1", "0102030405060708"):
            connection.execute("INSERT INTO sr.device (name) VALUES (%s)", (name,))
        yield Writer(connection, Registry(shipped_profiles()))


def packet(number: int, topic: str, content: Any) -> Packet:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Packet(FIRST + 1024 * number, topic, payload)


def fill(number: int, device: str, t: str, **fields: Any) -> Packet:
    return packet(number, f"sr/1/{device}/fill", {"t": t, **fields})


def clean(connection: Connection) -> None:
    connection.execute(f"TRUNCATE {', '.join('sr.' + table for table in DATA)} CASCADE")


def tables(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that must not depend on the order of arrival."""
    queries = {
        "reading": "SELECT e.device, q.key, r.time, r.value FROM sr.reading r"
        " JOIN sr.series e ON e.id = r.series JOIN sr.quantity q ON q.id = e.quantity ORDER BY 1, 2, 3",
        "lane": "SELECT device, lane, time, interval_s, completeness, speed_kmh, pkw, lkw, kfz"
        " FROM sr.lane_interval ORDER BY 1, 2, 3",
        "track": "SELECT device, time, lon, lat, speed_mps, az_rms_mps2, surface_temp_c"
        " FROM sr.track ORDER BY 1, 2",
        "conflict": "SELECT device, field, time, value FROM sr.conflict ORDER BY 1, 2, 3, 4",
        "latest": "SELECT device, item, time, value, lon, lat FROM sr.latest ORDER BY 1, 2",
        "quarantine": "SELECT device, topic, payload, field FROM sr.quarantine ORDER BY 1, 2, 3",
    }
    return {name: connection.execute(query).fetchall() for name, query in queries.items()}


def kinds(writer: Writer, packets: Sequence[Packet]) -> list[str]:
    return [fate.kind for fate in writer.write(packets)]


def assert_balanced(connection: Connection) -> None:
    wrong = [line for line in recount(connection, None) if not line.balanced]
    assert wrong == []


def test_new_rows_and_their_duplicate(writer: Writer) -> None:
    first = fill(1, "bin-1", "2026-11-21T10:00:00Z", level=0.4, battery_v=3.6)
    again = fill(2, "bin-1", "2026-11-21T10:00:00Z", level=0.4, battery_v=3.6)
    assert kinds(writer, [first]) == ["stored"]
    assert kinds(writer, [again]) == ["duplicate"]
    assert [row[3] for row in tables(writer.connection)["reading"]] == [3.6, 0.4]
    assert_balanced(writer.connection)


def test_duplicate_inside_a_batch(writer: Writer) -> None:
    batch = [fill(number, "bin-1", "2026-11-21T10:00:00Z", level=0.4) for number in range(3)]
    assert kinds(writer, batch) == ["stored", "duplicate", "duplicate"]
    assert_balanced(writer.connection)


@pytest.mark.parametrize("order", [(0.4, 0.6, 0.5), (0.6, 0.5, 0.4), (0.5, 0.4, 0.6)])
@pytest.mark.parametrize("together", [True, False])
def test_of_two_values_the_greater_is_kept(writer: Writer, order: tuple[float, ...], together: bool) -> None:
    batch = [fill(n, "bin-1", "2026-11-21T10:00:00Z", level=value) for n, value in enumerate(order)]
    found = kinds(writer, batch) if together else [kinds(writer, [one])[0] for one in batch]
    assert found == ["stored"] * 3
    state = tables(writer.connection)
    assert [row[3] for row in state["reading"]] == [0.6]
    assert [row[3] for row in state["conflict"]] == [0.4, 0.5]
    assert [row[3] for row in state["latest"]] == [0.6]
    assert_balanced(writer.connection)


def test_replaced_value_that_lost_before_keeps_the_books_balanced(writer: Writer) -> None:
    """A batch holds the stored value again and a greater one: the stored message must stay visible."""
    assert kinds(writer, [fill(5, "bin-1", "2026-11-21T10:00:00Z", level=0.5)]) == ["stored"]
    older = [fill(n, "bin-1", "2026-11-21T10:00:00Z", level=level) for n, level in ((1, 0.5), (2, 0.6))]
    assert kinds(writer, older) == ["duplicate", "stored"]
    assert_balanced(writer.connection)


def test_wide_rows_merge_field_by_field(writer: Writer) -> None:
    car = "sr/1/car-1/"
    batch = [
        packet(1, car + "vehicle", {"t": "2026-11-21T10:00:00Z", "lon": 13.9, "lat": 51.8, "speed_mps": 9.1}),
        packet(
            2, car + "road", {"t": "2026-11-21T10:00:00Z", "lon": 13.9, "lat": 51.8, "surface_temp_c": -1.5}
        ),
        packet(3, car + "vehicle", {"t": "2026-11-21T10:00:00Z", "lon": 13.8, "lat": 51.9, "speed_mps": 9.1}),
    ]
    assert kinds(writer, batch[:1]) == ["stored"]
    assert kinds(writer, batch[1:]) == ["stored", "stored"]
    state = tables(writer.connection)
    assert [row[2:] for row in state["track"]] == [(13.9, 51.8, pytest.approx(9.1), None, -1.5)]
    assert [row[1::2] for row in state["conflict"]] == [("track lat", 51.9), ("track lon", 13.8)]
    assert kinds(writer, [packet(9, p.topic, p.payload) for p in batch[:1]]) == ["duplicate"]
    notes = writer.connection.execute("SELECT kind, count(*) FROM sr.message_note GROUP BY 1 ORDER BY 1")
    assert notes.fetchall() == [("duplicate", 1), ("merged", 1)]
    assert_balanced(writer.connection)


def test_single_precision_is_no_conflict(writer: Writer) -> None:
    content = {
        "t": "2026-11-21T10:00:00Z",
        "lane": 1,
        "interval_s": 900,
        "counts": {"Kfz": 7},
        "speed_kmh": 61.2,
    }
    both = [packet(number, "sr/1/lane-1/traffic", content) for number in (1, 2)]
    assert [kinds(writer, [one])[0] for one in both] == ["stored", "duplicate"]
    assert tables(writer.connection)["conflict"] == []


def test_unregistered_device_waits_in_quarantine(writer: Writer) -> None:
    assert kinds(writer, [fill(1, "nobody", "2026-11-21T10:00:00Z", level=0.4)]) == ["quarantined"]
    row = writer.connection.execute("SELECT device, field, expected FROM sr.quarantine").fetchone()
    assert row == ("nobody", "device", "a registered device")
    assert_balanced(writer.connection)


def test_one_bad_message_harms_no_neighbour(writer: Writer) -> None:
    batch = [
        fill(1, "bin-1", "2026-11-21T10:00:00Z", level=0.4),
        packet(2, "sr/1/bin-1/fill", b"[" * 2000),
        packet(3, "sr/1/bin-1/fill", b"\x00\xff"),
        fill(4, "bin-2", "2026-11-21T10:00:00Z", level=0.5),
    ]
    assert kinds(writer, batch) == ["stored", "quarantined", "quarantined", "stored"]
    assert_balanced(writer.connection)


def test_what_the_database_refuses_goes_to_quarantine_alone(writer: Writer) -> None:
    writer.connection.execute("ALTER TABLE sr.reading ADD CONSTRAINT odd CHECK (value <> 0.13)")
    batch = [fill(n, "bin-1", f"2026-11-21T10:{n:02}:00Z", level=n / 100) for n in range(10, 20)]
    found = kinds(writer, batch)
    assert found.count("stored") == 9
    assert found[3] == "quarantined"
    reason = writer.connection.execute("SELECT field, value FROM sr.quarantine").fetchone()
    assert reason is not None
    assert reason[0] == "database"
    assert "odd" in reason[1]
    assert_balanced(writer.connection)


def test_events_without_readings_are_stored(writer: Writer) -> None:
    join = {"deviceInfo": {"devEui": "0102030405060708"}, "time": "2026-11-21T10:00:00Z", "devAddr": "00"}
    topic = "application/a/device/0102030405060708/event/join"
    assert kinds(writer, [packet(1, topic, join)]) == ["stored"]
    assert_balanced(writer.connection)


def test_registration_is_seen_at_the_next_message(writer: Writer) -> None:
    assert kinds(writer, [fill(1, "bin-9", "2026-11-21T10:00:00Z", level=0.4)]) == ["quarantined"]
    writer.connection.execute("INSERT INTO sr.device (name) VALUES ('bin-9')")
    assert kinds(writer, [fill(2, "bin-9", "2026-11-21T11:00:00Z", level=0.4)]) == ["stored"]


_TIMES = st.sampled_from([f"2026-11-21T1{hour}:00:00Z" for hour in range(3)])
_FILLS = st.builds(
    lambda device, t, level, battery: (f"sr/1/{device}/fill", {"t": t, "level": level, "battery_v": battery}),
    st.sampled_from(["bin-1", "bin-2", "nobody"]),
    _TIMES,
    st.sampled_from([0.1, 0.2, 0.3, "full"]),
    st.sampled_from([3.5, 3.6, None]),
)
_LANES = st.builds(
    lambda t, counts, speed: (
        "sr/1/lane-1/traffic",
        {"t": t, "lane": 1, "interval_s": 900, "counts": counts, "speed_kmh": speed},
    ),
    _TIMES,
    st.dictionaries(st.sampled_from(["Pkw", "Lkw", "Kfz"]), st.integers(0, 3), min_size=1),
    st.sampled_from([None, 50.1, 60.2]),
)
_TRACKS = st.builds(
    lambda t, lon, lat, speed: (
        "sr/1/car-1/vehicle",
        {"t": t, "lon": lon, "lat": lat, "speed_mps": speed},
    ),
    _TIMES,
    st.sampled_from([13.1, 13.2]),
    st.sampled_from([51.1, 51.2]),
    st.sampled_from([1.1, 2.2]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(_FILLS, _LANES, _TRACKS), min_size=1, max_size=12), st.data())
def test_any_order_and_duplication_give_the_same_tables(
    writer: Writer, messages: list[tuple[str, Any]], data: st.DataObject
) -> None:
    clean(writer.connection)
    writer.registry = Registry(shipped_profiles())
    writer.write([packet(number, *message) for number, message in enumerate(messages)])
    expected = tables(writer.connection)
    assert_balanced(writer.connection)

    clean(writer.connection)
    writer.registry = Registry(shipped_profiles())
    shuffled = data.draw(st.permutations([*messages, *messages]))
    packets = [packet(number, *message) for number, message in enumerate(shuffled)]
    while packets:
        size = data.draw(st.integers(1, len(packets)))
        writer.write(packets[:size])
        packets = packets[size:]
    found = tables(writer.connection)
    found["quarantine"] = sorted(set(found["quarantine"]))
    expected["quarantine"] = sorted(set(expected["quarantine"]))
    assert found == expected
    assert_balanced(writer.connection)


def test_database_faults_are_not_blamed_on_a_packet(writer: Writer) -> None:
    writer.connection.execute("ALTER TABLE sr.book RENAME TO book_away")
    with pytest.raises(psycopg.errors.UndefinedTable):
        writer.write([fill(1, "bin-1", "2026-11-21T10:00:00Z", level=0.4)])
    writer.connection.execute("ALTER TABLE sr.book_away RENAME TO book")
    assert kinds(writer, [fill(1, "bin-1", "2026-11-21T10:00:00Z", level=0.4)]) == ["stored"]


def test_the_rights_of_the_ingest_role_suffice(database_url: str) -> None:
    with connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO sr.device (name) VALUES ('bin-1')")
        connection.execute("INSERT INTO sr.replay_request (device) VALUES (NULL)")
        connection.execute("SET ROLE sr_ingest")
        writer = Writer(connection, Registry({}))
        connection.execute(load("ingest")["greatest_receipt"])
        batch = [
            fill(1, "bin-1", "2026-11-21T10:00:00Z", level=0.4, odd=1),
            fill(2, "bin-1", "2026-11-21T10:00:00Z", level=0.5),
            fill(3, "bin-2", "2026-11-21T10:00:00Z", level=0.5),
            packet(4, "sr/1/bin-1/vehicle", {"t": "2026-11-21T10:00:00Z", "lon": 13.9, "lat": 51.8}),
        ]
        assert kinds(writer, batch) == ["stored", "stored", "quarantined", "stored"]
        assert kinds(writer, [fill(9, "bin-1", "2026-11-21T10:00:00Z", level=0.6)]) == ["stored"]
        requests = RequestedReplays(writer)
        while requests.step(NOW) is None:
            pass
        assert_balanced(connection)
