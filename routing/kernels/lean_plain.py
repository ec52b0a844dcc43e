"""Where a stop costs least among equal vehicles that only capacity bounds: the same without branches.

Which place is best is as good as random, so a branch on it is guessed wrong again and again.
"""

import numpy as np

from routing.kernels.jit import leaf, whole
from routing.kernels.layout import FAR, FIXED, PRIZES, TIMED, Data
from routing.kernels.lean_layout import PRED, SPOTS, SUCC, UNTIL_BLINK, LeanState
from routing.kernels.lean_scan import spots, until_blink

_FAR = np.float32(FAR)


@leaf
def opens_last(d: Data, s: LeanState) -> bool:
    """Whether a tour is opened only when nothing else is left.

    So where equal vehicles without a price of their own serve every stop at any time: the fewest tours are
    nearly always the shortest.
    """
    return bool(
        d.traits[TIMED] == 0 and d.traits[PRIZES] == 0 and len(s.unused) == 1 and d.price[FIXED, 0] == 0.0
    )


@leaf
def cheapest_plain(
    d: Data, s: LeanState, stop: int, near: int, blink: float, limit: float
) -> tuple[int, int]:
    """The node to follow at the least cost below `limit` (-1: none), and how many near stops had room.

    Now and then the best place is overlooked and the next best taken.
    """
    depot = np.uint64(len(d.near))  # without a sign, which numba would check in each access
    to_stop, from_stop = d.cost_back[0, stop], d.cost[0, stop]
    roomy = whole(0)
    for wide in range(2):
        if roomy == 0:
            roomy = spots(d, s, stop, near, wide)
    skip = s.counts[UNTIL_BLINK]
    overlooked = whole(-1)
    while True:
        least = np.float32(limit)
        chosen = whole(-1)
        for index in range(roomy):
            u = np.uint64(s.lists[SPOTS, index])
            before, after = np.uint64(s.node[PRED, u]), np.uint64(s.node[SUCC, u])
            behind = to_stop[min(u, depot)] + from_stop[min(after, depot)] - s.leg[u]
            ahead = to_stop[min(before, depot)] + from_stop[min(u, depot)] - s.leg[before]
            if whole(int(u)) == overlooked:
                behind = _FAR
            if whole(int(before)) == overlooked:
                ahead = _FAR
            chosen = whole(int(u)) if behind < least else chosen
            least = min(behind, least)
            chosen = whole(int(before)) if ahead < least else chosen
            least = min(ahead, least)
        skip -= 1
        if chosen < 0 or skip >= 0:
            break
        skip = until_blink(s, blink)
        overlooked = chosen
    s.counts[UNTIL_BLINK] = skip
    return chosen, roomy
