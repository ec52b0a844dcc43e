"""What sensors and crews told of a district, and what the platform makes of it on a morning."""

import dataclasses
import datetime as dt
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.truth.bin_sensors import BinReadings
from simulators.whatif.registered import Registered, date_of
from simulators.whatif.world import LIFT_HOUR, World
from smartregion.waste.cleaning import NOISE
from smartregion.waste.due import DueRule
from smartregion.waste.expected import HISTORY_DAYS, Expected, Span, Told, expected_of
from smartregion.waste.levels import HISTORY_DAYS as RATE_DAYS
from smartregion.waste.levels import ContainerState
from smartregion.waste.lifts import Events
from smartregion.waste.rates import Levels, rates_per_day
from smartregion.waste.rules import event_days
from smartregion.waste.workdays import WorkDays

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]

ZONE = ZoneInfo("Europe/Berlin")
PLANNING_HOUR = 5.0
AHEAD_DAYS = 9
"""A next possible visit is at most eight days away."""
_RULE = DueRule()
_NOTE_SD = 0.07
_OVERFULL = 1.1
_DAY = dt.timedelta(days=1)


class Heard(NamedTuple):
    """Readings of sensors; `place` counts in `Registered.states`."""

    place: Places
    time_s: Float
    level: Float

    def of(self, chosen: Mask) -> "Heard":
        """Some of them."""
        return Heard(self.place[chosen], self.time_s[chosen], self.level[chosen])


class Lifts(NamedTuple):
    """What crews told of one day's lifts; `place` counts in `Registered.states`."""

    place: Places
    time_s: float
    level: Float
    """As noted: quarters, or above the rim."""


class Knowledge:
    """All that was told up to now, in the order of the registry."""

    def __init__(self, known: Registered, world: World, work: WorkDays, sensors: Mask) -> None:
        self.known, self.work, self.sensors = known, work, sensors
        self._world = world
        self._place = np.argsort(known.number)
        self._heard: deque[Heard] = deque(maxlen=HISTORY_DAYS + 1)
        self._lifts: list[Lifts] = []
        self._heard_until_s = world.morning_s(0.0)
        count = len(known.states)
        self._last_s, self._last = np.full(count, np.nan), np.full(count, np.nan)
        self._first_day = world.first_day
        days = world.growth.shape[1] + AHEAD_DAYS
        sites = [known.region.sites[state.site] for state in known.states]
        self._events = event_days(known.region.rules.events, sites, date_of(self._first_day), days)

    def hear(self) -> BinReadings:
        """Listen to the sensors until the hour of planning; what they said since the last time."""
        now_s = self._world.morning_s(PLANNING_HOUR)
        told = self._world.readings(self._heard_until_s, now_s)
        self._heard_until_s = now_s
        kept = self.sensors[told.container]
        told = BinReadings(*(getattr(told, name)[kept] for name in BinReadings.__dataclass_fields__))
        sound = (told.temp_c >= NOISE.coldest_c) & (told.temp_c <= NOISE.hottest_c)
        heard = Heard(
            self._place[told.container], told.time_s.astype(np.float64), self._world.told_level(told)
        )
        self._last_s[heard.place], self._last[heard.place] = heard.time_s, heard.level
        self._heard.append(heard.of(sound))
        return told

    def lifted(self, who: Mask, level: Float) -> Lifts:
        """Crews emptied these containers of the world today and noted in quarters how full they were."""
        k = self._world.day
        noted = level + _NOTE_SD * draws.normal(self._world.seed, "note", np.arange(len(level)), k)
        noted = np.where(level > 1.0, _OVERFULL, np.round(4 * np.clip(noted, 0.0, 1.0)) / 4)
        chosen = np.flatnonzero(who)
        told = Lifts(self._place[chosen], self._world.morning_s(LIFT_HOUR), noted[chosen])
        self._lifts.append(told)
        return told

    @property
    def now(self) -> dt.datetime:
        """The hour of planning today."""
        return dt.datetime.fromtimestamp(self._world.morning_s(PLANNING_HOUR), dt.UTC)

    def expected(self) -> Expected:
        """The platform's forecast at the hour of planning."""
        span = Span(self.now, ZONE)
        states = self.known.states
        nothing = np.full(len(states), np.nan)
        told = Told(self._told(span), nothing, nothing)
        ids, fractions = [one.id for one in states], [one.fraction for one in states]
        return expected_of(ids, fractions, told, span, self.work, AHEAD_DAYS, self._held(span))[0]

    def states(self) -> Sequence[ContainerState]:
        """The containers with the last level told and the rate of the last days, for the due rule."""
        since_s = (self.now - RATE_DAYS * _DAY).timestamp()
        read = self._read(since_s)
        order = np.lexsort((read.time_s, read.place))
        second = (read.time_s[order] - since_s).astype(np.int64)
        rate = rates_per_day(Levels(read.place[order], second, read.level[order]), len(self._last))
        return [
            state
            if np.isnan(self._last[place])
            else self._state(state, place, None if np.isnan(rate[place]) else round(float(rate[place]), 4))
            for place, state in enumerate(self.known.states)
        ]

    def _state(self, state: ContainerState, place: int, rate_per_day: float | None) -> ContainerState:
        time = dt.datetime.fromtimestamp(self._last_s[place], dt.UTC)
        return dataclasses.replace(
            state,
            level=round(float(self._last[place]), 4),
            level_time=time,
            rate_per_day=rate_per_day,
            silent=_RULE.silent(time, self.now),
        )

    def _told(self, span: Span) -> Events:
        read = self._read(span.since.timestamp())
        since_s = span.lifts_since.timestamp()
        lifts = [one for one in self._lifts if one.time_s > since_s]
        place = np.concatenate((read.place, *(one.place for one in lifts)))
        return Events(
            place,
            np.concatenate((read.time_s, *(np.full(len(one.place), one.time_s) for one in lifts))),
            np.concatenate((read.level, *(one.level for one in lifts))),
            np.arange(len(place)) >= len(read.place),
        )

    def _read(self, since_s: float) -> Heard:
        whole = Heard(
            np.concatenate([one.place for one in self._heard]),
            np.concatenate([one.time_s for one in self._heard]),
            np.concatenate([one.level for one in self._heard]),
        )
        return whole.of(whole.time_s > since_s)

    def _held(self, span: Span) -> Mask | None:
        if self._events is None:
            return None
        first = (span.first - date_of(self._first_day)).days
        days = HISTORY_DAYS + AHEAD_DAYS - 1
        held = np.zeros((len(self._events), days), dtype=bool)
        seen = self._events[:, max(first, 0) : first + days]
        held[:, max(-first, 0) : max(-first, 0) + seen.shape[1]] = seen
        return held if held.any() else None
