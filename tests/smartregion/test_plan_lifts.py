"""Which containers a plan lifts, and what lies in them."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from smartregion.registry.objects import Fraction
from smartregion.waste.due import DueRule
from smartregion.waste.expected import Span, Told, expected_of
from smartregion.waste.levels import ContainerState
from smartregion.waste.lifts import Events
from smartregion.waste.plan_choice import candidates
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import as_of, due_lifts, falls_due, fixed_lifts, lifts_a_day
from smartregion.waste.workdays import WorkDays

_BERLIN = ZoneInfo("Europe/Berlin")
_FRACTIONS = {
    "paper": Fraction("paper", "Papier", "Paper", "20 01 01", 0.08, 5.0, 60),
    "glass": Fraction("glass", "Glas", "Glass", "15 01 07", 0.3, 1.0, 240),
}
_DAY = Day(dt.date(2026, 6, 2), _BERLIN)
_NOW = dt.datetime(2026, 6, 2, 10, tzinfo=dt.UTC)  # noon in Berlin


def container(
    name: str = "C1",
    *,
    fraction: str = "paper",
    level: float | None = 0.9,
    level_time: dt.datetime | None = _NOW,
    rate_per_day: float | None = 0.0,
    rhythm_days: int | None = None,
    municipality: str = "Calau",
    volume_l: int = 1100,
) -> ContainerState:
    """A container with everything that does not matter here filled in."""
    return ContainerState(
        id=name,
        site="S1",
        site_name="Markt",
        street="",
        place="",
        municipality=municipality,
        fraction=fraction,
        volume_l=volume_l,
        lon=14.0,
        lat=51.7,
        device=None,
        level=level,
        level_time=level_time,
        rate_per_day=rate_per_day,
        full_at=None,
        silent=False,
        due=False,
        rhythm_days=rhythm_days,
        due_since=None,
        full_since=None,
    )


def _due(*containers: ContainerState, day: Day = _DAY, now: dt.datetime = _NOW) -> list[str]:
    return [lift.container for lift in due_lifts(containers, _FRACTIONS, DueRule(), day, now)]


def test_units_kilograms_and_pressed_litres() -> None:
    (paper,) = due_lifts([container(level=0.9)], _FRACTIONS, DueRule(), _DAY, _NOW)
    assert paper.level == pytest.approx(0.9)
    assert paper.kg == pytest.approx(1100 * 0.9 * 0.08)
    assert paper.pressed_l == pytest.approx(1100 * 0.9 / 5.0)
    (glass,) = due_lifts([container(fraction="glass", volume_l=3000)], _FRACTIONS, DueRule(), _DAY, _NOW)
    assert (glass.kg, glass.pressed_l) == pytest.approx((810.0, 2700.0))


def test_tomorrow_carries_the_level_a_day_on() -> None:
    slow = container(level=0.65, rate_per_day=0.1)
    assert _due(slow) == []  # 0.65 and a day's 0.1 stay below 0.8
    assert _due(slow, day=Day(dt.date(2026, 6, 3), _BERLIN)) == ["C1"]


def test_expected_level_is_that_at_noon_of_the_day() -> None:
    morning = dt.datetime(2026, 6, 2, 4, tzinfo=dt.UTC)
    (lift,) = due_lifts(
        [container(level=0.7, level_time=morning, rate_per_day=0.2)], _FRACTIONS, DueRule(), _DAY, morning
    )
    assert lift.level == pytest.approx(0.7 + 0.2 * 6 / 24, abs=1e-3)


def _on_duty(*containers: ContainerState, day: Day) -> list[str]:
    """What must be lifted of containers of which no forecast knows anything."""
    count = len(containers)
    none = np.array([])
    told = Told(Events(none.astype(int), none, none, none.astype(bool)), *np.full((2, count), np.nan))
    ids = [state.id for state in containers]
    work = WorkDays()
    expected, _ = expected_of(ids, ["paper"] * count, told, Span(_NOW, _BERLIN), work, 14)
    found = candidates(
        containers, expected, _FRACTIONS, DueRule(), day, _NOW, work, np.ones(count, dtype=np.intp)
    )
    assert found.lifts == []
    return [lift.container for lift in found.duty]


def test_a_silent_container_nobody_knows_goes_by_its_rhythm_and_without_one_by_the_due_rule() -> None:
    last_word = _NOW - dt.timedelta(days=20)
    filling = container("filling", level=0.5, level_time=last_word, rate_per_day=0.03)
    resting = container("resting", level=0.5, level_time=last_word, rate_per_day=0.0)
    fixed = container("fixed", level=0.1, level_time=last_word, rate_per_day=0.0, rhythm_days=7)
    silent = [replace(state, silent=True) for state in (filling, resting, fixed)]
    week = [Day(_DAY.date + dt.timedelta(days=k), _BERLIN) for k in range(7)]
    (collected,) = (day for day in week if falls_due(fixed, 7, day.date))
    for day in week:
        expected = {"filling", "fixed"} if day is collected else {"filling"}
        assert set(_on_duty(*silent, day=day)) == expected, day.date
    heard = replace(silent[2], silent=False)
    assert _on_duty(heard, day=collected) == [], "a sensor that speaks decides by its level"


def test_silent_container_is_carried_on_from_its_last_word() -> None:
    silent = container(level=0.5, level_time=_NOW - dt.timedelta(days=3), rate_per_day=0.1)
    assert _due(silent) == ["C1"]


def test_container_without_level_is_not_due() -> None:
    assert _due(container(level=None, level_time=None, rate_per_day=None)) == []


def test_past_day_knows_only_what_was_known_when_it_began() -> None:
    assert as_of(_DAY, _NOW) == _NOW
    assert as_of(_DAY, _NOW + dt.timedelta(days=3)) == _DAY.midnight
    assert as_of(_DAY, _NOW - dt.timedelta(days=3)) == _NOW - dt.timedelta(days=3)


@pytest.mark.parametrize("rhythm_days", [1, 3, 7, 10, 14, 28])
def test_calendar_comes_once_a_rhythm(rhythm_days: int) -> None:
    start = dt.date(2026, 1, 5)
    days = [start + dt.timedelta(days=number) for number in range(rhythm_days)]
    for name in ("Calau", "Lübbenau/Spreewald", "Vetschau/Spreewald", "Großräschen"):
        found = [day for day in days if falls_due(container(municipality=name), rhythm_days, day)]
        assert len(found) == 1
        if rhythm_days % 7 == 0:
            assert found[0].weekday() < 5


def test_calendar_lifts_whatever_the_level_is() -> None:
    known = container("A", level=0.1, rhythm_days=1)
    unknown = container("B", level=None, level_time=None, rhythm_days=1)
    without = container("C", rhythm_days=None)
    lifts = fixed_lifts([known, unknown, without], _FRACTIONS, _DAY)
    assert [(lift.container, lift.level) for lift in lifts] == [("A", 0.1), ("B", 0.5)]
    assert lifts_a_day([known, unknown, without, container(rhythm_days=14)]) == pytest.approx(2 + 1 / 14)
