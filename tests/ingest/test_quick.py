"""The short way reads plain messages exactly as `decode` does, and leaves it all others."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import decode
from ingest.outcome import Decoded
from ingest.quick import read_plain
from ingest.receipt import first_receipt, received_at

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
RECEIPT = first_receipt(NOW)
PLAIN = {"t": "2026-11-21T10:00:00Z", "level": 0.4, "seq": 7, "note": "text", "device": "bin-1"}

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.just({}),
    st.just([[]]),
)
_numbers = st.one_of(st.floats(-0.5, 2), st.integers(-1, 3), _scalars)
_times = st.one_of(
    st.sampled_from(
        ["2026-11-21T10:00:00Z", "2026-11-22T12:00:00.000001Z", "2026-11-21T10:00:00+01:00", "2026-11-21"]
    ),
    st.integers(1_790_000_000_000, 1_800_000_000_000),
    _scalars,
)
_fields = st.fixed_dictionaries(
    {},
    optional={
        "t": _times,
        "level": _numbers,
        "distance_m": _numbers,
        "temperature_c": _numbers,
        "battery_v": _numbers,
        "meter_kwh": _numbers,
        "seq": _numbers,
        "device": _scalars,
        "note": _scalars,
        "odd": _numbers,
    },
)


def quick(topic: str, payload: bytes) -> Decoded | None:
    return read_plain([(RECEIPT, topic, payload)])[0]


def comparable(found: Decoded) -> tuple[Any, ...]:
    """The order of a message's readings means nothing."""
    rows = sorted((row.quantity, repr(row)) for row in found.rows)  # type: ignore[union-attr]
    return (found.device, found.event, rows, found.flags, found.counter, found.time, found.earlier)


@given(
    st.sampled_from(["fill", "energy", "status", "traffic", "colour"]),
    _fields,
    st.sampled_from([(",", ":"), (", ", ": "), (",\n", " : "), (" ,", "\t:")]),
)
def test_as_the_long_way(kind: str, fields: dict[str, Any], separators: tuple[str, str]) -> None:
    topic, payload = f"sr/1/bin-1/{kind}", json.dumps(fields, separators=separators).encode()
    found = quick(topic, payload)
    if found is not None:
        assert comparable(found) == comparable(decode(topic, payload, received_at(RECEIPT)))


def test_a_plain_message_takes_the_short_way() -> None:
    found = quick("sr/1/bin-1/fill", json.dumps(PLAIN).encode())
    assert found is not None
    assert [(row.quantity, row.value) for row in found.rows] == [("level", 0.4)]  # type: ignore[union-attr]
    assert (found.device, found.counter) == ("bin-1", 7)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"t":"2026-11-21T10:00:00Z","level":0.4,"level":0.5}',  # a key twice
        b'{"t" :"2026-11-21T10:00:00Z","level":0.4,"level":0.5}',  # and a colon apart, so that the count fits
        b'{"t":"2026-11-21T10:00:00Z","level":1.6}',  # beyond its range
        b'{"t":"2026-11-22T12:00:01Z","level":0.4}',  # more than 24 h ahead
        b'{"t":"2026-11-21T10:00:00Z","level":0.4,"seq":-1}',
        b'{"t":"2026-11-21T10:00:00Z","level":0.4,"odd":1}',  # kept under its own name
        b'{"t":"2026-11-21T10:00:00Z","level":0.4,"device":' + b"[" * 30 + b"]" * 30 + b"}",
        b'{"t":"2026-11-21T10:00:00Z"}',
    ],
)
def test_what_is_odd_takes_the_long_way(payload: bytes) -> None:
    assert quick("sr/1/bin-1/fill", payload) is None


@pytest.mark.parametrize(
    "topic", ["sr/1/fill", "sr/1/a/b/fill", "sr/1/a/vehicle", "v3/a/devices/b/up", "sr/1//fill"]
)
def test_topics_that_take_the_long_way(topic: str) -> None:
    assert quick(topic, json.dumps(PLAIN).encode()) is None
