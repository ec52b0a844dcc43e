"""The lean search: ruin, recreate and annealing as in `routing.kernels.anneal`, for the problems that most
benchmarks and many days of collecting are: one amount, one depot, no disposal visits, no breaks."""

import math

from routing.kernels.jit import entry, leaf
from routing.kernels.layout import BEST, FAR, NOW, POOL, PRIZES, TIMED, Data, Real
from routing.kernels.lean_insert import OPENED, TOO_DEAR, best_kind, insert
from routing.kernels.lean_layout import (
    ABSENT,
    BEST_SORT,
    BEST_SUCC,
    CHANGE_COUNT,
    CHANGED,
    CHANGES,
    GROWING,
    LATE_TOURS,
    LEFT_OUT,
    LEFT_OUT_AT,
    LOGGED,
    POOLED,
    SAVED,
    SIZE,
    SLOT,
    SLOT_SAVED,
    SLOTS_LOGGED,
    SORT,
    SUCC,
    UNTIL_BLINK,
    LeanState,
)
from routing.kernels.lean_ruin import ruin
from routing.kernels.lean_scan import until_blink
from routing.kernels.lean_steps import begin, set_head_times, take_back
from routing.kernels.order import sort_pool
from routing.kernels.parameters import BLINK, MEAN_REMOVED, NEAR, RETRIED, STRING_MAX
from routing.kernels.random import below, uniform

_BOLD_SHARE = 0.1  # of iterations that open a tour for optional stops at any price
_BOLD_RETRIED = 64  # stops left out that are tried again then, for only many are worth a tour
_GROWING_SHARE = 0.2  # of iterations in which tours may change to larger vehicles


@entry
def run_lean(d: Data, s: LeanState, p: Real, iterations: int, hot: float, cold: float) -> None:
    """The way in from Python: run `iterations` from temperature `hot` to `cold` (costs, scaled).

    With 0 iterations the first solution is made: every absent stop is inserted greedily. With -1 nothing is
    done, so that compiling and loading can be had before a clock runs.
    p: see `routing.kernels.parameters`.
    """
    if iterations < 0:
        return
    build = iterations == 0
    mixed = len(s.unused) > 1
    if build:
        s.counts[GROWING] = int(mixed)
        set_head_times(d, s)
        s.counts[UNTIL_BLINK] = until_blink(s, p[BLINK])
    cooling = 1.0 if build else (cold / hot) ** (1.0 / iterations)
    temperature = hot
    for _ in range(max(1, iterations)):
        before = s.cost[NOW]
        begin(s)
        daring = 0  # tours that may be opened at any price
        if build:
            daring = len(s.slot)
            for index in range(s.counts[ABSENT]):
                s.lists[POOL, index] = s.lists[LEFT_OUT, index]
            s.counts[POOLED] = s.counts[ABSENT]
        else:
            seed = ruin(d, s, p[MEAN_REMOVED], p[STRING_MAX])
            if s.counts[ABSENT] > 0:
                daring = int(d.traits[PRIZES] == 1 and uniform(s.random) < _BOLD_SHARE)
                _retry(d, s, seed, _BOLD_RETRIED if daring == 1 else int(p[RETRIED]))
            s.counts[GROWING] = int(mixed and uniform(s.random) < _GROWING_SHARE)
        threshold = FAR if build else before - temperature * math.log(1.0 - uniform(s.random))
        done = _recreate(d, s, p, 0.0 if build else p[BLINK], daring, threshold)
        if build or (done and s.counts[LATE_TOURS] == 0 and s.cost[NOW] < threshold):
            _book(s)
            if build or s.cost[NOW] < s.cost[BEST] - 1e-6:
                _keep_best(d, s)
        else:
            take_back(d, s, before)
        temperature *= cooling


@leaf
def _recreate(d: Data, s: LeanState, p: Real, blink: float, daring: int, threshold: float) -> bool:
    """Insert the stops of the pool, then give the changed tours their best kind of vehicle.

    Returns false as soon as the cost is sure to reach `threshold`, which nothing undoes where all stops must
    be served by equal vehicles: an insertion then saves nothing, for the triangle inequality or nearly so.
    """
    sort_pool(d, s, s.counts[POOLED], d.traits[TIMED] == 1)
    near = int(p[NEAR])
    mixed = len(s.unused) > 1
    strict = not mixed and d.traits[PRIZES] == 0
    if mixed:
        _suit_vehicles(d, s)  # or stops would go back into vehicles larger than what is left needs
    prizes = 0.0
    if strict:
        for index in range(s.counts[POOLED]):
            prizes += d.prize[s.lists[POOL, index]]
    for index in range(s.counts[POOLED]):
        stop = s.lists[POOL, index]
        most = FAR
        if strict:
            most = threshold - (s.cost[NOW] - prizes)
            if most <= 0.0:
                return False
            prizes -= d.prize[stop]
        place = insert(d, s, stop, near, blink, FAR if daring > 0 else d.prize[stop], most)
        if place == TOO_DEAR:
            return False
        daring -= int(place == OPENED)
    if mixed:
        _suit_vehicles(d, s)
    return True


@leaf
def _suit_vehicles(d: Data, s: LeanState) -> None:
    """Give each changed tour the cheapest vehicle that is left and has room."""
    for row in range(s.counts[SLOTS_LOGGED]):
        slot = s.slot_log[row, SLOT_SAVED]
        if s.slot[slot, SIZE] > 0:
            best_kind(d, s, slot)


@leaf
def _retry(d: Data, s: LeanState, seed: int, retried: int) -> None:
    """Add up to `retried` stops left out before to the pool: all, those near the seed, or any."""
    absent = s.counts[ABSENT]
    if absent <= retried or seed < 0:
        for index in range(min(absent, retried)):
            if absent > retried:
                _swap(s, index, index + below(s.random, absent - index))
            s.lists[POOL, s.counts[POOLED]] = s.lists[LEFT_OUT, index]
            s.counts[POOLED] += 1
        return
    for place in range(-1, d.near.shape[1]):
        stop = seed if place < 0 else d.near[seed, place]
        if s.lists[LEFT_OUT_AT, stop] >= 0:
            s.lists[POOL, s.counts[POOLED]] = stop
            s.counts[POOLED] += 1
            retried -= 1
            if retried == 0:
                break


@leaf
def _swap(s: LeanState, one: int, other: int) -> None:
    a, b = s.lists[LEFT_OUT, one], s.lists[LEFT_OUT, other]
    s.lists[LEFT_OUT, one], s.lists[LEFT_OUT, other] = b, a
    s.lists[LEFT_OUT_AT, b], s.lists[LEFT_OUT_AT, a] = one, other


@leaf
def _book(s: LeanState) -> None:
    """After a step that is kept: the list of absent stops, and what changed since the best solution."""
    nowhere = len(s.slot) - 1
    for index in range(s.counts[POOLED]):
        stop = s.lists[POOL, index]
        place = s.lists[LEFT_OUT_AT, stop]
        if s.node[SLOT, stop] == nowhere:
            if place < 0:
                s.lists[LEFT_OUT, s.counts[ABSENT]] = stop
                s.lists[LEFT_OUT_AT, stop] = s.counts[ABSENT]
                s.counts[ABSENT] += 1
        elif place >= 0:
            last = s.lists[LEFT_OUT, s.counts[ABSENT] - 1]
            s.lists[LEFT_OUT, place] = last
            s.lists[LEFT_OUT_AT, last] = place
            s.lists[LEFT_OUT_AT, stop] = -1
            s.counts[ABSENT] -= 1
    for row in range(s.counts[LOGGED]):
        node = s.log[row, SAVED]
        if s.node[CHANGED, node] == 0:
            s.node[CHANGED, node] = 1
            s.lists[CHANGES, s.counts[CHANGE_COUNT]] = node
            s.counts[CHANGE_COUNT] += 1


@leaf
def _keep_best(d: Data, s: LeanState) -> None:
    """Remember the current solution as the best: only what changed since the last one is copied."""
    stops = len(d.near)
    s.cost[BEST] = s.cost[NOW]
    for index in range(s.counts[CHANGE_COUNT]):
        node = s.lists[CHANGES, index]
        s.node[CHANGED, node] = 0
        s.lists[BEST_SUCC, node] = s.node[SUCC, node]
        if node >= stops:
            s.lists[BEST_SORT, node - stops] = s.slot[node - stops, SORT]
    s.counts[CHANGE_COUNT] = 0
