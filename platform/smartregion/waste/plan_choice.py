"""Which containers a day's tours may lift and what each is worth: forecast, calendar and roads together."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smartregion.registry.objects import Fraction
from smartregion.waste.choice import PRICES, Choice, Prices, choose, ways
from smartregion.waste.daytime import day_share
from smartregion.waste.due import FULLEST, DueRule
from smartregion.waste.expected import Expected
from smartregion.waste.levels import ContainerState
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import Lift, due_lifts, fixed_lifts, lift_of
from smartregion.waste.plan_problem import COSTS, SET_UP, Costs, Region, Roads, SetUp
from smartregion.waste.workdays import WorkDays

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

TRUSTED_DAYS = 3.0
"""A forecast counts when its container was watched for so many days; until then the due rule decides."""
_VISIT_HOUR = 10.0
_LIKELY = 0.02
_WAITING_DAYS = 14
_MOST_GAP_DAYS = 8
_DAYS_A_WORKDAY = 7 / 6
_S_PER_H = 3600.0


class Foreseen(NamedTuple):
    """What a choice looks at, as `choice.choose` takes it; arrays [containers]."""

    level: Floats
    """At the visit."""
    gain: Floats
    """Until the next possible visit."""
    rate: Floats
    """Usual gain a day."""
    p_visit: Floats
    """[containers, days] probability of being full at the hour of a visit, from the planned day on."""
    p_end: Floats
    """The same at the end of each day."""


@dataclass(frozen=True)
class Candidates:
    """Containers that a day's tours could lift."""

    duty: Sequence[Lift]
    """To be lifted by the due rule or their rhythm: their forecast knows too little."""
    lifts: Sequence[Lift]
    """The others, with the level expected at the visit."""
    seen: Foreseen
    """Of `lifts`."""
    gap_days: Places
    """Days to the next possible visit of each of `lifts`."""
    working: bool
    """False on Sundays and holidays: only what must be lifted is."""
    risk: Mapping[str, float]
    """Probability that a container, left alone, is full before its next possible visit, where one knows."""
    filling: Mapping[tuple[str, str], float]
    """Usual gain a day of all containers of a fraction at a site (its id) together, candidates or not: how
    often a tour goes there."""


def gaps(states: Sequence[ContainerState], region: Region, date: dt.date, work: WorkDays) -> Places:
    """Days from `date` to the next possible visit of each container: work days on which its site is open."""
    by_site: dict[str, int] = {}
    for site in {state.site for state in states}:
        ahead = (date + dt.timedelta(days=k) for k in range(1, _MOST_GAP_DAYS))
        found = (
            day
            for day in ahead
            if work.works(day) and region.rules.closed_all_day(region.sites[site], day) is None
        )
        by_site[site] = (next(found, date + dt.timedelta(days=_MOST_GAP_DAYS)) - date).days
    return np.array([by_site[state.site] for state in states], dtype=np.intp)


def days_needed(day: Day, today: dt.date, gap_days: Places) -> int:
    """Days of forecast, from today on, that a choice for `day` looks at."""
    return max(0, (day.date - today).days + int(gap_days.max(initial=1))) + 1


def candidates(
    states: Sequence[ContainerState],
    expected: Expected,
    fractions: Mapping[str, Fraction],
    rule: DueRule,
    day: Day,
    now: dt.datetime,
    work: WorkDays,
    gap_days: Places,
    planned: Collection[str] = (),
    prices: Prices = PRICES,
) -> Candidates:
    """Those that are ripe or may overflow; `states` in the order of `expected.ids`.

    gap_days: as `gaps` tells. planned: containers that an accepted plan lifts before that day; they are left
    alone.
    """
    open_ = np.array([state.id not in planned for state in states], dtype=bool)
    trusted = (expected.watched_days >= TRUSTED_DAYS) & ~np.isnan(expected.level)
    rest = [state for state, free, known in zip(states, open_, trusted, strict=True) if free and not known]
    # Where nobody knows anything the fixed rhythm goes on; its lifts are what a forecast can learn from.
    by_rhythm: list[ContainerState] = []
    told: list[ContainerState] = []
    for state in rest:
        (by_rhythm if state.silent and state.rhythm_days is not None else told).append(state)
    duty = due_lifts(told, fractions, rule, day, now) + fixed_lifts(by_rhythm, fractions, day, work)
    first = max(0, (day.date - expected.first_date).days)
    visit, end = expected.outlook(float(day_share(_VISIT_HOUR))), expected.outlook()
    at_visit, span = visit.expected(), slice(first, first + int(gap_days.max(initial=1)) + 1)
    level = at_visit[:, first]
    gain = at_visit[np.arange(len(states)), first + gap_days] - level
    seen = Foreseen(level, gain, expected.model.rate, visit.p_full()[:, span], end.p_full()[:, span])
    return weighed(states, seen, fractions, work.works(day.date), gap_days, open_ & trusted, duty, prices)


def weighed(
    states: Sequence[ContainerState],
    seen: Foreseen,
    fractions: Mapping[str, Fraction],
    working: bool,
    gap_days: Places,
    known: Flags,
    duty: Sequence[Lift] = (),
    prices: Prices = PRICES,
) -> Candidates:
    """The candidates among the containers that are `known`, by what is foreseen of all."""
    nothing = np.zeros((len(states), 1))
    look = choose(*seen, gap_days, nothing, nothing[:, 0], prices)
    ripe = (look.ripe >= prices.ripe_from) | (look.p_full >= _LIKELY)
    chosen = np.flatnonzero(known & ripe)
    expected = np.clip(seen.level, 0.0, FULLEST).round(3).tolist()
    lifts = [
        replace(
            lift_of(states[place], fractions[states[place].fraction], expected[place]),
            p_full=round(float(look.p_full[place]), 3),
        )
        for place in chosen.tolist()
    ]
    risk = {states[place].id: float(look.p_full[place]) for place in np.flatnonzero(known).tolist()}
    filling: dict[tuple[str, str], float] = defaultdict(float)
    for state, rate in zip(states, seen.rate.tolist(), strict=True):
        filling[state.fraction, state.site] += rate
    offered = Foreseen(*(part[chosen] for part in seen))
    return Candidates(duty, lifts, offered, gap_days[chosen], working, risk, filling)


def chosen_lifts(
    found: Candidates,
    fractions: Mapping[str, Fraction],
    roads: Roads,
    prices: Prices = PRICES,
    costs: Costs = COSTS,
    set_up: SetUp = SET_UP,
) -> list[Lift]:
    """The lifts that the optimiser gets: those that must be, and those worth a detour with their prize.

    A place too far from any road has no way to weigh; its containers stay in when they must be lifted.
    """
    if not found.lifts:
        return list(found.duty)
    way, service, alone = _costs(found.lifts, found.filling, fractions, roads, costs, set_up)
    choice = choose(*found.seen, found.gap_days, way, service, prices)
    return [*found.duty, *_worth(found, choice, alone)]


def _worth(found: Candidates, choice: Choice, alone: Floats) -> list[Lift]:
    lifts = []
    for place, lift in enumerate(found.lifts):
        if choice.must[place]:
            lifts.append(lift)
        elif found.working and choice.prize[place] > alone[place]:
            lifts.append(replace(lift, prize=round(float(choice.prize[place]), 2)))
    return lifts


def _costs(
    lifts: Sequence[Lift],
    filling: Mapping[tuple[str, str], float],
    fractions: Mapping[str, Fraction],
    roads: Roads,
    costs: Costs,
    set_up: SetUp,
) -> tuple[Floats, Floats, Floats]:
    """Way to a later lift [lifts, days left], its service, and the time of the lift without set-up; EUR."""
    way = np.zeros((len(lifts), _WAITING_DAYS))
    an_s = costs.eur_per_h / _S_PER_H
    alone = np.array([fractions[lift.fraction].lift_s * an_s for lift in lifts])
    begin_s = [set_up.crane_s if lift.volume_l >= set_up.crane_from_l else set_up.plain_s for lift in lifts]
    for fraction in sorted({lift.fraction for lift in lifts}):
        there = {
            site: rate for (name, site), rate in filling.items()
            if name == fraction and ("site", site) in roads.row
        }  # fmt: skip
        rows = [roads.row["site", site] for site in there]
        grid = np.ix_(rows, rows)
        between = roads.distance_m[grid] / 1000.0 * costs.eur_per_km + roads.duration_s[grid] * an_s
        # A place with several containers is visited when the first of them is due.
        visits = sum(min(_DAYS_A_WORKDAY * rate, 1.0) for rate in there.values())
        found = dict(zip(there, ways(between, visits, _WAITING_DAYS), strict=True))
        for place, lift in enumerate(lifts):
            if lift.fraction == fraction and lift.site in found:
                way[place] = found[lift.site]
    return way, alone + np.array(begin_s) * an_s, alone
