"""Forecasts of all containers from the database: made from levels and lifts, kept, and told."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import class_row

from smartregion.registry.objects import sites
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.waste.cleaning import NOISE, Reason
from smartregion.waste.expected import HISTORY_DAYS, Expected, Span, Told, expected_of
from smartregion.waste.levels import ContainerState, container_states
from smartregion.waste.lifts import Events, Past
from smartregion.waste.rates import unpack
from smartregion.waste.rules import Event, event_days
from smartregion.waste.rules_store import table
from smartregion.waste.workdays import WorkDays

Floats = NDArray[np.float64]

AHEAD_DAYS = 8
"""Days that it tells, today included."""
_INTERVAL = 0.9
_DIGITS = 4
_RECENT_BATTERY = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ContainerForecast:
    """What is expected of one container; lists hold one value a day, the end of each local day."""

    id: str
    """Id of the container."""
    made_at: dt.datetime
    """Moment whose knowledge it rests on, UTC."""
    level: float | None
    """Level at that moment, cleaned, share of the usable volume; null when nobody knows."""
    level_sd: float | None
    """Its standard deviation."""
    reason: str
    """Why it is as sure as it is: measured, carried, echoes, stuck, jumped, battery, lifts,
    temperature or unknown."""
    rate_per_day: float
    """Rise on a usual day, share of the volume."""
    rate_sd: float
    """Its standard deviation."""
    first_date: dt.date
    """Local date of the first value of the lists."""
    expected: list[float]
    """Mean level if nobody lifts it; above 1 it overflows."""
    low: list[float]
    """Lower end of the interval that holds the level with probability 0.9."""
    high: list[float]
    """Its upper end."""
    p_full: list[float]
    """Probability 0..1 that it is full by then."""


def expect(
    connection: Connection,
    states: Sequence[ContainerState],
    now: dt.datetime,
    zone: ZoneInfo,
    work: WorkDays,
    days: int = AHEAD_DAYS,
    events: Sequence[Event] = (),
) -> tuple[Expected, Past]:
    """What is expected of these containers, as known at `now` (aware), for `days` local days from today.

    `events` past and to come are learned from and reckoned with.
    """
    span = Span(now, zone)
    ids = [state.id for state in states]
    held = _event_days(events, connection, states, span.first, HISTORY_DAYS + days - 1)
    fractions = [state.fraction for state in states]
    return expected_of(ids, fractions, _told(connection, ids, span), span, work, days, held)


def levels_at_lift(
    connection: Connection,
    states: Sequence[ContainerState],
    now: dt.datetime,
    zone: ZoneInfo,
    work: WorkDays,
    dates: Sequence[dt.date],
) -> list[dict[str, float]]:
    """What crews find who come by the calendar on each date, in those of the containers without a level."""
    silent = [state for state in states if state.level is None]
    if not silent:
        return [{} for _ in dates]
    today = now.astimezone(zone).date()
    days = [max((date - today).days, 0) for date in dates]
    expected, _ = expect(connection, silent, now, zone, work, max(days) + 1)
    found = [zip(expected.ids, expected.at_lift(day).tolist(), strict=True) for day in days]
    return [{id: level for id, level in one if not np.isnan(level)} for one in found]


def refresh(connection: Connection, now: dt.datetime, zone: ZoneInfo, state: str) -> int:
    """Make the forecasts of all containers anew and keep them with the lifts found; returns their number."""
    containers = container_states(connection, now)
    if not containers:
        return 0
    work, events = work_days(connection, state), table(connection, "events")
    expected, past = expect(connection, containers, now, zone, work, events=events)
    since = now - dt.timedelta(days=HISTORY_DAYS)
    connection.execute(_sql("forget"), {"ids": list(expected.ids)})
    connection.execute(_sql("forget_found"), {"since": since})
    with connection.cursor() as cursor:
        cursor.executemany(_sql("keep"), [_row(one) for one in _lines(expected, now)])
        cursor.executemany(_sql("keep_found"), [_found(expected, one) for one in past.found])
    return len(expected.ids)


def forecast(connection: Connection, id: str) -> ContainerForecast | None:
    """The forecast that was made last for a container; None when there is none yet."""
    with connection.cursor(row_factory=class_row(ContainerForecast)) as cursor:
        return cursor.execute(_sql("forecast"), {"id": id}).fetchone()


def work_days(connection: Connection, state: str) -> WorkDays:
    """Working days with the operator's yearly table; `state` as in the setting of that name."""
    moved = {shift.planned: shift.collected for shift in table(connection, "shifts")}
    return WorkDays(state=state, moved=moved)


def _event_days(
    events: Sequence[Event],
    connection: Connection,
    states: Sequence[ContainerState],
    first: dt.date,
    days: int,
) -> NDArray[np.bool_] | None:
    """Days with an event at each container [containers, days]."""
    if not events:
        return None
    places = {site.id: site for site in sites(connection)}
    return event_days(events, [places[state.site] for state in states], first, days)


def _told(connection: Connection, ids: Sequence[str], span: Span) -> Told:
    parameters = {"ids": list(ids), "since": span.since, "until": span.now}
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(queries.load("waste")["level_history"], parameters).fetchone()
    packed, level = (part or [] for part in row or ((), ()))
    read = unpack(np.array(packed, dtype=np.int64), np.array(level, dtype=np.float64))
    told = connection.execute(_sql("told_lifts"), parameters | {"since": span.lifts_since}).fetchall()
    limits = {"coldest": NOISE.coldest_c, "hottest": NOISE.hottest_c}
    outside = connection.execute(_sql("outside_range"), parameters | limits).fetchall()
    refused_s, since_s = np.full(len(ids), np.nan), span.since.timestamp()
    for place, second in outside:
        refused_s[place - 1] = np.fmax(refused_s[place - 1], since_s + second)
    bad = np.array([((place - 1) << 32) + second for place, second in outside], dtype=np.int64)
    sound = ~np.isin((read.container.astype(np.int64) << 32) + read.second, bad)
    container, second, level = read.container[sound], read.second[sound], read.level[sound]
    events = Events(
        container=np.concatenate((container, [int(place) - 1 for place, _, _ in told])).astype(np.intp),
        time_s=np.concatenate((since_s + second, [time.timestamp() for _, time, _ in told])),
        level=np.concatenate((level, [np.nan if seen is None else seen for _, _, seen in told])),
        lift=np.arange(len(level) + len(told)) >= len(level),
    )
    return Told(events, refused_s, _battery(connection, ids, span.now))


def _battery(connection: Connection, ids: Sequence[str], now: dt.datetime) -> Floats:
    volts = np.full(len(ids), np.nan)
    parameters = {"ids": list(ids), "until": now, "since": now - _RECENT_BATTERY}
    for place, value in connection.execute(_sql("battery"), parameters):
        volts[int(place) - 1] = value
    return volts


def _lines(expected: Expected, now: dt.datetime) -> list[ContainerForecast]:
    outlook = expected.outlook()
    low, high = outlook.interval(_INTERVAL)
    columns = [np.round(part, _DIGITS) for part in (outlook.expected(), low, high, outlook.p_full())]
    found = []
    for place, id in enumerate(expected.ids):
        known = not np.isnan(expected.level[place])
        lists = [column[place].tolist() if known else [] for column in columns]
        found.append(
            ContainerForecast(
                id,
                now,
                round(float(expected.level[place]), _DIGITS) if known else None,
                round(float(expected.level_sd[place]), _DIGITS) if known else None,
                Reason(int(expected.reason[place])).name.lower(),
                round(float(expected.model.rate[place]), _DIGITS),
                round(float(expected.model.rate_sd[place]), _DIGITS),
                expected.first_date,
                *lists,
            )
        )
    return found


def _row(one: ContainerForecast) -> dict[str, Any]:
    values = dataclasses.asdict(one)
    return values | {"container": values.pop("id")}


def _found(expected: Expected, one: tuple[int, float, float]) -> dict[str, Any]:
    place, time_s, level = one
    time = dt.datetime.fromtimestamp(round(time_s), dt.UTC)
    return {"container": expected.ids[place], "time": time, "level": level}


def _sql(name: str) -> str:
    return queries.load("forecast")[name]
