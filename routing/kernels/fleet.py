"""Choosing the vehicle of a tour among several kinds."""

from routing.kernels.disposal import apply_placed, place, read_line
from routing.kernels.jit import kernel, leaf, once, whole
from routing.kernels.layout import (
    BROKEN,
    COST_CLASS,
    DAY_LOAD,
    DAY_STOPS,
    DUMPS,
    END_ROW,
    FAR,
    FIXED,
    LINE,
    LOGGED,
    MOST,
    NOW,
    RULED,
    SIZE,
    START_ROW,
    SUCC,
    TRIP_LOAD,
    UNDER_WAY,
    USED,
    Data,
    State,
)
from routing.kernels.links import link, room_in_log, undo, unlink, unlink_disposal
from routing.kernels.random import below, uniform
from routing.kernels.rules import forbidden
from routing.kernels.schedule import settle_tour

# What a new tour begins with.
ANY = 0
CHEAPEST = 1
LARGEST = 2

_CHEAPEST_SHARE = 0.5  # of new tours that begin with the cheapest kind instead of any


@kernel
def unused_vehicle(d: Data, s: State, stop: int, opening: int) -> tuple[float, int]:
    """Cost of a tour of this stop alone and the vehicle to open it with, -1 if none is left.

    opening: CHEAPEST, LARGEST or ANY. Half of the time ANY gives a vehicle of a kind drawn at random: a large
    one fills first and is exchanged when the tour is done.
    """
    best = FAR
    chosen = whole(-1)
    if s.counts[USED] >= s.counts[MOST]:
        return best, chosen
    kinds = len(d.kind_first) - 1
    for kind in range(kinds):
        if d.solo[kind, stop] < best:
            vehicle = _first_unused(d, s, kind)
            if vehicle >= 0:
                best = d.solo[kind, stop]
                chosen = vehicle
    if kinds > 1 and opening == LARGEST:
        largest = -1.0
        for kind in range(kinds):
            room = _room(d, d.kind_first[kind])
            vehicle = _first_unused(d, s, kind)
            if vehicle >= 0 and d.solo[kind, stop] < FAR and room > largest:
                largest, chosen, best = room, vehicle, d.solo[kind, stop]
    if kinds > 1 and opening == ANY and uniform(s.random) >= _CHEAPEST_SHARE:
        kind = below(s.random, kinds)
        vehicle = _first_unused(d, s, kind)
        if vehicle >= 0 and d.solo[kind, stop] < FAR:
            chosen, best = vehicle, d.solo[kind, stop]
    return best, chosen


@leaf
def _room(d: Data, vehicle: int) -> float:
    """Size of a vehicle: the sum of its capacities."""
    room = 0.0
    for k in range(d.capacity.shape[2]):
        room += float(d.capacity[TRIP_LOAD, vehicle, k])
    return room


@leaf
def _first_unused(d: Data, s: State, kind: int) -> int:
    for vehicle in range(d.kind_first[kind], d.kind_first[kind + 1]):
        if s.fleet[SIZE, vehicle] == 0:
            return int(vehicle)
    return -1


@kernel
def exchange_vehicle(d: Data, s: State, vehicle: int) -> None:
    """Give the tour to an unused vehicle of another kind if that costs less and keeps every limit."""
    if s.fleet[SIZE, vehicle] == 0 or d.vehicle[UNDER_WAY, vehicle] == 1 or not room_in_log(d, s):
        return
    count = read_line(d, s, vehicle, whole(-1), whole(-1))
    best = _price(d, s, vehicle, count) - 1e-6
    chosen = whole(-1)
    for kind in range(len(d.kind_first) - 1):
        other = d.kind_first[kind]
        if vehicle >= other and vehicle < d.kind_first[kind + 1]:
            continue
        other = _first_unused(d, s, kind)
        if other >= 0 and _carries(d, s, other, vehicle, count):
            price = _price(d, s, other, count)
            if price < best:
                best, chosen = price, other
    if chosen >= 0:
        _move(d, s, vehicle, chosen, count)


@kernel
def _price(d: Data, s: State, vehicle: int, count: int) -> float:
    """Fixed cost and driving of the stops in LINE with the vehicle; FAR if it cannot empty as it must."""
    if d.traits[DUMPS] == 1:
        return float(d.price[FIXED, vehicle]) + place(d, s, vehicle, count, FAR)
    kind = d.vehicle[COST_CLASS, vehicle]
    cost = float(d.price[FIXED, vehicle])
    row = d.vehicle[START_ROW, vehicle]
    for index in range(1, count + 1):
        stop = s.lists[LINE, index]
        cost += float(d.cost[kind, row, stop])
        row = stop
    return cost + float(d.cost[kind, row, d.vehicle[END_ROW, vehicle]])


@leaf
def _carries(d: Data, s: State, other: int, vehicle: int, count: int) -> bool:
    """Whether the other vehicle may serve the `count` stops in LINE, all in a day.

    Without disposal sites it must carry them at once.
    """
    if s.fleet[SIZE, vehicle] > d.vehicle[DAY_STOPS, other] or d.vehicle[UNDER_WAY, other] == 1:
        return False
    if d.traits[RULED] == 1:
        for index in range(1, count + 1):
            if forbidden(d, other, s.lists[LINE, index]):
                return False
    for k in range(d.demand.shape[1]):
        load = s.day_load[vehicle, k]
        if load > d.capacity[DAY_LOAD, other, k]:
            return False
        if d.traits[DUMPS] == 0 and load > d.capacity[TRIP_LOAD, other, k]:
            return False
    return True


@once
def _move(d: Data, s: State, vehicle: int, other: int, count: int) -> None:
    """Hand the tour over, or take the step back if times do not allow it or it costs more after all."""
    stops = len(d.near)
    mark = s.counts[LOGGED]
    broken = s.counts[BROKEN]
    before = s.cost[NOW]
    head = stops + vehicle
    node = s.node[SUCC, head]
    while node != head:
        following = s.node[SUCC, node]
        if node < stops:
            unlink(d, s, node)
        else:
            unlink_disposal(d, s, node)
        node = following
    at = stops + other
    for index in range(1, count + 1):
        link(d, s, s.lists[LINE, index], at)
        at = s.lists[LINE, index]
    if d.traits[DUMPS] == 1:
        place(d, s, other, count, FAR)
        apply_placed(d, s, other)
    settle_tour(d, s, vehicle)
    settle_tour(d, s, other)
    if s.counts[BROKEN] > broken or s.cost[NOW] >= before:
        undo(d, s, mark)
        settle_tour(d, s, vehicle)
        settle_tour(d, s, other)
        s.counts[BROKEN] = broken
