"""Where a tour empties: for a given order of stops the best disposal visits, by labels along the order."""

from routing.kernels.clock import drive_of, service_of, start_of
from routing.kernels.jit import kernel, leaf, once, whole
from routing.kernels.layout import (
    AT_TICK,
    CLOSES,
    COST_CLASS,
    END_ROW,
    FAR,
    FROM_PLACE,
    FROM_SITE,
    HOME_EMPTY,
    LATE,
    LINE,
    OPENS,
    PLACED,
    RELEASE,
    SITE,
    SITES,
    START_LOAD,
    START_ROW,
    START_SITES,
    SUCC,
    TRIP_LOAD,
    UNDER_WAY,
    Data,
    State,
)
from routing.kernels.links import link_disposal, unlink_disposal
from routing.kernels.split import least_cost


@kernel
def read_line(d: Data, s: State, vehicle: int, before: int, stop: int) -> int:
    """Write the stops of a tour, with `stop` put after `before`, to LINE from 1 on; returns how many."""
    stops = len(d.near)
    head = stops + vehicle
    count = 0
    node = head
    while True:
        if node < stops:
            count += 1
            s.lists[LINE, count] = node
        if node == before:
            count += 1
            s.lists[LINE, count] = stop
        node = s.node[SUCC, node]
        if node == head:
            return count


@kernel
def place(d: Data, s: State, vehicle: int, count: int, limit: float) -> float:
    """Choose disposal visits for the `count` stops in LINE; returns the cost of driving.

    FAR if it is impossible or cannot cost less than `limit`. PLACED[i] becomes the site visited after the
    i-th stop, PLACED[0] that before the first, or -1. Among all placements the labels keep the cheapest way
    into each disposal visit; if that comes too late, the earliest way is tried. Breaks are left out.
    """
    cost = FAR
    if least_cost(d, s, vehicle, count) >= limit:
        return cost
    for by_time in range(2):
        cost = _label(d, s, vehicle, count, by_time)
        if cost < FAR:
            break
    return cost


@once
def _label(d: Data, s: State, vehicle: int, count: int, by_time: int) -> float:
    """One pass of labels: position i, site k = "emptied at k after the i-th stop"; -1 is the start."""
    stops = len(d.near)
    cost_of = d.cost[d.vehicle[COST_CLASS, vehicle]]
    end_row = d.vehicle[END_ROW, vehicle]
    s.label_cost[: count + 1] = FAR
    _label_start(d, s, vehicle, count)
    best = FAR
    best_time = whole(0)
    best_from = whole(-2)
    best_from_site = whole(0)
    best_site = whole(-1)
    for position in range(-1, count):
        cost, clock, from_site = _leave_label(d, s, vehicle, position, by_time)
        if cost >= FAR:
            continue
        first = max(position, 0) + 1
        loaded = _begin_trip(d, s, vehicle, position)
        mask = d.vehicle[START_SITES, vehicle] if position < 0 else whole(-1)
        waits = int(d.rule[RELEASE, s.lists[LINE, first]])
        last = first
        while True:
            stop = s.lists[LINE, last]
            full, more = _take(d, s, vehicle, stop)
            loaded = loaded or more
            mask &= d.rule[SITES, stop]
            if full:
                break
            if last == count and not (loaded and d.vehicle[HOME_EMPTY, vehicle] == 1):
                clock_home = clock + drive_of(d, vehicle, stop, end_row)
                cost_home = cost + float(cost_of[stop, end_row])
                if clock_home <= d.vehicle[CLOSES, vehicle] and _better(
                    cost_home, clock_home, best, best_time, by_time
                ):
                    best, best_time = cost_home, clock_home
                    best_from, best_from_site, best_site = position, from_site, whole(-1)
            if loaded:
                for site in range(len(d.site_row)):
                    if d.site_allowed[vehicle, site] == 0 or (mask >> site) & 1 == 0:
                        continue
                    row = d.site_row[site]
                    start = start_of(d.window[stops + site], clock + drive_of(d, vehicle, stop, row))
                    if start < 0:
                        continue
                    emptied = start + service_of(d, vehicle, stops + site)
                    cost_there = cost + float(cost_of[stop, row])
                    if last < count:
                        _keep_label(s, last, site, cost_there, emptied, position, from_site, by_time)
                    else:
                        clock_home = emptied + drive_of(d, vehicle, row, end_row)
                        cost_home = cost_there + float(cost_of[row, end_row])
                        if clock_home <= d.vehicle[CLOSES, vehicle] and _better(
                            cost_home, clock_home, best, best_time, by_time
                        ):
                            best, best_time = cost_home, clock_home
                            best_from, best_from_site, best_site = position, from_site, site
            if last == count:
                break
            following = s.lists[LINE, last + 1]
            if d.rule[RELEASE, following] > waits:
                waits = int(d.rule[RELEASE, following])
                clock = _later(d, s, vehicle, position, from_site, last, waits)
                if clock < 0:
                    break
            start = start_of(d.window[following], clock + drive_of(d, vehicle, stop, following))
            if start < 0:
                break
            clock = start + service_of(d, vehicle, following)
            cost += float(cost_of[stop, following])
            last += 1
    if best < FAR:
        _trace(s, count, best_from, best_from_site, best_site)
    return best


@leaf
def _better(cost: float, clock: int, best: float, best_clock: int, by_time: int) -> bool:
    if best >= FAR:
        return True
    return clock < best_clock if by_time == 1 else cost < best


@leaf
def _keep_label(
    s: State, last: int, site: int, cost: float, emptied: int, position: int, from_site: int, by_time: int
) -> None:
    """Remember a way to being emptied at the site after the last stop, if it is the best one."""
    if _better(cost, emptied, s.label_cost[last, site], s.label[AT_TICK, last, site], by_time):
        s.label_cost[last, site] = cost
        s.label[AT_TICK, last, site] = emptied
        s.label[FROM_PLACE, last, site] = position
        s.label[FROM_SITE, last, site] = from_site


@kernel
def _label_start(d: Data, s: State, vehicle: int, count: int) -> None:
    """Labels of emptying before the first stop, for vehicles that are loaded at the start."""
    if not _begin_trip(d, s, vehicle, whole(-1)):
        return
    stops = len(d.near)
    start_row = d.vehicle[START_ROW, vehicle]
    for site in range(len(d.site_row)):
        if d.site_allowed[vehicle, site] == 0 or (d.vehicle[START_SITES, vehicle] >> site) & 1 == 0:
            continue
        row = d.site_row[site]
        clock = int(d.vehicle[OPENS, vehicle]) + drive_of(d, vehicle, start_row, row)
        start = start_of(d.window[stops + site], clock)
        if start >= 0:
            cost = float(d.cost[d.vehicle[COST_CLASS, vehicle], start_row, row])
            emptied = start + service_of(d, vehicle, stops + site)
            _keep_label(s, whole(0), site, cost, emptied, whole(-1), whole(0), whole(0))


@leaf
def _begin_trip(d: Data, s: State, vehicle: int, position: int) -> bool:
    """Set the load at the start of a trip; true if there is some."""
    loaded = False
    for k in range(d.demand.shape[1]):
        s.load[k] = d.capacity[START_LOAD, vehicle, k] if position < 0 else 0
        loaded = loaded or s.load[k] > 0
    return loaded


@leaf
def _take(d: Data, s: State, vehicle: int, stop: int) -> tuple[bool, bool]:
    """Load the stop: whether that is too much, and whether anything is on board."""
    full = False
    loaded = False
    for k in range(d.demand.shape[1]):
        s.load[k] += d.demand[stop, k]
        full = full or s.load[k] > d.capacity[TRIP_LOAD, vehicle, k]
        loaded = loaded or s.load[k] > 0
    return full, loaded


@kernel
def _leave_label(d: Data, s: State, vehicle: int, position: int, by_time: int) -> tuple[float, int, int]:
    """Best way from emptying after the position (-1: from the start) to the end of service at the next stop.

    Returns cost, departure and the site emptied at; FAR if no label leads on.
    """
    cost_of = d.cost[d.vehicle[COST_CLASS, vehicle]]
    stop = s.lists[LINE, max(position, 0) + 1]
    best = FAR
    best_clock = whole(0)
    best_site = whole(0)
    for site in range(len(d.site_row) if position >= 0 else 1):
        if position >= 0 and s.label_cost[position, site] >= FAR:
            continue
        row = d.site_row[site] if position >= 0 else d.vehicle[START_ROW, vehicle]
        left = _left(d, s, vehicle, position, site, int(d.rule[RELEASE, stop]))
        start = start_of(d.window[stop], left + drive_of(d, vehicle, row, stop))
        if start < 0:
            continue
        clock = start + service_of(d, vehicle, stop)
        before = s.label_cost[position, site] if position >= 0 else 0.0
        cost = before + float(cost_of[row, stop])
        if _better(cost, clock, best, best_clock, by_time):
            best, best_clock, best_site = cost, clock, site
    return best, best_clock, best_site


@leaf
def _left(d: Data, s: State, vehicle: int, position: int, site: int, waits: int) -> int:
    """When a trip leaves the site of its label, or the start, not before what it waits for."""
    left = int(s.label[AT_TICK, position, site]) if position >= 0 else int(d.vehicle[OPENS, vehicle])
    if position < 0 and d.vehicle[UNDER_WAY, vehicle] == 1 and waits > left:
        return LATE  # this trip has left already
    return max(left, waits)


@kernel
def _later(d: Data, s: State, vehicle: int, position: int, site: int, last: int, waits: int) -> int:
    """Departure from the last stop so far when its trip waits until `waits`; -1 if one comes too late."""
    clock = _left(d, s, vehicle, position, site, waits)
    row = d.site_row[site] if position >= 0 else d.vehicle[START_ROW, vehicle]
    for index in range(max(position, 0) + 1, last + 1):
        stop = s.lists[LINE, index]
        start = start_of(d.window[stop], clock + drive_of(d, vehicle, row, stop))
        if start < 0:
            return -1
        clock = start + service_of(d, vehicle, stop)
        row = stop
    return clock


@kernel
def _trace(s: State, count: int, position: int, site: int, last_site: int) -> None:
    """Follow the labels back and write PLACED."""
    s.lists[PLACED, : count + 1] = -1
    s.lists[PLACED, count] = last_site
    while position >= 0:
        s.lists[PLACED, position] = site
        earlier = s.label[FROM_PLACE, position, site]
        site = s.label[FROM_SITE, position, site]
        position = earlier


@kernel
def apply_placed(d: Data, s: State, vehicle: int) -> bool:
    """Make the disposal visits of a tour those of State.placed; false if they are so already."""
    stops = len(d.near)
    head = stops + vehicle
    if _placed_already(d, s, vehicle):
        return False
    node = s.node[SUCC, head]
    while node != head:
        following = s.node[SUCC, node]
        if node >= stops:
            unlink_disposal(d, s, node)
        node = following
    count = 0
    node = head
    while True:
        following = s.node[SUCC, node]
        if s.lists[PLACED, count] >= 0:
            link_disposal(d, s, s.lists[PLACED, count], node)
        if following == head:
            return True
        count += 1
        node = following


@kernel
def _placed_already(d: Data, s: State, vehicle: int) -> bool:
    stops = len(d.near)
    head = stops + vehicle
    count = 0
    node = head
    while True:
        following = s.node[SUCC, node]
        site = -1
        if following >= stops and following != head:
            site = s.node[SITE, following]
            following = s.node[SUCC, following]
            if following >= stops and following != head:
                return False  # two disposal visits in a row: one is needless
        if s.lists[PLACED, count] != site:
            return False
        if following == head:
            return True
        count += 1
        node = following
