"""Costs and shortest ways between points on edges and turns, by a contraction hierarchy.

One whole number holds both costs of a way: duration in ticks above, length in cm below. So the least cost is
the fastest way and among equally fast ones the shortest, sums stay exact, and one search gives both.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from routing.kernels import contraction
from routing.kernels.contraction import NEVER, Ints, Longs
from routing.roads.cache import keep_kernels
from routing.roads.geometry import Float, Int
from routing.roads.network import RoadNetwork

TICKS_PER_S = 10_000
CM_PER_M = 100
_CM_BITS = 30
"""Ways up to 10,700 km; 2^30 ticks, that is 29 h, fit above them."""
Seeds = Sequence[tuple[int, int]]
"""Edges, each with the cost up to its end."""


def cost_of(seconds: Float, metres: Float) -> Longs:
    """Duration and length as one cost."""
    ticks = np.rint(seconds * TICKS_PER_S).astype(np.int64)
    return (ticks << _CM_BITS) + np.rint(metres * CM_PER_M).astype(np.int64)


def seconds_of(cost: Longs) -> Float:
    """The duration in a cost, s."""
    return np.asarray((cost >> _CM_BITS) / TICKS_PER_S)


def metres_of(cost: Longs) -> Float:
    """The length in a cost, m."""
    return np.asarray((cost & ((1 << _CM_BITS) - 1)) / CM_PER_M)


class Hierarchy:
    """The contracted network with one set of durations."""

    def __init__(self, network: RoadNetwork) -> None:
        keep_kernels()
        self.network = network
        self.structure = network.structure
        self.edge_cost = cost_of(network.edge_duration_s, network.edge_length_m)
        self.turn_cost = cost_of(network.turn_s, np.zeros(len(network.turn_s)))
        made = self.structure
        arcs = len(made.up_head)
        self.up, self.down = np.full(arcs, NEVER), np.full(arcs, NEVER)
        """Weight of each arc to its upper end, and from there."""
        self._via_up, self._via_down = np.full(arcs, -1, dtype=np.int32), np.full(arcs, -1, dtype=np.int32)
        weight = self.turn_cost + self.edge_cost[network.turn_to]
        for weights, mine in ((self.up, made.turn_up), (self.down, ~made.turn_up)):
            chosen = mine & (made.turn_arc >= 0)
            weights[made.turn_arc[chosen]] = weight[chosen]
        contraction.customise(
            made.up_start,
            made.up_head,
            made.low_start,
            made.low_tail,
            made.low_arc,
            self.up,
            self.down,
            self._via_up,
            self._via_down,
            np.empty(len(made.rank), dtype=np.int32),
        )

    def behind(self, edge: Int, share: Float) -> Longs:
        """Cost of the part of an edge that lies behind a point."""
        network = self.network
        return cost_of(network.edge_duration_s[edge] * share, network.edge_length_m[edge] * share)

    def after(self, edge: int, left: int = 0) -> list[tuple[int, int]]:
        """Where one can be next: edges, each with the cost from the end of `edge` to its end, plus `left`."""
        turns = slice(*self.network.turn_start[edge : edge + 2].tolist())
        others = self.network.turn_to[turns]
        costs = self.turn_cost[turns] + self.edge_cost[others] + left
        return list(zip(others.tolist(), costs.tolist(), strict=True))

    def above(self, ranks: Ints) -> tuple[Ints, Ints]:
        """Ancestors of some ranks with themselves, rising, and the row of each rank among them."""
        made = self.structure
        found = np.empty(len(made.rank), dtype=np.int32)
        seen = np.zeros(len(made.rank), dtype=np.bool_)
        vertices = np.sort(found[: contraction.climb(ranks, made.parent, seen, found)])
        place = np.empty(len(made.rank), dtype=np.int32)
        place[vertices] = np.arange(len(vertices), dtype=np.int32)
        return vertices, place

    def search(self, starts: Seeds, ends: Seeds) -> tuple[int, list[int]]:
        """Cheapest way from an edge of `starts` to one of `ends`, with the costs of both ends added.

        Returns cost and edges; NEVER and no edges when there is no way.
        """
        if not starts or not ends:
            return NEVER, []
        leaving, arriving = _Climb(self, starts, self.up), _Climb(self, ends, self.down)
        common, one, other = np.intersect1d(
            leaving.vertices, arriving.vertices, assume_unique=True, return_indices=True
        )
        total = leaving.cost[one] + arriving.cost[other]
        if not len(total) or total.min() >= NEVER:
            return NEVER, []
        best = int(np.argmin(total))
        chain = [*leaving.chain(int(common[best]))[::-1], *arriving.chain(int(common[best]))[1:]]
        return int(total[best]), self.structure.edge[self._unpacked(chain)].tolist()

    def _unpacked(self, chain: list[int]) -> Ints:
        made = self.structure
        parts = [np.array(chain[:1], dtype=np.int32)]
        stack, path = (
            np.empty(2 * len(made.rank) + 4, dtype=np.int32),
            np.empty(len(made.rank), dtype=np.int32),
        )
        arcs = made.up_start, made.up_head, self._via_up, self._via_down
        for tail, head in pairwise(chain):
            parts.append(path[: contraction.unpack(tail, head, *arcs, stack, path)].copy())
        return np.concatenate(parts)


class _Climb:
    """The costs of all edges above some starts."""

    def __init__(self, hierarchy: Hierarchy, seeds: Seeds, weight: Longs) -> None:
        self._made, self._weight = hierarchy.structure, weight
        ranks = self._made.rank[[edge for edge, _ in seeds]]
        self.vertices, self._place = hierarchy.above(ranks)
        rows = len(self.vertices)
        self._begun = np.full(rows, NEVER)
        np.minimum.at(self._begun, self._place[ranks], [cost for _, cost in seeds])
        self.cost = self._begun.copy()
        lanes = np.zeros(rows, dtype=np.int32), np.ones(rows, dtype=np.int32), np.arange(rows, dtype=np.int64)
        arcs = self._made.up_start, self._made.up_head
        contraction.sweep(self.vertices, self._place, *lanes, *arcs, weight, self.cost)

    def chain(self, vertex: int) -> list[int]:
        """Ranks from `vertex` down to the start from which it is reached."""
        made, chain = self._made, np.empty(len(self.vertices), dtype=np.int32)
        below = made.low_start, made.low_tail, made.low_arc
        found = contraction.trace(
            vertex, self.vertices, self._place, *below, self._weight, self._begun, self.cost, chain
        )
        return [int(rank) for rank in chain[:found]]
