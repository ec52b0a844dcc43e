"""The containers of a district under a policy: they fill, spill over, are emptied, and sensors look on."""

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.district import District
from simulators.truth.bin_sensors import BinReadings, BinSensors
from simulators.truth.filling import MICRO, growth_of, part_of_day
from simulators.truth.localtime import days_and_hours, midnight_s

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

LIFT_HOUR = 10.0
"""Local hour at which a day's lifts count as done."""
EARLY = float(part_of_day(np.array(LIFT_HOUR)))
"""Share of a day's growth that has fallen by then."""
_SPILL = 0.5
"""Share of what comes to a full container that people carry to the next one of its kind."""
_LEFT = 0.06
_HIGHEST = 1.2


class World:
    """Containers over `days` local days from `first_day` on, one day after the other."""

    def __init__(self, district: District, first_day: int, days: int) -> None:
        containers = district.containers
        count = len(containers)
        growth = growth_of(district.seed, containers)
        self.seed, self.first_day, self.count = district.seed, first_day, count
        self.sensors = BinSensors(district.seed, containers)
        self.growth: Float = growth.daily(first_day, days) / MICRO
        """[containers, days] what people bring, share of the volume."""
        self.events: Mask = growth.events(first_day, days)
        self.day = 0
        # The registry keeps distances as single precision.
        self._empty_m = np.array([bin_.empty_distance_m for bin_ in containers], dtype=np.float32)
        self._full_m = np.array([bin_.full_distance_m for bin_ in containers], dtype=np.float32)
        self._next = _next_of_kind(district)
        self._midnight = np.zeros((count, days + 1))
        self._midnight[:, 0] = 0.5 * draws.uniform(district.seed, "first level", np.arange(count))
        # One day more than there are, for what is asked on the evening of the last.
        self._gain = np.zeros((count, days + 1))
        self._lifted = np.zeros((count, days + 1), dtype=bool)
        self._left = np.zeros((count, days + 1))
        self._begin_day()

    def level(self) -> Float:
        """True levels at the hour of today's lifts, before them."""
        return np.asarray(self._midnight[:, self.day] + EARLY * self._gain[:, self.day])

    def end_day(self, lifted: Mask) -> Mask:
        """Empty `lifted` at the hour of lifts and go on to midnight; which were above the rim today."""
        k, before = self.day, self.level()
        left = _LEFT * draws.uniform(self.seed, "left over", np.arange(self.count), self.first_day + k) ** 2
        self._lifted[:, k], self._left[:, k] = lifted, left
        night = np.where(
            lifted, left + (1 - EARLY) * self._gain[:, k], self._midnight[:, k] + self._gain[:, k]
        )
        self._midnight[:, k + 1] = night
        self.day += 1
        self._begin_day()
        return np.asarray((before > 1.0) | (night > 1.0))

    def readings(self, start_s: float, end_s: float) -> BinReadings:
        """What the sensors say, of days that are over or of today before the lifts."""
        return self.sensors.readings(self, start_s, end_s)

    def told_level(self, readings: BinReadings) -> Float:
        """The readings as levels 0..1.2, as the database computes them, to the last digit."""
        empty, full = self._empty_m[readings.container], self._full_m[readings.container]
        height_m = (empty - full).astype(np.float64)
        level = np.clip((empty.astype(np.float64) - readings.distance_m) / height_m, 0.0, _HIGHEST)
        return level.astype(np.float32).astype(np.float64)

    def micro(self, container: Int, time_s: Float) -> Int:
        """Level in millionths at times up to today's lifts, as `filling.Filling` tells it."""
        day, hours = days_and_hours(time_s)
        k = np.clip(day - self.first_day, 0, self.day)
        gain, part = self._gain[container, k], part_of_day(hours)
        emptied = self._lifted[container, k] & (hours >= LIFT_HOUR)
        level = np.where(
            emptied,
            self._left[container, k] + (part - EARLY) * gain,
            self._midnight[container, k] + part * gain,
        )
        return np.asarray(np.rint(MICRO * level).astype(np.int64))

    def morning_s(self, hour: float) -> float:
        """Unix time of a local hour of today."""
        return midnight_s(self.first_day + self.day) + 3600.0 * hour

    def _begin_day(self) -> None:
        """Settle what comes into each container today, with what full ones hand on."""
        if self.day >= self.growth.shape[1]:
            return
        brought, midnight = self.growth[:, self.day], self._midnight[:, self.day]
        above = np.clip(midnight + brought - 1.0, 0.0, brought)
        spilled = np.where(self._next >= 0, _SPILL * above, 0.0)
        kept = brought - spilled
        np.add.at(kept, self._next[self._next >= 0], spilled[self._next >= 0])
        self._gain[:, self.day] = kept


def _next_of_kind(district: District) -> NDArray[np.intp]:
    """The nearest other container of the same fraction, -1 where there is none."""
    lonlat = np.array(
        [(district.sites[bin_.site].lon, district.sites[bin_.site].lat) for bin_ in district.containers]
    )
    plane = lonlat * (np.cos(np.radians(lonlat[:, 1].mean())), 1.0)
    fraction = np.array([bin_.fraction for bin_ in district.containers])
    found = np.full(len(fraction), -1, dtype=np.intp)
    for name in np.unique(fraction):
        own = np.flatnonzero(fraction == name)
        if len(own) < 2:
            continue
        away = np.hypot(*(plane[own][:, None] - plane[own][None]).transpose(2, 0, 1))
        np.fill_diagonal(away, np.inf)
        found[own] = own[away.argmin(axis=1)]
    return found
