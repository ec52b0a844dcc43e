"""Weather over the region: temperatures, dew point, rain, and what it makes of a road."""

from dataclasses import dataclass

import numpy as np

from simulators import draws
from simulators.draws import Float
from simulators.truth.localtime import season

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class RoadState:
    """At points of the road: temperatures in degrees C, friction 0..1, water film in micrometres."""

    surface_temp_c: Float
    air_temp_c: Float
    dew_point_c: Float
    friction: Float
    water_um: Float


def air_temp_c(seed: int, time_s: Float) -> Float:
    """Air temperature: season, weather of days, time of day."""
    day = np.asarray(time_s, dtype=np.float64) / _DAY_S
    winter = np.cos(2 * np.pi * (season(day) - 0.055))
    spells = 3.6 * draws.smooth(seed, "spell", day / 3.1) + 1.2 * draws.smooth(seed, "air", day / 0.4)
    noon = np.cos(2 * np.pi * ((day + 1 / 24) % 1 - 0.6))
    temperature: Float = (
        9.8 - 9.4 * winter + spells + (3.4 - 1.8 * winter) * noon * (1 - 0.6 * _clouds(seed, day))
    )
    return temperature


def rain_mm_h(seed: int, time_s: Float) -> Float:
    """Rain or melted snow, mm/h; about one hour in ten is wet."""
    hours = np.asarray(time_s, dtype=np.float64) / 3600
    wet = draws.smooth(seed, "front", hours / 30) * 0.8 + draws.smooth(seed, "shower", hours / 2.3) * 0.6
    rain: Float = np.maximum(wet - 1.15, 0) * 3.0
    return rain


def _clouds(seed: int, day: Float) -> Float:
    cover: Float = np.clip(0.55 + 0.4 * draws.smooth(seed, "clouds", day / 0.9), 0, 1)
    return cover


def road_state(seed: int, time_s: Float, lon: Float, lat: Float) -> RoadState:
    """State of the road surface.

    Hollows and woods are colder by up to 2 K, wherever one drives through them.
    """
    time_s = np.asarray(time_s, dtype=np.float64)
    day = time_s / _DAY_S
    air = air_temp_c(seed, time_s)
    cell = (
        np.floor(np.asarray(lon) / 0.008).astype(np.int64),
        np.floor(np.asarray(lat) / 0.005).astype(np.int64),
    )
    hollow = draws.normal(seed, "hollow", *cell) * 0.7
    clear = 1 - _clouds(seed, day)
    sun = np.maximum(np.sin(np.pi * np.clip(((day + 1 / 24) % 1 - 0.3) / 0.42, 0, 1)), 0)
    surface = (
        air + 0.8 + hollow - 2.6 * clear * (sun < 0.05) + (4 + 9 * np.sin(np.pi * season(day))) * clear * sun
    )
    spread = 0.6 + 2.4 * np.exp(0.6 * draws.smooth(seed, "dry air", day / 0.8)) * (0.4 + clear)
    dew = air - spread
    lately = np.maximum.reduce(
        [rain_mm_h(seed, time_s - ago_s) * np.exp(-ago_s / 4000) for ago_s in (0.0, 1800.0, 3600.0)]
    )
    water = 90 * lately + np.where(surface < dew, 12 * (dew - surface), 0.0)
    wet_friction = 0.82 - 0.27 * np.minimum(water / 150, 1)
    frozen = (surface < -0.3) & (water > 4)
    friction = np.where(frozen, 0.18 + 0.02 * np.clip(-surface, 0, 5), wet_friction)
    return RoadState(surface, air, dew, friction, water)
