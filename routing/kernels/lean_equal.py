"""Where a stop costs least among equal vehicles: prices first, then times."""

import numpy as np

from routing.kernels.jit import leaf, whole
from routing.kernels.layout import TIMED, Data
from routing.kernels.lean_layout import PRED, SPOTS, SUCC, UNTIL_BLINK, LeanState
from routing.kernels.lean_scan import in_time, spots, until_blink


@leaf
def cheapest_equal(
    d: Data, s: LeanState, stop: int, near: int, blink: float, limit: float
) -> tuple[float, int]:
    """Least cost below `limit` and the node to follow (-1: none).

    Places are priced without branches, and their times looked at from the cheapest on: times of places far
    apart in memory cost more to read than to price.
    """
    timed = d.traits[TIMED] == 1
    skip = s.counts[UNTIL_BLINK]
    least = np.float32(limit)
    chosen = whole(-1)
    for wide in range(2):
        count = _price(d, s, stop, limit, spots(d, s, stop, near, wide))
        last = whole(-1)
        while count > 0 and chosen < 0:
            best = whole(0)
            least = s.place_price[0]
            for index in range(1, count):
                price = s.place_price[index]
                best = whole(index) if price < least else best
                least = min(price, least)
            before = whole(s.place[best])
            count -= 1
            s.place_price[best] = s.place_price[count]
            s.place[best] = s.place[count]
            if before == last:
                continue  # the same place, seen from its other end
            last = before
            if not timed or in_time(d, s, stop, before, whole(s.node[SUCC, before])):
                skip -= 1
                if skip >= 0:
                    chosen = before
                else:
                    skip = until_blink(s, blink)
        if chosen >= 0:
            break
    s.counts[UNTIL_BLINK] = skip
    return float(least), chosen


@leaf
def _price(d: Data, s: LeanState, stop: int, limit: float, count: int) -> int:
    """Collect the places beside the first `count` SPOTS that cost less than `limit`."""
    depot = np.uint64(len(d.near))  # without a sign, which numba would check in each access
    to_stop, from_stop = d.cost_back[0, stop], d.cost[0, stop]
    most = np.float32(limit)
    found = np.uint64(0)
    for index in range(count):
        u = np.uint64(s.lists[SPOTS, index])
        before, after = np.uint64(s.node[PRED, u]), np.uint64(s.node[SUCC, u])
        price = to_stop[min(u, depot)] + from_stop[min(after, depot)] - s.leg[u]
        s.place[found], s.place_price[found] = u, price
        found += np.uint64(price < most)
        price = to_stop[min(before, depot)] + from_stop[min(u, depot)] - s.leg[before]
        s.place[found], s.place_price[found] = before, price
        found += np.uint64(price < most)
    return whole(int(found))
