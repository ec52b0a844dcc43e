"""Days of counting stations, over both clock changes."""

import datetime as dt
from zoneinfo import ZoneInfo

import psycopg
import pytest

from smartregion.errors import NotFound
from smartregion.traffic.calendar import DayGroup, day_bounds
from smartregion.traffic.curves import DayCurve, day_curve
from tests.smartregion.rolled import drive_past, roll_up
from tests.smartregion.small_district import DAY, HOUR, MINUTE, add_station, every

BERLIN = ZoneInfo("Europe/Berlin")
_QUARTER = 15 * MINUTE
SPRING, AUTUMN = dt.date(2026, 3, 29), dt.date(2026, 10, 25)


def _fill(scratch: psycopg.Connection, date: dt.date, lane: int = 1, step: dt.timedelta = _QUARTER) -> None:
    """Each interval counts as many vehicles per hour as its local hour times 100, plus 100."""
    begin, end = day_bounds(date, BERLIN)
    length_s = int(step.total_seconds())
    rows = []
    for time in every(step, begin, end):
        per_h = 100 * (time.astimezone(BERLIN).hour + 1)
        rows.append((time, length_s, per_h * length_s // 3600))
    drive_past(scratch, "dz1", lane, rows)


def _curve(scratch: psycopg.Connection, date: dt.date, now: dt.datetime) -> DayCurve:
    """The curve of Z1 after the worker's refresh."""
    roll_up(scratch)
    return day_curve(scratch, "Z1", date, BERLIN, now)


def _expected(date: dt.date) -> list[float]:
    begin, end = day_bounds(date, BERLIN)
    return [100.0 * (time.astimezone(BERLIN).hour + 1) for time in every(_QUARTER, begin, end)]


@pytest.mark.parametrize(("date", "quarters"), [(SPRING, 92), (AUTUMN, 100), (dt.date(2026, 10, 18), 96)])
@pytest.mark.parametrize("step", [_QUARTER, HOUR, 9 * MINUTE], ids=str)
def test_each_local_day_is_whole(
    scratch: psycopg.Connection, date: dt.date, quarters: int, step: dt.timedelta
) -> None:
    add_station(scratch, lanes=1)
    for day in (date - 14 * DAY, date - 7 * DAY, date):
        _fill(scratch, day, step=step if step < HOUR or day == date else _QUARTER)
    curve = _curve(scratch, date, day_bounds(date, BERLIN)[1])
    assert len(curve.times) == len(curve.today) == len(curve.typical) == quarters
    assert curve.times[0] == day_bounds(date, BERLIN)[0]
    assert curve.completeness == 1.0
    assert curve.like_days == 2
    assert curve.group is DayGroup.SUNDAY
    if step != 9 * MINUTE:  # 9 minutes straddle full hours
        assert curve.today == _expected(date)
    inner = [place for place, time in enumerate(curve.times) if time.astimezone(BERLIN).minute in (15, 30)]
    assert [curve.typical[place] for place in inner] == [_expected(date)[place] for place in inner]
    assert curve.total_today == pytest.approx(sum(_expected(date)) / 4, rel=0.01)


def test_history_of_the_change_itself_serves_later_days(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    for day in (SPRING, SPRING + 7 * DAY):
        _fill(scratch, day)
    curve = _curve(scratch, SPRING + 14 * DAY, day_bounds(SPRING + 14 * DAY, BERLIN)[0])
    lost_hour = [curve.typical[place] for place in (9, 10)]
    assert lost_hour == [300.0, 300.0], "known from the other day"
    assert curve.typical[50] == 1300.0
    assert curve.today == [None] * 96
    assert (curve.total_today, curve.completeness) == (None, 0.0)


def test_today_ends_now(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    date = dt.date(2026, 6, 10)
    begin = day_bounds(date, BERLIN)[0]
    now = begin + 6 * HOUR + 12 * MINUTE
    drive_past(scratch, "dz1", 1, [(time, 60, 2) for time in every(MINUTE, begin, now)])
    curve = _curve(scratch, date, now)
    assert curve.today[:25] == [120.0] * 25, "12 of 15 minutes are enough"
    assert curve.today[25:] == [None] * 71
    assert curve.total_today == 25 * 30
    assert curve.completeness == 1.0


def test_gaps_are_shown_and_counted(scratch: psycopg.Connection) -> None:
    add_station(scratch)
    date = dt.date(2026, 6, 10)
    begin, end = day_bounds(date, BERLIN)
    _fill(scratch, date, lane=1)
    drive_past(scratch, "dz1", 2, [(time, 900, 10) for time in every(_QUARTER, begin, end - 6 * HOUR)])
    curve = _curve(scratch, date, end)
    assert curve.today[71] == 100 * 18 + 40
    assert curve.today[72:] == [None] * 24
    assert curve.completeness == 0.75
    assert curve.like_days == 0
    assert set(curve.typical) == {None}


def test_band_lies_around_the_typical(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    date = dt.date(2026, 6, 10)
    for number, day in enumerate((1, 2, 5, 6, 7), start=1):
        begin, end = day_bounds(date - day * DAY, BERLIN)
        drive_past(scratch, "dz1", 1, [(time, 900, 100 * number) for time in every(_QUARTER, begin, end)])
    curve = _curve(scratch, date, day_bounds(date, BERLIN)[0])
    assert curve.like_days == 5
    assert (curve.low[40], curve.typical[40], curve.high[40]) == (400.0, 1200.0, 2000.0)


def test_a_holiday_is_compared_with_sundays(scratch: psycopg.Connection) -> None:
    add_station(scratch, lanes=1)
    ascension = dt.date(2026, 5, 14)
    for day in (dt.date(2026, 5, 10), dt.date(2026, 5, 13)):
        begin, end = day_bounds(day, BERLIN)
        vehicles = 10 if day.weekday() == 6 else 90
        drive_past(scratch, "dz1", 1, [(time, 900, vehicles) for time in every(_QUARTER, begin, end)])
    curve = _curve(scratch, ascension, day_bounds(ascension, BERLIN)[0])
    assert (curve.group, curve.like_days, curve.typical[40]) == (DayGroup.SUNDAY, 1, 40.0)


def test_unknown_station(scratch: psycopg.Connection) -> None:
    with pytest.raises(NotFound, match="station: 'nope' is not"):
        day_curve(scratch, "nope", SPRING, BERLIN, dt.datetime(2026, 3, 29, tzinfo=dt.UTC))
