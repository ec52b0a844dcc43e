"""Taking nodes out of tours and putting them in, each step in constant time and each undoable."""

from routing.kernels.jit import kernel, leaf
from routing.kernels.layout import (
    ABSENT,
    CHANGED,
    COST_CLASS,
    EMPTY_LEG,
    FIXED,
    FREE,
    FREE_SLOTS,
    GROUP,
    GROUPS,
    KIND_OF,
    LEFT_OUT,
    LEFT_OUT_AT,
    LOGGED,
    NOW,
    PRED,
    ROW_IN,
    ROW_OUT,
    SITE,
    SIZE,
    STAMP,
    STAMPED,
    SUCC,
    TOUCHED,
    TOUR,
    TRIP,
    USED,
    Data,
    State,
)


@leaf
def touch(s: State, vehicle: int) -> None:
    """Note that this iteration changes the vehicle's tour."""
    if s.fleet[STAMPED, vehicle] != s.counts[STAMP]:
        s.fleet[STAMPED, vehicle] = s.counts[STAMP]
        s.fleet[CHANGED, s.counts[TOUCHED]] = vehicle
        s.counts[TOUCHED] += 1


@leaf
def _join(d: Data, s: State, before: int, after: int, vehicle: int) -> float:
    """Make `after` follow `before`; returns the cost of the new leg."""
    s.node[SUCC, before] = after
    s.node[PRED, after] = before
    if before == after:
        leg = float(d.price[EMPTY_LEG, vehicle])
    else:
        leg = float(d.cost[d.vehicle[COST_CLASS, vehicle], s.node[ROW_OUT, before], s.node[ROW_IN, after]])
    s.leg[before] = leg
    return leg


@leaf
def _write_log(s: State, linked: int, node: int, before: int, vehicle: int) -> None:
    row = s.counts[LOGGED]
    s.log[row, 0] = linked
    s.log[row, 1] = node
    s.log[row, 2] = before
    s.log[row, 3] = vehicle
    s.log[row, 4] = s.node[SITE, node]
    s.counts[LOGGED] = row + 1


@leaf
def _join_around(d: Data, s: State, node: int, before: int, vehicle: int) -> None:
    """Put the node between `before` and its successor; the cost of the whole follows."""
    after = s.node[SUCC, before]
    s.cost[NOW] -= s.leg[before]
    s.cost[NOW] += _join(d, s, before, node, vehicle)
    s.cost[NOW] += _join(d, s, node, after, vehicle)


@leaf
def _close_gap(d: Data, s: State, node: int) -> None:
    """Take the node out of its ring; the cost of the whole follows."""
    before = s.node[PRED, node]
    s.cost[NOW] -= s.leg[before] + s.leg[node]
    s.cost[NOW] += _join(d, s, before, s.node[SUCC, node], s.node[TOUR, node])


@leaf
def _enter(d: Data, s: State, stop: int, before: int, vehicle: int) -> None:
    """A stop joins a tour: books of loads, sizes, absences and costs."""
    s.node[TOUR, stop] = vehicle
    trip = s.node[TRIP, before]
    s.node[TRIP, stop] = trip
    for k in range(d.demand.shape[1]):
        s.trip_load[trip, k] += d.demand[stop, k]
        s.day_load[vehicle, k] += d.demand[stop, k]
    if s.fleet[SIZE, vehicle] == 0:
        s.cost[NOW] += d.price[FIXED, vehicle]
        s.counts[USED] += 1
    s.fleet[SIZE, vehicle] += 1
    s.cost[NOW] += d.liking[d.vehicle[KIND_OF, vehicle], stop] - d.prize[stop]
    if d.rule[GROUP, stop] >= 0:
        s.lists[GROUPS, d.rule[GROUP, stop]] += 1
    last = s.counts[ABSENT] - 1
    place = s.lists[LEFT_OUT_AT, stop]
    s.lists[LEFT_OUT, place] = s.lists[LEFT_OUT, last]
    s.lists[LEFT_OUT_AT, s.lists[LEFT_OUT, place]] = place
    s.counts[ABSENT] = last


@leaf
def _leave(d: Data, s: State, stop: int) -> None:
    """A stop leaves its tour: the reverse of `_enter`."""
    vehicle = s.node[TOUR, stop]
    for k in range(d.demand.shape[1]):
        s.trip_load[s.node[TRIP, stop], k] -= d.demand[stop, k]
        s.day_load[vehicle, k] -= d.demand[stop, k]
    s.fleet[SIZE, vehicle] -= 1
    if s.fleet[SIZE, vehicle] == 0:
        s.cost[NOW] -= d.price[FIXED, vehicle]
        s.counts[USED] -= 1
    s.cost[NOW] += d.prize[stop] - d.liking[d.vehicle[KIND_OF, vehicle], stop]
    if d.rule[GROUP, stop] >= 0:
        s.lists[GROUPS, d.rule[GROUP, stop]] -= 1
    s.node[TOUR, stop] = -1
    s.node[TRIP, stop] = -1
    s.lists[LEFT_OUT, s.counts[ABSENT]] = stop
    s.lists[LEFT_OUT_AT, stop] = s.counts[ABSENT]
    s.counts[ABSENT] += 1


@kernel
def link(d: Data, s: State, stop: int, before: int) -> None:
    """Serve an absent stop right after the node `before`."""
    vehicle = s.node[TOUR, before]
    touch(s, vehicle)
    _write_log(s, 1, stop, before, vehicle)
    _join_around(d, s, stop, before, vehicle)
    _enter(d, s, stop, before, vehicle)


@kernel
def unlink(d: Data, s: State, stop: int) -> None:
    """Take a served stop out of its tour."""
    vehicle = s.node[TOUR, stop]
    touch(s, vehicle)
    _write_log(s, 0, stop, s.node[PRED, stop], vehicle)
    _close_gap(d, s, stop)
    _leave(d, s, stop)


@kernel
def link_disposal(d: Data, s: State, site: int, before: int) -> int:
    """Visit a disposal site right after `before`; returns the new node. Trips are stale until settled."""
    vehicle = s.node[TOUR, before]
    touch(s, vehicle)
    s.counts[FREE_SLOTS] -= 1
    node = s.lists[FREE, s.counts[FREE_SLOTS]]
    _open_slot(d, s, node, site, vehicle)
    _write_log(s, 1, node, before, vehicle)
    _join_around(d, s, node, before, vehicle)
    return int(node)


@leaf
def _open_slot(d: Data, s: State, node: int, site: int, vehicle: int) -> None:
    s.node[SITE, node] = site
    s.node[ROW_IN, node] = d.site_row[site]
    s.node[ROW_OUT, node] = d.site_row[site]
    s.node[TOUR, node] = vehicle
    s.node[TRIP, node] = node


@leaf
def _close_slot(s: State, node: int) -> None:
    s.node[TOUR, node] = -1
    s.node[TRIP, node] = -1
    s.lists[FREE, s.counts[FREE_SLOTS]] = node
    s.counts[FREE_SLOTS] += 1


@kernel
def unlink_disposal(d: Data, s: State, node: int) -> None:
    """Drop a disposal visit. Trips are stale until settled."""
    touch(s, s.node[TOUR, node])
    _write_log(s, 0, node, s.node[PRED, node], s.node[TOUR, node])
    _close_gap(d, s, node)
    _close_slot(s, node)


@leaf
def begin(s: State) -> None:
    """Start an iteration: an empty log, no tour touched."""
    s.counts[LOGGED] = 0
    s.counts[TOUCHED] = 0
    s.counts[STAMP] += 1


@leaf
def room_in_log(d: Data, s: State) -> bool:
    """Whether one more insertion, with all disposal visits of a tour set anew, can be logged."""
    return bool(s.counts[LOGGED] + 2 * s.node.shape[1] <= len(s.log))


@kernel
def undo(d: Data, s: State, mark: int) -> None:
    """Take back the logged steps from `mark` on, last first. Trips and times are stale until settled."""
    stops = len(d.near)
    for row in range(s.counts[LOGGED] - 1, mark - 1, -1):
        node = s.log[row, 1]
        if s.log[row, 0] == 1:
            _close_gap(d, s, node)
            if node < stops:
                _leave(d, s, node)
            else:
                _close_slot(s, node)
        else:
            before, vehicle = s.log[row, 2], s.log[row, 3]
            if node >= stops:
                s.counts[FREE_SLOTS] -= 1
                _open_slot(d, s, node, s.log[row, 4], vehicle)
            _join_around(d, s, node, before, vehicle)
            if node < stops:
                _enter(d, s, node, before, vehicle)
    s.counts[LOGGED] = mark
