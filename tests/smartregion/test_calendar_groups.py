"""Day groups W, U, S from public and school holidays, and the average daily traffic by them."""

import datetime as dt
import pathlib
from zoneinfo import ZoneInfo

import holidays
import psycopg
import pytest

from smartregion.errors import InvalidInput
from smartregion.traffic.calendar import day_bounds
from smartregion.traffic.day_groups import (
    SCHOOL_HOLIDAYS,
    SchoolHolidays,
    StatisticsGroup,
    school_holidays,
    statistics_group,
)
from smartregion.traffic.dtv import dtv
from tests.smartregion.rolled import drive_past, roll_up
from tests.smartregion.small_district import MINUTE, add_station, every

BERLIN = ZoneInfo("Europe/Berlin")
W, U, S = StatisticsGroup


@pytest.mark.parametrize(
    ("date", "group"),
    [
        ("2026-06-10", W),
        ("2026-06-13", W),  # a Saturday
        ("2026-06-14", S),
        ("2026-07-09", U),  # first day of the summer
        ("2026-07-08", W),
        ("2026-08-22", U),  # its last, a Saturday
        ("2026-08-23", S),  # a Sunday in between
        ("2026-10-31", S),  # Reformation Day, a Saturday
        ("2026-04-03", S),  # Good Friday in the Easter holidays
        ("2026-05-15", U),  # a single free day
        ("2026-12-25", S),
        ("2026-12-28", U),
    ],
)
def test_the_group_of_a_day_in_brandenburg(date: str, group: StatisticsGroup) -> None:
    assert statistics_group(dt.date.fromisoformat(date), "BB", school_holidays("BB")) is group


def test_the_reformation_is_no_holiday_in_berlin() -> None:
    assert statistics_group(dt.date(2026, 10, 31), "BE", SchoolHolidays(frozenset())) is W


@pytest.mark.parametrize(
    ("state", "date", "group"),
    [
        ("BB", "2024-10-21", U),
        ("BB", "2024-11-04", W),
        ("BB", "2024-12-23", U),
        ("BB", "2025-01-02", W),
        ("BB", "2028-12-27", U),  # beyond the table that comes with the program
        ("SN", "2026-02-10", U),
        ("SN", "2026-02-23", W),
        ("BY", "2026-08-03", U),
    ],
)
def test_every_state_has_its_school_holidays(state: str, date: str, group: StatisticsGroup) -> None:
    school = school_holidays(state)
    assert school.know(dt.date(2015, 1, 1), dt.date(2029, 1, 1))
    assert statistics_group(dt.date.fromisoformat(date), state, school) is group


def test_our_table_is_what_the_ministers_published() -> None:
    """Kultusministerkonferenz, by way of the library `holidays`: only single free days are ours alone."""
    ours = school_holidays("BB", SCHOOL_HOLIDAYS)
    assert ours.first is not None
    assert ours.last is not None
    years = range(ours.first.year, ours.last.year + 1)
    published = {
        day
        for day in holidays.country_holidays("DE", "BB", years, categories="school")
        if ours.first <= day <= ours.last and day.weekday() < 6
    }
    assert published <= ours.days
    alone = sorted(day for day in ours.days - published if day.weekday() < 6)
    assert [str(day) for day in alone] == [
        "2022-05-27", "2023-05-19", "2023-10-02", "2024-05-10", "2025-05-02", "2025-05-30", "2026-05-15",
    ]  # fmt: skip


def test_a_district_brings_its_own_table(tmp_path: pathlib.Path) -> None:
    table = tmp_path / "ferien.csv"
    table.write_text("state;name;first;last\nSN;Winterferien;2026-02-09;2026-02-21\n", encoding="utf-8")
    found = school_holidays("SN", table)
    assert len(found.days) == 13
    assert found.know(dt.date(2026, 2, 9), dt.date(2026, 2, 22))
    assert not found.know(dt.date(2026, 2, 9), dt.date(2026, 2, 23))
    assert not school_holidays("BB", table).know(dt.date(2026, 2, 10), dt.date(2026, 2, 11))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1"),
        ("land;name;von;bis\n", "line 1"),
        ("state;name;first;last\nBB;Winter;2026-02-02\n", "line 2"),
        ("state;name;first;last\nBB;Winter;2.2.2026;7.2.2026\n", "line 2"),
        ("state;name;first;last\n\nBB;Winter;2026-02-07;2026-02-02\n", "line 2"),
        ("state;name;first;last\nBB;Winter;2026-02-07;2026-02-02\n", "a day not before"),
    ],
)
def test_a_faulty_table_names_its_line(tmp_path: pathlib.Path, text: str, told: str) -> None:
    table = tmp_path / "ferien.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=told):
        school_holidays("BB", table)


def test_a_missing_table_is_told(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidInput, match="readable"):
        school_holidays("BB", tmp_path / "none.csv")


def test_dtv_weighs_the_groups_by_their_days(either: psycopg.Connection) -> None:
    add_station(either, lanes=2)
    add_station(either, "Z2", "dz2", lanes=1)
    # The week in which the summer begins; Tuesday's second lane is dead, a tenth of Wednesday was not seen.
    since, until = dt.date(2026, 7, 6), dt.date(2026, 7, 13)
    for number in range(7):
        date = since + dt.timedelta(days=number)
        begin, end = day_bounds(date, BERLIN)
        for lane in (1, 2):
            if (number, lane) == (1, 2):
                continue
            intervals = [(time, 3600, 10 * (number + 1)) for time in every(60 * MINUTE, begin, end)]
            drive_past(either, "dz1", lane, intervals, completeness=0.9 if number == 2 else 1.0)
    roll_up(either)
    found, silent = dtv(either, since, until, BERLIN, "BB", school_holidays("BB"))
    day = 2 * 24 * 10
    assert found.days == {W: 2, U: 3, S: 1}
    workday = day * (1 + 3 / 0.9) / 2
    assert found.by_group == {W: pytest.approx(workday), U: pytest.approx(day * 5), S: pytest.approx(day * 7)}
    assert found.dtv == pytest.approx((3 * workday + 3 * day * 5 + day * 7) / 7)
    assert found.dtv_w5 == pytest.approx(workday)
    assert found.days_w5 == 2
    assert found.estimated == 1
    assert found.school_known
    assert (silent.station, silent.dtv, silent.days) == ("Z2", None, {W: 0, U: 0, S: 0})
