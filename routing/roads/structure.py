"""Which edges of a network are joined when they are contracted in order: the same for all durations."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from routing.kernels.contraction import Ints, Longs, fill, number
from routing.roads.cache import keep_kernels
from routing.roads.geometry import Int

_ARCS_PER_TURN = 4


@dataclass(frozen=True, eq=False)
class Structure:
    """Edges by their rank in the order of contraction, and the arcs from each to its upper neighbours."""

    rank: Int
    """[edges]"""
    edge: Int
    """[edges] edge of each rank."""
    up_start: Longs
    up_head: Ints
    """Upper neighbours of rank r, rising: up_head[up_start[r]:up_start[r + 1]]."""
    low_start: Longs
    low_tail: Ints
    low_arc: Ints
    """Lower neighbours of each rank, rising, and the arc from there."""
    turn_arc: Longs
    """[turns] arc of each turn; -1 for a turn from an edge into itself."""
    turn_up: NDArray[np.bool_]
    """[turns] the turn leads from the lower to the upper end of its arc."""
    lowest: Ints
    """[pieces] lowest rank among the edges of each piece."""

    @cached_property
    def parent(self) -> Ints:
        """Lowest upper neighbour of each rank, -1 at a root."""
        has = self.up_start[1:] > self.up_start[:-1]
        parent = np.full(len(has), -1, dtype=np.int32)
        parent[has] = self.up_head[self.up_start[:-1][has]]
        return parent

    @cached_property
    def span(self) -> tuple[Ints, Ints]:
        """Numbers of the tree walked from its roots: first of each rank's subtree, and one past the last."""
        size = np.ones(len(self.parent), dtype=np.int32)
        begin, cursor = np.zeros_like(size), np.zeros_like(size)
        number(self.parent, size, begin, cursor)
        return begin, begin + size


def structure(order: Int, edge_piece: Int, turn_from: Int, turn_to: Int) -> Structure:
    """Contract edges in `order`.

    The edges of one piece become neighbours, so that a vehicle that may leave a point either way climbs from
    one vertex: the other is above it.
    """
    keep_kernels()
    count = len(order)
    rank = np.empty(count, dtype=np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    by_piece = np.lexsort((rank, edge_piece))
    same = np.flatnonzero(edge_piece[by_piece[1:]] == edge_piece[by_piece[:-1]])
    one = rank[np.concatenate((turn_from, by_piece[same]))]
    other = rank[np.concatenate((turn_to, by_piece[same + 1]))]
    low, high = np.minimum(one, other), np.maximum(one, other)
    before = coo_array((low < high, (low, high)), shape=(count, count)).tocsr()
    before.eliminate_zeros()
    up_start, up_head = _filled(before.indptr.astype(np.int64), before.indices.astype(np.int32))
    arcs = csr_array((np.empty(len(up_head), dtype=np.int32), up_head, up_start), shape=(count, count))
    arcs.sort_indices()
    arcs.data = np.arange(len(up_head), dtype=np.int32)
    below = arcs.tocsc()
    up_head = arcs.indices.astype(np.int32)
    tail = np.repeat(np.arange(count, dtype=np.int64), np.diff(up_start))
    turns = len(turn_from)
    wanted = low[:turns].astype(np.int64) * count + high[:turns]
    arc = np.searchsorted(tail * count + up_head, wanted)
    return Structure(
        rank=rank,
        edge=order.astype(np.int32),
        up_start=up_start,
        up_head=up_head,
        low_start=below.indptr.astype(np.int64),
        low_tail=below.indices.astype(np.int32),
        low_arc=below.data,
        turn_arc=np.where(low[:turns] < high[:turns], arc, -1),
        turn_up=one[:turns] < other[:turns],
        lowest=rank[by_piece[np.append(0, np.flatnonzero(np.diff(edge_piece[by_piece])) + 1)]],
    )


def _filled(start: Longs, head: Ints) -> tuple[Longs, Ints]:
    """Upper neighbours of all ranks after contraction, unsorted."""
    count = len(start) - 1
    up_start = np.zeros(count + 1, dtype=np.int64)
    up_head = np.empty(_ARCS_PER_TURN * len(head) + count, dtype=np.int32)
    first_child, next_child, mark = (np.full(count, -1, dtype=np.int32) for _ in range(3))
    at = 0
    while True:
        at = fill(at, start, head, up_start, up_head, first_child, next_child, mark)
        if at == count:
            return up_start, up_head[: up_start[count]]
        up_head = np.concatenate((up_head, np.empty(len(up_head), dtype=np.int32)))
