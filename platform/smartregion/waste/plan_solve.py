"""Solve the parts of a day side by side, help out with vehicles left idle, and check every answer."""

import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import routing
from smartregion.errors import SmartRegionError
from smartregion.jobs.interrupted import Interrupted
from smartregion.registry.objects import Vehicle
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_fleet import allocate, choices_of, ready_vehicles, split_stops
from smartregion.waste.plan_problem import COSTS, Costs, Part, Region, Roads, Stop, part

_HELP = 0.3
"""Share of the effort for a second round with vehicles that the first left idle."""
_LEAST_S = 0.3


class PlanViolates(SmartRegionError):
    """The solver's answer breaks a rule of its problem: nothing is stored."""


@dataclass(frozen=True)
class Effort:
    """How long to search: wall time in s, or iterations a part where every run must give the same plan."""

    seconds: float = math.inf
    iterations: int | None = None
    stopping: Callable[[], bool] = lambda: False
    """Asked all the time; true ends every search at once."""
    threads: int = min(4, os.cpu_count() or 1)
    seed: int = 1

    def stop(self, share: float) -> routing.StopCondition:
        """The condition of a search that may use a share of the effort."""
        wall_s = max(_LEAST_S, share * self.seconds)

        def used(iterations: int, seconds: float) -> float:
            if self.stopping():
                return 1.0
            return iterations / self.iterations if self.iterations else seconds / wall_s

        return used


@dataclass(frozen=True)
class Solved:
    """One fraction's problem and the answer to it."""

    part: Part
    plan: routing.Plan


@dataclass(frozen=True)
class Answer:
    """The answers of a day, and the stops left out with the reason, a key of `plan_fleet.REASONS`."""

    solved: Sequence[Solved]
    left: Sequence[tuple[Stop, str]]


@dataclass(frozen=True)
class Searching:
    """How far the search is: share of the effort used (0..1), best cost so far (EUR), containers left out.

    `best_cost` holds the tours of the fractions that have begun, without a price for what is left out.
    """

    share: float
    best_cost: float
    stops_left: int
    fraction: str
    """The fraction that moved last."""


Report = Callable[[Searching], None]


def answer(
    stops: Sequence[Stop],
    region: Region,
    roads: Roads,
    day: Day,
    effort: Effort,
    report: Report = lambda searching: None,
    costs: Costs = COSTS,
) -> Answer:
    """Plan all stops of a day; every part is checked independently of the search.

    Raises PlanViolates with the first broken rule, Interrupted when `effort.stopping` cut the search short.
    """
    vehicles, _ = ready_vehicles(region, roads)
    groups, excluded = split_stops(stops, vehicles, region, roads, day)
    shares = allocate(groups, vehicles, region, roads, day)

    def make(members: Mapping[str, Sequence[Vehicle]]) -> list[Part]:
        return [
            part(key, groups[key], chosen, region, roads, day, costs)
            for key, chosen in members.items()
            if chosen
        ]

    found = {one.part.fraction: one for one in _solve(make(shares), effort, 1.0, report)}
    helped = _helpers(groups, shares, found, vehicles, region, roads)
    for one in _solve(make(helped), effort, _HELP, lambda searching: None):
        before = found.get(one.part.fraction)
        if before is None or _missing(one) < _missing(before):
            found[one.part.fraction] = one
    left = [*excluded, *((stop, "fleet") for key in groups if key not in found for stop in groups[key])]
    for one in found.values():
        left += [(one.part.stops[gone.stop], "fleet") for gone in one.plan.unserved]
    # What was offered to be taken along and did not pay is no fault of the plan.
    return Answer([found[key] for key in sorted(found)], [entry for entry in left if entry[0].must])


def _missing(one: Solved) -> int:
    """Stops left out that must be served."""
    return sum(one.part.stops[gone.stop].must for gone in one.plan.unserved)


def _solve(parts: Sequence[Part], effort: Effort, share: float, report: Report) -> list[Solved]:
    """Solve parts in threads (the kernels release the interpreter), the largest first."""
    stops = sum(len(one.stops) for one in parts)
    threads = max(1, min(effort.threads, len(parts)))
    progress = _Progress(stops, report)

    def solve(one: Part) -> Solved:
        weight = min(1.0, threads * len(one.stops) / stops)
        plan = routing.solve(one.problem, effort.stop(share * weight), effort.seed, progress.of(one))
        if effort.stopping():
            raise Interrupted
        broken = routing.violations(one.problem, plan)
        if broken:
            raise PlanViolates(f"plan: {one.fraction}: {len(broken)} rules broken, first: {broken[0]}")
        return Solved(one, plan)

    with ThreadPoolExecutor(threads, thread_name_prefix="solve") as pool:
        return list(pool.map(solve, sorted(parts, key=lambda one: -len(one.stops))))


def _helpers(
    groups: Mapping[str, Sequence[Stop]],
    shares: Mapping[str, Sequence[Vehicle]],
    found: Mapping[str, Solved],
    vehicles: Sequence[Vehicle],
    region: Region,
    roads: Roads,
) -> dict[str, list[Vehicle]]:
    """Vehicles for fractions with stops left out: their own and idle ones of others, each idle one once."""
    needy = [key for key in sorted(groups) if key not in found or _missing(found[key])]
    taken = {
        one.part.vehicles[tour.vehicle].id for one in found.values() for tour in one.plan.tours if tour.stops
    }
    taken |= {vehicle.id for key in needy for vehicle in shares[key]}
    helped: dict[str, list[Vehicle]] = {}
    for fraction in needy:
        own = {fraction: groups[fraction]}
        extra = [one for one in vehicles if one.id not in taken and choices_of(one, own, region, roads)]
        if extra:
            helped[fraction] = [*shares[fraction], *extra]
            taken |= {vehicle.id for vehicle in extra}
    return helped


class _Progress:
    """Adds up what the parts report from their threads."""

    def __init__(self, stops: int, report: Report) -> None:
        self._stops, self._report = stops, report
        self._lock = threading.Lock()
        self._share: dict[str, float] = {}
        self._cost: dict[str, float] = {}
        self._left: dict[str, int] = {}

    def of(self, one: Part) -> Callable[[routing.Progress], None]:
        """The callback of one part's search."""

        def note(progress: routing.Progress) -> None:
            with self._lock:
                self._share[one.fraction] = progress.share * len(one.stops) / self._stops
                self._cost[one.fraction] = progress.cost
                self._left[one.fraction] = progress.unserved
                share, cost = sum(self._share.values()), sum(self._cost.values())
                self._report(Searching(share, cost, sum(self._left.values()), one.fraction))

        return note
