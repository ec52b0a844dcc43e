"""Fewer tours: one after the other is dissolved, and its stops stand outside until all are served again.

Christiaens and Vanden Berghe (2020), section 5.4: what counts is not how many stops are left out but how
often they were before, so that the search does not leave out the same awkward ones again and again.
"""

from routing.kernels.jit import leaf, once, whole
from routing.kernels.layout import (
    ABSENCES,
    ABSENT,
    LEAST,
    LEFT_OUT,
    MOST,
    SIZE,
    SUCC,
    USED,
    Data,
    State,
)
from routing.kernels.links import begin, unlink, unlink_disposal
from routing.kernels.schedule import settle_tour


@leaf
def absences(s: State) -> int:
    """How often the stops now left out were so before, and now, in sum."""
    total = 0
    for index in range(s.counts[ABSENT]):
        total += 1 + s.lists[ABSENCES, s.lists[LEFT_OUT, index]]
    return total


@leaf
def count_absences(s: State) -> None:
    """Note which stops are left out now."""
    for index in range(s.counts[ABSENT]):
        s.lists[ABSENCES, s.lists[LEFT_OUT, index]] += 1


@once
def dissolve(d: Data, s: State) -> bool:
    """Take one tour apart, the easiest to serve otherwise, and allow no more tours than are left.

    False, and nothing changed, if there are no more than count LEAST.
    """
    if s.counts[USED] <= s.counts[LEAST]:
        return False
    stops = len(d.near)
    chosen = whole(-1)
    fewest = 0
    for vehicle in range(s.fleet.shape[1]):
        if s.fleet[SIZE, vehicle] == 0:
            continue
        weight = 0
        node = s.node[SUCC, stops + vehicle]
        while node != stops + vehicle:
            if node < stops:
                weight += 1 + s.lists[ABSENCES, node]
            node = s.node[SUCC, node]
        if chosen < 0 or weight < fewest:
            chosen, fewest = vehicle, weight
    begin(s)
    node = s.node[SUCC, stops + chosen]
    while node != stops + chosen:
        following = s.node[SUCC, node]
        if node < stops:
            unlink(d, s, node)
        else:
            unlink_disposal(d, s, node)
        node = following
    settle_tour(d, s, chosen)
    s.counts[MOST] = s.counts[USED]
    return True
