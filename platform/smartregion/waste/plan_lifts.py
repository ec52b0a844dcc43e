"""Which containers are lifted on a day, by the due rule or the fixed calendar, and how much is in them."""

import datetime as dt
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from smartregion.registry.objects import Fraction
from smartregion.waste.due import FULLEST, DueRule, level_at
from smartregion.waste.levels import ContainerState
from smartregion.waste.plan_day import Day
from smartregion.waste.workdays import WorkDays

UNKNOWN_LEVEL = 0.5
"""A container of the fixed calendar whose level nobody knows counts as half full."""
_NOON = dt.time(12)
_WORKDAYS = 5
_SHIFT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Lift:
    """One container to empty, with what is expected in it at noon of the day."""

    container: str
    site: str
    fraction: str
    volume_l: float
    level: float
    """Expected share of the volume, 0..1.2."""
    kg: float
    pressed_l: float
    """Litres of the vehicle's body that it takes: volume x level / press factor."""
    prize: float | None = None
    """What leaving it out costs, EUR; None for one that must be lifted."""
    p_full: float | None = None
    """Probability 0..1 that it is full before the next possible visit; None where no forecast knows."""


def as_of(day: Day, now: dt.datetime) -> dt.datetime:
    """What a plan may know: everything until now, but for a day gone by only what was known when it began."""
    return now if now.astimezone(day.zone).date() <= day.date else day.midnight


def due_lifts(
    containers: Iterable[ContainerState],
    fractions: Mapping[str, Fraction],
    rule: DueRule,
    day: Day,
    now: dt.datetime,
) -> list[Lift]:
    """Containers that the rule calls due on that day.

    Levels are carried from the last reading to now, and on to the same clock time of a later day. A container
    without a level is not due: nobody knows anything about it.
    """
    days_ahead = max(0, (day.date - now.astimezone(day.zone).date()).days)
    then = now + dt.timedelta(days=days_ahead)
    due = []
    for state in containers:
        if state.level is None:
            continue
        level = level_at(state.level, state.level_time or now, state.rate_per_day, then)
        if rule.due(level, state.rate_per_day):
            due.append(lift_on(state, fractions[state.fraction], day))
    return due


def fixed_lifts(
    containers: Iterable[ContainerState],
    fractions: Mapping[str, Fraction],
    day: Day,
    work: WorkDays | None = None,
    levels: Mapping[str, float] | None = None,
) -> list[Lift]:
    """Containers whose fixed rhythm falls on that day, whatever lies in them: the baseline.

    With `work` the shifts of public holidays and of the operator's table count, in both directions. levels:
    what a forecast expects in containers without a sensor.
    """
    dates = [day.date] if work is None else _collected_on(day.date, work)
    return [
        lift_on(state, fractions[state.fraction], day, (levels or {}).get(state.id))
        for state in containers
        if state.rhythm_days is not None and any(falls_due(state, state.rhythm_days, date) for date in dates)
    ]


def _collected_on(date: dt.date, work: WorkDays) -> list[dt.date]:
    """Days of the calendar whose collection takes place on that date."""
    near = (date + dt.timedelta(days=k) for k in range(-_SHIFT_DAYS, _SHIFT_DAYS + 1))
    return [planned for planned in near if work.collected_on(planned) == date]


def falls_due(state: ContainerState, rhythm_days: int, date: dt.date) -> bool:
    """Does the collection calendar send a vehicle on that date?

    All containers of one fraction and rhythm in one municipality share their day, as calendars do; a fixed
    hash spreads the municipalities. Rhythms of whole weeks use Monday to Friday only.
    """
    key = f"{state.municipality}/{state.fraction}".encode()
    spread = zlib.crc32(key)
    weeks, rest = divmod(rhythm_days, 7)
    if rest:
        return date.toordinal() % rhythm_days == spread % rhythm_days
    week, weekday = divmod(spread % (weeks * _WORKDAYS), _WORKDAYS)
    # Ordinal 1 is a Monday, so that a multiple of 7 after it is one too.
    return (date.toordinal() - 1) % rhythm_days == 7 * week + weekday


def lifts_a_day(containers: Iterable[ContainerState]) -> float:
    """Mean lifts a day of the fixed calendar, over all days of the week."""
    return sum(1.0 / state.rhythm_days for state in containers if state.rhythm_days)


def lift_on(state: ContainerState, fraction: Fraction, day: Day, expected: float | None = None) -> Lift:
    """A container to empty at noon of a day, with its last level carried on at its rate.

    expected: its level where it has none, half full where nobody knows.
    """
    level = UNKNOWN_LEVEL if expected is None else min(expected, FULLEST)
    if state.level is not None:
        noon = day.moment(day.second(_NOON))
        level = level_at(state.level, state.level_time or noon, state.rate_per_day, noon)
    return lift_of(state, fraction, level)


def lift_of(state: ContainerState, fraction: Fraction, level: float) -> Lift:
    """A container to empty with that level (0..1.2) in it; mass and volume by its fraction's figures."""
    litres = state.volume_l * level
    return Lift(
        state.id,
        state.site,
        state.fraction,
        state.volume_l,
        round(level, 3),
        litres * fraction.density_kg_per_l,
        litres / fraction.press_factor,
    )
