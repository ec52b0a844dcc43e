"""Tours of the local search: reading and writing them, and what every node then knows of its tour."""

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.local_layout import (
    AHEAD,
    AT,
    BACK,
    BEHIND,
    CLOCK,
    EMPTY,
    HOLDS,
    LOAD,
    LOADED,
    LONG,
    LONG_BACK,
    NEXT,
    OF,
    OPENING,
    ORIGIN,
    OUT,
    PER_TICK_LATE,
    PER_UNIT_OVER,
    PRIOR,
    STOPS,
    TOUCHED,
    WARP,
    Ground,
    Tours,
)
from routing.kernels.segments import Stretch, alone, joined


@leaf
def at_row(d: Ground, node: int) -> int:
    """Row of the matrices: a stop's own, the depot's for a head."""
    return min(node, whole(len(d.near)))


@leaf
def leg(d: Ground, start: int, end: int) -> float:
    """Length of the way from node to node."""
    return float(d.cost[at_row(d, start), at_row(d, end)])


@leaf
def drive(d: Ground, start: int, end: int) -> int:
    """Ticks from node to node."""
    return whole(d.drive[at_row(d, start), at_row(d, end)])


@leaf
def can_follow(d: Ground, timed: bool, stop: int, before: int) -> bool:
    """Whether the windows of two nodes let one follow the other at all."""
    stops = len(d.near)
    if not timed or stop >= stops or before >= stops:
        return True
    ready = d.window[before, 0] + d.service[before] + drive(d, before, stop)
    return bool(ready <= d.window[stop, 1])


@leaf
def until(t: Tours, node: int) -> Stretch:
    """The stretch from the head to the node."""
    return t.node[AHEAD, node], t.node[AHEAD + 1, node], t.node[AHEAD + 2, node], t.node[AHEAD + 3, node]


@leaf
def since(t: Tours, node: int) -> Stretch:
    """The stretch from the node to the head."""
    return t.node[BEHIND, node], t.node[BEHIND + 1, node], t.node[BEHIND + 2, node], t.node[BEHIND + 3, node]


@leaf
def _note(t: Tours, row: int, node: int, stretch: Stretch) -> None:
    t.node[row, node], t.node[row + 1, node], t.node[row + 2, node], t.node[row + 3, node] = stretch


@leaf
def penalty(t: Tours, tour: int, load: int, warp: int) -> float:
    """Cost of a load that does not fit into the tour's vehicle, and of ticks turned back."""
    over = max(load - t.tour[tour, HOLDS], 0)
    return float(float(over) * t.price[PER_UNIT_OVER] + float(warp) * t.price[PER_TICK_LATE])


@leaf
def opening(t: Tours, tour: int, stops: int) -> float:
    """Cost of the tour having so many stops for being used at all, or no longer."""
    return float(t.length[tour, OPENING] * float(int(stops > 0) - int(t.tour[tour, STOPS] > 0)))


@kernel
def copy(t: Tours, row: int, count: int, node: int, beyond: int) -> int:
    """Append the nodes from `node` to the one before `beyond` to the scratch row; returns its new length."""
    while node != beyond:
        t.lists[row, count] = node
        count += 1
        node = t.node[NEXT, node]
    return count


@kernel
def copy_back(t: Tours, row: int, count: int, node: int, beyond: int) -> int:
    """The same against the way."""
    while node != beyond:
        t.lists[row, count] = node
        count += 1
        node = t.node[PRIOR, node]
    return count


@kernel
def lay(d: Ground, t: Tours, timed: bool, tour: int, row: int, count: int) -> None:
    """Make the first `count` stops of the scratch row the tour, and fill in what its nodes know."""
    head = len(d.near) + tour
    before = whole(head)
    load = whole(0)
    out = 0.0
    back = 0.0
    stretch = until(t, head)
    for index in range(count):
        node = t.lists[row, index]
        t.node[NEXT, before] = node
        t.node[PRIOR, node] = before
        t.node[OF, node] = tour
        t.node[AT, node] = index + 1
        load += d.demand[node]
        t.node[LOAD, node] = load
        out += leg(d, before, node)
        back += leg(d, node, before)
        t.way[OUT, node] = out
        t.way[BACK, node] = back
        if timed:
            stretch = joined(stretch, alone(d, node), drive(d, before, node))
            _note(t, AHEAD, node, stretch)
        before = node
    t.node[NEXT, before] = head
    t.node[PRIOR, head] = before
    if timed:
        _fill_behind(d, t, head)
        stretch = joined(stretch, since(t, head), drive(d, before, head))
        t.tour[tour, WARP] = stretch[1]
    t.tour[tour, LOADED] = load
    t.tour[tour, STOPS] = count
    if count == 0:
        t.counts[EMPTY] = tour
    t.length[tour, LONG] = out + leg(d, before, head) if count > 0 else 0.0
    t.length[tour, LONG_BACK] = back + leg(d, head, before) if count > 0 else 0.0
    t.tour[tour, TOUCHED] = t.counts[CLOCK]
    t.tour[tour, ORIGIN] = 0


@leaf
def _fill_behind(d: Ground, t: Tours, head: int) -> None:
    stretch = since(t, head)
    after = whole(head)
    node = t.node[PRIOR, head]
    while node != head:
        stretch = joined(alone(d, node), stretch, drive(d, node, after))
        _note(t, BEHIND, node, stretch)
        after = node
        node = t.node[PRIOR, node]


@leaf
def find_empty(t: Tours) -> None:
    """Note a tour without stops if the one noted has some now; `lay` notes those that lose their last one."""
    if t.counts[EMPTY] >= 0 and t.tour[t.counts[EMPTY], STOPS] == 0:
        return
    t.counts[EMPTY] = -1
    for tour in range(len(t.tour)):
        if t.tour[tour, STOPS] == 0:
            t.counts[EMPTY] = tour
            break
