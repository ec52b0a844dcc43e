"""Looking for the cheapest position of a stop, with everything that may forbid it.

A position is first tested against bounds in constant time: room in the trip, earliest and latest times, busy
time. Where breaks, a longest duration or a price of time decide, the positions that pass are walked through
exactly, cheapest first, until none can be cheaper.
"""

from routing.kernels.clock import drive_of, service_of
from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.layout import (
    BEFORE,
    BUSY,
    COST_CLASS,
    DAY,
    DAY_LIMITS,
    DAY_LOAD,
    DAY_STOPS,
    DUMPS,
    EXACT,
    FAR,
    HOME_EMPTY,
    KIND,
    KIND_OF,
    LONGEST,
    NEED_1,
    OVER_1,
    PAST,
    PER_TICK,
    PRED,
    RELEASED,
    ROW_IN,
    ROW_OUT,
    RULED,
    SIZE,
    SPOTS,
    SUCC,
    TIMED,
    TOUR,
    TRIP,
    TRIP_LOAD,
    TRIP_NEXT,
    UNDER_WAY,
    USED,
    WORK_BREAKS,
    Data,
    State,
)
from routing.kernels.random import uniform
from routing.kernels.rules import accepted, cost_of_time, forbidden, in_order
from routing.kernels.schedule import fits_time
from routing.kernels.walk import walk

_HEADS_SCANNED = 64  # with more tours than this the ends of tours are looked at only beside near stops
_WALKS = 12  # positions of one stop that are walked through at most


@kernel
def scan(d: Data, s: State, stop: int, near: int, blink: float, limit: float) -> tuple[float, int, int]:
    """Look beside the `near` nearest stops, and at the ends of trips where tours are few or `near` is 0.

    Returns the least cost (at most `limit`), the node to follow (-1: none) and the cheapest node to follow
    whose trip is full (-1: none, or not cheaper).
    """
    best = limit
    chosen = whole(-1)
    full_best = limit
    full = whole(-1)
    dumps = d.traits[DUMPS] == 1
    to_walk = whole(0)
    ruled = d.traits[RULED] == 1
    released = dumps and d.traits[RELEASED] == 1
    for index in range(_spots(d, s, stop, near)):
        if uniform(s.random) < blink:
            continue
        node = s.lists[SPOTS, index]
        if ruled and (forbidden(d, s.node[TOUR, node], stop) or not in_order(d, s, node, stop)):
            continue
        cost = _detour(d, s, node, stop)
        if cost >= best and not (dumps and cost < full_best):
            continue
        if not _has_room(d, s, node, stop):
            if dumps and cost < full_best:
                full_best, full = cost, node
        elif cost >= best and not released:
            continue
        elif d.traits[TIMED] == 1 and not fits_time(d, s, node, stop):
            if released and cost < full_best:
                full_best, full = cost, node
        elif cost < best:
            if d.vehicle[EXACT, s.node[TOUR, node]] == 0:
                best, chosen = cost, node
            else:
                added = _added_ticks(d, s, node, stop)
                if _fits_day(d, s, s.node[TOUR, node], added):
                    s.lists[SPOTS, to_walk] = node
                    s.spot_cost[to_walk] = cost + added * d.price[PER_TICK, s.node[TOUR, node]]
                    to_walk += 1
    if to_walk > 0:
        best, chosen = _walk_spots(d, s, stop, to_walk, best, chosen)
    return best, chosen, full if full_best < best else whole(-1)


@kernel
def _walk_spots(d: Data, s: State, stop: int, count: int, best: float, chosen: int) -> tuple[float, int]:
    """Walk the first `count` spots exactly, those expected to be cheapest first."""
    for _ in range(_WALKS):
        least = best
        pick = -1
        for index in range(count):
            if s.spot_cost[index] < least:
                least = s.spot_cost[index]
                pick = index
        if pick < 0:
            break
        s.spot_cost[pick] = FAR
        node = s.lists[SPOTS, pick]
        vehicle = s.node[TOUR, node]
        ticks = walk(d, s, vehicle, node, stop)
        if ticks >= 0:
            cost = _detour(d, s, node, stop) + cost_of_time(d, vehicle, ticks) - s.time_cost[vehicle]
            if cost < best:
                best, chosen = cost, node
    return best, chosen


@leaf
def _detour(d: Data, s: State, node: int, stop: int) -> float:
    """Cost of driving by way of the stop after `node`, and of serving it with that vehicle."""
    vehicle = s.node[TOUR, node]
    kind = d.vehicle[COST_CLASS, vehicle]
    there = float(d.cost_back[kind, stop, s.node[ROW_OUT, node]])
    there += d.liking[d.vehicle[KIND_OF, vehicle], stop]
    return float(there + float(d.cost[kind, stop, s.node[ROW_IN, s.node[SUCC, node]]]) - s.leg[node])


@leaf
def _added_ticks(d: Data, s: State, node: int, stop: int) -> int:
    """Driving and service that the stop adds after `node`."""
    vehicle = s.node[TOUR, node]
    row_out, row_in = s.node[ROW_OUT, node], s.node[ROW_IN, s.node[SUCC, node]]
    there = service_of(d, vehicle, stop) + drive_of(d, vehicle, row_out, stop)
    return there + drive_of(d, vehicle, stop, row_in) - drive_of(d, vehicle, row_out, row_in)


@leaf
def _fits_day(d: Data, s: State, vehicle: int, added: int) -> bool:
    """Whether driving and service alone, waits left out, leave room in the day."""
    busy = s.fleet[BUSY, vehicle] + added
    if d.breaks[vehicle, KIND] == WORK_BREAKS and d.vehicle[UNDER_WAY, vehicle] == 0:
        if busy > d.breaks[vehicle, DAY]:
            return False
        if busy > d.breaks[vehicle, OVER_1]:
            busy += d.breaks[vehicle, NEED_1]
    return bool(busy + d.vehicle[PAST, vehicle] <= d.vehicle[LONGEST, vehicle])


@leaf
def _takes(d: Data, s: State, vehicle: int, stop: int) -> bool:
    """Whether the limits of a day leave room for the stop."""
    if s.fleet[SIZE, vehicle] >= d.vehicle[DAY_STOPS, vehicle]:
        return False
    for k in range(d.demand.shape[1]):
        if s.day_load[vehicle, k] + d.demand[stop, k] > d.capacity[DAY_LOAD, vehicle, k]:
            return False
    return True


@leaf
def _has_room(d: Data, s: State, node: int, stop: int) -> bool:
    """Whether the trip that leaves `node` has room; after the last emptying nothing fits when home empty."""
    vehicle = s.node[TOUR, node]
    trip = s.node[TRIP, node]
    last = d.vehicle[HOME_EMPTY, vehicle] == 1 and s.node[TRIP_NEXT, trip] < 0
    for k in range(d.demand.shape[1]):
        amount = d.demand[stop, k]
        if s.trip_load[trip, k] + amount > d.capacity[TRIP_LOAD, vehicle, k] or (last and amount > 0):
            return False
    return d.traits[RULED] == 0 or accepted(d, s, node, stop)


@kernel
def _spots(d: Data, s: State, stop: int, near: int) -> int:
    """Collect nodes after which the stop may go into SPOTS; returns how many."""
    day_limits = d.traits[DAY_LIMITS] == 1
    count = 0
    if d.rule[BEFORE, stop] >= 0:
        return _spots_behind(d, s, stop, d.rule[BEFORE, stop])
    for place_near in range(near):
        u = d.near[stop, place_near]
        vehicle = s.node[TOUR, u]
        if vehicle < 0 or (day_limits and not _takes(d, s, vehicle, stop)):
            continue
        s.lists[SPOTS, count] = u
        s.lists[SPOTS, count + 1] = s.node[PRED, u]
        count += 2
    if s.counts[USED] > _HEADS_SCANNED and near > 0:
        return count
    for vehicle in range(s.fleet.shape[1]):
        if s.fleet[SIZE, vehicle] == 0 or (day_limits and not _takes(d, s, vehicle, stop)):
            continue
        head = len(d.near) + vehicle
        trip = head
        while trip >= 0:
            following = s.node[TRIP_NEXT, trip]
            s.lists[SPOTS, count] = trip
            s.lists[SPOTS, count + 1] = s.node[PRED, following if following >= 0 else head]
            count += 2
            trip = following
    return count


@kernel
def _spots_behind(d: Data, s: State, stop: int, earlier: int) -> int:
    """Collect all nodes from the stop that must come earlier to the end of its tour; returns how many."""
    vehicle = s.node[TOUR, earlier]
    if vehicle < 0 or (d.traits[DAY_LIMITS] == 1 and not _takes(d, s, vehicle, stop)):
        return 0
    count = 0
    node = earlier
    while node != len(d.near) + vehicle and count < s.lists.shape[1]:
        s.lists[SPOTS, count] = node
        count += 1
        node = s.node[SUCC, node]
    return count
