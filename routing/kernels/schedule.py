"""Times of one tour: the quick bounds that insertions are tested against; breaks are for the exact walk."""

from routing.kernels.clock import drive_of, latest_start, place_of, service_of, start_of, waits_of
from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.layout import (
    BROKEN,
    BUSY,
    CLOSES,
    EXACT,
    LATE,
    LATEST,
    NOW,
    OPENS,
    PRED,
    READY,
    RELEASE,
    RELEASED,
    ROW_IN,
    ROW_OUT,
    SIZE,
    START_LOAD,
    SUCC,
    TIMED,
    TOUR,
    TRIP,
    TRIP_NEXT,
    UNDER_WAY,
    WAITS,
    Data,
    State,
)
from routing.kernels.rules import cost_of_time
from routing.kernels.walk import walk


@kernel
def settle_tour(d: Data, s: State, vehicle: int) -> None:
    """Bring trips, loads, times and cost of time of a tour up to date; BROKEN counts tours out of time."""
    _settle_trips(d, s, vehicle)
    if d.traits[TIMED] == 0:
        return
    if not _settle_ready(d, s, vehicle):
        s.counts[BROKEN] += 1
    _settle_latest(d, s, vehicle)
    if d.vehicle[EXACT, vehicle] == 1:
        ticks = walk(d, s, vehicle, whole(-1), whole(-1)) if s.fleet[SIZE, vehicle] > 0 else 0
        if ticks < 0:
            s.counts[BROKEN] += 1
            ticks = 0
        cost = cost_of_time(d, vehicle, ticks) if s.fleet[SIZE, vehicle] > 0 else 0.0
        s.cost[NOW] += cost - s.time_cost[vehicle]
        s.time_cost[vehicle] = cost


@kernel
def _settle_trips(d: Data, s: State, vehicle: int) -> None:
    stops = len(d.near)
    head = stops + vehicle
    trip = head
    for k in range(d.demand.shape[1]):
        s.trip_load[head, k] = d.capacity[START_LOAD, vehicle, k]
    s.node[WAITS, head] = 0
    node = s.node[SUCC, head]
    while node != head:
        if node < stops:
            s.node[TRIP, node] = trip
            s.node[WAITS, trip] = max(s.node[WAITS, trip], d.rule[RELEASE, node])
            for k in range(d.demand.shape[1]):
                s.trip_load[trip, k] += d.demand[node, k]
        else:
            s.node[TRIP_NEXT, trip] = node
            trip = node
            s.trip_load[node] = 0
            s.node[WAITS, node] = 0
        node = s.node[SUCC, node]
    s.node[TRIP_NEXT, trip] = -1


@kernel
def _settle_ready(d: Data, s: State, vehicle: int) -> bool:
    """Forward pass: busy time and earliest departures without breaks; false when something comes too late."""
    busy = whole(0)
    head = len(d.near) + vehicle
    clock = int(d.vehicle[OPENS, vehicle])
    in_time = d.vehicle[UNDER_WAY, vehicle] == 0 or s.node[WAITS, head] <= clock
    clock = max(clock, int(s.node[WAITS, head]))
    s.node[READY, head] = clock
    row = s.node[ROW_OUT, head]
    node = s.node[SUCC, head]
    while node != head:
        drive = drive_of(d, vehicle, row, s.node[ROW_IN, node])
        service = service_of(d, vehicle, place_of(d, s, node))
        busy += drive + service
        arrival = max(clock + drive, waits_of(d, s, node) - service)
        start = start_of(d.window[place_of(d, s, node)], arrival)
        if start < 0:
            in_time = False
            start = arrival
        clock = start + service
        s.node[READY, node] = clock
        row = s.node[ROW_OUT, node]
        node = s.node[SUCC, node]
    drive = drive_of(d, vehicle, row, s.node[ROW_IN, head])
    s.fleet[BUSY, vehicle] = busy + drive
    return bool(in_time and clock + drive <= d.vehicle[CLOSES, vehicle])


@kernel
def _settle_latest(d: Data, s: State, vehicle: int) -> None:
    """Backward pass: latest arrivals that keep the rest in time, without breaks."""
    head = len(d.near) + vehicle
    limit = int(d.vehicle[CLOSES, vehicle])
    s.node[LATEST, head] = limit
    row = s.node[ROW_IN, head]
    node = s.node[PRED, head]
    while node != head:
        limit -= drive_of(d, vehicle, s.node[ROW_OUT, node], row)
        limit -= service_of(d, vehicle, place_of(d, s, node))
        limit = max(latest_start(d.window[place_of(d, s, node)], limit), -LATE)
        s.node[LATEST, node] = limit
        row = s.node[ROW_IN, node]
        node = s.node[PRED, node]


@leaf
def fits_time(d: Data, s: State, before: int, stop: int) -> bool:
    """Whether the stop can follow `before` as far as windows, shift and releases go; breaks left out."""
    after = s.node[SUCC, before]
    vehicle = s.node[TOUR, before]
    ready = int(s.node[READY, before])
    if d.traits[RELEASED] == 1 and d.rule[RELEASE, stop] > s.node[WAITS, s.node[TRIP, before]]:
        ready = _ready_later(d, s, vehicle, before, int(d.rule[RELEASE, stop]))
        if ready < 0:
            return False
    arrival = ready + drive_of(d, vehicle, s.node[ROW_OUT, before], stop)
    start = start_of(d.window[stop], arrival)
    if start < 0:
        return False
    served = start + service_of(d, vehicle, stop)
    return bool(served + drive_of(d, vehicle, stop, s.node[ROW_IN, after]) <= s.node[LATEST, after])


@kernel
def _ready_later(d: Data, s: State, vehicle: int, before: int, release: int) -> int:
    """Earliest departure from `before` when its trip waits for `release`; -1 if a stop is too late."""
    node = s.node[TRIP, before]
    if d.vehicle[UNDER_WAY, vehicle] == 1 and node == len(d.near) + vehicle and release > s.node[READY, node]:
        return -1  # this trip has left already
    clock = max(int(s.node[READY, node]), release)
    while node != before:
        following = s.node[SUCC, node]
        arrival = clock + drive_of(d, vehicle, s.node[ROW_OUT, node], s.node[ROW_IN, following])
        start = start_of(d.window[following], arrival)
        if start < 0:
            return -1
        clock = start + service_of(d, vehicle, following)
        node = following
    return clock
