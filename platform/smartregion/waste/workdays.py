"""On which days vehicles collect: weekdays, public holidays, and the operator's yearly table of shifts."""

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

import holidays
import numpy as np
from numpy.typing import NDArray

KINDS = 8
"""Kinds of day that fill containers differently: Monday 0 to Sunday 6, public holiday 7."""
HOLIDAY = 7
_MOST_DAYS_OFF = 14


@dataclass(frozen=True)
class WorkDays:
    """The operator's working days.

    weekdays: Monday 0 to Sunday 6. state: of the public holidays, ISO 3166-2 without DE-.
    moved: the operator's yearly table, from the day of the calendar to the day on which it is collected, in
    both directions (Monday of Holy Week to the Saturday before, Easter Monday to Tuesday).
    Raises ValueError when no weekday is left.
    """

    weekdays: frozenset[int] = frozenset(range(6))
    state: str = "BB"
    moved: Mapping[dt.date, dt.date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ValueError(f"weekdays: {sorted(self.weekdays)} is not some of 0..6")

    def works(self, date: dt.date) -> bool:
        """Do vehicles collect on that day? What the table moves to a day makes it a working day."""
        if date in self._arrivals:
            return True
        return date.weekday() in self.weekdays and not self.holiday(date) and date not in self.moved

    def holiday(self, date: dt.date) -> bool:
        """Is it a public holiday of the state?"""
        return date in _public_holidays(self.state)

    def collected_on(self, date: dt.date) -> dt.date:
        """When the collection of a calendar day takes place.

        Without a row of the table a holiday shifts its own day and the later ones of its week by one each, as
        far as Saturday, which most operators do.
        """
        if date in self.moved:
            return self.moved[date]
        monday = date - dt.timedelta(days=date.weekday())
        shift = sum(
            self.holiday(monday + dt.timedelta(days=k)) and monday + dt.timedelta(days=k) not in self.moved
            for k in range(min(date.weekday(), 4) + 1)
        )
        return date + dt.timedelta(days=min(shift, max(0, 5 - date.weekday())))

    def next_visit(self, date: dt.date) -> dt.date:
        """The first working day after `date`."""
        later = (date + dt.timedelta(days=k) for k in range(1, _MOST_DAYS_OFF + 1))
        return next((day for day in later if self.works(day)), date + dt.timedelta(days=_MOST_DAYS_OFF))

    def kinds(self, first: dt.date, days: int) -> NDArray[np.intp]:
        """Kind of `days` days from `first`: weekday 0..6, or 7 on a public holiday."""
        dates = (first + dt.timedelta(days=k) for k in range(days))
        return np.array([HOLIDAY if self.holiday(day) else day.weekday() for day in dates], dtype=np.intp)

    @functools.cached_property
    def _arrivals(self) -> frozenset[dt.date]:
        return frozenset(self.moved.values())


@functools.cache
def _public_holidays(state: str) -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv=state)
