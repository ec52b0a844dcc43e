"""Small problems of each kind that only the rich search knows, and their least cost by counting through."""

import dataclasses
import itertools
import math
from collections.abc import Iterator

import numpy as np

from routing import MaxIterations, Plan, Problem, solve, violations
from routing.members import Step
from routing.plan import Tour, Unserved
from routing.pricing import skipped_cost
from routing.timetable import timetable

HOUR = 3600.0


def line(*metres: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Distances between places on a line."""
    at = np.array(metres)
    gaps: np.ndarray[tuple[int, int], np.dtype[np.float64]] = np.abs(at[:, None] - at[None])
    return gaps


def least_cost(problem: Problem) -> float:
    """Least cost of all valid plans that serve as many mandatory stops as can be, by trying them all.

    For a handful of stops and vehicles: every choice of stops, split, order and placing of disposal visits.
    """
    best = (math.inf, math.inf)
    for choice in _choices(problem):
        for tours in _splits(problem, choice):
            plan = _plan(problem, tours)
            wrong = [violation for violation in violations(problem, plan) if violation.rule != "unserved"]
            if not wrong:
                must = sum(problem.stops[left.stop].prize is None for left in plan.unserved)
                best = min(best, (must, plan.cost))
    return best[1]


def solved(problem: Problem, iterations: int = 400, **options: object) -> Plan:
    """A plan from the search that keeps every rule but serving all."""
    plan = solve(problem, MaxIterations(iterations), seed=1, **options)  # type: ignore[arg-type]
    wrong = [str(violation) for violation in violations(problem, plan) if violation.rule != "unserved"]
    assert wrong == []
    return plan


def _plan(problem: Problem, tours: tuple[Tour, ...]) -> Plan:
    served = {stop for tour in tours for stop in tour.stops}
    done = {problem.stops[stop].group for stop in served} - {""}
    left = [i for i, stop in enumerate(problem.stops) if i not in served and stop.group not in done]
    cost = sum(tour.cost for tour in tours) + skipped_cost(problem, left)
    return Plan(tours, tuple(Unserved(index, "left out") for index in left), cost)


def _choices(problem: Problem) -> Iterator[tuple[int, ...]]:
    for size in range(len(problem.stops), -1, -1):
        yield from itertools.combinations(range(len(problem.stops)), size)


def _splits(problem: Problem, stops: tuple[int, ...]) -> Iterator[tuple[Tour, ...]]:
    for owners in itertools.product(range(len(problem.vehicles)), repeat=len(stops)):
        parts = [
            [stop for stop, owner in zip(stops, owners, strict=True) if owner == vehicle]
            for vehicle in range(len(problem.vehicles))
        ]
        options = [_best_tours(problem, vehicle, tuple(part)) for vehicle, part in enumerate(parts)]
        for tours in itertools.product(*options):
            yield tuple(tour for tour in tours if tour is not None)


_KNOWN: dict[tuple[Problem, int, tuple[int, ...]], list[Tour | None]] = {}


def _best_tours(problem: Problem, vehicle: int, stops: tuple[int, ...]) -> list[Tour | None]:
    """The cheapest valid tour of these stops with this vehicle; none when there is none."""
    if not stops and problem.vehicles[vehicle].under_way is None:
        return [None]
    key = (problem, vehicle, stops)
    if key not in _KNOWN:
        alone = dataclasses.replace(problem, locks=())
        tours = [timetable(alone, vehicle, steps) for steps in _orders(problem, stops)]
        good = [
            tour
            for tour in tours
            if not any(one.tour == 0 for one in violations(alone, _plan(alone, (tour,))))
        ]
        _KNOWN[key] = [min(good, key=lambda tour: tour.cost)] if good else []
    return _KNOWN[key]


def _orders(problem: Problem, stops: tuple[int, ...]) -> Iterator[list[Step]]:
    """Every order, with at most one disposal visit in each gap."""
    gaps: list[int | None] = [None, *range(len(problem.disposal_sites))]
    for order in itertools.permutations(stops):
        for sites in itertools.product(gaps, repeat=len(order) + 1 if len(gaps) > 1 else 0):
            steps: list[Step] = []
            for place, stop in enumerate(order):
                if sites and sites[place] is not None:
                    steps.append(("disposal", sites[place] or 0))
                steps.append(("stop", stop))
            if sites and sites[-1] is not None:
                steps.append(("disposal", sites[-1] or 0))
            yield steps
