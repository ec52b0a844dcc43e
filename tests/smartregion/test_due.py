"""The due rule: level plus rate over the horizon against the threshold."""

import datetime as dt

import pytest

from smartregion.waste.due import DueRule, days_until, expected_level, level_at

_NOON = dt.datetime(2026, 3, 29, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("level", "rate_per_day", "due"),
    [
        (0.80, None, True),  # at the threshold is due
        (0.79, None, False),  # just below it, standing still
        (0.70, 0.1, True),  # reaches it exactly at the end of the horizon, in spite of binary fractions
        (0.70, 0.09, False),  # does not reach it in a day
        (0.85, -0.3, True),  # a falling rate never takes back what lies in the bin
        (None, 0.5, False),  # nobody knows the level
        (1.9, 0.0, True),  # a reading beyond the rim is still full
    ],
)
def test_due_is_level_plus_rate_over_horizon(
    level: float | None, rate_per_day: float | None, due: bool
) -> None:
    assert DueRule().due(level, rate_per_day) is due


def test_horizon_and_threshold_can_be_set() -> None:
    assert DueRule(level=0.5, horizon_days=3).due(0.2, 0.1)
    assert not DueRule(level=0.5, horizon_days=2).due(0.2, 0.1)


def test_silence_is_counted_from_the_last_level() -> None:
    rule = DueRule(silent_after_h=24)
    assert rule.silent(None, _NOON)
    assert not rule.silent(_NOON - dt.timedelta(hours=24), _NOON)
    assert rule.silent(_NOON - dt.timedelta(hours=24, seconds=1), _NOON)


@pytest.mark.parametrize(
    "arguments",
    [
        {"level": 0.0},  # everything would be due
        {"level": 1.3},  # nothing would ever be due
        {"horizon_days": -1.0},  # the past is no horizon
        {"silent_after_h": 0.0},  # every sensor would be silent
    ],
)
def test_nonsense_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        DueRule(**arguments)


def test_expected_level_stays_between_empty_and_heaped() -> None:
    assert expected_level(0.4, 0.2, 2) == pytest.approx(0.8)
    assert expected_level(0.9, 0.5, 3) == 1.2
    assert expected_level(-0.1, None, 3) == 0.0
    assert expected_level(0.4, 0.2, -1) == pytest.approx(0.4)


def test_level_of_a_silent_sensor_is_carried() -> None:
    assert level_at(0.4, _NOON, 0.1, _NOON + dt.timedelta(days=3)) == pytest.approx(0.7)
    assert level_at(0.4, _NOON, 0.1, _NOON - dt.timedelta(days=3)) == pytest.approx(0.4)


def test_days_until_threshold() -> None:
    assert days_until(0.5, 0.1, 0.8) == pytest.approx(3.0)
    assert days_until(0.9, 0.1, 0.8) == 0.0
    assert days_until(0.5, 0.0, 0.8) is None
    assert days_until(0.5, None, 0.8) is None
