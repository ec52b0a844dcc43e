"""Decode: native, network servers and what is refused; a pure function that no input makes raise."""

import base64
import datetime as dt
import json
import pathlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import decode, flat_readings
from ingest.outcome import Decoded
from ingest.profiles import shipped_profiles
from smartregion.readings import LaneInterval, Reading, TrackPoint

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
T = "2026-11-21T06:00:00+01:00"
T_UTC = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)


def native(kind: str, content: Any, device: str = "dev-1") -> Decoded:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return decode(f"sr/1/{device}/{kind}", payload, NOW)


def chirpstack(decoded: Any, **more: Any) -> dict[str, Any]:
    return {
        "deviceInfo": {"devEui": "0102030405060708", "applicationId": "a"},
        "time": "2026-11-21T05:00:00.123456789+00:00",
        "rxInfo": [],
        "fCnt": 7,
        "fPort": 2,
        "data": "AQ==",
        "object": decoded,
    } | more


def foreign(decoded: Any, **more: Any) -> Decoded:
    return decode(None, json.dumps(chirpstack(decoded, **more)).encode(), NOW)


def values(found: Decoded) -> dict[str, float]:
    return {reading.quantity: reading.value for reading in flat_readings(found.rows)}


def test_native_fill() -> None:
    found = native("fill", {"t": T, "distance_m": 1.2, "battery_v": 3.6, "seq": 7, "site_code": 5})
    assert found.rows == (
        Reading("dev-1", "distance", T_UTC, 1.2, "m"),
        Reading("dev-1", "battery", T_UTC, 3.6, "V"),
        Reading("dev-1", "site_code", T_UTC, 5.0, ""),
    )
    assert (found.counter, found.flags, found.rejected) == (7, (), None)


def test_native_list() -> None:
    found = native("fill", [{"t": 1795240800000, "level": 0.4}, {"t": 1795244400000, "level": 0.41}])
    assert [row.time.hour for row in found.rows] == [6, 7]


def test_native_traffic() -> None:
    content = {
        "t": T,
        "lane": 2,
        "interval_s": 900,
        "counts": {"Pkw": 31, "Sattel-Kfz": 2, "Trike": 1, "Bus": -1},
        "speed_kmh": 255,
        "completeness": 0.9,
    }
    found = native("traffic", content)
    assert found.rows == (LaneInterval("dev-1", 2, T_UTC, 900, {"Pkw": 31, "Sattel": 2}, None, 0.9),)
    assert [flag.field for flag in found.flags] == ["counts.Trike", "counts.Bus", "speed_kmh"]


def test_native_vehicle_and_road() -> None:
    found = native("vehicle", {"t": T, "lon": 13.9, "lat": 51.8, "speed_mps": 9.5, "az_rms_mps2": 1.5})
    assert found.rows == (TrackPoint("dev-1", T_UTC, 13.9, 51.8, 9.5, 1.5),)
    found = native("road", {"t": T, "lon": 13.9, "lat": 51.8, "surface_temp_c": -1.5, "friction": 7})
    assert found.rows == (TrackPoint("dev-1", T_UTC, 13.9, 51.8, surface_temp_c=-1.5),)
    assert [flag.field for flag in found.flags] == ["friction"]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (b"", "payload"),  # nothing
        (b"not json at all", "payload"),
        (b"[" * 2000, "payload"),  # deeper than a stack
        (b'{"a":' * 100 + b"1" + b"}" * 100, "payload"),  # valid, but deeper than anything meant
        (b'"text"', "payload"),
        (b"null", "payload"),
        (b"[]", "payload"),
        (b'{"t": "2026-11-21T06:00:00Z", "level": NaN}', "payload"),
        (b'{"t": "2026-11-21T06:00:00Z", "level": 1e999}', "payload"),
        (b'{"t": "2026-11-21T06:00:00Z", "level": 0.1, "level": 0.2}', "level"),  # which of the two?
        (b'{"t": "2026-11-21T06:00:00Z", "level" : 0.1, "level":0.2}', "level"),
        (b'{"level": 0.4}', "t"),
        (b'{"t": "yesterday", "level": "full"}', "t"),
        (b'{"t": "2026-11-21T06:00:00", "level": 0.4}', "t"),  # no zone
        (b'{"t": "2026-11-21", "level": 0.4}', "t"),
        (b'{"t": true, "level": 0.4}', "t"),
        (b'{"t": 1795240800, "level": 0.4}', "t"),  # seconds instead of milliseconds
        (b'{"t": 1e30, "level": 0.4}', "t"),
        (b'{"t": "1970-01-01T00:00:00Z", "level": 0.4}', "t"),  # a clock that was never set
        (b'{"t": "2026-11-22T12:00:01Z", "level": 0.4}', "t"),  # more than 24 h ahead
        (b'{"t": "2026-11-21T06:00:00Z", "level": "full"}', "level"),
        (b'{"t": "2026-11-21T06:00:00Z", "level": 7}', "level"),
        (b'{"t": "2026-11-21T06:00:00Z"}', "payload"),
        (
            b'[{"t": "2026-11-21T06:00:00Z", "level": 0.4}, {"level": 0.5}]',
            "[1].t",
        ),  # taken whole or not at all
        (b'[{"t": "2026-11-21T06:00:00Z", "level": 0.4}, 5]', "[1]"),
        (b"\xff\xfe", "payload"),
    ],
)
def test_refused(payload: bytes, field: str) -> None:
    found = native("fill", payload)
    assert found.rows == ()
    assert found.rejected is not None
    assert found.rejected.field == field
    assert found.rejected.expected


@pytest.mark.parametrize("missing", ["lane", "interval_s", "counts"])
def test_traffic_needs_its_frame(missing: str) -> None:
    content = {"t": T, "lane": 1, "interval_s": 900, "counts": {"Kfz": 3}}
    del content[missing]
    found = native("traffic", content)
    assert found.rejected is not None
    assert found.rejected.field == missing


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-11-21T05:00:00.123456789Z", 123456),  # nanoseconds are cut
        ("2026-11-20T23:00:00.5-06:00", 500000),
        ("2026-11-21t05:00:00z", 0),
        (1795237200000.25, 250),
    ],
)
def test_times(text: str | float, microsecond: int) -> None:
    found = native("fill", {"t": text, "level": 0.4})
    assert found.rows[0].time == T_UTC.replace(microsecond=microsecond)


def test_leap_second() -> None:
    found = native("fill", {"t": "2016-12-31T23:59:60Z", "level": 0.4})
    assert found.rows[0].time == dt.datetime(2017, 1, 1, tzinfo=dt.UTC)


def test_topic_of_nobody() -> None:
    found = decode("weather/today", b"{}", NOW)
    assert found.rejected is not None
    assert found.rejected.field == "topic"
    assert native("colour", {"t": T}).rejected is not None


@pytest.mark.parametrize(
    ("decoded", "expected"),
    [
        ({"distance": 2116}, {"distance": 2.116}),  # bare: whole millimetres
        ({"Distance": "2799 mm"}, {"distance": 2.799}),
        ({"distance_cm": 79.2}, {"distance": 0.792}),
        ({"distance": {"value": 1234, "unit": "mm"}}, {"distance": 1.234}),
        ({"fill_level": 45}, {"level": 0.45}),
        ({"FillLevel": "50 %"}, {"level": 0.5}),
        ({"battery": 92}, {"battery_level": 0.92}),
        ({"BatV": 3.6}, {"battery": 3.6}),
        ({"vdd": 3594}, {"battery": 3.594}),
        ({"battery_mv": 3580}, {"battery": 3.58}),
        ({"temperature": "24.59,"}, {"temperature": 24.59}),  # a number as text, with a comma too many
        ({"temp_f": 50}, {"temperature": 10.0}),
        ({"TempC_SHT": 28.29, "Hum_SHT": 88.6}, {"temperature": 28.29, "humidity": 88.6}),
        ({"data": {"temperature": 1.5}}, {"temperature": 1.5}),  # a box without meaning
        ({"soil": {"temperature": 1.5}}, {"soil.temperature": 1.5}),  # another temperature
        ({"air_temperature": 1, "temperature": 2}, {"temperature": 2.0, "air_temperature": 1.0}),
        (
            {"door": True, "lines": [{"in": 3}, {"in": 4}]},
            {"door": 1.0, "lines.0.in": 3.0, "lines.1.in": 4.0},
        ),
        ({"pressure": 1006.76}, {"pressure": 100676.0}),  # hPa and Pa cannot be mistaken for each other
        ({"energy_kwh": 12.5}, {"meter": 12.5}),
        ({"energy": 1110}, {"energy": 1110.0}),  # no unit: stays what it is
        ({"bytes": [1, 2, 3], "pax": 10}, {"count": 10.0}),
        ({"latitude": 51.8, "longitude": 13.9}, {"lon": 13.9, "lat": 51.8}),
        (
            {"lane": 1, "interval_s": 900, "counts": {"Kfz": 12}, "speed_kmh": 61.2},
            {"count_Kfz": 12, "speed": 61.2},
        ),
    ],
)
def test_generic_mapping(decoded: dict[str, Any], expected: dict[str, float]) -> None:
    found = foreign(decoded)
    assert values(found) == pytest.approx(expected, rel=1e-12)
    assert found.flags == ()


@pytest.mark.parametrize(
    "decoded",
    [
        {"distance": "No Sensor"},
        {"distance": 1.25},  # metres? A guess that flips within one series is worse than none.
        {"level": 0.4},  # share or percent?
        {"battery": 3},  # volts or percent?
        {"temperature": 900},
        {"distance_v": 5},
        {"latitude": 0, "longitude": 0},  # no fix
    ],
)
def test_what_cannot_be_told_is_flagged(decoded: dict[str, Any]) -> None:
    found = foreign(decoded | {"count": 1})
    if "distance_v" in decoded:
        assert values(found) == {"distance_v": 5.0, "count": 1.0}
    else:
        assert [flag.field for flag in found.flags] == [next(iter(decoded))]
        assert values(found) == {"count": 1.0}
        assert foreign(decoded).rejected == found.flags[0]


def test_history_has_its_own_times() -> None:
    found = foreign({"battery": 92, "history": [{"timestamp": 1795150000, "temperature": 5.5}]})
    assert [(row.quantity, row.time.day) for row in found.rows if isinstance(row, Reading)] == [
        ("battery_level", 21),
        ("temperature", 20),
    ]


def test_uplink_without_decoded_fields() -> None:
    found = foreign(None)
    assert found.rejected is not None
    assert found.rejected.field == "decoded fields"
    assert "01 on port 2" in found.rejected.value


def test_empty_frame() -> None:
    message = chirpstack(None)
    del message["data"]
    found = decode(None, json.dumps(message).encode(), NOW)
    assert (found.event, found.rows, found.rejected) == ("empty", (), None)


def test_chirpstack_status_tells_the_battery() -> None:
    message = {
        "deviceInfo": {"devEui": "0102030405060708"},
        "time": "2026-11-21T05:00:00Z",
        "margin": 10,
        "batteryLevel": 88.3,
    }
    found = decode("application/a/device/0102030405060708/event/status", json.dumps(message).encode(), NOW)
    assert found.event == "status"
    assert values(found) == pytest.approx({"battery_level": 0.883})


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("chirpstack_v4_events.json", "up status join ack txack log location integration"),
        ("tts_v3_data_formats.json", "join queued ack failed failed downlinks downlinks"),
    ],
)
def test_events_of_network_servers(shared_data: pathlib.Path, name: str, events: str) -> None:
    messages = json.loads((shared_data / "envelopes" / name).read_text())
    found = [decode(None, json.dumps(message).encode(), NOW) for message in messages]
    assert [one.event if one.rejected is None else "up" for one in found] == events.split()


@pytest.mark.parametrize("name", ["thingsboard__ThingsStackCommunity.json", "thingsboard__ChirpStack.json"])
def test_recorded_uplinks_tell_device_and_fate(shared_data: pathlib.Path, name: str) -> None:
    """Their servers decoded nothing, so most wait for a profile; none is misread or loses its device."""
    for item in json.loads((shared_data / "envelopes" / name).read_text())["items"]:
        found = decode(None, json.dumps(item["envelope"]).encode(), NOW)
        assert found.device != "?"
        assert bool(found.rows) != (found.rejected is not None)


def test_device_examples_give_rows_or_a_reason(shared_data: pathlib.Path) -> None:
    """All 281 vectors of vendors, as a server would hand them on: 234 give rows without any profile."""
    with_rows = 0
    for file in sorted((shared_data / "devices").glob("*.json")):
        for example in json.loads(file.read_text())["examples"]:
            found = foreign(example["decoded"], fPort=example.get("fport") or 1)
            assert bool(found.rows) != (found.rejected is not None)
            with_rows += bool(found.rows)
    assert with_rows >= 234


def things_stack(**message: Any) -> Decoded:
    content = {"end_device_ids": {"device_id": "d"}, "received_at": "2026-11-21T05:00:01Z"} | message
    return decode(None, json.dumps(content).encode(), NOW)


def test_simulated_uplink_gives_readings_with_a_flag() -> None:
    found = things_stack(uplink_message={"decoded_payload": {"distance_mm": 900}}, simulated=True)
    assert values(found) == {"distance": 0.9}
    assert [(flag.field, flag.expected) for flag in found.flags] == [
        ("simulated", "a message of the device itself")
    ]


def test_normalized_uplinks() -> None:
    """As an event of their own, and beside or instead of the decoded fields."""
    measurements = [{"air": {"temperature": 5.5, "relativeHumidity": 81}}, {"battery": 3.6}]
    event = things_stack(uplink_normalized={"f_cnt": 7, "normalized_payload": measurements})
    assert (event.event, event.counter) == ("normalized", 7)
    assert values(event) == {"temperature": 5.5, "air.relativeHumidity": 81.0, "battery": 3.6}
    message = things_stack(uplink_message={"normalized_payload": measurements})
    assert values(message) == values(event)
    earlier = [
        {"time": "2026-11-21T04:00:00Z", "battery": 3.5},
        {"time": "2026-11-21T04:30:00Z", "battery": 3.4},
    ]
    kept = things_stack(uplink_message={"normalized_payload": earlier})
    assert [(row.time.hour, row.time.minute) for row in kept.rows] == [(4, 0), (4, 30)]


def test_lists_of_fields() -> None:
    decoded = [{"field": "TEMPERATURE", "value": 21.5}, {"field": "own", "value": 7}]
    assert values(things_stack(uplink_message={"decoded_payload": decoded})) == {
        "temperature": 21.5,
        "own": 7,
    }
    decoded = [{"distance_mm": 900}, {"distance_mm": 950}]
    found = things_stack(uplink_message={"decoded_payload": decoded})
    assert values(found) == {"distance": 0.9, "1.distance_mm": 950.0}


V3 = {"applicationID": "1", "deviceName": "x", "rxInfo": [], "fCnt": 3, "fPort": 2, "data": "AQ=="}


@pytest.mark.parametrize("eui", ["AgICAgICAgI=", "0202020202020202"])
@pytest.mark.parametrize("fields", [{"objectJSON": '{"distance_mm": 900}'}, {"object": {"distance_mm": 900}}])
def test_chirpstack_v3_in_both_of_its_spellings(eui: str, fields: dict[str, Any]) -> None:
    told = {"publishedAt": "2026-11-21T05:00:00Z"}
    found = decode(None, json.dumps(V3 | told | fields | {"devEUI": eui}).encode(), NOW)
    assert found.rows == (Reading("0202020202020202", "distance", T_UTC, 0.9, "m"),)
    assert found.flags == ()


def test_a_server_that_tells_no_time() -> None:
    """Nothing could ever mend it in quarantine, so the time of receipt is taken and the flag says so."""
    found = decode(None, json.dumps(V3 | {"devEUI": "AgICAgICAgI=", "object": {"level": 40}}).encode(), NOW)
    assert [(row.time, flag.field) for row, flag in zip(found.rows, found.flags, strict=True)] == [
        (NOW, "publishedAt")
    ]


STATES = {"on": 1.0, "OFF": 0.0, "Open": 1.0, "closed": 0.0, "occupied": 1.0, "vacant": 0.0, "alarm": 1.0}


@pytest.mark.parametrize(("text", "value"), STATES.items())
def test_texts_of_two_states_are_numbers(text: str, value: float) -> None:
    assert values(foreign({"door": text, "note": "hello"})) == {"door": value}


def test_bytes_count_where_the_server_decoded_another_device() -> None:
    """A profile that can read the bytes does so when it knows none of the server's fields."""
    profile = shipped_profiles()["milesight-em310-udl"]
    raw = base64.b64encode(bytes.fromhex("01755c03824408")).decode()

    def read(decoded: Any, data: str = raw) -> dict[str, float]:
        content = chirpstack(decoded, data=data)
        return values(decode(None, json.dumps(content).encode(), NOW, lambda _device, _model: profile))

    assert read({"humiditySensor": 32}) == {"battery_level": 0.92, "distance": 2.116}
    assert read({"distance": 900}) == {"distance": 0.9}
    assert read({"humiditySensor": 32}, data="/w==") == {"humidity": 32.0}


def test_profile_names_the_time_of_the_device() -> None:
    profile = shipped_profiles()["yobiiq-em4301"]

    def read(raw: str) -> Decoded:
        content = chirpstack(None, data=base64.b64encode(bytes.fromhex(raw)).decode())
        return decode(None, json.dumps(content).encode(), NOW, lambda _device, _model: profile)

    assert read("fe03691ecf80fe231388").rows[0].time == dt.datetime(2025, 11, 20, 8, 21, 20, tzinfo=dt.UTC)
    never_set = read("fe0300000001fe231388")
    assert (never_set.rows[0].time.date(), never_set.flags[0].field) == (T_UTC.date(), "logged_at")


def test_equal_times_in_a_list_keep_the_fields_of_each() -> None:
    found = native("fill", [{"t": T, "level": 0.4, "x": 1}, {"t": T, "level": 0.4, "x": 2}])
    assert [row.value for row in found.rows if isinstance(row, Reading) and row.quantity == "x"] == [1.0, 2.0]


def test_a_fault_of_ours_is_the_fate_of_its_message_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No input is known that does this; were there one, ingest would go on and a replay mend it."""

    def broken(_payload: bytes) -> Any:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("ingest.decode.parse", broken)
    found = native("fill", {"t": T, "level": 0.4})
    assert found.rejected is not None
    assert (found.device, found.rejected.field) == ("dev-1", "decoder")
    assert found.rejected.value == "ZeroDivisionError: division by zero"


def test_names_that_no_table_could_hold() -> None:
    assert native("fill", {"t": T, "level": 0.4, "a\0b": 1, "k" * 201: 1}).flags[0].field == "field name"
    assert native("fill", {"t": T, "level": 0.4}, device="d" * 201).device == "?"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
_TOPICS = st.sampled_from(
    [
        None,
        "sr/1/d/fill",
        "sr/1/d/traffic",
        "sr/1/d/vehicle",
        "sr/1/d/road",
        "sr/1/d/status",
        "v3/a@t/devices/d/up",
        "v3/a@t/devices/d/down/ack",
        "application/a/device/0102030405060708/event/up",
        "application/a/device/0102030405060708/event/status",
        "else/where",
    ]
)
_NAMES = """t level distance_m lane interval_s counts lon lat speed_mps seq n bn v bt u bver vs vb s time
deviceInfo object data fPort rxInfo end_device_ids uplink_message decoded_payload received_at batteryLevel"""
_FIELDS = st.sampled_from(_NAMES.split())
_SHAPED = st.dictionaries(_FIELDS, _JSON | st.just(T) | st.just(1795240800000) | st.floats(0, 1), max_size=6)


@given(_TOPICS, st.binary(max_size=60))
def test_no_bytes_make_it_raise(topic: str | None, payload: bytes) -> None:
    found = decode(topic, payload, NOW)
    assert not (found.rows and found.rejected)


@given(_TOPICS, _JSON | _SHAPED | st.lists(_SHAPED, min_size=1, max_size=3))
def test_no_json_makes_it_raise(topic: str | None, content: Any) -> None:
    found = decode(topic, json.dumps(content).encode("utf-8", "surrogatepass"), NOW)
    assert not (found.rows and found.rejected)
    for reading in flat_readings(found.rows):
        assert abs(reading.value) < float("inf")
        assert reading.time.tzinfo is not None


@given(_JSON)
def test_no_decoded_fields_make_it_raise(decoded: Any) -> None:
    found = foreign(decoded)
    assert found.event != "up" or bool(found.rows) != (found.rejected is not None)
