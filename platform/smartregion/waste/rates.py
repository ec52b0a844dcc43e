"""How fast containers fill and since when they are due, from their levels of the last days; pure arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smartregion.waste.due import DueRule

Floats = NDArray[np.float64]

LIFT_DROP = 0.1
"""A fall of the level by more than this between two readings is a lift, share of the volume."""
SPIKE = 0.15
"""A reading farther than this from the one before and the one after, both times in one direction, is wild."""
TRIMMED_SHARE = 1 / 6
"""Share of days left out at either end, so that a wild day or a bad reading says nothing."""
MIN_WATCHED_DAY = 0.2
"""A day counts when at least this share of it lies between two readings."""
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Levels:
    """Levels of many containers, ordered by container, then time, no moment twice; arrays of equal length."""

    container: NDArray[np.intp]
    """Place of the container, 0..n-1."""
    second: NDArray[np.int64]
    """Event time, s since any moment before the first."""
    level: Floats
    """Share of the usable volume, 0..1.2."""


@dataclass(frozen=True)
class History:
    """What the levels of the last days say, one value a container; NaN is unknown or never."""

    rate_per_day: Floats
    last_s: Floats
    last_level: Floats
    due_since_s: Floats
    """Begin of the unbroken run of due readings up to the last one."""
    full_since_s: Floats
    """The same for readings at the rim (1.0) or above."""


def unpack(packed: NDArray[np.int64], level: Floats) -> Levels:
    """Levels from keys (container + 1, second, 1 for a distance) packed as 31, 31 and 1 bits, in any order.

    Where a sensor gave level and distance for one second, the level counts.
    """
    order = np.argsort(packed)
    packed, level = packed[order], level[order]
    moment = packed >> 1
    first = np.ones(len(packed), dtype=bool)
    first[1:] = moment[1:] != moment[:-1]
    moment = moment[first]
    return Levels((moment >> 31) - 1, moment & 0x7FFFFFFF, level[first])


def summarise(levels: Levels, containers: int, rule: DueRule) -> History:
    """Rate, last value and begin of the present state of each container."""
    rate = rates_per_day(levels, containers)
    last_s = np.full(containers, np.nan)
    last_level = np.full(containers, np.nan)
    last_s[levels.container] = levels.second  # ordered by time: the last write stays
    last_level[levels.container] = levels.level
    carried = levels.level + np.nan_to_num(np.maximum(rate, 0.0))[levels.container] * rule.horizon_days
    return History(
        rate,
        last_s,
        last_level,
        _since(levels, carried >= rule.level, containers),
        _since(levels, levels.level >= 1.0, containers),
    )


def rates_per_day(levels: Levels, containers: int) -> Floats:
    """Rise a day of each container, 0 or more; NaN when no day was watched long enough.

    Lifts are left out, single wild readings are smoothed away, and of the days' rates the mean is taken
    without the highest and the lowest sixth: the days of a week differ, so a median would miss the busy ones.
    """
    same = levels.container[1:] == levels.container[:-1]
    rise = np.diff(_smooth(levels.level, levels.container))
    watched = np.diff(levels.second) / _DAY_S
    day = (levels.second[1:] // int(_DAY_S)).astype(np.intp)
    days = int(day.max(initial=0)) + 1
    use = same & (rise > -LIFT_DROP)
    cell = levels.container[1:][use] * days + day[use]
    risen = np.bincount(cell, rise[use], containers * days).reshape(containers, days)
    time = np.bincount(cell, watched[use], containers * days).reshape(containers, days)
    daily = np.full((containers, days), np.nan)
    good = time >= MIN_WATCHED_DAY
    daily[good] = risen[good] / time[good]
    return np.maximum(_trimmed_mean(daily), 0.0)


def _smooth(level: Floats, container: NDArray[np.intp]) -> Floats:
    """Levels without single readings that jump away from both neighbours of their container.

    A median would also cut the last reading before each lift, and with it a part of the rise.
    """
    smooth = level.copy()
    before, after = level[1:-1] - level[:-2], level[1:-1] - level[2:]
    away = (np.minimum(before, after) > SPIKE) | (np.maximum(before, after) < -SPIKE)
    wild = away & (container[2:] == container[:-2])
    smooth[1:-1][wild] = (level[:-2][wild] + level[2:][wild]) / 2
    return smooth


def _trimmed_mean(values: Floats) -> Floats:
    """Mean of each row without NaN and TRIMMED_SHARE of its values at either end; NaN for an empty row."""
    ordered = np.sort(values, axis=1)  # NaN sorts to the end
    known = np.count_nonzero(~np.isnan(ordered), axis=1)
    trim = (known * TRIMMED_SHARE).astype(np.intp)
    place = np.arange(values.shape[1])
    keep = (place >= trim[:, None]) & (place < (known - trim)[:, None])
    mean = np.full(len(values), np.nan)
    some = known > 0
    mean[some] = np.where(keep, np.nan_to_num(ordered), 0.0).sum(axis=1)[some] / keep.sum(axis=1)[some]
    return mean


def _since(levels: Levels, holds: NDArray[np.bool_], containers: int) -> Floats:
    """Second of the first reading of the last run for which `holds`; NaN when the last reading does not."""
    start = np.ones(len(holds), dtype=bool)
    start[1:] = (levels.container[1:] != levels.container[:-1]) | ~holds[:-1]
    begin = np.maximum.accumulate(np.where(start, np.arange(len(holds)), 0))
    since = np.full(containers, np.nan)
    since[levels.container] = np.where(holds, levels.second[begin], np.nan)
    return since
