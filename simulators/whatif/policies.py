"""Policies: which containers to offer to the day's tours, and what each visit is worth."""

import datetime as dt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.district import District
from simulators.whatif.knowledge import ZONE, Knowledge
from simulators.whatif.registered import Registered
from simulators.whatif.rhythm import Calendar, pattern_of
from simulators.whatif.scenario import Policy
from simulators.whatif.tours import Tours
from simulators.whatif.world import EARLY, World
from smartregion.waste.choice import Prices
from smartregion.waste.due import FULLEST, DueRule
from smartregion.waste.plan_choice import Foreseen, candidates, gaps, weighed
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import Lift, lift_of
from smartregion.waste.workdays import WorkDays

Mask = NDArray[np.bool_]

_AHEAD_DAYS = 9
_USUAL_LEVEL = 0.8


class Mornings(Protocol):
    """A policy at work."""

    def hear(self) -> None:
        """It is the hour of planning, of every day."""

    def wanted(self, date: dt.date) -> list[Lift]:
        """What the tours of a working day get; those without a prize must be lifted."""

    def done(self, lifted: Mask, level: Float) -> None:
        """These were lifted, with so much in them; called on every day."""


class Fixed:
    """A calendar, whatever lies in the containers."""

    def __init__(self, calendar: Calendar, known: Registered) -> None:
        self._calendar, self._known = calendar, known

    def hear(self) -> None:
        pass

    def wanted(self, date: dt.date) -> list[Lift]:
        visited = self._calendar.visits(date)[self._known.number]
        return _lifts(self._known, visited, np.full(len(visited), _USUAL_LEVEL))

    def done(self, lifted: Mask, level: Float) -> None:
        pass


class Threshold:
    """All containers whose level is known to be at or above a threshold."""

    def __init__(self, knowledge: Knowledge, level: float) -> None:
        self._knowledge, self._level = knowledge, level

    def hear(self) -> None:
        self._knowledge.hear()

    def wanted(self, date: dt.date) -> list[Lift]:
        level = np.nan_to_num(self._knowledge.expected().level)
        return _lifts(self._knowledge.known, level >= self._level, level)

    def done(self, lifted: Mask, level: Float) -> None:
        self._knowledge.lifted(lifted, level)


class Forecast:
    """The platform's choice, on what sensors and crews told."""

    def __init__(self, knowledge: Knowledge, tours: Tours, prices: Prices) -> None:
        self.knowledge, self._tours, self._prices = knowledge, tours, prices

    def hear(self) -> None:
        self.knowledge.hear()

    def wanted(self, date: dt.date) -> list[Lift]:
        region, work = self.knowledge.known.region, self.knowledge.work
        states = self.knowledge.states()
        found = candidates(
            states,
            self.knowledge.expected(),
            region.fractions,
            DueRule(),
            Day(date, ZONE),
            self.knowledge.now,
            work,
            gaps(states, region, date, work),
            prices=self._prices,
        )
        return self._tours.worth(found, self._prices)

    def done(self, lifted: Mask, level: Float) -> None:
        self.knowledge.lifted(lifted, level)


class Perfect:
    """The same choice, by one who knows all that will come."""

    def __init__(self, world: World, tours: Tours, work: WorkDays, prices: Prices) -> None:
        self._world, self._work, self._prices, self._tours = world, work, prices, tours
        self._rate = world.growth.mean(axis=1)

    def hear(self) -> None:
        pass

    def wanted(self, date: dt.date) -> list[Lift]:
        known = self._tours.known
        ahead = self._world.growth[:, self._world.day : self._world.day + _AHEAD_DAYS]
        level = self._world.level()
        ends = level[:, None] + np.cumsum(ahead, axis=1) - EARLY * ahead[:, :1]
        visits = ends - (1 - EARLY) * ahead
        gap_days = gaps(known.states, known.region, date, self._work)
        gain = visits[known.number, gap_days] - visits[known.number, 0]
        full_visit, full_end = ((part[known.number] > 1.0).astype(np.float64) for part in (visits, ends))
        seen = Foreseen(level[known.number], gain, self._rate[known.number], full_visit, full_end)
        everyone = np.ones(len(known.states), dtype=bool)
        found = weighed(
            known.states, seen, known.region.fractions, True, gap_days, everyone, prices=self._prices
        )
        return self._tours.worth(found, self._prices)

    def done(self, lifted: Mask, level: Float) -> None:
        pass


def start(
    policy: Policy, district: District, world: World, tours: Tours, work: WorkDays, counted: slice
) -> Mornings:
    """A policy before its first morning; `counted` are the days that a calendar may be made for."""
    full = 1.0 / world.growth[:, counted].mean(axis=1)
    known = tours.known
    match policy.kind:
        case "rhythm":
            return Fixed(operators_calendar(district, world, work, counted), known)
        case "best_rhythm":
            return Fixed(Calendar(district, pattern_of(policy.fill * full), work), known)
        case "threshold":
            everywhere = np.ones(world.count, dtype=bool)
            return Threshold(Knowledge(known, world, work, everywhere), policy.level)
        case "forecast":
            equipped = draws.uniform(world.seed, "equipped", np.arange(world.count)) < policy.sensors
            return Forecast(Knowledge(known, world, work, equipped), tours, policy.prices())
        case "perfect":
            return Perfect(world, tours, work, policy.prices())


def operators_calendar(district: District, world: World, work: WorkDays, counted: slice) -> Calendar:
    """Patterns by each container's need, as well as an operator knows it without measuring."""
    full = 1.0 / world.growth[:, counted].mean(axis=1)
    guess = 0.85 * full * np.exp(0.2 * draws.normal(world.seed, "guess", np.arange(world.count)))
    return Calendar(district, pattern_of(guess), work)


def _lifts(known: Registered, chosen: Mask, level: Float) -> list[Lift]:
    """Lifts that must be; arrays in the order of the registry."""
    fractions = known.region.fractions
    return [
        lift_of(state, fractions[state.fraction], min(float(level[place]), FULLEST))
        for place, state in enumerate(known.states)
        if chosen[place]
    ]
