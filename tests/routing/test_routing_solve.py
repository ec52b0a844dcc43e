"""The search: right on problems that can be counted through, always valid, the same on every run."""

import itertools
import json
import math
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from routing import (
    DisposalSite,
    FirstOf,
    MaxIterations,
    MaxSeconds,
    Plan,
    Problem,
    RoutingError,
    Stop,
    Vehicle,
    solve,
    violations,
)
from routing.engines import engine_for
from routing.problem import Objective
from routing.search import Progress
from routing.team import solve_in_threads
from tests.routing import small_problems

pytestmark = pytest.mark.usefixtures("compiled")


def _routes(plan: Plan) -> list[tuple[int, ...]]:
    return [tour.stops for tour in plan.tours]


def _least_cost(problem: Problem) -> float:
    """Least cost of serving all stops of a plain problem, by trying every order and every split."""
    depot, distance = 0, problem.distance_m
    count = len(problem.stops)
    capacity = problem.vehicles[0].capacity[0]
    tour_cost: dict[frozenset[int], float] = {}
    for size in range(1, count + 1):
        for chosen in itertools.combinations(range(count), size):
            if sum(problem.stops[i].demand[0] for i in chosen) <= capacity:
                tour_cost[frozenset(chosen)] = min(
                    sum(
                        distance[a, b] for a, b in itertools.pairwise([depot, *(i + 1 for i in order), depot])
                    )
                    for order in itertools.permutations(chosen)
                )
    best: dict[frozenset[int], float] = {frozenset(): 0.0}
    for size in range(1, count + 1):
        for chosen in itertools.combinations(range(count), size):
            whole = frozenset(chosen)
            best[whole] = min(
                (
                    cost + best[whole - part]
                    for part, cost in tour_cost.items()
                    if part <= whole and chosen[0] in part
                ),
                default=math.inf,
            )
    return best[frozenset(range(count))]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_least_cost_of_a_small_problem_is_found(seed: int) -> None:
    problem = small_problems.plain(seed, stops=7, capacity=70.0)
    plan = solve(problem, MaxIterations(2000), seed=seed)
    assert plan.cost == pytest.approx(_least_cost(problem))
    assert violations(problem, plan) == []


def test_the_best_disposal_visits_are_found() -> None:
    """Four loads of which two fit, and a disposal site on the way: emptying there is free."""
    at = np.array([0.0, 100.0, 200.0, 300.0, 400.0, 250.0, 1000.0])
    distance = np.abs(at[:, None] - at[None])
    problem = Problem(
        [Stop(i, (5.0,)) for i in (1, 2, 3, 4)],
        [Vehicle(0, 0, (10.0,), home_empty=True)],
        distance,
        distance,
        [DisposalSite(6), DisposalSite(5)],
    )
    plan = solve(problem, MaxIterations(500))
    assert violations(problem, plan) == []
    # 0 -> 400 -> 0 is 800 m; the site at 250 m lies on the way out and on the way back.
    assert plan.cost == pytest.approx(800.0)
    assert [visit.index for visit in plan.tours[0].visits if visit.kind == "disposal"] == [1, 1]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("make", [small_problems.waste, small_problems.parcels])
def test_every_plan_keeps_every_rule(make: Callable[[int], Problem], seed: int) -> None:
    problem = make(seed)
    plan = solve(problem, small_problems.budget(300, uncompiled=20), seed=seed)
    wrong = [violation for violation in violations(problem, plan) if violation.rule != "unserved"]
    assert wrong == []
    assert sum(len(tour.stops) for tour in plan.tours) >= 20
    assert all(left.reason for left in plan.unserved)


def test_the_same_seed_gives_the_same_plan() -> None:
    problem = small_problems.waste(4)
    stop = small_problems.budget(1200, uncompiled=60)
    plans = [solve(problem, stop, seed=7) for _ in range(2)]
    assert _routes(plans[0]) == _routes(plans[1])
    assert plans[0].cost == plans[1].cost
    assert plans[0].iterations == stop.count


def test_more_iterations_never_make_it_worse_than_the_first_solution() -> None:
    problem = small_problems.plain(9, stops=60)
    stops = (MaxIterations(0), small_problems.budget(3000, uncompiled=1000))
    first, later = (solve(problem, stop, seed=2).cost for stop in stops)
    assert later < first


_SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])

from routing import MaxIterations, solve
from tests.routing import small_problems
answers = []
waste = small_problems.waste
for problem in (small_problems.plain(5), small_problems.parcels(1), waste(2), waste(3)):
    plan = solve(problem, MaxIterations(60), seed=3)
    answers.append([[[v.kind, v.index] for v in tour.visits] for tour in plan.tours])
print(json.dumps(answers))
"""


def test_uncompiled_kernels_give_the_same_plans() -> None:
    folder = str(pathlib.Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SCRIPT, folder],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    problems = (
        small_problems.plain(5),
        small_problems.parcels(1),
        small_problems.waste(2),
        small_problems.waste(3),
    )
    plans = [solve(problem, MaxIterations(60), seed=3) for problem in problems]
    assert json.loads(done.stdout) == [
        [[[visit.kind, visit.index] for visit in tour.visits] for tour in plan.tours] for plan in plans
    ]


def test_stops_that_nobody_can_serve_are_named() -> None:
    matrix = np.full((5, 5), 10.0)
    matrix[0, 3] = math.inf
    stops = [
        Stop(1, (1.0,)),
        Stop(2, (99.0,)),
        Stop(3, (1.0,)),
        Stop(4, (1.0,), windows=((0.0, 5.0),)),
        Stop(4, (1.0,), service_s=500.0),
    ]
    problem = Problem(stops, [Vehicle(0, 0, (10.0,), (0.0, 100.0))], matrix, matrix)
    plan = solve(problem, MaxIterations(50))
    reasons = {left.stop: left.reason for left in plan.unserved}
    assert _routes(plan) == [(0,)]
    assert "99 is more than any vehicle takes (10)" in reasons[1]
    assert "no way" in reasons[2]
    assert "before its last window closes (at 5 s)" in reasons[3]
    assert "even alone" in reasons[4]


def test_what_does_not_fit_is_left_out_with_a_reason() -> None:
    problem = small_problems.plain(3, stops=12, capacity=60.0, vehicles=2)
    plan = solve(problem, MaxIterations(500))
    assert len(plan.tours) == 2
    assert plan.unserved
    assert {violation.rule for violation in violations(problem, plan)} == {"unserved"}


def test_an_optional_stop_is_served_when_its_prize_is_worth_the_way() -> None:
    matrix = np.array([[0.0, 50.0, 50.0], [50.0, 0.0, 90.0], [50.0, 90.0, 0.0]])
    problem = Problem([Stop(1, prize=120.0), Stop(2, prize=80.0)], [Vehicle(0, 0)], matrix, matrix)
    plan = solve(problem, MaxIterations(300))
    assert _routes(plan) == [(0,)]
    assert plan.cost == pytest.approx(180.0)
    assert violations(problem, plan) == []


def test_optional_stops_that_only_together_are_worth_a_tour_are_served() -> None:
    at = np.array([0.0, 100.0, 101.0, 102.0, 103.0])
    matrix = np.abs(at[:, None] - at[None])
    problem = Problem([Stop(i, prize=90.0) for i in (1, 2, 3, 4)], [Vehicle(0, 0)], matrix, matrix)
    plan = solve(problem, MaxIterations(300))
    assert plan.cost == pytest.approx(206.0)


def test_the_cheaper_kind_of_vehicle_is_taken() -> None:
    matrix = np.array([[0.0, 10.0, 10.0], [10.0, 0.0, 1.0], [10.0, 1.0, 0.0]])
    cars = [Vehicle(0, 0, (10.0,), fixed_cost=100.0), Vehicle(0, 0, (6.0,), fixed_cost=20.0)]
    problem = Problem([Stop(1, (3.0,)), Stop(2, (3.0,))], cars, matrix, matrix)
    plan = solve(problem, MaxIterations(300))
    assert [tour.vehicle for tour in plan.tours] == [1]
    assert plan.cost == pytest.approx(41.0)


@pytest.mark.parametrize("problem", [small_problems.plain(6, stops=50), small_problems.waste(2)])
def test_threads_pass_solutions_on_and_repeat_with_iterations(problem: Problem) -> None:
    stop = small_problems.budget(400, uncompiled=16)
    one, other = (solve_in_threads(problem, stop, seed=3, threads=2) for _ in range(2))
    assert _routes(one) == _routes(other)
    assert one.iterations == other.iterations == 2 * stop.count
    assert one.cost == other.cost <= solve(problem, MaxIterations(0), seed=3).cost
    assert {violation.rule for violation in violations(problem, one)} <= {"unserved"}


def test_a_search_that_follows_another_has_its_solution_and_its_own_numbers() -> None:
    problem = small_problems.plain(6, stops=50)
    _, lead = engine_for(problem, 1)
    lead.build()
    twin = lead.twin(2)
    lead.anneal(500, 50.0, 1.0)
    assert lead.best_cost() < twin.best_cost()
    twin.follow(lead)
    assert list(twin.routes()) == list(lead.routes())
    lead.anneal(500, 50.0, 40.0)
    twin.anneal(500, 50.0, 40.0)
    assert list(twin.routes()) != list(lead.routes())


def test_fewer_vehicles_come_before_fewer_metres() -> None:
    """Large stops east, small ones west: like to like is shortest, one of each fills a vehicle."""
    at = np.array([0.0, 100.0, 101.0, 102.0, -100.0, -101.0, -102.0])
    matrix = np.abs(at[:, None] - at[None])
    stops = [Stop(i, (6.0 if i <= 3 else 4.0,)) for i in range(1, 7)]
    problem = Problem(stops, [Vehicle(0, 0, (10.0,))] * 6, matrix, matrix)
    shortest = solve(problem, MaxIterations(500))
    fewest = solve(replace(problem, objective=Objective(vehicles_first=True)), MaxIterations(500))
    assert shortest.cost == pytest.approx(1010.0)
    assert len(shortest.tours) > len(fewest.tours) == 3
    assert fewest.cost == pytest.approx(1212.0)


def test_progress_tells_share_and_best_cost() -> None:
    seen: list[Progress] = []
    problem = small_problems.plain(8, stops=40)
    plan = solve(problem, MaxIterations(2000), progress=seen.append)
    assert [step.share for step in seen] == sorted(step.share for step in seen)
    assert seen[-1].share == 1.0
    assert seen[-1].cost == pytest.approx(plan.cost)


@pytest.mark.parametrize(
    "problem",
    [
        small_problems.plain(3, stops=12, capacity=60.0, vehicles=2),
        replace(small_problems.waste(3), objective=Objective(vehicles_first=True)),
        Problem(
            [Stop(1, group="a"), Stop(2, group="a"), Stop(3), Stop(4, prize=50.0)],
            [Vehicle(0, 0, max_stops=1)],
            *[np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0)))] * 2,
        ),
    ],
    ids=["too little room", "fewest vehicles", "one of a group"],
)
def test_progress_tells_stops_left_out_apart_from_the_cost(problem: Problem) -> None:
    seen: list[Progress] = []
    stop = small_problems.budget(1000, uncompiled=50)
    plan = solve(problem, stop, progress=seen.append)
    assert seen[-1].cost == pytest.approx(plan.cost)
    groups = [problem.stops[left.stop].group or left.stop for left in plan.unserved]
    assert seen[-1].unserved == len(set(groups))


def test_seconds_are_counted_on_the_given_clock() -> None:
    ticks = itertools.count()
    plan = solve(small_problems.plain(1), MaxSeconds(30), clock=lambda: float(next(ticks)))
    assert plan.seconds >= 30
    assert 0 < plan.iterations < 100_000


def test_the_first_condition_that_is_met_stops() -> None:
    plan = solve(small_problems.plain(1), FirstOf((MaxIterations(70), MaxSeconds(1e9))))
    assert plan.iterations == 70


@pytest.mark.parametrize("bad", [lambda: MaxIterations(-1), lambda: MaxSeconds(-0.5), lambda: FirstOf(())])
def test_conditions_refuse_nonsense(bad: object) -> None:
    with pytest.raises(RoutingError):
        bad()  # type: ignore[operator]


def test_a_problem_without_stops_has_an_empty_plan() -> None:
    problem = Problem([], [Vehicle(0, 0)], np.zeros((1, 1)), np.zeros((1, 1)))
    plan = solve(problem, MaxIterations(10))
    assert plan.tours == ()
    assert plan.cost == 0.0


def test_one_stop_is_served() -> None:
    matrix = np.array([[0.0, 7.0], [8.0, 0.0]])
    problem = Problem([Stop(1)], [Vehicle(0, 0)], matrix, matrix)
    assert solve(problem, MaxIterations(10)).cost == pytest.approx(15.0)


def test_a_benchmark_instance_is_solved_closely(shared_data: pathlib.Path) -> None:
    from routing.instances import read

    problem = read(shared_data / "routing" / "cvrp-x" / "X-n106-k14.vrp").problem
    plan = solve(problem, small_problems.budget(200_000, uncompiled=2_000), seed=1)
    assert violations(problem, plan) == []
    assert plan.cost <= 26362 * (1.01 if small_problems.COMPILED else 1.05)
