"""Arrays of the local and the genetic search, with nothing in them yet."""

import numpy as np

from routing.flatten import Flat, start_of_random
from routing.kernels import local_layout as local
from routing.kernels import population_layout as members
from routing.kernels.layout import CLOSES, FAR, FIXED, OPENS, TRIP_LOAD


def new_tours(flat: Flat, slots: int) -> local.Tours:
    """So many empty tours of vehicles of the first kind, every stop in none; to be laid by the kernels."""
    data = flat.data
    stops = len(data.near)
    nodes = stops + slots
    node = np.zeros((local.TOUR_NODE_ROWS, nodes), dtype=np.int64)
    node[local.NEXT] = node[local.PRIOR] = np.arange(nodes)
    node[local.OF, :stops] = -1
    node[local.OF, stops:] = np.arange(slots)
    node[local.TESTED] = -1
    home = np.array([0, 0, data.vehicle[OPENS, 0], data.vehicle[CLOSES, 0]])
    node[local.AHEAD : local.AHEAD + 4, stops:] = home[:, None]
    node[local.BEHIND : local.BEHIND + 4, stops:] = home[:, None]
    tour = np.zeros((slots, local.TOUR_COLUMNS), dtype=np.int64)
    tour[:, local.HOLDS] = data.capacity[TRIP_LOAD, 0, 0]
    length = np.zeros((slots, local.LENGTHS))
    length[:, local.UNIT] = 1.0
    length[:, local.OPENING] = data.price[FIXED, 0]
    lists = np.zeros((local.TOUR_LISTS, nodes), dtype=np.int64)
    lists[local.ORDER, :stops] = np.arange(stops)
    counts = np.zeros(local.TOUR_COUNTS, dtype=np.int64)
    counts[local.MOVES_LEFT] = 1 << 40
    counts[local.KINDS_OF_MOVES] = local.ALL_MOVES
    return local.Tours(
        node=node,
        way=np.zeros((local.WAY_ROWS, nodes)),
        tour=tour,
        length=length,
        lists=lists,
        counts=counts,
        price=np.array([1e6, 1e6, -1e-6, 0.0]),
    )


def new_population(stops: int, seed: int) -> members.Population:
    """No members yet."""
    places = members.ROOM_FOR + 1
    figure = np.zeros((places, members.FIGURES))
    figure[-1, members.COST] = FAR
    return members.Population(
        link=np.full((places, members.LINKS, stops), stops, dtype=np.int64),
        figure=figure,
        group=np.zeros(places, dtype=np.int64),
        apart=np.zeros((places, places), dtype=np.int64),
        lists=np.zeros((members.POPULATION_LISTS, stops), dtype=np.int64),
        counts=np.zeros(members.POPULATION_COUNTS, dtype=np.int64),
        close=np.zeros(members.CLOSE, dtype=np.int64),
        random=start_of_random(seed),
    )


def ground(flat: Flat) -> local.Ground:
    """What the local search needs to know of the problem."""
    data = flat.data
    stops = len(data.near)
    return local.Ground(
        near=data.near,
        cost=data.cost[0],
        drive=data.drive,
        demand=np.ascontiguousarray(data.demand[:, 0]),
        service=data.service[:stops],
        window=np.ascontiguousarray(data.window[:stops, 0]),
    )
