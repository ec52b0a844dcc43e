"""Ruin of the lean kernel: strings of neighbours leave their tours; see `routing.kernels.strings`."""

from typing import Final

from routing.kernels.jit import leaf
from routing.kernels.layout import TIMED, Data
from routing.kernels.lean_layout import (
    ABSENT,
    PRED,
    SIZE,
    SLOT,
    SLOT_SEEN,
    STAMP,
    SUCC,
    USED,
    LeanState,
)
from routing.kernels.lean_steps import cut, renew_times
from routing.kernels.parameters import MANY
from routing.kernels.random import below
from routing.kernels.strings import kept_within, string_count, string_length

_PART: Final = 200
_STAY: Final = 1_000  # iterations in one part; the next one overlaps it by half


@leaf
def ruin(d: Data, s: LeanState, mean_removed: float, longest: float) -> int:
    """Move about `mean_removed` [c-bar] stops to the pool in strings of at most `longest` [L-max].

    Returns the seed, -1 when no stop is served.
    """
    stops = len(d.near)
    served = stops - s.counts[ABSENT]
    if served == 0:
        return -1
    string_max = min(longest, served / s.counts[USED])
    strings = string_count(s.random, mean_removed, string_max)
    stamp = s.counts[STAMP]
    seed = _seed(s, stops)
    absent = len(s.slot) - 1
    for place in range(-1, d.near.shape[1]):
        stop = seed if place < 0 else d.near[seed, place]
        slot = s.node[SLOT, stop]
        if slot == absent or s.slot[slot, SLOT_SEEN] == stamp:
            continue
        _remove_string(d, s, stop, string_length(s.random, s.slot[slot, SIZE], string_max))
        if d.traits[TIMED] == 1:
            renew_times(d, s, slot)
        strings -= 1
        if strings <= 0:
            break
    return int(seed)


@leaf
def _seed(s: LeanState, stops: int) -> int:
    """A stop to begin with. In large problems one of a part that wanders along the numbering of the stops.

    As neighbours are numbered side by side (`routing.order`) and only their tours change, what a part needs
    stays in the processor's cache: the problem is decomposed without borders.
    """
    if stops < MANY:
        return below(s.random, stops)
    return int((s.counts[STAMP] // _STAY * (_PART // 2) + below(s.random, _PART)) % stops)


@leaf
def _remove_string(d: Data, s: LeanState, stop: int, length: int) -> None:
    """Remove `length` stops around `stop`; half of the time some between them stay (split string)."""
    kept = kept_within(s.random, length, s.slot[s.node[SLOT, stop], SIZE])
    first = _string_start(d, s, stop, length + kept)
    if kept > 0:
        ahead = 1 + below(s.random, length - 1)
        middle = _skip(s, first, ahead)
        cut(d, s, first, middle)
        first = _skip(s, middle, kept)
        length -= ahead
    cut(d, s, first, _skip(s, first, length))


@leaf
def _skip(s: LeanState, node: int, count: int) -> int:
    """The node that comes `count` places after."""
    for _ in range(count):
        node = s.node[SUCC, node]
    return int(node)


@leaf
def _string_start(d: Data, s: LeanState, stop: int, width: int) -> int:
    """First stop of a random run of `width` stops that contains `stop`."""
    stops = len(d.near)
    behind = 0
    node = s.node[SUCC, stop]
    while node < stops and behind < width - 1:
        behind += 1
        node = s.node[SUCC, node]
    ahead = 0
    node = s.node[PRED, stop]
    while node < stops and ahead < width - 1:
        ahead += 1
        node = s.node[PRED, node]
    least = width - 1 - behind
    back = least + below(s.random, ahead - least + 1)
    node = stop
    for _ in range(back):
        node = s.node[PRED, node]
    return int(node)
