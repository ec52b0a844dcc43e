"""What a problem is made of: stops, vehicles, disposal sites, and what they carry.

Every class is frozen and refuses nonsense when it is made, so that the search need not doubt its input.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from routing.breaks import Breaks
from routing.errors import RoutingError
from routing.refusals import (
    ALWAYS,
    Window,
    refuse_amounts,
    refuse_negative,
    refuse_window,
    refuse_windows,
    refuse_words,
)

Side = Literal["left", "right"]
Sizes = tuple[tuple[str, float], ...]
Step = tuple[Literal["stop", "disposal"], int]
"""("stop", index) or ("disposal", index)."""

MOST_PRIORITY = 5


@dataclass(frozen=True)
class Load:
    """What a stop holds of one fraction: one number a dimension, before the fraction's press factor."""

    fraction: str
    amounts: tuple[float, ...]

    def __post_init__(self) -> None:
        refuse_words("load.fraction", (self.fraction,))
        refuse_amounts("load.amounts", self.amounts)


@dataclass(frozen=True)
class Chamber:
    """A part of a vehicle's body that takes only some fractions; capacity: one number a dimension."""

    fractions: tuple[str, ...]
    capacity: tuple[float, ...]

    def __post_init__(self) -> None:
        refuse_words("chamber.fractions", self.fractions)
        refuse_amounts("chamber.capacity", self.capacity)


@dataclass(frozen=True)
class Stop:
    """A place to serve once.

    location: row of the matrices. demand: what is loaded, one number a dimension; or else `loads`, one a
    fraction. service_s: time there; lifts: containers, for vehicles with a time a lift.
    windows: when service may start, in order and without overlap; none means always.
    prize: what leaving the stop out costs; None means it must be served. priority: 0..5, of mandatory stops
    that do not all fit one of the next priority is worth ten of this one.
    skills: all of which the vehicle must have. limits: greatest sizes of the vehicle by name, such as
    {"length_m": 9}. side: where the containers stand as the road leads past them, for vehicles that load on
    one side. vehicles, days: indices of vehicles and days of vehicles that may serve it; None means all.
    group: of the stops of one group exactly one is served; if all have prizes none may be, at the least of
    them. after: stop that the same vehicle serves before this one. release_s: before this the trip that
    serves it may not leave its depot or reloading place (s). usual_vehicle: the one that
    `Objective.stability` favours.
    """

    location: int
    demand: tuple[float, ...] = (0.0,)
    service_s: float = 0.0
    windows: tuple[Window, ...] = ()
    prize: float | None = None
    name: str = ""
    loads: tuple[Load, ...] = ()
    lifts: int = 0
    priority: int = 0
    skills: tuple[str, ...] = ()
    limits: Sizes = ()
    side: Side | None = None
    vehicles: tuple[int, ...] | None = None
    days: tuple[int, ...] | None = None
    group: str = ""
    after: int | None = None
    release_s: float = 0.0
    usual_vehicle: int | None = None

    def __post_init__(self) -> None:
        refuse_negative("stop.location", self.location)
        refuse_amounts("stop.demand", self.demand)
        for name in ("service_s", "lifts", "priority", "release_s"):
            refuse_negative(f"stop.{name}", getattr(self, name))
        refuse_windows("stop.windows", self.windows)
        if self.prize is not None:
            refuse_negative("stop.prize", self.prize)
        if self.priority > MOST_PRIORITY:
            raise RoutingError(f"stop.priority: {self.priority}: expected 0..{MOST_PRIORITY}")
        if self.loads and any(self.demand):
            raise RoutingError("stop.demand: given beside loads: expected one of them")
        refuse_words("stop.skills", self.skills)
        object.__setattr__(self, "limits", _sizes("stop.limits", self.limits))
        if self.side not in (None, "left", "right"):
            raise RoutingError(f"stop.side: {self.side!r}: expected left or right")


@dataclass(frozen=True)
class UnderWay:
    """Where a vehicle stands in its day when planning begins; its tour then starts at `shift[0]`, now.

    load: on board, one number a dimension, or else `loads`, one a fraction; day_load, stops: collected and
    served today. departed_s: when it left its depot (s), None for now. worked_s, stretch_s: work today and
    since the last break (s). rested_s: breaks today (s). driven_s, driven_stretch_s: driving today and since
    the last full break (s). driven_m: metres today. part_taken: the first part of a split driving break is
    behind it; lunched: a lunch break is.
    """

    load: tuple[float, ...] = ()
    day_load: tuple[float, ...] = ()
    loads: tuple[Load, ...] = ()
    stops: int = 0
    departed_s: float | None = None
    worked_s: float = 0.0
    stretch_s: float = 0.0
    rested_s: float = 0.0
    driven_s: float = 0.0
    driven_stretch_s: float = 0.0
    driven_m: float = 0.0
    part_taken: bool = False
    lunched: bool = False

    def __post_init__(self) -> None:
        for name in _UNDER_WAY_NUMBERS:
            refuse_negative(f"under_way.{name}", getattr(self, name))
        if self.loads and self.load:
            raise RoutingError("under_way.load: given beside loads: expected one of them")
        for name in ("load", "day_load"):
            if getattr(self, name):
                refuse_amounts(f"under_way.{name}", getattr(self, name))


_UNDER_WAY_NUMBERS = (
    "stops",
    "worked_s",
    "stretch_s",
    "rested_s",
    "driven_s",
    "driven_stretch_s",
    "driven_m",
)


@dataclass(frozen=True)
class Vehicle:
    """A vehicle and its working day.

    start, end: rows of the matrices. capacity: what fits in at once, one number a dimension; chambers: parts
    of the body, none means that everything mixes. shift: earliest departure and latest return (s).
    max_duration_s: longest time from departure to return. max_driving_s, max_distance_m: longest driving.
    fixed_cost: when used at all; cost_per_m, cost_per_s: for metres driven and seconds from departure to
    return; cost_per_overtime_s: more for each second beyond `regular_s`. setup_s, lift_s: added to the
    service of each stop, and to it for each of its lifts (s). disposal_sites: indices it may empty at; None
    means all. home_empty: it must empty before it ends. max_load: limit of all it collects in the day, one
    number a dimension; max_stops: limit of stops. skills, sizes, sides, day: what stops ask for; sides it can
    load on. profile: matrices it drives by, 0 those of the problem, from 1 `Problem.profiles`. area: location
    around which `Objective.compactness_per_m` keeps its stops. under_way: what it did today before planning.
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
    chambers: tuple[Chamber, ...] = ()
    max_driving_s: float = math.inf
    max_distance_m: float = math.inf
    regular_s: float = math.inf
    cost_per_overtime_s: float = 0.0
    setup_s: float = 0.0
    lift_s: float = 0.0
    skills: tuple[str, ...] = ()
    sizes: Sizes = ()
    sides: tuple[Side, ...] = ("left", "right")
    day: int = 0
    profile: int = 0
    area: int | None = None
    under_way: UnderWay | None = None

    def __post_init__(self) -> None:
        refuse_negative("vehicle.start", self.start)
        refuse_negative("vehicle.end", self.end)
        refuse_amounts("vehicle.capacity", self.capacity)
        refuse_window("vehicle.shift", self.shift)
        for name in _VEHICLE_NUMBERS:
            refuse_negative(f"vehicle.{name}", getattr(self, name))
        if self.max_load is not None:
            refuse_amounts("vehicle.max_load", self.max_load)
        if self.max_stops is not None:
            refuse_negative("vehicle.max_stops", self.max_stops)
        refuse_words("vehicle.skills", self.skills)
        object.__setattr__(self, "sizes", _sizes("vehicle.sizes", self.sizes))
        if not self.sides or not set(self.sides) <= {"left", "right"}:
            raise RoutingError(f"vehicle.sides: {self.sides!r}: expected left, right or both")
        self._refuse_chambers()

    def _refuse_chambers(self) -> None:
        seen: set[str] = set()
        for chamber in self.chambers:
            for fraction in chamber.fractions:
                if fraction in seen:
                    raise RoutingError(
                        f"vehicle.chambers: {fraction} in two of them: expected one for each fraction"
                    )
                seen.add(fraction)

    def chamber_of(self, fraction: str) -> int | None:
        """Index of the chamber that takes the fraction, None if none does."""
        return next((k for k, one in enumerate(self.chambers) if fraction in one.fractions), None)


_VEHICLE_NUMBERS = (
    "max_duration_s",
    "fixed_cost",
    "cost_per_m",
    "cost_per_s",
    "max_driving_s",
    "max_distance_m",
    "regular_s",
    "cost_per_overtime_s",
    "setup_s",
    "lift_s",
    "profile",
)


@dataclass(frozen=True)
class DisposalSite:
    """A place where a vehicle empties completely, or reloads.

    windows: bound the start of its time there: weighing_s on the weighbridge, in and out together, and
    service_s. fractions: what it accepts; None means everything. A vehicle empties only where everything on
    board is accepted.
    """

    location: int
    service_s: float = 0.0
    windows: tuple[Window, ...] = ()
    name: str = ""
    weighing_s: float = 0.0
    fractions: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        refuse_negative("disposal_site.location", self.location)
        refuse_negative("disposal_site.service_s", self.service_s)
        refuse_negative("disposal_site.weighing_s", self.weighing_s)
        refuse_windows("disposal_site.windows", self.windows)
        if self.fractions is not None:
            refuse_words("disposal_site.fractions", self.fractions)


@dataclass(frozen=True)
class Objective:
    """What counts beside the vehicles' own costs; each weight in cost per what it is for.

    vehicles_first: fewer tours before any cost. balance_per_h2: for the square of each tour's hours, so that
    equal days cost least. compactness_per_m: for each stop, metres from its vehicle's `area`.
    stability: for each stop that another vehicle serves than its `usual_vehicle`.
    """

    vehicles_first: bool = False
    balance_per_h2: float = 0.0
    compactness_per_m: float = 0.0
    stability: float = 0.0

    def __post_init__(self) -> None:
        for one in fields(self):
            refuse_negative(f"objective.{one.name}", getattr(self, one.name))


@dataclass(frozen=True)
class Lock:
    """A promise: the vehicle's tour begins with these steps; `whole`: it has no others."""

    vehicle: int
    steps: tuple[Step, ...]
    whole: bool = False


def _sizes(name: str, sizes: Sizes | Mapping[str, float]) -> Sizes:
    """Sorted pairs, so that equal sizes are equal."""
    pairs = sorted(sizes.items() if isinstance(sizes, Mapping) else sizes)
    refuse_words(name, tuple(key for key, _ in pairs))
    for key, value in pairs:
        refuse_negative(f"{name}.{key}", value)
    return tuple(pairs)
