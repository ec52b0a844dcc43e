"""Policies: which containers to lift on a morning, and what each visit is worth."""

import datetime as dt
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.district import District
from simulators.whatif.knowledge import Knowledge
from simulators.whatif.rhythm import Calendar, pattern_of
from simulators.whatif.scenario import Policy
from simulators.whatif.tours import Tours
from simulators.whatif.world import EARLY, World
from smartregion.waste.choice import PRICES, Prices, choose
from smartregion.waste.forecast import Model
from smartregion.waste.workdays import WorkDays

Mask = NDArray[np.bool_]

_AHEAD_DAYS = 8


class Wanted(NamedTuple):
    """What a policy asks of the day's tours; arrays by container."""

    prize: Float
    """EUR that leaving it out costs; 0 for those that shall not be visited."""
    must: Mask
    level: Float
    """What the planner expects in it."""


class Mornings(Protocol):
    """A policy at work."""

    def wanted(self, date: dt.date) -> Wanted:
        """The containers of a working day."""

    def done(self, lifted: Mask, level: Float) -> None:
        """These were lifted, with so much in them; called on every day."""


class Fixed:
    """A calendar, whatever lies in the containers."""

    def __init__(self, calendar: Calendar, usual_level: Float) -> None:
        self._calendar, self._level = calendar, usual_level

    def wanted(self, date: dt.date) -> Wanted:
        must = self._calendar.visits(date)
        return Wanted(np.where(must, PRICES.eur_must * 2, 0.0), must, self._level)

    def done(self, lifted: Mask, level: Float) -> None:
        pass


class Threshold:
    """All containers whose sensor tells a level at or above a threshold."""

    def __init__(self, knowledge: Knowledge, level: float) -> None:
        self._knowledge, self._level = knowledge, level

    def wanted(self, date: dt.date) -> Wanted:
        self._knowledge.morning()
        level, _ = self._knowledge.levels()
        must = level >= self._level
        return Wanted(np.where(must, PRICES.eur_must * (1 + np.minimum(level, 1.2)), 0.0), must, level)

    def done(self, lifted: Mask, level: Float) -> None:
        self._knowledge.lifted(lifted, level)


class Forecast:
    """The platform's choice, on what sensors and crews told."""

    def __init__(self, knowledge: Knowledge, tours: Tours, work: WorkDays, prices: Prices) -> None:
        self._knowledge, self._tours, self._work, self._prices = knowledge, tours, work, prices
        self._costs: tuple[Model, Float, Float] | None = None

    def wanted(self, date: dt.date) -> Wanted:
        self._knowledge.morning()
        model = self._knowledge.known()
        if self._costs is None or self._costs[0] is not model:
            self._costs = model, *self._tours.ways(model.rate * 7 / 6)
        visit, end = self._knowledge.outlook(EARLY), self._knowledge.outlook(1.0)
        gap = (self._work.next_visit(date) - date).days
        level = visit.level + visit.mean[:, 0]
        found = choose(
            level,
            visit.mean[:, gap] - visit.mean[:, 0],
            model.rate,
            visit.p_full(),
            end.p_full(),
            gap,
            *self._costs[1:],
            self._prices,
        )
        return Wanted(found.prize, found.must, level)

    def done(self, lifted: Mask, level: Float) -> None:
        self._knowledge.lifted(lifted, level)


class Perfect:
    """The same choice, by one who knows all that will come."""

    def __init__(self, world: World, tours: Tours, work: WorkDays, prices: Prices) -> None:
        self._world, self._work, self._prices = world, work, prices
        self._rate = world.growth.mean(axis=1)
        self._costs = tours.ways(self._rate * 7 / 6)

    def wanted(self, date: dt.date) -> Wanted:
        ahead = self._world.growth[:, self._world.day : self._world.day + _AHEAD_DAYS]
        level = self._world.level()
        ends = level[:, None] + np.cumsum(ahead, axis=1) - EARLY * ahead[:, :1]
        visits = ends - (1 - EARLY) * ahead
        gap = (self._work.next_visit(date) - date).days
        found = choose(
            level,
            visits[:, gap] - visits[:, 0],
            self._rate,
            (visits > 1.0).astype(np.float64),
            (ends > 1.0).astype(np.float64),
            gap,
            *self._costs,
            self._prices,
        )
        return Wanted(found.prize, found.must, level)

    def done(self, lifted: Mask, level: Float) -> None:
        pass


def start(
    policy: Policy, district: District, world: World, tours: Tours, work: WorkDays, counted: slice
) -> Mornings:
    """A policy before its first morning; `counted` are the days that a calendar may be made for."""
    full = 1.0 / world.growth[:, counted].mean(axis=1)
    match policy.kind:
        case "rhythm":
            # As well as an operator knows it without measuring.
            guess = 0.85 * full * np.exp(0.2 * draws.normal(world.seed, "guess", np.arange(world.count)))
            return Fixed(Calendar(district, pattern_of(guess), work), np.full(world.count, 0.8))
        case "best_rhythm":
            pattern = pattern_of(policy.fill * full)
            return Fixed(Calendar(district, pattern, work), np.full(world.count, 0.8))
        case "threshold":
            return Threshold(Knowledge(district, world, work, np.ones(world.count, dtype=bool)), policy.level)
        case "forecast":
            equipped = draws.uniform(world.seed, "equipped", np.arange(world.count)) < policy.sensors
            return Forecast(Knowledge(district, world, work, equipped), tours, work, policy.prices())
        case "perfect":
            return Perfect(world, tours, work, policy.prices())
