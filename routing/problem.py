"""What is to be planned: stops, vehicles, disposal sites and the matrices between their locations.

Every class is frozen and refuses nonsense when it is made, so that the search need not doubt its input.
Times are seconds on one axis that the caller chooses (for example since midnight), distances metres,
amounts whatever the caller counts in (kg, litres, pieces), one dimension each.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.errors import RoutingError

Window = tuple[float, float]
Matrix = NDArray[np.float64] | NDArray[np.float32] | NDArray[np.int32] | NDArray[np.int64]
ALWAYS: Window = (0.0, math.inf)


@dataclass(frozen=True)
class WorkBreaks:
    """Breaks by working time; the defaults are section 4 ArbZG and its ten-hour day.

    stretch_s: longest work without a break (s).
    first_over_s, first_break_s: more work than the one needs the other as break in total (s).
    second_over_s, second_break_s: the same, second step (s).
    part_s: shortest break that counts (s).
    day_s: longest work in one shift (s).
    Driving, service and waiting are work. A break lies between two visits, never at the start or the end.
    """

    stretch_s: float = 6 * 3600.0
    first_over_s: float = 6 * 3600.0
    first_break_s: float = 30 * 60.0
    second_over_s: float = 9 * 3600.0
    second_break_s: float = 45 * 60.0
    part_s: float = 15 * 60.0
    day_s: float = 10 * 3600.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            _positive(f"breaks.{name}", value, zero=False)
        if not self.part_s <= self.first_break_s <= self.second_break_s:
            raise RoutingError(
                f"breaks.first_break_s: {self.first_break_s:g}: expected at least part_s ({self.part_s:g}) "
                f"and at most second_break_s ({self.second_break_s:g})"
            )


@dataclass(frozen=True)
class LunchBreak:
    """One break of `length_s` that starts between `opens_s` and `closes_s`, unless home by then."""

    opens_s: float
    closes_s: float
    length_s: float

    def __post_init__(self) -> None:
        _window("lunch", (self.opens_s, self.closes_s))
        _positive("lunch.length_s", self.length_s, zero=False)


Breaks = WorkBreaks | LunchBreak


@dataclass(frozen=True)
class Stop:
    """A place to serve once.

    location: row of the matrices. demand: what is loaded, one number a dimension. service_s: time there.
    windows: when service may start, in order and without overlap; none means always.
    prize: what leaving the stop out costs; None means it must be served.
    """

    location: int
    demand: tuple[float, ...] = (0.0,)
    service_s: float = 0.0
    windows: tuple[Window, ...] = ()
    prize: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        _positive("stop.location", self.location)
        _amounts("stop.demand", self.demand)
        _positive("stop.service_s", self.service_s)
        _windows("stop.windows", self.windows)
        if self.prize is not None:
            _positive("stop.prize", self.prize)


@dataclass(frozen=True)
class Vehicle:
    """A vehicle and its working day.

    start, end: rows of the matrices. capacity: what fits in at once, one number a dimension.
    shift: earliest departure and latest return (s). max_duration_s: longest time from departure to return.
    fixed_cost: when used at all; cost_per_m, cost_per_s: for metres driven and seconds from departure to
    return.
    disposal_sites: indices it may empty at; None means all. home_empty: it must empty before it ends.
    max_load: limit of all it collects in the day, one number a dimension; max_stops: limit of stops.
    """

    start: int
    end: int
    capacity: tuple[float, ...] = (math.inf,)
    shift: Window = ALWAYS
    max_duration_s: float = math.inf
    fixed_cost: float = 0.0
    cost_per_m: float = 1.0
    cost_per_s: float = 0.0
    disposal_sites: tuple[int, ...] | None = None
    home_empty: bool = False
    breaks: Breaks | None = None
    max_load: tuple[float, ...] | None = None
    max_stops: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        _positive("vehicle.start", self.start)
        _positive("vehicle.end", self.end)
        _amounts("vehicle.capacity", self.capacity)
        _window("vehicle.shift", self.shift)
        for name in ("max_duration_s", "fixed_cost", "cost_per_m", "cost_per_s"):
            _positive(f"vehicle.{name}", getattr(self, name))
        if self.max_load is not None:
            _amounts("vehicle.max_load", self.max_load)
        if self.max_stops is not None:
            _positive("vehicle.max_stops", self.max_stops)


@dataclass(frozen=True)
class DisposalSite:
    """A place where a vehicle empties completely; `windows` bound the start of `service_s`."""

    location: int
    service_s: float = 0.0
    windows: tuple[Window, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        _positive("disposal_site.location", self.location)
        _positive("disposal_site.service_s", self.service_s)
        _windows("disposal_site.windows", self.windows)


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything a plan depends on.

    distance_m, duration_s: shape (locations, locations), row = from, column = to; may be asymmetric and need
    not obey the triangle inequality; inf where no way leads. Equal vehicles count as interchangeable.
    unit: what costs are counted in, for people. positions: (x, y) of each location, only for drawing.
    """

    stops: Sequence[Stop]
    vehicles: Sequence[Vehicle]
    distance_m: Matrix
    duration_s: Matrix
    disposal_sites: Sequence[DisposalSite] = ()
    name: str = ""
    unit: str = ""
    positions: Sequence[tuple[float, float]] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name in ("stops", "vehicles", "disposal_sites", "positions"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.vehicles:
            raise RoutingError("problem.vehicles: none: expected at least one")
        locations = _square("distance_m", self.distance_m)
        if _square("duration_s", self.duration_s) != locations:
            raise RoutingError(
                f"problem.duration_s: {self.duration_s.shape}: expected the shape of distance_m, "
                f"{self.distance_m.shape}"
            )
        _matrix("distance_m", self.distance_m)
        if self.duration_s is not self.distance_m:
            _matrix("duration_s", self.duration_s)
        if self.positions and len(self.positions) != locations:
            raise RoutingError(
                f"problem.positions: {len(self.positions)}: expected one for each of {locations} locations"
            )
        self._check_members(locations)

    @property
    def dimensions(self) -> int:
        """How many kinds of amount each demand and capacity counts."""
        return len(self.vehicles[0].capacity)

    def _check_members(self, locations: int) -> None:
        for index, stop in enumerate(self.stops):
            _inside(f"stops[{index}].location", stop.location, locations)
            self._dimensions(f"stops[{index}].demand", stop.demand)
        for index, site in enumerate(self.disposal_sites):
            _inside(f"disposal_sites[{index}].location", site.location, locations)
        seen: set[int] = set()
        for index, vehicle in enumerate(self.vehicles):
            if id(vehicle) in seen:
                continue
            seen.add(id(vehicle))
            _inside(f"vehicles[{index}].start", vehicle.start, locations)
            _inside(f"vehicles[{index}].end", vehicle.end, locations)
            self._dimensions(f"vehicles[{index}].capacity", vehicle.capacity)
            if vehicle.max_load is not None:
                self._dimensions(f"vehicles[{index}].max_load", vehicle.max_load)
            for site_index in vehicle.disposal_sites or ():
                _inside(f"vehicles[{index}].disposal_sites", site_index, len(self.disposal_sites))
            if vehicle.home_empty and not self.sites_of(index):
                raise RoutingError(
                    f"vehicles[{index}].home_empty: True: expected at least one disposal site to empty at"
                )

    def sites_of(self, vehicle: int) -> tuple[int, ...]:
        """Indices of the disposal sites that the vehicle may use."""
        chosen = self.vehicles[vehicle].disposal_sites
        return tuple(range(len(self.disposal_sites))) if chosen is None else chosen

    def _dimensions(self, name: str, amounts: tuple[float, ...]) -> None:
        if len(amounts) != self.dimensions:
            raise RoutingError(
                f"{name}: {len(amounts)} dimensions: expected {self.dimensions}, as the first vehicle has"
            )


def _positive(name: str, value: float, zero: bool = True) -> None:
    if math.isnan(value) or value < 0 or (not zero and value == 0):
        raise RoutingError(f"{name}: {value}: expected a number {'>= 0' if zero else '> 0'}")


def _amounts(name: str, values: tuple[float, ...]) -> None:
    if not values:
        raise RoutingError(f"{name}: empty: expected a number a dimension")
    for value in values:
        _positive(name, value)


def _window(name: str, window: Window) -> None:
    opens, closes = window
    if math.isnan(opens) or math.isnan(closes) or opens > closes or math.isinf(opens):
        raise RoutingError(
            f"{name}: {opens:g}..{closes:g}: expected an opening time not after the closing time"
        )


def _windows(name: str, windows: tuple[Window, ...]) -> None:
    for window in windows:
        _window(name, window)
    for before, after in itertools.pairwise(windows):
        if before[1] >= after[0]:
            raise RoutingError(f"{name}: {before} and {after}: expected windows in order, without overlap")


def _inside(name: str, index: int, count: int) -> None:
    if not 0 <= index < count:
        raise RoutingError(f"{name}: {index}: expected 0..{count - 1}")


def _square(name: str, matrix: Matrix) -> int:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise RoutingError(f"problem.{name}: shape {matrix.shape}: expected a square matrix")
    return int(matrix.shape[0])


def _matrix(name: str, matrix: Matrix) -> None:
    if not matrix.min(initial=0) >= 0:  # also true for NaN, which min() hands on
        row, column = np.argwhere(~(matrix >= 0))[0]
        raise RoutingError(
            f"problem.{name}[{row}, {column}]: {matrix[row, column]}: expected >= 0, or inf for no way"
        )
