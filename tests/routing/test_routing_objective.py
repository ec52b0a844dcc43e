"""Balance of hours, compact areas and yesterday's habits: each term moves its own measure, and is counted."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from routing import MaxIterations, Objective, Plan, Problem, Stop, Vehicle, solve, violations

pytestmark = pytest.mark.usefixtures("compiled")

_WEIGHTS = (0.0, 0.3, 1.0, 3.0, 10.0)  # of the unit of each term below
_AREAS = (10, 11, 12)  # where the vehicles are at home


def _problem() -> Problem:
    """Ten stops in the plane and three vehicles at one depot; yesterday other vehicles than the nearest."""
    rng = np.random.default_rng(5)
    at = np.vstack(
        [[[0.0, 0.0]], rng.uniform(-3000, 3000, (9, 2)), [[2500, 0], [-1200, 2200], [-1200, -2200]]]
    )
    matrix = np.round(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)))
    stops = [Stop(k, (1.0,), 300.0 + 200.0 * (k % 4), usual_vehicle=(7 * k) % 3) for k in range(1, 10)]
    cars = [Vehicle(0, 0, (5.0,), area=area) for area in _AREAS]
    return Problem(stops, cars, matrix, matrix / 10.0)


def _unevenness(problem: Problem, plan: Plan) -> float:
    """Sum of squared hours."""
    return sum(((tour.end_s - tour.start_s) / 3600.0) ** 2 for tour in plan.tours)


def _spread(problem: Problem, plan: Plan) -> float:
    """Metres between the stops and the area of the vehicle that serves them."""
    assert isinstance(problem.distance_m, np.ndarray)
    return sum(
        float(problem.distance_m[_AREAS[tour.vehicle], problem.stops[stop].location])
        for tour in plan.tours
        for stop in tour.stops
    )


def _strangers(problem: Problem, plan: Plan) -> float:
    """Stops that another vehicle than the usual one serves."""
    return sum(
        problem.stops[stop].usual_vehicle != tour.vehicle for tour in plan.tours for stop in tour.stops
    )


_TERMS: dict[str, tuple[str, float, Callable[[Problem, Plan], float]]] = {
    "balance": ("balance_per_h2", 3000.0, _unevenness),
    "compactness": ("compactness_per_m", 0.5, _spread),
    "stability": ("stability", 500.0, _strangers),
}


@pytest.mark.parametrize("name", _TERMS)
def test_a_larger_weight_never_worsens_what_it_weighs(name: str) -> None:
    field, unit, measure = _TERMS[name]
    measures, metres = [], []
    for weight in _WEIGHTS:
        problem = replace(_problem(), objective=Objective(**{field: weight * unit}))  # type: ignore[arg-type]
        plan = solve(problem, MaxIterations(1500), seed=1)
        assert violations(problem, plan) == []
        measures.append(measure(problem, plan))
        metres.append(sum(tour.distance_m for tour in plan.tours))
        assert plan.cost == pytest.approx(metres[-1] + weight * unit * measures[-1])
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(measures))
    assert measures[-1] < measures[0]
    assert metres[-1] > metres[0]


@pytest.mark.parametrize("name", _TERMS)
def test_the_checker_misses_a_term_that_is_not_counted(name: str) -> None:
    field, unit, measure = _TERMS[name]
    problem = replace(_problem(), objective=Objective(**{field: unit}))  # type: ignore[arg-type]
    plan = solve(problem, MaxIterations(200), seed=1)
    less = replace(plan, cost=plan.cost - unit * measure(problem, plan))
    assert measure(problem, plan) > 0
    assert {violation.rule for violation in violations(problem, less)} == {"cost"}
