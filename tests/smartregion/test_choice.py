"""What a visit is worth: overflow, merging, duty, and how the way to a later lift shrinks with time."""

import dataclasses

import numpy as np
import pytest

from smartregion.waste.choice import PRICES, Choice, Prices, choose, ways

_LEVELS = np.array([0.1, 0.5, 0.8, 0.9, 0.97])
_WAY, _SERVICE = np.tile(np.linspace(20.0, 2.0, 14), (5, 1)), np.full(5, 4.0)


def _choose(prices: Prices = PRICES, level: np.ndarray = _LEVELS, gap: int = 1) -> Choice:
    days = np.arange(8)
    p_end = np.clip((level[:, None] + 0.07 * (days + 0.8) - 0.9) / 0.2, 0.0, 1.0)
    p_visit = np.clip((level[:, None] + 0.07 * days - 0.9) / 0.2, 0.0, 1.0)
    rate = np.full(len(level), 0.07)
    return choose(level, rate * gap, rate, p_visit, p_end, gap, _WAY, _SERVICE, prices)


def test_the_fuller_the_more_a_visit_is_worth() -> None:
    found = _choose(dataclasses.replace(PRICES, must_probability=1.0))
    assert (np.diff(found.prize) >= 0).all()
    assert found.prize[0] == 0
    assert found.wanted.tolist() == (found.prize > 0).tolist()
    assert (np.diff(found.ripe) > 0).all()


def test_duty_counts_above_its_probability() -> None:
    found = _choose(dataclasses.replace(PRICES, must_probability=0.6))
    assert found.must.tolist() == [False, False, False, False, True]
    assert found.prize[4] == pytest.approx(2000.0 * 1.97)
    assert (found.prize[:4] < 100).all()
    assert not _choose(dataclasses.replace(PRICES, must_probability=1.0)).must.any()


def test_a_sunday_or_holiday_between_makes_it_urgent() -> None:
    near, far = _choose(gap=1), _choose(gap=3)
    assert (far.p_full >= near.p_full).all()
    assert (far.overflow_days >= near.overflow_days).all()
    assert far.prize[3] > near.prize[3]


def test_merging_can_be_switched_off_and_begins_when_ripe() -> None:
    plain = dataclasses.replace(PRICES, eur_overflow_day=0.0, eur_lift=0.0, must_probability=1.0)
    assert _choose(plain).prize[2] > 0
    assert _choose(dataclasses.replace(plain, ripe_from=0.95)).prize[2] == 0
    alone = _choose(dataclasses.replace(plain, merging=0.0))
    assert (alone.prize <= _choose(plain).prize).all()


def test_waiting_makes_a_passing_tour_likelier() -> None:
    rng = np.random.default_rng(5)
    at = rng.random((40, 2)) * 30.0
    between = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    found = ways(between, 6.0, 10)
    assert found.shape == (40, 10)
    assert (np.diff(found, axis=1) < 0).all()
    nearest = np.where(np.eye(40, dtype=bool), np.inf, between).min(axis=1)
    assert (found >= 2 * nearest[:, None] - 1e-9).all()
    # Where every place is visited each day, the way is there and back to the nearest one.
    assert ways(between, 40.0, 1)[:, 0] == pytest.approx(2 * nearest)
    assert ways(np.zeros((1, 1)), 1.0, 3).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("eur_overflow_day", -1.0),  # a price below nothing
        ("eur_lift", float("nan")),
        ("must_probability", 0.0),  # everything would be duty
        ("ripe_from", 1.5),
        ("merging", -0.1),
    ],
)
def test_nonsense_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Prices(**{name: value})
