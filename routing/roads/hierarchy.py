"""Shortest paths on edges and turns by customizable contraction hierarchies (RoutingKit).

A weight is the duration in ticks plus a tiny price for length, so that ties go to the shorter road. Three
prices (0, 1 and 2 ticks per dm) tell the length of the fastest path without unpacking it: the least cost is a
concave function of the price, and its slope is the length wherever both steps agree. Where they do not, two
roads are equally fast within the price, and that pair is unpacked.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from routingkit_cch import CCH, CCHManyToOne, CCHMetric, CCHOneToMany, CCHQuery

from routing.roads.geometry import Float, Int
from routing.roads.network import RoadNetwork
from routing.roads.snapping import Snapped

Ticks = NDArray[np.int64]
PRICES = (0, 1, 2)
"""Ticks per dm."""
PATH_PRICE = 1
_COARSE_TICKS_PER_S = 100.0
_FINEST_TICKS_PER_S = 1e6
# RoutingKit counts in 32 bits and takes 2^31 - 1 for infinite; the rest is for the price of length.
_LIMIT_TICKS = 1.8e9


class Hierarchy:
    """The contracted network of one set of durations; made once per network and kept with it."""

    def __init__(self, network: RoadNetwork) -> None:
        self.network = network
        self._cch = CCH(network.order.tolist(), network.turn_from.tolist(), network.turn_to.tolist(), False)
        self._metrics: dict[int, CCHMetric] = {}
        self._turn_start = np.searchsorted(network.turn_from, np.arange(len(network.edge_piece) + 1))
        self.edge_dm = np.rint(network.edge_length_m * 10).astype(np.int64)
        self._count_in(_COARSE_TICKS_PER_S)
        # The finer the ticks, the rarer two roads are equally fast within the price of length.
        self._count_in(min(_FINEST_TICKS_PER_S, _LIMIT_TICKS / self._longest_trip_s()))

    def _count_in(self, ticks_per_s: float) -> None:
        self.ticks_per_s = ticks_per_s
        self.edge_ticks = np.rint(self.network.edge_duration_s * ticks_per_s).astype(np.int64)
        self.turn_ticks = np.rint(self.network.turn_s * ticks_per_s).astype(np.int64)
        self._metrics.clear()

    def _longest_trip_s(self) -> float:
        """No trip takes longer than the way to some edge from anywhere and on from there to anywhere."""
        everywhere = list(range(len(self.network.edge_piece)))
        metric = self.metric(0)
        out = CCHOneToMany(metric, everywhere).distances_from(0)
        back = CCHManyToOne(metric, everywhere).distances_to(0)
        longest = max(ticks or 0 for ticks in out) + max(ticks or 0 for ticks in back)
        return longest / self.ticks_per_s + 4 * float(self.network.edge_duration_s.max()) + 600.0

    def metric(self, price: int) -> CCHMetric:
        """The contraction customised for one price of length."""
        if price not in self._metrics:
            to = self.network.turn_to
            weights = self.turn_ticks + self.edge_ticks[to] + price * self.edge_dm[to]
            self._metrics[price] = CCHMetric(self._cch, weights.tolist())
        return self._metrics[price]

    @cached_property
    def longest_edge(self) -> tuple[int, int]:
        """The largest edge in ticks and in dm: an offset that keeps costs at targets above 0."""
        return int(self.edge_ticks.max()), int(self.edge_dm.max())

    def behind(self, edge: Int, share: Float) -> tuple[Ticks, Ticks]:
        """Ticks and dm of the part of an edge that lies behind a point."""
        return np.rint(self.edge_ticks[edge] * share).astype(np.int64), np.rint(
            self.edge_dm[edge] * share
        ).astype(np.int64)

    def starts(self, edge: Int, share: Float, price: int) -> list[tuple[int, int]]:
        """Where one can be after leaving a point: the next edges, each with the cost up to its end."""
        costs: dict[int, int] = {}
        ticks, dm = self.behind(edge, share)
        for one, gone in zip(edge.tolist(), (ticks + price * dm).tolist(), strict=True):
            if one < 0:
                continue
            left = int(self.edge_ticks[one] + price * self.edge_dm[one]) - gone
            turns = slice(int(self._turn_start[one]), int(self._turn_start[one + 1]))
            others = self.network.turn_to[turns]
            weights = self.turn_ticks[turns] + self.edge_ticks[others] + price * self.edge_dm[others] + left
            for other, weight in zip(others.tolist(), weights.tolist(), strict=True):
                costs[other] = min(weight, costs.get(other, weight))
        return list(costs.items())

    def costs(self, snapped: Snapped, price: int) -> Float:
        """Least cost [n, n] in ticks from every point to every point, infinite where there is no way."""
        many = CCHOneToMany(self.metric(price), np.maximum(snapped.edge, 0).reshape(-1).tolist())
        ticks, dm = self.behind(snapped.edge, snapped.share)
        unused = self.edge_ticks[snapped.edge] + price * self.edge_dm[snapped.edge] - (ticks + price * dm)
        unused = np.where(snapped.edge >= 0, unused, 0)
        result = np.empty((len(snapped), len(snapped)))
        closed = (snapped.edge < 0).reshape(-1)
        for row in range(len(snapped)):
            answer = many.distances_from_multi(self.starts(snapped.edge[row], snapped.share[row], price))
            reached = np.array(answer, dtype=np.float64)
            reached[np.isnan(reached) | closed] = np.inf
            result[row] = (reached.reshape(-1, 2) - unused).min(axis=1)
        direct = self._direct(snapped, price)
        return np.minimum(result, direct, out=result)

    def _direct(self, snapped: Snapped, price: int) -> Float:
        """Cost along one and the same edge when the target lies ahead on it, else infinite."""
        result = np.full((len(snapped), len(snapped)), np.inf)
        ticks, dm = self.behind(snapped.edge, snapped.share)
        at = ticks + price * dm
        one, other = np.nonzero(snapped.piece[:, None] == snapped.piece[None, :])
        for way in (0, 1):
            ahead = snapped.share[other, way] >= snapped.share[one, way]
            ahead &= (snapped.edge[one, way] >= 0) & (snapped.edge[other, way] >= 0)
            pair = one[ahead], other[ahead]
            result[pair] = np.minimum(result[pair], (at[other, way] - at[one, way])[ahead])
        return result

    def edges_between(self, query: CCHQuery, a: Snapped, b: Snapped) -> tuple[int, Sequence[int]]:
        """Cheapest way from point `a` to point `b`: its cost and edges, first and last only partly driven.

        No edges when there is no way.
        """
        direct = self._direct(_joined(a, b), PATH_PRICE)[0, 1]
        ticks, dm = self.longest_edge
        shift = ticks + PATH_PRICE * dm
        gone_ticks, gone_dm = self.behind(b.edge[0], b.share[0])
        gone = (gone_ticks + PATH_PRICE * gone_dm).tolist()
        targets = []
        for edge, part in zip(b.edge[0].tolist(), gone, strict=True):
            if edge >= 0:
                whole = int(self.edge_ticks[edge] + PATH_PRICE * self.edge_dm[edge])
                targets.append((edge, shift - whole + part))
        found = query.run_multi(self.starts(a.edge[0], a.share[0], PATH_PRICE), targets)
        cost = np.inf if found.distance is None else found.distance - shift
        if direct <= cost:
            return (int(direct), [self._shared_edge(a, b)]) if np.isfinite(direct) else (0, [])
        return int(cost), [self._first_edge(a, found.node_path[0]), *found.node_path]

    def _shared_edge(self, a: Snapped, b: Snapped) -> int:
        ahead = (b.share[0] >= a.share[0]) & (a.edge[0] >= 0) & (b.edge[0] >= 0)
        return int(a.edge[0][int(np.argmax(ahead))])

    def _first_edge(self, a: Snapped, second: int) -> int:
        """The edge on which point `a` is left towards edge `second`, the cheaper when both lead there."""
        best: tuple[float, int] = (np.inf, -1)
        for edge, share in zip(a.edge[0].tolist(), a.share[0].tolist(), strict=True):
            if edge >= 0:
                turns = slice(int(self._turn_start[edge]), int(self._turn_start[edge + 1]))
                places = np.flatnonzero(self.network.turn_to[turns] == second)
                if len(places):
                    left = (1.0 - share) * float(self.edge_ticks[edge] + PATH_PRICE * self.edge_dm[edge])
                    best = min(best, (left + float(self.turn_ticks[turns][places[0]]), edge))
        return best[1]


def _joined(a: Snapped, b: Snapped) -> Snapped:
    return Snapped(
        *(np.concatenate((getattr(a, name), getattr(b, name))) for name in Snapped.__dataclass_fields__)
    )
