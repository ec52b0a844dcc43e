"""Which containers are worth a visit today: what leaving one out would cost, in euro. Pure arrays.

Overflow: the expected container-days above the rim until the next possible visit have a price.
Merging: a container may be lifted days before its last moment because a tour passes. That saves the lift
later, which costs its service and a way that shrinks with the days left, as on each of them a tour may pass;
and it shortens the cycle, so that a share of a lift is lost. Worth = later lift - lost share of a lift. The
optimiser takes the container along when the detour and the service cost less.
Duty: above a set probability of overflow a container must be lifted whatever it costs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

_CENT = 0.01
_LEAST_RATE = 1e-4
_LEAST_LAST_MOMENT = 0.25
_USUAL_DAYS = 3
"""A usual lift waits about so many days for a tour that passes."""


@dataclass(frozen=True)
class Prices:
    """What the choice weighs: settings of an operator. Raises ValueError for what is no price or share."""

    eur_overflow_day: float = 16.0
    """A container above its rim for a day: litter, complaints, an extra tour."""
    must_probability: float = 0.98
    """A container that overflows before its next possible visit with a higher probability must be lifted;
    at 1 none must, each goes by what it is worth."""
    eur_must: float = 2000.0
    """What leaving out a container that must be lifted costs, times 1 + its level."""
    eur_lift: float = 33.0
    """What a lift too many costs beside its time: wear, price of the contract. The value weighs lifts
    and kilometres so that both fall; it was chosen by `whatif` on six weeks of districts 11, 12 and 13."""
    ripe_from: float = 0.6
    """Optional visits only from this share of the way from empty to the last moment."""
    merging: float = 0.8
    """Weight of the merging gains; 0 lifts only for fear of overflow."""

    def __post_init__(self) -> None:
        for name in ("eur_overflow_day", "eur_must", "eur_lift", "merging"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name}: {getattr(self, name)} is not 0 or more")
        for name in ("must_probability", "ripe_from"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not in 0..1")


PRICES = Prices()


@dataclass(frozen=True)
class Choice:
    """What each container is worth today; arrays [containers]."""

    must: Flags
    """To be lifted whatever it costs."""
    prize: Floats
    """What leaving it out costs, EUR; 0 where a visit today pays for nobody."""
    p_full: Floats
    """Probability 0..1 that it overflows before the next possible visit."""
    overflow_days: Floats
    """Expected days above the rim that a visit today would spare."""
    ripe: Floats
    """Share of the way from empty to the last moment, 0..1."""

    @property
    def wanted(self) -> Flags:
        """Candidates for today's tours."""
        return np.asarray(self.prize > 0)


def choose(
    level: Floats,
    gain: Floats,
    rate: Floats,
    p_visit: Floats,
    p_end: Floats,
    gap_days: int | Places,
    way: Floats,
    service: Floats,
    prices: Prices = PRICES,
) -> Choice:
    """Weigh all containers on the morning of a working day.

    level [containers]: expected at today's visit. gain [containers]: expected from today's visit to the next
    possible one. rate [containers]: usual gain a day. p_visit, p_end [containers, days]: probability of being
    full at the hour of a visit and at the end of each day, from today on. gap_days: days to the next possible
    visit, of all or [containers]. way [containers, days left]: cost of the way to a later lift, see `ways`.
    service [containers]: cost of the time that a lift takes. Costs in EUR.
    """
    number = np.arange(len(level))
    gap = np.broadcast_to(np.asarray(gap_days, dtype=np.intp), len(level))
    p_full = p_visit[number, gap]
    # A day counts once, whenever on it the container is full; today counts anyway if it is full already.
    until = np.where(np.arange(p_end.shape[1]) < gap[:, None], p_end, 0.0).sum(axis=1)
    overflow_days = np.maximum(until + p_full - p_visit[:, 0], 0.0)
    last_moment = np.maximum(1.0 - gain, _LEAST_LAST_MOMENT)
    ripe = np.clip(level / last_moment, 0.0, 1.0)
    days_left = (last_moment - level) / np.maximum(rate, _LEAST_RATE)
    place = np.clip(days_left, 0, way.shape[1] - 1).astype(np.intp)
    later = service + prices.merging * way[number, place]
    lost = (1.0 - ripe) * (service + prices.eur_lift + way[number, min(_USUAL_DAYS, way.shape[1]) - 1])
    worth = prices.eur_overflow_day * overflow_days + later - lost
    worth = np.where(ripe >= prices.ripe_from, np.maximum(worth, 0.0), 0.0)
    must = p_full > prices.must_probability
    prize = np.where(must, prices.eur_must * (1.0 + np.minimum(level, 1.2)), worth)
    return Choice(must, np.where(prize > _CENT, prize, 0.0), p_full, overflow_days, ripe)


def ways(between: Floats, visits_a_day: float, days: int) -> Floats:
    """Cost of the way to a lift that may wait up to 1..`days` working days, EUR, [places, days].

    between [places, places]: cost of the way from one to the other, EUR. visits_a_day: how many of the places
    are usually visited on a working day. If each is visited with probability q a day, within n days it is so
    with Q = 1 - (1 - q)^n, and the k-th nearest is the nearest one visited with Q (1 - Q)^(k - 1). The detour
    goes there and back.
    """
    places = len(between)
    if places < 2:
        return np.zeros((places, days))
    q = float(np.clip(visits_a_day / places, 1.0 / places, 1.0))
    there = np.where(np.eye(places, dtype=bool), np.inf, (between + between.T) / 2)
    near = np.sort(there, axis=1)[:, :-1]
    rank = np.arange(places - 1)
    found = np.empty((places, days))
    for n in range(days):
        within = 1.0 - (1.0 - q) ** (n + 1)
        chance = within * (1.0 - within) ** rank
        chance[-1] += (1.0 - within) ** (places - 1)
        found[:, n] = 2.0 * (near @ chance)
    return found
