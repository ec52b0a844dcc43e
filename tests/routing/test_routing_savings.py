"""First tours by savings, and searches that begin anew within their budget."""

import itertools

import numpy as np
import pytest

from routing import MaxIterations, Problem, Stop, Vehicle, rounds, solve, violations
from routing.annealing import Run
from routing.engines import Lean, engine_for
from routing.flatten import flatten
from routing.lean import is_plain
from routing.rounds import anneal_in_rounds
from routing.savings import savings_tours
from tests.routing import small_problems

pytestmark = pytest.mark.usefixtures("compiled")


def _on_a_line(capacity: float) -> Problem:
    """The depot at 0, two stops on either side."""
    at = np.array([0.0, 10.0, 12.0, -10.0, -12.0])
    distance = np.abs(at[:, None] - at[None])
    return Problem(
        [Stop(i, (1.0,)) for i in (1, 2, 3, 4)], [Vehicle(0, 0, (capacity,))] * 4, distance, distance
    )


def test_savings_join_what_lies_on_one_side() -> None:
    flat = flatten(_on_a_line(2.0))
    tours = {frozenset(flat.stops[tour].tolist()) for tour in savings_tours(flat)}
    assert tours == {frozenset({0, 1}), frozenset({2, 3})}


def test_savings_keep_the_capacity_and_serve_each_stop_once() -> None:
    flat = flatten(small_problems.plain(3, stops=80))
    tours = savings_tours(flat)
    assert sorted(stop for tour in tours for stop in tour) == list(range(80))
    loads = [flat.data.demand[tour, 0].sum() for tour in tours]
    assert max(loads) <= flat.data.capacity[0, 0, 0]


def test_a_search_begins_with_savings_where_only_capacity_bounds() -> None:
    problem = small_problems.plain(3, stops=80, vehicles=80)
    flat, engine = engine_for(problem, 1)
    engine.build()
    cost = flat.data.cost[0].astype(float)
    rings = [[80, *tour, 80] for tour in savings_tours(flat)]
    legs = sum(cost[a, b] for ring in rings for a, b in itertools.pairwise(ring))
    assert engine.best_cost() == pytest.approx(legs)
    assert violations(problem, solve(problem, MaxIterations(300))) == []


def test_windows_prizes_and_kinds_of_vehicles_are_not_plain() -> None:
    assert is_plain(flatten(small_problems.plain(1)).data)
    assert not is_plain(flatten(small_problems.parcels(1)).data)


def test_a_small_problem_is_annealed_anew_and_keeps_the_best_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "_ROUND", 100)
    problem = small_problems.plain(5, stops=4, vehicles=4)
    flat, engine = engine_for(problem, 1)
    assert isinstance(engine, Lean)
    engine.build()
    begun: list[float] = []
    anew = engine.begin_anew

    def begin_anew() -> None:
        begun.append(engine.best_cost())
        anew()

    monkeypatch.setattr(engine, "begin_anew", begin_anew)
    anneal_in_rounds(flat, engine, Run(MaxIterations(1_000), engine.parameters, None, lambda: 0.0))
    assert len(begun) == 1  # 1,000 iterations are twice 100 a stop
    assert engine.best_cost() <= min(begun)
