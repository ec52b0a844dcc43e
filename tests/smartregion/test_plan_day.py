"""The planning day: local hours on an axis of elapsed seconds, also when clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from smartregion.waste.plan_day import Day

_BERLIN = ZoneInfo("Europe/Berlin")
_PLAIN = Day(dt.date(2026, 3, 28), _BERLIN)
_SHORT = Day(dt.date(2026, 3, 29), _BERLIN)
_LONG = Day(dt.date(2026, 10, 25), _BERLIN)
_H = 3600.0


@pytest.mark.parametrize(("day", "six_h"), [(_PLAIN, 6), (_SHORT, 5), (_LONG, 7)])
def test_six_in_the_morning_is_elapsed_time(day: Day, six_h: float) -> None:
    assert day.second(dt.time(6)) == six_h * _H
    assert day.moment(day.second(dt.time(6))).astimezone(_BERLIN).time() == dt.time(6)


@pytest.mark.parametrize(("day", "hours"), [(_PLAIN, 24), (_SHORT, 23), (_LONG, 25)])
def test_days_have_their_real_length(day: Day, hours: float) -> None:
    assert day.second(dt.time(), days_later=1) == hours * _H


def test_midnight_is_utc() -> None:
    assert _PLAIN.midnight == dt.datetime(2026, 3, 27, 23, tzinfo=dt.UTC)
    assert _PLAIN.midnight.tzinfo is dt.UTC


def test_day_shift_keeps_its_length_over_the_clock_change_at_night() -> None:
    assert _SHORT.shift(dt.time(6), dt.time(14)) == (5 * _H, 13 * _H)


def test_night_shift_ends_the_day_after() -> None:
    assert _PLAIN.shift(dt.time(22), dt.time(6)) == (
        22 * _H,
        29 * _H,
    )  # an hour shorter: the clocks go forward
    assert Day(dt.date(2026, 6, 1), _BERLIN).shift(dt.time(22), dt.time(6)) == (22 * _H, 30 * _H)


def test_windows_of_two_days_end_a_service_before_closing() -> None:
    found = Day(dt.date(2026, 6, 1), _BERLIN).windows(dt.time(7), dt.time(16), service_s=1200)
    assert found == ((7 * _H, 16 * _H - 1200), (31 * _H, 40 * _H - 1200))


def test_window_over_midnight_counts_the_evening_before() -> None:
    found = Day(dt.date(2026, 6, 1), _BERLIN).windows(dt.time(20), dt.time(5))
    assert found == ((0.0, 5 * _H), (20 * _H, 29 * _H), (44 * _H, 53 * _H))


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        (None, dt.time(16)),  # half a window is none
        (dt.time(7), None),
        (dt.time(), dt.time()),  # around the clock
    ],
)
def test_no_window_means_always(opens: dt.time | None, closes: dt.time | None) -> None:
    assert _PLAIN.windows(opens, closes) == ()


def test_service_longer_than_the_window_may_start_at_opening() -> None:
    assert Day(dt.date(2026, 6, 1), _BERLIN).windows(dt.time(7), dt.time(7, 10), service_s=1200)[0] == (
        7 * _H,
        7 * _H,
    )
