"""What the boxes in vehicles send.

Where they are, how it shakes, and on two of them the state of the road.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from ingest import topics
from ingest.messages import Road, Vehicle
from simulators.speech.message import Message
from simulators.truth.driving import Fleet, Points
from simulators.truth.weather import road_state

LIVE_STEP_S, HOME_STEP_S = 4, 20
_LISTS = {"vehicle": 200, "road": 100}
"""Most objects in a list: small brokers take no packet above 20,480 bytes."""
_WEATHER_EVERY = 5


def speak(fleet: Fleet, vehicle: int, points: Points, in_lists: bool) -> Iterator[Message]:
    """Messages of one vehicle's points, in lists of up to 200 or one by one."""
    device = fleet.district.vehicles[vehicle].device
    rows = zip(
        (1000 * points.time_s).tolist(), points.lon.tolist(), points.lat.tolist(), points.speed_mps.tolist(),
        points.az_rms_mps2.tolist(), strict=True,
    )  # fmt: skip
    told = [Vehicle(t=t, lon=lon, lat=lat, speed_mps=v, az_rms_mps2=az) for t, lon, lat, v, az in rows]
    yield from _messages(device, "vehicle", told, in_lists, 1)
    if fleet.district.vehicles[vehicle].measures_weather:
        # The road sensor shares time and position with the box, so its fields join the box's rows.
        yield from _messages(device, "road", _weather(fleet.district.seed, points, in_lists), in_lists, 0)


def _messages(device: str, kind: str, told: list[Any], in_lists: bool, rows: int) -> Iterator[Message]:
    topic = topics.native(device, kind)
    size = _LISTS[kind] if in_lists else 1
    for start in range(0, len(told), size):
        part = told[start : start + size]
        yield Message(topic, msgspec.json.encode(part if in_lists else part[0]), rows * len(part), device)


def _weather(seed: int, points: Points, in_lists: bool) -> list[Road]:
    step_s = HOME_STEP_S if in_lists else LIVE_STEP_S
    kept = (points.time_s // step_s % _WEATHER_EVERY == 0) & (points.speed_mps > 1)
    time_s, lon, lat = points.time_s[kept], points.lon[kept], points.lat[kept]
    if not len(time_s):
        return []
    state = road_state(seed, time_s.astype(np.float64), lon, lat)
    columns = (
        np.round(state.surface_temp_c, 1), np.round(state.air_temp_c, 1), np.round(state.dew_point_c, 1),
        np.round(state.friction, 2), np.round(state.water_um, 1),
    )  # fmt: skip
    return [
        Road(t=t, lon=x, lat=y, surface_temp_c=ts, air_temp_c=ta, dew_point_c=td, friction=mu, water_um=film)
        for t, x, y, ts, ta, td, mu, film in zip(
            (1000 * time_s).tolist(),
            lon.tolist(),
            lat.tolist(),
            *(column.tolist() for column in columns),
            strict=True,
        )
    ]
