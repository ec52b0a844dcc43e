"""Relocation and swap: up to three stops in a row change places with up to two others."""

from typing import Final

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.layout import FAR
from routing.kernels.local_layout import (
    AT,
    BACK,
    BELOW,
    LINE,
    LOAD,
    LOADED,
    NEXT,
    OF,
    OTHER_LINE,
    OUT,
    PER_TICK_LATE,
    PRIOR,
    STOPS,
    TOTAL,
    UNIT,
    WARP,
    Ground,
    Tours,
)
from routing.kernels.local_tours import (
    can_follow,
    copy,
    drive,
    lay,
    leg,
    opening,
    penalty,
    since,
    until,
)
from routing.kernels.segments import Stretch, alone, joined

_LONGEST: Final = 3  # stops that move together
_LONGEST_BACK: Final = 2  # stops that come back for them

Row = tuple[int, int, int, int, int]
"""Stops in a row: the node before them, the first, the last, the node behind them, how many they are."""


@kernel
def try_exchange(d: Ground, t: Tours, timed: bool, u: int, v: int) -> bool:
    """Make `u` follow or precede `v`, alone or with stops beside it; returns whether it was worth it.

    Where more than one goes, also turned round; stops beside v may come to the place that is left.
    """
    stops = len(d.near)
    for way in range(4):
        before = way // 2 == 1  # u then precedes v
        back = way % 2  # 1: the row is turned round
        if not can_follow(d, timed, v if before else u, u if before else v):
            continue
        far = u
        for count in range(1, _LONGEST + 1):
            if count > 1:
                far = t.node[NEXT, far] if before == (back == 1) else t.node[PRIOR, far]
                if far >= stops or far == v:
                    break
            elif back == 1:
                continue
            first, last = (u, far) if before == (back == 1) else (far, u)
            mine = (t.node[PRIOR, first], first, last, t.node[NEXT, last], whole(count))
            edge = v  # the node beyond what comes back, on the side away from v
            most = count if back == 0 and count <= _LONGEST_BACK else 0
            for returning in range(most + 1):
                if returning > 0:
                    edge = t.node[PRIOR, edge] if before else t.node[NEXT, edge]
                    if edge >= stops:
                        break
                if before:
                    theirs = (t.node[PRIOR, edge], edge, t.node[PRIOR, v], v, whole(returning))
                else:
                    theirs = (v, t.node[NEXT, v], edge, t.node[NEXT, edge], whole(returning))
                price = price_exchange(d, t, timed, mine, theirs, back)
                if price < t.price[BELOW]:
                    _exchange(d, t, timed, mine, theirs, back)
                    t.price[TOTAL] += price
                    return True
    return False


@leaf
def price_exchange(d: Ground, t: Tours, timed: bool, mine: Row, theirs: Row, back: int) -> float:
    """Cost of the two rows changing places, `mine` turned round if back = 1; FAR if that cannot be.

    theirs: with no stops in it the place between two nodes. In one tour something must lie between them.
    """
    here, there = t.node[OF, mine[1]], t.node[OF, theirs[0]]
    if here == there:
        ahead = t.node[AT, theirs[0]] + theirs[4] < t.node[AT, mine[0]]
        behind = t.node[AT, theirs[0]] > t.node[AT, mine[2]]
        if not (ahead or behind):
            return FAR
    gained = _through(d, t, mine[0], theirs, mine[3], whole(0)) - _through(
        d, t, mine[0], mine, mine[3], whole(0)
    )
    given = _through(d, t, theirs[0], mine, theirs[3], back) - _through(
        d, t, theirs[0], theirs, theirs[3], whole(0)
    )
    price = gained * t.length[here, UNIT] + given * t.length[there, UNIT]
    price -= penalty(t, here, t.tour[here, LOADED], t.tour[here, WARP])
    if here == there:
        price += penalty(t, here, t.tour[here, LOADED], whole(0))
        if not timed or price >= t.price[BELOW]:
            return float(price)
        if t.node[AT, theirs[0]] < t.node[AT, mine[0]]:
            warp = _warp_of_both(d, t, theirs, mine, back, whole(0))
        else:
            warp = _warp_of_both(d, t, mine, theirs, whole(0), back)
        return float(price + float(warp) * t.price[PER_TICK_LATE])
    price -= penalty(t, there, t.tour[there, LOADED], t.tour[there, WARP])
    moved = _amount(d, t, mine) - _amount(d, t, theirs)
    price += opening(t, here, t.tour[here, STOPS] - mine[4] + theirs[4]) + opening(
        t, there, t.tour[there, STOPS] + mine[4] - theirs[4]
    )
    price += penalty(t, here, t.tour[here, LOADED] - moved, whole(0))
    price += penalty(t, there, t.tour[there, LOADED] + moved, whole(0))
    if not timed or price >= t.price[BELOW]:
        return float(price)
    warp = _warp_through(d, t, mine[0], theirs, mine[3], whole(0))
    warp += _warp_through(d, t, theirs[0], mine, theirs[3], back)
    return float(price + float(warp) * t.price[PER_TICK_LATE])


@leaf
def _through(d: Ground, t: Tours, before: int, row: Row, after: int, back: int) -> float:
    """Length from a node through the row to another node."""
    _, first, last, _, count = row
    if count == 0:
        return leg(d, before, after)
    if back == 1:
        return float(leg(d, before, last) + t.way[BACK, last] - t.way[BACK, first] + leg(d, first, after))
    return float(leg(d, before, first) + t.way[OUT, last] - t.way[OUT, first] + leg(d, last, after))


@leaf
def _amount(d: Ground, t: Tours, row: Row) -> int:
    _, first, last, _, count = row
    return t.node[LOAD, last] - t.node[LOAD, first] + d.demand[first] if count > 0 else whole(0)


@leaf
def _longer(d: Ground, t: Tours, stretch: Stretch, end: int, row: Row, back: int) -> tuple[Stretch, int]:
    """The stretch that ends in `end` with the row behind it, and its new end."""
    _, first, last, _, count = row
    node = last if back == 1 else first
    for _ in range(count):
        stretch = joined(stretch, alone(d, node), drive(d, end, node))
        end = node
        node = t.node[PRIOR, node] if back == 1 else t.node[NEXT, node]
    return stretch, end


@leaf
def _warp_through(d: Ground, t: Tours, before: int, row: Row, after: int, back: int) -> int:
    """Ticks turned back in the tour that goes from `before` through the row to `after`."""
    stretch, end = _longer(d, t, until(t, before), before, row, back)
    return joined(stretch, since(t, after), drive(d, end, after))[1]


@leaf
def _warp_of_both(d: Ground, t: Tours, one: Row, other: Row, back: int, other_back: int) -> int:
    """Ticks turned back in the tour in which `one` and, further on, `other` have changed places.

    back: whether `other`, which now comes first, is turned round.
    """
    stretch, end = _longer(d, t, until(t, one[0]), one[0], other, back)
    node = one[3]
    while node != other[1 if other[4] > 0 else 3]:
        stretch = joined(stretch, alone(d, node), drive(d, end, node))
        end = node
        node = t.node[NEXT, node]
    stretch, end = _longer(d, t, stretch, end, one, other_back)
    return joined(stretch, since(t, other[3]), drive(d, end, other[3]))[1]


@kernel
def _exchange(d: Ground, t: Tours, timed: bool, mine: Row, theirs: Row, back: int) -> None:
    """Let the rows change places."""
    stops = len(d.near)
    here, there = t.node[OF, mine[1]], t.node[OF, theirs[0]]
    head, other_head = stops + here, stops + there
    if here == there:
        mine_first = t.node[AT, mine[0]] < t.node[AT, theirs[0]]
        one = mine if mine_first else theirs
        other = theirs if mine_first else mine
        count = copy(t, LINE, whole(0), t.node[NEXT, head], t.node[NEXT, one[0]])
        count = _append(t, LINE, count, other, whole(0) if mine_first else back)
        count = copy(t, LINE, count, one[3], t.node[NEXT, other[0]])
        count = _append(t, LINE, count, one, back if mine_first else whole(0))
        count = copy(t, LINE, count, other[3], head)
    else:
        count = copy(t, LINE, whole(0), t.node[NEXT, head], t.node[NEXT, mine[0]])
        count = _append(t, LINE, count, theirs, whole(0))
        count = copy(t, LINE, count, mine[3], head)
        others = copy(t, OTHER_LINE, whole(0), t.node[NEXT, other_head], t.node[NEXT, theirs[0]])
        others = _append(t, OTHER_LINE, others, mine, back)
        others = copy(t, OTHER_LINE, others, theirs[3], other_head)
        lay(d, t, timed, there, OTHER_LINE, others)
    lay(d, t, timed, here, LINE, count)


@leaf
def _append(t: Tours, line: int, count: int, row: Row, back: int) -> int:
    _, first, last, _, size = row
    node = last if back == 1 else first
    for _ in range(size):
        t.lists[line, count] = node
        count += 1
        node = t.node[PRIOR, node] if back == 1 else t.node[NEXT, node]
    return count
