"""Counting stations as they stand: flow now against what is typical, and which are silent."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from psycopg.rows import class_row

from smartregion.errors import NotFound
from smartregion.kept import Kept
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.traffic import calendar
from smartregion.traffic.binning import MIN_COVERAGE, Floats

SILENT_AFTER = dt.timedelta(hours=1)
"""A lane whose newest interval ended longer ago is silent."""
NIGHT = dt.timedelta(hours=18)
"""The same for counters that see by daylight only (Telraam): a winter's night lasts 16 hours."""
_WINDOW = dt.timedelta(hours=1)
_WINDOW_S = 3600.0
_MIN_COVERAGE_NOW = 0.25
"""A quarter of an hour tells enough about the flow now; a typical value wants more."""
_SLOT_MINUTES = 5


@dataclass(frozen=True)
class UnusualRule:
    """Flow is unusual when it leaves the typical one by more than all three of these; our own proposal."""

    share: float = 0.4
    """Of the typical flow."""
    spreads: float = 3.0
    """Times the spread of like days (1.4826 x median absolute deviation)."""
    counts: float = 4.0
    """Times the square root of the typical count of an hour, what chance alone does."""
    days: int = 2
    """Like days that are needed to call anything unusual."""

    def unusual(self, per_h: float, like_per_h: Floats) -> bool:
        """Is this flow (vehicles/h) unusual against the flows of like days (NaN is unknown)?"""
        known = like_per_h[~np.isnan(like_per_h)]
        if len(known) < self.days:
            return False
        typical = float(np.median(known))
        spread = 1.4826 * float(np.median(np.abs(known - typical)))
        limit = max(self.share * typical, self.spreads * spread, self.counts * max(typical, 1.0) ** 0.5)
        return bool(abs(per_h - typical) > limit)


@dataclass(frozen=True)
class LaneState:
    """One lane with its newest interval."""

    lane: int
    """Number of the lane."""
    direction: str
    """Where it leads, empty when unknown."""
    time: dt.datetime | None
    """Begin of the newest interval, UTC."""
    vehicles_per_h: float | None
    """Motor vehicles per hour of that interval."""
    speed_kmh: float | None
    """Mean speed of that interval; null when nothing passed."""
    silent: bool
    """Nothing was heard for an hour, of Telraam for 18 hours."""


@dataclass(frozen=True)
class StationState:
    """One station in use, as it stands."""

    id: str
    """Id in the registry."""
    name: str
    """Name for people."""
    road: str
    """Road, empty when unknown."""
    place: str
    """Town or village, empty when unknown."""
    lon: float
    """Longitude, degrees WGS 84."""
    lat: float
    """Latitude, degrees WGS 84."""
    class_scheme: str
    """Vehicle classes that it can see: 8+1, 5+1, 2, 1, length or telraam."""
    lanes: list[LaneState]
    """Its lanes by number."""
    vehicles_per_h: float | None
    """Motor vehicles per hour of all lanes, mean of the last hour; null when a lane is missing."""
    typical_per_h: float | None
    """Median of the same hour on like days of the last four weeks; null when none has it."""
    time: dt.datetime | None
    """Begin of the newest interval of any lane, UTC."""
    silent: bool
    """No lane was heard for an hour, of Telraam for 18 hours."""
    unusual: bool
    """The flow is far from the typical one."""


@dataclass(frozen=True)
class _Station:
    id: str
    name: str
    road: str
    place: str
    lon: float
    lat: float
    class_scheme: str


@dataclass(frozen=True)
class _Lane:
    station: str
    lane: int
    direction: str
    time: dt.datetime | None
    interval_s: int | None
    value: float | None
    speed_kmh: float | None

    def state(self, now: dt.datetime, limit: dt.timedelta) -> LaneState:
        ended = self.time and self.time + dt.timedelta(seconds=self.interval_s or 0)
        silent = ended is None or now - ended > limit
        speed_kmh = None if self.speed_kmh is None else round(self.speed_kmh, 1)
        return LaneState(self.lane, self.direction, self.time, self.value, speed_kmh, silent)


def silent_after(class_scheme: str) -> dt.timedelta:
    """How long a lane of such a station may say nothing."""
    return NIGHT if class_scheme == "telraam" else SILENT_AFTER


TypicalCache = Kept[Floats]
"""Flows of like days, at most five minutes old."""

_TYPICAL = TypicalCache()


def station_states(
    connection: Connection,
    now: dt.datetime,
    zone: dt.tzinfo,
    state: str = "BB",
    rule: UnusualRule | None = None,
    typical: TypicalCache | None = None,
) -> list[StationState]:
    """All stations in use by id, at `now` (aware); `state` names the federal state of public holidays."""
    stations, lanes = _registry(connection, None)
    begins = _like_windows(now, zone, state)
    slot = (begins[-1:], tuple((lane.station, lane.lane) for lane in lanes))
    like = (typical or _TYPICAL).get(
        connection, "typical", slot, lambda: _windows(connection, lanes, begins, MIN_COVERAGE)
    )
    return _states(connection, stations, lanes, like, now, rule or UnusualRule())


def station_state(
    connection: Connection,
    id: str,
    now: dt.datetime,
    zone: dt.tzinfo,
    state: str = "BB",
    rule: UnusualRule | None = None,
) -> StationState:
    """One station; raises NotFound when the registry has none of that id in use."""
    stations, lanes = _registry(connection, id)
    if not stations:
        raise NotFound(f"station: {id!r} is not a counting station in use")
    like = _windows(connection, lanes, _like_windows(now, zone, state), MIN_COVERAGE)
    return _states(connection, stations, lanes, like, now, rule or UnusualRule())[0]


def _registry(connection: Connection, id: str | None) -> tuple[list[_Station], list[_Lane]]:
    sql = queries.load("traffic")
    with connection.cursor(row_factory=class_row(_Station)) as cursor:
        stations = cursor.execute(sql["station"], {"id": id}).fetchall()
    with connection.cursor(row_factory=class_row(_Lane)) as cursor:
        return stations, cursor.execute(sql["lane_now"], {"id": id}).fetchall()


def _states(
    connection: Connection,
    stations: Sequence[_Station],
    lanes: Sequence[_Lane],
    like: Floats,
    now: dt.datetime,
    rule: UnusualRule,
) -> list[StationState]:
    current = _windows(connection, lanes, [now - _WINDOW], _MIN_COVERAGE_NOW)
    places: dict[str, list[int]] = {}
    for index, lane in enumerate(lanes):
        places.setdefault(lane.station, []).append(index)
    states = []
    for station in stations:
        own = places.get(station.id, [])
        # A sum with a dead lane is a gap, not a smaller sum: NaN of one lane carries through.
        per_h = float(current[own].sum()) if own else np.nan
        days = like[own].sum(axis=0) if own else np.array([])
        known = days[~np.isnan(days)]
        told = [lanes[index].state(now, silent_after(station.class_scheme)) for index in own]
        times = [one.time for one in told if one.time is not None]
        states.append(
            StationState(
                id=station.id,
                name=station.name,
                road=station.road,
                place=station.place,
                lon=station.lon,
                lat=station.lat,
                class_scheme=station.class_scheme,
                lanes=told,
                vehicles_per_h=None if np.isnan(per_h) else round(per_h, 1),
                typical_per_h=round(float(np.median(known)), 1) if len(known) else None,
                time=max(times, default=None),
                silent=all(one.silent for one in told),
                unusual=not np.isnan(per_h) and rule.unusual(per_h, days),
            )
        )
    return states


def _like_windows(now: dt.datetime, zone: dt.tzinfo, state: str) -> list[dt.datetime]:
    """Begins of the same hour by the local clock on like days, in steps of five minutes."""
    local = now.astimezone(zone)
    local = local.replace(minute=local.minute - local.minute % _SLOT_MINUTES, second=0, microsecond=0)
    ends = (calendar.at_clock(day, local.time(), zone) for day in calendar.like_days(local.date(), state))
    return [end - _WINDOW for end in ends]


def _windows(
    connection: Connection, lanes: Sequence[_Lane], begins: Sequence[dt.datetime], min_coverage: float
) -> Floats:
    """Vehicles per hour, shape (lanes, windows); NaN where less than `min_coverage` was watched."""
    rates = np.full((len(lanes), len(begins)), np.nan)
    parameters = {
        "stations": [lane.station for lane in lanes],
        "lanes": [lane.lane for lane in lanes],
        "begins": list(begins),
    }
    # A device may have been changed inside the hour: add up before dividing.
    counted, covered = np.zeros(rates.shape), np.zeros(rates.shape)
    for lane, window, vehicles, covered_s in connection.execute(
        queries.load("traffic")["lane_windows"], parameters
    ):
        counted[lane, window] += vehicles
        covered[lane, window] += covered_s
    good = covered >= min_coverage * _WINDOW_S
    rates[good] = counted[good] / covered[good] * 3600.0
    return rates
