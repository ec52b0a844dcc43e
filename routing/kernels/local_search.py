"""Granular local search: moves beside near stops until none is good (Toth and Vigo, The Granular Tabu Search
and Its Application to the Vehicle-Routing Problem, INFORMS Journal on Computing 15, 2003).

Times and loads of what a move makes are joined from stretches in constant time; where it joins two places of
one tour the stops between them are walked through, but only if the way becomes shorter.
"""

from routing.kernels.jit import leaf, once, whole
from routing.kernels.local_exchange import try_exchange
from routing.kernels.local_layout import (
    CLOCK,
    EMPTY,
    EXCHANGE,
    KINDS_OF_MOVES,
    MOVES,
    MOVES_LEFT,
    OF,
    ORDER,
    ORIGIN,
    TAILS,
    TESTED,
    TOUCHED,
    TURN,
    Ground,
    Tours,
)
from routing.kernels.local_tours import find_empty
from routing.kernels.local_turns import try_tails, try_turn


@once
def improve(d: Ground, t: Tours, timed: bool, near: int) -> None:
    """Make moves beside so many nearest stops until none is good, or as many as counts[MOVES_LEFT] says."""
    stops = len(d.near)
    going = True
    while going and t.counts[MOVES_LEFT] > 0:
        going = False
        for index in range(stops):
            u = t.lists[ORDER, index]
            if t.node[OF, u] < 0:
                continue
            tested = t.node[TESTED, u]
            t.node[TESTED, u] = t.counts[CLOCK]
            find_empty(t)
            for place in range(-1, near):
                if place < 0 and t.counts[EMPTY] < 0:
                    continue
                v = whole(stops + t.counts[EMPTY] if place < 0 else d.near[u, place])
                if t.node[OF, v] < 0 or not _open(t, u, v, tested):
                    continue
                if t.counts[MOVES_LEFT] > 0 and _try(d, t, timed, u, v):
                    going = True


@leaf
def _open(t: Tours, u: int, v: int, tested: int) -> bool:
    """Whether one of the nodes' tours changed since then, and they were not tried in a parent."""
    here, there = t.node[OF, u], t.node[OF, v]
    if max(t.tour[here, TOUCHED], t.tour[there, TOUCHED]) <= tested:
        return False
    return bool(t.tour[here, ORIGIN] == 0 or t.tour[here, ORIGIN] != t.tour[there, ORIGIN])


@once
def _try(d: Ground, t: Tours, timed: bool, u: int, v: int) -> bool:
    kinds = t.counts[KINDS_OF_MOVES]
    t.counts[CLOCK] += 1
    done = bool(kinds & EXCHANGE) and try_exchange(d, t, timed, u, v)
    if not done and t.node[OF, u] == t.node[OF, v]:
        done = bool(kinds & TURN) and try_turn(d, t, timed, u, v)
    elif not done:
        done = bool(kinds & TAILS) and try_tails(d, t, timed, u, v)
    if done:
        t.counts[MOVES] += 1
        t.counts[MOVES_LEFT] -= 1
    return done
