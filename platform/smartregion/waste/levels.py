"""Levels of containers now and over time, with their rates; what tables, maps, alerts and plans share."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg.rows import class_row, dict_row

from smartregion.errors import NotFound
from smartregion.kept import Kept
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.waste.due import DueRule, days_until, level_at
from smartregion.waste.rates import History, summarise, unpack

HISTORY_DAYS = 14
"""Days of levels that a rate looks back."""
_DIGITS = 4
_MAX_AHEAD_DAYS = 365.0
"""A container that would be full later than this fills too slowly to name a day."""


@dataclass(frozen=True)
class ContainerState:
    """One container in use, as it stands."""

    id: str
    """Id in the registry."""
    site: str
    """Id of the site."""
    site_name: str
    """Name of the site."""
    street: str
    """Street of the site, empty when unknown."""
    place: str
    """Town or village of the site, empty when unknown."""
    municipality: str
    """Name of the municipality, empty when the registry has none."""
    fraction: str
    """Key of the waste fraction."""
    volume_l: int
    """Usable volume, l."""
    lon: float
    """Longitude, degrees WGS 84."""
    lat: float
    """Latitude, degrees WGS 84."""
    device: str | None
    """Device that measured the level, else the one that hangs there; null without any."""
    level: float | None
    """Share of the usable volume, 0..1.2; null until a sensor spoke."""
    level_time: dt.datetime | None
    """Event time of the level, UTC."""
    rate_per_day: float | None
    """Rise of the level a day, 0 or more."""
    full_at: dt.datetime | None
    """When the level reaches 1 at this rate, UTC; the level's time when it has."""
    silent: bool
    """The sensor said nothing for 24 hours."""
    due: bool
    """It would pass 0.8 within a day at its rate, see the due rule."""
    rhythm_days: int | None
    """Days between lifts of the fixed schedule."""
    due_since: dt.datetime | None = None
    """Event time of the first reading of the present due state, UTC."""
    full_since: dt.datetime | None = None
    """Event time of the first reading at the rim or above, up to now, UTC."""


@dataclass(frozen=True)
class SiteState:
    """One site with the state of its containers together."""

    id: str
    """Id in the registry."""
    name: str
    """Name for people."""
    street: str
    """Street, empty when unknown."""
    place: str
    """Town or village, empty when unknown."""
    municipality: str
    """Name of the municipality, empty when the registry has none."""
    lon: float
    """Longitude, degrees WGS 84."""
    lat: float
    """Latitude, degrees WGS 84."""
    access_note: str
    """What a driver must know."""
    window_from: dt.time | None
    """Local time from which lifts are allowed; null means any."""
    window_to: dt.time | None
    """Local time until which lifts are allowed; null means any."""
    containers: int
    """Containers in use here."""
    fractions: tuple[str, ...]
    """Keys of their fractions."""
    due: int
    """Containers that are due."""
    silent: int
    """Containers whose sensor is silent."""
    level: float | None
    """Level of the fullest container, 0..1.2."""
    level_time: dt.datetime | None
    """Newest event time of its containers, UTC."""


@dataclass(frozen=True)
class _Row:
    id: str
    site: str
    site_name: str
    street: str
    place: str
    municipality: str
    fraction: str
    volume_l: int
    lon: float
    lat: float
    device: str | None
    level: float | None
    level_time: dt.datetime | None
    rhythm_days: int | None


@dataclass(frozen=True)
class _Summary:
    """History of all containers with the moment that its seconds count from."""

    place: dict[str, int]
    since: dt.datetime
    history: History


RateCache = Kept[_Summary]
"""Rates of the last days, at most a minute old; levels are never cached."""

_RATES = RateCache()


def container_states(
    connection: Connection, now: dt.datetime, rule: DueRule | None = None, rates: RateCache | None = None
) -> list[ContainerState]:
    """All containers in use by id, as known at `now` (aware); rates may be a minute old, levels never are.

    By default all callers share one cache of rates; a private `rates` keeps apart what must not be shared.
    """
    rule = rule or DueRule()
    rows = _rows(connection, now, None)
    ids = tuple(row.id for row in rows)
    slot = (now.replace(second=0, microsecond=0), ids)
    summary = (rates or _RATES).get(connection, rule, slot, lambda: _summary(connection, ids, now, rule))
    return [_state(row, summary, now, rule) for row in rows]


def container_state(
    connection: Connection, id: str, now: dt.datetime, rule: DueRule | None = None
) -> ContainerState:
    """One container; raises NotFound when the registry has none of that id in use."""
    rule = rule or DueRule()
    rows = _rows(connection, now, id)
    if not rows:
        raise NotFound(f"container: {id!r} is not a container in use")
    return _state(rows[0], _summary(connection, (id,), now, rule), now, rule)


def container_ids(connection: Connection) -> list[str]:
    """Ids of all containers in use, in order."""
    return [row[0] for row in connection.execute(_sql("container_ids"))]


def level_series(
    connection: Connection, id: str, since: dt.datetime, until: dt.datetime
) -> list[tuple[dt.datetime, float]]:
    """Levels 0..1.2 of one container by event time (UTC), `since` included, `until` not."""
    parameters = {"id": id, "since": since, "until": until}
    rows = connection.execute(_sql("level_series"), parameters)
    return [(time, round(level, _DIGITS)) for time, level in rows]


def site_states(connection: Connection, containers: Iterable[ContainerState]) -> list[SiteState]:
    """All sites in use by id, with the given containers gathered."""
    by_site: dict[str, list[ContainerState]] = {}
    for container in containers:
        by_site.setdefault(container.site, []).append(container)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_sql("site"), {"id": None}).fetchall()
    return [SiteState(**row, **_gathered(by_site.get(row["id"], []))) for row in rows]


def fractions(connection: Connection) -> list[tuple[str, str, str, str]]:
    """All fractions: key, German name, English name, AVV code."""
    return [(key, german, english, avv) for key, german, english, avv in connection.execute(_sql("fraction"))]


def _gathered(containers: Sequence[ContainerState]) -> dict[str, Any]:
    levels = [container.level for container in containers if container.level is not None]
    times = [container.level_time for container in containers if container.level_time is not None]
    return {
        "containers": len(containers),
        "fractions": tuple(sorted({container.fraction for container in containers})),
        "due": sum(container.due for container in containers),
        "silent": sum(container.silent for container in containers),
        "level": max(levels, default=None),
        "level_time": max(times, default=None),
    }


def _rows(connection: Connection, now: dt.datetime, id: str | None) -> list[_Row]:
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        return cursor.execute(_sql("container_now"), {"now": now, "id": id}).fetchall()


def _summary(connection: Connection, ids: Sequence[str], now: dt.datetime, rule: DueRule) -> _Summary:
    since = now - dt.timedelta(days=HISTORY_DAYS)
    parameters = {"ids": list(ids), "since": since, "until": now}
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(_sql("level_history"), parameters).fetchone()
    packed, level = (part or [] for part in row or ((), ()))
    levels = unpack(np.array(packed, dtype=np.int64), np.array(level, dtype=np.float64))
    place = {id: index for index, id in enumerate(ids)}
    return _Summary(place, since, summarise(levels, len(ids), rule))


def _state(row: _Row, summary: _Summary, now: dt.datetime, rule: DueRule) -> ContainerState:
    history, place = summary.history, summary.place[row.id]
    level, level_time = row.level, row.level_time
    if level_time is not None and level_time > now:
        # The newest value came later than the moment asked for: what was known then stands in the history.
        level = _number(history.last_level[place])
        level_time = _moment(history.last_s[place], summary)
    rate = _number(history.rate_per_day[place])
    due = _due(level, level_time, rate, rule, now)
    full = level is not None and level >= 1.0
    return ContainerState(
        id=row.id,
        site=row.site,
        site_name=row.site_name,
        street=row.street,
        place=row.place,
        municipality=row.municipality,
        fraction=row.fraction,
        volume_l=row.volume_l,
        lon=row.lon,
        lat=row.lat,
        device=row.device,
        level=_rounded(level),
        level_time=level_time,
        rate_per_day=_rounded(rate),
        full_at=_full_at(level, level_time, rate),
        silent=rule.silent(level_time, now),
        due=due,
        rhythm_days=row.rhythm_days,
        due_since=(_moment(history.due_since_s[place], summary) or _due_at(level, level_time, rate, rule))
        if due
        else None,
        full_since=(_moment(history.full_since_s[place], summary) or level_time) if full else None,
    )


def _due(
    level: float | None, level_time: dt.datetime | None, rate: float | None, rule: DueRule, now: dt.datetime
) -> bool:
    """Due by the level carried to `now`, so that a sensor that fell silent hides nothing."""
    if level is None or level_time is None:
        return False
    return rule.due(level_at(level, level_time, rate, now), rate)


def _due_at(
    level: float | None, level_time: dt.datetime | None, rate: float | None, rule: DueRule
) -> dt.datetime | None:
    """When the carried level made it due, at the earliest when the level was measured."""
    if level is None or level_time is None:
        return None
    days = (days_until(level, rate, rule.level) or 0.0) - rule.horizon_days
    return level_time + dt.timedelta(days=max(0.0, days))


def _full_at(level: float | None, level_time: dt.datetime | None, rate: float | None) -> dt.datetime | None:
    if level is None or level_time is None:
        return None
    days = days_until(level, rate, 1.0)
    return None if days is None or days > _MAX_AHEAD_DAYS else level_time + dt.timedelta(days=days)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _moment(second: float, summary: _Summary) -> dt.datetime | None:
    return None if np.isnan(second) else summary.since + dt.timedelta(seconds=float(second))


def _sql(name: str) -> str:
    return queries.load("waste")[name]
