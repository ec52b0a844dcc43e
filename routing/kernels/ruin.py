"""Ruin: remove strings of neighbouring stops from neighbouring tours; see `routing.kernels.strings`."""

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
from routing.kernels.random import below
from routing.kernels.strings import kept_within, string_count, string_length


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
    strings = string_count(s.random, mean_removed, string_max)
    seed = below(s.random, stops)
    stamp = s.counts[STAMP]
    ruined = 0
    for place in range(-1, d.near.shape[1]):
        stop = seed if place < 0 else d.near[seed, place]
        vehicle = s.node[TOUR, stop]
        if vehicle < 0 or s.fleet[STAMPED, vehicle] == stamp:
            continue
        _remove_string(d, s, stop, string_length(s.random, s.fleet[SIZE, vehicle], string_max))
        ruined += 1
        if ruined >= strings:
            break
    return int(seed)


@kernel
def _remove_string(d: Data, s: State, stop: int, length: int) -> None:
    """Remove `length` stops around `stop`; half of the time some between them stay (split string)."""
    vehicle = s.node[TOUR, stop]
    kept = kept_within(s.random, length, s.fleet[SIZE, vehicle])
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
