"""Recreate with everything: windows, several kinds of vehicles, disposal visits, breaks and prizes.

A position is first tested against bounds in constant time (room in the trip, earliest and latest times); only a
candidate that would be the best so far is walked through exactly. Where a trip is full, the best position of
the tour is tried again with its disposal visits placed anew.
"""

import numpy as np

from routing.kernels.disposal import apply_placed, place, read_line
from routing.kernels.jit import kernel
from routing.kernels.layout import (
    BROKEN,
    CHANGED,
    COST_CLASS,
    DAY_LIMITS,
    DAY_LOAD,
    DAY_STOPS,
    DUMPS,
    FAR,
    HOME_EMPTY,
    LOGGED,
    NOW,
    PER_TICK,
    POOL,
    PRED,
    ROW_IN,
    ROW_OUT,
    SIZE,
    SPOTS,
    SUCC,
    TIMED,
    TOUCHED,
    TOUR,
    TRIP,
    TRIP_LOAD,
    TRIP_NEXT,
    USED,
    Data,
    State,
)
from routing.kernels.links import link, room_in_log, undo, unlink_disposal
from routing.kernels.random import uniform
from routing.kernels.schedule import fits_time, needs_walk, settle_tour, walk

_HEADS_SCANNED = 64  # with more tours than this the ends of tours are looked at only beside near stops


@kernel
def recreate_rich(d: Data, s: State, count: int, near: int, blink: float) -> None:
    """Insert the first `count` stops of State.pool where they cost least, or leave them out if that costs less."""
    for index in range(count):
        if room_in_log(d, s):
            _insert(d, s, s.lists[POOL, index], near, blink)
    if d.traits[DUMPS] == 1:
        for index in range(s.count[TOUCHED]):
            improve_disposals(d, s, s.fleet[CHANGED, index])


@kernel
def settle_touched(d: Data, s: State) -> None:
    """After the ruin: drop needless disposal visits of the touched tours and bring their bounds up to date."""
    for index in range(s.count[TOUCHED]):
        vehicle = s.fleet[CHANGED, index]
        if d.traits[DUMPS] == 1 and s.fleet[SIZE, vehicle] == 0:
            _drop_disposals(d, s, vehicle)
        settle_tour(d, s, vehicle)
        if d.traits[DUMPS] == 1:
            improve_disposals(d, s, vehicle)


@kernel
def improve_disposals(d: Data, s: State, vehicle: int) -> None:
    """Place the disposal visits of a tour anew where that is cheaper and keeps every time."""
    if s.fleet[SIZE, vehicle] == 0 or s.node[TRIP_NEXT, len(d.near) + vehicle] < 0:
        return
    count = read_line(d, s, vehicle, np.int64(-1), np.int64(-1))
    cost = place(d, s, vehicle, count)
    if cost >= driving_cost(d, s, vehicle) - 1e-9:
        return
    broken = s.count[BROKEN]
    mark = s.count[LOGGED]
    before = s.cost[NOW]
    apply_placed(d, s, vehicle)
    settle_tour(d, s, vehicle)
    if s.count[BROKEN] > broken or s.cost[NOW] > before:
        _revert(d, s, vehicle, mark, broken)


@kernel
def driving_cost(d: Data, s: State, vehicle: int) -> float:
    """Cost of all legs of a tour."""
    head = len(d.near) + vehicle
    cost = s.leg[head]
    node = s.node[SUCC, head]
    while node != head:
        cost += s.leg[node]
        node = s.node[SUCC, node]
    return cost


@kernel
def _revert(d: Data, s: State, vehicle: int, mark: int, broken: int) -> None:
    """Take back the steps after `mark`, all of which belong to one tour."""
    undo(d, s, mark)
    s.count[BROKEN] = broken
    settle_tour(d, s, vehicle)
    s.count[BROKEN] = broken


@kernel
def _drop_disposals(d: Data, s: State, vehicle: int) -> None:
    head = len(d.near) + vehicle
    node = s.node[SUCC, head]
    while node != head:
        following = s.node[SUCC, node]
        unlink_disposal(d, s, node)
        node = following


@kernel
def _insert(d: Data, s: State, stop: int, near: int, blink: float) -> None:
    limit = d.prize[stop]
    cost, before, full_before = _scan(d, s, stop, near, blink, limit)
    solo_cost, vehicle = _unused(d, s, stop)
    if full_before >= 0 and _insert_emptying(d, s, stop, full_before, min(cost, solo_cost)):
        return
    if cost <= solo_cost and before >= 0:
        link(d, s, stop, before)
        settle_tour(d, s, s.node[TOUR, stop])
    elif vehicle >= 0 and solo_cost < limit:
        open_tour(d, s, vehicle, stop)


@kernel
def open_tour(d: Data, s: State, vehicle: int, stop: int) -> bool:
    """Serve the stop alone with an unused vehicle; false, and nothing changed, if that cannot be."""
    head = len(d.near) + vehicle
    mark = s.count[LOGGED]
    broken = s.count[BROKEN]
    if d.traits[DUMPS] == 1:
        count = read_line(d, s, vehicle, head, stop)
        if place(d, s, vehicle, count) >= FAR:
            return False
        link(d, s, stop, head)
        apply_placed(d, s, vehicle)
    else:
        link(d, s, stop, head)
    settle_tour(d, s, vehicle)
    if s.count[BROKEN] > broken:
        _revert(d, s, vehicle, mark, broken)
        return False
    return True


@kernel
def _insert_emptying(d: Data, s: State, stop: int, before: int, limit: float) -> bool:
    """Put the stop after `before` and place the tour's disposal visits anew, if that costs less than `limit`."""
    vehicle = s.node[TOUR, before]
    count = read_line(d, s, vehicle, before, stop)
    cost = place(d, s, vehicle, count)
    if cost >= FAR or cost - driving_cost(d, s, vehicle) >= limit:
        return False
    mark = s.count[LOGGED]
    broken = s.count[BROKEN]
    total = s.cost[NOW] - d.prize[stop]
    link(d, s, stop, before)
    apply_placed(d, s, vehicle)
    settle_tour(d, s, vehicle)
    if s.count[BROKEN] > broken or s.cost[NOW] - total >= limit:
        _revert(d, s, vehicle, mark, broken)
        return False
    return True


@kernel
def _unused(d: Data, s: State, stop: int) -> tuple[float, int]:
    """Cost of and vehicle for a tour of this stop alone, over all kinds of which a vehicle is left; -1 if none."""
    best = FAR
    chosen = -1
    for kind in range(len(d.kind_first) - 1):
        if d.solo[kind, stop] >= best:
            continue
        for vehicle in range(d.kind_first[kind], d.kind_first[kind + 1]):
            if s.fleet[SIZE, vehicle] == 0:
                best = d.solo[kind, stop]
                chosen = vehicle
                break
    return best, int(chosen)


@kernel
def _takes(d: Data, s: State, vehicle: int, stop: int) -> bool:
    """Whether the limits of a day leave room for the stop."""
    if s.fleet[SIZE, vehicle] >= d.vehicle[DAY_STOPS, vehicle]:
        return False
    for k in range(d.demand.shape[1]):
        if s.day_load[vehicle, k] + d.demand[stop, k] > d.capacity[DAY_LOAD, vehicle, k]:
            return False
    return True


@kernel
def _has_room(d: Data, s: State, node: int, stop: int) -> bool:
    """Whether the trip that leaves `node` has room; nothing may be loaded after the last visit when home empty."""
    vehicle = s.node[TOUR, node]
    trip = s.node[TRIP, node]
    last = d.vehicle[HOME_EMPTY, vehicle] == 1 and s.node[TRIP_NEXT, trip] < 0
    for k in range(d.demand.shape[1]):
        amount = d.demand[stop, k]
        if s.trip_load[trip, k] + amount > d.capacity[TRIP_LOAD, vehicle, k] or (last and amount > 0):
            return False
    return True


@kernel
def _scan(d: Data, s: State, stop: int, near: int, blink: float, limit: float) -> tuple[float, int, int]:
    """Look at positions beside near stops and at the ends of trips.

    Returns the least cost (at most `limit`), the node to follow (-1: none) and the cheapest node to follow whose
    trip is full (-1: none, or not cheaper).
    """
    best = limit
    chosen = -1
    full_best = limit
    full = -1
    dumps = d.traits[DUMPS] == 1
    for index in range(_spots(d, s, stop, near)):
        if uniform(s.random) < blink:
            continue
        node = s.lists[SPOTS, index]
        cost, has_room = _try(d, s, node, stop, max(best, full_best) if dumps else best)
        if has_room:
            if cost < best:
                best, chosen = cost, node
        elif cost < full_best:
            full_best, full = cost, node
    return best, int(chosen), int(full) if full_best < best else -1


@kernel
def _spots(d: Data, s: State, stop: int, near: int) -> int:
    """Collect nodes after which the stop may go into State.lists[SPOTS]; returns how many."""
    day_limits = d.traits[DAY_LIMITS] == 1
    count = 0
    for place_near in range(near):
        u = d.near[stop, place_near]
        vehicle = s.node[TOUR, u]
        if vehicle < 0 or (day_limits and not _takes(d, s, vehicle, stop)):
            continue
        s.lists[SPOTS, count] = u
        s.lists[SPOTS, count + 1] = s.node[PRED, u]
        count += 2
    if s.count[USED] > _HEADS_SCANNED:
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
def _try(d: Data, s: State, node: int, stop: int, limit: float) -> tuple[float, bool]:
    """Cost of the stop after `node` (FAR if it cannot be) and whether its trip has room.

    Without room the cost is that of the detour alone, a guess of what placing disposal visits anew will cost.
    """
    vehicle = s.node[TOUR, node]
    after = s.node[SUCC, node]
    kind = d.vehicle[COST_CLASS, vehicle]
    cost = (
        float(d.cost_back[kind, stop, s.node[ROW_OUT, node]])
        + float(d.cost[kind, stop, s.node[ROW_IN, after]])
        - s.leg[node]
    )
    if cost >= limit:
        return FAR, True
    if not _has_room(d, s, node, stop):
        return (cost, False) if d.traits[DUMPS] == 1 else (FAR, True)
    if d.traits[TIMED] == 1:
        if not fits_time(d, s, node, stop):
            return FAR, True
        if needs_walk(d, vehicle):
            ticks = walk(d, s, vehicle, node, stop)
            if ticks < 0:
                return FAR, True
            cost += ticks * d.price[PER_TICK, vehicle] - s.time_cost[vehicle]
    return cost, True


@kernel
def price_alone(d: Data, s: State, vehicle: int, stop: int) -> float:
    """Cost of a tour of this stop alone, FAR if it cannot be; changes nothing."""
    s.count[LOGGED] = 0
    before = s.cost[NOW]
    if not open_tour(d, s, vehicle, stop):
        return FAR
    cost = s.cost[NOW] - before + d.prize[stop]
    _revert(d, s, vehicle, np.int64(0), np.int64(0))
    s.cost[NOW] = before
    return cost
