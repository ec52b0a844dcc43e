"""Times of one tour: the quick bounds that insertions are tested against, and the exact walk with breaks."""

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.layout import (
    BROKEN,
    BUSY,
    CLOSES,
    DAY,
    KIND,
    LATE,
    LATEST,
    LEVEL,
    LONGEST,
    LUNCH,
    NEED_1,
    NEED_2,
    NO_BREAKS,
    NOW,
    OPENS,
    OVER_1,
    OVER_2,
    PART,
    PER_TICK,
    PRED,
    READY,
    ROW_IN,
    ROW_OUT,
    SITE,
    SIZE,
    STRETCH,
    SUCC,
    TIMED,
    TRIP,
    TRIP_NEXT,
    WORK_BREAKS,
    Data,
    Int,
    State,
)


@leaf
def start_of(window: Int, arrival: int) -> int:
    """Earliest start of service after arriving, -1 if every window [w, 2] has closed."""
    for k in range(len(window)):
        if arrival <= window[k, 1]:
            return max(arrival, int(window[k, 0]))
    return -1


@leaf
def latest_start(window: Int, limit: int) -> int:
    """Latest start of service not after `limit`, -LATE if no window [w, 2] opens by then."""
    for k in range(len(window) - 1, -1, -1):
        start = min(limit, int(window[k, 1]))
        if start >= window[k, 0]:
            return start
    return -LATE


@leaf
def place_of(d: Data, s: State, node: int) -> int:
    """Row of Data.window and Data.service for a stop or a disposal visit."""
    stops = len(d.near)
    if node < stops:
        return node
    return int(stops + s.node[SITE, node])


@kernel
def settle_tour(d: Data, s: State, vehicle: int) -> None:
    """Bring trips, loads, times and cost of time of a tour up to date; BROKEN counts tours out of time."""
    _settle_trips(d, s, vehicle)
    if d.traits[TIMED] == 0:
        return
    if not _settle_ready(d, s, vehicle):
        s.counts[BROKEN] += 1
    _settle_latest(d, s, vehicle)
    if needs_walk(d, vehicle):
        ticks = walk(d, s, vehicle, whole(-1), whole(-1)) if s.fleet[SIZE, vehicle] > 0 else 0
        if ticks < 0:
            s.counts[BROKEN] += 1
            ticks = 0
        cost = ticks * d.price[PER_TICK, vehicle]
        s.cost[NOW] += cost - s.time_cost[vehicle]
        s.time_cost[vehicle] = cost


@kernel
def _settle_trips(d: Data, s: State, vehicle: int) -> None:
    stops = len(d.near)
    head = stops + vehicle
    trip = head
    s.trip_load[head] = 0
    node = s.node[SUCC, head]
    while node != head:
        if node < stops:
            s.node[TRIP, node] = trip
            for k in range(d.demand.shape[1]):
                s.trip_load[trip, k] += d.demand[node, k]
        else:
            s.node[TRIP_NEXT, trip] = node
            trip = node
            s.trip_load[node] = 0
        node = s.node[SUCC, node]
    s.node[TRIP_NEXT, trip] = -1


@kernel
def _settle_ready(d: Data, s: State, vehicle: int) -> bool:
    """Forward pass: busy time and earliest departures without breaks; false when something comes too late."""
    busy = whole(0)
    head = len(d.near) + vehicle
    clock = int(d.vehicle[OPENS, vehicle])
    s.node[READY, head] = clock
    row = s.node[ROW_OUT, head]
    node = s.node[SUCC, head]
    in_time = True
    while node != head:
        drive = int(d.drive[row, s.node[ROW_IN, node]])
        service = d.service[place_of(d, s, node)]
        busy += drive + service
        arrival = clock + drive
        start = start_of(d.window[place_of(d, s, node)], arrival)
        if start < 0:
            in_time = False
            start = arrival
        clock = start + service
        s.node[READY, node] = clock
        row = s.node[ROW_OUT, node]
        node = s.node[SUCC, node]
    drive = int(d.drive[row, s.node[ROW_IN, head]])
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
        limit -= int(d.drive[s.node[ROW_OUT, node], row]) + d.service[place_of(d, s, node)]
        limit = max(latest_start(d.window[place_of(d, s, node)], limit), -LATE)
        s.node[LATEST, node] = limit
        row = s.node[ROW_IN, node]
        node = s.node[PRED, node]


@leaf
def fits_time(d: Data, s: State, before: int, stop: int) -> bool:
    """Whether the stop can follow `before` as far as windows and shift go; breaks left out."""
    after = s.node[SUCC, before]
    arrival = int(s.node[READY, before]) + int(d.drive[s.node[ROW_OUT, before], stop])
    start = start_of(d.window[stop], arrival)
    if start < 0:
        return False
    arrival_after = start + int(d.service[stop]) + int(d.drive[stop, s.node[ROW_IN, after]])
    return bool(arrival_after <= s.node[LATEST, after])


@leaf
def needs_walk(d: Data, vehicle: int) -> bool:
    """Whether breaks, a longest duration or a cost of time make the exact walk necessary."""
    return bool(
        d.breaks[vehicle, KIND] != NO_BREAKS
        or d.vehicle[LONGEST, vehicle] < LATE
        or d.price[PER_TICK, vehicle] > 0.0
    )


@kernel
def walk(d: Data, s: State, vehicle: int, before: int, stop: int) -> int:
    """Ticks from departure to return of the tour with `stop` put after `before` (-1: the tour as it is).

    Returns -1 when windows, shift, breaks or the longest duration cannot be kept. Leaves as late as the first
    arrival allows without waiting; a break is taken as late as possible, or in a wait that is long enough.
    """
    levels = 3 if d.breaks[vehicle, KIND] == WORK_BREAKS else 1
    first = s.fleet[LEVEL, vehicle] if stop >= 0 else 0  # one more stop never needs less rest
    for level in range(first, levels):
        ticks = _walk_with(d, s, vehicle, before, stop, level)
        if ticks >= 0:
            if stop < 0:
                s.fleet[LEVEL, vehicle] = level
            return ticks if ticks <= d.vehicle[LONGEST, vehicle] else -1
        if ticks == -1:
            return -1
    return -1


@kernel
def _walk_with(d: Data, s: State, vehicle: int, before: int, stop: int, level: int) -> int:
    """The walk with no break (level 0), the first (1) or the second total of breaks (2).

    Returns ticks, -1 when out of time, -2 when more breaks are needed than the level has.
    """
    head = len(d.near) + vehicle
    rule = d.breaks[vehicle]
    kind = rule[KIND]
    need = 0
    if kind == WORK_BREAKS and level > 0:
        need = int(rule[NEED_1]) if level == 1 else int(rule[NEED_2])
    lunch_open = kind == LUNCH
    node = head
    upcoming = stop if before == head else s.node[SUCC, head]
    first_drive = int(d.drive[s.node[ROW_OUT, head], s.node[ROW_IN, upcoming]])
    departed = max(
        int(d.vehicle[OPENS, vehicle]), int(d.window[place_of(d, s, upcoming), 0, 0]) - first_drive
    )
    clock = departed
    stretch_from = departed
    rested = 0
    waited = 0
    slack = LATE
    while True:
        drive = int(d.drive[s.node[ROW_OUT, node], s.node[ROW_IN, upcoming]])
        home = upcoming == head
        arrival = clock + drive
        start = arrival if home else start_of(d.window[place_of(d, s, upcoming)], arrival)
        service = 0 if home else d.service[place_of(d, s, upcoming)]
        if start < 0:
            return -1
        if lunch_open and (start > rule[2] if home else start + service > rule[2]):
            opens, closes, length = int(rule[1]), int(rule[2]), int(rule[3])
            if max(arrival, opens) <= closes:
                from_tick = max(arrival, opens)
                waited += from_tick - arrival
                arrival = from_tick + length
            elif max(clock, opens) <= closes:
                from_tick = max(clock, opens)
                waited += from_tick - clock
                arrival = from_tick + length + drive
            else:
                return -1
            slack = min(slack, waited + closes - from_tick)
            rested += length
            lunch_open = False
        elif need > 0 and node != head:
            length = need if rested == 0 else int(rule[PART])
            in_wait = rested == 0 and start - arrival >= length
            if in_wait:
                stretch_from = arrival + length
                rested += length
                arrival += length
            elif start + service - stretch_from > (
                rule[STRETCH] if rested > 0 else min(rule[STRETCH], rule[OVER_1])
            ):
                if clock - stretch_from > rule[STRETCH]:
                    return -1
                stretch_from = clock + length
                rested += length
                arrival += length
        start = arrival if home else start_of(d.window[place_of(d, s, upcoming)], arrival)
        if start < 0:
            return -1
        waited += start - arrival
        clock = start + service
        if kind == WORK_BREAKS and clock - stretch_from > rule[STRETCH]:
            return -2 if need == 0 else -1
        if home:
            break
        slack = min(slack, waited + _closing(d.window[place_of(d, s, upcoming)], start) - start)
        node = upcoming
        upcoming = stop if node == before and node != stop else s.node[SUCC, node]
        if node == stop:
            upcoming = s.node[SUCC, before]
    if clock > d.vehicle[CLOSES, vehicle]:
        return -1
    ticks = clock - departed - max(0, min(waited, slack))
    if kind == WORK_BREAKS:
        return _judge_work(rule, level, ticks, rested, need)
    return ticks


@leaf
def _closing(window: Int, start: int) -> int:
    """Closing time of the window that `start` lies in."""
    for k in range(len(window)):
        if start <= window[k, 1]:
            return int(window[k, 1])
    return start


@leaf
def _judge_work(rule: Int, level: int, ticks: int, rested: int, need: int) -> int:
    """Whether the breaks suffice for the work: ticks, -2 if the next level may help, -1 if none does."""
    work = ticks - rested
    if work > rule[DAY]:
        return -1
    if work > rule[OVER_2]:
        needed = rule[NEED_2]
    elif work > rule[OVER_1]:
        needed = rule[NEED_1]
    else:
        needed = 0
    if rested >= needed:
        return ticks
    if level == 2 or rested < need:
        return -1
    return -2
