"""Genetic search with local search, for the problems where it finds what annealing misses."""

import numpy as np

from routing.cache import entry
from routing.flatten import Flat
from routing.kernels import population_layout as members
from routing.kernels.layout import PRIZES, TIMED, Data, Int
from routing.kernels.local_layout import PER_TICK_LATE, PER_UNIT_OVER
from routing.local import ground, new_population, new_tours
from routing.near import cost_of_tick

_MOST_STOPS = 200  # beyond, children take too long
_NEAR = 20  # near stops beside which moves are tried
_FROM_NOTHING = 40  # solutions made from nothing before the first child
_PATIENCE = 20  # children a stop without a better solution after which it begins anew
_NOTHING: Int = np.zeros(0, dtype=np.int64)

Tours = list[list[int]]
"""Stops of the kernels in order, tour by tour."""


def is_bred(data: Data) -> bool:
    """Whether equal vehicles serve every stop, within windows, and children come quickly."""
    return bool(
        data.traits[TIMED] == 1
        and data.traits[PRIZES] == 0
        and len(data.kind_first) == 2
        and 1 < len(data.near) <= _MOST_STOPS
    )


class Breeding:
    """A population of solutions of one problem. Costs are scaled as in the arrays."""

    def __init__(self, flat: Flat, seed: int) -> None:
        data = flat.data
        stops = len(data.near)
        self._ground = ground(flat)
        self._board = new_tours(flat, min(stops, len(flat.vehicles)))
        self._members = new_population(stops, seed)
        cost, drive = data.cost[0], data.drive
        self._board.price[PER_TICK_LATE] = cost_of_tick(cost, drive, stops)
        self._board.price[PER_UNIT_OVER] = float(cost[:stops, :stops].max()) / max(1, int(data.demand.max()))
        self._idle = 0  # children since the best solution was found or it began anew
        self._breed(0, 0)

    def cost(self) -> float:
        """Of the best solution, FAR before there is one."""
        return float(self._members.figure[-1, members.COST])

    def tours(self) -> Tours:
        """The best solution."""
        after, before = self._members.link[-1].tolist()
        found = []
        for first in (stop for stop, ahead in enumerate(before) if ahead == len(before)):
            tour = [first]
            while after[tour[-1]] < len(after):
                tour.append(after[tour[-1]])
            found.append(tour)
        return found

    def bring(self, tours: Tours) -> None:
        """Improve a solution and make it a member."""
        from routing.kernels.genetic import IMPROVED

        lines = [number for tour in tours for number in (*tour, -1)]
        self._breed(IMPROVED, 1, np.array(lines, dtype=np.int64))

    def search(self, children: int) -> None:
        """So many children; a population that finds nothing better for long is replaced."""
        from routing.kernels.genetic import BORN, FOUND

        if not (self._members.group[:-1] != members.FREE).any():
            self._breed(FOUND, _FROM_NOTHING)
        known = self.cost()
        self._breed(BORN, children)
        self._idle = 0 if self.cost() < known else self._idle + children
        if self._idle > _PATIENCE * len(self._ground.near):
            self._members.group[:] = members.FREE
            self._idle = 0

    def _breed(self, phase: int, count: int, lines: Int = _NOTHING) -> None:
        entry("genetic")(self._ground, self._board, self._members, lines, phase, _NEAR, count)
