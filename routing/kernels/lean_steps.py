"""Taking stops out of tours and putting them in, with a log of what a rejected step must take back."""

from routing.kernels.jit import leaf, whole
from routing.kernels.layout import CLOSES, FIXED, NOW, OPENS, POOL, TIMED, TRIP_LOAD, Data
from routing.kernels.lean_layout import (
    FIRST_FREE,
    LATE_TOURS,
    LATEST,
    LOGGED,
    POOLED,
    PRED,
    READY,
    ROOM,
    SAVED,
    SEEN,
    SIZE,
    SLOT,
    SLOT_SAVED,
    SLOT_SEEN,
    SLOTS_LOGGED,
    SLOTS_USED,
    SORT,
    STAMP,
    SUCC,
    USED,
    LeanState,
)


@leaf
def row_of(d: Data, node: int) -> int:
    """Row of the matrices of a node: its own for a stop, the depot's for a head."""
    return min(node, len(d.near))


@leaf
def begin(s: LeanState) -> None:
    """Start an iteration: nothing logged, nothing to insert."""
    s.counts[LOGGED] = 0
    s.counts[SLOTS_LOGGED] = 0
    s.counts[POOLED] = 0
    s.counts[LATE_TOURS] = 0
    s.counts[STAMP] += 1


@leaf
def save_node(d: Data, s: LeanState, node: int) -> None:
    """Log the node as it is, once an iteration."""
    if s.node[SEEN, node] != s.counts[STAMP]:
        s.node[SEEN, node] = s.counts[STAMP]
        row = s.counts[LOGGED]
        s.counts[LOGGED] = row + 1
        s.log[row, SAVED] = node
        s.log[row, SUCC] = s.node[SUCC, node]
        s.log[row, PRED] = s.node[PRED, node]
        s.log[row, SLOT] = s.node[SLOT, node]
        if d.traits[TIMED] == 1:
            s.log[row, READY] = s.node[READY, node]
            s.log[row, LATEST] = s.node[LATEST, node]
        s.leg_log[row] = s.leg[node]


@leaf
def save_slot(d: Data, s: LeanState, slot: int) -> None:
    """Log the slot and its head as they are, once an iteration."""
    if s.slot[slot, SLOT_SEEN] != s.counts[STAMP]:
        s.slot[slot, SLOT_SEEN] = s.counts[STAMP]
        row = s.counts[SLOTS_LOGGED]
        s.counts[SLOTS_LOGGED] = row + 1
        s.slot_log[row, SLOT_SAVED] = slot
        for column in range(SLOT_SAVED):
            s.slot_log[row, column] = s.slot[slot, column]
        s.way_log[row] = s.way[slot]
        save_node(d, s, len(d.near) + slot)


@leaf
def _join(d: Data, s: LeanState, before: int, after: int) -> float:
    """Make `after` follow `before`; returns the length of the new leg."""
    save_node(d, s, before)
    save_node(d, s, after)
    leg = d.cost[0, row_of(d, before), row_of(d, after)]
    s.node[SUCC, before] = after
    s.node[PRED, after] = before
    s.leg[before] = leg
    return float(leg)


@leaf
def cut(d: Data, s: LeanState, first: int, beyond: int) -> None:
    """Take the run of stops from `first` to the one before `beyond` out of its tour, into the pool."""
    slot = whole(s.node[SLOT, first])
    save_slot(d, s, slot)
    before = whole(s.node[PRED, first])
    way = -float(s.leg[before])
    node = first
    amount = 0
    count = 0
    while node != beyond:
        save_node(d, s, node)
        way -= float(s.leg[node])
        amount += d.demand[node, 0]
        s.cost[NOW] += d.prize[node]
        s.node[SLOT, node] = len(s.slot) - 1
        s.lists[POOL, s.counts[POOLED] + count] = node
        count += 1
        node = whole(s.node[SUCC, node])
    s.counts[POOLED] += count
    way += _join(d, s, before, beyond)
    s.slot[slot, ROOM] += amount
    s.slot[slot, SIZE] -= count
    s.way[slot] += way
    s.cost[NOW] += way * s.unit[s.slot[slot, SORT]]
    if s.slot[slot, SIZE] == 0:
        _close(d, s, slot)


@leaf
def _close(d: Data, s: LeanState, slot: int) -> None:
    kind = s.slot[slot, SORT]
    s.cost[NOW] -= d.price[FIXED, d.kind_first[kind]]
    s.counts[USED] -= 1
    s.unused[kind] += 1
    s.counts[FIRST_FREE] = min(s.counts[FIRST_FREE], slot)


@leaf
def put(d: Data, s: LeanState, stop: int, before: int) -> None:
    """Serve an absent stop right after the node `before`, for which room and time are known to be there."""
    slot = whole(s.node[SLOT, before])
    save_slot(d, s, slot)
    after = whole(s.node[SUCC, before])
    way = -float(s.leg[before])
    way += _join(d, s, before, stop)
    way += _join(d, s, stop, after)
    s.node[SLOT, stop] = slot
    s.slot[slot, ROOM] -= d.demand[stop, 0]
    s.slot[slot, SIZE] += 1
    s.way[slot] += way
    s.cost[NOW] += way * s.unit[s.slot[slot, SORT]] - d.prize[stop]
    if d.traits[TIMED] == 1:
        _push_ready(d, s, stop)
        _push_latest(d, s, stop)


@leaf
def open_slot(d: Data, s: LeanState, kind: int) -> int:
    """Make an empty slot a tour of a vehicle of the kind, of which one must be unused; returns its head."""
    slot = s.counts[FIRST_FREE]
    while s.slot[slot, SIZE] > 0:
        slot += 1
    s.counts[FIRST_FREE] = slot
    s.counts[SLOTS_USED] = max(s.counts[SLOTS_USED], slot + 1)
    save_slot(d, s, slot)
    s.slot[slot, SORT] = kind
    s.slot[slot, ROOM] = d.capacity[TRIP_LOAD, d.kind_first[kind], 0]
    s.unused[kind] -= 1
    s.counts[USED] += 1
    s.cost[NOW] += d.price[FIXED, d.kind_first[kind]]
    return int(len(d.near) + slot)


@leaf
def change_kind(d: Data, s: LeanState, slot: int, kind: int) -> None:
    """Give a tour to a vehicle of another kind, of which one must be unused."""
    save_slot(d, s, slot)
    old = s.slot[slot, SORT]
    first, first_old = d.kind_first[kind], d.kind_first[old]
    s.slot[slot, SORT] = kind
    s.slot[slot, ROOM] += d.capacity[TRIP_LOAD, first, 0] - d.capacity[TRIP_LOAD, first_old, 0]
    s.unused[kind] -= 1
    s.unused[old] += 1
    s.cost[NOW] += d.price[FIXED, first] - d.price[FIXED, first_old]
    s.cost[NOW] += s.way[slot] * (s.unit[kind] - s.unit[old])


@leaf
def _departure(d: Data, s: LeanState, before: int, stop: int) -> int:
    """Earliest departure from a stop that follows `before`; its window is not looked at."""
    arrival = int(s.node[READY, before]) + int(d.drive[row_of(d, before), stop])
    return int(max(arrival, d.window[stop, 0, 0]) + d.service[stop])


@leaf
def _limit(d: Data, s: LeanState, stop: int, after: int) -> int:
    """Latest arrival at a stop that `after` follows."""
    limit = int(s.node[LATEST, after]) - int(d.drive[stop, row_of(d, after)]) - d.service[stop]
    return int(min(limit, d.window[stop, 0, 1]))


@leaf
def _push_ready(d: Data, s: LeanState, stop: int) -> None:
    """Departures from the stop on, as far as they change."""
    stops = len(d.near)
    s.node[READY, stop] = _departure(d, s, whole(s.node[PRED, stop]), stop)
    before = stop
    node = whole(s.node[SUCC, stop])
    while node < stops:
        ready = _departure(d, s, before, node)
        if ready == s.node[READY, node]:
            break
        save_node(d, s, node)
        s.node[READY, node] = ready
        before = node
        node = whole(s.node[SUCC, node])


@leaf
def _push_latest(d: Data, s: LeanState, stop: int) -> None:
    """Latest arrivals up to the stop, as far back as they change."""
    stops = len(d.near)
    s.node[LATEST, stop] = _limit(d, s, stop, whole(s.node[SUCC, stop]))
    after = stop
    node = whole(s.node[PRED, stop])
    while node < stops:
        latest = _limit(d, s, node, after)
        if latest == s.node[LATEST, node]:
            break
        save_node(d, s, node)
        s.node[LATEST, node] = latest
        after = node
        node = whole(s.node[PRED, node])


@leaf
def renew_times(d: Data, s: LeanState, slot: int) -> None:
    """Departures and latest arrivals of a whole tour; counts it if it is late."""
    stops = len(d.near)
    head = stops + slot
    late = False
    node = whole(s.node[SUCC, head])
    before = head
    while node != head:
        ready = _departure(d, s, before, node)
        late = late or ready - d.service[node] > d.window[node, 0, 1]
        if ready != s.node[READY, node]:
            save_node(d, s, node)
            s.node[READY, node] = ready
        before = node
        node = whole(s.node[SUCC, node])
    home = int(s.node[READY, before]) + int(d.drive[row_of(d, before), row_of(d, head)])
    if late or home > d.vehicle[CLOSES, 0]:
        s.counts[LATE_TOURS] += 1
    after = head
    node = whole(s.node[PRED, head])
    while node != head:
        latest = _limit(d, s, node, after)
        if latest != s.node[LATEST, node]:
            save_node(d, s, node)
            s.node[LATEST, node] = latest
        after = node
        node = whole(s.node[PRED, node])


@leaf
def set_head_times(d: Data, s: LeanState) -> None:
    """Every tour may leave when the shift opens and must be home when it closes."""
    for head in range(len(d.near), s.node.shape[1]):
        s.node[READY, head] = d.vehicle[OPENS, 0]
        s.node[LATEST, head] = d.vehicle[CLOSES, 0]


@leaf
def take_back(d: Data, s: LeanState, cost: float) -> None:
    """Undo the iteration: every logged node and slot as it was, the cost as given."""
    for row in range(s.counts[LOGGED]):
        node = s.log[row, SAVED]
        s.node[SUCC, node] = s.log[row, SUCC]
        s.node[PRED, node] = s.log[row, PRED]
        s.node[SLOT, node] = s.log[row, SLOT]
        if d.traits[TIMED] == 1:
            s.node[READY, node] = s.log[row, READY]
            s.node[LATEST, node] = s.log[row, LATEST]
        s.leg[node] = s.leg_log[row]
    for row in range(s.counts[SLOTS_LOGGED]):
        slot = s.slot_log[row, SLOT_SAVED]
        _count_kind(s, slot, whole(-1))
        for column in range(SLOT_SAVED):
            s.slot[slot, column] = s.slot_log[row, column]
        s.way[slot] = s.way_log[row]
        _count_kind(s, slot, whole(1))
    s.cost[NOW] = cost


@leaf
def _count_kind(s: LeanState, slot: int, change: int) -> None:
    """Books of used vehicles as the slot's tour goes (-1) or comes (1)."""
    if s.slot[slot, SIZE] > 0:
        s.unused[s.slot[slot, SORT]] -= change
        s.counts[USED] += change
    else:
        s.counts[FIRST_FREE] = min(s.counts[FIRST_FREE], slot)
