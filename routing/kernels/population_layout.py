"""The arrays of the genetic search: solutions of the past, and how much they differ."""

from typing import Final, NamedTuple

from routing.kernels.layout import Int, Real

# Members, of which those that keep every rule and those that do not make a group each.
LEAST: Final = 25  # members that stay when a group has become too large
NEW: Final = 40  # further members until then
ROOM_FOR: Final = 2 * (LEAST + NEW + 1)

# What Population.group says of a place.
FREE: Final = 0
VALID: Final = 1
BROKEN: Final = 2

# Columns of Population.figure.
COST: Final = 0  # of ways and vehicles
OVER: Final = 1  # load that does not fit
LATE: Final = 2  # ticks turned back
PRICED: Final = 3  # cost with both at their prices
FITNESS: Final = 4  # rank by cost and by difference from others, small is good
APART: Final = 5  # mean difference from the members most alike
NEAREST: Final = 6  # difference from the one most alike
FIGURES: Final = 7
CLOSE: Final = 5  # members most alike that count

# Rows of Population.link.
AFTER: Final = 0  # stop that follows, n for none
BEFORE: Final = 1  # stop that comes before, n for none
LINKS: Final = 2

# Rows of Population.lists.
TOUR_OF: Final = 0  # scratch: tours of the two parents, stop by stop
OTHER_TOUR_OF: Final = 1
TAKEN: Final = 2  # scratch: 1 for tours that the child has from its first parent
DROPPED: Final = 3  # scratch: 1 for tours of the second that it has not
SIZES: Final = 4  # scratch: stops of the second parent's tours, and how many of them are taken
SHARED: Final = 5
POPULATION_LISTS: Final = 6

# Entries of Population.counts.
KEPT_LOAD: Final = 0  # children since the prices changed that keep the loads
KEPT_TIMES: Final = 1
CHILDREN: Final = 2  # children since the prices changed
POPULATION_COUNTS: Final = 3


class Population(NamedTuple):
    """What the genetic search remembers. n stops, m places for members and one for the best ever."""

    link: Int  # [m + 1, LINKS, n]
    figure: Real  # [m + 1, FIGURES]
    group: Int  # [m + 1]
    apart: Int  # [m + 1, m + 1] links in which two members of a group differ
    lists: Int  # [POPULATION_LISTS, n]
    counts: Int  # [POPULATION_COUNTS]
    close: Int  # [CLOSE] scratch: their differences
    random: Int  # [1]
