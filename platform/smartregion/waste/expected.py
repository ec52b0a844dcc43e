"""What is expected of containers, from all that sensors and crews told; pure arrays."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from smartregion.waste.cleaning import DAY_S, Reason
from smartregion.waste.daytime import day_share, usual_s
from smartregion.waste.forecast import History, Model, Outlook, ahead, fit
from smartregion.waste.habits import Habits, learn
from smartregion.waste.lifts import Events, Past, clock_of, replay
from smartregion.waste.workdays import WorkDays

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HISTORY_DAYS = 42
"""Days of readings that a forecast learns from."""
LIFT_DAYS = 182
"""Days of told lifts: a container without a sensor has few, and nothing else."""
_MIDDLE = 0.5
"""Share of a day's filling that has come when a crew comes."""
LEFT_OVER = 0.02
"""What usually stays in a container after a lift, share of the volume."""


@dataclass(frozen=True)
class Told:
    """All that was told of some containers up to a moment; arrays but `events` [containers]."""

    events: Events
    """Readings after `Span.since`, lifts after `Span.lifts_since`; `container` counts in the list of all."""
    refused_s: Floats
    """When a reading was last refused for its temperature, Unix s; NaN for never."""
    battery_v: Floats
    """Newest voltage, V; NaN where none is known."""


@dataclass(frozen=True)
class Span:
    """The past that a forecast at `now` learns from, and the local days that it counts in."""

    now: dt.datetime
    """Aware."""
    zone: ZoneInfo

    @property
    def today(self) -> dt.date:
        """The local date of `now`."""
        return self.now.astimezone(self.zone).date()

    @property
    def first(self) -> dt.date:
        """The first local day of readings."""
        return self.today - dt.timedelta(days=HISTORY_DAYS - 1)

    @property
    def since(self) -> dt.datetime:
        """Readings after this moment count."""
        return dt.datetime.fromtimestamp(self.day_starts_s()[0], dt.UTC)

    @property
    def lifts_since(self) -> dt.datetime:
        """Told lifts after this moment count."""
        return self.since - dt.timedelta(days=LIFT_DAYS - HISTORY_DAYS)

    def day_starts_s(self) -> Floats:
        """Local midnights, Unix s, from that of the first day to the one that ends today."""
        dates = (self.first + dt.timedelta(days=k) for k in range(HISTORY_DAYS + 1))
        return np.array([dt.datetime.combine(date, dt.time(), self.zone).timestamp() for date in dates])


@dataclass(frozen=True)
class Expected:
    """All containers of a moment together, in the order of `ids`; what a choice needs."""

    ids: Sequence[str]
    model: Model
    level: Floats
    """Share of the volume; NaN when nobody knows."""
    level_sd: Floats
    reason: NDArray[np.int64]
    """Values of `cleaning.Reason`."""
    watched_days: Floats
    """Days of the past that were watched: how well the rate is known."""
    first_date: dt.date
    kinds: NDArray[np.intp]
    """Kinds of the days from `first_date` on."""
    gone_share: float
    """Share of the first day's filling that has come already."""
    events: Flags | None = None
    """[containers, days] events at their places."""
    habits: Habits | None = None
    """What is usual before lifts of containers without a sensor."""

    def at_lift(self, day: int) -> Floats:
        """Level [containers] when a crew comes by the calendar so many days from `first_date`; NaN unknown.

        Without a sensor it lies between the growth since the last lift and what crews usually find.
        """
        level = self.outlook(_MIDDLE).expected()[:, day]
        told = np.flatnonzero(self.reason == Reason.LIFTS)
        if self.habits is not None and len(told):
            level[told] = self.habits.before(told, level[told])
        return np.where(np.isnan(self.level), np.nan, level)

    def outlook(self, until_share: float = 1.0) -> Outlook:
        """Levels of each day from `first_date` on, when that share of its filling has come."""
        level = np.nan_to_num(self.level)
        return ahead(
            self.model,
            level,
            self.level_sd,
            self.kinds,
            1.0 - self.gone_share,
            max(until_share, 0.0),
            self.events,
        )


def expected_of(
    ids: Sequence[str],
    groups: Sequence[str],
    told: Told,
    span: Span,
    work: WorkDays,
    days: int,
    held: Flags | None = None,
) -> tuple[Expected, Past]:
    """What is expected of containers for `days` local days from today.

    groups [containers]: whose habits they share, as a rule their fraction. held [containers, days]: events
    from `span.first` on, past and to come; None for none.
    """
    starts_s = span.day_starts_s()
    past = replay(told.events, starts_s, len(ids))
    keys = sorted(set(groups))
    group = np.array([keys.index(one) for one in groups], dtype=np.intp)
    learned = HISTORY_DAYS - 1
    # Today is not over: what is known of it counts in the level, not in the rate.
    history = History(
        past.rise[:, :learned],
        past.watched[:, :learned],
        work.kinds(span.first, learned),
        group,
        None if held is None else held[:, :learned],
    )
    model = fit(history, max(len(keys), 1))
    clock_s = float(usual_s(np.array([span.now.timestamp()]), starts_s)[0])
    level, level_sd, reason = _standing(past, model, clock_s, told.battery_v)
    # What was refused last is told, unless a sound reading came after it.
    heard_s = past.tank.heard_s
    refused_clock_s = usual_s(np.nan_to_num(told.refused_s), starts_s)
    newest = ~np.isnan(told.refused_s) & (np.isnan(heard_s) | (refused_clock_s > heard_s))
    reason[newest & (reason != Reason.UNKNOWN)] = Reason.TEMPERATURE
    hours = (span.now.timestamp() - float(starts_s[-2])) / 3600.0
    expected = Expected(
        ids,
        model,
        level,
        level_sd,
        reason,
        past.watched.sum(axis=1),
        span.today,
        work.kinds(span.today, days),
        float(day_share(hours)),
        None if held is None else held[:, learned : learned + days],
        _habits(told.events, model, starts_s),
    )
    return expected, past


def _habits(events: Events, model: Model, starts_s: Floats) -> Habits:
    """What crews usually find, from lifts with a level of containers without a sensor."""
    sensed = np.zeros(len(model.rate), dtype=bool)
    sensed[events.container[~events.lift]] = True
    rows = np.flatnonzero(events.lift & ~sensed[events.container])
    rows = rows[np.lexsort((events.time_s[rows], events.container[rows]))]
    who, clock_s, level = events.container[rows], clock_of(events.time_s[rows], starts_s), events.level[rows]
    use = np.append(False, who[1:] == who[:-1])[: len(who)] & ~np.isnan(level)
    days = np.diff(clock_s, prepend=0.0)[use] / DAY_S
    return learn(who[use], np.minimum(level[use], 1.0), model.rate[who[use]] * days + LEFT_OVER, len(sensed))


def _standing(
    past: Past, model: Model, clock_s: float, battery_v: Floats
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Level, standard deviation and reason of each container at a moment of the usual clock."""
    level, sd = past.tank.at(clock_s)
    reason = past.tank.reasons(clock_s, battery_v)
    days = np.maximum(clock_s / DAY_S - past.last_lift_day, 0.0)
    guess = model.rate * days + LEFT_OVER
    spread = model.spread[model.group] * model.rate
    guess_sd = np.sqrt(spread**2 * days + (model.rate_sd * days) ** 2 + LEFT_OVER**2)
    unknown = np.isnan(level)
    reason[unknown & ~np.isnan(guess)] = Reason.LIFTS
    return np.where(unknown, guess, level), np.nan_to_num(np.where(unknown, guess_sd, sd)), reason
