"""Collection calendars: each container a pattern of visits, each municipality its weekday."""

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from simulators.draws import Float
from simulators.region.district import District
from smartregion.waste.workdays import WorkDays

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

_WORKING = 6
PATTERNS = (
    ("daily", 2),
    ("thrice a week", 3),
    ("twice a week", 4),
    *((f"every {w} weeks", 7 * w) for w in (1, 2, 3, 4)),
)
"""Patterns of visits and their longest gap, days; a daily one has its Sunday."""
_LONGEST = np.array([gap for _, gap in PATTERNS])


class Calendar:
    """Visits of every container on any day.

    Containers of a fraction in one municipality share their weekday and weeks, so that tours stay together;
    weekdays are given out so that each has about the same work.
    """

    def __init__(self, district: District, pattern: Ints, work: WorkDays) -> None:
        self._pattern, self._work = pattern, work
        zone_of: dict[tuple[str, str], int] = {}
        zone = np.array(
            [
                zone_of.setdefault(
                    (district.region.places[district.sites[bin_.site].place].municipality, bin_.fraction),
                    len(zone_of),
                )
                for bin_ in district.containers
            ]
        )
        fraction = np.array([bin_.fraction for bin_ in district.containers])
        load = np.bincount(zone, 7.0 / _LONGEST[pattern])
        weekday, week = np.zeros(len(zone_of), dtype=np.int64), np.zeros(len(zone_of), dtype=np.int64)
        for name in sorted(set(fraction)):
            slots = np.zeros(_WORKING)
            own = sorted(set(zone[fraction == name].tolist()), key=lambda one: (-load[one], one))
            for rank, one in enumerate(own):
                weekday[one] = int(slots.argmin())
                slots[weekday[one]] += load[one]
                week[one] = rank
        self._weekday, self._week = weekday[zone], week[zone]

    def visits(self, date: dt.date) -> Mask:
        """Which containers are lifted on a date, with the shifts of public holidays."""
        if not self._work.works(date):
            return np.zeros(len(self._pattern), dtype=bool)
        found = np.zeros(len(self._pattern), dtype=bool)
        for back in range(-2, 7):
            planned = date - dt.timedelta(days=back)
            if self._work.collected_on(planned) == date:
                found |= self._planned(planned)
        return found

    def _planned(self, date: dt.date) -> Mask:
        weekday, week = date.weekday(), (date.toordinal() - 1) // 7
        if weekday >= _WORKING:
            return np.zeros(len(self._pattern), dtype=bool)
        since = (weekday - self._weekday) % _WORKING
        every = np.maximum(self._pattern - 2, 1)
        weekly = (since == 0) & ((week + self._week) % every == 0)
        return np.asarray(
            np.select(
                [self._pattern == 0, self._pattern == 1, self._pattern == 2],
                [np.ones(len(since), dtype=bool), since % 2 == 0, since % 3 == 0],
                weekly,
            )
        )


def pattern_of(days: Float) -> Ints:
    """The rarest pattern whose longest gap is not above `days`; daily for those that would need more."""
    found = np.searchsorted(_LONGEST, days, side="right") - 1
    return np.asarray(np.maximum(found, 0), dtype=np.int64)
