"""Local days as counters need them: quarter hours of 23, 24 or 25 hours, and groups of like days."""

import datetime as dt
import enum
import functools
from collections.abc import Iterable

import holidays
import numpy as np
from numpy.typing import NDArray

QUARTER_S = 900
"""Seconds of a quarter hour, the grid of all day curves."""
CLOCK_QUARTERS = 96
"""Quarter hours on the face of the clock; a day may have 92 or 100 of them."""
_QUARTER = dt.timedelta(seconds=QUARTER_S)


class DayGroup(enum.StrEnum):
    """Days that look alike on the road."""

    WORKDAY = "workday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    """Sundays and public holidays of the state."""


def day_group(date: dt.date, state: str) -> DayGroup:
    """Group of a local date; `state` is ISO 3166-2 without DE-, e.g. BB."""
    if date.weekday() == 6 or public_holiday(date, state):
        return DayGroup.SUNDAY
    return DayGroup.SATURDAY if date.weekday() == 5 else DayGroup.WORKDAY


def public_holiday(date: dt.date, state: str) -> bool:
    """Is it a public holiday of the federal state?"""
    return date in _public_holidays(state)


def like_days(date: dt.date, state: str, weeks: int = 4) -> list[dt.date]:
    """Days of the same group in the `weeks` before `date`, the oldest first."""
    group = day_group(date, state)
    before = (date - dt.timedelta(days=days) for days in range(7 * weeks, 0, -1))
    return [day for day in before if day_group(day, state) is group]


def day_bounds(date: dt.date, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
    """Begin and end (exclusive) of a local day, UTC."""
    midnight = dt.datetime.combine(date, dt.time(), zone)
    next_midnight = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), zone)
    return midnight.astimezone(dt.UTC), next_midnight.astimezone(dt.UTC)


def quarter_starts(date: dt.date, zone: dt.tzinfo) -> list[dt.datetime]:
    """Begins of all quarter hours of a local day, UTC: 96, in spring 92, in autumn 100."""
    begin, end = day_bounds(date, zone)
    return [begin + index * _QUARTER for index in range(int((end - begin) / _QUARTER))]


def clock_quarters(times: Iterable[dt.datetime], zone: dt.tzinfo) -> NDArray[np.intp]:
    """Where each moment lies on the face of the local clock, 0..95; the double hour comes twice."""
    local = (time.astimezone(zone) for time in times)
    return np.array([(time.hour * 60 + time.minute) // 15 for time in local], dtype=np.intp)


@functools.lru_cache(maxsize=1000)
def day_clock(date: dt.date, zone: dt.tzinfo) -> NDArray[np.intp]:
    """Where the quarter hours of a local day lie on the face of the clock: shape (92 to 100,)."""
    found = clock_quarters(quarter_starts(date, zone), zone)
    found.flags.writeable = False
    return found


def at_clock(date: dt.date, clock: dt.time, zone: dt.tzinfo) -> dt.datetime:
    """The moment (UTC) when the local clock of that day shows `clock`; the first of a double hour."""
    return dt.datetime.combine(date, clock, zone).astimezone(dt.UTC)


@functools.cache
def _public_holidays(state: str) -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv=state)
