"""What an operator knows beside the registry: shifts, contracts, chambers, closed hours and events."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from smartregion.registry.objects import Site
from smartregion.traffic.calendar import public_holiday
from smartregion.waste.plan_day import Day, Window

Flags = NDArray[np.bool_]
Regime = Literal["arbzg", "eu561+arbzg"]

_METRES_A_DEGREE = 111_195.0
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """What the calendar plans for one day is collected on another, earlier or later."""

    planned: dt.date
    """Day of the calendar."""
    collected: dt.date
    """Day on which it is collected."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Who is responsible for a fraction in a municipality, or where none is named in all others."""

    fraction: str
    """Key of the waste fraction."""
    body: str
    """Responsible body; its containers never share a tour with those of another."""
    municipality: str | None = None
    """Id of the municipality; null means all without a contract of their own."""
    mode: Literal["dynamic", "fixed"] = "dynamic"
    """dynamic: lifted when it pays; fixed: by the calendar, as door to door."""
    tour_kind: Literal["depot", "door"] = "depot"
    """Depot containers, or bins from door to door."""
    regime: Regime = "arbzg"
    """Rules for breaks."""
    plans: bool = True
    """False: levels are only seen, somebody else plans."""
    vehicles: tuple[str, ...] = ()
    """The only vehicles that may serve it; empty means all of the fraction."""
    disposal_sites: tuple[str, ...] = ()
    """The only places that may take it; empty means all that accept the fraction."""


NO_CONTRACT = Contract("", "")
"""What counts where the operator said nothing."""


@dataclass(frozen=True, slots=True)
class Chamber:
    """A part of a vehicle's body with a capacity of its own."""

    vehicle: str
    """Id of the vehicle."""
    number: int
    """From 1."""
    fractions: tuple[str, ...]
    """Keys of what it takes."""
    capacity_kg: int
    """Greatest mass, kg."""
    capacity_l: int
    """Room, l of pressed waste."""


@dataclass(frozen=True, slots=True)
class Closure:
    """When nobody may collect; local time."""

    reason: str
    """Why, in words: school, market, noise, road works."""
    site: str | None = None
    """Id of the site; null means all of the municipality."""
    municipality: str | None = None
    """Id of the municipality; null with a null site means everywhere."""
    weekdays: tuple[int, ...] = ()
    """0 Monday to 6 Sunday; empty means every day."""
    closed_from: dt.time | None = None
    """Begin of the closed hours; null means the whole day."""
    closed_to: dt.time | None = None
    """Their end."""
    first: dt.date | None = None
    """First day; null means always."""
    last: dt.date | None = None
    """Last day; null means for ever."""
    school_days: bool = False
    """Only on school days."""


@dataclass(frozen=True, slots=True)
class Event:
    """A fair or festival: at a site, in a municipality, or around a place."""

    name: str
    """Its name."""
    first: dt.date
    """First day."""
    last: dt.date
    """Last day."""
    site: str | None = None
    """Id of the site."""
    municipality: str | None = None
    """Id of the municipality."""
    lon: float | None = None
    """Longitude of its place, degrees WGS 84."""
    lat: float | None = None
    """Latitude of its place, degrees WGS 84."""
    radius_m: float | None = None
    """How far it reaches, m."""


@dataclass(frozen=True)
class Rules:
    """All that an operator said."""

    shifts: Sequence[Shift] = ()
    contracts: Sequence[Contract] = ()
    chambers: Sequence[Chamber] = ()
    closures: Sequence[Closure] = ()
    events: Sequence[Event] = ()
    school_free: frozenset[dt.date] = frozenset()
    """Days of school holidays."""
    state: str = "BB"
    """Federal state of public holidays, ISO 3166-2 without DE-."""

    def contract(self, fraction: str, municipality: str | None) -> Contract:
        """The contract of a fraction in a municipality (id), else that of all others, else none."""
        own = [one for one in self.contracts if one.fraction == fraction]
        for wanted in (municipality, None):
            found = next((one for one in own if one.municipality == wanted), None)
            if found is not None:
                return found
        return NO_CONTRACT

    def school_day(self, date: dt.date) -> bool:
        """Is there school?"""
        return date.weekday() < 5 and date not in self.school_free and not public_holiday(date, self.state)

    def closures_on(self, site: Site, date: dt.date) -> list[Closure]:
        """Closures of a site on a local date."""
        return [one for one in self.closures if self._closes(one, site, date)]

    def closed_all_day(self, site: Site, date: dt.date) -> Closure | None:
        """What closes a site for the whole date, None when it can be visited."""
        return next((one for one in self.closures_on(site, date) if one.closed_from is None), None)

    def _closes(self, one: Closure, site: Site, date: dt.date) -> bool:
        if one.site not in (None, site.id) or one.municipality not in (None, site.municipality):
            return False
        if one.weekdays and date.weekday() not in one.weekdays:
            return False
        if (one.first and date < one.first) or (one.last and date > one.last):
            return False
        return self.school_day(date) if one.school_days else True


def windows(rules: Rules, site: Site, day: Day, service_s: float) -> tuple[Window, ...]:
    """When a service of `service_s` may start at a site on that day, so that it ends before closed hours.

    Empty means always, as for the solver; a site closed all day has to be left out before.
    """
    open_ = day.windows(site.window_from, site.window_to, service_s)
    shut = [
        (day.second(one.closed_from) - service_s, day.second(one.closed_to))
        for one in rules.closures_on(site, day.date)
        if one.closed_from is not None and one.closed_to is not None
    ]
    if not shut:
        return open_
    left = list(open_ or (day.whole,))
    for begin, end in sorted(shut):
        left = [
            part
            for opens, closes in left
            for part in ((opens, min(closes, begin)), (max(opens, end), closes))
            if part[1] >= part[0] and part[1] >= 0
        ]
    # Nothing is left: a window that no shift reaches.
    return tuple(left) or ((day.whole[1], day.whole[1]),)


def event_days(events: Iterable[Event], sites: Sequence[Site], first: dt.date, days: int) -> Flags | None:
    """Days with an event at each site [sites, days] from `first` on; None when no event is near."""
    found = np.zeros((len(sites), days), dtype=bool)
    lonlat = np.array([(site.lon, site.lat) for site in sites]).reshape(-1, 2)
    for event in events:
        begin, end = max(0, (event.first - first) // _DAY), min(days, (event.last - first) // _DAY + 1)
        if begin < end:
            found[np.ix_(_near(event, sites, lonlat), np.arange(begin, end))] = True
    return found if found.any() else None


def chambers_of(rules: Rules) -> Mapping[str, list[Chamber]]:
    """Chambers by vehicle."""
    found: dict[str, list[Chamber]] = {}
    for one in rules.chambers:
        found.setdefault(one.vehicle, []).append(one)
    return found


def _near(event: Event, sites: Sequence[Site], lonlat: NDArray[np.float64]) -> Flags:
    if event.site is not None:
        return np.array([site.id == event.site for site in sites], dtype=bool)
    if event.municipality is not None:
        return np.array([site.municipality == event.municipality for site in sites], dtype=bool)
    east = (lonlat[:, 0] - (event.lon or 0.0)) * np.cos(np.radians(event.lat or 0.0))
    away_m = np.hypot(east, lonlat[:, 1] - (event.lat or 0.0)) * _METRES_A_DEGREE
    return np.asarray(away_m <= (event.radius_m or 0.0))
