"""From a `Problem` to the arrays of the kernels: whole ticks, whole units, scaled costs.

Rounding is always to the safe side (driving and service up, closing times and capacities down), so that what
the kernels call feasible is feasible. Numbers that are whole, or have up to three decimals, stay exact.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.flatten_rules import (
    Amounts,
    accepting,
    group_prices,
    is_ruled,
    likings,
    mandatory,
    named_by,
    rule_rows,
)
from routing.kernels import layout
from routing.kernels.layout import Data, State
from routing.near import NEIGHBOURS, near_stops
from routing.order import side_by_side
from routing.problem import DisposalSite, Problem, Stop, Straight, UnderWay, Vehicle
from routing.ticks import SCALES, Ticks, block, is_whole, sample, whole

_BLOCK = 256  # rows worked on at once
_EXACT_SINGLE = float(1 << 24)  # whole numbers up to this are exact in float32


@dataclass(frozen=True)
class Flat:
    """The arrays of a problem and the way back from them.

    vehicles: the kernels' vehicle -> index in the problem. cost_scale: kernel cost per unit of cost.
    stops: the kernels' stop -> index in the problem. cost_per_m: of each cost class. tour_price: what the
    kernels add to the cost of each tour where vehicles come first. must: [n] which of the kernels' stops must
    be served.
    """

    data: Data
    vehicles: NDArray[np.int64]
    stops: NDArray[np.int64]
    cost_scale: float
    disposal_slots: int
    cost_per_m: tuple[float, ...]
    tour_price: float
    must: NDArray[np.bool_]


def flatten(problem: Problem) -> Flat:
    """Arrays for the kernels; `Data.solo` is filled later by `routing.search`, it needs the kernels."""
    order, kinds = _group(problem)
    vehicles = [problem.vehicles[index] for index in order]
    stop_order = side_by_side(problem.distance_m, [stop.location for stop in problem.stops])
    stops = [problem.stops[index] for index in stop_order]
    rows = _Rows(problem, stops, vehicles)
    classes = sorted({(vehicle.profile, vehicle.cost_per_m) for vehicle in vehicles})
    cost, cost_scale = _costs(problem, rows.locations, classes)
    ticks = Ticks(problem, vehicles)
    amounts = Amounts(problem, vehicles)
    scales = np.array([next((s for s in SCALES if is_whole(c * s)), 1000.0) for c in amounts.demand.T])
    traits = _traits(problem, vehicles)
    straight = isinstance(problem.distance_of(order[0]), Straight)
    symmetric = len(cost) == 1 and (straight or np.array_equal(cost[0], cost[0].T))
    cost_back = cost if symmetric else np.ascontiguousarray(cost.transpose(0, 2, 1))
    places: list[Stop | DisposalSite] = [*stops, *problem.disposal_sites]
    width = max([1, *(len(place.windows) for place in places)])
    timed = traits[layout.TIMED] == 1
    drive = ticks.drives(problem, rows.locations) if timed else np.zeros((1, 1), dtype=np.int32)
    tour_price = (
        float(cost.max(initial=1.0)) * (len(stops) + 1.0) if problem.objective.vehicles_first else 0.0
    )
    price = _prices(problem, vehicles, cost, rows, cost_scale, ticks.size_s, classes)
    price[layout.FIXED] += tour_price
    setups = sorted({(vehicle.setup_s, vehicle.lift_s) for vehicle in vehicles})
    service = ticks.lengths(_service_s(place, *setup) for setup in setups for place in places)
    window = ticks.windows(places, width)
    data = Data(
        traits=traits,
        near=near_stops(cost[0], drive, float(price[layout.PER_TICK].max()), window, service, len(stops)),
        cost=cost,
        cost_back=cost_back,
        drive=drive,
        demand=whole(amounts.demand[stop_order] * scales, up=True),
        service=service,
        window=window,
        prize=_prizes(
            problem,
            stop_order,
            _mandatory_price(problem, vehicles, cost, cost_scale) + tour_price,
            cost_scale,
        ),
        solo=np.zeros((len(kinds) - 1, len(stops))),
        kind_first=np.array(kinds, dtype=np.int64),
        vehicle=_vehicle_rows(problem, vehicles, rows, ticks, classes, kinds, setups),
        price=price,
        capacity=np.concatenate(
            [whole(amounts.room[:2] * scales, up=False), whole(amounts.room[2:] * scales, up=True)]
        ),
        breaks=np.array([ticks.breaks(vehicle) for vehicle in vehicles], dtype=np.int64),
        site_row=np.array(rows.sites, dtype=np.int64),
        site_allowed=_allowed(problem, order),
        rule=rule_rows(problem, stop_order, ticks),
        liking=likings(problem, [order[first] for first in kinds[:-1]], stop_order, cost_scale),
    )
    slots = len(stops) + len(vehicles) + 2 if problem.disposal_sites else 0
    data = Data(*map(np.ascontiguousarray, data))  # one memory layout: another would be compiled anew
    per_m = tuple(price for _, price in classes)
    must = mandatory(problem, stop_order)
    return Flat(data, np.array(order, dtype=np.int64), stop_order, cost_scale, slots, per_m, tour_price, must)


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
    lists = np.zeros((layout.LIST_ROWS, 2 * nodes + 2 * NEIGHBOURS), dtype=np.int64)
    lists[layout.FREE, :slots] = np.arange(stops + vehicles, nodes)
    lists[[layout.LEFT_OUT, layout.LEFT_OUT_AT], :stops] = np.arange(stops)
    fleet = np.zeros((layout.FLEET_ROWS, vehicles), dtype=np.int64)
    fleet[layout.STAMPED] = -1
    count = np.zeros(layout.COUNTS, dtype=np.int64)
    count[layout.ABSENT], count[layout.FREE_SLOTS] = stops, slots
    count[layout.MOST] = vehicles
    node[layout.WAITS] = 0
    state = State(
        node=node,
        leg=np.zeros(nodes),
        trip_load=_start_loads(data, heads, nodes),
        fleet=fleet,
        day_load=data.capacity[layout.START_DAY].copy(),
        time_cost=np.zeros(vehicles),
        lists=lists,
        log=np.zeros((6 * nodes + 1024, 5), dtype=np.int64),
        counts=count,
        cost=np.zeros(layout.COSTS),
        key=np.zeros(lists.shape[1]),
        spot_cost=np.zeros(lists.shape[1]),
        load=np.zeros(data.demand.shape[1], dtype=np.int64),
        label_cost=np.zeros((stops + 2, sites)),
        label=np.zeros((layout.LABEL_ROWS, stops + 2, sites), dtype=np.int64),
        random=start_of_random(seed),
    )
    state.leg[heads] = data.price[layout.EMPTY_LEG]
    state.cost[:] = _price_of_nothing(data) + state.leg[heads].sum()
    return state


def _start_loads(data: Data, heads: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    loads = np.zeros((nodes, data.demand.shape[1]), dtype=np.int64)
    loads[heads] = data.capacity[layout.START_LOAD]
    return loads


def _price_of_nothing(data: Data) -> float:
    """Price of leaving every stop out; a group counts once."""
    groups = data.rule[layout.GROUP]
    _, firsts = np.unique(groups[groups >= 0], return_index=True)
    return float(data.prize[groups < 0].sum() + data.prize[groups >= 0][firsts].sum())


def start_of_random(seed: int) -> NDArray[np.int64]:
    """A seed into 63 well-mixed bits that are not 0 (splitmix64, Steele et al. 2014)."""
    mask = (1 << 64) - 1
    z = (seed + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return np.array([((z ^ (z >> 31)) >> 1) or 1], dtype=np.int64)


def _group(problem: Problem) -> tuple[list[int], list[int]]:
    """Order that brings equal vehicles (names aside) together, and where each kind begins in it."""
    kinds: dict[object, list[int]] = {}
    known: dict[int, object] = {}
    named = named_by(problem)
    for index, vehicle in enumerate(problem.vehicles):
        key = known.get(id(vehicle))
        if key is None:
            key = tuple(value for name, value in vars(vehicle).items() if name != "name")
            known[id(vehicle)] = key
        kinds.setdefault((key, named[index]), []).append(index)
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


def _costs(
    problem: Problem, locations: NDArray[np.int64], classes: Sequence[tuple[int, float]]
) -> tuple[NDArray[np.float32], float]:
    """Cost of driving for each class, a profile and a price of the metre, [c, M, M].

    Returns also the scale that makes it exact in float32, if one does.
    """
    matrices = [problem.distance_m, *(profile.distance_m for profile in problem.profiles)]
    samples = [sample(matrices[profile]) * price for profile, price in classes]
    largest = max(float(found.max(initial=0.0)) for found in samples)
    scale = next((s for s in SCALES if all(is_whole(found * s) for found in samples)), None)
    exact = scale is not None and largest * scale <= _EXACT_SINGLE
    scale = scale if exact and scale is not None else 1.0
    size = len(locations)
    cost = np.empty((len(classes), size, size), dtype=np.float32)
    for index, (profile, price) in enumerate(classes):
        for first in range(0, size, _BLOCK):
            part = block(matrices[profile], locations[first : first + _BLOCK], locations) * (price * scale)
            part[~np.isfinite(part)] = 1e3 * max(largest * scale, 1.0)
            cost[index, first : first + _BLOCK] = np.rint(part) if is_whole(part) else part
    return cost, scale


def _mandatory_price(
    problem: Problem, vehicles: Sequence[Vehicle], cost: NDArray[np.float32], scale: float
) -> float:
    """More than any one stop can cost, so that a mandatory stop is left out only when it must be."""
    objective = problem.objective
    fixed = max(vehicle.fixed_cost for vehicle in vehicles)
    hours = max(vehicle.cost_per_s + vehicle.cost_per_overtime_s for vehicle in vehicles) * 36_000.0
    extra = objective.balance_per_h2 * 24.0**2 + objective.stability
    largest = float(cost.max(initial=1.0))
    if objective.compactness_per_m:
        extra += objective.compactness_per_m * float(sample(problem.distance_m).max(initial=0.0))
    return 4.0 * largest + (fixed + hours + extra) * scale


def _prizes(
    problem: Problem, stop_order: NDArray[np.int64], mandatory: float, scale: float
) -> NDArray[np.float64]:
    """What leaving each stop out costs; mandatory ones more than any optional one."""
    stops = [problem.stops[index] for index in stop_order]
    optional = [stop.prize * scale for stop in stops if stop.prize is not None]
    must = math.ceil(mandatory + max([0.0, *optional]) + 1.0)
    prizes = [10.0**stop.priority * must if stop.prize is None else stop.prize * scale for stop in stops]
    found = np.array(prizes, dtype=np.float64)
    group_prices(problem, stop_order, found)
    return found


def _service_s(place: Stop | DisposalSite, setup_s: float, lift_s: float) -> float:
    """Time at a place for a vehicle with this set-up and time a lift."""
    if isinstance(place, DisposalSite):
        return place.service_s + place.weighing_s
    return place.service_s + setup_s + place.lifts * lift_s


def _prices(
    problem: Problem,
    vehicles: Sequence[Vehicle],
    cost: NDArray[np.float32],
    rows: "_Rows",
    scale: float,
    tick_s: float,
    classes: Sequence[tuple[int, float]],
) -> NDArray[np.float64]:
    """Data.price [PRICE_ROWS, v]."""
    filled = np.zeros((layout.PRICE_ROWS, len(vehicles)))
    balance = problem.objective.balance_per_h2 / 3600.0**2
    filled[layout.FIXED] = [v.fixed_cost * scale for v in vehicles]
    filled[layout.PER_TICK] = [v.cost_per_s * tick_s * scale for v in vehicles]
    filled[layout.OVERTIME] = [v.cost_per_overtime_s * tick_s * scale for v in vehicles]
    filled[layout.BALANCE] = balance * tick_s**2 * scale
    for index, vehicle in enumerate(vehicles):
        if vehicle.under_way is not None:
            kind = classes.index((vehicle.profile, vehicle.cost_per_m))
            filled[layout.EMPTY_LEG, index] = cost[kind, rows.starts[index], rows.ends[index]]
        driven_m = vehicle.under_way.driven_m if vehicle.under_way else 0.0
        left = (vehicle.max_distance_m - driven_m) * vehicle.cost_per_m * scale
        filled[layout.METRES, index] = min(left, layout.FAR)
    return filled


def _vehicle_rows(
    problem: Problem,
    vehicles: Sequence[Vehicle],
    rows: "_Rows",
    ticks: Ticks,
    classes: Sequence[tuple[int, float]],
    kinds: Sequence[int],
    setups: Sequence[tuple[float, float]],
) -> NDArray[np.int64]:
    filled = np.empty((layout.VEHICLE_ROWS, len(vehicles)), dtype=np.int64)
    places = len(problem.stops) + len(problem.disposal_sites)
    past_s = [_past_s(v) for v in vehicles]
    filled[layout.COST_CLASS] = [classes.index((v.profile, v.cost_per_m)) for v in vehicles]
    filled[layout.START_ROW], filled[layout.END_ROW] = rows.starts, rows.ends
    filled[layout.DAY_STOPS] = [_stops_left(v) for v in vehicles]
    filled[[layout.OPENS, layout.CLOSES]] = np.array([ticks.window(v.shift) for v in vehicles]).T
    filled[layout.LONGEST] = [ticks.length(v.max_duration_s, up=False) for v in vehicles]
    filled[layout.HOME_EMPTY] = [v.home_empty for v in vehicles]
    filled[layout.KIND_OF] = np.repeat(np.arange(len(kinds) - 1), np.diff(kinds))
    filled[layout.DRIVE_AT] = [v.profile * len(rows.locations) for v in vehicles]
    filled[layout.SERVICE_AT] = [setups.index((v.setup_s, v.lift_s)) * places for v in vehicles]
    filled[layout.UNDER_WAY] = [v.under_way is not None for v in vehicles]
    filled[layout.PAST] = ticks.lengths(past_s)
    filled[layout.REGULAR] = [ticks.length(v.regular_s, up=False) for v in vehicles]
    filled[layout.EXACT] = [_is_exact(problem, v) for v in vehicles]
    filled[layout.START_SITES] = [
        accepting(problem, v.under_way.loads) if v.under_way else -1 for v in vehicles
    ]
    return filled


def _past_s(vehicle: Vehicle) -> float:
    """Time from departure to planning."""
    departed_s = (vehicle.under_way or UnderWay()).departed_s
    return 0.0 if departed_s is None else vehicle.shift[0] - departed_s


def _stops_left(vehicle: Vehicle) -> int:
    if vehicle.max_stops is None:
        return layout.LATE
    return max(0, vehicle.max_stops - (vehicle.under_way or UnderWay()).stops)


def _is_exact(problem: Problem, vehicle: Vehicle) -> bool:
    """Whether more than windows and shift bounds the vehicle's times, or gives them a price."""
    limits = (vehicle.max_duration_s, vehicle.max_driving_s, vehicle.max_distance_m)
    priced = vehicle.cost_per_s or vehicle.cost_per_overtime_s or problem.objective.balance_per_h2
    return bool(vehicle.breaks or priced or any(map(math.isfinite, limits)))


def _allowed(problem: Problem, order: Iterable[int]) -> NDArray[np.int64]:
    sites = [problem.sites_of(index) for index in order]
    allowed = np.zeros((len(sites), len(problem.disposal_sites)), dtype=np.int64)
    for row, chosen in enumerate(sites):
        allowed[row, list(chosen)] = 1
    return allowed


def _traits(problem: Problem, vehicles: Sequence[Vehicle]) -> NDArray[np.int64]:
    traits = np.zeros(layout.TRAITS, dtype=np.int64)
    dumps = bool(problem.disposal_sites)
    distinct = list({id(vehicle): vehicle for vehicle in vehicles}.values())
    walked = any(_is_exact(problem, vehicle) for vehicle in distinct)
    released = any(stop.release_s > 0 for stop in problem.stops)
    windows = any(stop.windows for stop in problem.stops) or any(math.isfinite(v.shift[1]) for v in distinct)
    limits = any(v.max_load is not None or v.max_stops is not None for v in distinct)
    optional = any(stop.prize is not None for stop in problem.stops)
    traits[layout.TIMED] = windows or walked or dumps or released
    traits[layout.WALKED] = walked
    traits[layout.DUMPS] = dumps
    traits[layout.DAY_LIMITS] = limits
    traits[layout.PRIZES] = optional
    traits[layout.RULED] = is_ruled(problem)
    traits[layout.RELEASED] = released
    return traits
