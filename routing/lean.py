"""Arrays of the lean kernel: for which problems it serves, and its empty solution."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from routing.flatten import Flat, start_of_random
from routing.kernels import lean_layout as lean
from routing.kernels.layout import (
    CLOSES,
    COST_CLASS,
    COSTS,
    FAR,
    FIXED,
    OPENS,
    PRIZES,
    START_ROW,
    TIMED,
    TRIP_LOAD,
    Data,
    Real,
)
from routing.problem import Objective, Problem, Stop, Vehicle

_STOP = {"location", "demand", "service_s", "windows", "prize", "name"}
_VEHICLE = {"start", "end", "capacity", "shift", "fixed_cost", "cost_per_m", "name"}
_COMMON = ("start", "end", "shift")  # what all vehicles must share
_NOWHERE_ROOM = -(1 << 60)


def is_lean(problem: Problem) -> bool:
    """Whether the lean kernel knows everything that the problem asks for."""
    depot = problem.vehicles[0].start
    cars = list({id(car): car for car in problem.vehicles}.values())
    return bool(
        problem.dimensions == 1
        and not (problem.disposal_sites or problem.profiles or problem.locks)
        and problem.objective == Objective()
        and cars[0].end == depot
        and problem.distance_m[depot, depot] == 0
        and all(_asks_only(car, _VEHICLE) and car.cost_per_m > 0 for car in cars)
        and all(getattr(car, name) == getattr(cars[0], name) for car in cars for name in _COMMON)
        and all(_asks_only(stop, _STOP) and len(stop.windows) <= 1 for stop in problem.stops)
    )


def is_plain(data: Data) -> bool:
    """Whether equal vehicles serve every stop, only capacity bounds them, and both ways cost the same."""
    return bool(
        data.traits[TIMED] == 0
        and data.traits[PRIZES] == 0
        and len(data.kind_first) == 2
        and np.shares_memory(data.cost, data.cost_back)
    )


def _asks_only(thing: Stop | Vehicle, known: set[str]) -> bool:
    """Whether all fields but the known ones are as they are by default."""
    return all(field.name in known or getattr(thing, field.name) == field.default for field in fields(thing))


def price_alone(data: Data, unit: Real) -> None:
    """Fill Data.solo [k, n]: cost of a tour of one stop, FAR where a vehicle of the kind cannot do it."""
    stops = len(data.near)
    depot = data.vehicle[START_ROW, 0]
    way = data.cost[0, depot, :stops].astype(np.float64) + data.cost[0, :stops, depot]
    for kind, first in enumerate(data.kind_first[:-1].tolist()):
        cost = data.price[FIXED, first] + unit[kind] * way
        cost[data.demand[:, 0] > data.capacity[TRIP_LOAD, first, 0]] = FAR
        if data.traits[TIMED] == 1:
            start = np.maximum(data.vehicle[OPENS, 0] + data.drive[depot, :stops], data.window[:stops, 0, 0])
            home = start + data.service[:stops] + data.drive[:stops, depot]
            cost[(start > data.window[:stops, 0, 1]) | (home > data.vehicle[CLOSES, 0])] = FAR
        data.solo[kind] = cost


def new_lean_state(flat: Flat, seed: int) -> lean.LeanState:
    """An empty solution: every stop absent, every vehicle unused."""
    data = flat.data
    stops, slots = len(data.near), data.vehicle.shape[1]
    nodes = stops + slots
    node = np.zeros((lean.NODE_ROWS, nodes), dtype=np.int32)
    node[lean.SEEN] = -1
    node[lean.SUCC] = node[lean.PRED] = np.arange(nodes)
    node[lean.SLOT, :stops] = slots
    node[lean.SLOT, stops:] = np.arange(slots)
    slot = np.zeros((slots + 1, lean.SLOT_COLUMNS), dtype=np.int64)
    slot[:, lean.SLOT_SEEN] = -1
    slot[slots, lean.ROOM] = _NOWHERE_ROOM
    lists = np.zeros((lean.LEAN_LISTS, nodes), dtype=np.int64)
    lists[lean.LEFT_OUT_AT] = -1
    lists[lean.BEST_SUCC] = np.arange(nodes)
    counts = np.zeros(lean.LEAN_COUNTS, dtype=np.int64)
    first_of = data.kind_first[:-1]
    per_m = np.array([flat.cost_per_m[row] for row in data.vehicle[COST_CLASS, first_of]])
    return lean.LeanState(
        node=node,
        leg=np.zeros(nodes, dtype=np.float32),
        log=np.zeros((nodes, 1 + lean.SAVED), dtype=np.int32),
        leg_log=np.zeros(nodes, dtype=np.float32),
        slot=slot,
        way=np.zeros(slots + 1),
        slot_log=np.zeros((slots + 1, 1 + lean.SLOT_SAVED), dtype=np.int64),
        way_log=np.zeros(slots + 1),
        unused=np.diff(data.kind_first),
        unit=per_m / flat.cost_per_m[0],
        lists=lists,
        counts=counts,
        cost=np.full(COSTS, data.prize.sum()),
        key=np.zeros(stops),
        place=np.zeros(2 * nodes, dtype=np.int32),
        place_price=np.zeros(2 * nodes, dtype=np.float32),
        random=start_of_random(seed),
    )


def write_tours(data: Data, state: lean.LeanState, tours: Sequence[Sequence[int]]) -> None:
    """Make tours of equal vehicles that serve every stop the solution, and the best one.

    tours: stops of the kernels in order; no more of them than vehicles. Without windows.
    """
    depot, cost = len(data.near), data.cost[0]
    nodes = state.node.shape[1]
    state.node[lean.SUCC] = state.node[lean.PRED] = np.arange(nodes)
    state.leg[:] = 0.0
    state.slot[:-1, lean.SIZE] = 0
    state.way[:] = 0.0
    for slot, tour in enumerate(tours):
        ring = np.array([depot + slot, *tour])
        following = np.roll(ring, -1)
        state.node[lean.SUCC, ring] = following
        state.node[lean.PRED, following] = ring
        state.node[lean.SLOT, ring] = slot
        state.leg[ring] = cost[np.minimum(ring, depot), np.minimum(following, depot)]
        state.way[slot] = state.leg[ring].sum(dtype=np.float64)
        state.slot[slot, lean.SIZE] = len(tour)
        state.slot[slot, lean.SORT] = 0
        state.slot[slot, lean.ROOM] = data.capacity[TRIP_LOAD, 0, 0] - data.demand[ring[1:], 0].sum()
    used = len(tours)
    state.unused[0] = data.vehicle.shape[1] - used
    state.counts[[lean.USED, lean.FIRST_FREE]] = used
    state.counts[lean.SLOTS_USED] = max(state.counts[lean.SLOTS_USED], used)
    state.counts[[lean.ABSENT, lean.CHANGE_COUNT]] = 0
    state.lists[lean.LEFT_OUT_AT] = -1
    state.cost[:] = state.way.sum() + used * data.price[FIXED, 0]
    state.lists[lean.BEST_SUCC] = state.node[lean.SUCC]
    state.lists[lean.BEST_SORT] = 0
    state.node[lean.CHANGED] = 0
