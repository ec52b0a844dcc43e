"""SWAP*: two stops of two tours change their tours, each going where it costs least.

Vidal, Hybrid genetic search for the CVRP: open-source implementation and SWAP* neighborhood, Computers and
Operations Research 140 (2022), section 4. Tours overlap where stops of one are near stops of the
other, not by sectors.
"""

from typing import Final

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.layout import FAR
from routing.kernels.local_layout import (
    BELOW,
    CLOCK,
    LINE,
    LOADED,
    LONG,
    MARK,
    MOVES,
    MOVES_LEFT,
    NEXT,
    OF,
    OTHER_LINE,
    PER_TICK_LATE,
    PRIOR,
    SPOT,
    SPOT_PRICE,
    SPOTS,
    TOTAL,
    TOUCHED,
    UNIT,
    WARP,
    Ground,
    Tours,
)
from routing.kernels.local_tours import drive, lay, leg, penalty, since, until
from routing.kernels.segments import alone, joined

_NEAR: Final = 8  # near stops whose tours overlap with the stop's own


@kernel
def swap_beside(d: Ground, t: Tours, timed: bool, tour: int, since_clock: int) -> bool:
    """Try SWAP* between a tour and those that overlap with it until one is good.

    Pairs of which neither changed after the clock `since_clock` are passed over.
    """
    stops = len(d.near)
    head = stops + tour
    for other in range(len(t.tour)):
        t.lists[MARK, other] = 0
    t.lists[MARK, tour] = 1
    u = t.node[NEXT, head]
    while u != head:
        for place in range(min(_NEAR, d.near.shape[1])):
            other = t.node[OF, d.near[u, place]]
            if other < 0 or t.lists[MARK, other] == 1:
                continue
            t.lists[MARK, other] = 1
            if max(t.tour[tour, TOUCHED], t.tour[other, TOUCHED]) > since_clock and _swap(
                d, t, timed, tour, other
            ):
                return True  # the tour is another one now
        u = t.node[NEXT, u]
    return False


@leaf
def _swap(d: Ground, t: Tours, timed: bool, tour: int, other: int) -> bool:
    """Swap the pair of stops that looks best, if that is good."""
    stops = len(d.near)
    head, other_head = stops + tour, stops + other
    _collect(d, t, timed, tour, other)
    _collect(d, t, timed, other, tour)
    before = penalty(t, tour, t.tour[tour, LOADED], whole(0))
    before += penalty(t, other, t.tour[other, LOADED], whole(0))
    best = t.price[BELOW]
    one, two, one_spot, two_spot = whole(-1), whole(-1), whole(0), whole(0)
    u = t.node[NEXT, head]
    while u != head:
        v = t.node[NEXT, other_head]
        while v != other_head:
            moved = d.demand[u] - d.demand[v]
            price = penalty(t, tour, t.tour[tour, LOADED] - moved, whole(0)) - before
            price += penalty(t, other, t.tour[other, LOADED] + moved, whole(0))
            price += t.way[SPOT_PRICE, u] + t.way[SPOT_PRICE, v]
            if price < best:
                spot, cost = _spot(d, t, timed, u, v)
                other_spot, other_cost = _spot(d, t, timed, v, u)
                price += cost + other_cost
                if price < best:
                    best = price
                    one, two, one_spot, two_spot = u, v, spot, other_spot
            v = t.node[NEXT, v]
        u = t.node[NEXT, u]
    if one < 0:
        return False
    count = _write(d, t, LINE, head, one, two, two_spot)
    others = _write(d, t, OTHER_LINE, other_head, two, one, one_spot)
    price = _price(d, t, timed, tour, LINE, count) + _price(d, t, timed, other, OTHER_LINE, others)
    if price >= t.price[BELOW]:
        return False
    t.counts[CLOCK] += 1
    t.counts[MOVES] += 1
    t.counts[MOVES_LEFT] -= 1
    lay(d, t, timed, tour, LINE, count)
    lay(d, t, timed, other, OTHER_LINE, others)
    t.price[TOTAL] += price
    return True


@kernel
def _collect(d: Ground, t: Tours, timed: bool, tour: int, other: int) -> None:
    """For each stop of a tour: what leaving it saves, and the best places in the other one."""
    stops = len(d.near)
    u = t.node[NEXT, stops + tour]
    while u < stops:
        before, after = t.node[PRIOR, u], t.node[NEXT, u]
        saved = (leg(d, before, after) - leg(d, before, u) - leg(d, u, after)) * t.length[tour, UNIT]
        if timed:
            warp = joined(until(t, before), since(t, after), drive(d, before, after))[1]
            saved += float(warp - t.tour[tour, WARP]) * t.price[PER_TICK_LATE]
        t.way[SPOT_PRICE, u] = saved
        for rank in range(1, SPOTS + 1):
            t.way[SPOT_PRICE + rank, u] = FAR
            t.node[SPOT + rank - 1, u] = -1
        node = whole(stops + other)
        while True:
            following = t.node[NEXT, node]
            price = _added(d, t, timed, u, node, following, other)
            rank = SPOTS
            while rank > 0 and price < t.way[SPOT_PRICE + rank, u]:
                if rank < SPOTS:
                    t.way[SPOT_PRICE + rank + 1, u] = t.way[SPOT_PRICE + rank, u]
                    t.node[SPOT + rank, u] = t.node[SPOT + rank - 1, u]
                t.way[SPOT_PRICE + rank, u] = price
                t.node[SPOT + rank - 1, u] = node
                rank -= 1
            node = following
            if node >= stops:
                break
        u = t.node[NEXT, u]


@leaf
def _added(d: Ground, t: Tours, timed: bool, stop: int, before: int, after: int, tour: int) -> float:
    """Cost of the stop between two nodes of a tour, of which only nodes that leave may stand between them."""
    longer = leg(d, before, stop) + leg(d, stop, after) - leg(d, before, after)
    price = longer * t.length[tour, UNIT]
    if timed:
        stretch = joined(until(t, before), alone(d, stop), drive(d, before, stop))
        warp = joined(stretch, since(t, after), drive(d, stop, after))[1]
        warp -= joined(until(t, before), since(t, after), drive(d, before, after))[1]
        price += float(warp) * t.price[PER_TICK_LATE]
    return float(price)


@leaf
def _spot(d: Ground, t: Tours, timed: bool, stop: int, leaving: int) -> tuple[int, float]:
    """The node of the leaving stop's tour that the stop follows best, and what that costs."""
    before = t.node[PRIOR, leaving]
    spot = before
    least = _added(d, t, timed, stop, before, t.node[NEXT, leaving], t.node[OF, leaving])
    for rank in range(SPOTS):
        node = t.node[SPOT + rank, stop]
        if node != leaving and node != before:
            if t.way[SPOT_PRICE + rank + 1, stop] < least:
                least = t.way[SPOT_PRICE + rank + 1, stop]
                spot = node
            break
    return spot, least


@leaf
def _write(d: Ground, t: Tours, line: int, head: int, leaving: int, coming: int, spot: int) -> int:
    """Write the tour with another stop instead of one of its own; returns its length."""
    count = whole(0)
    node = head
    while True:
        if node == spot:
            t.lists[line, count] = coming
            count += 1
        node = t.node[NEXT, node]
        if node == head:
            break
        if node != leaving:
            t.lists[line, count] = node
            count += 1
    return count


@kernel
def _price(d: Ground, t: Tours, timed: bool, tour: int, line: int, count: int) -> float:
    """Cost of the tour becoming what is written."""
    head = whole(len(d.near) + tour)
    node, load, way = head, whole(0), 0.0
    stretch = until(t, head)
    for index in range(count + 1):
        following = t.lists[line, index] if index < count else head
        way += leg(d, node, following)
        if timed:
            apart = drive(d, node, following)
            if following == head:
                stretch = joined(stretch, since(t, head), apart)
            else:
                stretch = joined(stretch, alone(d, following), apart)
        if following != head:
            load += d.demand[following]
        node = following
    price = (way - t.length[tour, LONG]) * t.length[tour, UNIT]
    price -= penalty(t, tour, t.tour[tour, LOADED], t.tour[tour, WARP])
    return float(price + penalty(t, tour, load, stretch[1] if timed else whole(0)))
