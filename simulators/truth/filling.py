"""How full containers are, and when they are emptied by the fixed rhythm.

Growth is counted in whole millionths of a container,
so that a level is the same number from whatever day on it
is summed up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.kinds import FRACTIONS, Container
from simulators.truth.localtime import days_and_hours, holidays_and_feasts, midnight_s, season, weekday

Int = NDArray[np.int64]

MICRO = 1_000_000
_MEMORY_DAYS = 100
"""A lift lies within these days before any moment; rhythms end at 28 days and few lifts are left out."""
_DAY_SPREAD = 0.35
_GLASS = (0.92, 0.82, 0.85, 0.93, 1.16, 1.38, 0.94)
_HOME = (1.08, 0.94, 0.92, 0.96, 1.05, 1.14, 0.91)
_WEEK: Mapping[str, tuple[float, ...]] = dict.fromkeys(FRACTIONS, _HOME) | {
    "glass_white": _GLASS,
    "glass_coloured": _GLASS,
}
"""Monday to Sunday: depot glass fills on Fridays and Saturdays."""
_SEASON: Mapping[str, tuple[float, float]] = {
    "glass_white": (0.10, 0.0), "glass_coloured": (0.12, 0.98), "paper": (0.12, 0.96),
    "light_packaging": (0.05, 0.5),
    "bio": (0.38, 0.52), "residual": (0.04, 0.0), "textiles": (0.18, 0.3),
}  # fmt: skip
"""Strength and time of the year of the peak."""
_HOLIDAY: Mapping[str, float] = dict.fromkeys(FRACTIONS, 0.85) | {"glass_white": 1.35, "glass_coloured": 1.35}
"""Growth on a public holiday against the same weekday."""
_FEAST: Mapping[str, float] = dict.fromkeys(FRACTIONS, 1.1) | {
    "glass_white": 1.45, "glass_coloured": 1.5, "paper": 1.45, "light_packaging": 1.25,
}  # fmt: skip
"""Growth between 23 December and 2 January."""
_EVENT_SITES, _EVENT_CHANCE, _EVENT_GAIN = 8, 0.02, 1.9
"""A fair fills the containers of so many neighbouring sites on three days; chance a week; its gain."""
_HOURS = np.concatenate(
    ([0.0], np.cumsum([1, 1, 1, 1, 1, 3, 8, 14, 18, 22, 24, 22, 20, 18, 20, 24, 28, 28, 24, 16, 10, 6, 3, 2]))
)
_HOURS_SHARE = np.append(_HOURS / _HOURS[-1], 1.0)
"""Share of a day's growth before each full hour; nothing falls in a 25th hour."""


@dataclass(frozen=True)
class Growth:
    """Parameters of the filling of some containers, one value each."""

    seed: int
    number: Int
    """Keys of the random draws: the place of each container in the district's list."""
    days_to_full: Float
    fraction: list[str]
    site: Int

    def daily(self, first_day: int, days: int) -> Int:
        """Growth of each container on each local day, [containers, days], in millionths of its volume."""
        day = np.arange(first_day, first_day + days)
        week = np.array([_WEEK[name] for name in FRACTIONS])[:, weekday(day)]
        strength, peak = np.array([_SEASON[name] for name in FRACTIONS]).T
        year = 1 + strength[:, None] * np.cos(2 * np.pi * (season(day) - peak[:, None]))
        profile = (week * year)[[FRACTIONS.index(name) for name in self.fraction]]
        noise = np.exp(
            _DAY_SPREAD * draws.normal(self.seed, "growth", self.number[:, None], day) - _DAY_SPREAD**2 / 2
        )
        profile = profile * self._feasts(day) * np.where(self.events(first_day, days), _EVENT_GAIN, 1.0)
        # An event adds to the mean of a year, which days_to_full stands for.
        mean = 1 + 3 / 7 * _EVENT_CHANCE * (_EVENT_GAIN - 1)
        grown: Int = np.rint(MICRO / mean / self.days_to_full[:, None] * profile * noise).astype(np.int64)
        return grown

    def events(self, first_day: int, days: int) -> NDArray[np.bool_]:
        """Days with a fair near each container, [containers, days]; announced weeks ahead."""
        day = np.arange(first_day, first_day + days)
        week = (day + 3) // 7
        held = draws.uniform(self.seed, "fair", (self.site // _EVENT_SITES)[:, None], week) < _EVENT_CHANCE
        found: NDArray[np.bool_] = held & (weekday(day) >= 4)
        return found

    def _feasts(self, day: Int) -> Float:
        """Factor of public holidays and of the days around Christmas, [containers, days]."""
        number = np.array([FRACTIONS.index(name) for name in self.fraction])
        free, feast = holidays_and_feasts(day)
        on_holiday, at_feast = (
            np.array([each[name] for name in FRACTIONS])[number] for each in (_HOLIDAY, _FEAST)
        )
        factor: Float = np.where(free, on_holiday[:, None], 1.0) * np.where(feast, at_feast[:, None], 1.0)
        return factor


def part_of_day(hours: Float) -> Float:
    """Share 0..1 of a day's growth that has fallen `hours` after midnight."""
    share: Float = np.interp(hours, np.arange(26), _HOURS_SHARE)
    return share


def growth_of(seed: int, containers: list[Container]) -> Growth:
    """The filling of all containers of a district."""
    days = np.array([bin_.days_to_full for bin_ in containers])
    site = np.array([bin_.site for bin_ in containers])
    return Growth(seed, np.arange(len(containers)), days, [bin_.fraction for bin_ in containers], site)


class Filling:
    """Levels of all containers under the fixed rhythm, between two local days (both included)."""

    def __init__(self, seed: int, containers: list[Container], first_day: int, last_day: int) -> None:
        self.first_day, self.last_day = first_day, last_day
        self._start = first_day - _MEMORY_DAYS
        self._seed = seed
        daily = growth_of(seed, containers).daily(self._start, last_day - self._start + 1)
        self._daily = daily
        self._before = np.concatenate(
            (np.zeros((len(containers), 1), dtype=np.int64), np.cumsum(daily, axis=1)), axis=1
        )
        rhythm = np.array([bin_.rhythm_days for bin_ in containers])
        self.lifts_s = _lifts(
            seed, rhythm, np.array([bin_.site for bin_ in containers]), self._start, last_day
        )
        """Times of lifts [containers, most], ascending, infinite where there are no more."""

    def micro(self, container: Int, time_s: Float) -> Int:
        """Level in millionths at times (n containers, n times); more than a million is an overflow."""
        count = np.zeros(len(container), dtype=np.int64)
        for column in self.lifts_s.T:
            count += column[container] <= time_s
        lift_s = self.lifts_s[container, np.maximum(count - 1, 0)]
        left = (
            60_000 * draws.uniform(self._seed, "left", container, np.rint(lift_s).astype(np.int64)) ** 2
        ).astype(np.int64)
        return left + self._total(container, time_s) - self._total(container, lift_s)

    def level(self, container: Int, time_s: Float) -> Float:
        """True level 0..; 1 is full."""
        level: Float = self.micro(container, time_s) / MICRO
        return level

    def _total(self, container: Int, time_s: Float) -> Int:
        day, hours = days_and_hours(time_s)
        day = np.clip(day - self._start, 0, self._daily.shape[1] - 1)
        today = np.rint(self._daily[container, day] * part_of_day(hours)).astype(np.int64)
        total: Int = self._before[container, day] + today
        return total


def _lifts(seed: int, rhythm: Int, site: Int, first_day: int, last_day: int) -> Float:
    """Every `rhythm` days; Sundays shift to Monday, a few are a day late, very few are left out."""
    number = np.arange(len(rhythm))
    phase = (draws.bits(seed, "phase", number) >> np.uint64(20)).astype(np.int64) % rhythm
    most = (last_day - first_day) // int(rhythm.min()) + 2
    k = -(-(first_day - phase) // rhythm)[:, None] + np.arange(most)
    day = phase[:, None] + k * rhythm[:, None]
    late = draws.uniform(seed, "late", number[:, None], k)
    done = (day <= last_day) & ~((late > 0.988) & (rhythm[:, None] > 4))
    day = day + (late < 0.06)
    day = day + (weekday(day) == 6)
    hour = (
        6.2
        + 8 * draws.uniform(seed, "hour", site)[:, None]
        + 0.4 * draws.normal(seed, "minute", number[:, None], k)
    )
    midnights = np.array([midnight_s(d) for d in range(first_day, last_day + 4)], dtype=np.float64)
    times = midnights[np.clip(day - first_day, 0, len(midnights) - 1)] + np.rint(
        3600 * np.clip(hour, 6, 15.5)
    )
    # A window always begins with a lift, so that every moment has a last one.
    times[:, 0] = np.where(done[:, 0], times[:, 0], midnights[0])
    times[:, 1:][~done[:, 1:]] = np.inf
    return np.sort(times, axis=1)
