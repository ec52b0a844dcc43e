"""Where a tour empties: for a given order of stops the best disposal visits, by labels along the order."""

from routing.kernels.jit import kernel, leaf, whole
from routing.kernels.layout import (
    AT_TICK,
    CLOSES,
    COST_CLASS,
    END_ROW,
    FAR,
    FROM_PLACE,
    FROM_SITE,
    HOME_EMPTY,
    LINE,
    OPENS,
    PLACED,
    SITE,
    START_ROW,
    SUCC,
    TRIP_LOAD,
    Data,
    State,
)
from routing.kernels.links import link_disposal, unlink_disposal
from routing.kernels.schedule import start_of


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
def place(d: Data, s: State, vehicle: int, count: int) -> float:
    """Choose disposal visits for the `count` stops in LINE; returns the cost of driving, FAR if impossible.

    PLACED[i] becomes the site visited after the i-th stop or -1. Among all placements the labels keep
    the cheapest way into each disposal visit; if that comes too late, the earliest way is tried. Breaks are
    left out.
    """
    cost = FAR
    for by_time in range(2):
        cost = _label(d, s, vehicle, count, by_time)
        if cost < FAR:
            break
    return cost


@kernel
def _label(d: Data, s: State, vehicle: int, count: int, by_time: int) -> float:
    """One pass of labels: position i, site k = "emptied at k after the i-th stop"."""
    sites = len(d.site_row)
    stops = len(d.near)
    cost_of = d.cost[d.vehicle[COST_CLASS, vehicle]]
    end_row = d.vehicle[END_ROW, vehicle]
    dimensions = d.demand.shape[1]
    s.label_cost[: count + 1] = FAR
    s.label_cost[0, 0] = 0.0
    s.label[AT_TICK, 0, 0] = d.vehicle[OPENS, vehicle]
    best = FAR
    best_time = whole(0)
    best_from = whole(-1)
    best_from_site = whole(0)
    best_site = whole(-1)
    for position in range(count):
        cost, clock, from_site = _leave_label(d, s, vehicle, position, by_time)
        if cost >= FAR:
            continue
        s.load[:] = 0
        last = position + 1
        while True:
            stop = s.lists[LINE, last]
            full = False
            loaded = False
            for k in range(dimensions):
                s.load[k] += d.demand[stop, k]
                full = full or s.load[k] > d.capacity[TRIP_LOAD, vehicle, k]
                loaded = loaded or s.load[k] > 0
            if full:
                break
            if last == count and not (loaded and d.vehicle[HOME_EMPTY, vehicle] == 1):
                clock_home = clock + int(d.drive[stop, end_row])
                cost_home = cost + float(cost_of[stop, end_row])
                if clock_home <= d.vehicle[CLOSES, vehicle] and _better(
                    cost_home, clock_home, best, best_time, by_time
                ):
                    best, best_time = cost_home, clock_home
                    best_from, best_from_site, best_site = position, from_site, whole(-1)
            if loaded:
                for site in range(sites):
                    if d.site_allowed[vehicle, site] == 0:
                        continue
                    row = d.site_row[site]
                    start = start_of(d.window[stops + site], clock + int(d.drive[stop, row]))
                    if start < 0:
                        continue
                    emptied = start + int(d.service[stops + site])
                    cost_there = cost + float(cost_of[stop, row])
                    if last < count:
                        if _better(
                            cost_there,
                            emptied,
                            s.label_cost[last, site],
                            s.label[AT_TICK, last, site],
                            by_time,
                        ):
                            s.label_cost[last, site] = cost_there
                            s.label[AT_TICK, last, site] = emptied
                            s.label[FROM_PLACE, last, site] = position
                            s.label[FROM_SITE, last, site] = from_site
                    else:
                        clock_home = emptied + int(d.drive[row, end_row])
                        cost_home = cost_there + float(cost_of[row, end_row])
                        if clock_home <= d.vehicle[CLOSES, vehicle] and _better(
                            cost_home, clock_home, best, best_time, by_time
                        ):
                            best, best_time = cost_home, clock_home
                            best_from, best_from_site, best_site = position, from_site, site
            if last == count:
                break
            following = s.lists[LINE, last + 1]
            start = start_of(d.window[following], clock + int(d.drive[stop, following]))
            if start < 0:
                break
            clock = start + int(d.service[following])
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


@kernel
def _leave_label(d: Data, s: State, vehicle: int, position: int, by_time: int) -> tuple[float, int, int]:
    """Best way from emptying after the position (0: from the start) to the end of service at the next stop.

    Returns cost, departure and the site emptied at; FAR if no label leads on.
    """
    cost_of = d.cost[d.vehicle[COST_CLASS, vehicle]]
    stop = s.lists[LINE, position + 1]
    best = FAR
    best_clock = whole(0)
    best_site = whole(0)
    for site in range(len(d.site_row) if position > 0 else 1):
        if s.label_cost[position, site] >= FAR:
            continue
        row = d.site_row[site] if position > 0 else d.vehicle[START_ROW, vehicle]
        start = start_of(d.window[stop], int(s.label[AT_TICK, position, site]) + int(d.drive[row, stop]))
        if start < 0:
            continue
        clock = start + int(d.service[stop])
        cost = s.label_cost[position, site] + float(cost_of[row, stop])
        if _better(cost, clock, best, best_clock, by_time):
            best, best_clock, best_site = cost, clock, site
    return best, best_clock, best_site


@kernel
def _trace(s: State, count: int, position: int, site: int, last_site: int) -> None:
    """Follow the labels back and write State.placed."""
    s.lists[PLACED, : count + 1] = -1
    s.lists[PLACED, count] = last_site
    while position > 0:
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
    node = s.node[SUCC, head]
    while node != head:
        count += 1
        following = s.node[SUCC, node]
        if s.lists[PLACED, count] >= 0:
            link_disposal(d, s, s.lists[PLACED, count], node)
        node = following
    return True


@kernel
def _placed_already(d: Data, s: State, vehicle: int) -> bool:
    stops = len(d.near)
    head = stops + vehicle
    count = 0
    node = s.node[SUCC, head]
    if node >= stops:
        return False  # emptying before the first stop is needless
    while node != head:
        count += 1
        node = s.node[SUCC, node]
        site = -1
        if node >= stops and node != head:
            site = s.node[SITE, node]
            node = s.node[SUCC, node]
            if node >= stops and node != head:
                return False  # two disposal visits in a row: one is needless
        if s.lists[PLACED, count] != site:
            return False
    return True
