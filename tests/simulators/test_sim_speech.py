"""Messages: valid in all three formats, the same however the span of time is cut."""

import base64
import datetime as dt
import itertools
import json
import struct
from collections import Counter
from typing import Any

import msgspec
import pytest

from ingest import messages, topics
from simulators.region.district import District
from simulators.region.kinds import CHIRPSTACK, NATIVE, THINGS_STACK
from simulators.speech.district import STRANGER, DistrictSpeech, with_mishaps
from simulators.speech.message import Message

NOW_S = dt.datetime(2026, 11, 19, 9, 7, 13, tzinfo=dt.UTC).timestamp()


@pytest.fixture(scope="module")
def home(small_speech: DistrictSpeech) -> list[Message]:
    """A day and a half as devices tell it when they come home."""
    return [message for _, message in small_speech.home(NOW_S - 130_000, NOW_S)]


def _objects(message: Message) -> list[dict[str, Any]]:
    told = json.loads(message.payload)
    return told if isinstance(told, list) else [told]


def _rows(told: list[Message]) -> Counter[str]:
    """Every object of every message, whatever list it came in, without what differs between home and live."""
    return Counter(
        json.dumps([message.topic, each], sort_keys=True)
        for message in told
        if message.rows and message.topic.startswith("sr/1/bin")
        for each in _objects(message)
    )


def test_native_messages_fit_their_structs(home: list[Message], small_speech: DistrictSpeech) -> None:
    live = small_speech.live(NOW_S, NOW_S + 300)
    seen = set()
    for message in (*home, *live):
        if message.topic.startswith(topics.NATIVE_PREFIX) and message.rows:
            kind = message.topic.rsplit("/", 1)[1]
            seen.add(kind)
            is_list = message.payload.startswith(b"[")
            struct_ = messages.BY_KIND[kind]
            read = msgspec.json.decode(message.payload, type=list[struct_] if is_list else struct_)  # type: ignore[valid-type]
            for each in read if isinstance(read, list) else [read]:
                if isinstance(each, messages.Traffic):
                    assert set(each.counts) <= set(messages.VEHICLE_CLASSES)
    assert seen == {"fill", "traffic", "vehicle", "status"}


def test_road_weather_shares_time_and_place_with_the_vehicle(small_speech: DistrictSpeech) -> None:
    told = [message for _, message in small_speech.home(NOW_S - 86_400, NOW_S)]
    weather = [message for message in told if message.topic.endswith("/road")]
    assert len({message.device for message in weather}) == 2
    places = {
        (message.device, each["t"]): (each["lon"], each["lat"])
        for message in told
        if message.topic.endswith("/vehicle")
        for each in _objects(message)
    }
    for message in weather:
        for each in msgspec.json.decode(message.payload, type=list[messages.Road]):
            assert places[message.device, each.t] == (each.lon, each.lat)


def test_counts_use_the_classes_of_the_scheme(home: list[Message], small: District) -> None:
    scheme = {station.device: station.class_scheme for station in small.stations}
    lanes: Counter[tuple[str, int]] = Counter()
    for message in home:
        if message.topic.endswith("/traffic") and message.rows:
            for each in _objects(message):
                assert set(each["counts"]) == set(messages.CLASS_SCHEMES[scheme[message.device]])
                lanes[message.device, each["lane"]] += 1
    assert {lane for _, lane in lanes} == {1, 2}


def test_all_three_formats_are_used_and_each_container_by_its_own(
    home: list[Message], small: District
) -> None:
    prefix = {NATIVE: "sr/1/", THINGS_STACK: "v3/", CHIRPSTACK: "application/"}
    heard = {message.device: message.topic for message in home}
    for bin_ in small.containers:
        if bin_.device in heard:
            assert heard[bin_.device].startswith(prefix[bin_.speech])
    assert sum(bin_.device in heard for bin_ in small.containers) > 0.95 * len(small.containers)
    assert {topic.split("/")[0] for topic in heard.values()} == {"sr", "v3", "application"}


def test_things_stack_uplinks_carry_the_frame_that_they_decode(home: list[Message], small: District) -> None:
    bins = {bin_.device for bin_ in small.containers}
    uplinks = [m for m in home if m.topic.startswith("v3/") and m.device in bins]
    assert uplinks
    for message in uplinks:
        told = json.loads(message.payload)
        assert message.topic == f"v3/oberspreewald@ttn/devices/{told['end_device_ids']['device_id']}/up"
        uplink = told["uplink_message"]
        millimetres, tenths, millivolts = struct.unpack(">HhH", base64.b64decode(uplink["frm_payload"]))
        decoded = uplink["decoded_payload"]
        assert decoded["distance"] == millimetres
        assert decoded["temperature"] == pytest.approx(tenths / 10)
        assert decoded["battery_v"] == pytest.approx(millivolts / 1000)
        assert uplink["received_at"] < told["received_at"]
        assert isinstance(uplink["settings"]["frequency"], str)


def test_chirpstack_uplinks_carry_the_frame_that_they_decode(home: list[Message], small: District) -> None:
    bins = {bin_.device for bin_ in small.containers}
    uplinks = [m for m in home if m.topic.startswith("application/") and m.device in bins]
    assert uplinks
    for message in uplinks:
        told = json.loads(message.payload)
        assert message.topic.endswith(f"/device/{told['deviceInfo']['devEui']}/event/up")
        millimetres, _, millivolts = struct.unpack(">HhH", base64.b64decode(told["data"]))
        assert (told["object"]["distance_mm"], told["object"]["battery_mv"]) == (millimetres, millivolts)
        assert dt.datetime.fromisoformat(told["time"]).utcoffset() == dt.timedelta(0)


def test_frame_counters_grow_with_time(home: list[Message]) -> None:
    last: dict[str, int] = {}
    for message in home:
        if message.topic.startswith("application/") and message.rows:
            counter = json.loads(message.payload)["fCnt"]
            assert counter > last.get(message.device, 0)
            last[message.device] = counter
    assert len(last) > 30


def test_lorawan_counters_tell_quarter_hours(home: list[Message], small: District) -> None:
    stations = {station.device for station in small.stations if station.speech != NATIVE}
    assert stations
    for message in home:
        if message.device in stations and message.topic.startswith("v3/"):
            decoded = json.loads(message.payload)["uplink_message"]["decoded_payload"]
            assert set(decoded["counts"]) == {"Kfz"}
            assert decoded["interval_s"] == 900


def test_no_packet_is_too_large_for_a_small_broker(home: list[Message]) -> None:
    largest = max(len(message.payload) + len(message.topic) for message in home)
    assert 10_000 < largest < 20_000


def test_same_span_same_bytes(small: District, home: list[Message]) -> None:
    again = [message for _, message in DistrictSpeech(small).home(NOW_S - 130_000, NOW_S)]
    assert again == home


def test_home_and_live_tell_the_same_levels(small_speech: DistrictSpeech) -> None:
    home = _rows([message for _, message in small_speech.home(NOW_S - 9000, NOW_S)])
    live: Counter[str] = Counter()
    for k in range(3):
        live += _rows(small_speech.live(NOW_S - 9000 + 3000 * k, NOW_S - 6000 + 3000 * k))
    assert home == live
    assert len(home) > 50


def _vehicles_by_lane(
    told: list[Message], end_s: float
) -> dict[tuple[str, int], list[tuple[float, float, int]]]:
    """Intervals (start, length, vehicles) of native lanes."""
    found: dict[tuple[str, int], list[tuple[float, float, int]]] = {}
    for message in told:
        if message.topic.endswith("/traffic") and message.rows:
            for each in _objects(message):
                start_s = dt.datetime.fromisoformat(each["t"]).timestamp()
                assert start_s + each["interval_s"] <= end_s
                key = message.device, each["lane"]
                found.setdefault(key, []).append((start_s, each["interval_s"], sum(each["counts"].values())))
    return found


def test_lane_intervals_join_without_gap_or_overlap_over_history_restart_and_live(
    small_speech: DistrictSpeech,
) -> None:
    stopped_s, now_s = NOW_S - 4000, NOW_S
    told = [message for _, message in small_speech.home(NOW_S - 100_000, stopped_s - 500)]
    told += small_speech.live(stopped_s - 500, stopped_s)
    told += [message for _, message in small_speech.home(stopped_s, now_s)]
    told += small_speech.live(now_s, now_s + 200) + small_speech.live(now_s + 200, now_s + 400)
    lanes = _vehicles_by_lane(told, now_s + 400)
    whole = _vehicles_by_lane(
        [message for _, message in small_speech.home(NOW_S - 100_000, now_s + 400)], now_s + 400
    )
    assert lanes.keys() == whole.keys()
    steady = 0
    for key, intervals in lanes.items():
        intervals.sort()
        gaps = [b[0] - a[0] - a[1] for a, b in itertools.pairwise(intervals)]
        assert min(gaps) >= 0, key
        steady += max(gaps) == 0
        assert sum(each[2] for each in intervals) == sum(each[2] for each in whole[key]), key
    assert steady > 0.5 * len(lanes)


def test_nothing_is_told_twice_or_left_out_between_two_live_spans(small_speech: DistrictSpeech) -> None:
    whole = small_speech.live(NOW_S, NOW_S + 240)
    parts = [m for k in range(8) for m in small_speech.live(NOW_S + 30 * k, NOW_S + 30 * k + 30)]
    assert Counter(parts) == Counter(whole)
    assert len({message.device for message in whole if message.topic.endswith("/vehicle")}) >= 1


def test_mishaps_repeat_some_and_cut_some_but_lose_nothing() -> None:
    clean = [Message(f"sr/1/d{k}/fill", b'{"t":%d,"level":0.5}' % k, 1, f"d{k}") for k in range(60_000)]
    told = list(with_mishaps(clean))
    assert [message for message in told if message.rows] == clean
    broken = [message for message in told if not message.rows and not message.payload.endswith(b"}")]
    assert 8 <= len(broken) <= 60
    assert 60 <= len(told) - len(clean) - len(broken) <= 200


def test_a_stranger_speaks_that_nobody_registered(home: list[Message], small: District) -> None:
    assert sum(message.device == STRANGER for message in home) >= 5
    assert STRANGER not in {bin_.device for bin_ in small.containers}
