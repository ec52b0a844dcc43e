"""An independent search over edges and turns, to compare costs with."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from routing.roads import RoadNetwork, Snapped


def searched_s(network: RoadNetwork, places: Snapped) -> NDArray[np.float64]:
    """Least durations [n, n] by Dijkstra; each place and direction is a node of its own."""
    edges, count = len(network.edge_piece), len(places)
    lane = 2 * network.edge_piece + np.where(network.edge_forward, 0, 1)
    edge, share = places.edge.reshape(-1), places.share.reshape(-1)
    rows, columns = [network.turn_from], [network.turn_to]
    cost = [network.turn_s + network.edge_duration_s[network.turn_to]]
    for start in np.flatnonzero(edge >= 0):
        out = np.flatnonzero(network.turn_from == edge[start])
        to = network.turn_to[out]
        rows.append(np.full(len(out), edges + start))
        columns.append(to)
        left_s = (1 - share[start]) * network.edge_duration_s[edge[start]]
        cost.append(left_s + network.turn_s[out] + network.edge_duration_s[to])
    ends = np.concatenate(rows), np.concatenate(columns)
    size = edges + 2 * count
    graph = coo_array((np.concatenate(cost), ends), shape=(size, size)).tocsr()
    to_edge_s = dijkstra(graph, indices=np.arange(edges, size))[:, :edges]
    # A place is reached on any edge that runs along its piece.
    late_s = np.full((2 * count, 2 * count), np.inf)
    for end in np.flatnonzero(edge >= 0):
        along = np.flatnonzero(lane == lane[edge[end]])
        late_s[:, end] = (
            to_edge_s[:, along].min(axis=1) - (1 - share[end]) * network.edge_duration_s[edge[end]]
        )
    same = (edge[:, None] == edge[None, :]) & (share[None, :] >= share[:, None])
    ahead_s = (share[None, :] - share[:, None]) * network.edge_duration_s[edge]
    result = np.where(same, np.minimum(late_s, ahead_s), late_s)
    result[(edge[:, None] < 0) | (edge[None, :] < 0)] = np.inf
    return np.asarray(result.reshape(count, 2, count, 2).min(axis=(1, 3)))
