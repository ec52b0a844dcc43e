"""What the containers' sensors send."""

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from ingest import topics
from ingest.messages import Fill
from simulators.region.kinds import CHIRPSTACK, NATIVE, Container
from simulators.speech.lorawan import bin_frame, frame_counter, uplink
from simulators.speech.message import Message
from simulators.truth.bin_sensors import BinReadings, BinSensors

_BATTERY_EVERY_S = 28_800
_PORT = 2
_COUNTED_FROM_S = 1_735_689_600


def speak(sensors: BinSensors, readings: BinReadings, in_lists: bool) -> Iterator[Message]:
    """Messages of the readings: native devices in lists or one by one, LoRaWAN devices always one by one."""
    container = readings.container.tolist()
    columns = zip(
        readings.time_s.tolist(), readings.counter.tolist(), readings.distance_m.tolist(),
        readings.temp_c.tolist(), readings.battery_v.tolist(), strict=True,
    )  # fmt: skip
    for number, group in itertools.groupby(zip(container, columns, strict=True), key=lambda row: row[0]):
        bin_, interval_s = sensors.containers[number], int(sensors.interval_s[number])
        rows = [row for _, row in group]
        if bin_.speech != NATIVE:
            yield from (_uplink(sensors.seed, bin_, interval_s, *row) for row in rows)
            continue
        told = [_fill(bin_, interval_s, *row) for row in rows]
        for part in [told] if in_lists else [[each] for each in told]:
            values = sum(1 + (each.battery_v is not None) for each in part)
            payload = msgspec.json.encode(part if in_lists else part[0])
            yield Message(topics.native(bin_.device, "fill"), payload, values, bin_.device)


def in_order_of_time(readings: BinReadings) -> BinReadings:
    """The same readings, earliest first, as they are sent live."""
    order = np.argsort(readings.time_s, kind="stable")
    return BinReadings(*(getattr(readings, name)[order] for name in BinReadings.__dataclass_fields__))


def _fill(
    bin_: Container,
    interval_s: int,
    time_s: int,
    counter: int,
    distance_m: float,
    _temp_c: float,
    battery_v: float,
) -> Fill:
    seq = counter - _COUNTED_FROM_S // interval_s
    battery = battery_v if time_s % _BATTERY_EVERY_S < interval_s else None
    if bin_.measures_level:
        level = (bin_.empty_distance_m - distance_m) / (bin_.empty_distance_m - bin_.full_distance_m)
        return Fill(t=1000 * time_s, seq=seq, level=round(min(max(level, 0.0), 1.2), 3), battery_v=battery)
    return Fill(t=1000 * time_s, seq=seq, distance_m=distance_m, battery_v=battery)


def _uplink(
    seed: int,
    bin_: Container,
    interval_s: int,
    time_s: int,
    _counter: int,
    distance_m: float,
    temp_c: float,
    battery_v: float,
) -> Message:
    decoded: dict[str, Any]
    if bin_.speech == CHIRPSTACK:
        decoded = {
            "distance_mm": round(distance_m * 1000),
            "battery_mv": round(battery_v * 1000),
            "temperature_c": temp_c,
        }
    else:
        decoded = {"distance": round(distance_m * 1000), "battery_v": battery_v, "temperature": temp_c}
    frame = bin_frame(distance_m, temp_c, battery_v)
    counter = frame_counter(time_s, interval_s)
    return uplink(seed, bin_.speech, bin_.device, time_s, _PORT, counter, frame, decoded, 3)
