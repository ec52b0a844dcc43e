"""The arrays of the lean kernel: problems with one amount, one depot and at most one window a stop.

Nodes: stops are 0..n-1, then one head for each tour slot. A slot is a tour without a fixed vehicle: it has a
kind, which may change at any time while vehicles of that kind are left. Slot number `slots` is where absent
stops are: it has no room.
"""

from typing import Final, NamedTuple

from routing.kernels.layout import Int, Real, Short, Single

# Rows of LeanState.node.
SUCC: Final = 0
PRED: Final = 1
SLOT: Final = 2
READY: Final = 3  # earliest departure
LATEST: Final = 4  # latest arrival that keeps the rest in time
SAVED: Final = 5  # rows before this one are logged and taken back
SEEN: Final = 5  # iteration that changed the node last
CHANGED: Final = 6  # 1 while the node stands in the list of changes since the best solution
NODE_ROWS: Final = 7

# Columns of LeanState.slot.
ROOM: Final = 0
SIZE: Final = 1
SORT: Final = 2  # kind of vehicle
SLOT_SAVED: Final = 3
SLOT_SEEN: Final = 3
SLOT_COLUMNS: Final = 4

# Rows of LeanState.lists; POOL is that of `routing.kernels.layout`.
LEFT_OUT: Final = 0
LEFT_OUT_AT: Final = 1
CHANGES: Final = 2
BEST_SUCC: Final = 3
BEST_SORT: Final = 4
SPOTS: Final = 6  # scratch: near stops whose tour has room
LEAN_LISTS: Final = 7

# Entries of LeanState.counts.
ABSENT: Final = 0
LOGGED: Final = 1
SLOTS_LOGGED: Final = 2
USED: Final = 3
STAMP: Final = 4
LATE_TOURS: Final = 5
POOLED: Final = 6
UNTIL_BLINK: Final = 7
CHANGE_COUNT: Final = 8
FIRST_FREE: Final = 9  # no slot before this one is empty
SLOTS_USED: Final = 10  # no slot from this one on was ever used
GROWING: Final = 11  # 1 while stops may go where their tour then needs a larger vehicle
LEAN_COUNTS: Final = 12


class LeanState(NamedTuple):
    """What the lean search changes. n stops, t slots, k kinds, N = n + t nodes."""

    node: Short  # [NODE_ROWS, N]
    leg: Single  # [N] distance from the node to its successor, as cost of the first kind
    log: Short  # [N, 1 + SAVED] node and its columns before this iteration
    leg_log: Single  # [N]
    slot: Int  # [t + 1, SLOT_COLUMNS]
    way: Real  # [t + 1] sum of the legs
    slot_log: Int  # [t + 1, 1 + SLOT_SAVED]
    way_log: Real  # [t + 1]
    unused: Int  # [k] vehicles of the kind that are not used
    unit: Real  # [k] cost of a unit of distance
    lists: Int  # [LEAN_LISTS, longest list]
    counts: Int  # [LEAN_COUNTS]
    cost: Real  # [COSTS]
    key: Real  # [n] scratch: order of insertion
    place: Short  # [2 N] scratch: nodes that a stop may follow
    place_price: Single  # [2 N] scratch: what that costs
    random: Int  # [1]
