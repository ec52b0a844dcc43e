"""Proof: figures of the waste loop over some days beside the fixed schedule of the same days."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from psycopg.rows import class_row

from smartregion.errors import InvalidInput
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.waste.levels import container_ids
from smartregion.waste.rates import Levels, unpack
from smartregion.waste.workdays import WorkDays

MOST_DAYS = 400
_WATCHED_H = 24.0
"""A level speaks for so many hours at most; a longer silence is not watched."""
_HOUR_S = 3600.0

Name = Literal[
    "lifts", "fill_at_lift", "overflow_hours", "km", "hours", "km_per_t", "co2_kg", "diesel_l", "ticked"
]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the span."""

    name: Name
    """Its key; the formula stands in docs/forecast.md and on the page."""
    value: float | None
    """What was planned or measured; null when nothing is known."""
    fixed: float | None
    """The same by the fixed schedule of the same days; null where it has no such figure."""
    completeness: float
    """Share 0..1 of what should be known that is known; what that is depends on the figure."""


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day with an accepted plan; `fixed_...` is the fixed schedule of that day."""

    date: dt.date
    """Local date."""
    plan: int
    """Id of the plan."""
    lifts: int
    """Containers to lift."""
    ticked: int
    """Containers of ticked stops."""
    km: float
    """Way of its tours."""
    hours: float
    """Hours from leaving to coming home."""
    load_kg: float
    """Expected load."""
    diesel_l: float | None
    """Litres of diesel by the plan's factor."""
    co2_kg: float | None
    """CO2 by the plan's factor."""
    fixed_lifts: int | None
    """By calendar."""
    fixed_km: float | None
    """Way of the calendar's tours, searched by the same solver."""
    fixed_hours: float | None
    """Their hours."""
    fixed_load_kg: float | None
    """Their load."""
    fixed_diesel_l: float | None
    """Their diesel."""
    fixed_co2_kg: float | None
    """Their CO2."""


@dataclass(frozen=True, slots=True)
class OverflowRow:
    """A container that was above its rim."""

    container: str
    """Id of the container."""
    hours: float
    """Hours at or above the rim."""
    watched_hours: float
    """Hours of the span that its levels speak for."""


@dataclass(frozen=True, slots=True)
class LiftRow:
    """A lift with the level just before."""

    container: str
    """Id of the container."""
    time: dt.datetime
    """When, UTC."""
    level: float
    """Share of the volume."""
    source: str
    """sensor or driver."""


@dataclass(frozen=True, slots=True)
class Kpis:
    """Figures with the rows that they are made of."""

    first: dt.date
    """First local day."""
    last: dt.date
    """Last local day."""
    figures: list[Figure]
    """What the span came to."""
    days: list[DayRow]
    """Days with an accepted plan."""
    overflows: list[OverflowRow]
    """Containers above their rim, the longest first."""
    lifts: list[LiftRow]
    """Lifts with a known level, oldest first."""


def kpis(
    connection: Connection, first: dt.date, last: dt.date, now: dt.datetime, zone: ZoneInfo, work: WorkDays
) -> Kpis:
    """Figures of the local days `first` to `last`, as far as `now`; raises InvalidInput for a bad span."""
    if not first <= last <= first + dt.timedelta(days=MOST_DAYS):
        raise InvalidInput("to", last, f"a day from {first} on, at most {MOST_DAYS} days later")
    since = dt.datetime.combine(first, dt.time(), zone)
    until = min(dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone), now)
    days = _days(connection, first, last)
    overflows, watched = _overflows(connection, since, max(since, until))
    lifts = _lifts(connection, since, until)
    dates = (first + dt.timedelta(days=k) for k in range((last - first).days + 1))
    working = sum(work.works(date) for date in dates if date <= now.astimezone(zone).date())
    return Kpis(first, last, _figures(days, overflows, watched, lifts, working), days, overflows, lifts)


def _figures(
    days: Sequence[DayRow],
    overflows: Sequence[OverflowRow],
    watched: float,
    lifts: Sequence[LiftRow],
    working: int,
) -> list[Figure]:
    planned = min(1.0, len(days) / working) if working else 0.0
    compared = [day for day in days if day.fixed_km is not None]
    known = planned * len(compared) / len(days) if days else 0.0
    done = sum(day.lifts for day in days)
    levels = [min(lift.level, 1.0) for lift in lifts]

    def beside(name: Name, own: str, other: str, rows: Sequence[DayRow], share: float) -> Figure:
        return Figure(name, _sum(rows, own), _sum(rows, other), round(share, 3))

    km, load_kg = _sum(compared, "km"), _sum(compared, "load_kg")
    fixed_km, fixed_load_kg = _sum(compared, "fixed_km"), _sum(compared, "fixed_load_kg")
    return [
        beside("lifts", "lifts", "fixed_lifts", days, planned),
        Figure("ticked", _sum(days, "ticked"), None, round(planned, 3)),
        Figure(
            "fill_at_lift",
            round(float(np.mean(levels)), 3) if levels else None,
            None,
            round(min(1.0, len(levels) / done), 3) if done else 0.0,
        ),
        Figure(
            "overflow_hours", round(sum(row.hours for row in overflows), 1) if watched else None, None,
            round(watched, 3),
        ),
        beside("km", "km", "fixed_km", compared, known),
        beside("hours", "hours", "fixed_hours", compared, known),
        Figure("km_per_t", _per_t(km, load_kg), _per_t(fixed_km, fixed_load_kg), round(known, 3)),
        beside("diesel_l", "diesel_l", "fixed_diesel_l", compared, known),
        beside("co2_kg", "co2_kg", "fixed_co2_kg", compared, known),
    ]  # fmt: skip


def _sum(rows: Iterable[DayRow], name: str) -> float | None:
    """Sum of the known values; None when there is none."""
    known = [value for row in rows if (value := getattr(row, name)) is not None]
    return round(float(sum(known)), 1) if known else None


def _per_t(km: float | None, load_kg: float | None) -> float | None:
    return round(km / (load_kg / 1000.0), 2) if km is not None and load_kg else None


def _days(connection: Connection, first: dt.date, last: dt.date) -> list[DayRow]:
    rows = connection.execute(_sql("days"), {"first": first, "last": last}).fetchall()
    return [_day(date, plan, summary, ticked) for date, plan, summary, ticked in rows]


def _day(date: dt.date, plan: int, summary: Mapping[str, Any], ticked: int) -> DayRow:
    fixed: Mapping[str, Any] = summary.get("fixed") or {}
    names = ("lifts", "km", "hours", "load_kg", "diesel_l", "co2_kg")
    values: dict[str, Any] = {name: summary.get(name) or 0.0 for name in names[:4]}
    values |= {name: summary.get(name) for name in names[4:]}
    values |= {f"fixed_{name}": fixed.get(name) for name in names}
    return DayRow(date, plan, ticked=int(ticked), **values)


def _lifts(connection: Connection, since: dt.datetime, until: dt.datetime) -> list[LiftRow]:
    with connection.cursor(row_factory=class_row(LiftRow)) as cursor:
        return cursor.execute(_sql("lifts"), {"since": since, "until": until}).fetchall()


def _overflows(
    connection: Connection, since: dt.datetime, until: dt.datetime
) -> tuple[list[OverflowRow], float]:
    """Containers above the rim, and the share of all container-hours that levels speak for."""
    ids = container_ids(connection)
    with connection.cursor(binary=True) as cursor:
        parameters = {"ids": ids, "since": since, "until": until}
        row = cursor.execute(queries.load("waste")["level_history"], parameters).fetchone()
    packed, level = (part or [] for part in row or ((), ()))
    read = unpack(np.array(packed, dtype=np.int64), np.array(level, dtype=np.float64))
    span_h = (until - since).total_seconds() / _HOUR_S
    above_h, watched_h = hours_above(read, len(ids), span_h)
    rows = [
        OverflowRow(ids[place], round(float(above_h[place]), 1), round(float(watched_h[place]), 1))
        for place in np.argsort(-above_h).tolist()
        if above_h[place] > 0
    ]
    return rows, float(watched_h.sum()) / (span_h * len(ids)) if ids and span_h > 0 else 0.0


def hours_above(levels: Levels, count: int, span_h: float) -> tuple[Any, Any]:
    """Hours at or above the rim and hours watched of each container: a level holds until the next one."""
    time_h = levels.second / _HOUR_S
    same = levels.container[1:] == levels.container[:-1]
    until = np.full(len(time_h), span_h)
    until[:-1][same] = time_h[1:][same]
    held = np.clip(until - time_h, 0.0, _WATCHED_H)
    above = np.where(levels.level >= 1.0, held, 0.0)
    return (np.bincount(levels.container, weights, count) for weights in (above, held))  # type: ignore[return-value]


def _sql(name: str) -> str:
    return queries.load("waste_kpi")[name]
