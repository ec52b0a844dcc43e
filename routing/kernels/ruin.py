"""Ruin: remove strings of neighbouring stops from neighbouring tours.

Christiaens and Vanden Berghe, Slack Induction by String Removals for Vehicle Routing Problems,
Transportation Science 54 (2020), section 5.1; the names of the paper stand in brackets.
"""

from routing.kernels.jit import kernel
from routing.kernels.layout import (
    ABSENT,
    PRED,
    SIZE,
    STAMP,
    STAMPED,
    SUCC,
    TOUR,
    USED,
    Data,
    State,
)
from routing.kernels.links import unlink
from routing.kernels.random import below, uniform

_SPLIT_SHARE = 0.5  # alpha
_SPLIT_GROWTH = 0.01  # beta


@kernel
def ruin(d: Data, s: State, mean_removed: float, longest: float) -> int:
    """Remove about `mean_removed` [c-bar] stops in strings of at most `longest` [L-max]; returns the seed.

    The removed stops are then the last ones in LEFT_OUT. Returns -1 when no stop is served.
    """
    stops = len(d.near)
    served = stops - s.counts[ABSENT]
    if served == 0:
        return -1
    string_max = min(longest, served / s.counts[USED])
    strings_max = 4.0 * mean_removed / (1.0 + string_max) - 1.0
    strings = int(uniform(s.random) * strings_max + 1.0)
    seed = below(s.random, stops)
    stamp = s.counts[STAMP]
    ruined = 0
    for place in range(-1, d.near.shape[1]):
        stop = seed if place < 0 else d.near[seed, place]
        vehicle = s.node[TOUR, stop]
        if vehicle < 0 or s.fleet[STAMPED, vehicle] == stamp:
            continue
        length_max = min(float(s.fleet[SIZE, vehicle]), string_max)
        length = int(uniform(s.random) * length_max + 1.0)
        if length > s.fleet[SIZE, vehicle]:
            length = int(s.fleet[SIZE, vehicle])
        _remove_string(d, s, stop, length)
        ruined += 1
        if ruined >= strings:
            break
    return int(seed)


@kernel
def _remove_string(d: Data, s: State, stop: int, length: int) -> None:
    """Remove `length` stops around `stop`; half of the time some between them stay (split string)."""
    vehicle = s.node[TOUR, stop]
    kept = 0
    if length > 1 and uniform(s.random) < _SPLIT_SHARE:
        kept = 1
        while length + kept < s.fleet[SIZE, vehicle] and uniform(s.random) < _SPLIT_GROWTH:
            kept += 1
        if length + kept > s.fleet[SIZE, vehicle]:
            kept = 0
    width = length + kept
    node = _string_start(d, s, stop, width)
    keep_from = 1 + below(s.random, length - 1) if kept > 0 else width
    stops = len(d.near)
    place = 0
    while place < width:
        following = s.node[SUCC, node]
        if node < stops:
            if place < keep_from or place >= keep_from + kept:
                unlink(d, s, node)
            place += 1
        node = following


@kernel
def _string_start(d: Data, s: State, stop: int, width: int) -> int:
    """First stop of a random run of `width` stops that contains `stop`; disposal visits do not count."""
    stops = len(d.near)
    head = stops + s.node[TOUR, stop]
    behind = 0
    node = s.node[SUCC, stop]
    while node != head and behind < width - 1:
        if node < stops:
            behind += 1
        node = s.node[SUCC, node]
    ahead = 0
    node = s.node[PRED, stop]
    while node != head and ahead < width - 1:
        if node < stops:
            ahead += 1
        node = s.node[PRED, node]
    least = width - 1 - behind
    back = least + below(s.random, ahead - least + 1)
    node = stop
    while back > 0:
        node = s.node[PRED, node]
        if node < stops:
            back -= 1
    return int(node)
