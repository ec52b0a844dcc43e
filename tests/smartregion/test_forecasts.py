"""Forecasts from the database: levels, lifts, the reason, and the plan that uses them."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest

from smartregion.registry.objects import Fraction
from smartregion.waste import forecasts, told_lifts
from smartregion.waste.due import DueRule
from smartregion.waste.levels import container_states
from smartregion.waste.plan_choice import Candidates, candidates, chosen_lifts, days_needed
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import Lift, fixed_lifts
from smartregion.waste.plan_problem import Roads
from smartregion.waste.plan_week import week
from smartregion.waste.workdays import WorkDays
from tests.smartregion.small_district import DAY, HOUR, NOW, add_container, tell

_BERLIN = ZoneInfo("Europe/Berlin")
_PAPER = {"paper": Fraction("paper", "Papier", "Paper", "20 01 01", 0.08, 4.0, 60)}
_TODAY = dt.date(2026, 6, 10)


def _rising(last: float, a_day: float = 0.08, days: int = 20) -> list[tuple[dt.datetime, float]]:
    """A reading each six hours up to now that ends at `last`; lifts whenever it would have been full."""
    times = [NOW - 6 * HOUR * k for k in range(4 * days)]
    wave = [0.004 * (-1) ** k for k in range(4 * days)]
    return [
        (time, round((last - a_day * ((NOW - time) / DAY)) % 1.0 + noise, 4))
        for time, noise in zip(times, wave, strict=True)
    ]


@pytest.fixture
def site(scratch: psycopg.Connection) -> psycopg.Connection:
    """Four containers: nearly full, half full, one without sensor, one whose sensor said nothing yet."""
    for number, level in (("1", 0.93), ("2", 0.5)):
        add_container(scratch, f"C{number}", f"d{number}", site=f"S{number}")
        tell(scratch, f"d{number}", "level", _rising(level))
    add_container(scratch, "C3", site="S1")
    add_container(scratch, "C4", "d4", site="S2")
    for days in (20, 10, 4):
        told_lifts.tell(scratch, [told_lifts.ToldLift("C3", NOW - days * DAY, 0.5)], NOW)
    return scratch


def test_forecasts_are_kept_with_level_reason_and_days_ahead(site: psycopg.Connection) -> None:
    assert forecasts.forecast(site, "C1") is None
    assert forecasts.refresh(site, NOW, _BERLIN, "BB") == 4
    full, half, noted, unknown = (forecasts.forecast(site, f"C{number}") for number in range(1, 5))
    assert full is not None
    assert half is not None
    assert noted is not None
    assert unknown is not None
    assert [one.reason for one in (full, half, noted, unknown)] == [
        "measured",
        "measured",
        "lifts",
        "unknown",
    ]
    assert full.level == pytest.approx(0.93, abs=0.03)
    assert full.rate_per_day == pytest.approx(0.08, abs=0.02)
    assert (full.first_date, len(full.p_full)) == (_TODAY, forecasts.AHEAD_DAYS)
    assert full.p_full[2] > 0.9 > half.p_full[2]
    assert half.p_full == sorted(half.p_full)
    assert all(low < mean < high for low, mean, high in zip(half.low, half.expected, half.high, strict=True))
    assert noted.level == pytest.approx(4 * noted.rate_per_day, abs=0.1)
    assert (noted.level_sd or 0) > 2 * (half.level_sd or 1)
    assert (unknown.level, unknown.expected) == (None, [])


def test_lifts_found_in_levels_are_kept_once(site: psycopg.Connection) -> None:
    for _ in range(2):
        forecasts.refresh(site, NOW, _BERLIN, "BB")
    rows = site.execute(
        "SELECT container, level FROM sr.container_lift WHERE source = 'sensor' ORDER BY container, time"
    ).fetchall()
    assert [container for container, _ in rows] == ["C1", "C2", "C2"]
    assert all(0.85 < level < 1.1 for _, level in rows)


def test_the_operators_table_moves_working_days(site: psycopg.Connection) -> None:
    site.execute("INSERT INTO sr.collection_shift VALUES ('2026-06-10', '2026-06-13')")
    assert not forecasts.work_days(site, "BB").works(_TODAY)


def _offered(
    connection: psycopg.Connection, date: dt.date = _TODAY, planned: tuple[str, ...] = ()
) -> Candidates:
    work = WorkDays()
    day = Day(date, _BERLIN)
    states = container_states(connection, NOW)
    gap_days = np.full(len(states), (work.next_visit(date) - date).days)
    expected, _ = forecasts.expect(connection, states, NOW, _BERLIN, work, days_needed(day, _TODAY, gap_days))
    return candidates(states, expected, _PAPER, DueRule(), day, NOW, work, gap_days, planned)


def _chosen(found: Candidates) -> list[Lift]:
    apart = np.array([[0.0, 8000.0], [8000.0, 0.0]])
    roads = Roads({("site", "S1"): 0, ("site", "S2"): 1}, apart, apart / 15.0, [(13.9, 51.6), (13.9, 51.7)])
    return chosen_lifts(found, _PAPER, roads)


def test_a_plan_takes_what_will_be_full_and_offers_what_is_ripe(site: psycopg.Connection) -> None:
    found = _offered(site)
    assert "C1" in [lift.container for lift in found.lifts]
    assert "C4" not in [lift.container for lift in (*found.lifts, *found.duty)]
    lifts = {lift.container: lift for lift in _chosen(found)}
    assert (lifts["C1"].p_full or 0) > 0.3
    later = {lift.container: lift for lift in _chosen(_offered(site, _TODAY + DAY))}
    assert later["C1"].prize is None  # would overflow before the day after


def test_accepted_plans_before_that_day_are_respected(site: psycopg.Connection) -> None:
    assert "C1" not in [lift.container for lift in _offered(site, planned=("C1",)).lifts]


def test_on_sundays_only_what_must_be_is_lifted(site: psycopg.Connection) -> None:
    sunday = _offered(site, dt.date(2026, 6, 14))
    assert not sunday.working
    assert all(lift.prize is None for lift in _chosen(sunday))


def test_the_week_rolls_on(site: psycopg.Connection) -> None:
    days = week(site, NOW, _BERLIN, "BB")
    assert [day.date for day in days] == [_TODAY + k * DAY for k in range(7)]
    assert not days[(6 - _TODAY.weekday()) % 7].working
    assert sum(day.must for day in days) >= 1
    full = next(day for day in days if day.must)
    plan = site.execute(
        "INSERT INTO sr.plan (date, state, requested_at, seconds, accepted_at) VALUES (%s, 'done', %s, 1, %s)"
        " RETURNING id",
        (_TODAY, NOW, NOW),
    ).fetchall()[0][0]
    empty = week(site, NOW, _BERLIN, "BB")
    assert (empty[0].accepted, days[0].accepted) == (0, None)
    assert sum(full.fractions.values()) == full.must
    site.execute("DELETE FROM sr.plan WHERE id = %s", [plan])


def test_what_a_sensor_says_in_a_fire_or_in_hard_frost_does_not_count(site: psycopg.Connection) -> None:
    tell(site, "d2", "temperature", [(NOW + HOUR, 84.0), (NOW, 21.0)])
    tell(site, "d2", "level", [(NOW + HOUR, 1.2)])
    forecasts.refresh(site, NOW + 2 * HOUR, _BERLIN, "BB")
    found = forecasts.forecast(site, "C2")
    assert found is not None
    assert found.reason == "temperature"
    assert found.level == pytest.approx(0.5, abs=0.05)
    tell(site, "d2", "temperature", [(NOW + 3 * HOUR, 30.0)])
    tell(site, "d2", "level", [(NOW + 3 * HOUR, 0.51)])
    forecasts.refresh(site, NOW + 4 * HOUR, _BERLIN, "BB")
    again = forecasts.forecast(site, "C2")
    assert again is not None
    assert again.reason == "measured"


def test_few_and_old_lifts_tell_how_fast_a_container_without_a_sensor_fills(site: psycopg.Connection) -> None:
    add_container(site, "C5", site="S2")
    for days in (130, 90, 50):
        told_lifts.tell(site, [told_lifts.ToldLift("C5", NOW - days * DAY, 0.75)], NOW)
    forecasts.refresh(site, NOW, _BERLIN, "BB")
    found = forecasts.forecast(site, "C5")
    assert found is not None
    assert found.reason == "lifts"
    assert found.rate_per_day == pytest.approx(0.75 / 40, rel=0.25)
    assert found.level == pytest.approx(50 * found.rate_per_day, abs=0.05)


def test_where_nobody_knows_anything_the_fixed_rhythm_goes_on(site: psycopg.Connection) -> None:
    days = [_TODAY + k * DAY for k in range(1, 15)]
    duty = [lift.container for date in days for lift in _offered(site, date).duty]
    assert duty == ["C4"]


def test_a_crew_of_the_calendar_is_told_what_it_will_find(site: psycopg.Connection) -> None:
    states = container_states(site, NOW)
    dates = [_TODAY + k * DAY for k in (0, 6)]
    today, later = forecasts.levels_at_lift(site, states, NOW, _BERLIN, WorkDays(), dates)
    assert set(today) == set(later) == {"C3"}, "C4 spoke never, nobody knows anything of it"
    assert 0.15 < today["C3"] < later["C3"] < 1.0
    days = [Day(_TODAY + k * DAY, _BERLIN) for k in range(14)]
    lifts = [lift for day in days for lift in fixed_lifts(states, _PAPER, day, None, today)]
    assert {lift.container: lift.level for lift in lifts if lift.container in ("C3", "C4")} == {
        "C3": round(today["C3"], 3),
        "C4": 0.5,
    }
