"""What needs somebody now, each with since when by event time; it does not matter when a message arrived."""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from smartregion.overview import QuarantineReason, quarantine_reasons
from smartregion.roads.condition import SegmentState, segment_states
from smartregion.roads.winter import SLIPPERY
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.traffic.stations import StationState, silent_after, station_states
from smartregion.waste.due import DueRule
from smartregion.waste.levels import ContainerState, container_states

GROWING_MESSAGES = 10
"""So many new quarantined messages of one reason within an hour are worth a look."""


class AlertKind(enum.StrEnum):
    """What is the matter."""

    CONTAINER_FULL = "container_full"
    CONTAINER_DUE = "container_due"
    CONTAINER_SILENT = "container_silent"
    STATION_SILENT = "station_silent"
    STATION_UNUSUAL = "station_unusual"
    ROAD_SLIPPERY = "road_slippery"
    QUARANTINE_GROWING = "quarantine_growing"


class Severity(enum.StrEnum):
    """How much it matters, the worst first."""

    ALARM = "alarm"
    """Harm is there or at hand."""
    WARNING = "warning"
    """Somebody should act."""
    NOTICE = "notice"
    """Somebody should know."""


@dataclass(frozen=True)
class Alert:
    """One thing that needs somebody."""

    id: str
    """Kind and object; the same as long as the matter lasts."""
    kind: AlertKind
    severity: Severity
    object_kind: str
    """container, station, segment or reason (of quarantine)."""
    object: str
    """Id of the object, of a road its first slippery segment; for quarantine the faulty field."""
    name: str
    """Name of the object, of its site or road, for people."""
    place: str
    """Town or village; empty where there is none."""
    since: dt.datetime | None
    """Event time at which it began, UTC; null where that is not known."""
    value: float | None
    """The figure behind it, in `unit`."""
    unit: str
    """Unit of the value: 1 (share of the volume), vehicles/h, m (of road), messages/h; empty without one."""
    lon: float | None
    """Longitude, degrees WGS 84."""
    lat: float | None
    """Latitude, degrees WGS 84."""


def alerts(
    connection: Connection, now: dt.datetime, zone: dt.tzinfo, state: str = "BB", rule: DueRule | None = None
) -> list[Alert]:
    """All alerts at `now` (aware): the severest first, then the oldest."""
    rule = rule or DueRule()
    found = [
        *container_alerts(container_states(connection, now, rule), rule),
        *station_alerts(station_states(connection, now, zone, state)),
        *road_alerts(*_slippery(connection, now)),
        *quarantine_alerts(quarantine_reasons(connection, now)),
    ]
    order = list(Severity)
    return sorted(found, key=lambda one: (order.index(one.severity), one.since or now, one.id))


def container_alerts(states: Iterable[ContainerState], rule: DueRule) -> Iterator[Alert]:
    """Containers that are full, due or silent; full says more than due."""
    for state in states:
        if state.level is not None and state.level >= 1.0:
            since, level = state.full_since, state.level
            yield _alert(state, AlertKind.CONTAINER_FULL, Severity.ALARM, since, level)
        elif state.due:
            yield _alert(state, AlertKind.CONTAINER_DUE, Severity.WARNING, state.due_since, state.level)
        if state.silent:
            silence = dt.timedelta(hours=rule.silent_after_h)
            since = state.level_time and state.level_time + silence
            yield _alert(state, AlertKind.CONTAINER_SILENT, Severity.NOTICE, since, None)


def station_alerts(states: Iterable[StationState]) -> Iterator[Alert]:
    """Counting stations with a silent lane, and those whose flow is unusual."""
    for state in states:
        silent = [lane for lane in state.lanes if lane.silent]
        if silent or not state.lanes:
            times = [lane.time for lane in silent if lane.time is not None]
            since = min(times) + silent_after(state.class_scheme) if times else None
            yield _alert(state, AlertKind.STATION_SILENT, Severity.WARNING, since, None)
        if state.unusual:
            per_h = state.vehicles_per_h
            yield _alert(state, AlertKind.STATION_UNUSUAL, Severity.NOTICE, None, per_h)


def road_alerts(states: Iterable[SegmentState], since: Mapping[str, dt.datetime]) -> Iterator[Alert]:
    """Roads with slippery segments, one alert a road; `since` is the begin of each segment's slippery run."""
    by_road: dict[str, list[SegmentState]] = {}
    for state in states:
        if state.state in SLIPPERY:
            by_road.setdefault(state.name or state.id, []).append(state)
    for road, segments in by_road.items():
        first = min(segments, key=lambda one: (since.get(one.id, one.last_time), one.id))
        middle = len(first.lon) // 2
        yield Alert(
            id=f"{AlertKind.ROAD_SLIPPERY}:{road}",
            kind=AlertKind.ROAD_SLIPPERY,
            severity=Severity.ALARM,
            object_kind="segment",
            object=first.id,
            name=road,
            place="",
            since=since.get(first.id, first.last_time),
            value=round(sum(one.length_m for one in segments)),
            unit="m",
            lon=first.lon[middle],
            lat=first.lat[middle],
        )


def quarantine_alerts(reasons: Iterable[QuarantineReason]) -> Iterator[Alert]:
    """Reasons of quarantine that grow."""
    for reason in reasons:
        if reason.last_hour >= GROWING_MESSAGES:
            yield Alert(
                id=f"{AlertKind.QUARANTINE_GROWING}:{reason.field}:{reason.expected}",
                kind=AlertKind.QUARANTINE_GROWING,
                severity=Severity.WARNING,
                object_kind="reason",
                object=reason.field,
                name=f"{reason.field}: {reason.expected}",
                place="",
                since=reason.first_received,
                value=reason.last_hour,
                unit="messages/h",
                lon=None,
                lat=None,
            )


def _slippery(connection: Connection, now: dt.datetime) -> tuple[list[SegmentState], dict[str, dt.datetime]]:
    """Slippery segments and since when each is."""
    found = [one for one in segment_states(connection, now) if one.state in SLIPPERY]
    parameters = {"segments": [one.id for one in found], "slippery": list(SLIPPERY), "now": now}
    rows = connection.execute(queries.load("alerts")["slippery_since"], parameters) if found else ()
    return found, dict(list(rows))


def _alert(
    state: ContainerState | StationState,
    kind: AlertKind,
    severity: Severity,
    since: dt.datetime | None,
    value: float | None,
) -> Alert:
    """Of a container with its level, or of a counting station with its flow."""
    is_container = isinstance(state, ContainerState)
    return Alert(
        id=f"{kind}:{state.id}",
        kind=kind,
        severity=severity,
        object_kind="container" if is_container else "station",
        object=state.id,
        name=state.site_name if isinstance(state, ContainerState) else state.name,
        place=state.place,
        since=since,
        value=value,
        unit="" if value is None else "1" if is_container else "vehicles/h",
        lon=state.lon,
        lat=state.lat,
    )
