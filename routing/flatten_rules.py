"""Arrays of what only the rich kernels know: permissions, groups, order, releases, chambers and sites."""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from routing.errors import RoutingError
from routing.kernels import layout
from routing.permissions import permitted
from routing.pricing import liking
from routing.problem import Load, Objective, Problem, Stop, UnderWay, Vehicle
from routing.ticks import Ticks

_MOST_SITES = 62  # bits of a whole number


def is_ruled(problem: Problem) -> bool:
    """Whether stops or the objective ask for more than room, time and money."""
    weighs = problem.objective != Objective(vehicles_first=problem.objective.vehicles_first)
    cars = {id(car): car for car in problem.vehicles}.values()
    chosen = any(site.fractions is not None for site in problem.disposal_sites)
    return weighs or chosen or any(car.chambers for car in cars) or any(map(_asks, problem.stops))


def _asks(stop: Stop) -> bool:
    named = stop.vehicles is not None or stop.days is not None or stop.side is not None
    return bool(named or stop.skills or stop.limits or stop.group or stop.after is not None)


def named_by(problem: Problem) -> list[Hashable]:
    """For each vehicle what stops say of it by its index: vehicles that differ in it are not equal."""
    named: list[list[tuple[str, int]]] = [[] for _ in problem.vehicles]
    for index, stop in enumerate(problem.stops):
        for vehicle in stop.vehicles or ():
            named[vehicle].append(("only", index))
        if stop.usual_vehicle is not None and problem.objective.stability:
            named[stop.usual_vehicle].append(("usual", index))
    return [tuple(one) for one in named]


def rule_rows(problem: Problem, stop_order: NDArray[np.int64], ticks: Ticks) -> NDArray[np.int64]:
    """Data.rule [RULE_ROWS, n] for the kernels' stops, which are the problem's in `stop_order`."""
    rows = np.full((layout.RULE_ROWS, len(stop_order)), -1, dtype=np.int64)
    rows[layout.SIBLING] = np.arange(len(stop_order))
    here = {original: stop for stop, original in enumerate(stop_order.tolist())}
    groups: dict[str, list[int]] = defaultdict(list)
    for stop, original in enumerate(stop_order.tolist()):
        wish = problem.stops[original]
        if wish.group:
            groups[wish.group].append(stop)
        if wish.after is not None:
            earlier = here[wish.after]
            rows[layout.BEFORE, stop] = earlier
            rows[layout.NEXT_FOLLOWER, stop] = rows[layout.FOLLOWER, earlier]
            rows[layout.FOLLOWER, earlier] = stop
        rows[layout.RELEASE, stop] = ticks.moment(wish.release_s) if wish.release_s > 0 else -layout.LATE
        rows[layout.SITES, stop] = accepting(problem, wish.loads)
    for number, members in enumerate(groups.values()):
        rows[layout.GROUP, members] = number
        rows[layout.SIBLING, members] = np.roll(members, -1)
    return rows


def accepting(problem: Problem, loads: Sequence[Load]) -> int:
    """Bits of the disposal sites that accept all fractions of the loads."""
    sites = problem.disposal_sites
    if all(site.fractions is None for site in sites):
        return -1
    if len(sites) > _MOST_SITES:
        raise RoutingError(
            f"disposal_sites: {len(sites)}: expected at most {_MOST_SITES} where some refuse fractions"
        )
    fractions = {load.fraction for load in loads}
    taking = (k for k, site in enumerate(sites) if site.fractions is None or fractions <= set(site.fractions))
    return sum(1 << k for k in taking)


def likings(
    problem: Problem, firsts: Sequence[int], stop_order: NDArray[np.int64], scale: float
) -> NDArray[np.float64]:
    """Data.liking [k, n], whole; `firsts`: index in the problem of one vehicle of each kind."""
    found = np.zeros((len(firsts), len(stop_order)))
    if not is_ruled(problem):
        return found
    for kind, vehicle in enumerate(firsts):
        for stop, original in enumerate(stop_order.tolist()):
            if not permitted(problem, vehicle, original):
                found[kind, stop] = layout.FAR
            else:
                found[kind, stop] = round(liking(problem, vehicle, original) * scale)
    return found


def mandatory(problem: Problem, stop_order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of the kernels' stops [n] those that must be served, they or another of their group."""
    needed = {stop.group for stop in problem.stops if stop.prize is None and stop.group}
    chosen = (problem.stops[original] for original in stop_order)
    return np.array([stop.prize is None or stop.group in needed for stop in chosen], dtype=np.bool_)


def group_prices(problem: Problem, stop_order: NDArray[np.int64], prices: NDArray[np.float64]) -> None:
    """Give all stops of a group one price: the least if all are optional, else that of a mandatory one."""
    members: dict[str, list[int]] = defaultdict(list)
    for stop, original in enumerate(stop_order.tolist()):
        if problem.stops[original].group:
            members[problem.stops[original].group].append(stop)
    for stops in members.values():
        must = any(problem.stops[stop_order[stop]].prize is None for stop in stops)
        prices[stops] = prices[stops].max() if must else prices[stops].min()


class Amounts:
    """Demands and rooms in the dimensions of the kernels: those of the problem, then each kind of chamber's.

    demand: [n, D] in the problem's order of stops. room: [CAPACITY_ROWS, v, D] for the given vehicles.
    """

    def __init__(self, problem: Problem, vehicles: Sequence[Vehicle]) -> None:
        self._problem = problem
        chambers = {chamber.fractions for vehicle in vehicles for chamber in vehicle.chambers}
        self._chambers = sorted(chambers)
        self.demand = np.hstack(
            [problem.demands, *(self._taken_by(fractions) for fractions in self._chambers)]
        )
        rows: dict[int, list[list[float]]] = {}
        for vehicle in vehicles:
            if id(vehicle) not in rows:
                rows[id(vehicle)] = self._room(vehicle)
        self.room = np.array([rows[id(vehicle)] for vehicle in vehicles]).transpose(1, 0, 2)

    def _taken_by(self, fractions: Sequence[str]) -> NDArray[np.float64]:
        """What each stop puts into a chamber of these fractions [n, d]."""
        problem = self._problem
        rows = [problem.pressed(_of(stop.loads, fractions)) for stop in problem.stops]
        return np.array(rows, dtype=np.float64).reshape(len(rows), problem.dimensions)

    def _room(self, vehicle: Vehicle) -> list[list[float]]:
        """Capacity, limit of the day, on board at the start and collected before planning [4, D]."""
        dimensions, now = self._problem.dimensions, vehicle.under_way or UnderWay()
        endless, nothing = [math.inf] * dimensions, [0.0] * dimensions
        rows = [
            list(vehicle.capacity),
            list(vehicle.max_load or endless),
            list(self._problem.pressed(now.loads) if now.loads else now.load or nothing),
            list(now.day_load or nothing),
        ]
        own = {chamber.fractions: chamber.capacity for chamber in vehicle.chambers}
        for fractions in self._chambers:
            rows[layout.TRIP_LOAD] += own.get(fractions, endless)
            rows[layout.DAY_LOAD] += endless
            held = self._problem.pressed(_of(now.loads, fractions)) if fractions in own else nothing
            rows[layout.START_LOAD] += held
            rows[layout.START_DAY] += nothing
        return rows


def _of(loads: Sequence[Load], fractions: Sequence[str]) -> list[Load]:
    return [load for load in loads if load.fraction in fractions]
