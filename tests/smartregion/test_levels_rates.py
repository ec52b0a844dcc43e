"""How fast containers fill, from arrays alone."""

import numpy as np
import pytest

from smartregion.waste.due import DueRule
from smartregion.waste.rates import Levels, rates_per_day, summarise, unpack

_HOUR_S = 3600
_DAY_S = 86_400


def _levels(*series: list[tuple[int, float]]) -> Levels:
    rows = [(place, second, level) for place, one in enumerate(series) for second, level in one]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return Levels(columns[0].astype(np.intp), columns[1].astype(np.int64), columns[2])


def _filling(
    rate: float, days: float, step_s: int = _HOUR_S, lift_at: float = 0.9
) -> list[tuple[int, float]]:
    """Levels of a container that fills steadily and is lifted at a level."""
    return [(second, rate * second / _DAY_S % lift_at) for second in range(0, int(days * _DAY_S), step_s)]


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2, 0.4])
def test_a_steady_rise_is_found_in_spite_of_lifts(rate: float) -> None:
    found = rates_per_day(_levels(_filling(rate, 14), _filling(rate, 14, 6 * _HOUR_S)), 2)
    assert found == pytest.approx([rate, rate], rel=0.02)


def test_noise_of_a_sensor_is_not_a_rise() -> None:
    random = np.random.default_rng(7)
    still = [(second, 0.5 + float(random.normal(0, 0.01))) for second, _ in _filling(0.1, 14)]
    assert rates_per_day(_levels(still), 1)[0] < 0.005


def test_single_wild_readings_do_not_matter() -> None:
    wild = _filling(0.05, 14)
    for place in (50, 100, 200, 280):
        wild[place] = (wild[place][0], 1.2)
    assert rates_per_day(_levels(wild), 1) == pytest.approx([0.05], rel=0.05)


def test_one_wild_day_does_not_matter() -> None:
    level, series = 0.0, []
    for second in range(0, 14 * _DAY_S, _HOUR_S):
        level += (0.5 if second // _DAY_S == 6 else 0.02) / 24
        series.append((second, level))
    assert rates_per_day(_levels(series), 1) == pytest.approx([0.02], rel=0.05)


def test_busy_weekends_count_in_the_mean() -> None:
    level, series = 0.0, []
    for second in range(0, 14 * _DAY_S, _HOUR_S):
        level += (0.08 if second // _DAY_S % 7 in (4, 5, 6) else 0.01) / 24
        series.append((second, level % 1.0))
    mean = (3 * 0.08 + 4 * 0.01) / 7
    assert rates_per_day(_levels(series), 1) == pytest.approx([mean], rel=0.15)


def test_a_falling_level_is_no_negative_rate() -> None:
    falling = [(second, 0.9 - 0.01 * second / _DAY_S) for second in range(0, 5 * _DAY_S, _HOUR_S)]
    assert rates_per_day(_levels(falling), 1)[0] == 0.0


def test_little_or_nothing_known_is_unknown() -> None:
    one_reading, one_hour = [(10, 0.4)], [(0, 0.4), (_HOUR_S, 0.5)]
    assert np.isnan(rates_per_day(_levels([], one_reading, one_hour), 3)).all()


def test_gap_of_days_is_bridged() -> None:
    gap = [row for row in _filling(0.05, 14) if not 3 * _DAY_S < row[0] < 8 * _DAY_S]
    assert rates_per_day(_levels(gap), 1) == pytest.approx([0.05], rel=0.02)


def test_order_of_containers_does_not_matter() -> None:
    slow, fast = _filling(0.02, 14), _filling(0.3, 14)
    assert rates_per_day(_levels(slow, fast), 2) == pytest.approx(rates_per_day(_levels(fast, slow), 2)[::-1])


def test_summary_tells_last_value_and_since_when() -> None:
    dipped = [(0, 0.85), (1, 0.95), (2, 0.3), (3, 0.85), (4, 1.05), (5, 1.1)]
    quiet = [(0, 0.2), (9, 0.2)]
    found = summarise(_levels(dipped, quiet, []), 3, DueRule(horizon_days=0.0))
    assert found.last_s.tolist()[:2] == [5, 9]
    assert found.last_level.tolist()[:2] == [1.1, 0.2]
    assert found.due_since_s[0] == 3
    assert found.full_since_s[0] == 4
    assert np.isnan(found.due_since_s[1:]).all()
    assert np.isnan(found.last_s[2])


def test_unpack_orders_and_prefers_the_level_over_the_distance() -> None:
    def key(container: int, second: int, distance: int) -> int:
        return container << 32 | second << 1 | distance

    packed = np.array([key(2, 5, 0), key(1, 9, 1), key(1, 7, 1), key(1, 9, 0)], dtype=np.int64)
    found = unpack(packed, np.array([0.1, 0.2, 0.3, 0.4]))
    assert found.container.tolist() == [0, 0, 1]
    assert found.second.tolist() == [7, 9, 5]
    assert found.level.tolist() == [0.3, 0.4, 0.1]


def test_unpack_of_nothing() -> None:
    found = summarise(unpack(np.array([], dtype=np.int64), np.array([])), 2, DueRule())
    assert np.isnan(found.rate_per_day).all()
