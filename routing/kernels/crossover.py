"""Children of two solutions: tours around a stop from one, what is left of the tours of the other.

After the selective route exchange of Nagata, Braeysy and Dullaert, A penalty-based edge assembly memetic
algorithm for the vehicle routing problem with time windows, Computers & Operations Research 37 (2010).
"""

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.local_insert import clear
from routing.kernels.local_layout import LINE, OF, ORIGIN, Ground, Tours
from routing.kernels.local_tours import lay
from routing.kernels.population_layout import (
    AFTER,
    BEFORE,
    DROPPED,
    OTHER_TOUR_OF,
    SHARED,
    SIZES,
    TAKEN,
    TOUR_OF,
    Population,
)
from routing.kernels.random import below


@kernel
def cross(d: Ground, t: Tours, p: Population, timed: bool, one: int, other: int) -> None:
    """Lay the child's tours; stops that neither tour brings are in none.

    As many tours of the other parent are left out as the first gives, those with most of its stops.
    """
    stops = len(d.near)
    clear(d, t, timed)
    count = _number(d, p, one, TOUR_OF)
    others = _number(d, p, other, OTHER_TOUR_OF)
    given = _take_around(d, p, below(p.random, stops), 1 + below(p.random, max(1, count - 1)))
    for tour in range(others):
        p.lists[DROPPED, tour] = 0
    for _ in range(min(given, others)):
        _drop_most_taken(d, p, others)
    slot = whole(0)
    for first in range(stops):
        if p.link[one, BEFORE, first] == stops and p.lists[TAKEN, p.lists[TOUR_OF, first]] == 1:
            slot = _lay(d, t, p, timed, one, whole(first), slot, whole(1))
    for first in range(stops):
        if p.link[other, BEFORE, first] == stops and p.lists[DROPPED, p.lists[OTHER_TOUR_OF, first]] == 0:
            slot = _lay(d, t, p, timed, other, whole(first), slot, whole(2))


@leaf
def _number(d: Ground, p: Population, member: int, row: int) -> int:
    """Number the tours of a member, stop by stop; returns how many there are."""
    stops = len(d.near)
    tour = whole(0)
    for first in range(stops):
        if p.link[member, BEFORE, first] == stops:
            node = whole(first)
            while node < stops:
                p.lists[row, node] = tour
                node = p.link[member, AFTER, node]
            tour += 1
    return tour


@leaf
def _take_around(d: Ground, p: Population, centre: int, most: int) -> int:
    """Mark up to so many tours of the first parent around a stop; returns how many."""
    for tour in range(len(d.near)):
        p.lists[TAKEN, tour] = 0
    count = whole(0)
    for place in range(-1, d.near.shape[1]):
        tour = p.lists[TOUR_OF, centre if place < 0 else d.near[centre, place]]
        if p.lists[TAKEN, tour] == 0 and count < most:
            p.lists[TAKEN, tour] = 1
            count += 1
    return count


@leaf
def _drop_most_taken(d: Ground, p: Population, others: int) -> None:
    """Mark the tour of the other parent of which the largest share of stops is taken."""
    for tour in range(others):
        p.lists[SIZES, tour] = 0
        p.lists[SHARED, tour] = 0
    for stop in range(len(d.near)):
        tour = p.lists[OTHER_TOUR_OF, stop]
        p.lists[SIZES, tour] += 1
        p.lists[SHARED, tour] += p.lists[TAKEN, p.lists[TOUR_OF, stop]]
    worst, most = whole(-1), -1.0
    for tour in range(others):
        share = p.lists[SHARED, tour] / max(1, p.lists[SIZES, tour])
        if p.lists[DROPPED, tour] == 0 and share > most:
            worst, most = whole(tour), share
    p.lists[DROPPED, worst] = 1


@leaf
def _lay(
    d: Ground, t: Tours, p: Population, timed: bool, member: int, first: int, slot: int, origin: int
) -> int:
    """Lay what is left of a member's tour in the slot; returns the next free slot."""
    stops = len(d.near)
    count, lost = whole(0), whole(0)
    node = first
    while node < stops:
        lost += whole(t.node[OF, node] >= 0)
        if t.node[OF, node] < 0:
            t.lists[LINE, count] = node
            count += 1
        node = p.link[member, AFTER, node]
    if count > 0 and slot < len(t.tour):
        lay(d, t, timed, slot, LINE, count)
        t.tour[slot, ORIGIN] = origin if lost == 0 else 0
        slot += 1
    return slot
