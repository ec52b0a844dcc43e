"""The arrays that the kernels work on.

Nodes: stops are 0..stops-1; each vehicle v has a head stops+v that stands for its start and its end; above
them lie slots for disposal visits. A tour is the ring head -> ... -> head through `succ`.
Rows of the matrices: row i belongs to stop i, further rows to depots and disposal sites.
Letters in shapes: n stops, v vehicles, s disposal sites, d dimensions of amounts, w windows, N nodes, M rows,
c cost classes (costs per metre), k kinds of equal vehicles.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
Short = NDArray[np.int32]
Real = NDArray[np.float64]
Single = NDArray[np.float32]

FAR: Final = 1e15
"""Cost of what cannot be."""
LATE: Final = 1 << 30
"""A tick after everything."""

# Entries of State.count.
ABSENT: Final = 0
FREE_SLOTS: Final = 1
LOGGED: Final = 2
USED: Final = 3
STAMP: Final = 4
TOUCHED: Final = 5
BROKEN: Final = 6
MOST: Final = 7  # tours that may be open at once
LEAST: Final = 8  # tours down to which one after the other is dissolved, 0 for none
COUNTS: Final = 9

# Entries of State.cost.
NOW: Final = 0
BEST: Final = 1
COSTS: Final = 2

# Columns of Data.breaks.
KIND: Final = 0
STRETCH: Final = 1
OVER_1: Final = 2
NEED_1: Final = 3
OVER_2: Final = 4
NEED_2: Final = 5
PART: Final = 6
DAY: Final = 7
DRIVING: Final = 8  # longest driving without a full break
FULL: Final = 9  # length of a full break
FIRST_PART: Final = 10  # lengths of the parts that together make a full one
SECOND_PART: Final = 11
DAY_DRIVING: Final = 12  # longest driving in the day
WORKED: Final = 13  # before planning, of vehicles under way: work and rest today,
RESTED: Final = 14
STRETCHED: Final = 15  # work since the last break,
DRIVEN: Final = 16  # driving today,
DRIVEN_STRETCH: Final = 17  # driving since the last full break,
PART_TAKEN: Final = 18  # whether a first part is behind it,
LUNCHED: Final = 19  # or a lunch break
BREAK_FIELDS: Final = 20
NO_BREAKS: Final = 0
WORK_BREAKS: Final = 1
LUNCH: Final = 2  # columns then are 1 opens, 2 closes, 3 length


# Entries of Data.traits.
TIMED: Final = 0  # windows, shifts or durations bound something
WALKED: Final = 1  # breaks, longest duration or cost of time: schedules must be walked through
DUMPS: Final = 2  # there are disposal sites
DAY_LIMITS: Final = 3  # day capacities or stop limits
PRIZES: Final = 4  # some stops are optional
RULED: Final = 5  # something that only the rich kernels know: see `routing.flatten_rules`
RELEASED: Final = 6  # trips wait for what their stops need
TRAITS: Final = 7

# Rows of Data.vehicle.
COST_CLASS: Final = 0
START_ROW: Final = 1
END_ROW: Final = 2
DAY_STOPS: Final = 3
OPENS: Final = 4  # shift
CLOSES: Final = 5
LONGEST: Final = 6  # ticks from departure to return
HOME_EMPTY: Final = 7  # 0 or 1
KIND_OF: Final = 8
DRIVE_AT: Final = 9  # first row of Data.drive and first entry of Data.service that are the vehicle's
SERVICE_AT: Final = 10
UNDER_WAY: Final = 11  # 0 or 1
PAST: Final = 12  # ticks from departure to planning, of vehicles under way
REGULAR: Final = 13  # ticks of a tour beyond which overtime begins
EXACT: Final = 14  # 1: its times must be walked through exactly
START_SITES: Final = 15  # bits of the disposal sites that accept what is on board at the start
VEHICLE_ROWS: Final = 16

# Rows of Data.price and Data.capacity.
FIXED: Final = 0
PER_TICK: Final = 1  # of a tick from departure to return
OVERTIME: Final = 2  # of a tick beyond REGULAR, in addition
BALANCE: Final = 3  # of the square of a tour's ticks
EMPTY_LEG: Final = 4  # of a tour without stops
METRES: Final = 5  # most that driving may cost, FAR for no limit
PRICE_ROWS: Final = 6
TRIP_LOAD: Final = 0
DAY_LOAD: Final = 1
START_LOAD: Final = 2  # on board and collected before planning
START_DAY: Final = 3
CAPACITY_ROWS: Final = 4

# Rows of Data.rule.
GROUP: Final = 0  # number of the stop's group, -1 for none
SIBLING: Final = 1  # next stop of the group in a ring
BEFORE: Final = 2  # stop that the same vehicle serves earlier, -1 for none
FOLLOWER: Final = 3  # first of those that wait for this stop, -1 for none
NEXT_FOLLOWER: Final = 4  # the next that waits for the same stop
RELEASE: Final = 5  # tick before which the stop's trip may not leave
SITES: Final = 6  # bits of the disposal sites that accept its load
RULE_ROWS: Final = 7

# Rows of State.node.
SUCC: Final = 0  # next node of the tour
PRED: Final = 1
TOUR: Final = 2  # vehicle, -1 while absent
TRIP: Final = 3  # head or disposal node that the trip starts with, -1 while absent
TRIP_NEXT: Final = 4  # of a trip's first node: that of the next trip, -1 if none
ROW_IN: Final = 5  # row of the matrices on arriving at the node
ROW_OUT: Final = 6  # row on leaving it
SITE: Final = 7  # disposal site of a disposal node
READY: Final = 8  # earliest departure, without breaks
LATEST: Final = 9  # latest arrival that keeps the rest in time, without breaks
BEST_SUCC: Final = 10  # SUCC and SITE of the best solution
BEST_SITE: Final = 11
WAITS: Final = 12  # of a trip's first node: latest release of its stops
NODE_ROWS: Final = 13

# Rows of State.fleet.
SIZE: Final = 0  # stops in the tour
STAMPED: Final = 1  # iteration that changed the tour last
CHANGED: Final = 2  # list: tours changed in this iteration
BUSY: Final = 3  # ticks of driving and service in the tour
LEVEL: Final = 4  # total of breaks that the tour needs: none, the first or the second
FLEET_ROWS: Final = 5

# Rows of State.lists.
FREE: Final = 0  # unused disposal slots, a stack
LEFT_OUT: Final = 1  # stops in no tour, any order
LEFT_OUT_AT: Final = 2  # place of a stop in LEFT_OUT
LINE: Final = 3  # scratch: stops of one tour in order, from 1
PLACED: Final = 4  # scratch: chosen site after the i-th stop (0: before the first), -1 for none
POOL: Final = 5  # scratch: stops to insert
SPOTS: Final = 6  # scratch: nodes after which a stop may go
GROUPS: Final = 7  # stops served of each group
ABSENCES: Final = 8  # how often each stop was left out while tours were dissolved
LIST_ROWS: Final = 9

# Rows of State.label.
AT_TICK: Final = 0
FROM_PLACE: Final = 1  # position of the disposal visit before, -1 for the start
FROM_SITE: Final = 2  # its site
LABEL_ROWS: Final = 3


class Data(NamedTuple):
    """What the search never changes. Times in ticks, amounts in units, costs scaled.

    Few arrays of many rows rather than many arrays: each array costs time in every compiled call.
    """

    traits: Int  # [TRAITS] which parts of the problem are there
    near: Short  # [n, K] nearest stops, nearest first
    cost: Single  # [c, M, M] cost of driving from row to column
    cost_back: Single  # [c, M, M] its transpose: the scan reads rows in both directions
    drive: Short  # [p * M, M] driving time of each profile; [1, 1] when nothing is timed
    demand: Int  # [n, d]
    service: Int  # [t * (n + s)] at stops, then at disposal sites, for each kind of set-up
    window: Int  # [n + s, w, 2] opening and closing of the start of service, the last one repeated
    prize: Real  # [n] cost of leaving the stop out
    solo: Real  # [k, n] cost of a tour of this stop alone, FAR if it cannot be
    kind_first: Int  # [k + 1] vehicles of kind k are kind_first[k] .. kind_first[k + 1] - 1
    vehicle: Int  # [VEHICLE_ROWS, v]
    price: Real  # [PRICE_ROWS, v]
    capacity: Int  # [CAPACITY_ROWS, v, d]
    breaks: Int  # [v, BREAK_FIELDS]
    site_row: Int  # [s]
    site_allowed: Int  # [v, s] 0 or 1
    rule: Int  # [RULE_ROWS, n]
    liking: Real  # [k, n] cost of serving the stop with the kind beyond its way, FAR where it may not


class State(NamedTuple):
    """What the search changes."""

    node: Int  # [NODE_ROWS, N]
    leg: Real  # [N] cost of driving from the node to its successor
    trip_load: Int  # [N, d] of a trip's first node: collected in the trip
    fleet: Int  # [FLEET_ROWS, v]
    day_load: Int  # [v, d]
    time_cost: Real  # [v] cost of the time from departure to return
    lists: Int  # [LIST_ROWS, longest list]
    log: Int  # [L, 5] done in this iteration: linked?, node, predecessor, vehicle, site
    counts: Int  # [COUNTS]
    cost: Real  # [COSTS]
    key: Real  # [n] scratch: order of insertion
    spot_cost: Real  # [longest list] scratch: expected cost at SPOTS
    load: Int  # [d] scratch: load of the trip being labelled
    label_cost: Real  # [n + 2, s] scratch of placing disposal visits
    label: Int  # [LABEL_ROWS, n + 2, s] scratch of the same
    random: Int  # [1]
