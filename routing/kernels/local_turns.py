"""2-opt and 2-opt*: a stretch of a tour is turned round, two tours change their ends."""

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.local_layout import (
    AT,
    BACK,
    BELOW,
    LINE,
    LOAD,
    LOADED,
    LONG,
    LONG_BACK,
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
    copy_back,
    drive,
    lay,
    leg,
    opening,
    penalty,
    since,
    until,
)
from routing.kernels.segments import alone, joined


@kernel
def try_turn(d: Ground, t: Tours, timed: bool, u: int, v: int) -> bool:
    """Bring two stops of one tour side by side by turning round what lies between them and one of them."""
    low, high = (u, v) if t.node[AT, u] < t.node[AT, v] else (v, u)
    for side in range(2):
        first = t.node[NEXT, low] if side == 0 else low
        last = high if side == 0 else t.node[PRIOR, high]
        if first in (last, high) or last == low:
            continue
        price = price_turn(d, t, timed, first, last)
        if price < t.price[BELOW]:
            tour = t.node[OF, u]
            head = len(d.near) + tour
            beyond = t.node[NEXT, last]
            count = copy(t, LINE, whole(0), t.node[NEXT, head], first)
            count = copy_back(t, LINE, count, last, t.node[PRIOR, first])
            count = copy(t, LINE, count, beyond, head)
            lay(d, t, timed, tour, LINE, count)
            t.price[TOTAL] += price
            return True
    return False


@leaf
def price_turn(d: Ground, t: Tours, timed: bool, first: int, last: int) -> float:
    """Cost of going from `first` to `last`, stops of one tour in order, the other way round."""
    tour = t.node[OF, first]
    before, after = t.node[PRIOR, first], t.node[NEXT, last]
    longer = leg(d, before, last) + t.way[BACK, last] - t.way[BACK, first] + leg(d, first, after)
    longer -= leg(d, before, first) + t.way[OUT, last] - t.way[OUT, first] + leg(d, last, after)
    price = longer * t.length[tour, UNIT] - float(t.tour[tour, WARP]) * t.price[PER_TICK_LATE]
    if not timed or price >= t.price[BELOW]:
        return float(price)
    stretch, end, node = until(t, before), before, last
    while node != before:
        stretch = joined(stretch, alone(d, node), drive(d, end, node))
        end = node
        node = t.node[PRIOR, node]
    warp = joined(stretch, since(t, after), drive(d, end, after))[1]
    return float(price + float(warp) * t.price[PER_TICK_LATE])


@kernel
def try_tails(d: Ground, t: Tours, timed: bool, u: int, v: int) -> bool:
    """Bring nodes of two tours side by side by joining one's beginning with the other's end.

    Where no time counts, also the two beginnings and the two ends, one of each turned round.
    """
    for way in range(2 if timed else 4):
        x, y = (v, u) if way == 1 else (u, v)
        if way == 3:
            x, y = t.node[PRIOR, u], t.node[PRIOR, v]
        if way < 2 and not can_follow(d, timed, y, x):
            continue
        price = price_tails(d, t, timed, x, y) if way < 2 else price_turned_tails(d, t, x, y)
        if price < t.price[BELOW]:
            _change_tails(d, t, timed, x, y, way >= 2)
            t.price[TOTAL] += price
            return True
    return False


@leaf
def price_tails(d: Ground, t: Tours, timed: bool, x: int, y: int) -> float:
    """Cost of `y` with the end of its tour following `x`, and what followed `x` coming in its place."""
    here, there = t.node[OF, x], t.node[OF, y]
    before, after = t.node[PRIOR, y], t.node[NEXT, x]
    way = t.way[OUT, x] + leg(d, x, y) + _rest(d, t, y)
    other = t.way[OUT, before] + leg(d, before, after) + _rest(d, t, after)
    load = t.node[LOAD, x] + t.tour[there, LOADED] - t.node[LOAD, before]
    count = t.node[AT, x] + t.tour[there, STOPS] - t.node[AT, before]
    price = _price(t, here, there, way, other, load, count)
    if not timed or price >= t.price[BELOW]:
        return price
    warp = joined(until(t, x), since(t, y), drive(d, x, y))[1]
    warp += joined(until(t, before), since(t, after), drive(d, before, after))[1]
    return float(price + float(warp) * t.price[PER_TICK_LATE])


@leaf
def price_turned_tails(d: Ground, t: Tours, x: int, y: int) -> float:
    """Cost of the beginnings up to `x` and `y` becoming one tour and the ends behind them another."""
    here, there = t.node[OF, x], t.node[OF, y]
    after, other_after = t.node[NEXT, x], t.node[NEXT, y]
    way = t.way[OUT, x] + leg(d, x, y) + t.way[BACK, y]
    back = t.length[here, LONG_BACK] - t.way[BACK, after] if after < len(d.near) else 0.0
    other = back + leg(d, after, other_after) + _rest(d, t, other_after)
    return _price(
        t, here, there, way, other, t.node[LOAD, x] + t.node[LOAD, y], t.node[AT, x] + t.node[AT, y]
    )


@leaf
def _rest(d: Ground, t: Tours, node: int) -> float:
    """Length from the node to the end of its tour."""
    return t.length[t.node[OF, node], LONG] - t.way[OUT, node] if node < len(d.near) else 0.0


@leaf
def _price(t: Tours, here: int, there: int, way: float, other: float, load: int, count: int) -> float:
    """Cost of two tours being so long, the first so loaded and with so many stops, but for ticks late."""
    both = t.tour[here, LOADED] + t.tour[there, LOADED]
    stops = t.tour[here, STOPS] + t.tour[there, STOPS]
    price = (way - t.length[here, LONG]) * t.length[here, UNIT]
    price += (other - t.length[there, LONG]) * t.length[there, UNIT]
    price -= penalty(t, here, t.tour[here, LOADED], t.tour[here, WARP])
    price -= penalty(t, there, t.tour[there, LOADED], t.tour[there, WARP])
    price += opening(t, here, count) + opening(t, there, stops - count)
    return float(price + penalty(t, here, load, whole(0)) + penalty(t, there, both - load, whole(0)))


@kernel
def _change_tails(d: Ground, t: Tours, timed: bool, x: int, y: int, turned: bool) -> None:
    stops = len(d.near)
    here, there = t.node[OF, x], t.node[OF, y]
    head, other_head = stops + here, stops + there
    count = copy(t, LINE, whole(0), t.node[NEXT, head], t.node[NEXT, x])
    if turned:
        count = copy_back(t, LINE, count, y, other_head)
        others = copy_back(t, OTHER_LINE, whole(0), t.node[PRIOR, head], x)
        others = copy(t, OTHER_LINE, others, t.node[NEXT, y], other_head)
    else:
        count = copy(t, LINE, count, y, other_head)
        others = copy(t, OTHER_LINE, whole(0), t.node[NEXT, other_head], y)
        others = copy(t, OTHER_LINE, others, t.node[NEXT, x], head)
    lay(d, t, timed, here, LINE, count)
    lay(d, t, timed, there, OTHER_LINE, others)
