"""Recreate for the plain capacitated problem: greedy insertion with blinks.

Christiaens and Vanden Berghe (2020), section 5.2. The paper tries every position; here only those beside near
stops, so that an insertion costs the same in every size of problem.
"""

from routing.kernels.jit import kernel, leaf
from routing.kernels.layout import (
    FAR,
    POOL,
    PRED,
    ROW_IN,
    ROW_OUT,
    SIZE,
    SUCC,
    TRIP,
    TRIP_LOAD,
    Data,
    State,
)
from routing.kernels.links import link, room_in_log
from routing.kernels.random import uniform


@kernel
def recreate_plain(d: Data, s: State, count: int, near: int, blink: float) -> None:
    """Insert the first `count` stops of POOL, each at its cheapest position beside a near stop.

    near: how many neighbours to look at. blink: chance that a position is overlooked.
    A stop for which no position is found opens a tour, if a vehicle is left.
    """
    for index in range(count):
        stop = s.lists[POOL, index]
        before = _cheapest(d, s, stop, near, blink)
        if before < 0:
            before = _unused(d, s)
        if before >= 0 and room_in_log(d, s):
            link(d, s, stop, before)


@leaf
def _unused(d: Data, s: State) -> int:
    """Head of the first vehicle without stops, -1 if all are used."""
    for vehicle in range(s.fleet.shape[1]):
        if s.fleet[SIZE, vehicle] == 0:
            return len(d.near) + vehicle
    return -1


@leaf
def _cheapest(d: Data, s: State, stop: int, near: int, blink: float) -> int:
    """Node after which the stop costs least, -1 if no near trip has room."""
    to_stop = d.cost_back[0, stop]
    from_stop = d.cost[0, stop]
    room = d.capacity[TRIP_LOAD, 0, 0] - d.demand[stop, 0]
    best = FAR
    chosen = -1
    for place in range(near):
        u = d.near[stop, place]
        trip = s.node[TRIP, u]
        if trip < 0 or s.trip_load[trip, 0] > room:
            continue
        if uniform(s.random) >= blink:
            cost = to_stop[u] + from_stop[s.node[ROW_IN, s.node[SUCC, u]]] - s.leg[u]
            if cost < best:
                best = cost
                chosen = u
        if uniform(s.random) >= blink:
            before = s.node[PRED, u]
            cost = to_stop[s.node[ROW_OUT, before]] + from_stop[u] - s.leg[before]
            if cost < best:
                best = cost
                chosen = before
    return int(chosen)
