"""From intervals of any length to rates of quarter hours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartregion.traffic.binning import Intervals, band, bin_rates, on_clock

_Row = tuple[int, float, float, float, float]


def _intervals(*rows: _Row) -> Intervals:
    columns = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    return Intervals(columns[0].astype(np.intp), *columns[1:])


def _rates(*rows: _Row, lanes: int = 1, begin_s: float = 0.0, bins: int = 4) -> list[list[float]]:
    found = bin_rates(_intervals(*rows), lanes, begin_s, bins)
    return [[-1.0 if np.isnan(rate) else round(float(rate), 6) for rate in lane] for lane in found]


def test_one_interval_a_bin() -> None:
    assert _rates((0, 0, 900, 25, 900), (0, 900, 900, 0, 900)) == [[100.0, 0.0, -1.0, -1.0]]


def test_minutes_add_up() -> None:
    minutes = [(0, 60.0 * number, 60.0, 2.0, 60.0) for number in range(15)]
    assert _rates(*minutes) == [[120.0, -1.0, -1.0, -1.0]]


def test_an_hour_is_shared_out() -> None:
    assert _rates((0, 0, 3600, 400, 3600)) == [[400.0] * 4]


def test_an_interval_across_a_border_is_shared_by_time() -> None:
    assert _rates((0, 0, 600, 60, 600), (0, 600, 600, 30, 600), (0, 1200, 600, 60, 600)) == [
        [300.0, 300.0, -1.0, -1.0]
    ]


def test_mixed_lengths_in_one_bin() -> None:
    rows = [(0, 0.0, 600.0, 50.0, 600.0), *((0, 600.0 + 60 * n, 60.0, 5.0, 60.0) for n in range(5))]
    assert _rates(*rows, bins=1) == [[300.0]]


@pytest.mark.parametrize(("covered_s", "rate"), [(900, 72.0), (675, 96.0), (674, -1.0), (0.001, -1.0)])
def test_below_three_quarters_is_a_gap(covered_s: float, rate: float) -> None:
    assert _rates((0, 0, 900, 18, covered_s), bins=1) == [[rate]]


def test_lanes_stay_apart_and_time_outside_is_left_out() -> None:
    rows = [(0, 900.0, 900.0, 9.0, 900.0), (1, 1800.0, 900.0, 8.0, 900.0), (1, 99_000.0, 900.0, 7.0, 900.0)]
    assert _rates(*rows, lanes=2, begin_s=900, bins=2) == [[36.0, -1.0], [-1.0, 32.0]]


def test_an_interval_that_began_before_the_first_bin() -> None:
    assert _rates((0, 0, 3600, 400, 3600), begin_s=1800, bins=2) == [[400.0, 400.0]]


def test_nothing_is_all_gaps() -> None:
    assert _rates(bins=3) == [[-1.0] * 3]


@given(
    st.lists(st.tuples(st.integers(1, 7200), st.integers(0, 500)), min_size=1, max_size=40),
    st.integers(-3600, 3600),
)
def test_no_vehicle_is_lost_or_made(lengths: list[tuple[int, int]], begin_s: int) -> None:
    """Seamless intervals: the covered bins hold what the intervals hold, but for the cut at both ends."""
    rows, start = [], float(begin_s)
    for length, vehicles in lengths:
        rows.append((0, start, float(length), float(vehicles), float(length)))
        start += length
    bins = int((start - begin_s) // 900)
    counted = sum(bin_rates(_intervals(*rows), 1, begin_s, bins)[0]) / 4 if bins else 0.0
    end = begin_s + bins * 900
    inside = sum(v * max(0.0, min(s + n, end) - s) / n for _, s, n, v, _ in rows)
    assert counted == pytest.approx(inside)


def test_the_double_hour_is_averaged_and_the_lost_hour_unknown() -> None:
    clock = np.array([0, 8, 8, 9])
    face = on_clock(np.array([1.0, 2.0, 4.0, np.nan]), clock)
    assert face[[0, 8]].tolist() == [1.0, 3.0]
    assert np.isnan(face[9])
    assert np.isnan(face).sum() == 94


def test_band_holds_like_days_and_chance() -> None:
    days = np.full((5, 96), np.nan)
    days[:, 40:44] = np.array([[80.0], [90.0], [100.0], [110.0], [400.0]])
    low, typical, high = band(days)
    assert typical[41] == 100.0
    assert low[41] == pytest.approx(100 - 1.2816 * 5 * 4)
    assert high[41] == 400.0
    assert np.isnan(typical[[0, 50]]).all()
    assert not np.isnan(typical[39]), "its neighbour of the same days speaks for it"


def test_band_of_one_day_is_as_wide_as_chance() -> None:
    low, typical, high = band(np.full((1, 96), 36.0))
    assert typical[0] == 36.0
    assert (typical[0] - low[0], high[0] - typical[0]) == pytest.approx((15.38, 15.38), abs=0.01)


def test_band_is_never_below_nothing() -> None:
    low, _, _ = band(np.full((3, 96), 1.0))
    assert (low >= 0).all()


def test_band_of_no_day() -> None:
    assert all(np.isnan(edge).all() for edge in band(np.empty((0, 96))))
