"""Checking a plan against its problem; shares nothing with the search but the data classes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from routing.plan import Plan, Tour, Visit
from routing.problem import LunchBreak, Problem, Vehicle, Window, WorkBreaks

_TIME_S = 0.01
"""Times may differ by this without being wrong (s)."""
_SHARE = 1e-6
"""Amounts, distances and costs may differ by this share without being wrong."""


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

    Checks that every stop is served once (optional ones at most once, mandatory ones left out must stand in
    `unserved`), loads between disposal visits, day limits, windows, shifts, durations, breaks, driving times
    and distances against the matrices, emptiness at home, and the stated distance, duration and cost.
    """
    found = list(_coverage(problem, plan))
    for number, tour in enumerate(plan.tours):
        if not 0 <= tour.vehicle < len(problem.vehicles):
            found.append(Violation("vehicle", number, f"no vehicle {tour.vehicle}"))
            continue
        bad_index = list(_indices(problem, number, tour))
        found += bad_index
        if not bad_index:
            found += _tour(problem, number, tour)
    found += _total(problem, plan)
    return found


def _coverage(problem: Problem, plan: Plan) -> Iterator[Violation]:
    served = [0] * len(problem.stops)
    for tour in plan.tours:
        for visit in tour.visits:
            if visit.kind == "stop" and 0 <= visit.index < len(served):
                served[visit.index] += 1
    named = {left.stop for left in plan.unserved}
    for index, times in enumerate(served):
        if times > 1:
            yield Violation("stop", None, f"stop {index + 1} is served {times} times")
        if times == 0 and index not in named:
            yield Violation("stop", None, f"stop {index + 1} is not served")
        if times == 0 and index in named and problem.stops[index].prize is None:
            yield Violation("unserved", None, f"stop {index + 1} must be served and is left out")
        if times > 0 and index in named:
            yield Violation("unserved", None, f"stop {index + 1} is served and also listed as unserved")
    used: set[int] = set()
    for number, tour in enumerate(plan.tours):
        if tour.vehicle in used:
            yield Violation("vehicle", number, f"vehicle {tour.vehicle} drives a second tour")
        used.add(tour.vehicle)


def _indices(problem: Problem, number: int, tour: Tour) -> Iterator[Violation]:
    for visit in tour.visits:
        if visit.kind == "stop" and not 0 <= visit.index < len(problem.stops):
            yield Violation("stop", number, f"no stop {visit.index + 1}")
        if visit.kind == "disposal" and not 0 <= visit.index < len(problem.disposal_sites):
            yield Violation("disposal", number, f"no disposal site {visit.index + 1}")


def _tour(problem: Problem, number: int, tour: Tour) -> Iterator[Violation]:
    vehicle = problem.vehicles[tour.vehicle]
    checks = (
        *_loads(problem, tour, vehicle),
        *_clock(problem, tour, vehicle),
        *_day(problem, tour, vehicle),
        *_breaks(problem, tour, vehicle),
        *_figures(problem, tour, vehicle),
    )
    for rule, text in checks:
        yield Violation(rule, number, text)


def _name(visit: Visit) -> str:
    return f"{visit.kind} {visit.index + 1}"


def _loads(problem: Problem, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    load = [0.0] * len(vehicle.capacity)
    day = [0.0] * len(vehicle.capacity)
    allowed = (
        set(range(len(problem.disposal_sites)))
        if vehicle.disposal_sites is None
        else set(vehicle.disposal_sites)
    )
    for visit in tour.visits:
        if visit.kind == "disposal":
            load = [0.0] * len(load)
            if visit.index not in allowed:
                yield "disposal", f"the vehicle may not empty at disposal site {visit.index + 1}"
        elif visit.kind == "stop":
            for k, amount in enumerate(problem.stops[visit.index].demand):
                load[k] += amount
                day[k] += amount
                if load[k] > vehicle.capacity[k] * (1 + _SHARE) + _SHARE:
                    yield (
                        "capacity",
                        f"{load[k]:g} on board after {_name(visit)}, capacity {vehicle.capacity[k]:g}",
                    )
        if any(abs(a - b) > _SHARE * (1 + abs(a)) for a, b in zip(load, visit.load, strict=True)):
            yield "load", f"{visit.load} stated after {_name(visit)}, {tuple(load)} counted"
    if vehicle.home_empty and any(amount > 0 for amount in load):
        yield "home empty", f"comes home with {max(load):g} on board"
    for k, limit in enumerate(vehicle.max_load or ()):
        if day[k] > limit * (1 + _SHARE) + _SHARE:
            yield "day load", f"{day[k]:g} collected in the day, limit {limit:g}"


def _clock(problem: Problem, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    """Times: drives between places take what the matrix says, a break may lie before or after a drive."""
    at, free_s = vehicle.start, tour.start_s
    if tour.start_s < vehicle.shift[0] - _TIME_S:
        yield "shift", f"leaves at {tour.start_s:g} s, the shift begins at {vehicle.shift[0]:g} s"
    for visit in tour.visits:
        if visit.kind == "break":
            target = at if visit.location is None else visit.location
            length_s = visit.departure_s - visit.start_s
            if length_s < 0 or visit.start_s < free_s - _TIME_S:
                yield "time", f"{_name(visit)} runs from {visit.start_s:g} s to {visit.departure_s:g} s"
        elif visit.kind == "stop":
            target = problem.stops[visit.index].location
        else:
            target = problem.disposal_sites[visit.index].location
        if visit.location is not None and visit.location != target:
            yield "place", f"{_name(visit)} is at location {target}, stated {visit.location}"
        drive_s = 0.0 if target == at and visit.kind == "break" else float(problem.duration_s[at, target])
        if abs(visit.arrival_s - (free_s + drive_s)) > _TIME_S:
            yield (
                "time",
                f"at {_name(visit)} from {visit.arrival_s:.2f} s, can be there at {free_s + drive_s:.2f} s",
            )
        if visit.kind != "break":
            yield from _service(problem, visit)
        at = target
        free_s = visit.departure_s
    home_s = free_s + float(problem.duration_s[at, vehicle.end])
    if not math.isfinite(home_s):
        yield "way", "no way leads along this tour"
    if abs(home_s - tour.end_s) > _TIME_S:
        yield "time", f"is home at {home_s:.2f} s, stated {tour.end_s:.2f} s"
    if home_s > vehicle.shift[1] + _TIME_S:
        yield "shift", f"is home at {home_s:.0f} s, the shift ends at {vehicle.shift[1]:.0f} s"


def _service(problem: Problem, visit: Visit) -> Iterator[tuple[str, str]]:
    stop = problem.stops[visit.index] if visit.kind == "stop" else problem.disposal_sites[visit.index]
    if visit.start_s < visit.arrival_s - _TIME_S:
        yield "time", f"{_name(visit)} begins before the vehicle is there"
    if abs(visit.departure_s - visit.start_s - stop.service_s) > _TIME_S:
        yield (
            "service",
            f"{_name(visit)} lasts {visit.departure_s - visit.start_s:g} s, expected {stop.service_s:g} s",
        )
    if stop.windows and not any(_inside(visit.start_s, window) for window in stop.windows):
        spans = ", ".join(f"{opens:g}..{closes:g}" for opens, closes in stop.windows)
        yield "window", f"{_name(visit)} begins at {visit.start_s:.2f} s, open {spans} s"


def _inside(moment_s: float, window: Window) -> bool:
    return window[0] - _TIME_S <= moment_s <= window[1] + _TIME_S


def _day(problem: Problem, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    if tour.end_s - tour.start_s > vehicle.max_duration_s + _TIME_S:
        yield "duration", f"{tour.end_s - tour.start_s:.0f} s, limit {vehicle.max_duration_s:.0f} s"
    stops = sum(visit.kind == "stop" for visit in tour.visits)
    if vehicle.max_stops is not None and stops > vehicle.max_stops:
        yield "day stops", f"{stops} stops, limit {vehicle.max_stops}"


def _breaks(problem: Problem, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    rule = vehicle.breaks
    taken = [visit for visit in tour.visits if visit.kind == "break"]
    if isinstance(rule, LunchBreak):
        good = [
            visit
            for visit in taken
            if _inside(visit.start_s, (rule.opens_s, rule.closes_s))
            and visit.departure_s - visit.start_s >= rule.length_s - _TIME_S
        ]
        if not good and tour.end_s > rule.closes_s + _TIME_S:
            yield "break", f"no break of {rule.length_s:g} s that begins by {rule.closes_s:g} s"
    if isinstance(rule, WorkBreaks) and tour.visits:
        yield from _work_breaks(rule, tour, taken)


def _work_breaks(rule: WorkBreaks, tour: Tour, taken: list[Visit]) -> Iterator[tuple[str, str]]:
    if taken and (tour.visits[0].kind == "break" or taken[-1].departure_s >= tour.end_s - _TIME_S):
        yield "break", "a break lies at the start or the end"
    counted = [v for v in taken if v.departure_s - v.start_s >= rule.part_s - _TIME_S]
    rested_s = sum(visit.departure_s - visit.start_s for visit in counted)
    work_s = tour.end_s - tour.start_s - rested_s
    edges = [tour.start_s]
    for visit in counted:
        edges += [visit.start_s, visit.departure_s]
    edges.append(tour.end_s)
    stretches = [end - begin for begin, end in zip(edges[::2], edges[1::2], strict=True)]
    if max(stretches) > rule.stretch_s + _TIME_S:
        yield "break", f"{max(stretches):.0f} s of work without a break, at most {rule.stretch_s:.0f} s"
    needed_s = 0.0
    if work_s > rule.first_over_s + _TIME_S:
        needed_s = rule.first_break_s
    if work_s > rule.second_over_s + _TIME_S:
        needed_s = rule.second_break_s
    if rested_s < needed_s - _TIME_S:
        yield "break", f"{rested_s:.0f} s of breaks for {work_s:.0f} s of work, needed {needed_s:.0f} s"
    if work_s > rule.day_s + _TIME_S:
        yield "break", f"{work_s:.0f} s of work in a day, at most {rule.day_s:.0f} s"


def _figures(problem: Problem, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    at, metres = vehicle.start, 0.0
    for visit in tour.visits:
        if visit.kind == "break" and visit.location in (None, at):
            continue
        if visit.location is not None:
            metres += float(problem.distance_m[at, visit.location])
            at = visit.location
    metres += float(problem.distance_m[at, vehicle.end])
    if _differs(metres, tour.distance_m):
        yield "distance", f"{tour.distance_m:.3f} m stated, {metres:.3f} m by the matrix"
    duration_s = tour.end_s - tour.start_s
    if abs(duration_s - tour.duration_s) > _TIME_S:
        yield "duration", f"{tour.duration_s:.2f} s stated, {duration_s:.2f} s from start to end"
    cost = vehicle.fixed_cost + vehicle.cost_per_m * metres + vehicle.cost_per_s * duration_s
    if _differs(cost, tour.cost):
        yield "cost", f"{tour.cost:.6g} stated, {cost:.6g} counted"


def _total(problem: Problem, plan: Plan) -> Iterator[Violation]:
    cost = sum(tour.cost for tour in plan.tours)
    cost += sum(problem.stops[left.stop].prize or 0.0 for left in plan.unserved)
    if _differs(cost, plan.cost):
        yield Violation("cost", None, f"{plan.cost:.6f} stated, {cost:.6f} counted")


def _differs(one: float, other: float) -> bool:
    return not abs(one - other) <= _SHARE * max(1.0, abs(one), abs(other))
