"""What stops ask for beyond room and time: a vehicle that may serve them, a group, an order, a site."""

from routing.kernels.jit import kernel, leaf, once
from routing.kernels.layout import (
    ABSENT,
    BALANCE,
    BEFORE,
    FAR,
    FOLLOWER,
    GROUP,
    GROUPS,
    KIND_OF,
    LEFT_OUT,
    NEXT_FOLLOWER,
    OVERTIME,
    PAST,
    PER_TICK,
    POOL,
    PRED,
    REGULAR,
    SIBLING,
    SITE,
    SITES,
    TOUR,
    TRIP,
    TRIP_NEXT,
    Data,
    State,
)
from routing.kernels.links import unlink


@leaf
def cost_of_time(d: Data, vehicle: int, ticks: int) -> float:
    """Cost of a tour's ticks from departure to return: all of them, those beyond regular hours, balance."""
    day = ticks + d.vehicle[PAST, vehicle]
    over = max(0, day - d.vehicle[REGULAR, vehicle])
    cost = ticks * d.price[PER_TICK, vehicle] + over * d.price[OVERTIME, vehicle]
    return float(cost + float(day) * float(day) * d.price[BALANCE, vehicle])


@leaf
def forbidden(d: Data, vehicle: int, stop: int) -> bool:
    """Whether the vehicle may never serve the stop."""
    return bool(d.liking[d.vehicle[KIND_OF, vehicle], stop] >= FAR)


@leaf
def taken(d: Data, s: State, stop: int) -> bool:
    """Whether the stop needs no place: it has one, or another of its group has."""
    group = d.rule[GROUP, stop]
    return bool(s.node[TOUR, stop] >= 0 or (group >= 0 and s.lists[GROUPS, group] > 0))


@leaf
def in_order(d: Data, s: State, node: int, stop: int) -> bool:
    """Whether at `node` the stop that must come earlier has been served by the same vehicle."""
    earlier = d.rule[BEFORE, stop]
    if earlier < 0:
        return True
    vehicle = s.node[TOUR, node]
    if s.node[TOUR, earlier] != vehicle:
        return False
    head = len(d.near) + vehicle
    while node != head:
        if node == earlier:
            return True
        node = s.node[PRED, node]
    return False


@leaf
def accepted(d: Data, s: State, node: int, stop: int) -> bool:
    """Whether the site at which the trip of `node` ends accepts the stop's load; a trip may end at home."""
    closing = s.node[TRIP_NEXT, s.node[TRIP, node]]
    return bool(closing < 0 or (d.rule[SITES, stop] >> s.node[SITE, closing]) & 1)


@once
def remove_followers(d: Data, s: State, first: int) -> None:
    """Take out what may not stay: the followers of the stops removed since LEFT_OUT had `first` entries."""
    index = first
    while index < s.counts[ABSENT]:
        follower = d.rule[FOLLOWER, s.lists[LEFT_OUT, index]]
        while follower >= 0:
            if s.node[TOUR, follower] >= 0:
                unlink(d, s, follower)
            follower = d.rule[NEXT_FOLLOWER, follower]
        index += 1


@kernel
def add_siblings(d: Data, s: State, count: int) -> int:
    """Put the other stops of each group into the pool as well; returns the new count."""
    room = s.lists.shape[1]
    for index in range(count):
        stop = s.lists[POOL, index]
        other = d.rule[SIBLING, stop]
        while other != stop and count < room:
            s.lists[POOL, count] = other
            count += 1
            other = d.rule[SIBLING, other]
    return count


@kernel
def order_pool(d: Data, s: State, count: int) -> None:
    """Move stops that others wait for ahead of them."""
    for index in range(count):
        while True:
            earlier = d.rule[BEFORE, s.lists[POOL, index]]
            place = _place_of(s, earlier, index + 1, count) if earlier >= 0 else count
            if place == count:
                break
            while place > index:
                s.lists[POOL, place] = s.lists[POOL, place - 1]
                place -= 1
            s.lists[POOL, index] = earlier


@leaf
def _place_of(s: State, stop: int, first: int, count: int) -> int:
    """Place of the stop in the pool from `first` on, `count` if it is not there."""
    place = first
    while place < count and s.lists[POOL, place] != stop:
        place += 1
    return place
