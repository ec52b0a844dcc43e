"""Exactly one effect: whatever the order, the repetition, the delay and the cuts between batches and workers,
the same messages leave the same tables, rollups included; so does a replay after a fix."""

import base64
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Identifier

from ingest.books import event_days
from ingest.profiles import shipped_profiles
from ingest.quarantine import replay
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.books import recount
from smartregion.gaps import list_gaps
from smartregion.store.database import Connection, connect
from smartregion.store.rollups import refresh

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
LATE = dt.timedelta(weeks=6)
ZONE = "Europe/Berlin"
DEVICES = ("bin-1", "lane-1", "meter-1", "car-1", "0102030405060708")
EFFECTS = ("lane_interval", "track", "conflict", "latest", "count_rollup", "level_rollup", "energy_rollup")
"""Tables that must not tell in what order messages came; `reading` is read with the names of its series."""
ARRIVALS = ("book", "message_note", "message_flag")
"""Tables about the messages themselves."""
MARKS = ("counter_seen", "rollup_mark", "rollup_object_mark", "track_mark", "quarantine", "reading", "series")


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A registry in which each device measures for an object, so that there are rollups."""
    with connect(database_url, autocommit=True) as opened:
        opened.execute("INSERT INTO sr.site (id, name, lon, lat) VALUES ('S1', 'Markt', 13.9, 51.7)")
        opened.execute(
            "INSERT INTO sr.container (id, site, fraction, volume_l) VALUES ('C1', 'S1', 'paper', 3000)"
        )
        opened.execute(
            "INSERT INTO sr.station (id, name, lon, lat, class_scheme) VALUES ('Z1', 'B 96', 13.9, 51.7, '2')"
        )
        opened.execute("INSERT INTO sr.lane VALUES ('Z1', 1, 'Nord'), ('Z1', 2, 'Süd')")
        opened.execute("INSERT INTO sr.building (id, name, lon, lat) VALUES ('B1', 'Schule', 13.9, 51.7)")
        yield opened


def register(connection: Connection, names: Sequence[str]) -> None:
    places = {"bin-1": ("container", "C1"), "lane-1": ("station", "Z1"), "meter-1": ("building", "B1")}
    for name in names:
        connection.execute("INSERT INTO sr.device (name) VALUES (%s)", (name,))
        if name in places:
            connection.execute(
                "INSERT INTO sr.mounting (device, object_kind, object, empty_distance_m, full_distance_m)"
                " SELECT id, %s, %s, 1.8, 0.2 FROM sr.device WHERE name = %s",
                (*places[name], name),
            )


def begin(connection: Connection, names: Sequence[str] = DEVICES) -> None:
    """No messages, and these devices, with the same numbers every time."""
    with connection.transaction():
        for name in (*EFFECTS, *ARRIVALS, *MARKS, "mounting", "device"):
            connection.execute(SQL("DELETE FROM {}").format(Identifier("sr", name)))
        connection.execute("ALTER SEQUENCE sr.device_id_seq RESTART")
        register(connection, names)


_ROWS = SQL("SELECT (to_jsonb(t) - %s::text[])::text FROM sr.{} t ORDER BY 1")
_READINGS = SQL(
    "SELECT s.device, q.key, q.unit, r.time, r.value, CASE WHEN %s THEN r.message END FROM sr.reading r"
    " JOIN sr.series s ON s.id = r.series JOIN sr.quantity q ON q.id = s.quantity ORDER BY 1, 2, 4"
)


def whole(connection: Connection, tables: Sequence[str], messages: bool) -> dict[str, list[tuple[Any, ...]]]:
    """Every column of tables, with or without the messages that own the rows; readings by name."""
    dropped = [] if messages else ["message"]
    found = {
        name: connection.execute(_ROWS.format(Identifier(name)), [dropped]).fetchall() for name in tables
    }
    return found | {"reading": connection.execute(_READINGS, [messages]).fetchall()}


def effects(connection: Connection) -> dict[str, Any]:
    """All that must be the same: whole tables, what is open in quarantine, gaps, rows by device and day."""
    refresh(connection, NOW, ZONE)
    quarantine = connection.execute(
        "SELECT DISTINCT device, topic, payload, field, value, expected FROM sr.quarantine"
        " WHERE resolved_at IS NULL ORDER BY 1, 2, 3"
    ).fetchall()
    return {
        **whole(connection, EFFECTS, messages=False),
        "quarantine": quarantine,
        "gaps": sorted((gap.device, gap.after, gap.before, gap.time) for gap in list_gaps(connection)),
        "totals": sorted(
            (day.device, day.day, day.readings, day.lane_intervals, day.track_points)
            for day in event_days(connection, None)
        ),
    }


def stored(connection: Connection) -> list[tuple[Any, ...]]:
    """Stored packets by device, from the books."""
    assert [line for line in recount(connection, None) if not line.balanced] == []
    return connection.execute("SELECT device, sum(stored)::int FROM sr.book GROUP BY 1 ORDER BY 1").fetchall()


def uplink(counter: int, decoded: dict[str, Any], time: str) -> tuple[str, dict[str, Any]]:
    content = {
        "deviceInfo": {"devEui": "0102030405060708", "applicationId": "a"},
        "time": time,
        "rxInfo": [],
        "fCnt": counter,
        "fPort": 2,
        "data": "AQ==",
        "object": decoded,
    }
    return "application/a/device/0102030405060708/event/up", content


def at(minutes: int) -> str:
    """A time within the two days of which the hours may be doubled in Berlin."""
    return (dt.datetime(2026, 10, 24, 20, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)).isoformat()


_MINUTES = st.sampled_from([0, 15, 30, 60, 180, 195, 240, 300, 1500])
_VALUES = st.sampled_from([-0.0, 0.0, 0.1, 0.25, 1.0])
MESSAGES = st.one_of(
    st.builds(
        lambda m, v, n: ("sr/1/bin-1/fill", {"t": at(m), "distance_m": v, "battery_v": 3.6, "seq": n}),
        _MINUTES,
        _VALUES,
        st.integers(0, 9),
    ),
    st.builds(lambda m, v: ("sr/1/bin-1/fill", {"t": at(m), "level": v, "own": -v}), _MINUTES, _VALUES),
    st.builds(
        lambda m, lane, pkw, lkw, speed, share: (
            "sr/1/lane-1/traffic",
            {
                "t": at(m),
                "lane": lane,
                "interval_s": 900,
                "counts": {"PkwAehnlich": pkw} | lkw,
                "speed_kmh": speed,
                "completeness": share,
            },
        ),
        _MINUTES,
        st.integers(1, 2),
        st.integers(0, 3),
        st.sampled_from([{}, {"LkwAehnlich": 1}, {"LkwAehnlich": 2}]),
        st.sampled_from([None, 50.1, 60.2]),
        st.sampled_from([None, 0.5, 1.0]),
    ),
    st.builds(
        lambda m, v: ("sr/1/meter-1/energy", {"t": at(m), "meter_kwh": v}),
        _MINUTES,
        st.sampled_from([10.0, 11.5, 12.25]),
    ),
    st.builds(
        lambda m, kind, lon, speed: (
            f"sr/1/car-1/{kind}",
            {"t": at(m), "lon": lon, "lat": 51.1, "surface_temp_c" if kind == "road" else "speed_mps": speed},
        ),
        _MINUTES,
        st.sampled_from(["road", "vehicle"]),
        st.sampled_from([13.1, 13.2]),
        st.sampled_from([1.1, 2.2]),
    ),
    st.builds(
        lambda n, m, v: uplink(n, {"distance_mm": v, "door": "open"}, at(m)),
        st.integers(0, 5),
        _MINUTES,
        st.sampled_from([200, 900]),
    ),
    st.builds(lambda m: ("sr/1/bin-1/fill", {"t": at(m), "level": "full"}), _MINUTES),
    st.builds(lambda m: ("sr/1/nobody/fill", {"t": at(m), "level": 0.5}), _MINUTES),
    st.just(
        (
            "sr/1/bin-1/fill",
            [{"t": at(0), "level": 0.5}, {"t": at(0), "level": 0.75}, {"t": at(15), "level": 0.5}],
        )
    ),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MESSAGES, min_size=1, max_size=14), st.data())
def test_any_order_repetition_delay_and_cut(
    connection: Connection, database_url: str, messages: list[tuple[str, Any]], data: st.DataObject
) -> None:
    begin(connection)
    first = first_receipt(NOW)
    Writer(connection, Registry(shipped_profiles())).write(
        [
            Packet(first + 1024 * n, topic, json.dumps(content).encode())
            for n, (topic, content) in enumerate(messages)
        ]
    )
    expected = effects(connection)

    begin(connection)
    again = data.draw(st.lists(st.sampled_from(messages), max_size=len(messages)))
    shuffled = data.draw(st.permutations([*messages, *again]))
    with connect(database_url, autocommit=True) as other:
        workers = [Writer(one, Registry(shipped_profiles())) for one in (connection, other)]
        number = 0
        while number < len(shuffled):
            worker = data.draw(st.integers(0, 1))
            size = data.draw(st.integers(1, len(shuffled) - number))
            late = data.draw(st.sampled_from([dt.timedelta(), LATE]))
            start = first_receipt(NOW + late) + 1024 * number + worker
            batch = shuffled[number : number + size]
            workers[worker].write(
                [
                    Packet(start + 1024 * n, topic, json.dumps(content).encode())
                    for n, (topic, content) in enumerate(batch)
                ]
            )
            number += size
            if data.draw(st.integers(0, 3)) == 0:
                refresh(connection, NOW, ZONE)
    assert effects(connection) == expected
    assert [line for line in recount(connection, None) if not line.balanced] == []


WHOLE = [
    *(("sr/1/bin-1/fill", {"t": at(15 * n), "distance_m": 0.3 + n / 50, "seq": n}) for n in range(20)),
    *(("sr/1/bin-1/fill", {"t": at(15 * n), "distance_m": 0.9, "seq": n}) for n in range(0, 20, 5)),
    *(
        (
            "sr/1/lane-1/traffic",
            {"t": at(15 * n), "lane": 1, "interval_s": 900, "counts": {"PkwAehnlich": n, "LkwAehnlich": 1}},
        )
        for n in range(20)
    ),
    *(("sr/1/meter-1/energy", {"t": at(60 * n), "meter_kwh": 100 + 2.5 * n}) for n in range(20)),
    *(uplink(n, {"distance_mm": 100 * n}, at(60 * n)) for n in range(20) if n != 7),
]
"""Messages that overlap in whole or not at all: the books of packets do not depend on the order either."""


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_stored_totals_of_each_device(connection: Connection, data: st.DataObject) -> None:
    totals = []
    for messages in (WHOLE, data.draw(st.permutations([*WHOLE, *WHOLE]))):
        begin(connection)
        writer = Writer(connection, Registry(shipped_profiles()))
        size = data.draw(st.sampled_from([7, 40, 1000]))
        packets = [
            Packet(first_receipt(NOW) + 1024 * number, topic, json.dumps(content).encode())
            for number, (topic, content) in enumerate(messages)
        ]
        for start in range(0, len(packets), size):
            writer.write(packets[start : start + size])
        totals.append((stored(connection), effects(connection)))
    assert totals[0] == totals[1]
    assert dict(totals[0][0]) == {"bin-1": 24, "lane-1": 20, "meter-1": 20, "0102030405060708": 19}
    assert all(totals[0][1][name] for name in ("count_rollup", "level_rollup", "energy_rollup"))
    assert totals[0][1]["gaps"] == [("0102030405060708", 6, 8, dt.datetime(2026, 10, 25, 4, tzinfo=dt.UTC))]


def raw_uplink(number: int) -> tuple[str, dict[str, Any]]:
    """An uplink that only a profile can read: EM310-UDL, battery and distance."""
    topic, content = uplink(number, {}, at(60 * number))
    raw = bytes.fromhex("017564") + b"\x03\x82" + (500 + number).to_bytes(2, "little")
    return topic, content | {"object": None, "data": base64.b64encode(raw).decode()}


@pytest.mark.parametrize("size", [3, 1000])
def test_replay_after_a_fix_is_as_if_it_had_been_right_at_once(connection: Connection, size: int) -> None:
    """A device registered later, a profile chosen later; the message that nothing can mend stays."""
    messages = [
        *WHOLE[:40],
        *(raw_uplink(number) for number in range(10)),
        ("sr/1/lane-1/traffic", {"t": at(0), "lane": 1}),
        *WHOLE[40:60],
    ]
    packets = [
        Packet(first_receipt(NOW) + 1024 * number, topic, json.dumps(content).encode())
        for number, (topic, content) in enumerate(messages)
    ]
    states = []
    for right_at_once in (True, False):
        begin(connection, ("meter-1",))
        if right_at_once:
            mend(connection)
        writer = Writer(connection, Registry(shipped_profiles()))
        for start in range(0, len(packets), size):
            writer.write(packets[start : start + size])
        if not right_at_once:
            refresh(connection, NOW, ZONE)
            assert connection.execute("SELECT count(*) FROM sr.quarantine").fetchone() == (55,)
            mend(connection)
            tally = replay(Writer(connection, Registry(shipped_profiles())))
            assert (tally.received, tally.quarantined) == (55, 1)
        refresh(connection, NOW, ZONE)
        states.append(
            {
                **whole(connection, (*EFFECTS, *ARRIVALS), messages=True),
                "books": stored(connection),
                "effects": effects(connection),
            }
        )
    assert states[0] == states[1]
    assert states[0]["count_rollup"]
    assert states[0]["level_rollup"]


def mend(connection: Connection) -> None:
    """What was forgotten: two devices, and the profile of a third."""
    register(connection, ("bin-1", "lane-1", "0102030405060708"))
    connection.execute("UPDATE sr.device SET profile = 'milesight-em310-udl' WHERE name = '0102030405060708'")
