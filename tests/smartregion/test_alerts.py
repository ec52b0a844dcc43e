"""What needs somebody, since when by event time."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import psycopg

from smartregion.alerts import (
    GROWING_MESSAGES,
    Alert,
    AlertKind,
    Severity,
    alerts,
    container_alerts,
    quarantine_alerts,
    road_alerts,
    station_alerts,
)
from smartregion.overview import QuarantineReason
from smartregion.roads.condition import SegmentState
from smartregion.traffic.stations import LaneState, StationState
from smartregion.waste.due import DueRule
from smartregion.waste.levels import ContainerState
from tests.smartregion.small_district import (
    DAY,
    HOUR,
    NOW,
    add_container,
    add_station,
    count,
    every,
    quarantine,
    tell,
)

BERLIN = ZoneInfo("Europe/Berlin")
_CONTAINER = ContainerState(
    id="C1",
    site="S1",
    site_name="Am Markt",
    street="",
    place="Calau",
    municipality="",
    fraction="paper",
    volume_l=3000,
    lon=13.9,
    lat=51.7,
    device="d1",
    level=0.5,
    level_time=NOW,
    rate_per_day=0.05,
    full_at=None,
    silent=False,
    due=False,
    rhythm_days=14,
)
_LANE = LaneState(1, "Calau", NOW - HOUR, 100.0, 60.0, False)
_STATION = StationState(
    id="Z1",
    name="Ortseingang",
    road="B 96",
    place="Calau",
    lon=13.9,
    lat=51.7,
    class_scheme="8+1",
    lanes=[_LANE],
    vehicles_per_h=100.0,
    typical_per_h=100.0,
    time=NOW,
    silent=False,
    unusual=False,
)


def _kinds(found: list[Alert]) -> list[tuple[AlertKind, Severity, dt.datetime | None, float | None]]:
    return [(one.kind, one.severity, one.since, one.value) for one in found]


def test_nothing_is_the_matter() -> None:
    assert list(container_alerts([_CONTAINER], DueRule())) == []
    assert list(station_alerts([_STATION])) == []


def test_full_says_more_than_due() -> None:
    full = replace(_CONTAINER, level=1.1, due=True, due_since=NOW - DAY, full_since=NOW - HOUR)
    assert _kinds(list(container_alerts([full], DueRule()))) == [
        (AlertKind.CONTAINER_FULL, Severity.ALARM, NOW - HOUR, 1.1)
    ]
    due = replace(full, level=0.9)
    assert _kinds(list(container_alerts([due], DueRule()))) == [
        (AlertKind.CONTAINER_DUE, Severity.WARNING, NOW - DAY, 0.9)
    ]


def test_a_silent_sensor_since_its_time_ran_out() -> None:
    silent = replace(_CONTAINER, silent=True, level_time=NOW - 3 * DAY)
    never = replace(_CONTAINER, silent=True, level=None, level_time=None)
    assert _kinds(list(container_alerts([silent, never], DueRule()))) == [
        (AlertKind.CONTAINER_SILENT, Severity.NOTICE, NOW - 2 * DAY, None),
        (AlertKind.CONTAINER_SILENT, Severity.NOTICE, None, None),
    ]


def test_one_silent_lane_is_enough() -> None:
    dead = replace(_LANE, lane=2, time=NOW - 5 * HOUR, silent=True)
    (found,) = station_alerts([replace(_STATION, lanes=[_LANE, dead], unusual=False)])
    assert (found.kind, found.since, found.name) == (
        AlertKind.STATION_SILENT,
        NOW - 4 * HOUR,
        "Ortseingang",
    )
    (found,) = station_alerts([replace(_STATION, lanes=[])])
    assert found.since is None


def test_unusual_flow() -> None:
    (found,) = station_alerts([replace(_STATION, unusual=True, vehicles_per_h=12.0)])
    assert (found.kind, found.value, found.unit) == (AlertKind.STATION_UNUSUAL, 12.0, "vehicles/h")


def test_quarantine_grows() -> None:
    reason = QuarantineReason("t", "a time", 50, 3, GROWING_MESSAGES, NOW - DAY, NOW)
    (found,) = quarantine_alerts([reason, replace(reason, last_hour=GROWING_MESSAGES - 1)])
    assert (found.kind, found.object, found.since, found.value) == (
        AlertKind.QUARANTINE_GROWING,
        "t",
        NOW - DAY,
        GROWING_MESSAGES,
    )


def test_one_alert_a_slippery_road() -> None:
    segment = SegmentState(
        "10f0",
        "L 49",
        "secondary",
        "asphalt",
        100.0,
        1.0,
        3,
        NOW,
        -1.0,
        "freezing",
        [13.0, 13.1],
        [51.0, 51.1],
    )
    other = replace(segment, id="10f1", length_m=50.0, state="frosty")
    dry = replace(segment, id="11f0", name="L 50", state="dry")
    unnamed = replace(segment, id="12f0", name="")
    found = list(road_alerts([segment, other, dry, unnamed], {"10f1": NOW - HOUR, "10f0": NOW}))
    assert [(one.name, one.object, one.since, one.value, one.unit) for one in found] == [
        ("L 49", "10f1", NOW - HOUR, 150, "m"),
        ("12f0", "12f0", NOW, 100, "m"),
    ]
    assert {one.severity for one in found} == {Severity.ALARM}


def test_all_together_the_severest_first_then_the_oldest(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    add_container(scratch, "C2", "d2")
    add_container(scratch, "C3", "d3")
    add_station(scratch, lanes=1)
    hours = every(HOUR, NOW - 5 * DAY, NOW)
    tell(scratch, "d1", "level", [(time, 0.9) for time in hours])
    tell(scratch, "d2", "level", [*((time, 0.4) for time in hours), (NOW - HOUR / 2, 1.1)])
    tell(scratch, "d3", "level", [(NOW - 3 * DAY, 0.2)])
    count(scratch, "dz1", 1, [(NOW - 4 * HOUR, 900, 10)])
    for number in range(GROWING_MESSAGES):
        quarantine(scratch, 60 + number)
    scratch.execute(
        "INSERT INTO sr.road_network VALUES (DEFAULT, 'n', 'n', now(), 1, 1, 1, '{}');"
        "INSERT INTO sr.segment SELECT '1f0', id, 'L 49', 'secondary', '', 90, '{13.9,14}', '{51,51.1}'"
        " FROM sr.road_network"
    )
    device = scratch.execute("SELECT id FROM sr.device WHERE name = 'd1'").fetchall()[0][0]
    for minutes, state in ((170, "freezing"), (120, "dry"), (60, "frosty"), (30, "freezing")):
        scratch.execute(
            "INSERT INTO sr.segment_pass VALUES ('1f0', %s, %s, 15, 1, -2, 50, %s)",
            (device, NOW - dt.timedelta(minutes=minutes), state),
        )
    found = alerts(scratch, NOW, BERLIN)
    assert [(one.id, one.since) for one in found] == [
        ("road_slippery:L 49", NOW - HOUR),
        ("container_full:C2", NOW - HOUR / 2),
        ("container_due:C1", NOW - 5 * DAY),
        ("station_silent:Z1", NOW - 3 * HOUR),
        ("quarantine_growing:device:a registered device", NOW - dt.timedelta(seconds=69)),
        ("container_silent:C3", NOW - 2 * DAY),
    ]
