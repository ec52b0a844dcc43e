"""Checking a plan against its problem; shares nothing with the search but the data classes."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from routing.breaks import WEEK_RULES_NOT_CHECKED, DrivingBreaks, WorkBreaks
from routing.check_figures import figures, plan_cost
from routing.check_loads import loads
from routing.check_times import times
from routing.plan import Plan, Tour
from routing.problem import Problem, Stop, Vehicle

_SHARE = 1e-6
"""Costs may differ by this share without being wrong."""


@dataclass(frozen=True)
class Violation:
    """One rule that a plan breaks: which, where, and the sentence for people."""

    rule: str
    tour: int | None
    text: str

    def __str__(self) -> str:
        place = "plan" if self.tour is None else f"tour {self.tour + 1}"
        return f"{place}: {self.rule}: {self.text}"


def violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Everything that is wrong with the plan; an empty list means it can be driven and says the truth.

    Checks that every stop is served once (of a group one, optional ones at most once, mandatory ones left out
    must stand in `unserved`), that vehicles may serve their stops and in the order asked for, locks, loads
    between disposal visits, in the vehicle and in its chambers, day limits, windows, releases, shifts,
    durations, driving, breaks, times and distances against the matrices, emptiness at home, and the stated
    distance, duration and cost. What cannot be checked stands in `not_checked`.
    """
    found = [*_coverage(problem, plan), *_groups(problem, plan), *_fleet(problem, plan)]
    for number, tour in enumerate(plan.tours):
        if not 0 <= tour.vehicle < len(problem.vehicles):
            found.append(Violation("vehicle", number, f"no vehicle {tour.vehicle}"))
            continue
        bad_index = list(_indices(problem, number, tour))
        found += bad_index
        if not bad_index:
            found += [Violation(rule, number, text) for rule, text in _tour(problem, tour)]
    cost = plan_cost(problem, plan)
    if not abs(cost - plan.cost) <= _SHARE * max(1.0, abs(cost), abs(plan.cost)):
        found.append(Violation("cost", None, f"{plan.cost:.6f} stated, {cost:.6f} counted"))
    return found


def not_checked(problem: Problem) -> list[str]:
    """Rules that bind some vehicle and that a single day cannot prove, a sentence each."""
    regulated = any(isinstance(vehicle.breaks, WorkBreaks | DrivingBreaks) for vehicle in problem.vehicles)
    return [WEEK_RULES_NOT_CHECKED] if regulated else []


def _tour(problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    yield from _permissions(problem, tour)
    yield from _order(problem, tour)
    yield from _locks(problem, tour)
    yield from loads(problem, tour)
    yield from times(problem, tour)
    yield from figures(problem, tour)


def _coverage(problem: Problem, plan: Plan) -> Iterator[Violation]:
    served = [0] * len(problem.stops)
    for tour in plan.tours:
        for visit in tour.visits:
            if visit.kind == "stop" and 0 <= visit.index < len(served):
                served[visit.index] += 1
    named = {left.stop for left in plan.unserved}
    for index, times_served in enumerate(served):
        stop = problem.stops[index]
        if times_served > 1:
            yield Violation("stop", None, f"stop {index + 1} is served {times_served} times")
        if times_served > 0 and index in named:
            yield Violation("unserved", None, f"stop {index + 1} is served and also listed as unserved")
        if times_served > 0 or stop.group:
            continue
        if index not in named:
            yield Violation("stop", None, f"stop {index + 1} is not served")
        elif stop.prize is None:
            yield Violation("unserved", None, f"stop {index + 1} must be served and is left out")


def _groups(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Of each group one stop; none only where all have prizes and one of them is named."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, stop in enumerate(problem.stops):
        if stop.group:
            members[stop.group].append(index)
    served = [stop for tour in plan.tours for stop in tour.stops]
    named = {left.stop for left in plan.unserved}
    for group, indices in members.items():
        count = sum(index in indices for index in served)
        if count > 1:
            yield Violation("group", None, f"{count} stops of {group} are served, expected one")
        if count == 0 and not named & set(indices):
            yield Violation("group", None, f"no stop of {group} is served or listed as unserved")
        if count == 0 and any(problem.stops[index].prize is None for index in indices):
            yield Violation("unserved", None, f"a stop of {group} must be served and all are left out")


def _fleet(problem: Problem, plan: Plan) -> Iterator[Violation]:
    used: set[int] = set()
    for number, tour in enumerate(plan.tours):
        if tour.vehicle in used:
            yield Violation("vehicle", number, f"vehicle {tour.vehicle} drives a second tour")
        used.add(tour.vehicle)
    for index, vehicle in enumerate(problem.vehicles):
        if vehicle.under_way is not None and index not in used:
            yield Violation("vehicle", None, f"vehicle {index} is under way and has no tour home")
    for lock in problem.locks:
        if lock.steps and lock.vehicle not in used:
            yield Violation("lock", None, f"vehicle {lock.vehicle} has promised steps and no tour")


def _indices(problem: Problem, number: int, tour: Tour) -> Iterator[Violation]:
    for visit in tour.visits:
        if visit.kind == "stop" and not 0 <= visit.index < len(problem.stops):
            yield Violation("stop", number, f"no stop {visit.index + 1}")
        if visit.kind == "disposal" and not 0 <= visit.index < len(problem.disposal_sites):
            yield Violation("disposal", number, f"no disposal site {visit.index + 1}")


def _permissions(problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    """Whether the vehicle may serve each of its stops at all."""
    vehicle = problem.vehicles[tour.vehicle]
    for index in tour.stops:
        stop = problem.stops[index]
        for rule, text in _forbidden(stop, vehicle):
            yield rule, f"stop {index + 1} {text}"
        if stop.vehicles is not None and tour.vehicle not in stop.vehicles:
            yield "vehicle", f"stop {index + 1} belongs to vehicles {_listed(stop.vehicles)}"


def _forbidden(stop: Stop, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    missing = [skill for skill in stop.skills if skill not in vehicle.skills]
    if missing:
        yield "skill", f"needs {_listed(missing)}"
    sizes = dict(vehicle.sizes)
    for name, most in stop.limits:
        if name not in sizes:
            yield "size", f"allows {name} up to {most:g}, unknown of the vehicle"
        elif sizes[name] > most:
            yield "size", f"allows {name} up to {most:g}, the vehicle has {sizes[name]:g}"
    if stop.side is not None and stop.side not in vehicle.sides:
        yield "side", f"lies on the {stop.side}, the vehicle loads {_listed(vehicle.sides)}"
    if stop.days is not None and vehicle.day not in stop.days:
        yield "day", f"belongs to days {_listed(stop.days)}, the vehicle drives on day {vehicle.day}"


def _listed(things: object) -> str:
    return ", ".join(str(thing) for thing in things) if isinstance(things, tuple | list) else str(things)


def _order(problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    done: set[int] = set()
    for index in tour.stops:
        before = problem.stops[index].after
        if before is not None and before not in done:
            yield "order", f"stop {index + 1} is served without stop {before + 1} before it"
        done.add(index)


def _locks(problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    steps = tuple((visit.kind, visit.index) for visit in tour.visits if visit.kind != "break")
    for lock in problem.locks:
        if lock.vehicle != tour.vehicle:
            continue
        if steps[: len(lock.steps)] != lock.steps:
            yield "lock", f"does not begin with the {len(lock.steps)} promised steps"
        if lock.whole and len(steps) > len(lock.steps):
            yield "lock", f"has {len(steps)} steps, promised are {len(lock.steps)} and no more"
