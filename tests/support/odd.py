"""Odd things that a device, a server or a user's file may hold, and messages with one of them inside."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

T = "2026-11-21T10:00:00Z"
_UPLINK = {
    "f_port": 2,
    "f_cnt": 7,
    "frm_payload": "AQI=",
    "decoded_payload": {"distance_mm": 900, "ok": True},
}
_TTS = {"end_device_ids": {"device_id": "d", "application_ids": {"application_id": "a"}}, "received_at": T}
_CHIRPSTACK = {"deviceInfo": {"devEui": "0102030405060708", "applicationId": "a"}, "time": T}
_V3 = {"applicationID": "1", "devEUI": "AQIDBAUGBwg=", "rxInfo": [{"time": T}], "fCnt": 1, "fPort": 2}
_CS = "application/a/device/0102030405060708/event/"

TEMPLATES: tuple[tuple[str, Any], ...] = (
    (
        "sr/1/d/fill",
        {"t": T, "level": 0.4, "battery_v": 3.6, "seq": 7, "odd": 5, "deep": {"a": [1, {"b": 2}]}},
    ),
    ("sr/1/d/fill", [{"t": T, "level": 0.4, "seq": 1}, {"t": 1795240800000, "distance_m": 1.2, "seq": 2}]),
    (
        "sr/1/d/traffic",
        {"t": T, "lane": 1, "interval_s": 900, "counts": {"Pkw": 3}, "speed_kmh": 61.2, "x": 1},
    ),
    ("sr/1/d/vehicle", {"t": T, "lon": 13.9, "lat": 51.8, "speed_mps": 9.5, "az_rms_mps2": 1.5, "x": 1}),
    (
        "sr/1/d/road",
        {"t": T, "lon": 13.9, "lat": 51.8, "surface_temp_c": -1.5, "friction": 0.5, "water_um": 3},
    ),
    ("sr/1/d/energy", {"t": T, "meter_kwh": 12.5, "seq": 0}),
    ("sr/1/d/status", {"t": T, "battery_v": 3.6}),
    (
        "sr/1/d/status",
        [
            {"bn": "urn:dev:ow:1:", "bt": 1.7e9, "bu": "Cel", "n": "temperature", "v": 2.5},
            {"n": "x", "s": 5, "t": -10, "ut": 5},
            {"n": "y", "vs": "text"},
            {"n": "z", "vb": True},
        ],
    ),
    ("v3/a@t/devices/d/up", _TTS | {"uplink_message": _UPLINK | {"received_at": T}, "simulated": True}),
    (
        "v3/a@t/devices/d/up/normalized",
        _TTS | {"uplink_normalized": {"f_cnt": 1, "normalized_payload": [{"air": {"temperature": 5.5}}]}},
    ),
    ("v3/a@t/devices/d/join", _TTS | {"join_accept": {"received_at": T}}),
    ("v3/a@t/devices/d/down/failed", _TTS | {"downlink_failed": {"error": {}}}),
    (
        _CS + "up",
        _CHIRPSTACK | {"fCnt": 1, "fPort": 85, "data": "AXVk", "rxInfo": [], "object": {"temp": "5,5"}},
    ),
    (
        _CS + "up",
        _CHIRPSTACK | {"data": "AQ==", "object": {"lane": 1, "interval_s": 900, "counts": {"Kfz": 3}}},
    ),
    (
        _CS + "up",
        _CHIRPSTACK | {"data": "AQ==", "object": {"history": [{"timestamp": 1795240800, "level": 7}]}},
    ),
    (_CS + "status", _CHIRPSTACK | {"margin": 10, "batteryLevel": 88.3}),
    (_CS + "location", _CHIRPSTACK | {"location": {"latitude": 51.8, "longitude": 13.9}}),
    (_CS + "up", _V3 | {"data": "AQ==", "objectJSON": '{"temperature": 5}'}),
)
"""A message of every kind that we read, with its topic."""

_DEEP: Any = 1
for _ in range(40):
    _DEEP = [{"a": _DEEP}]
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    -1,
    0,
    1,
    -0.0,
    255,
    32768,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    10**30,
    10**300,
    1e-320,
    1e38,
    3.5e38,
    1e300,
    1.7e308,
    -1e308,
    0.1,
    1e15,
    "",
    " ",
    "\0",
    "a\0b",
    "\x7f",
    "ä" * 200,
    "x" * 10_000,
    "NaN",
    "Infinity",
    "-1e999",
    "1,5 mm",
    "٣",
    "No Sensor",
    "on",
    "?",
    "+",
    "#",
    "/",
    "a/b",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:60-23:59",
    "2026-11-21T10:00:00",
    "2026-13-45T99:99:99Z",
    1795240800,
    1795240800000,
    -62135596800000,
    253402300800000,
    [],
    {},
    [[]],
    [{}],
    {"": 1},
    {"a\0": 1},
    {"value": 5, "unit": "mm"},
    {"value": None, "unit": 7},
    _DEEP,
    {"n" * 10_000: 1},
    {"t": T},
    [{"t": T}],
    [{"field": "a", "value": 1}],
    list(range(3000)),
    {"level": -0.0},
    {f"k{number}": number for number in range(2500)},
    "AQ==",
    "====",
    "{",
    '{"a":',
    "[" * 3000,
)
"""What may stand in the place of any value."""

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
odd_values = st.sampled_from(ODD) | _JSON
"""One thing that nobody expects."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in below for place in _places(inner, (*path, key)))]


def _put(value: Any, path: tuple[Any, ...], new: Any, how: str) -> Any:
    if not path:
        return new
    copied = copy.deepcopy(value)
    parent = copied
    for step in path[:-1]:
        parent = parent[step]
    if how == "replace" or isinstance(parent, list):
        parent[path[-1]] = new
    elif how == "remove":
        del parent[path[-1]]
    else:
        parent[str(new)[:300]] = parent.pop(path[-1])
    return copied


@st.composite
def odd_contents(draw: st.DrawFn, template: Any) -> Any:
    """A content with one or two odd things: a value, a key, a key that is missing."""
    content = template
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(_places(content)))
        how = draw(st.sampled_from(("replace", "replace", "remove", "rename")))
        content = _put(content, place, draw(odd_values), how)
    return content


@st.composite
def odd_bytes(draw: st.DrawFn, raw: bytes) -> bytes:
    """Bytes with a part cut out, doubled or replaced."""
    start = draw(st.integers(0, len(raw)))
    end = draw(st.integers(start, len(raw)))
    middle = draw(
        st.sampled_from(
            (b"", raw[start:end] * 2, b"\0", b"\xff\xfe", b'"', b"1e999", b"NaN", b"\xed\xa0\x80")
        )
        | st.binary(max_size=8)
    )
    return raw[:start] + middle + raw[end:]


def as_json(content: Any) -> bytes:
    """As a careless sender writes it: with NaN, with lone surrogates."""
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


@st.composite
def odd_messages(draw: st.DrawFn) -> tuple[str, bytes]:
    """Topic and payload of a message with something odd in it."""
    topic, template = draw(st.sampled_from(TEMPLATES))
    if draw(st.booleans()):
        return topic, as_json(draw(odd_contents(template)))
    return topic, draw(odd_bytes(as_json(template)))
