"""Least cost of dividing a tour into trips, times left out: it tells whether looking closer may help."""

from routing.kernels.jit import leaf, once
from routing.kernels.layout import (
    COST_CLASS,
    END_ROW,
    FAR,
    HOME_EMPTY,
    LINE,
    SPOTS,
    START_ROW,
    TRIP_LOAD,
    Data,
    State,
)


@once
def least_cost(d: Data, s: State, vehicle: int, count: int) -> float:
    """No placement of disposal visits among the `count` stops in LINE costs less driving than this.

    Linear in `count`: the best beginning of each trip stands at the head of a queue whose costs rise (split
    in linear time, Vidal 2016). Windows, releases, the load at the start and what sites accept are left out;
    FAR if a stop is too large. Writes SPOTS, spot_cost and load.
    """
    cost_of = d.cost[d.vehicle[COST_CLASS, vehicle]]
    stop = s.lists[LINE, 1]
    for k in range(d.demand.shape[1]):
        s.load[k] = 0
    first = 0  # the earliest position that a trip to the present stop can begin behind
    front, back = 0, 0
    driven = 0.0  # from the first stop to the present one without any disposal visit
    emptied = _emptied(d, s, vehicle, d.vehicle[START_ROW, vehicle], stop)
    begun = min(float(cost_of[d.vehicle[START_ROW, vehicle], stop]), emptied)
    for position in range(1, count + 1):
        while back > front and s.spot_cost[back - 1] >= begun - driven:
            back -= 1
        s.lists[SPOTS, back] = position - 1
        s.spot_cost[back] = begun - driven
        back += 1
        for k in range(d.demand.shape[1]):
            s.load[k] += d.demand[stop, k]
        while _overloaded(d, s, vehicle):
            first += 1
            if first == position:
                return FAR
            for k in range(d.demand.shape[1]):
                s.load[k] -= d.demand[s.lists[LINE, first], k]
        while s.lists[SPOTS, front] < first:
            front += 1
        here = s.spot_cost[front] + driven
        if position < count:
            following = s.lists[LINE, position + 1]
            begun = here + _emptied(d, s, vehicle, stop, following)
            driven += float(cost_of[stop, following])
            stop = following
    end_row = d.vehicle[END_ROW, vehicle]
    home = _emptied(d, s, vehicle, stop, end_row)
    if d.vehicle[HOME_EMPTY, vehicle] == 0 or _weightless(d, stop):
        home = min(home, float(cost_of[stop, end_row]))
    return float(here + home)


@leaf
def _emptied(d: Data, s: State, vehicle: int, row: int, following: int) -> float:
    """Least cost from row to row by way of a disposal site of the vehicle."""
    kind = d.vehicle[COST_CLASS, vehicle]
    best = FAR
    for site in range(len(d.site_row)):
        if d.site_allowed[vehicle, site] == 1:
            middle = d.site_row[site]
            best = min(best, float(d.cost[kind, row, middle]) + float(d.cost[kind, middle, following]))
    return best


@leaf
def _overloaded(d: Data, s: State, vehicle: int) -> bool:
    over = False
    for k in range(d.demand.shape[1]):
        over = over or s.load[k] > d.capacity[TRIP_LOAD, vehicle, k]
    return over


@leaf
def _weightless(d: Data, stop: int) -> bool:
    """Whether the stop loads nothing, so that what is on board may be nothing."""
    light = True
    for k in range(d.demand.shape[1]):
        light = light and d.demand[stop, k] == 0
    return light
