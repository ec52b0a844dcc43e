"""The forecast against what really came: lifts of public bins, the last week held out."""

import csv
import datetime as dt
import pathlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smartregion.errors import InvalidInput
from smartregion.waste.daytime import day_share
from smartregion.waste.forecast import History, Model, ahead, fit
from smartregion.waste.habits import learn
from smartregion.waste.workdays import WorkDays

Floats = NDArray[np.float64]

_HELD_OUT_DAYS = 7
_LEAST_LIFTS = 4
_DAY_S = 86_400.0
_NOTED_SD = 0.07
"""What a level before a lift is sure to, share of the volume."""


@dataclass(frozen=True)
class Lifts:
    """Lifts of many bins in order of bin and time; arrays of equal length."""

    bin: NDArray[np.intp]
    time_s: Floats
    """Local time, s."""
    level: Floats
    """Before the lift, share of the volume, at most 1: beyond it no sensor sees."""


def read_edinburgh(path: pathlib.Path) -> Lifts:
    """Lifts of Edinburgh's litter bins as the city publishes them; raises InvalidInput."""
    time_field = "Date & Time of bin collection (Europe/London)"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                (
                    f"{row['Site']}/{row['Container slot:ID']}",
                    dt.datetime.fromisoformat(row[time_field]).replace(tzinfo=dt.UTC).timestamp(),
                    float(row["Container slot:Fill level before"]) / 100.0,
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise InvalidInput("file", path, f"lifts as Edinburgh publishes them ({error})") from error
    if not rows:
        raise InvalidInput("file", path, "at least one lift")
    rows.sort()
    names = sorted({name for name, _, _ in rows})
    place = {name: number for number, name in enumerate(names)}
    return Lifts(
        np.array([place[name] for name, _, _ in rows], dtype=np.intp),
        np.array([time_s for _, time_s, _ in rows]),
        np.minimum([level for _, _, level in rows], 1.0),
    )


def back_test(lifts: Lifts) -> dict[str, float]:
    """Errors of the level before each lift of the last week, told from the lifts before that week.

    Ours, the rate of the last gap, and the bin's mean rate on that weekday; levels above 1 count as 1. The
    time of the lift itself is given, as a plan gives it. Only bins with four lifts before the week.

    Ours is what plans expect of a lift by the calendar: growth and habit, see `waste.habits`.
    """
    same = lifts.bin[1:] == lifts.bin[:-1]
    gap_days = np.where(same, np.diff(lifts.time_s), np.nan) / _DAY_S
    who, time_s, level = lifts.bin[1:], lifts.time_s[1:], lifts.level[1:]
    known = same & (gap_days > 0.05)
    first_s = float(np.floor(lifts.time_s.min() / _DAY_S) * _DAY_S)
    cut_s = float(np.floor(lifts.time_s.max() / _DAY_S) + 1) * _DAY_S - _HELD_OUT_DAYS * _DAY_S
    past, held = known & (time_s < cut_s), known & (time_s >= cut_s)
    many = np.bincount(who[past], minlength=int(lifts.bin.max()) + 1) >= _LEAST_LIFTS
    held &= many[who]
    day = ((time_s - first_s) // _DAY_S).astype(np.intp)
    usual_days = _usual_days(lifts)
    days = int((cut_s - first_s) / _DAY_S)
    model = _learn(who[past], day[past], level[past], usual_days[past], days, len(many))
    growth, low, high = _told(model, who[held], usual_days[held])
    seen, _, _ = _told(model, who[past], usual_days[past])
    habits = learn(who[past], level[past], seen, len(many))
    mean = habits.before(who[held], growth)
    true = level[held]
    weekday = ((time_s // _DAY_S + 3) % 7).astype(np.intp)
    by_weekday = _weekday_rates(who[past], weekday[past], level[past], gap_days[past], len(many))
    last = _last_rates(who[past], level[past], gap_days[past], len(many))
    return {
        "lifts": float(len(true)),
        "bins": float(len(np.unique(who[held]))),
        "mean_error": float(np.abs(mean - true).mean()),
        "mean_error_growth_only": float(np.abs(np.minimum(growth, 1.0) - true).mean()),
        "weight_of_growth": habits.trust,
        "mean_error_last_rate": float(
            np.abs(np.minimum(last[who[held]] * gap_days[held], 1.0) - true).mean()
        ),
        "mean_error_weekday_mean": float(
            np.abs(np.minimum(by_weekday[who[held], weekday[held]] * gap_days[held], 1.0) - true).mean()
        ),
        "inside_90_percent": float(((np.minimum(low, 1.0) <= true) & (true <= high)).mean()),
    }


def _usual_days(lifts: Lifts) -> Floats:
    """Days of usual filling before each lift but the first: nights count little."""
    day = np.floor(lifts.time_s / _DAY_S)
    clock = day + day_share((lifts.time_s - day * _DAY_S) / 3600.0)
    return np.maximum(np.diff(clock), 0.02)


def _learn(
    who: NDArray[np.intp], day: NDArray[np.intp], level: Floats, gap_days: Floats, days: int, bins: int
) -> Model:
    """The model of all bins together, each lift an observation of the days before it."""
    rise, watched = np.zeros((bins, days)), np.zeros((bins, days))
    np.add.at(rise, (who, day), level)
    np.add.at(watched, (who, day), gap_days)
    kinds = WorkDays().kinds(dt.date(2001, 1, 1), days)
    return fit(History(rise, watched, kinds, np.zeros(bins, dtype=np.intp)), 1)


def _told(model: Model, who: NDArray[np.intp], gap_days: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and 90 % interval of each level before a lift, so many days after the last."""
    mean, low, high = (np.empty(len(who)) for _ in range(3))
    whole = np.maximum(np.ceil(gap_days), 1.0).astype(np.intp)
    for days in np.unique(whole):
        now = whole == days
        zero, noise = np.zeros(len(model.rate)), np.full(len(model.rate), _NOTED_SD)
        # Weekdays are left aside: most gaps end within a day.
        outlook = ahead(model, zero, noise, np.full(int(days), 0, dtype=np.intp))
        share = gap_days[now] / days / model.profile[0, 0]
        bottom, top = outlook.interval(0.9)
        for target, column in ((mean, outlook.mean), (low, bottom), (high, top)):
            target[now] = column[who[now], -1] * share
    return mean, low, high


def _weekday_rates(
    who: NDArray[np.intp], weekday: NDArray[np.intp], level: Floats, gap_days: Floats, bins: int
) -> Floats:
    """[bins, weekdays] mean rate of the gaps that end on it; of all gaps where there was none."""
    rise, days = np.zeros((bins, 7)), np.zeros((bins, 7))
    np.add.at(rise, (who, weekday), level)
    np.add.at(days, (who, weekday), gap_days)
    usual = rise.sum(axis=1, keepdims=True) / np.maximum(days.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(np.where(days > 0, rise / np.maximum(days, 1e-9), usual))


def _last_rates(who: NDArray[np.intp], level: Floats, gap_days: Floats, bins: int) -> Floats:
    rate = np.zeros(bins)
    rate[who] = level / gap_days  # in order of time: the last write stays
    return rate
