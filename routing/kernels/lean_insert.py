"""Putting a stop where it costs least in the lean kernel."""

from typing import Final

from routing.kernels.jit import leaf, whole
from routing.kernels.layout import Data
from routing.kernels.lean_equal import cheapest_equal
from routing.kernels.lean_layout import SLOT, LeanState
from routing.kernels.lean_plain import cheapest_plain, opens_last
from routing.kernels.lean_scan import cheapest, cheapest_alone, grown
from routing.kernels.lean_steps import change_kind, open_slot, put

# What became of a stop.
DONE: Final = 0  # it is in a tour, or left out because that costs less
OPENED: Final = 1  # it has a tour of its own
TOO_DEAR: Final = 2  # every place costs more than the step may


@leaf
def insert(d: Data, s: LeanState, stop: int, near: int, blink: float, opening: float, most: float) -> int:
    """Serve the stop where it costs least, in a tour or alone, or leave it out if that costs less.

    opening: a tour of its own, where no other place is worth its price, must cost less than this. most: what
    serving the stop may cost.
    """
    alone, kind = cheapest_alone(d, s, stop)
    larger = whole(-1)
    if opens_last(d, s):
        before, roomy = cheapest_plain(d, s, stop, near, blink, min(d.prize[stop], most))
        opened = before < 0 and roomy == 0 and alone < opening
    else:
        if len(s.unused) == 1:
            cost, before = cheapest_equal(d, s, stop, near, blink, min(d.prize[stop], most))
        else:
            cost, before, larger = cheapest(d, s, stop, near, blink, d.prize[stop])
        opened = alone < (cost if before >= 0 else opening)
    if before < 0 and not opened and most < d.prize[stop]:
        return TOO_DEAR
    if opened:
        before = open_slot(d, s, kind)
    elif larger >= 0:
        change_kind(d, s, whole(s.node[SLOT, before]), larger)
    if before >= 0:
        put(d, s, stop, before)
    return OPENED if opened else DONE


@leaf
def best_kind(d: Data, s: LeanState, slot: int) -> None:
    """Give a tour to an unused vehicle of another kind if that costs less."""
    cost, kind = grown(d, s, slot, 0.0, whole(0))
    if cost < -1e-6:
        change_kind(d, s, slot, kind)
