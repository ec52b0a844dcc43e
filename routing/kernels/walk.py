"""The exact course of one tour: releases, breaks by the rule of the vehicle, driving, length of the day."""

from routing.kernels.clock import drive_of, place_of, service_of, start_of, waits_of
from routing.kernels.jit import kernel, leaf, once
from routing.kernels.layout import (
    CLOSES,
    COST_CLASS,
    DAY,
    DAY_DRIVING,
    DRIVEN,
    DRIVEN_STRETCH,
    DRIVING,
    FAR,
    FIRST_PART,
    FULL,
    KIND,
    LATE,
    LEVEL,
    LONGEST,
    LUNCH,
    LUNCHED,
    METRES,
    NEED_1,
    NEED_2,
    OPENS,
    OVER_1,
    OVER_2,
    PART,
    PART_TAKEN,
    PAST,
    RELEASE,
    RESTED,
    ROW_IN,
    ROW_OUT,
    SECOND_PART,
    STRETCH,
    STRETCHED,
    SUCC,
    TRIP,
    UNDER_WAY,
    WAITS,
    WORK_BREAKS,
    WORKED,
    Data,
    Int,
    State,
)


@kernel
def walk(d: Data, s: State, vehicle: int, before: int, stop: int) -> int:
    """Ticks from departure to return of the tour with `stop` put after `before` (-1: the tour as it is).

    Returns -1 when windows, shift, releases, breaks, driving or the longest duration cannot be kept. Leaves
    as late as the first arrival allows without waiting, a vehicle under way at once; a break is taken as late
    as possible, or in a wait that is long enough.
    """
    levels = 3 if d.breaks[vehicle, KIND] == WORK_BREAKS else 1
    first = s.fleet[LEVEL, vehicle] if stop >= 0 else 0  # one more stop never needs less rest
    for level in range(first, levels):
        ticks = _walk_with(d, s, vehicle, before, stop, level)
        if ticks >= 0:
            if stop < 0:
                s.fleet[LEVEL, vehicle] = level
            return ticks if ticks + d.vehicle[PAST, vehicle] <= d.vehicle[LONGEST, vehicle] else -1
        if ticks == -1:
            return -1
    return -1


@once
def _walk_with(d: Data, s: State, vehicle: int, before: int, stop: int, level: int) -> int:
    """The walk with no break for work (level 0), the first (1) or the second total of breaks (2).

    Returns ticks, -1 when out of time, -2 when more breaks are needed than the level has.
    """
    head = len(d.near) + vehicle
    rule = d.breaks[vehicle]
    kind = rule[KIND]
    need = 0
    if kind == WORK_BREAKS and level > 0:
        need = int(rule[NEED_1]) if level == 1 else int(rule[NEED_2])
    lunch_open = kind == LUNCH and rule[LUNCHED] == 0
    under_way = d.vehicle[UNDER_WAY, vehicle] == 1
    node = head
    upcoming = stop if before == head else s.node[SUCC, head]
    departed = _departure(d, s, vehicle, upcoming, before, stop)
    clock = departed
    stretch_from = departed - int(rule[STRETCHED])
    rested = 0
    driven = int(rule[DRIVEN])
    driven_stretch = int(rule[DRIVEN_STRETCH])
    part = rule[PART_TAKEN] == 1
    way_cost = 0.0
    waited = 0
    slack = 0 if under_way else LATE
    while True:
        home = upcoming == head
        drive = drive_of(d, vehicle, s.node[ROW_OUT, node], s.node[ROW_IN, upcoming])
        way_cost += float(
            d.cost[d.vehicle[COST_CLASS, vehicle], s.node[ROW_OUT, node], s.node[ROW_IN, upcoming]]
        )
        driven += drive
        if driven_stretch + drive > rule[DRIVING] and (node != head or under_way):
            length = _driving_break(rule, part, need, rested)
            if clock - stretch_from > rule[STRETCH]:
                return -1
            clock += length
            rested += length
            stretch_from = clock
            driven_stretch = 0
            part = False
        driven_stretch += drive
        if driven_stretch > rule[DRIVING]:
            return -1
        arrival = clock + drive
        service = 0 if home else service_of(d, vehicle, place_of(d, s, upcoming))
        waits = -LATE if home else _waits(d, s, upcoming, before, stop) - service
        start = arrival if home else start_of(d.window[place_of(d, s, upcoming)], max(arrival, waits))
        if start < 0:
            return -1
        if lunch_open and (start > rule[2] if home else start + service > rule[2]):
            stands, from_tick = _lunch(rule, clock, arrival)
            if from_tick < 0:
                return -1
            waited += from_tick - stands
            slack = min(slack, waited + int(rule[2]) - from_tick)
            arrival += from_tick - stands + int(rule[3])
            rested += int(rule[3])
            lunch_open = False
        elif need > 0 and (node != head or under_way):
            length = max(need - rested - int(rule[RESTED]), int(rule[PART]))
            in_wait = rested == 0 and start - arrival >= length
            work = start + service - departed - rested + int(rule[WORKED])
            short = work > rule[OVER_1] and rested + rule[RESTED] < need
            if in_wait:
                stretch_from = arrival + length
                rested += length
                arrival += length
            elif short or start + service - stretch_from > rule[STRETCH]:
                if clock - stretch_from > rule[STRETCH]:
                    return -1
                stretch_from = clock + length
                rested += length
                arrival += length
            if stretch_from > clock:
                fresh = 0 if in_wait else drive
                driven_stretch, part = _after_break(rule, length, driven_stretch, fresh, part)
        start = arrival if home else start_of(d.window[place_of(d, s, upcoming)], max(arrival, waits))
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
    if clock > d.vehicle[CLOSES, vehicle] or driven > rule[DAY_DRIVING]:
        return -1
    if d.price[METRES, vehicle] < FAR and way_cost > d.price[METRES, vehicle]:
        return -1
    ticks = clock - departed - max(0, min(waited, slack))
    if kind == WORK_BREAKS:
        return _judge_work(rule, level, ticks, rested, need)
    return ticks


@leaf
def _driving_break(rule: Int, part: bool, need: int, rested: int) -> int:
    """Length of the break that the driving so far asks for; the first one also gives what work needs."""
    length = int(rule[SECOND_PART]) if part else int(rule[FULL])
    return max(length, need - rested - int(rule[RESTED])) if rested == 0 else length


@leaf
def _after_break(rule: Int, length: int, driven: int, fresh: int, part: bool) -> tuple[int, bool]:
    """Driving since the last full break, and whether a first part is behind it, after a break.

    fresh: driving since this break.
    """
    if length >= rule[FULL] or (part and length >= rule[SECOND_PART]):
        return fresh, False
    return driven, part or length >= rule[FIRST_PART]


@leaf
def _lunch(rule: Int, clock: int, arrival: int) -> tuple[int, int]:
    """Since when the vehicle stands where lunch is taken, on arriving if it can be, and when lunch begins.

    The beginning is -1 if lunch fits neither after nor before the drive.
    """
    stands = arrival if max(arrival, int(rule[1])) <= rule[2] else clock
    begins = max(stands, int(rule[1]))
    return stands, begins if begins <= rule[2] else -1


@leaf
def _departure(d: Data, s: State, vehicle: int, first: int, before: int, stop: int) -> int:
    """When to leave: not to wait at the first place, not before the first trip's releases."""
    head = len(d.near) + vehicle
    opens = int(d.vehicle[OPENS, vehicle])
    if d.vehicle[UNDER_WAY, vehicle] == 1:
        return opens
    drive = drive_of(d, vehicle, s.node[ROW_OUT, head], s.node[ROW_IN, first])
    waits = int(s.node[WAITS, head])
    if stop >= 0 and s.node[TRIP, before] == head:
        waits = max(waits, int(d.rule[RELEASE, stop]))
    return max(opens, waits, int(d.window[place_of(d, s, first), 0, 0]) - drive)


@leaf
def _waits(d: Data, s: State, node: int, before: int, stop: int) -> int:
    """Tick until which a disposal visit lasts at least, with `stop` put after `before`."""
    waits = waits_of(d, s, node)
    if stop >= 0 and node >= len(d.near) and s.node[TRIP, before] == node:
        waits = max(waits, int(d.rule[RELEASE, stop]))
    return waits


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
    work = ticks - rested + int(rule[WORKED])
    total = rested + int(rule[RESTED])
    if work > rule[DAY]:
        return -1
    if work > rule[OVER_2]:
        needed = rule[NEED_2]
    elif work > rule[OVER_1]:
        needed = rule[NEED_1]
    else:
        needed = 0
    if total >= needed:
        return ticks
    if level == 2 or total < need:
        return -1
    return -2
