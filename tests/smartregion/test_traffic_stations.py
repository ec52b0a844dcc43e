"""Counting stations as the database tells them."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest

from smartregion.errors import NotFound
from smartregion.traffic.stations import (
    StationState,
    TypicalCache,
    UnusualRule,
    station_state,
    station_states,
)
from tests.smartregion.small_district import DAY, HOUR, MINUTE, NOW, add_station, count, every, mount

BERLIN = ZoneInfo("Europe/Berlin")
_QUARTER = 15 * MINUTE


def _quarters(
    scratch: psycopg.Connection, lane: int, since: dt.datetime, until: dt.datetime, vehicles: int
) -> None:
    count(scratch, "dz1", lane, [(time, 900, vehicles) for time in every(_QUARTER, since, until)])


def _state(scratch: psycopg.Connection, now: dt.datetime = NOW) -> StationState:
    (found,) = station_states(scratch, now, BERLIN, typical=TypicalCache())
    assert found == station_state(scratch, "Z1", now, BERLIN)
    return found


def test_flow_of_the_last_hour_against_like_days(scratch: psycopg.Connection) -> None:
    add_station(scratch)
    for lane in (1, 2):
        _quarters(scratch, lane, NOW - 15 * DAY, NOW - HOUR, 25)
        _quarters(scratch, lane, NOW - HOUR, NOW, 30)
    state = _state(scratch)
    assert state.vehicles_per_h == 240.0
    assert state.typical_per_h == 200.0
    assert not state.silent
    assert not state.unusual
    assert state.time == NOW - _QUARTER
    assert [(one.lane, one.direction, one.vehicles_per_h, one.speed_kmh) for one in state.lanes] == [
        (1, "Richtung 1", 120.0, 60.0),
        (2, "Richtung 2", 120.0, 60.0),
    ]


def test_live_minutes_and_history_of_quarters_agree(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    _quarters(scratch, 1, NOW - 10 * DAY, NOW - 2 * HOUR, 60)
    count(scratch, "dz1", 1, [(time, 60, 4) for time in every(MINUTE, NOW - 2 * HOUR, NOW)])
    state = _state(scratch)
    assert (state.vehicles_per_h, state.typical_per_h) == (240.0, 240.0)


def test_a_dead_lane_makes_a_gap_not_a_smaller_sum(scratch: psycopg.Connection) -> None:
    add_station(scratch)
    _quarters(scratch, 1, NOW - DAY, NOW, 30)
    _quarters(scratch, 2, NOW - DAY, NOW - 3 * HOUR, 30)
    state = _state(scratch)
    assert state.vehicles_per_h is None
    assert [one.silent for one in state.lanes] == [False, True]
    assert not state.silent


@pytest.mark.parametrize(("ago", "silent"), [(75 * MINUTE, False), (76 * MINUTE, True)])
def test_silent_an_hour_after_the_end_of_the_last_interval(
    scratch: psycopg.Connection, ago: dt.timedelta, silent: bool
) -> None:
    add_station(scratch, lanes=1)
    count(scratch, "dz1", 1, [(NOW - ago, 900, 30)])
    assert _state(scratch).silent is silent


@pytest.mark.parametrize(("ago", "silent"), [(17 * HOUR, False), (19 * HOUR, True)])
def test_a_night_is_no_silence_of_a_counter_that_needs_daylight(
    scratch: psycopg.Connection, ago: dt.timedelta, silent: bool
) -> None:
    add_station(scratch, lanes=1, scheme="telraam")
    count(scratch, "dz1", 1, [(NOW - ago, 900, 30)], column="car")
    assert _state(scratch).silent is silent


def test_a_station_that_never_spoke(scratch: psycopg.Connection) -> None:
    add_station(scratch)
    state = _state(scratch)
    assert (state.silent, state.vehicles_per_h, state.typical_per_h, state.time) == (True, None, None, None)


def test_unusual_flow_is_told(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    _quarters(scratch, 1, NOW - 15 * DAY, NOW - HOUR, 100)
    _quarters(scratch, 1, NOW - HOUR, NOW, 20)
    assert _state(scratch).unusual


def test_completeness_scales_up_but_not_telraams_counts(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    count(scratch, "dz1", 1, [(time, 900, 40) for time in every(_QUARTER, NOW - HOUR, NOW)], 0.8)
    assert _state(scratch).vehicles_per_h == 200.0
    scratch.execute("UPDATE sr.station SET class_scheme = 'telraam'")
    assert _state(scratch).vehicles_per_h == 160.0
    scratch.execute("UPDATE sr.lane_interval SET completeness = 0.4")
    assert _state(scratch).vehicles_per_h is None


def test_typical_hour_follows_the_local_clock_over_the_change(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    now = dt.datetime(2026, 10, 28, 7, tzinfo=dt.UTC)  # 8:00 in winter; the days before were 8:00 in summer
    for day in (dt.date(2026, 10, 20), dt.date(2026, 10, 21), dt.date(2026, 10, 22)):
        eight = dt.datetime(day.year, day.month, day.day, 6, tzinfo=dt.UTC)
        count(scratch, "dz1", 1, [(eight - HOUR, 3600, 500), (eight, 3600, 50)])
    count(scratch, "dz1", 1, [(now - HOUR, 3600, 480)])
    state = _state(scratch, now)
    assert (state.vehicles_per_h, state.typical_per_h) == (480.0, 500.0)


def test_device_that_moved_away_counts_for_its_time_only(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    scratch.execute("UPDATE sr.mounting SET valid_to = %s", (NOW - HOUR,))
    mount(scratch, "dz2", "station", "Z1", (NOW - HOUR, NOW + 100 * DAY))
    _quarters(scratch, 1, NOW - 3 * HOUR, NOW, 99)
    count(scratch, "dz2", 1, [(time, 900, 11) for time in every(_QUARTER, NOW - HOUR, NOW)])
    assert _state(scratch).vehicles_per_h == 44.0


def test_lanes_nobody_registered_are_seen(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=0)
    _quarters(scratch, 7, NOW - HOUR, NOW, 25)
    state = _state(scratch)
    assert [(one.lane, one.direction) for one in state.lanes] == [(7, "")]
    assert state.vehicles_per_h == 100.0


def test_what_cannot_be_seen_is_unknown_never_zero(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1, scheme="telraam")
    count(scratch, "dz1", 1, [(time, 900, 40) for time in every(_QUARTER, NOW - HOUR, NOW)], column="rad")
    assert _state(scratch).vehicles_per_h is None


def test_unknown_station(scratch: psycopg.Connection) -> None:
    with pytest.raises(NotFound, match="station: 'nope' is not a counting station in use"):
        station_state(scratch, "nope", NOW, BERLIN)


@pytest.mark.parametrize(
    ("per_h", "like", "unusual"),
    [
        (150.0, [100.0, 100.0, 100.0], True),
        (139.0, [100.0, 100.0, 100.0], False),  # within 40 %
        (2.0, [10.0, 10.0, 10.0], False),  # chance
        (150.0, [100.0, np.nan, np.nan], False),  # one day says nothing
        (200.0, [60.0, 100.0, 160.0], False),  # days differ anyway
        (300.0, [60.0, 100.0, 160.0], True),
        (5.0, [0.0, 0.0], True),
    ],
)
def test_rule_of_the_unusual(per_h: float, like: list[float], unusual: bool) -> None:
    assert UnusualRule().unusual(per_h, np.array(like)) is unusual
