"""The order in which stops are inserted: at random, or the demanding, far, near or urgent ones first."""

from routing.kernels.jit import leaf
from routing.kernels.layout import (
    POOL,
    START_ROW,
    TRIP_LOAD,
    Data,
    State,
)
from routing.kernels.lean_layout import LeanState
from routing.kernels.random import below, uniform


@leaf
def sort_pool(d: Data, s: State | LeanState, count: int, timed: bool) -> None:
    """Sort the first `count` stops of POOL by a criterion drawn with the weights of the paper.

    Random 4, demand 4, far 2, close 1; with time windows also short 2, early 2 and late-closing last 2.
    """
    draw = below(s.random, 17 if timed else 11)
    for index in range(count):
        stop = s.lists[POOL, index]
        if draw < 4:
            key = uniform(s.random)
        elif draw < 8:
            key = 0.0
            for k in range(d.demand.shape[1]):
                key -= float(d.demand[stop, k]) / (float(d.capacity[TRIP_LOAD, 0, k]) + 1.0)
        elif draw < 10:
            key = -float(d.cost[0, d.vehicle[START_ROW, 0], stop])
        elif draw < 11:
            key = float(d.cost[0, d.vehicle[START_ROW, 0], stop])
        elif draw < 13:
            key = float(d.window[stop, -1, 1] - d.window[stop, 0, 0])
        elif draw < 15:
            key = float(d.window[stop, 0, 0])
        else:
            key = -float(d.window[stop, -1, 1])
        _insert_sorted(s, index, stop, key)


@leaf
def _insert_sorted(s: State | LeanState, index: int, stop: int, key: float) -> None:
    """One step of insertion sort, which keeps equal keys in their order."""
    place = index
    while place > 0 and s.key[place - 1] > key:
        s.key[place] = s.key[place - 1]
        s.lists[POOL, place] = s.lists[POOL, place - 1]
        place -= 1
    s.key[place] = key
    s.lists[POOL, place] = stop
