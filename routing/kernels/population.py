"""Which solutions a genetic search remembers: good ones that differ.

Vidal, Crainic, Gendreau and Prins, A hybrid genetic algorithm with adaptive diversity management for a large
class of vehicle routing problems with time-windows, Computers & Operations Research 40 (2013), section 4.6.
"""

from typing import Final

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.local_layout import (
    HOLDS,
    LOADED,
    LONG,
    NEXT,
    OPENING,
    PER_TICK_LATE,
    PER_UNIT_OVER,
    PRIOR,
    STOPS,
    UNIT,
    WARP,
    Ground,
    Tours,
)
from routing.kernels.population_layout import (
    AFTER,
    APART,
    BEFORE,
    BROKEN,
    COST,
    FITNESS,
    FREE,
    LATE,
    LEAST,
    NEAREST,
    NEW,
    OVER,
    PRICED,
    VALID,
    Population,
)
from routing.kernels.random import below

_UNLIKE: Final = 1 << 20  # links apart of members that are not there
_ELITE: Final = 4  # members that stay for their cost alone


@kernel
def remember(d: Ground, t: Tours, p: Population) -> bool:
    """Make the tours a member and drop others of a group too large; returns whether they keep all rules."""
    place = whole(0)
    while p.group[place] != FREE:
        place += 1
    _write(d, t, p, place)
    group = p.group[place]
    count = whole(0)
    for other in range(len(p.group) - 1):
        if p.group[other] == group:
            count += 1
            apart = _apart(d, p, place, whole(other))
            p.apart[place, other] = apart
            p.apart[other, place] = apart
    best = whole(len(p.group) - 1)
    if group == VALID and p.figure[place, COST] < p.figure[best, COST] - 1e-6:
        _copy(d, p, place, best)
    if count > LEAST + NEW:
        while count > LEAST:
            _judge(t, p, group)
            _drop(p, group)
            count -= 1
    _judge(t, p, group)
    return bool(group == VALID)


@leaf
def pick(p: Population) -> int:
    """The better of two members drawn at random."""
    one, other = _any(p), _any(p)
    return one if p.figure[one, FITNESS] <= p.figure[other, FITNESS] else other


@leaf
def _any(p: Population) -> int:
    while True:
        place = below(p.random, len(p.group) - 1)
        if p.group[place] != FREE:
            return place


@leaf
def _write(d: Ground, t: Tours, p: Population, place: int) -> None:
    stops = len(d.near)
    for stop in range(stops):
        p.link[place, AFTER, stop] = min(t.node[NEXT, stop], stops)
        p.link[place, BEFORE, stop] = min(t.node[PRIOR, stop], stops)
    cost = 0.0
    over, late = whole(0), whole(0)
    for tour in range(len(t.tour)):
        if t.tour[tour, STOPS] > 0:
            cost += t.length[tour, LONG] * t.length[tour, UNIT] + t.length[tour, OPENING]
            over += max(t.tour[tour, LOADED] - t.tour[tour, HOLDS], 0)
            late += t.tour[tour, WARP]
    p.figure[place, COST] = cost
    p.figure[place, OVER] = over
    p.figure[place, LATE] = late
    p.group[place] = VALID if over + late == 0 else BROKEN


@leaf
def _copy(d: Ground, p: Population, place: int, to: int) -> None:
    for stop in range(len(d.near)):
        p.link[to, AFTER, stop] = p.link[place, AFTER, stop]
        p.link[to, BEFORE, stop] = p.link[place, BEFORE, stop]
    p.figure[to, COST] = p.figure[place, COST]


@leaf
def _apart(d: Ground, p: Population, one: int, other: int) -> int:
    """Links of a member that another has not."""
    stops = len(d.near)
    apart = whole(0)
    for stop in range(stops):
        apart += whole(p.link[one, AFTER, stop] != p.link[other, AFTER, stop])
        apart += whole(p.link[one, BEFORE, stop] == stops and p.link[other, BEFORE, stop] != stops)
    return apart


@leaf
def _judge(t: Tours, p: Population, group: int) -> None:
    """Fitness of each member of the group: its rank by cost, and its rank by how it differs from others."""
    places = len(p.group) - 1
    count = whole(0)
    for place in range(places):
        if p.group[place] == group:
            count += 1
            price = p.figure[place, COST] + p.figure[place, OVER] * t.price[PER_UNIT_OVER]
            p.figure[place, PRICED] = price + p.figure[place, LATE] * t.price[PER_TICK_LATE]
            _look_around(p, group, whole(place))
    weight = 1.0 - _ELITE / max(count, _ELITE)
    for place in range(places):
        if p.group[place] != group:
            continue
        cheaper, lonelier = whole(0), whole(0)
        for other in range(places):
            if p.group[other] == group:
                cheaper += whole(p.figure[other, PRICED] < p.figure[place, PRICED])
                lonelier += whole(p.figure[other, APART] > p.figure[place, APART])
        p.figure[place, FITNESS] = float(cheaper) + weight * float(lonelier)


@leaf
def _look_around(p: Population, group: int, place: int) -> None:
    """Fill in the mean difference from the members most alike, and the least."""
    for rank in range(len(p.close)):
        p.close[rank] = _UNLIKE
    for other in range(len(p.group) - 1):
        if other != place and p.group[other] == group:
            apart = p.apart[place, other]
            rank = len(p.close) - 1
            while rank >= 0 and apart < p.close[rank]:
                if rank < len(p.close) - 1:
                    p.close[rank + 1] = p.close[rank]
                p.close[rank] = apart
                rank -= 1
    p.figure[place, NEAREST] = p.close[0]
    p.figure[place, APART] = p.close.mean()


@leaf
def _drop(p: Population, group: int) -> None:
    """Forget the least fit member, copies of others before all."""
    worst, copied, fitness = whole(-1), False, -1.0
    for place in range(len(p.group) - 1):
        if p.group[place] == group:
            copy = p.figure[place, NEAREST] == 0.0
            if (copy and not copied) or (copy == copied and p.figure[place, FITNESS] > fitness):
                worst, copied, fitness = whole(place), copy, p.figure[place, FITNESS]
    p.group[worst] = FREE
