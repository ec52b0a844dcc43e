"""Tours made from nothing, from a list, or by putting stops where they cost least."""

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.layout import FAR
from routing.kernels.local_layout import (
    CLOCK,
    EMPTY,
    LINE,
    LOADED,
    NEXT,
    OF,
    ORDER,
    ORIGIN,
    PER_TICK_LATE,
    STOPS,
    TESTED,
    UNIT,
    WARP,
    Ground,
    Tours,
)
from routing.kernels.local_tours import (
    copy,
    drive,
    find_empty,
    lay,
    leg,
    opening,
    penalty,
    since,
    until,
)
from routing.kernels.segments import alone, joined


@leaf
def clear(d: Ground, t: Tours, timed: bool) -> None:
    """Every tour empty, every stop in none."""
    t.counts[CLOCK] = 0
    for tour in range(len(t.tour)):
        lay(d, t, timed, tour, LINE, whole(0))
    for stop in range(len(d.near)):
        t.node[OF, stop] = -1
    forget_tests(d, t)


@leaf
def forget_tests(d: Ground, t: Tours) -> None:
    """Let every move be tried again."""
    for stop in range(len(d.near)):
        t.node[TESTED, stop] = -1
    for tour in range(len(t.tour)):
        t.tour[tour, ORIGIN] = 0


@kernel
def insert_missing(d: Ground, t: Tours, timed: bool) -> None:
    """Serve each stop that is in no tour, in the order of ORDER, where it costs least at these prices."""
    stops = len(d.near)
    for index in range(stops):
        stop = t.lists[ORDER, index]
        if t.node[OF, stop] >= 0:
            continue
        spot = _cheapest(d, t, timed, stop)
        tour = t.node[OF, spot]
        count = copy(t, LINE, whole(0), t.node[NEXT, stops + tour], t.node[NEXT, spot])
        t.lists[LINE, count] = stop
        count = copy(t, LINE, count + 1, t.node[NEXT, spot], stops + tour)
        lay(d, t, timed, tour, LINE, count)


@leaf
def _cheapest(d: Ground, t: Tours, timed: bool, stop: int) -> int:
    """The node of a tour that the stop follows at the least price."""
    find_empty(t)
    best, spot = FAR, whole(-1)
    for node in range(t.node.shape[1]):
        tour = t.node[OF, node]
        if tour < 0 or (t.tour[tour, STOPS] == 0 and tour != t.counts[EMPTY]):
            continue
        after = t.node[NEXT, node]
        load = t.tour[tour, LOADED]
        price = opening(t, tour, t.tour[tour, STOPS] + 1)
        price += penalty(t, tour, load + d.demand[stop], whole(0)) - penalty(t, tour, load, whole(0))
        price += (leg(d, node, stop) + leg(d, stop, after) - leg(d, node, after)) * t.length[tour, UNIT]
        if price < best and timed:
            stretch = joined(until(t, node), alone(d, stop), drive(d, node, stop))
            warp = joined(stretch, since(t, after), drive(d, stop, after))[1] - t.tour[tour, WARP]
            price += float(warp) * t.price[PER_TICK_LATE]
        if price < best:
            best, spot = price, whole(node)
    return spot
