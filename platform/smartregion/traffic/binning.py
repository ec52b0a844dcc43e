"""From counted intervals of any length to rates in quarter hours; gaps stay gaps.

Rules (ours, after the practice of Berlin's hourly counts): a bin with less than 75 % covered time is a gap,
above it the rate is count / covered time; a sum with a dead lane is a gap, not a smaller sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smartregion.traffic.calendar import CLOCK_QUARTERS, QUARTER_S

Floats = NDArray[np.float64]

MIN_COVERAGE = 0.75
"""Least share of a bin's time that must have been watched."""
LOW, HIGH = 0.1, 0.9
"""Quantiles of the band around the typical value."""
_QUANTILE_SPREADS = 1.2816
"""Standard deviations from the middle to those quantiles, normal distribution."""


@dataclass(frozen=True)
class Intervals:
    """Counts of one or more lanes, arrays of equal length."""

    row: NDArray[np.intp]
    """Which lane, 0..rows-1."""
    start_s: Floats
    """Begin, seconds on any axis."""
    length_s: Floats
    vehicles: Floats
    covered_s: Floats
    """Time really watched inside the interval, 0..length_s."""


def bin_rates(intervals: Intervals, rows: int, begin_s: float, bins: int) -> Floats:
    """Vehicles per hour, shape (rows, bins), in quarter hours from `begin_s` on; NaN for a gap.

    An interval longer than a bin, or across a border, is shared out evenly over its time.
    """
    counted = np.zeros(rows * bins)
    covered = np.zeros(rows * bins)
    first = np.floor((intervals.start_s - begin_s) / QUARTER_S).astype(np.intp)
    end_s = intervals.start_s + intervals.length_s
    span = int(np.max(np.ceil((end_s - begin_s) / QUARTER_S) - first, initial=0))
    for offset in range(span):
        index = first + offset
        left = begin_s + index * QUARTER_S
        overlap_s = np.minimum(end_s, left + QUARTER_S) - np.maximum(intervals.start_s, left)
        use = (overlap_s > 0) & (index >= 0) & (index < bins)
        share = overlap_s[use] / intervals.length_s[use]
        cell = intervals.row[use] * bins + index[use]
        counted += np.bincount(cell, intervals.vehicles[use] * share, rows * bins)
        covered += np.bincount(cell, intervals.covered_s[use] * share, rows * bins)
    good = covered >= MIN_COVERAGE * QUARTER_S
    rates = np.full(rows * bins, np.nan)
    rates[good] = counted[good] / covered[good] * 3600.0
    return rates.reshape(rows, bins)


def on_clock(rates: Floats, clock: NDArray[np.intp]) -> Floats:
    """A day's rates on the face of the clock, shape (96,): the double hour averaged, the lost hour NaN."""
    known = ~np.isnan(rates)
    total = np.bincount(clock[known], rates[known], CLOCK_QUARTERS)
    times = np.bincount(clock[known], minlength=CLOCK_QUARTERS)
    face = np.full(CLOCK_QUARTERS, np.nan)
    face[times > 0] = total[times > 0] / times[times > 0]
    return face


def _quantiles(values: Floats, shares: Sequence[float]) -> list[Floats]:
    """Quantiles of each column, linear between neighbours; NaN counts for nothing."""
    if not len(values):
        return [np.full(values.shape[1], np.nan) for _ in shares]
    ordered = np.sort(values, axis=0)  # NaN goes last
    last = np.maximum(np.count_nonzero(~np.isnan(values), axis=0) - 1, 0)
    column = np.arange(values.shape[1])
    found = []
    for share in shares:
        place = share * last
        below = np.floor(place).astype(np.intp)
        low, high = ordered[below, column], ordered[np.minimum(below + 1, last), column]
        found.append(low + (high - low) * (place - below))
    return found


def band(days: Floats, neighbours: int = 1) -> tuple[Floats, Floats, Floats]:
    """Low, typical and high over like days, from shape (days, 96) to (96,) each; NaN where no day has one.

    Quantiles 10, 50 and 90 %. Each quarter hour is judged together with its neighbours of the same day,
    because a few counts in a few days say little alone. The band is never narrower than what chance alone
    does to a count (Poisson), so that one or two like days do not pretend to know.
    """
    edge = np.full((len(days), neighbours), np.nan)
    padded = np.concatenate((edge, days, edge), axis=1)
    near = np.concatenate([padded[:, step : step + CLOCK_QUARTERS] for step in range(2 * neighbours + 1)])
    low, typical, high = _quantiles(near, (LOW, 0.5, HIGH))
    per_h = 3600.0 / QUARTER_S
    chance = _QUANTILE_SPREADS * np.sqrt(typical / per_h) * per_h
    return np.maximum(np.minimum(low, typical - chance), 0.0), typical, np.maximum(high, typical + chance)
