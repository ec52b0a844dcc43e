"""Distances and durations between all points of a set."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from routingkit_cch import CCHQuery

from routing.errors import RoutingError
from routing.roads.geometry import Float
from routing.roads.hierarchy import PATH_PRICE, PRICES, Hierarchy
from routing.roads.network import RoadNetwork
from routing.roads.snapping import Snapped


def matrices(network: RoadNetwork, snapped: Snapped) -> tuple[Float, Float]:
    """(distance_m [n, n], duration_s [n, n]) of the fastest way from each point to each; diagonal 0.

    Distances belong to the fastest way, not to the shortest. They agree with `path` to 0.1 m an edge.
    """
    if not len(snapped):
        return np.zeros((0, 0)), np.zeros((0, 0))
    hierarchy = network.hierarchy
    for price in PRICES:
        hierarchy.metric(price)
    # The search leaves Python's lock, so the three prices share the cores.
    with ThreadPoolExecutor(len(PRICES)) as pool:
        free, once, twice = pool.map(lambda price: hierarchy.costs(snapped, price), PRICES)
    if not np.isfinite(free).all():
        row, column = np.argwhere(~np.isfinite(free))[0].tolist()
        raise RoutingError(
            f"matrix: no way from point {row} to point {column}, expected points of one network"
        )
    length_dm = once - free
    doubtful = np.argwhere(twice - once != length_dm)
    query = CCHQuery(hierarchy.metric(PATH_PRICE))
    for row, column in doubtful.tolist():
        length_dm[row, column] = _length_dm(hierarchy, query, snapped[row], snapped[column])
    np.fill_diagonal(length_dm, 0.0)
    duration = (once - length_dm) / hierarchy.ticks_per_s
    np.fill_diagonal(duration, 0.0)
    return length_dm / 10.0, duration


def _length_dm(hierarchy: Hierarchy, query: CCHQuery, a: Snapped, b: Snapped) -> float:
    _, edges = hierarchy.edges_between(query, a, b)
    length = int(hierarchy.edge_dm[list(edges)].sum())
    for point, edge, part in ((a, edges[0], 0), (b, edges[-1], 1)):
        way = int(np.argmax(point.edge[0] == edge))
        gone = int(hierarchy.behind(point.edge[0], point.share[0])[1][way])
        length -= gone if part == 0 else int(hierarchy.edge_dm[edge]) - gone
    return float(length)
