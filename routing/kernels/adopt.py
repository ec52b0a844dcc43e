"""Beginning with the tours of a plan instead of nothing."""

from routing.kernels.jit import kernel, once, whole
from routing.kernels.layout import (
    BROKEN,
    DAY_LOAD,
    DAY_STOPS,
    DUMPS,
    FAR,
    HOME_EMPTY,
    PLACED,
    PRED,
    SITE,
    SIZE,
    SUCC,
    TRIP_LOAD,
    TRIP_NEXT,
    Data,
    State,
)
from routing.kernels.links import begin, link, link_disposal, undo
from routing.kernels.rules import accepted, forbidden, in_order, taken
from routing.kernels.schedule import settle_tour


@once
def adopt(d: Data, s: State) -> None:
    """Link the tours in PLACED: stops, -2 - k for disposal site k, -1 behind each vehicle's steps.

    A tour that breaks a limit is left out, its stops stay absent.
    """
    stops = len(d.near)
    index = 0
    for vehicle in range(s.fleet.shape[1]):
        begin(s)
        s.counts[BROKEN] = 0
        node = whole(stops + vehicle)
        while s.lists[PLACED, index] != -1:
            code = s.lists[PLACED, index]
            index += 1
            if code < -1 and s.fleet[SIZE, vehicle] > 0:
                node = link_disposal(d, s, whole(-2 - code), node)
            elif code >= 0 and not taken(d, s, code) and _is_servable(d, code):
                link(d, s, code, node)
                node = code
        index += 1
        settle_tour(d, s, vehicle)
        if s.counts[BROKEN] > 0 or not _keeps_limits(d, s, vehicle):
            undo(d, s, whole(0))
            settle_tour(d, s, vehicle)
        s.counts[BROKEN] = 0


@kernel
def _is_servable(d: Data, stop: int) -> bool:
    least = FAR
    for kind in range(len(d.solo)):
        least = min(least, d.solo[kind, stop])
    return bool(least < FAR)


@kernel
def _keeps_limits(d: Data, s: State, vehicle: int) -> bool:
    """Whether the settled tour keeps loads, day limits, permissions and order."""
    stops = len(d.near)
    head = stops + vehicle
    if s.fleet[SIZE, vehicle] == 0:
        return bool(s.node[SUCC, head] == head)
    if s.fleet[SIZE, vehicle] > d.vehicle[DAY_STOPS, vehicle]:
        return False
    node = s.node[SUCC, head]
    while node != head:
        if node < stops:
            before = s.node[PRED, node]
            if (
                forbidden(d, vehicle, node)
                or not in_order(d, s, before, node)
                or not accepted(d, s, node, node)
            ):
                return False
        elif d.site_allowed[vehicle, s.node[SITE, node]] == 0:
            return False
        node = s.node[SUCC, node]
    trip = head
    while trip >= 0:
        last = s.node[TRIP_NEXT, trip] < 0
        for k in range(d.demand.shape[1]):
            load = s.trip_load[trip, k]
            if (
                load > d.capacity[TRIP_LOAD, vehicle, k]
                or s.day_load[vehicle, k] > d.capacity[DAY_LOAD, vehicle, k]
            ):
                return False
            if last and load > 0 and d.traits[DUMPS] == 1 and d.vehicle[HOME_EMPTY, vehicle] == 1:
                return False
        trip = s.node[TRIP_NEXT, trip]
    return True
