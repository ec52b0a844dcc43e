"""Where a stop costs least in the lean kernel."""

import math

import numpy as np

from routing.kernels.jit import leaf, whole
from routing.kernels.layout import FAR, FIXED, TIMED, TRIP_LOAD, Data
from routing.kernels.lean_layout import (
    GROWING,
    LATEST,
    PRED,
    READY,
    ROOM,
    SIZE,
    SLOT,
    SLOTS_USED,
    SORT,
    SPOTS,
    SUCC,
    UNTIL_BLINK,
    LeanState,
)
from routing.kernels.lean_steps import row_of
from routing.kernels.random import uniform

_NEVER = 1 << 40
_BLOCK = 8  # near stops looked at before they are counted
_ENOUGH = 12  # near stops with room beyond which no more are looked at


@leaf
def until_blink(s: LeanState, blink: float) -> int:
    """How many positions are looked at before the next one is overlooked: a geometric draw."""
    if blink <= 0.0:
        return _NEVER
    return int(math.log(1.0 - uniform(s.random)) / math.log(1.0 - blink))


@leaf
def in_time(d: Data, s: LeanState, stop: int, before: int, after: int) -> bool:
    """Whether the stop can be served between two nodes."""
    arrival = int(s.node[READY, before]) + int(d.drive[row_of(d, before), stop])
    if arrival > d.window[stop, 0, 1]:
        return False
    leaves = max(arrival, d.window[stop, 0, 0]) + d.service[stop]
    return bool(leaves + int(d.drive[stop, row_of(d, after)]) <= s.node[LATEST, after])


@leaf
def grown(d: Data, s: LeanState, slot: int, way: float, need: int) -> tuple[float, int]:
    """Cost of giving the tour, longer by `way`, to the cheapest unused vehicle with room for `need` more.

    Returns what it costs above the present tour and the kind; FAR and -1 if there is none.
    """
    now = s.slot[slot, SORT]
    load = d.capacity[TRIP_LOAD, d.kind_first[now], 0] - s.slot[slot, ROOM] + need
    before = float(d.price[FIXED, d.kind_first[now]]) + s.unit[now] * s.way[slot]
    best = FAR
    chosen = whole(-1)
    for kind in range(len(s.unused)):
        first = d.kind_first[kind]
        if s.unused[kind] > 0 and load <= d.capacity[TRIP_LOAD, first, 0]:
            cost = float(d.price[FIXED, first]) + s.unit[kind] * (s.way[slot] + way) - before
            if cost < best:
                best = cost
                chosen = kind
    return best, chosen


@leaf
def cheapest(
    d: Data, s: LeanState, stop: int, near: int, blink: float, limit: float
) -> tuple[float, int, int]:
    """Least cost below `limit`, the node to follow (-1: none), the kind to change to (-1: none)."""
    depot = len(d.near)  # its row: with one depot and no disposal sites it comes right after the stops
    to_stop = d.cost_back[0, stop]
    from_stop = d.cost[0, stop]
    timed = d.traits[TIMED] == 1
    growing = s.counts[GROWING] == 1
    need = d.demand[stop, 0]
    skip = s.counts[UNTIL_BLINK]
    best = limit
    chosen = whole(-1)
    larger = whole(-1)
    for wide in range(2):
        for index in range(spots(d, s, stop, near, wide)):
            u = s.lists[SPOTS, index]
            slot = whole(s.node[SLOT, u])
            unit = s.unit[s.slot[slot, SORT]]
            beside = float(to_stop[min(u, depot)]) + float(from_stop[min(u, depot)])
            for side in range(2):
                before = u if side == 0 else whole(s.node[PRED, u])
                leg = float(s.leg[before])
                if (beside - leg) * unit >= best:
                    continue  # if the other end is nearer, the place is looked at from there
                after = whole(s.node[SUCC, u]) if side == 0 else u
                way = float(to_stop[min(before, depot)]) + float(from_stop[min(after, depot)]) - leg
                cost = way * unit
                if cost >= best:
                    continue
                skip -= 1
                if skip < 0:  # overlooking a place matters only where it would be the best so far
                    skip = until_blink(s, blink)
                    continue
                kind = whole(-1)
                if growing and need > s.slot[slot, ROOM]:
                    cost, kind = grown(d, s, slot, np.float64(way), need)
                    if cost >= best:
                        continue
                if not timed or in_time(d, s, stop, before, after):
                    best = cost
                    chosen = before
                    larger = kind
        if chosen >= 0:
            break
    s.counts[UNTIL_BLINK] = skip
    return best, chosen, larger


@leaf
def spots(d: Data, s: LeanState, stop: int, near: int, wide: int) -> int:
    """Collect near stops whose tours have room in SPOTS, or (wide = 1) those farther away and tours' ends."""
    least = -_NEVER if s.counts[GROWING] == 1 else d.demand[stop, 0]
    count = 0
    first = near if wide == 1 else 0
    last = d.near.shape[1] if wide == 1 else near
    enough = last if wide == 1 or d.traits[TIMED] == 1 else whole(_ENOUGH)
    while first < last and count < enough:
        for place in range(first, min(last, first + _BLOCK)):
            u = np.uint64(d.near[stop, place])  # of a number with a sign numba would check the sign
            s.lists[SPOTS, count] = u
            count += int(s.slot[np.uint64(s.node[SLOT, u]), ROOM] >= least)
        first += _BLOCK
    if wide == 1:
        for slot in range(s.counts[SLOTS_USED]):
            s.lists[SPOTS, count] = len(d.near) + slot
            count += int(s.slot[slot, SIZE] > 0 and s.slot[slot, ROOM] >= least)
    return count


@leaf
def cheapest_alone(d: Data, s: LeanState, stop: int) -> tuple[float, int]:
    """Cost of a tour of this stop alone and its kind of vehicle; FAR and -1 if none is left."""
    best = FAR
    chosen = -1
    for kind in range(len(s.unused)):
        if s.unused[kind] > 0 and d.solo[kind, stop] < best:
            best = d.solo[kind, stop]
            chosen = kind
    return best, chosen
