"""Working days: Sundays, holidays, and the operator's table of shifts in both directions."""

import datetime as dt

import pytest

from smartregion.waste.workdays import HOLIDAY, WorkDays

_D = dt.date


def test_sundays_and_holidays_are_no_working_days() -> None:
    work = WorkDays()
    assert work.works(_D(2026, 4, 2))
    assert not work.works(_D(2026, 4, 3))  # Good Friday
    assert work.works(_D(2026, 4, 4))
    assert not work.works(_D(2026, 4, 5))  # Easter Sunday
    assert not work.works(_D(2026, 4, 6))
    assert work.next_visit(_D(2026, 4, 4)) == _D(2026, 4, 7)
    assert work.kinds(_D(2026, 4, 3), 3).tolist() == [HOLIDAY, 5, HOLIDAY]


def test_without_a_table_a_holiday_shifts_the_rest_of_its_week() -> None:
    work = WorkDays()
    after = {day: work.collected_on(_D(2026, 4, day)).day for day in range(6, 11)}
    assert after == {6: 7, 7: 8, 8: 9, 9: 10, 10: 11}
    assert work.collected_on(_D(2026, 4, 14)) == _D(2026, 4, 14)


def test_the_table_shifts_both_ways_and_makes_working_days() -> None:
    moved = {_D(2026, 3, 30): _D(2026, 3, 28), _D(2026, 4, 6): _D(2026, 4, 7)}
    work = WorkDays(weekdays=frozenset(range(5)), moved=moved)
    assert work.collected_on(_D(2026, 3, 30)) == _D(2026, 3, 28)
    assert work.works(_D(2026, 3, 28))  # a Saturday
    assert not work.works(_D(2026, 3, 30))
    assert work.next_visit(_D(2026, 3, 27)) == _D(2026, 3, 28)
    # The shifted holiday shifts nothing else.
    assert work.collected_on(_D(2026, 4, 8)) == _D(2026, 4, 8)


@pytest.mark.parametrize("weekdays", [frozenset(), frozenset({7})])
def test_an_operator_works_on_some_day(weekdays: frozenset[int]) -> None:
    with pytest.raises(ValueError, match="weekdays"):
        WorkDays(weekdays=weekdays)
