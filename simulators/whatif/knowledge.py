"""What the operator knows: sensors cleaned by the platform's own filter, lifts, notes, and the forecast."""

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.district import District
from simulators.region.kinds import FRACTIONS
from simulators.truth.localtime import days_and_hours
from simulators.whatif.world import LIFT_HOUR, World
from smartregion.waste.cleaning import DAY_S, Tank
from smartregion.waste.daytime import day_share
from smartregion.waste.forecast import History, Model, Outlook, ahead, fit
from smartregion.waste.workdays import WorkDays

Mask = NDArray[np.bool_]

PLANNING_HOUR = 5.0
HISTORY_DAYS = 56
_AHEAD_DAYS = 8
_NOTE_SD = 0.07
_OVERFULL = 1.1


class Knowledge:
    """Levels, rates and forecasts of a district, from what sensors and crews told so far."""

    def __init__(self, district: District, world: World, work: WorkDays, sensors: Mask) -> None:
        self._world, self._work, self._sensors, self._seed = world, work, sensors, district.seed
        group = np.array([FRACTIONS.index(bin_.fraction) for bin_ in district.containers], dtype=np.intp)
        days = world.growth.shape[1]
        self._tank = Tank(world.count)
        self._rise, self._watched = np.zeros((world.count, days)), np.zeros((world.count, days))
        self._kinds = work.kinds(_date(world.first_day), days + _AHEAD_DAYS)
        self._group = group
        self._gained, self._seen_s = self._tank.gained.copy(), self._tank.watched_s.copy()
        self._heard_s = world.morning_s(0.0)
        self._lift_day = np.full(world.count, 0.0)
        self._first = True
        self._model: Model | None = None

    def morning(self) -> None:
        """Read the sensors up to the hour of planning and learn; on Mondays the forecast learns anew."""
        now_s, k = self._world.morning_s(PLANNING_HOUR), self._world.day
        told = self._world.readings(self._heard_s, now_s)
        keep = self._sensors[told.container]
        container, level = told.container[keep], self._world.told_level(told)[keep]
        time_s = _usual_s(told.time_s[keep].astype(np.float64))
        rank = np.arange(len(container)) - np.searchsorted(container, container)
        for turn in range(int(rank.max(initial=-1)) + 1):
            now = rank == turn
            self._tank.read(container[now], time_s[now], level[now])
        self._heard_s = now_s
        if k > 0:
            self._rise[self._sensors, k - 1] = (self._tank.gained - self._gained)[self._sensors]
            watched = (self._tank.watched_s - self._seen_s) / DAY_S
            self._watched[self._sensors, k - 1] = np.minimum(watched, 1.0)[self._sensors]
        self._gained, self._seen_s = self._tank.gained.copy(), self._tank.watched_s.copy()
        if self._model is None or k % 7 == 0:
            self._learn(k)

    def lifted(self, who: Mask, level: Float) -> None:
        """Crews emptied these today and noted in quarters how full they were."""
        k = self._world.day
        chosen = np.flatnonzero(who)
        at_s = _usual_s(np.array([self._world.morning_s(LIFT_HOUR)]))[0]
        sensed = chosen[self._sensors[chosen] & ~np.isnan(self._tank.level[chosen])]
        self._tank.lifted(sensed, np.full(len(sensed), at_s))
        noted = level + _NOTE_SD * draws.normal(self._seed, "note", np.arange(len(level)), k)
        noted = np.where(level > 1.0, _OVERFULL, np.round(4 * np.clip(noted, 0.0, 1.0)) / 4)
        plain = chosen[~self._sensors[chosen]]
        now = k + float(day_share(LIFT_HOUR))
        self._rise[plain, k] = noted[plain]
        self._watched[plain, k] = now - self._lift_day[plain]
        self._lift_day[chosen] = now

    def levels(self) -> tuple[Float, Float]:
        """Level and standard deviation at the hour of planning."""
        now_s = _usual_s(np.array([self._world.morning_s(PLANNING_HOUR)]))[0]
        level, sd = self._tank.at(now_s)
        model = self.known()
        days = np.maximum(self._world.day + float(day_share(PLANNING_HOUR)) - self._lift_day, 0.0)
        guess = model.rate * days
        guess_sd = np.sqrt(
            (model.spread[self._group] * model.rate) ** 2 * days + (model.rate_sd * days) ** 2 + 0.02**2
        )
        trusted = self._sensors & ~np.isnan(level)
        return np.where(trusted, level, guess + 0.02), np.where(trusted, sd, guess_sd)

    def outlook(self, until_share: float) -> Outlook:
        """Levels at a moment of today and the coming days, by the share of a day's filling before it."""
        level, sd = self.levels()
        k = self._world.day
        events = np.zeros((self._world.count, _AHEAD_DAYS), dtype=bool)
        known = self._world.events[:, k : k + _AHEAD_DAYS]
        events[:, : known.shape[1]] = known
        return ahead(
            self.known(),
            level,
            sd,
            self._kinds[k : k + _AHEAD_DAYS],
            first_share=1.0 - float(day_share(PLANNING_HOUR)),
            until_share=until_share,
            events=events,
        )

    def known(self) -> Model:
        """The forecast's model, learned on a morning before."""
        if self._model is None:
            raise RuntimeError("knowledge: asked before its first morning")
        return self._model

    def _learn(self, k: int) -> None:
        start = max(0, k - HISTORY_DAYS)
        past = slice(start, max(k, start + 1))
        history = History(
            self._rise[:, past],
            self._watched[:, past],
            self._kinds[past],
            self._group,
            self._world.events[:, past],
        )
        self._model = fit(history, len(FRACTIONS))


def _usual_s(time_s: Float) -> Float:
    """Times on a clock that runs as waste comes in: fast in the afternoon, hardly at night."""
    day, hours = days_and_hours(time_s)
    return np.asarray((day + day_share(hours)) * DAY_S)


def _date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)
