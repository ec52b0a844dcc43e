"""The search: ruin, recreate, accept by annealing (Christiaens and Vanden Berghe 2020, section 5.3)."""

import math

from routing.kernels.adopt import adopt
from routing.kernels.fewer import absences, count_absences, dissolve
from routing.kernels.fleet import ANY, exchange_vehicle
from routing.kernels.jit import entry, kernel, leaf, once, whole
from routing.kernels.layout import (
    ABSENT,
    BEST,
    BEST_SITE,
    BEST_SUCC,
    BROKEN,
    CHANGED,
    LEAST,
    LEFT_OUT,
    LEFT_OUT_AT,
    NOW,
    POOL,
    PRIZES,
    RULED,
    SITE,
    SUCC,
    TIMED,
    TOUCHED,
    TOUR,
    Data,
    Real,
    State,
)
from routing.kernels.links import begin, undo
from routing.kernels.order import sort_pool
from routing.kernels.parameters import BLINK, MEAN_REMOVED, NEAR, OPENING, RETRIED, STRING_MAX
from routing.kernels.price import price_stops
from routing.kernels.random import below, uniform
from routing.kernels.rich import recreate_rich, settle_touched
from routing.kernels.ruin import ruin
from routing.kernels.rules import add_siblings, order_pool, remove_followers
from routing.kernels.schedule import settle_tour

_BOLD_SHARE = 0.1  # of iterations that insert optional stops whatever they cost

# Phases of `run`.
PRICE = 0
BUILD = 1
ANNEAL = 2
ADOPT = 3


@entry
def run(d: Data, s: State, p: Real, phase: int, iterations: int, hot: float, cold: float) -> None:
    """The way in from Python, one for all phases so that what they share is compiled once."""
    if phase == PRICE:
        price_stops(d, s)
    elif phase == BUILD:
        build(d, s, p)
    elif phase == ADOPT:
        adopt(d, s)
    else:
        anneal(d, s, p, iterations, hot, cold)


@once
def anneal(d: Data, s: State, p: Real, iterations: int, hot: float, cold: float) -> None:
    """Run `iterations` from temperature `hot` to `cold` (costs, scaled); BEST_SUCC keeps the best found.

    p: [PARAMETERS] mean number of stops removed, longest string, blink rate, neighbours looked at,
    stops left out before that are tried again in each iteration, vehicle that new tours begin with when
    building. With a count LEAST tours are dissolved down to that number; it ends early when it is reached.
    """
    if iterations < 1:
        return
    fewer = s.counts[LEAST] > 0
    cooling = (cold / hot) ** (1.0 / iterations)
    temperature = hot
    for _ in range(iterations):
        before = s.cost[NOW]
        known = absences(s) if fewer else 0
        begin(s)
        left_out = s.counts[ABSENT]
        seed = ruin(d, s, p[MEAN_REMOVED], p[STRING_MAX])
        _rebuild(d, s, p, seed, left_out)
        threshold = before - temperature * math.log(1.0 - uniform(s.random))
        better = s.cost[NOW] < threshold
        if fewer:
            found = absences(s)
            better = found < known or (found == known and better)
            count_absences(s)
        if s.counts[BROKEN] == 0 and better:
            if s.cost[NOW] < s.cost[BEST] - 1e-6:
                keep_best(s)
            if fewer and s.counts[ABSENT] == 0 and not dissolve(d, s):
                return
        else:
            _take_back(d, s, before)
        temperature *= cooling


@once
def build(d: Data, s: State, p: Real) -> None:
    """Make the first solution: insert every absent stop greedily, then remember it as the best.

    One neighbour after the other: in another order tours that are opened far and wide use up the vehicles.
    A fleet of several kinds is opened with the cheapest or the largest vehicles, as p[OPENING] says.
    """
    opening = int(p[OPENING])
    count = s.counts[ABSENT]
    for index in range(count):
        s.lists[POOL, index] = s.lists[LEFT_OUT, index]
    if d.traits[RULED] == 1:
        order_pool(d, s, count)
    for index in range(count):
        begin(s)
        s.lists[POOL, 0] = s.lists[POOL, index]
        recreate_rich(d, s, whole(1), int(p[NEAR]), 0.0, whole(1) == 1, opening)
    if len(d.kind_first) > 2:
        for vehicle in range(s.fleet.shape[1]):
            begin(s)
            exchange_vehicle(d, s, vehicle)
    keep_best(s)


@kernel
def keep_best(s: State) -> None:
    """Remember the current solution as the best."""
    s.cost[BEST] = s.cost[NOW]
    for node in range(s.node.shape[1]):
        s.node[BEST_SUCC, node] = s.node[SUCC, node]
        s.node[BEST_SITE, node] = s.node[SITE, node]


@once
def _rebuild(d: Data, s: State, p: Real, seed: int, left_out: int) -> None:
    s.counts[BROKEN] = 0
    if d.traits[RULED] == 1:
        remove_followers(d, s, left_out)
    settle_touched(d, s)
    count = _fill_pool(d, s, seed, left_out, int(p[RETRIED]))
    if d.traits[RULED] == 1:
        count = add_siblings(d, s, count)
    sort_pool(d, s, count, d.traits[TIMED] == 1)
    if d.traits[RULED] == 1:
        order_pool(d, s, count)
    bold = d.traits[PRIZES] == 1 and uniform(s.random) < _BOLD_SHARE
    recreate_rich(d, s, count, int(p[NEAR]), p[BLINK], bold, whole(ANY))


@once
def _fill_pool(d: Data, s: State, seed: int, left_out: int, retried: int) -> int:
    """Stops to insert: those just removed, and some left out before: near the seed, else anywhere."""
    count = 0
    for index in range(left_out, s.counts[ABSENT]):
        s.lists[POOL, count] = s.lists[LEFT_OUT, index]
        count += 1
    if left_out <= retried:
        for index in range(left_out):
            s.lists[POOL, count] = s.lists[LEFT_OUT, index]
            count += 1
        return count
    if seed < 0:
        for index in range(retried):
            other = index + below(s.random, left_out - index)
            _swap_absent(s, index, other)
            s.lists[POOL, count] = s.lists[LEFT_OUT, index]
            count += 1
        return count
    tried = 0
    for place in range(-1, d.near.shape[1]):
        stop = seed if place < 0 else d.near[seed, place]
        if s.node[TOUR, stop] < 0 and s.lists[LEFT_OUT_AT, stop] < left_out:
            s.lists[POOL, count] = stop
            count += 1
            tried += 1
            if tried >= retried:
                break
    return count


@leaf
def _swap_absent(s: State, one: int, other: int) -> None:
    a, b = s.lists[LEFT_OUT, one], s.lists[LEFT_OUT, other]
    s.lists[LEFT_OUT, one], s.lists[LEFT_OUT, other] = b, a
    s.lists[LEFT_OUT_AT, b], s.lists[LEFT_OUT_AT, a] = one, other


@once
def _take_back(d: Data, s: State, cost_before: float) -> None:
    undo(d, s, whole(0))
    for index in range(s.counts[TOUCHED]):
        settle_tour(d, s, s.fleet[CHANGED, index])
    s.cost[NOW] = cost_before
