"""The forecast: learns rates, weekdays, seasons and events, and knows how sure it is."""

import datetime as dt

import numpy as np
import pytest

from smartregion.waste.forecast import History, Model, ahead, fit
from smartregion.waste.workdays import WorkDays

_FIRST = dt.date(2026, 1, 5)
_WEEK = np.array([0.9, 0.85, 0.9, 0.95, 1.15, 1.35, 0.9, 1.3])


def _truth(count: int, days: int, spread: float = 0.35, season: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Gains [containers, days] with weekdays and a trend, and the true rates."""
    rng = np.random.default_rng(7)
    rate = 1 / (14 * np.exp(0.69 * rng.normal(size=count)))
    week = _WEEK[WorkDays().kinds(_FIRST, days)]
    noise = np.exp(spread * rng.normal(size=(count, days)) - spread**2 / 2)
    return rate[:, None] * week * np.exp(season * np.arange(days)) * noise, rate


def _fitted(gain: np.ndarray, days: int) -> Model:
    past = gain[:, :days]
    kinds = WorkDays().kinds(_FIRST, days)
    return fit(History(past, np.ones_like(past), kinds, np.zeros(len(past), dtype=np.intp)), 1)


def test_rates_and_weekdays_are_found() -> None:
    gain, rate = _truth(400, 56)
    model = _fitted(gain, 56)
    assert np.median(np.abs(model.rate / rate - 1)) < 0.06
    assert model.profile[0, 5] / model.profile[0, 1] == pytest.approx(1.35 / 0.85, rel=0.1)
    assert model.profile[0, :7].mean() == pytest.approx(1.0)
    assert model.spread[0] == pytest.approx(0.36, abs=0.05)


@pytest.mark.parametrize("season", [0.0, 0.006, -0.006])
def test_ninety_percent_intervals_hold_what_they_say(season: float) -> None:
    gain, _ = _truth(1500, 63, season=season)
    model = _fitted(gain, 56)
    level = np.full(1500, 0.2)
    outlook = ahead(model, level, np.zeros(1500), WorkDays().kinds(_FIRST, 63)[56:])
    low, high = outlook.interval(0.9)
    true = 0.2 + np.cumsum(gain[:, 56:], axis=1)
    held = ((low <= true) & (true <= high)).mean()
    assert 0.87 < held < 0.93
    full, expected = (true[:, 6] > 1).mean(), outlook.p_full()[:, 6].mean()
    assert full == pytest.approx(expected, abs=0.02)


def test_a_trend_is_carried_on_and_noise_is_not() -> None:
    rising, flat = _fitted(_truth(400, 56, season=0.006)[0], 56), _fitted(_truth(400, 56)[0], 56)
    assert rising.trend[0] == pytest.approx(0.006, abs=0.002)
    assert abs(flat.trend[0]) < 0.001


def test_events_and_a_part_of_the_day_count() -> None:
    gain, _ = _truth(300, 56)
    events = np.random.default_rng(3).random(gain.shape) < 0.03
    gain = np.where(events, 1.9 * gain, gain)
    kinds = WorkDays().kinds(_FIRST, 58)
    group = np.zeros(300, dtype=np.intp)
    model = fit(History(gain, np.ones_like(gain), kinds[:56], group, events), 1)
    assert model.event == pytest.approx(1.9, abs=0.2)
    zero, known = np.zeros(300), np.zeros((300, 2), dtype=bool)
    known[:, 1] = True
    plain = ahead(model, zero, zero, kinds[56:], first_share=0.5)
    event = ahead(model, zero, zero, kinds[56:], first_share=0.5, events=known)
    assert (event.mean[:, 0] == plain.mean[:, 0]).all()
    assert (event.mean[:, 1] > 1.3 * plain.mean[:, 1]).all()
    noon = ahead(model, zero, zero, kinds[56:], first_share=0.5, until_share=0.5)
    assert noon.mean[:, 0].max() == pytest.approx(0.0, abs=1e-12)


def test_containers_without_sensor_learn_from_lifts() -> None:
    rise, watched = np.zeros((2, 56)), np.zeros((2, 56))
    rise[0, 9::10], watched[0, 9::10] = 0.5, 10.0
    group = np.zeros(2, dtype=np.intp)
    model = fit(History(rise, watched, WorkDays().kinds(_FIRST, 56), group), 1)
    assert model.rate[0] == pytest.approx(0.05, rel=0.05)
    assert model.rate_sd[1] > model.rate_sd[0]


def test_ten_thousand_containers_are_one_call_each() -> None:
    gain, _ = _truth(10_000, 42)
    model = _fitted(gain, 42)
    level = np.linspace(0.0, 1.1, 10_000)
    outlook = ahead(model, level, np.full(10_000, 0.02), WorkDays().kinds(_FIRST, 50)[42:])
    full = outlook.p_full()
    assert full.shape == (10_000, 8)
    assert (np.diff(full, axis=1) >= -1e-12).all()
    assert (full[level >= 1.0] == 1.0).all()


def test_levels_that_fall_learn_no_negative_rate() -> None:
    days = 42
    rise = np.zeros((1, days))
    rise[0, :3], rise[0, -2:] = -0.05, -0.02
    watched = np.where(rise != 0, 1.0, 0.0)
    kinds = np.arange(days) % 7
    model = fit(History(rise, watched, kinds, np.zeros(1, dtype=np.intp)), 1)
    assert (model.rate > 0).all()
    assert (model.profile > 0).all()
    assert np.isfinite(model.trend).all()
