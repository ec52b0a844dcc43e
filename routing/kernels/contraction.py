"""A customisable contraction hierarchy: the kernels, on flat arrays of one width.

Vertices are numbered in the order of contraction. Contracting a vertex joins its upper neighbours by arcs,
so the upper neighbours of each lie on its way to the root of the elimination tree, and a shortest path climbs
from its start and descends to its end within the ancestors of both. `up[a]` is the weight of arc a from its
lower to its upper end, `down[a]` against it.
Dibbelt, Strasser, Wagner: Customizable Contraction Hierarchies (2014).
"""

import numpy as np
from numpy.typing import NDArray

from routing.kernels.jit import entry

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

NEVER = 1 << 60
"""The weight of an arc on which one cannot go; two of them still fit into 64 bits."""
_ROWS = 8  # of the result together: the costs of one vertex are then read once for all of them


@entry
def fill(
    first: int,
    start: Longs,
    head: Ints,
    up_start: Longs,
    up_head: Ints,
    first_child: Ints,
    next_child: Ints,
    mark: Ints,
) -> int:
    """Contract the vertices from `first` on: writes their upper neighbours, unsorted.

    Vertex v had the upper neighbours head[start[v]:start[v + 1]] before. Returns the number of vertices, or
    the vertex at which `up_head` was full, to go on with a longer one.
    """
    count = len(start) - 1
    for v in range(first, count):
        begin = up_start[v]
        need = start[v + 1] - start[v]
        child = first_child[v]
        while child >= 0:
            need += up_start[child + 1] - up_start[child]
            child = next_child[child]
        if begin + need > len(up_head):
            return v
        mark[v] = v
        at, lowest = begin, count
        for k in range(start[v], start[v + 1]):
            w = head[k]
            if mark[w] != v:
                mark[w] = v
                up_head[at] = w
                at += 1
                lowest = min(lowest, w)
        child = first_child[v]
        while child >= 0:
            for k in range(up_start[child], up_start[child + 1]):
                w = up_head[k]
                if mark[w] != v:
                    mark[w] = v
                    up_head[at] = w
                    at += 1
                    lowest = min(lowest, w)
            child = next_child[child]
        up_start[v + 1] = at
        if lowest < count:
            next_child[v] = first_child[lowest]
            first_child[lowest] = v
    return count


@entry
def customise(
    up_start: Longs,
    up_head: Ints,
    low_start: Longs,
    low_tail: Ints,
    low_arc: Ints,
    up: Longs,
    down: Longs,
    via_up: Ints,
    via_down: Ints,
    place: Ints,
) -> None:
    """Lower each arc's weights to the cheapest way over lower vertices, and note the vertex it goes over."""
    for x in range(len(up_start) - 1):
        for a in range(up_start[x], up_start[x + 1]):
            place[up_head[a]] = a
        for k in range(low_start[x], low_start[x + 1]):
            v, vx = low_tail[k], low_arc[k]
            to_v, from_v = down[vx], up[vx]
            if to_v >= NEVER and from_v >= NEVER:
                continue
            for vy in range(vx + 1, up_start[v + 1]):
                xy = place[up_head[vy]]
                there = to_v + up[vy]
                if there < up[xy]:
                    up[xy] = there
                    via_up[xy] = v
                back = down[vy] + from_v
                if back < down[xy]:
                    down[xy] = back
                    via_down[xy] = v


@entry
def number(parent: Ints, size: Ints, begin: Ints, cursor: Ints) -> None:
    """Walk the elimination tree from its roots: the number of each vertex and the size of its subtree.

    `size` begins with ones; a subtree holds the numbers from begin[v] to begin[v] + size[v].
    """
    for v in range(len(parent)):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    at = 0
    for v in range(len(parent) - 1, -1, -1):
        above = parent[v]
        if above < 0:
            begin[v] = at
            at += size[v]
        else:
            begin[v] = cursor[above]
            cursor[above] += size[v]
        cursor[v] = begin[v] + 1


@entry
def climb(starts: Ints, parent: Ints, seen: NDArray[np.bool_], found: Ints) -> int:
    """All ancestors of some vertices and they themselves, each once; returns how many."""
    count = 0
    for k in range(len(starts)):
        v = starts[k]
        while v >= 0 and not seen[v]:
            seen[v] = True
            found[count] = v
            count += 1
            v = parent[v]
    return count


@entry
def sweep(
    vertices: Ints,
    place: Ints,
    low: Ints,
    high: Ints,
    offset: Longs,
    up_start: Longs,
    up_head: Ints,
    weight: Longs,
    cost: Longs,
) -> None:
    """Carry the costs of many lanes upwards at once.

    `vertices` rise and hold all their ancestors, `place` is their row. Row i holds the costs of the lanes
    low[i] to high[i] from cost[offset[i]] on; a vertex has at least the lanes of those below it.
    """
    for i in range(len(vertices)):
        v = vertices[i]
        width, here = high[i] - low[i], offset[i]
        for a in range(up_start[v], up_start[v + 1]):
            step = weight[a]
            if step < NEVER:
                j = place[up_head[a]]
                there = offset[j] + low[i] - low[j]
                for k in range(width):
                    cost[there + k] = min(cost[there + k], cost[here + k] + step)


@entry
def meet(
    first: int,
    last: int,
    low: Ints,
    high: Ints,
    offset: Longs,
    leaving: Longs,
    arriving: Longs,
    result: NDArray[np.int64],
) -> None:
    """The cheapest meeting place of the lanes first to last with every lane: result [lanes, lanes]."""
    for block in range(first, last, _ROWS):
        end = min(block + _ROWS, last)
        for i in range(len(low)):
            here = offset[i] - low[i]
            for s in range(max(low[i], block), min(high[i], end)):
                so_far = leaving[here + s]
                if so_far < NEVER:
                    for t in range(low[i], high[i]):
                        result[s, t] = min(result[s, t], so_far + arriving[here + t])


@entry
def trace(
    vertex: int,
    vertices: Ints,
    place: Ints,
    low_start: Longs,
    low_tail: Ints,
    low_arc: Ints,
    weight: Longs,
    begun: Longs,
    cost: Longs,
    chain: Ints,
) -> int:
    """The vertices through which one lane climbed to `vertex`, downwards; returns how many.

    `begun` and `cost` are the costs of all rows before and after the sweep.
    """
    count, x = 0, vertex
    while True:
        chain[count] = x
        count += 1
        row = place[x]
        if begun[row] == cost[row]:
            return count
        for k in range(low_start[x], low_start[x + 1]):
            v = low_tail[k]
            at = place[v]
            if 0 <= at < len(vertices) and vertices[at] == v and cost[at] + weight[low_arc[k]] == cost[row]:
                x = v
                break


@entry
def unpack(
    tail: int,
    head: int,
    up_start: Longs,
    up_head: Ints,
    via_up: Ints,
    via_down: Ints,
    stack: Ints,
    path: Ints,
) -> int:
    """Vertices of the arc from `tail` to `head` behind `tail`, in order; returns how many."""
    count, depth = 0, 2
    stack[0], stack[1] = tail, head
    while depth:
        end, begin = stack[depth - 1], stack[depth - 2]
        depth -= 2
        low, high = min(begin, end), max(begin, end)
        a, b = up_start[low], up_start[low + 1] - 1
        while a < b:
            middle = (a + b) // 2
            if up_head[middle] < high:
                a = middle + 1
            else:
                b = middle
        via = via_up[a] if begin < end else via_down[a]
        if via < 0:
            path[count] = end
            count += 1
        else:
            stack[depth], stack[depth + 1] = via, end
            stack[depth + 2], stack[depth + 3] = begin, via
            depth += 4
    return count
