"""Recreate with everything: windows, several kinds of vehicles, disposal visits, breaks and prizes.

Where the cheapest position lies in a full trip, the tour's disposal visits are placed anew around the stop.
"""

from routing.kernels.disposal import apply_placed, place, read_line
from routing.kernels.fleet import ANY, exchange_vehicle, unused_vehicle
from routing.kernels.jit import kernel, once, whole
from routing.kernels.layout import (
    BEFORE,
    BROKEN,
    CHANGED,
    DUMPS,
    FAR,
    LOGGED,
    NOW,
    POOL,
    RULED,
    SIZE,
    SUCC,
    TOUCHED,
    TOUR,
    TRIP_NEXT,
    Data,
    State,
)
from routing.kernels.links import link, room_in_log, undo, unlink_disposal
from routing.kernels.rules import taken
from routing.kernels.scan import scan
from routing.kernels.schedule import settle_tour

_LESS = 1e-6  # what is cheaper by no more than this is not


@kernel
def recreate_rich(d: Data, s: State, count: int, near: int, blink: float, bold: bool, opening: int) -> None:
    """Insert the first `count` stops of the pool where they cost least, or leave them out if that costs less.

    bold: insert optional stops whatever they cost, for only together they may be worth a tour.
    opening: which vehicle a new tour begins with, see `routing.kernels.fleet`.
    """
    for index in range(count):
        stop = s.lists[POOL, index]
        if room_in_log(d, s) and not (d.traits[RULED] == 1 and taken(d, s, stop)):
            _insert(d, s, stop, near, blink, FAR if bold else d.prize[stop], opening)
    if d.traits[DUMPS] == 1:
        for index in range(s.counts[TOUCHED]):
            improve_disposals(d, s, s.fleet[CHANGED, index])
    if len(d.kind_first) > 2 and opening == ANY:
        for index in range(s.counts[TOUCHED]):
            exchange_vehicle(d, s, s.fleet[CHANGED, index])


@once
def settle_touched(d: Data, s: State) -> None:
    """After the ruin: drop needless disposal visits of the touched tours and settle their bounds."""
    for index in range(s.counts[TOUCHED]):
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
    count = read_line(d, s, vehicle, whole(-1), whole(-1))
    driven = driving_cost(d, s, vehicle) - _LESS
    if place(d, s, vehicle, count, driven) >= driven:
        return
    broken = s.counts[BROKEN]
    mark = s.counts[LOGGED]
    before = s.cost[NOW]
    apply_placed(d, s, vehicle)
    settle_tour(d, s, vehicle)
    if s.counts[BROKEN] > broken or s.cost[NOW] > before:
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
    return float(cost)


@kernel
def _revert(d: Data, s: State, vehicle: int, mark: int, broken: int) -> None:
    """Take back the steps after `mark`, all of which belong to one tour."""
    undo(d, s, mark)
    s.counts[BROKEN] = broken
    settle_tour(d, s, vehicle)
    s.counts[BROKEN] = broken


@kernel
def _drop_disposals(d: Data, s: State, vehicle: int) -> None:
    head = len(d.near) + vehicle
    node = s.node[SUCC, head]
    while node != head:
        following = s.node[SUCC, node]
        unlink_disposal(d, s, node)
        node = following


@once
def _insert(d: Data, s: State, stop: int, near: int, blink: float, limit: float, opening: int) -> None:
    cost, before, full_before = scan(d, s, stop, near, blink, limit)
    solo_cost, vehicle = unused_vehicle(d, s, stop, opening)
    if opening != ANY and before < 0 and full_before < 0 and vehicle < 0:
        cost, before, full_before = scan(d, s, stop, whole(0), 0.0, limit)  # at the ends of far tours
    if d.rule[BEFORE, stop] >= 0:
        solo_cost = FAR  # it can only follow
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
    mark = s.counts[LOGGED]
    broken = s.counts[BROKEN]
    if d.traits[DUMPS] == 1:
        count = read_line(d, s, vehicle, head, stop)
        if place(d, s, vehicle, count, FAR) >= FAR:
            return False
        link(d, s, stop, head)
        apply_placed(d, s, vehicle)
    else:
        link(d, s, stop, head)
    settle_tour(d, s, vehicle)
    if s.counts[BROKEN] > broken:
        _revert(d, s, vehicle, mark, broken)
        return False
    return True


@once
def _insert_emptying(d: Data, s: State, stop: int, before: int, limit: float) -> bool:
    """Put the stop after `before` with disposal visits placed anew, if that costs less than `limit`."""
    vehicle = s.node[TOUR, before]
    count = read_line(d, s, vehicle, before, stop)
    most = min(FAR, driving_cost(d, s, vehicle) + limit)
    if place(d, s, vehicle, count, most) >= most:
        return False
    mark = s.counts[LOGGED]
    broken = s.counts[BROKEN]
    total = s.cost[NOW] - d.prize[stop]
    link(d, s, stop, before)
    apply_placed(d, s, vehicle)
    settle_tour(d, s, vehicle)
    if s.counts[BROKEN] > broken or s.cost[NOW] - total >= limit:
        _revert(d, s, vehicle, mark, broken)
        return False
    return True


@once
def price_alone(d: Data, s: State, vehicle: int, stop: int) -> float:
    """Cost of a tour of this stop alone, FAR if it cannot be; changes nothing."""
    s.counts[LOGGED] = 0
    before = s.cost[NOW]
    if not open_tour(d, s, vehicle, stop):
        return FAR
    cost = s.cost[NOW] - before + d.prize[stop]
    _revert(d, s, vehicle, whole(0), whole(0))
    s.cost[NOW] = before
    return float(cost)
