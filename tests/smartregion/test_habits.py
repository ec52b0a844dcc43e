"""What crews usually find: learned from lifts with a level, used for lifts by the calendar."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from smartregion.waste.cleaning import Reason
from smartregion.waste.expected import Span, Told, expected_of
from smartregion.waste.habits import learn
from smartregion.waste.lifts import Events
from smartregion.waste.workdays import WorkDays

_BERLIN = ZoneInfo("Europe/Berlin")
_NOW = dt.datetime(2026, 6, 10, 4, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)


def test_growth_counts_where_a_calendar_rules_and_habit_where_crews_choose() -> None:
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(30), 12)
    growth = rng.uniform(0.2, 0.9, len(who))
    by_calendar = learn(who, growth + 0.03 * rng.normal(size=len(who)), growth, 30)
    assert by_calendar.trust > 0.9
    usual = rng.uniform(0.6, 0.9, 30)
    by_sight = learn(who, usual[who] + 0.03 * rng.normal(size=len(who)), growth, 30)
    assert by_sight.trust < 0.15
    assert by_sight.level == pytest.approx(usual, abs=0.05)
    found = by_sight.before(np.array([4]), np.array([2.0]))
    assert found == pytest.approx(usual[[4]], abs=0.1)


def test_few_lifts_prove_no_habit() -> None:
    assert learn(np.array([0, 0]), np.array([0.7, 0.7]), np.array([0.5, 0.9]), 2).trust > 0.8
    nothing = learn(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), 2)
    assert nothing.trust == 1.0


def test_a_lift_by_the_calendar_finds_what_crews_usually_find() -> None:
    """Fifty containers whose crews come at three quarters, however long it takes; the last waited long."""
    rng = np.random.default_rng(5)
    count = 50
    gaps = [rng.uniform(3, 20, 9) for _ in range(count)]
    gaps[-1][-1] = 1.0
    moments = [_NOW - _DAY * (float(sum(gap[k:])) + 2.0) for gap in gaps for k in range(len(gap))]
    who = np.repeat(np.arange(count), 9)
    span = Span(_NOW, _BERLIN)
    events = Events(
        who,
        np.array([time.timestamp() for time in moments]),
        np.clip(0.75 + 0.02 * rng.normal(size=len(who)), 0, 1),
        np.ones(len(who), dtype=bool),
    )
    told = Told(events, np.full(count, np.nan), np.full(count, np.nan))
    ids = [f"C{number}" for number in range(count)]
    expected, _ = expected_of(ids, ["paper"] * count, told, span, WorkDays(), 14)
    assert (expected.reason == Reason.LIFTS).all()
    found = expected.at_lift(12)
    grown = expected.outlook(0.5).expected()[:, 12]
    assert np.abs(found - 0.75).mean() < 0.6 * np.abs(np.minimum(grown, 1.0) - 0.75).mean()
