"""Solutions in files: CVRPLIB's `.sol` and the JSON that `route solve` prints.

A stop is a whole number, 1 = the first customer after the depot; a disposal visit is "D1", "D2", ... in the
order of the problem's disposal sites.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing.errors import RoutingError
from routing.instances.files import read_text
from routing.instances.instance import Instance, refuse
from routing.members import Step
from routing.plan import Plan, Unserved
from routing.pricing import skipped_cost
from routing.problem import Problem, Stop
from routing.timetable import timetable

_COST_DIGITS = 6


@dataclass(frozen=True)
class Solution:
    """What a file states: steps and vehicle of each route, the cost if stated, stops left out."""

    routes: tuple[tuple[Step, ...], ...]
    vehicles: tuple[int, ...]
    cost: float | None
    unserved: tuple[int, ...] = ()


def read_solution(path: Path, problem: Problem, depot_reloads: bool = False) -> Solution:
    """Read a `.sol` or JSON file; RoutingError in one line if it is neither or names what is not there.

    depot_reloads: a 0 within a route of a `.sol` means reloading at the depot, see `Instance`.
    """
    text = read_text(path)
    if text.lstrip().startswith("{"):
        return _from_json(text, path.name, problem)
    return _from_sol(text, path.name, problem, depot_reloads)


def _from_sol(text: str, source: str, problem: Problem, depot_reloads: bool) -> Solution:
    found = re.findall(r"^\s*Route\s*#?\s*(\d+)\s*:(.*)$", text, flags=re.MULTILINE | re.IGNORECASE)
    if not found:
        refuse(source, "Route", "missing", "lines 'Route #1: 3 1 2'")
    cost = re.search(r"^\s*Cost\s*:?\s*([-+.\deE]+)", text, flags=re.MULTILINE | re.IGNORECASE)
    routes, vehicles = [], []
    for place, (number, words) in enumerate(found):
        named = ("D1" if depot_reloads and word == "0" else word for word in words.split())
        steps = tuple(_step(source, f"Route #{number}", word, problem) for word in named)
        if steps:
            routes.append(steps)
            vehicles.append(place)
    served = {index for steps in routes for kind, index in steps if kind == "stop"}
    skipped = (
        i for i, stop in enumerate(problem.stops) if i not in served and _may_be_left(problem, stop, served)
    )
    return Solution(tuple(routes), tuple(vehicles), float(cost[1]) if cost else None, tuple(skipped))


def _may_be_left(problem: Problem, stop: Stop, served: set[int]) -> bool:
    """Optional stops, but not those of a group of which another stop is served."""
    return stop.prize is not None and not (
        stop.group and any(problem.stops[index].group == stop.group for index in served)
    )


def _from_json(text: str, source: str, problem: Problem) -> Solution:
    try:
        whole = json.loads(text)
    except ValueError as error:
        refuse(source, "JSON", error, "one object")
    listed = whole.get("routes")
    if not isinstance(listed, list) or not all(isinstance(route, list) for route in listed):
        refuse(source, "routes", listed if listed is None else "no lists", "a list of lists of stops")
    vehicles = whole.get("vehicles", list(range(len(listed))))
    if not isinstance(vehicles, list) or len(vehicles) != len(listed):
        refuse(source, "vehicles", vehicles, f"a list of {len(listed)} vehicles, one a route")
    for vehicle in vehicles:
        if not isinstance(vehicle, int) or isinstance(vehicle, bool):
            refuse(source, "vehicles", vehicle, "whole numbers")
    cost = whole.get("cost")
    if cost is not None and not isinstance(cost, int | float):
        refuse(source, "cost", cost, "a number")
    listed_left = whole.get("unserved", [])
    if not isinstance(listed_left, list):
        refuse(source, "unserved", listed_left, "a list of stops")
    left = tuple(_step(source, "unserved", entry, problem)[1] for entry in listed_left)
    routes = tuple(
        tuple(_step(source, f"routes[{place}]", entry, problem) for entry in route)
        for place, route in enumerate(listed)
    )
    return Solution(routes, tuple(vehicles), None if cost is None else float(cost), left)


def _step(source: str, where: str, entry: Any, problem: Problem) -> Step:
    word = str(entry)
    kind, number, count = "stop", word, len(problem.stops)
    if word.startswith("D"):
        kind, number, count = "disposal", word[1:], len(problem.disposal_sites)
    if isinstance(entry, bool) or not number.isdigit() or not 1 <= int(number) <= count:
        ends = f" or D1..D{len(problem.disposal_sites)}" if problem.disposal_sites else ""
        refuse(source, where, repr(entry), f"a stop 1..{len(problem.stops)}{ends}")
    return ("stop" if kind == "stop" else "disposal", int(number) - 1)


def to_plan(instance: Instance, solution: Solution) -> Plan:
    """The plan that a solution means: times worked out anew, the cost as stated."""
    problem = instance.problem
    for vehicle in solution.vehicles:
        if not 0 <= vehicle < len(problem.vehicles):
            raise RoutingError(f"solution: vehicles: {vehicle}: expected 0..{len(problem.vehicles) - 1}")
    tours = tuple(
        timetable(problem, vehicle, steps)
        for vehicle, steps in zip(solution.vehicles, solution.routes, strict=True)
        if steps
    )
    left = tuple(Unserved(index, "left out by the solution") for index in solution.unserved)
    cost = sum(tour.cost for tour in tours) + skipped_cost(problem, solution.unserved)
    return Plan(tours, left, _stated(solution.cost, cost, instance.published_scales))


def _stated(stated: float | None, counted: float, scales: tuple[float, ...]) -> float:
    """The stated cost in the problem's units; published figures may be scaled and rounded as printed."""
    if stated is None:
        return counted
    for scale in scales:
        if scale != 1.0 and abs(stated - counted * scale) <= 0.011:
            return counted
    return counted if abs(stated - counted) <= 10.0**-_COST_DIGITS else stated


def to_solution(problem: Problem, plan: Plan) -> dict[str, Any]:
    """The JSON object of `route solve`."""
    return {
        "instance": problem.name,
        "cost": tidy(plan.cost),
        "unit": problem.unit,
        "routes": [
            [
                visit.index + 1 if visit.kind == "stop" else f"D{visit.index + 1}"
                for visit in tour.visits
                if visit.kind != "break"
            ]
            for tour in plan.tours
        ],
        "vehicles": [tour.vehicle for tour in plan.tours],
        "unserved": [left.stop + 1 for left in plan.unserved],
        "reasons": {str(left.stop + 1): left.reason for left in plan.unserved},
        "tours": [
            {
                "start_s": tidy(tour.start_s),
                "end_s": tidy(tour.end_s),
                "distance_m": tidy(tour.distance_m),
                "cost": tidy(tour.cost),
            }
            for tour in plan.tours
        ],
        "seconds": round(plan.seconds, 3),
        "cpu_seconds": round(plan.cpu_seconds, 3),
        "iterations": plan.iterations,
    }


def tidy(value: float) -> float | int:
    """A number without the noise of floating point; whole numbers as such."""
    rounded = round(value, _COST_DIGITS)
    return int(rounded) if rounded == int(rounded) else rounded


def write_sol(problem: Problem, plan: Plan) -> str:
    """CVRPLIB's text; routes numbered from 1, disposal visits as D1, D2, ..."""
    routes = to_solution(problem, plan)["routes"]
    lines = [f"Route #{place}: {' '.join(map(str, route))}" for place, route in enumerate(routes, start=1)]
    return "\n".join([*lines, f"Cost {tidy(plan.cost)}", ""])
