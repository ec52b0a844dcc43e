"""What is to be planned: stops, vehicles, disposal sites and the matrices between their locations.

Times are seconds on one axis that the caller chooses (for example since midnight), distances metres,
amounts whatever the caller counts in (kg, litres, pieces), one dimension each.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.breaks import Breaks, DrivingBreaks, LunchBreak, WorkBreaks
from routing.errors import RoutingError
from routing.members import (
    Chamber,
    DisposalSite,
    Load,
    Lock,
    Objective,
    Step,
    Stop,
    UnderWay,
    Vehicle,
)
from routing.refusals import ALWAYS, Window, refuse_outside
from routing.straight import Straight

__all__ = [
    "ALWAYS",
    "Breaks",
    "Chamber",
    "DisposalSite",
    "DrivingBreaks",
    "Load",
    "Lock",
    "LunchBreak",
    "Matrix",
    "Objective",
    "Problem",
    "Profile",
    "Step",
    "Stop",
    "Straight",
    "UnderWay",
    "Vehicle",
    "Window",
    "WorkBreaks",
]

Dense = NDArray[np.float64] | NDArray[np.float32] | NDArray[np.int32] | NDArray[np.int64]
Matrix = Dense | Straight


@dataclass(frozen=True, eq=False)
class Profile:
    """How one kind of vehicle drives: matrices as those of `Problem`."""

    distance_m: Matrix
    duration_s: Matrix


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything a plan depends on.

    distance_m, duration_s: shape (locations, locations), row = from, column = to; may be asymmetric and need
    not obey the triangle inequality; inf where no way leads; or `Straight` where a full matrix does not fit.
    profiles: matrices of other kinds of vehicles. Equal vehicles count as interchangeable.
    unit: what costs are counted in, for people. positions: (x, y) of each location, only for drawing.
    press_factors: by fraction, what its amounts are divided by in a vehicle, one number a dimension.
    locks: promised beginnings of tours.
    """

    stops: Sequence[Stop]
    vehicles: Sequence[Vehicle]
    distance_m: Matrix
    duration_s: Matrix
    disposal_sites: Sequence[DisposalSite] = ()
    name: str = ""
    unit: str = ""
    positions: Sequence[tuple[float, float]] = field(default=(), repr=False)
    profiles: Sequence[Profile] = ()
    objective: Objective = field(default_factory=Objective)
    press_factors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    locks: Sequence[Lock] = ()

    def __post_init__(self) -> None:
        for name in ("stops", "vehicles", "disposal_sites", "positions", "profiles", "locks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.vehicles:
            raise RoutingError("problem.vehicles: none: expected at least one")
        locations = _square("distance_m", self.distance_m)
        _matrices("", self.distance_m, self.duration_s, locations)
        for index, profile in enumerate(self.profiles):
            _matrices(f"profiles[{index}].", profile.distance_m, profile.duration_s, locations)
        if self.positions and len(self.positions) != locations:
            raise RoutingError(
                f"problem.positions: {len(self.positions)}: expected one for each of {locations} locations"
            )
        for fraction, factors in self.press_factors.items():
            self._dimensions(f"press_factors[{fraction}]", factors)
            if not all(factor > 0 for factor in factors):
                raise RoutingError(f"press_factors[{fraction}]: {factors}: expected numbers > 0")
        self._check_stops(locations)
        for index, site in enumerate(self.disposal_sites):
            refuse_outside(f"disposal_sites[{index}].location", site.location, locations)
        seen: set[int] = set()
        for index, vehicle in enumerate(self.vehicles):
            if id(vehicle) not in seen:
                seen.add(id(vehicle))
                self._check_vehicle(f"vehicles[{index}]", vehicle, locations)
        self._check_locks()

    @property
    def dimensions(self) -> int:
        """How many kinds of amount each demand and capacity counts."""
        return len(self.vehicles[0].capacity)

    @cached_property
    def demands(self) -> NDArray[np.float64]:
        """What each stop takes up in a vehicle [stops, dimensions]: its demand, or its loads pressed."""
        rows = [self.pressed(stop.loads) if stop.loads else stop.demand for stop in self.stops]
        return np.array(rows, dtype=np.float64).reshape(len(rows), self.dimensions)

    def pressed(self, loads: Iterable[Load]) -> tuple[float, ...]:
        """What loads take up together, one number a dimension: amounts divided by press factors."""
        total = [0.0] * self.dimensions
        for load in loads:
            factors = self.press_factors.get(load.fraction) or (1.0,) * self.dimensions
            total = [a + b / f for a, b, f in zip(total, load.amounts, factors, strict=True)]
        return tuple(total)

    def distance_of(self, vehicle: int) -> Matrix:
        """Distances by which the vehicle drives (m)."""
        profile = self.vehicles[vehicle].profile
        return self.profiles[profile - 1].distance_m if profile else self.distance_m

    def duration_of(self, vehicle: int) -> Matrix:
        """Driving times of the vehicle (s)."""
        profile = self.vehicles[vehicle].profile
        return self.profiles[profile - 1].duration_s if profile else self.duration_s

    def sites_of(self, vehicle: int) -> tuple[int, ...]:
        """Indices of the disposal sites that the vehicle may use."""
        chosen = self.vehicles[vehicle].disposal_sites
        return tuple(range(len(self.disposal_sites))) if chosen is None else chosen

    def _check_stops(self, locations: int) -> None:
        count = len(self.stops)
        for index, stop in enumerate(self.stops):
            where = f"stops[{index}]"
            refuse_outside(f"{where}.location", stop.location, locations)
            if stop.loads:
                for load in stop.loads:
                    self._dimensions(f"{where}.loads", load.amounts)
            else:
                self._dimensions(f"{where}.demand", stop.demand)
            for vehicle in (*(stop.vehicles or ()), *_some(stop.usual_vehicle)):
                refuse_outside(f"{where}.vehicles", vehicle, len(self.vehicles))
            if stop.after is not None:
                refuse_outside(f"{where}.after", stop.after, count)
                self._refuse_ring(index)

    def _refuse_ring(self, first: int) -> None:
        """A chain of `after` that leads back to its beginning can never be served."""
        at = self.stops[first].after
        for _ in range(len(self.stops)):
            if at is None:
                return
            if at == first:
                raise RoutingError(
                    f"stops[{first}].after: leads back to itself: expected an order without rings"
                )
            at = self.stops[at].after

    def _check_vehicle(self, where: str, vehicle: Vehicle, locations: int) -> None:
        refuse_outside(f"{where}.start", vehicle.start, locations)
        refuse_outside(f"{where}.end", vehicle.end, locations)
        if vehicle.area is not None:
            refuse_outside(f"{where}.area", vehicle.area, locations)
        refuse_outside(f"{where}.profile", vehicle.profile, len(self.profiles) + 1)
        self._dimensions(f"{where}.capacity", vehicle.capacity)
        if vehicle.max_load is not None:
            self._dimensions(f"{where}.max_load", vehicle.max_load)
        for chamber in vehicle.chambers:
            self._dimensions(f"{where}.chambers", chamber.capacity)
        if vehicle.under_way is not None:
            for amounts in (vehicle.under_way.load, vehicle.under_way.day_load):
                if amounts:
                    self._dimensions(f"{where}.under_way", amounts)
        for site in vehicle.disposal_sites or ():
            refuse_outside(f"{where}.disposal_sites", site, len(self.disposal_sites))
        chosen = vehicle.disposal_sites
        if vehicle.home_empty and not (self.disposal_sites if chosen is None else chosen):
            raise RoutingError(f"{where}.home_empty: True: expected at least one disposal site to empty at")
        if math.isfinite(vehicle.max_distance_m) and vehicle.cost_per_m == 0:
            raise RoutingError(f"{where}.max_distance_m: given: expected cost_per_m > 0 beside it")

    def _check_locks(self) -> None:
        seen: set[int] = set()
        for index, lock in enumerate(self.locks):
            refuse_outside(f"locks[{index}].vehicle", lock.vehicle, len(self.vehicles))
            if lock.vehicle in seen:
                raise RoutingError(
                    f"locks[{index}].vehicle: {lock.vehicle} twice: expected one lock a vehicle"
                )
            seen.add(lock.vehicle)
            for kind, place in lock.steps:
                count = len(self.stops) if kind == "stop" else len(self.disposal_sites)
                refuse_outside(f"locks[{index}].steps", place, count)

    def _dimensions(self, name: str, amounts: tuple[float, ...]) -> None:
        if len(amounts) != self.dimensions:
            raise RoutingError(
                f"{name}: {len(amounts)} dimensions: expected {self.dimensions}, as the first vehicle has"
            )


def _some(value: int | None) -> tuple[int, ...]:
    return () if value is None else (value,)


def _square(name: str, matrix: Matrix) -> int:
    if len(matrix.shape) != 2 or matrix.shape[0] != matrix.shape[1]:
        raise RoutingError(f"problem.{name}: shape {matrix.shape}: expected a square matrix")
    return int(matrix.shape[0])


def _matrices(where: str, distance_m: Matrix, duration_s: Matrix, locations: int) -> None:
    for name, matrix in (("distance_m", distance_m), ("duration_s", duration_s)):
        if _square(where + name, matrix) != locations:
            raise RoutingError(
                f"problem.{where}{name}: {matrix.shape}: expected the shape of distance_m, "
                f"{(locations, locations)}"
            )
    _matrix(f"{where}distance_m", distance_m)
    if duration_s is not distance_m:
        _matrix(f"{where}duration_s", duration_s)


def _matrix(name: str, matrix: Matrix) -> None:
    if isinstance(matrix, Straight):
        return
    if not matrix.min(initial=0) >= 0:  # also true for NaN, which min() hands on
        row, column = np.argwhere(~(matrix >= 0))[0]
        raise RoutingError(
            f"problem.{name}[{row}, {column}]: {matrix[row, column]}: expected >= 0, or inf for no way"
        )
