"""Local days of the region; days count from 1970-01-01, times are Unix seconds."""

import datetime as dt
import functools
from zoneinfo import ZoneInfo

import holidays
import numpy as np
from numpy.typing import NDArray

from simulators.draws import Float

_ZONE = ZoneInfo("Europe/Berlin")
_EPOCH = dt.date(1970, 1, 1)
Days = NDArray[np.int64]


@functools.lru_cache(maxsize=4096)
def midnight_s(day: int) -> int:
    """When a local day begins."""
    date = _EPOCH + dt.timedelta(days=day)
    return int(dt.datetime(date.year, date.month, date.day, tzinfo=_ZONE).timestamp())


def day_of(time_s: float) -> int:
    """The local day that holds a time."""
    return (dt.datetime.fromtimestamp(time_s, _ZONE).date() - _EPOCH).days


def days_and_hours(time_s: Float) -> tuple[Days, Float]:
    """Local day of each time, and hours since its midnight (a day of 23 or 25 hours ends with 23 or 25)."""
    time_s = np.asarray(time_s, dtype=np.float64)
    if not time_s.size:
        return np.zeros(time_s.shape, dtype=np.int64), np.zeros(time_s.shape)
    first, last = day_of(float(time_s.min())), day_of(float(time_s.max()))
    midnights = np.array([midnight_s(day) for day in range(first, last + 2)], dtype=np.float64)
    place = np.searchsorted(midnights, time_s, side="right") - 1
    return first + place.astype(np.int64), (time_s - midnights[place]) / 3600


def weekday(day: Days) -> Days:
    """Monday 0 to Sunday 6."""
    shifted: Days = (np.asarray(day) + 3) % 7
    return shifted


def season(day: Days | Float) -> Float:
    """Part of the year 0..1, 0 on 1 January, to a quarter of a day."""
    part: Float = (np.asarray(day, dtype=np.float64) % 365.2425) / 365.2425
    return part


def holidays_and_feasts(day: Days) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which days are public holidays of Brandenburg, and which lie between 23 December and 2 January."""
    dates = [_EPOCH + dt.timedelta(days=int(each)) for each in day]
    free = np.array([date in _public_holidays() for date in dates], dtype=np.bool_)
    feast = [(date.month, date.day) >= (12, 23) or (date.month, date.day) <= (1, 2) for date in dates]
    return free, np.array(feast, dtype=np.bool_)


@functools.cache
def _public_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv="BB")
