"""The arrays of the local search: tours with what their beginnings and ends come to, stop by stop.

Nodes as in `routing.kernels.lean_layout`: stops 0..n-1, then one head for each tour, which stands for both
its ends. A stop in no tour has -1 as its tour.
"""

from typing import Final, NamedTuple

from routing.kernels.layout import Int, Real, Short, Single

# Rows of Tours.node.
NEXT: Final = 0
PRIOR: Final = 1
OF: Final = 2  # tour
AT: Final = 3  # place in the tour, 0 for the head
LOAD: Final = 4  # amount from the head to the node
TESTED: Final = 5  # clock at which the stop was tried last
AHEAD: Final = 6  # stretch from the head to the node, four rows: see `routing.kernels.segments`
BEHIND: Final = 10  # stretch from the node to the head, alike
TOUR_NODE_ROWS: Final = 14

# Rows of Tours.way.
OUT: Final = 0  # length from the head to the node
BACK: Final = 1  # length of the same way backwards
WAY_ROWS: Final = 2

# Columns of Tours.tour.
LOADED: Final = 0  # amount of all stops
HOLDS: Final = 1  # capacity
WARP: Final = 2  # ticks turned back
STOPS: Final = 3
TOUCHED: Final = 4  # clock at which the tour changed last
ORIGIN: Final = 5  # above 0: tours with the same number were tried beside each other before
TOUR_COLUMNS: Final = 6

# Columns of Tours.length.
LONG: Final = 0  # length of the way
LONG_BACK: Final = 1  # length of the same way backwards
UNIT: Final = 2  # cost of a unit of length
OPENING: Final = 3  # cost of a tour with stops
LENGTHS: Final = 4

# Rows of Tours.lists.
LINE: Final = 0  # scratch: stops of a tour that is being written
OTHER_LINE: Final = 1
ORDER: Final = 2  # order in which the stops are tried
TOUR_LISTS: Final = 3

# Entries of Tours.counts.
CLOCK: Final = 0
MOVES: Final = 1  # moves made
MOVES_LEFT: Final = 2
EMPTY: Final = 3  # a tour without stops, -1 if there is none
KINDS_OF_MOVES: Final = 4  # bits
TOUR_COUNTS: Final = 5

# Entries of Tours.price.
PER_TICK_LATE: Final = 0  # cost of a tick turned back
PER_UNIT_OVER: Final = 1  # cost of a unit of load that does not fit
BELOW: Final = 2  # a move is made if its price is below this
TOTAL: Final = 3  # of all moves made
PRICES: Final = 4

# Bits of Tours.counts[KINDS_OF_MOVES].
EXCHANGE: Final = 1  # relocation and swap
TURN: Final = 2  # 2-opt
TAILS: Final = 4  # 2-opt*
ALL_MOVES: Final = 7


class Ground(NamedTuple):
    """What the local search never changes: a part of `routing.kernels.layout.Data`, one kind of everything.

    Few arrays, for each one costs time in every compiled function. n stops, then the depot.
    """

    near: Short  # [n, K] nearest stops, nearest first
    cost: Single  # [n + 1, n + 1] length of the way from row to column
    drive: Short  # [n + 1, n + 1] ticks, [1, 1] when nothing is timed
    demand: Int  # [n]
    service: Int  # [n] ticks
    window: Int  # [n, 2] ticks: opening and closing of the start of service


class Tours(NamedTuple):
    """What the local search changes. n stops, t tours, N = n + t nodes."""

    node: Int  # [TOUR_NODE_ROWS, N]
    way: Real  # [WAY_ROWS, N]
    tour: Int  # [t, TOUR_COLUMNS]
    length: Real  # [t, LENGTHS]
    lists: Int  # [TOUR_LISTS, N]
    counts: Int  # [TOUR_COUNTS]
    price: Real  # [PRICES]
