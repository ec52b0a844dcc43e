"""From a `Problem` to the arrays of the kernels: whole ticks, whole units, scaled costs.

Rounding is always to the safe side (driving and service up, closing times and capacities down), so that what
the kernels call feasible is feasible. Numbers that are whole, or have up to three decimals, stay exact.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.kernels import layout
from routing.kernels.layout import Data, State
from routing.order import side_by_side
from routing.problem import DisposalSite, LunchBreak, Problem, Stop, Vehicle, Window, WorkBreaks

_NEIGHBOURS = 100
_SCALES = (1.0, 10.0, 100.0, 1000.0)
_EXACT_SINGLE = float(1 << 24)  # whole numbers up to this are exact in float32
_MANY = 1 << 50  # an amount that no capacity bounds


@dataclass(frozen=True)
class Flat:
    """The arrays of a problem and the way back from them.

    vehicles: the kernels' vehicle -> index in the problem. cost_scale: kernel cost per unit of cost.
    stops: the kernels' stop -> index in the problem. cost_per_m: of each cost class.
    """

    data: Data
    vehicles: NDArray[np.int64]
    stops: NDArray[np.int64]
    cost_scale: float
    disposal_slots: int
    cost_per_m: tuple[float, ...]


def flatten(problem: Problem) -> Flat:
    """Arrays for the kernels; `Data.solo` is filled later by `routing.search`, it needs the kernels."""
    order, kinds = _group(problem.vehicles)
    vehicles = [problem.vehicles[index] for index in order]
    stop_order = side_by_side(problem.distance_m, [stop.location for stop in problem.stops])
    stops = [problem.stops[index] for index in stop_order]
    rows = _Rows(problem, stops, vehicles)
    classes = sorted({vehicle.cost_per_m for vehicle in vehicles})
    cost, cost_scale = _costs(problem, rows.locations, classes)
    ticks = _Ticks(problem, vehicles)
    amounts = _amount_scales(problem)
    traits = _traits(problem, vehicles)
    symmetric = len(cost) == 1 and np.array_equal(cost[0], cost[0].T)
    cost_back = cost if symmetric else np.ascontiguousarray(cost.transpose(0, 2, 1))
    sites = list(problem.disposal_sites)
    places: list[Stop | DisposalSite] = [*stops, *sites]
    prizes = [math.inf if stop.prize is None else stop.prize * cost_scale for stop in stops]
    mandatory = _mandatory_price(cost, vehicles, cost_scale, [p for p in prizes if math.isfinite(p)])
    width = max([1, *(len(place.windows) for place in places)])
    drive = ticks.drive(problem, rows.locations, timed=bool(traits[layout.TIMED]))
    price = np.array([[v.fixed_cost, v.cost_per_s * ticks.size_s] for v in vehicles]).T * cost_scale
    data = Data(
        traits=traits,
        near=_near(cost[0], drive, float(price[layout.PER_TICK].max()), len(stops)),
        cost=cost,
        cost_back=cost_back,
        drive=drive,
        demand=_whole(_demands(problem)[stop_order] * amounts, up=True),
        service=ticks.lengths(place.service_s for place in places),
        window=ticks.windows(places, width),
        prize=np.array([p if math.isfinite(p) else mandatory for p in prizes], dtype=np.float64),
        solo=np.zeros((len(kinds) - 1, len(stops))),
        kind_first=np.array(kinds, dtype=np.int64),
        vehicle=_vehicle_rows(vehicles, rows, ticks, classes),
        price=price,
        capacity=_capacities(vehicles, amounts),
        breaks=np.array([ticks.breaks(vehicle) for vehicle in vehicles], dtype=np.int64),
        site_row=np.array(rows.sites, dtype=np.int64),
        site_allowed=_allowed(problem, order),
    )
    slots = len(stops) + 2 if sites else 0
    data = Data(*map(np.ascontiguousarray, data))  # one memory layout: another would be compiled anew
    return Flat(data, np.array(order, dtype=np.int64), stop_order, cost_scale, slots, tuple(classes))


def new_state(flat: Flat, seed: int) -> State:
    """An empty solution: every stop absent, every vehicle at home."""
    data = flat.data
    stops, vehicles, slots = len(data.near), data.vehicle.shape[1], flat.disposal_slots
    nodes, sites = stops + vehicles + slots, max(1, len(data.site_row))
    node = np.full((layout.NODE_ROWS, nodes), -1, dtype=np.int64)
    heads = np.arange(stops, stops + vehicles, dtype=np.int64)
    node[:, heads] = heads
    node[layout.TOUR, heads] = np.arange(vehicles)
    node[layout.TRIP_NEXT] = -1
    for row, at in ((layout.ROW_IN, layout.END_ROW), (layout.ROW_OUT, layout.START_ROW)):
        node[row, :stops] = np.arange(stops)
        node[row, heads] = data.vehicle[at]
    lists = np.zeros((layout.LIST_ROWS, 2 * nodes + 2 * _NEIGHBOURS), dtype=np.int64)
    lists[layout.FREE, :slots] = np.arange(stops + vehicles, nodes)
    lists[[layout.LEFT_OUT, layout.LEFT_OUT_AT], :stops] = np.arange(stops)
    fleet = np.zeros((layout.FLEET_ROWS, vehicles), dtype=np.int64)
    fleet[layout.STAMPED] = -1
    count = np.zeros(layout.COUNTS, dtype=np.int64)
    count[layout.ABSENT], count[layout.FREE_SLOTS] = stops, slots
    dimensions = data.demand.shape[1]
    state = State(
        node=node,
        leg=np.zeros(nodes),
        trip_load=np.zeros((nodes, dimensions), dtype=np.int64),
        fleet=fleet,
        day_load=np.zeros((vehicles, dimensions), dtype=np.int64),
        time_cost=np.zeros(vehicles),
        lists=lists,
        log=np.zeros((6 * nodes + 1024, 5), dtype=np.int64),
        counts=count,
        cost=np.zeros(layout.COSTS),
        key=np.zeros(stops),
        spot_cost=np.zeros(lists.shape[1]),
        load=np.zeros(dimensions, dtype=np.int64),
        label_cost=np.zeros((stops + 2, sites)),
        label=np.zeros((layout.LABEL_ROWS, stops + 2, sites), dtype=np.int64),
        random=start_of_random(seed),
    )
    start, end = data.vehicle[layout.START_ROW], data.vehicle[layout.END_ROW]
    state.leg[heads] = data.cost[data.vehicle[layout.COST_CLASS], start, end]
    state.cost[:] = data.prize.sum() + state.leg[heads].sum()
    return state


def start_of_random(seed: int) -> NDArray[np.int64]:
    """A seed into 63 well-mixed bits that are not 0 (splitmix64, Steele et al. 2014)."""
    mask = (1 << 64) - 1
    z = (seed + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return np.array([((z ^ (z >> 31)) >> 1) or 1], dtype=np.int64)


def _group(vehicles: Sequence[Vehicle]) -> tuple[list[int], list[int]]:
    """Order that brings equal vehicles (names aside) together, and where each kind begins in it."""
    kinds: dict[object, list[int]] = {}
    known: dict[int, object] = {}
    for index, vehicle in enumerate(vehicles):
        key = known.get(id(vehicle))
        if key is None:
            key = tuple(value for name, value in vars(vehicle).items() if name != "name")
            known[id(vehicle)] = key
        kinds.setdefault(key, []).append(index)
    order = [index for members in kinds.values() for index in members]
    first = [0]
    for members in kinds.values():
        first.append(first[-1] + len(members))
    return order, first


class _Rows:
    """Rows of the kernels' matrices: one a stop, then one a location of depots and disposal sites."""

    def __init__(self, problem: Problem, chosen: Sequence[Stop], vehicles: Sequence[Vehicle]) -> None:
        stops = [stop.location for stop in chosen]
        places = [site.location for site in problem.disposal_sites]
        others = sorted({*(v.start for v in vehicles), *(v.end for v in vehicles), *places})
        row_of = {location: len(stops) + index for index, location in enumerate(others)}
        self.locations = np.array([*stops, *others], dtype=np.int64)
        self.starts = [row_of[vehicle.start] for vehicle in vehicles]
        self.ends = [row_of[vehicle.end] for vehicle in vehicles]
        self.sites = [row_of[place] for place in places]


def _spread_matrix(matrix: NDArray[np.float64], locations: NDArray[np.int64]) -> NDArray[np.float64]:
    return matrix[np.ix_(locations, locations)]


def _costs(
    problem: Problem, locations: NDArray[np.int64], per_m: Sequence[float]
) -> tuple[NDArray[np.float32], float]:
    """Cost of driving for each class [c, M, M] and the scale that makes it exact in float32, if one does."""
    distance = np.asarray(problem.distance_m, dtype=np.float64)
    largest = float(distance[np.isfinite(distance)].max(initial=0.0)) * max([1e-9, *per_m])
    sample = distance if distance.size < 1_000_000 else distance[:: max(1, len(distance) // 500)]
    sample = sample[np.isfinite(sample)]
    scale = next((s for s in _SCALES if all(_is_whole(sample * p * s) for p in per_m)), None)
    if scale is None or largest * scale > _EXACT_SINGLE:
        scale = 1.0
    cost = np.empty((len(per_m), len(locations), len(locations)), dtype=np.float32)
    for index, price in enumerate(per_m):
        exact = _spread_matrix(distance, locations) * (price * scale)
        exact[~np.isfinite(exact)] = 1e3 * max(largest * scale, 1.0)
        cost[index] = np.rint(exact) if _is_whole(exact) else exact
    return cost, scale


def _is_whole(values: NDArray[np.float64]) -> bool:
    return bool(np.all(np.abs(values - np.rint(values)) < 1e-6))


def _mandatory_price(
    cost: NDArray[np.float32], vehicles: Sequence[Vehicle], scale: float, prizes: Sequence[float]
) -> float:
    """More than any one stop can cost, so that a mandatory stop is left out only when it must be."""
    fixed = max(vehicle.fixed_cost for vehicle in vehicles) * scale
    hours = max(vehicle.cost_per_s for vehicle in vehicles) * scale * 36_000.0
    return 4.0 * float(cost.max(initial=1.0)) + fixed + hours + max([0.0, *prizes]) + 1.0


def _demands(problem: Problem) -> NDArray[np.float64]:
    """[n, d], also when there are no stops."""
    demands = [stop.demand for stop in problem.stops]
    return np.array(demands, dtype=np.float64).reshape(len(demands), problem.dimensions)


def _amount_scales(problem: Problem) -> NDArray[np.float64]:
    """Units per amount, one a dimension."""
    amounts = _demands(problem)
    return np.array([next((s for s in _SCALES if _is_whole(column * s)), 1000.0) for column in amounts.T])


def _whole(values: NDArray[np.float64], up: bool) -> NDArray[np.int64]:
    values = np.minimum(values, float(_MANY))
    near = np.rint(values)
    exact = np.abs(values - near) < 1e-6
    rounded = np.where(exact, near, np.ceil(values) if up else np.floor(values))
    return rounded.astype(np.int64)


def _near(
    cost: NDArray[np.float32], drive: NDArray[np.int32], per_tick: float, stops: int
) -> NDArray[np.int32]:
    """The nearest stops of each stop, nearest first; equal ones by index, so that runs repeat everywhere."""
    count = min(_NEIGHBOURS, max(stops - 1, 0))
    near = np.empty((stops, count), dtype=np.int32)
    for stop in range(stops):
        there_and_back = cost[stop, :stops].astype(np.float64) + cost[:stops, stop]
        if per_tick > 0:
            there_and_back += (drive[stop, :stops].astype(np.float64) + drive[:stops, stop]) * per_tick
        there_and_back[stop] = np.inf
        if count < stops - 1:
            edge = np.partition(there_and_back, count - 1)[count - 1]
            candidates = np.flatnonzero(there_and_back <= edge)
        else:
            candidates = np.flatnonzero(np.isfinite(there_and_back))
        ranked = candidates[np.argsort(there_and_back[candidates], kind="stable")]
        near[stop] = ranked[:count]
    return near


def _vehicle_rows(
    vehicles: Sequence[Vehicle], rows: "_Rows", ticks: "_Ticks", classes: list[float]
) -> NDArray[np.int64]:
    filled = np.empty((layout.VEHICLE_ROWS, len(vehicles)), dtype=np.int64)
    filled[layout.COST_CLASS] = [classes.index(v.cost_per_m) for v in vehicles]
    filled[layout.START_ROW], filled[layout.END_ROW] = rows.starts, rows.ends
    filled[layout.DAY_STOPS] = [layout.LATE if v.max_stops is None else v.max_stops for v in vehicles]
    filled[[layout.OPENS, layout.CLOSES]] = np.array([ticks.window(v.shift) for v in vehicles]).T
    filled[layout.LONGEST] = [ticks.length(v.max_duration_s, up=False) for v in vehicles]
    filled[layout.HOME_EMPTY] = [v.home_empty for v in vehicles]
    return filled


def _capacities(vehicles: Sequence[Vehicle], amounts: NDArray[np.float64]) -> NDArray[np.int64]:
    trips = np.array([v.capacity for v in vehicles])
    days = np.array([v.max_load or (math.inf,) * len(v.capacity) for v in vehicles])
    return _whole(np.stack([trips, days]) * amounts, up=False)


def _allowed(problem: Problem, order: Iterable[int]) -> NDArray[np.int64]:
    sites = [problem.sites_of(index) for index in order]
    allowed = np.zeros((len(sites), len(problem.disposal_sites)), dtype=np.int64)
    for row, chosen in enumerate(sites):
        allowed[row, list(chosen)] = 1
    return allowed


def _traits(problem: Problem, vehicles: Sequence[Vehicle]) -> NDArray[np.int64]:
    traits = np.zeros(layout.TRAITS, dtype=np.int64)
    dumps = bool(problem.disposal_sites)
    walked = any(v.breaks or math.isfinite(v.max_duration_s) or v.cost_per_s > 0 for v in vehicles)
    windows = any(stop.windows for stop in problem.stops) or any(math.isfinite(v.shift[1]) for v in vehicles)
    limits = any(v.max_load is not None or v.max_stops is not None for v in vehicles)
    optional = any(stop.prize is not None for stop in problem.stops)
    traits[layout.TIMED] = windows or walked or dumps
    traits[layout.WALKED] = walked
    traits[layout.DUMPS] = dumps
    traits[layout.DAY_LIMITS] = limits
    traits[layout.PRIZES] = optional
    return traits


class _Ticks:
    """Seconds into whole ticks since the earliest shift: the coarsest tick in which all times are whole."""

    def __init__(self, problem: Problem, vehicles: Sequence[Vehicle]) -> None:
        self._zero_s = min(vehicle.shift[0] for vehicle in vehicles)
        places: list[Stop | DisposalSite] = [*problem.stops, *problem.disposal_sites]
        lengths = [place.service_s for place in places]
        ends = [
            time for place in places for window in place.windows for time in window if math.isfinite(time)
        ]
        ends += [time for vehicle in vehicles for time in vehicle.shift if math.isfinite(time)]
        duration = np.asarray(problem.duration_s)
        finite = duration[np.isfinite(duration)].astype(np.float64)
        longest = float(finite.max(initial=0.0))
        span = (
            max([0.0, *(time - self._zero_s for time in ends)]) + 2 * longest + sum(lengths) / len(vehicles)
        )
        sample = finite if finite.size < 1_000_000 else finite[:: finite.size // 500_000]
        values = np.concatenate([sample, np.array([*lengths, *(time - self._zero_s for time in ends)])])
        scale = next((s for s in _SCALES if _is_whole(values * s)), _SCALES[-1])
        while span * scale > layout.LATE / 4:
            scale /= 10.0
        self._scale = scale
        self.size_s = 1.0 / scale

    def drive(self, problem: Problem, locations: NDArray[np.int64], timed: bool) -> NDArray[np.int32]:
        if not timed:
            return np.zeros((1, 1), dtype=np.int32)
        durations = _spread_matrix(np.asarray(problem.duration_s, dtype=np.float64), locations) * self._scale
        durations[~np.isfinite(durations)] = layout.LATE / 2
        return np.minimum(_whole(durations, up=True), layout.LATE // 2).astype(np.int32)

    def length(self, seconds: float, up: bool = True) -> int:
        if math.isinf(seconds):
            return layout.LATE
        return int(_whole(np.array([seconds * self._scale]), up)[0])

    def lengths(self, seconds: Iterable[float]) -> NDArray[np.int64]:
        return np.array([self.length(value) for value in seconds], dtype=np.int64)

    def window(self, window: Window) -> tuple[int, int]:
        opens, closes = window
        return self.length(opens - self._zero_s), min(
            layout.LATE, self.length(closes - self._zero_s, up=False)
        )

    def windows(self, places: Sequence[Stop | DisposalSite], width: int) -> NDArray[np.int64]:
        """[places, width, 2]; the last window fills the row."""
        filled = np.empty((len(places), width, 2), dtype=np.int64)
        for index, place in enumerate(places):
            windows = [self.window(window) for window in place.windows] or [(-layout.LATE, layout.LATE)]
            for column in range(width):
                filled[index, column] = windows[min(column, len(windows) - 1)]
        return filled

    def breaks(self, vehicle: Vehicle) -> list[int]:
        row = [layout.NO_BREAKS] + [0] * (layout.BREAK_FIELDS - 1)
        rule = vehicle.breaks
        if isinstance(rule, LunchBreak):
            row[:4] = [layout.LUNCH, *self.window((rule.opens_s, rule.closes_s)), self.length(rule.length_s)]
        elif isinstance(rule, WorkBreaks):
            row[layout.KIND] = layout.WORK_BREAKS
            for column, limit in (
                (layout.STRETCH, rule.stretch_s),
                (layout.OVER_1, rule.first_over_s),
                (layout.OVER_2, rule.second_over_s),
                (layout.DAY, rule.day_s),
            ):
                row[column] = self.length(limit, up=False)
            for column, needed in (
                (layout.NEED_1, rule.first_break_s),
                (layout.NEED_2, rule.second_break_s),
                (layout.PART, rule.part_s),
            ):
                row[column] = self.length(needed)
        return row
