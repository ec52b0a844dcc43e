"""The genetic search: children of good solutions, each improved by local search."""

from typing import Final

from routing.kernels.crossover import cross
from routing.kernels.jit import entry, leaf, once, whole
from routing.kernels.layout import Int
from routing.kernels.local_insert import clear, forget_tests, insert_missing
from routing.kernels.local_layout import (
    HOLDS,
    LINE,
    LOADED,
    ORDER,
    PER_TICK_LATE,
    PER_UNIT_OVER,
    WARP,
    Ground,
    Tours,
)
from routing.kernels.local_search import improve
from routing.kernels.local_tours import lay
from routing.kernels.population import pick, remember
from routing.kernels.population_layout import (
    CHILDREN,
    KEPT_LOAD,
    KEPT_TIMES,
    Population,
)
from routing.kernels.random import below, uniform

# Phases of `breed`.
FOUND: Final = 0
BORN: Final = 1
IMPROVED: Final = 2

_REPAIRED_SHARE: Final = 0.5  # of children that break a rule, which are improved again with
_REPAIR: Final = 10.0  # times the price
_JUDGED: Final = 100  # children after which the prices change
_KEEPS_LEAST: Final = 0.35  # share of them that should keep a rule
_KEEPS_MOST: Final = 0.5
_DEARER: Final = 1.2
_CHEAPER: Final = 0.85
_LEAST_PRICE: Final = 1e-3


@entry
def breed(d: Ground, t: Tours, p: Population, lines: Int, phase: int, near: int, count: int) -> None:
    """The way in from Python, one for all phases so that what they share is compiled once.

    FOUND: `count` solutions from nothing. BORN: `count` children. IMPROVED: the tours in `lines` [stops tour
    after tour, -1 behind each], improved. With a count of 0 nothing, but all is compiled or loaded.
    near: near stops beside which moves are tried.
    """
    timed = len(d.drive) > 1
    near = min(near, d.near.shape[1])
    for _ in range(count):
        if phase == BORN:
            one, other = pick(p), pick(p)
            for _ in range(4):
                if one == other:
                    other = pick(p)
            cross(d, t, p, timed, one, other)
        else:
            clear(d, t, timed)
        if phase == IMPROVED:
            _lay_lines(d, t, timed, lines)
        _educate(d, t, p, timed, near)


@once
def _educate(d: Ground, t: Tours, p: Population, timed: bool, near: int) -> None:
    """Insert what is missing, improve, remember; some of those that break a rule again at higher prices."""
    _shuffle(d, t, p)
    insert_missing(d, t, timed)
    dearer = 1.0
    while True:
        t.price[PER_UNIT_OVER] *= dearer
        t.price[PER_TICK_LATE] *= dearer
        improve(d, t, timed, near)
        t.price[PER_UNIT_OVER] /= dearer
        t.price[PER_TICK_LATE] /= dearer
        if dearer == 1.0:
            _note(t, p)
        if remember(d, t, p) or dearer > 1.0 or uniform(p.random) >= _REPAIRED_SHARE:
            break
        dearer = _REPAIR
        forget_tests(d, t)
    if p.counts[CHILDREN] >= _JUDGED:
        _adapt(t, PER_UNIT_OVER, p.counts[KEPT_LOAD] / p.counts[CHILDREN])
        _adapt(t, PER_TICK_LATE, p.counts[KEPT_TIMES] / p.counts[CHILDREN])
        p.counts[:] = 0


@leaf
def _shuffle(d: Ground, t: Tours, p: Population) -> None:
    for index in range(len(d.near) - 1, 0, -1):
        other = below(p.random, index + 1)
        stop = t.lists[ORDER, index]
        t.lists[ORDER, index] = t.lists[ORDER, other]
        t.lists[ORDER, other] = stop


@leaf
def _note(t: Tours, p: Population) -> None:
    """Count the child, and whether it keeps loads and times."""
    over, late = whole(0), whole(0)
    for tour in range(len(t.tour)):
        over += max(t.tour[tour, LOADED] - t.tour[tour, HOLDS], 0)
        late += t.tour[tour, WARP]
    p.counts[CHILDREN] += 1
    p.counts[KEPT_LOAD] += whole(over == 0)
    p.counts[KEPT_TIMES] += whole(late == 0)


@leaf
def _adapt(t: Tours, price: int, share: float) -> None:
    """Change the price of what that share of the children kept."""
    if share < _KEEPS_LEAST:
        t.price[price] *= _DEARER
    elif share > _KEEPS_MOST:
        t.price[price] = max(t.price[price] * _CHEAPER, _LEAST_PRICE)


@leaf
def _lay_lines(d: Ground, t: Tours, timed: bool, lines: Int) -> None:
    tour, count = whole(0), whole(0)
    for index in range(len(lines)):
        if lines[index] < 0:
            lay(d, t, timed, tour, LINE, count)
            tour, count = tour + 1, whole(0)
        else:
            t.lists[LINE, count] = lines[index]
            count += 1
