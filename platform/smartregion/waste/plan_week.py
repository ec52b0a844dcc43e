"""The coming week as it looks now: what has to be lifted on which day, when each day does what it must."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from smartregion.store.database import Connection
from smartregion.waste import forecasts
from smartregion.waste.choice import PRICES, Prices
from smartregion.waste.due import DueRule
from smartregion.waste.plan_choice import candidates, days_needed, gaps
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_input import planned_on, read_now
from smartregion.waste.plan_lifts import fixed_lifts

DAYS = 7


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of the coming week."""

    date: dt.date
    """Local date."""
    working: bool
    """Do vehicles collect on that day?"""
    must: int
    """Containers that have to be lifted: by duty of the forecast, the due rule, or a fixed calendar."""
    may: int
    """Containers that are ripe or might overflow: taken along where a tour passes."""
    load_kg: float
    """Expected mass of those that must."""
    fractions: dict[str, int]
    """Those that must by fraction."""
    fixed: int
    """Containers that the fixed schedule lifts on that day."""
    accepted: int | None
    """Containers of the accepted plan of that day; null while there is none."""


def week(
    connection: Connection,
    now: dt.datetime,
    zone: ZoneInfo,
    state: str,
    school_free: frozenset[dt.date] = frozenset(),
    prices: Prices = PRICES,
) -> list[WeekDay]:
    """The next seven local days from today, rolling: what an earlier day must lift is gone on a later one.

    Where a plan of a day is accepted, its containers count as lifted on that day instead.
    """
    region, states = read_now(connection, now, state, school_free)
    work, today = forecasts.work_days(connection, state), now.astimezone(zone).date()
    dates = [today + dt.timedelta(days=k) for k in range(DAYS)]
    by_calendar = {one.id for one in states if region.contract(one.fraction, one.site).mode == "fixed"}
    dynamic = [one for one in states if one.id not in by_calendar]
    fixed_only = [one for one in states if one.id in by_calendar]
    last = days_needed(Day(dates[-1], zone), today, gaps(dynamic, region, dates[-1], work))
    expected, _ = forecasts.expect(connection, dynamic, now, zone, work, last + DAYS, region.rules.events)
    by_habit = forecasts.levels_at_lift(connection, fixed_only, now, zone, work, dates)
    gone: set[str] = set()
    found = []
    for date, levels in zip(dates, by_habit, strict=True):
        day = Day(date, zone)
        open_ = candidates(
            dynamic, expected, region.fractions, DueRule(), day, now, work,
            gaps(dynamic, region, date, work), gone, prices,
        )  # fmt: skip
        duty = [lift for lift in open_.lifts if (lift.p_full or 0.0) > prices.must_probability]
        must = [*open_.duty, *duty, *fixed_lifts(fixed_only, region.fractions, day, work, levels)]
        accepted = planned_on(connection, date)
        found.append(
            WeekDay(
                date,
                work.works(date),
                len(must),
                len(open_.lifts) - len(duty),
                round(sum(lift.kg for lift in must), 1),
                dict(Counter(lift.fraction for lift in must)),
                len(fixed_lifts(states, region.fractions, day, work)),
                None if accepted is None else len(accepted),
            )
        )
        gone |= {lift.container for lift in must} if accepted is None else accepted
    return found
