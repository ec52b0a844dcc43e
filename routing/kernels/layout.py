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
COUNTS: Final = 7

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
BREAK_FIELDS: Final = 8
NO_BREAKS: Final = 0
WORK_BREAKS: Final = 1
LUNCH: Final = 2  # columns then are 1 opens, 2 closes, 3 length


# Entries of Data.traits.
TIMED: Final = 0  # windows, shifts or durations bound something
WALKED: Final = 1  # breaks, longest duration or cost of time: schedules must be walked through
DUMPS: Final = 2  # there are disposal sites
DAY_LIMITS: Final = 3  # day capacities or stop limits
PRIZES: Final = 4  # some stops are optional
TRAITS: Final = 5

# Rows of Data.vehicle.
COST_CLASS: Final = 0
START_ROW: Final = 1
END_ROW: Final = 2
DAY_STOPS: Final = 3
OPENS: Final = 4  # shift
CLOSES: Final = 5
LONGEST: Final = 6  # ticks from departure to return
HOME_EMPTY: Final = 7  # 0 or 1
VEHICLE_ROWS: Final = 8

# Rows of Data.price and Data.capacity.
FIXED: Final = 0
PER_TICK: Final = 1  # of a tick from departure to return
TRIP_LOAD: Final = 0
DAY_LOAD: Final = 1

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
NODE_ROWS: Final = 12

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
PLACED: Final = 4  # scratch: chosen site after the i-th stop, -1 for none
POOL: Final = 5  # scratch: stops to insert
SPOTS: Final = 6  # scratch: nodes after which a stop may go
LIST_ROWS: Final = 7

# Rows of State.label.
AT_TICK: Final = 0
FROM_PLACE: Final = 1  # position of the disposal visit before, 0 for the start
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
    drive: Short  # [M, M] driving time; [1, 1] when nothing is timed
    demand: Int  # [n, d]
    service: Int  # [n + s] at stops, then at disposal sites
    window: Int  # [n + s, w, 2] opening and closing of the start of service, the last one repeated
    prize: Real  # [n] cost of leaving the stop out
    solo: Real  # [k, n] cost of a tour of this stop alone, FAR if it cannot be
    kind_first: Int  # [k + 1] vehicles of kind k are kind_first[k] .. kind_first[k + 1] - 1
    vehicle: Int  # [VEHICLE_ROWS, v]
    price: Real  # [2, v] FIXED, PER_TICK
    capacity: Int  # [2, v, d] TRIP_LOAD, DAY_LOAD
    breaks: Int  # [v, BREAK_FIELDS]
    site_row: Int  # [s]
    site_allowed: Int  # [v, s] 0 or 1


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
