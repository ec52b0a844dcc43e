"""How fast containers fill and when they will be full, with uncertainty; pure arrays, all containers at once.

A container gains `rate x kind of day x index of its group x events` a day. Kinds of day (weekdays, holidays),
the index (season, holidays of schools, whatever moves all) and the effect of events are learned from all
containers of a group together, the rate from each one's own past. What remains is noise with a spread of its
own in each group. The growth until some moment follows a gamma distribution with that mean and variance.
The width of intervals is held against the last week, which the model had not seen, and stretched to fit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, gammaincinv

from smartregion.waste.workdays import KINDS

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

USUAL_RATE = 0.07
"""Rise a day of a container that nobody ever watched: full in two weeks."""
HALF_LIFE_DAYS = 42.0
"""After so many days an observation of a rate counts half."""
_ROUNDS = 3
_PRIOR_DAYS = 0.7
"""Weight of the group's mean rate in a container's own, in watched days."""
_PRIOR_SPREAD = 0.45
_PRIOR_CONTAINER_DAYS = 30.0
_TREND_WEEKS = 6
_TREND_SD = 0.03
"""How much a group's index usually changes in a week, share."""
_INDEX_SD = 0.04
"""Uncertainty of a group's index a week ahead, share; grows with the root of time."""
_HELD_OUT_DAYS = 7
_NOMINAL = 1.6448536269514722
_STRETCH = (0.75, 2.0)
_TINY = 1e-9
_LEAST_RATE = 1e-4
"""Nothing fills slower, share of the volume a day."""
_LEAST_RATIO = 0.1
"""An index never falls faster in one round of learning."""


@dataclass(frozen=True)
class History:
    """What containers gained on past days, oldest first; arrays [containers, days] unless said.

    A container without a sensor has its lifts instead: the level that the driver saw stands on the day of the
    lift, and `watched` counts the days since the lift before.
    """

    rise: Floats
    """Gain of each day, share of the volume; 0 where nothing was watched."""
    watched: Floats
    """Share of each day's filling that was watched, 0..1, or days up to a lift."""
    kinds: Ints
    """[days] kind of day, see `workdays.KINDS`."""
    group: Ints
    """[containers] which containers share their habits, usually those of a fraction."""
    events: Flags | None = None
    """Days with an event (fair, market) at the container's place."""


@dataclass(frozen=True)
class Model:
    """What was learned; arrays [containers] or [groups, ...]."""

    rate: Floats
    """Gain of a usual day, share of the volume."""
    rate_sd: Floats
    """Its uncertainty."""
    group: Ints
    profile: Floats
    """[groups, kinds] gain of a kind of day against the usual day."""
    trend: Floats
    """[groups] change of the index a day, as a logarithm."""
    spread: Floats
    """[groups] standard deviation of a day's gain against its mean."""
    stretch: Floats
    """[groups] factor of all standard deviations, from the last week held out."""
    event: float
    """Gain on a day with an event against the same day without."""


@dataclass(frozen=True)
class Outlook:
    """Levels to come; [containers, moments]. The growth follows a gamma distribution."""

    level: Floats
    """[containers] where it starts, share of the volume."""
    mean: Floats
    """Expected growth until the moment."""
    sd: Floats
    """Standard deviation of the level at the moment, with that of the start."""

    def p_full(self, threshold: float = 1.0) -> Floats:
        """Probability 0..1 that the level has passed `threshold` by each moment."""
        room = threshold - self.level[:, None]
        shape, scale = self._gamma()
        above = np.where(room <= 0, 1.0, gammaincc(shape, np.maximum(room, _TINY) / scale))
        # Nobody takes anything out: what is full stays full.
        return np.asarray(np.maximum.accumulate(above, axis=1))

    def interval(self, share: float = 0.9) -> tuple[Floats, Floats]:
        """Levels between which the true one lies with probability `share`."""
        shape, scale = self._gamma()
        low, high = (gammaincinv(shape, p) * scale for p in ((1 - share) / 2, (1 + share) / 2))
        start = self.level[:, None]
        return start + low, start + high

    def expected(self) -> Floats:
        """Expected level at each moment; not bounded by the rim."""
        return np.asarray(self.level[:, None] + self.mean)

    def _gamma(self) -> tuple[Floats, Floats]:
        mean = np.maximum(self.mean, _TINY)
        variance = np.maximum(self.sd, 1e-6) ** 2
        return mean**2 / variance, variance / mean


def fit(history: History, groups: int) -> Model:
    """Learn from the past; containers that were never watched get the mean of their group."""
    days = len(history.kinds)
    if days > 2 * _HELD_OUT_DAYS:
        early = _estimate(_until(history, days - _HELD_OUT_DAYS), groups)
        stretch = _stretch(early, history, groups)
    else:
        stretch = np.ones(groups)
    rate, rate_sd, profile, trend, spread, event = _estimate(history, groups)
    return Model(rate, rate_sd, history.group, profile, trend, spread, stretch, event)


def ahead(
    model: Model,
    level: Floats,
    level_sd: Floats,
    kinds: Ints,
    first_share: float = 1.0,
    until_share: float = 1.0,
    events: Flags | None = None,
) -> Outlook:
    """Levels at one moment of each coming day, as a rule its end.

    level, level_sd [containers]: as they stand now. kinds [days]: from today. first_share: part of today's
    filling still to come. until_share: part of each day's filling that has come at its moment. events
    [containers, days]: known events.
    """
    use = model.profile[model.group][:, kinds]
    if events is not None:
        use = use * np.where(events, model.event, 1.0)
    use = use * np.exp(model.trend[model.group][:, None] * np.arange(len(kinds)))
    later = (1 - until_share) * use
    use[:, :1] *= first_share
    days = np.maximum(np.cumsum(use, axis=1) - later, 0.0)
    mean = model.rate[:, None] * days
    gain = model.rate[:, None] * use
    noise = (model.spread**2)[model.group][:, None] * np.cumsum(gain**2, axis=1)
    habits = (model.rate_sd[:, None] * days) ** 2
    index = (_INDEX_SD * mean) ** 2 * (np.arange(len(kinds)) + 1) / 7
    sd = model.stretch[model.group][:, None] * np.sqrt(noise + habits + index)
    return Outlook(level, mean, np.sqrt(sd**2 + level_sd[:, None] ** 2))


def _estimate(history: History, groups: int) -> tuple[Floats, Floats, Floats, Floats, Floats, float]:
    """rate, rate_sd, profile, trend, spread, event; the parts are found by turns."""
    rise, watched, group = history.rise, history.watched, history.group
    days = rise.shape[1]
    age = np.arange(days)[::-1]
    weight = 0.5 ** (age / HALF_LIFE_DAYS)
    weeks = age // 7
    profile = np.ones((groups, KINDS))
    index = np.ones((groups, int(weeks.max(initial=0)) + 1))
    event, trend = 1.0, np.zeros(groups)
    single = np.minimum(watched, 1.0)
    gathered = watched > 1.0
    for _ in range(_ROUNDS):
        habit = profile[:, history.kinds] * index[:, weeks]
        usual = habit[group]
        if history.events is not None:
            usual = usual * np.where(history.events, event, 1.0)
        usual = np.where(gathered, index[:, weeks][group], usual)
        exposure = watched * usual
        rate = _rates(rise, exposure, weight, group, groups)
        expected = rate[:, None] * exposure
        daily = ~gathered & (single > 0)
        kind_rise, kind_expected = (
            _by_kind(np.where(daily, part, 0.0), history.kinds, group, groups) for part in (rise, expected)
        )
        mean_gain = _mean_rate(rate, group, groups)[:, None]
        profile = (
            profile
            * np.maximum(kind_rise + _PRIOR_CONTAINER_DAYS * mean_gain, _TINY)
            / np.maximum(kind_expected + _PRIOR_CONTAINER_DAYS * mean_gain, _TINY)
        )
        profile /= profile[:, :7].mean(axis=1, keepdims=True)
        week_rise, week_expected = (_by_week(part, weeks, group, groups) for part in (rise, expected))
        ratio = (week_rise + 7 * mean_gain) / np.maximum(week_expected + 7 * mean_gain, _TINY)
        index = index * np.maximum(ratio, _LEAST_RATIO)
        trend = _trends(index)
        index /= index[:, :1]
        if history.events is not None:
            at = history.events & daily
            event *= float(
                (rise[at].sum() + _PRIOR_CONTAINER_DAYS * USUAL_RATE)
                / max(expected[at].sum() + _PRIOR_CONTAINER_DAYS * USUAL_RATE, _TINY)
            )
    spread = _spreads(rise, expected, daily, group, groups)
    effective = (weight * exposure).sum(axis=1) ** 2 / np.maximum(
        (weight**2 * exposure**2 / np.maximum(watched, 1.0)).sum(axis=1), _TINY
    )
    rate_sd = rate * np.where(
        effective > 0, spread[group] / np.sqrt(effective + _PRIOR_DAYS), _PRIOR_SPREAD / np.sqrt(_PRIOR_DAYS)
    )
    return rate, rate_sd, profile, trend, spread, event


def _rates(rise: Floats, exposure: Floats, weight: Floats, group: Ints, groups: int) -> Floats:
    own_rise, own_days = (rise * weight).sum(axis=1), (exposure * weight).sum(axis=1)
    known = own_days > _TINY
    each = np.where(known, np.maximum(own_rise, 0.0) / np.maximum(own_days, _TINY), np.nan)
    usual = _mean_rate(each, group, groups)[group]
    # Settling waste and noise may make a level fall; no container empties itself.
    return np.asarray(np.maximum((own_rise + _PRIOR_DAYS * usual) / (own_days + _PRIOR_DAYS), _LEAST_RATE))


def _mean_rate(rate: Floats, group: Ints, groups: int) -> Floats:
    known = ~np.isnan(rate)
    total = np.bincount(group[known], rate[known], groups)
    count = np.bincount(group[known], minlength=groups)
    return np.where(count > 0, total / np.maximum(count, 1), USUAL_RATE)


def _by_kind(values: Floats, kinds: Ints, group: Ints, groups: int) -> Floats:
    """Sums [groups, kinds] of values [containers, days]."""
    total = np.zeros((groups, KINDS))
    for kind in np.unique(kinds):
        total[:, kind] = np.bincount(group, values[:, kinds == kind].sum(axis=1), groups)
    return total


def _by_week(values: Floats, weeks: Ints, group: Ints, groups: int) -> Floats:
    """Sums [groups, weeks ago]."""
    total = np.zeros((groups, int(weeks.max(initial=0)) + 1))
    for week in np.unique(weeks):
        total[:, week] = np.bincount(group, values[:, weeks == week].sum(axis=1), groups)
    return total


def _trends(index: Floats) -> Floats:
    """Change of the index a day, from the slope of its logarithm over the last weeks, drawn towards none."""
    recent = np.log(index[:, :_TREND_WEEKS][:, ::-1])
    weeks = np.arange(recent.shape[1]) - (recent.shape[1] - 1) / 2
    spread = float((weeks**2).sum())
    if spread < 1:
        return np.zeros(len(index))
    slope = recent @ weeks / spread
    rest = recent - recent.mean(axis=1, keepdims=True) - slope[:, None] * weeks
    error = (rest**2).sum(axis=1) / max(recent.shape[1] - 2, 1) / spread
    return np.asarray(slope * _TREND_SD**2 / (_TREND_SD**2 + error) / 7)


def _spreads(rise: Floats, expected: Floats, daily: Flags, group: Ints, groups: int) -> Floats:
    """Spread of a day's gain in each group: root of the summed squares of what the means leave over."""
    full = daily & (expected > 0)
    left = np.bincount(group, np.where(full, (rise - expected) ** 2, 0.0).sum(axis=1), groups)
    size = np.bincount(group, np.where(full, expected**2, 0.0).sum(axis=1), groups)
    usual = float(np.mean(expected[full] ** 2)) if full.any() else USUAL_RATE**2
    return np.asarray(
        np.sqrt(
            (left + _PRIOR_CONTAINER_DAYS * usual * _PRIOR_SPREAD**2) / (size + _PRIOR_CONTAINER_DAYS * usual)
        )
    )


def _until(history: History, days: int) -> History:
    events = None if history.events is None else history.events[:, :days]
    return History(
        history.rise[:, :days], history.watched[:, :days], history.kinds[:days], history.group, events
    )


def _stretch(
    early: tuple[Floats, Floats, Floats, Floats, Floats, float], history: History, groups: int
) -> Floats:
    """How much wider the errors of the held-out week were than the model thought, by group."""
    rate, rate_sd, profile, trend, spread, event = early
    cut = len(history.kinds) - _HELD_OUT_DAYS
    use = history.watched[:, cut:] * profile[history.group][:, history.kinds[cut:]]
    use = use * np.exp(trend[history.group][:, None] * np.arange(_HELD_OUT_DAYS))
    if history.events is not None:
        use = use * np.where(history.events[:, cut:], event, 1.0)
    watched = (history.watched[:, cut:] <= 1.0).all(axis=1) & (history.watched[:, cut:].sum(axis=1) > 4.0)
    mean = rate * use.sum(axis=1)
    noise = (spread[history.group] * rate) ** 2 * (use**2).sum(axis=1)
    sd = np.sqrt(noise + (rate_sd * use.sum(axis=1)) ** 2 + (_INDEX_SD * mean) ** 2)
    score = np.abs(history.rise[:, cut:].sum(axis=1) - mean) / np.maximum(sd, _TINY)
    found = np.ones(groups)
    for number in range(groups):
        own = score[watched & (history.group == number)]
        seen = float(np.quantile(own, 0.9)) / _NOMINAL if len(own) else 1.0
        # A few containers say little about a tail.
        found[number] = (seen * len(own) + 50.0) / (len(own) + 50.0)
    return np.asarray(np.clip(found, *_STRETCH))
