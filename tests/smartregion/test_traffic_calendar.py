"""Local days over both clock changes, and groups of like days."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest

from smartregion.traffic.calendar import (
    DayGroup,
    at_clock,
    clock_quarters,
    day_bounds,
    day_group,
    like_days,
    quarter_starts,
)

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = dt.date(2026, 3, 29), dt.date(2026, 10, 25)


@pytest.mark.parametrize(
    ("date", "quarters"),
    [(dt.date(2026, 6, 10), 96), (SPRING, 92), (AUTUMN, 100), (dt.date(2026, 3, 28), 96)],
)
def test_quarters_of_a_local_day(date: dt.date, quarters: int) -> None:
    starts = quarter_starts(date, BERLIN)
    begin, end = day_bounds(date, BERLIN)
    assert len(starts) == quarters
    assert starts[0] == begin
    assert starts[-1] + dt.timedelta(minutes=15) == end
    assert all(start.astimezone(BERLIN).date() == date for start in starts)
    assert {later - sooner for sooner, later in itertools.pairwise(starts)} == {dt.timedelta(minutes=15)}


def test_the_lost_hour_is_missing_on_the_clock() -> None:
    clock = clock_quarters(quarter_starts(SPRING, BERLIN), BERLIN)
    assert sorted(set(range(96)) - set(clock.tolist())) == [8, 9, 10, 11]


def test_the_double_hour_comes_twice_on_the_clock() -> None:
    clock = clock_quarters(quarter_starts(AUTUMN, BERLIN), BERLIN).tolist()
    assert clock[8:16] == [8, 9, 10, 11] * 2
    assert len(set(clock)) == 96


@pytest.mark.parametrize(
    ("date", "state", "group"),
    [
        (dt.date(2026, 6, 10), "BB", DayGroup.WORKDAY),
        (dt.date(2026, 6, 13), "BB", DayGroup.SATURDAY),
        (dt.date(2026, 6, 14), "BB", DayGroup.SUNDAY),
        (dt.date(2026, 10, 31), "BB", DayGroup.SUNDAY),  # Reformation Day, a Saturday
        (dt.date(2025, 10, 31), "BE", DayGroup.WORKDAY),  # not in Berlin
        (dt.date(2026, 5, 14), "BB", DayGroup.SUNDAY),  # Ascension, a Thursday
    ],
)
def test_groups(date: dt.date, state: str, group: DayGroup) -> None:
    assert day_group(date, state) is group


def test_like_days_are_of_the_same_group_before_the_date() -> None:
    assert like_days(dt.date(2026, 6, 14), "BB") == [
        dt.date(2026, 5, 17),
        dt.date(2026, 5, 24),
        dt.date(2026, 5, 25),  # Whit Monday
        dt.date(2026, 5, 31),
        dt.date(2026, 6, 7),
    ]


def test_a_clock_time_on_the_nights_of_the_change() -> None:
    assert at_clock(SPRING, dt.time(12), BERLIN) == dt.datetime(2026, 3, 29, 10, tzinfo=dt.UTC)
    assert at_clock(AUTUMN, dt.time(2, 30), BERLIN) == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
