"""First tours by savings (Clarke and Wright, Scheduling of Vehicles from a Central Depot, 1964)."""

import numpy as np
from numpy.typing import NDArray

from routing.flatten import Flat
from routing.kernels.layout import TRIP_LOAD

Tours = list[list[int]]
"""Stops of the kernels in order, tour by tour."""


def savings_tours(flat: Flat) -> Tours:
    """Tours of equal vehicles that only capacity bounds, with the same ways there and back.

    All stops begin alone; the two ends that save most by following each other join their tours, as long as
    the load fits. Only pairs in `Data.near` are looked at.
    """
    room = int(flat.data.capacity[TRIP_LOAD, 0, 0])
    load = flat.data.demand[:, 0].tolist()
    tours = [[stop] for stop in range(len(load))]
    tour_of = list(range(len(load)))
    for one, other in _pairs(flat).tolist():
        first, second = tour_of[one], tour_of[other]
        if first == second or load[first] + load[second] > room:
            continue
        if not (_is_end(tours[first], one) and _is_end(tours[second], other)):
            continue
        if len(tours[first]) < len(tours[second]):
            first, second, one, other = second, first, other, one
        longer, shorter = tours[first], tours[second]
        if longer[-1] != one:
            longer.reverse()
        if shorter[0] != other:
            shorter.reverse()
        longer += shorter
        for stop in shorter:
            tour_of[stop] = first
        load[first] += load[second]
        tours[second] = []
    return [tour for tour in tours if tour]


def _is_end(tour: list[int], stop: int) -> bool:
    return stop in (tour[0], tour[-1])


def _pairs(flat: Flat) -> NDArray[np.int64]:
    """Pairs of near stops that save something, the largest saving first, [p, 2]."""
    near, cost = flat.data.near, flat.data.cost[0]
    depot = len(near)  # its row: with one depot and no disposal sites it comes right after the stops
    ones = np.repeat(np.arange(depot), near.shape[1])
    others = near.ravel().astype(np.int64)
    saved = cost[depot, ones] + cost[others, depot] - cost[ones, others]
    good = saved > 0
    order = np.argsort(-saved[good], kind="stable")
    return np.stack([ones[good][order], others[good][order]], axis=1)
