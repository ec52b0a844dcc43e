"""Local search: each price is what the tours then cost, counted anew, and it ends where no move is good."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from routing import MaxIterations, Problem, rounds, solve, violations
from routing.engines import Lean, engine_for
from routing.finishing import Route, finish
from routing.flatten import Flat, flatten
from routing.kernels import local_layout as local
from routing.kernels import population_layout as members
from routing.kernels.genetic import BORN, FOUND, IMPROVED, breed
from routing.kernels.layout import CLOSES, OPENS
from routing.local import ground, new_population, new_tours
from routing.team import solve_in_threads
from tests.routing import small_problems

pytestmark = pytest.mark.usefixtures("compiled")

_SLOTS = 6
_NEAR = 12
_ANY_PRICE = 1e12

Tours = list[list[int]]


class _Board:
    """Random tours of a problem, whatever they break."""

    def __init__(self, problem: Problem, seed: int, kinds: int = local.ALL_MOVES) -> None:
        self.flat = flatten(problem)
        self.ground = ground(self.flat)
        self.tours = new_tours(self.flat, _SLOTS)
        self.members = new_population(len(self.flat.data.near), seed)
        self.tours.counts[local.KINDS_OF_MOVES] = kinds
        self.tours.length[:, local.OPENING] = 500.0
        self.tours.price[:2] = 0.7, 20.0
        stops = np.random.default_rng(seed).permutation(len(self.flat.data.near))
        self.now: Tours = [part.tolist() for part in np.array_split(stops, _SLOTS - 1)]

    def improve(self, moves: int = 1 << 40) -> float:
        """Make up to so many moves; returns the price that the kernels state for them."""
        lines = [number for tour in self.now for number in (*tour, -1)]
        self.tours.counts[local.MOVES_LEFT] = moves
        self.tours.counts[local.MOVES] = 0
        self.tours.price[local.TOTAL] = 0.0
        breed(self.ground, self.tours, self.members, np.array(lines), IMPROVED, _NEAR, 1)
        following = self.tours.node[local.NEXT].tolist()
        stops = len(self.flat.data.near)
        self.now = [_ring(following, stops + slot) for slot in range(_SLOTS)]
        return float(self.tours.price[local.TOTAL])

    def cost(self) -> float:
        """Of the tours as they are, counted stop by stop."""
        prices = self.tours.price
        held = self.tours.tour[0, local.HOLDS]
        total = 0.0
        for tour in filter(None, self.now):
            ring = [len(self.flat.data.near), *tour, len(self.flat.data.near)]
            total += sum(float(self.ground.cost[a, b]) for a, b in itertools.pairwise(ring)) + 500.0
            total += max(0, self.ground.demand[tour].sum() - held) * prices[local.PER_UNIT_OVER]
            total += _late(self.flat, tour) * prices[local.PER_TICK_LATE]
        return total


def _ring(following: Sequence[int], head: int) -> list[int]:
    tour = []
    node = following[head]
    while node != head:
        tour.append(node)
        node = following[node]
    return tour


def _late(flat: Flat, tour: list[int]) -> int:
    """Ticks turned back: who comes late begins at the latest moment nevertheless."""
    data = flat.data
    if len(data.drive) == 1:
        return 0
    now, late, here = int(data.vehicle[OPENS, 0]), 0, len(data.near)
    for stop in tour:
        now = max(now + int(data.drive[here, stop]), int(data.window[stop, 0, 0]))
        late += max(0, now - int(data.window[stop, 0, 1]))
        now = min(now, int(data.window[stop, 0, 1])) + int(data.service[stop])
        here = stop
    return late + max(0, now + int(data.drive[here, len(data.near)]) - int(data.vehicle[CLOSES, 0]))


_PROBLEMS = {
    "only capacity": small_problems.plain(1),
    "windows": small_problems.windowed(2),
    "ways there and back differ": small_problems.windowed(3, asymmetric=True),
    "no time, ways differ": small_problems.bent(4),
}
_KINDS = {
    "relocation and swap": local.EXCHANGE,
    "2-opt": local.TURN,
    "2-opt*": local.TAILS,
}


@pytest.mark.parametrize("kinds", _KINDS.values(), ids=_KINDS.keys())
@pytest.mark.parametrize("problem", _PROBLEMS.values(), ids=_PROBLEMS.keys())
def test_a_price_is_the_difference_counted_anew(problem: Problem, kinds: int) -> None:
    """Any move is made, good or bad, one after the other."""
    board = _Board(problem, 1, kinds)
    board.tours.price[local.BELOW] = _ANY_PRICE
    before = board.cost()
    moved = 0
    for _ in range(25):
        price = board.improve(moves=1)
        after = board.cost()
        assert price == pytest.approx(after - before, abs=1e-6 * abs(after))
        moved += int(board.tours.counts[local.MOVES])
        before = after
    assert moved == 25
    assert sorted(stop for tour in board.now for stop in tour) == list(range(len(board.flat.data.near)))


@pytest.mark.parametrize("problem", _PROBLEMS.values(), ids=_PROBLEMS.keys())
def test_moves_improve_until_none_is_left(problem: Problem) -> None:
    board = _Board(problem, 2)
    costs = [board.cost()]
    for _ in range(400):
        price = board.improve(moves=1)
        if board.tours.counts[local.MOVES] == 0:
            break
        assert price < 0.0
        costs.append(board.cost())
    assert len(costs) < 400
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 0.8 * costs[0]


def test_what_keeps_every_rule_is_told_so_and_costs_what_the_timetable_says() -> None:
    problem = small_problems.windowed(5)
    flat = flatten(problem)
    tours, population = new_tours(flat, _SLOTS), new_population(len(flat.data.near), 1)
    tours.price[:2] = 10.0 * flat.cost_scale, 1e6
    breed(ground(flat), tours, population, np.zeros(0, dtype=np.int64), FOUND, _NEAR, 10)
    breed(ground(flat), tours, population, np.zeros(0, dtype=np.int64), BORN, _NEAR, 20)
    stops = len(flat.data.near)
    seen = set()
    for place in np.flatnonzero(population.group[:-1] != members.FREE):
        after, before = population.link[place].tolist()
        starts = [stop for stop in range(stops) if before[stop] == stops]
        routes = [(slot, _ring([*after[:stops], start], stops)) for slot, start in enumerate(starts)]
        steps: list[Route] = [
            (slot, [("stop", int(flat.stops[stop])) for stop in tour]) for slot, tour in routes
        ]
        plan = finish(problem, steps, set(range(stops)))
        valid = bool(population.group[place] == members.VALID)
        assert valid == (violations(problem, plan) == [])
        assert population.figure[place, members.COST] == pytest.approx(plan.cost * flat.cost_scale, rel=1e-6)
        seen.add(valid)
    assert True in seen


def test_a_budget_for_several_annealings_is_bred_alike_on_every_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "_ROUND_TIMED", 150)
    problem = small_problems.windowed(6, stops=6)
    bred: list[int] = []
    breed_more = Lean.breed

    def counted(self: Lean, iterations: int) -> None:
        bred.append(iterations)
        breed_more(self, iterations)

    monkeypatch.setattr(Lean, "breed", counted)
    plans = [solve(problem, MaxIterations(2_000), seed=3) for _ in range(2)]
    assert sum(bred) > 3_000
    assert plans[0].tours == plans[1].tours
    assert violations(problem, plans[0]) == []
    assert plans[0].cost == pytest.approx(solve(problem, MaxIterations(3_000), seed=4).cost)


def test_threads_breed_and_repeat_with_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_ROUND_TIMED", 75)
    problem = small_problems.windowed(8)
    one, other = (solve_in_threads(problem, MaxIterations(3_500), seed=3, threads=2) for _ in range(2))
    assert one.tours == other.tours
    assert violations(problem, one) == []
    assert one.cost <= solve(problem, MaxIterations(100), seed=3).cost


def test_children_are_not_worse_than_their_parents() -> None:
    problem = small_problems.windowed(7)
    _, engine = engine_for(problem, 1)
    assert isinstance(engine, Lean)
    engine.build()
    engine.make_ready_to_breed()
    first = engine.best_cost()
    engine.bring()
    engine.breed(20 * engine.child)
    assert engine.best_cost() <= first
