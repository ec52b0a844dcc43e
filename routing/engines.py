"""The two searches behind one face: first solution, annealing, and the best solution as steps."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from routing.cache import entry
from routing.flatten import Flat, flatten, new_state, start_of_random
from routing.genetic import Breeding
from routing.kernels import layout
from routing.kernels import lean_layout as slim
from routing.kernels.parameters import MANY, OPENING
from routing.lean import is_lean, is_plain, new_lean_state, price_alone, write_tours
from routing.members import Step
from routing.parameters import LARGE, MIXED, PLAIN, WINDOWED, Parameters
from routing.plan import Plan
from routing.problem import Problem
from routing.savings import savings_tours

Settings = NDArray[np.float64]

Tours = list[tuple[int, list[int]]]
"""Kind of vehicle and stops of the kernels, tour by tour."""

_CHILD = 4  # iterations a stop that take as long as a child of the genetic search
_WARM = 10.0  # first temperature of a search that begins with a plan, in last temperatures
Route = tuple[int, list[Step]]
"""Index of the vehicle in the problem and its steps."""


class Engine(Protocol):
    """One search on one problem. Costs are scaled as in the arrays."""

    servable: NDArray[np.intp]
    parameters: Parameters

    def build(self) -> None:
        """Make the first solution."""

    def anneal(self, iterations: int, hot: float, cold: float) -> None:
        """Search on from the present solution."""

    def best_cost(self) -> float:
        """Cost of the best solution with a price for each stop left out, and for each tour if they count."""

    def stated(self) -> tuple[float, int]:
        """For people: the best solution's cost, prices that only the search knows left out, and the stops
        that it leaves out, one of each group."""

    def absent(self) -> int:
        """Stops left out now."""

    def mean_leg(self) -> float:
        """Mean cost of legs that are driven: the unit of temperature."""

    def routes(self) -> Iterator[Route]:
        """The best solution."""

    def twin(self, seed: int) -> "Engine":
        """Another search with the same solutions and other random numbers."""

    def follow(self, other: "Engine") -> None:
        """Take over the solutions of another search on the same problem, keeping the own random numbers."""


def engine_for(
    problem: Problem, seed: int, parameters: Parameters | None = None, start: Plan | None = None
) -> tuple[Flat, Engine]:
    """The lean search where it knows all that the problem asks for, else the rich one.

    parameters: None for those that suit the problem. start: a plan to begin with and to stay near.
    """
    flat = flatten(problem)
    if start is None and is_lean(problem):
        return flat, Lean(flat, seed, parameters or _suiting(flat.data))
    chosen = parameters or Parameters()
    if start is not None:
        chosen = replace(chosen, hot=min(chosen.hot, _WARM * chosen.cold))
    return flat, Rich(flat, seed, chosen, start)


def _suiting(data: layout.Data) -> Parameters:
    if is_plain(data):
        return PLAIN if len(data.near) < MANY else LARGE
    if len(data.kind_first) > 2:
        return MIXED
    return WINDOWED if data.traits[layout.TIMED] == 1 and data.traits[layout.PRIZES] == 0 else Parameters()


def _settings(chosen: Parameters, flat: Flat) -> Settings:
    """The parameters as the kernels take them."""
    near = min(chosen.near, flat.data.near.shape[1])
    return np.array(
        [chosen.mean_removed, chosen.longest_string, chosen.blink, near, chosen.retried, 0.0],
        dtype=np.float64,
    )


class _Stateful:
    """What both engines do with their arrays whatever these are."""

    _flat: Flat
    _state: Any
    _seed: int
    routes: Callable[[], Iterator[Route]]

    def twin(self, seed: int) -> Self:
        other = copy.copy(self)
        other._seed = seed
        other._state = type(self._state)(*(array.copy() for array in self._state))
        other._state.random[:] = start_of_random(seed)
        return other

    def follow(self, other: Any) -> None:
        for name, mine, theirs in zip(self._state._fields, self._state, other._state, strict=True):
            if name != "random":
                mine[...] = theirs

    def stated(self) -> tuple[float, int]:
        flat = self._flat
        tours = [steps for _, steps in self.routes()]
        left = _left_out(flat, (index for steps in tours for kind, index in steps if kind == "stop"))
        priced = flat.data.prize[left[flat.must[left]]].sum() + flat.tour_price * len(tours)
        return self.best_cost() - float(priced), len(left)

    def best_cost(self) -> float:
        return float(self._state.cost[layout.BEST])

    def mean_leg(self) -> float:
        return _mean(self._state.leg)


class Lean(_Stateful):
    """The search for plain problems."""

    def __init__(self, flat: Flat, seed: int, parameters: Parameters) -> None:
        self._flat, self._settings, self._seed = flat, _settings(parameters, flat), seed
        self.parameters = parameters
        self._state = new_lean_state(flat, seed)
        price_alone(flat.data, self._state.unit)
        self.servable = _servable(flat)
        self._best: tuple[float, Tours] | None = None  # of former rounds and children: cost and tours
        self._breeding: Breeding | None = None
        _leave_out(self._state, self.servable, slim.LEFT_OUT, slim.LEFT_OUT_AT, slim.ABSENT)
        self._run(-1, 1.0, 1.0)  # compiled or loaded before anybody starts a clock

    def build(self) -> None:
        self._run(0, 1.0, 1.0)
        data = self._flat.data
        if is_plain(data) and self.absent() == 0 and len(self.servable) == len(data.near):
            tours = savings_tours(self._flat)
            if len(tours) <= len(self._flat.vehicles):
                write_tours(data, self._state, tours)
        self._leg = self._typical_leg()

    def mean_leg(self) -> float:
        return self._leg

    def _typical_leg(self) -> float:
        """For plain problems of legs between stops: those to the depot say nothing of what a step changes."""
        if not is_plain(self._flat.data):
            return super().mean_leg()
        stops = len(self._flat.data.near)
        between = self._state.node[slim.SUCC, :stops] < stops
        return _mean(self._state.leg[:stops][between])

    def anneal(self, iterations: int, hot: float, cold: float) -> None:
        self._run(iterations, hot, cold)

    def begin_anew(self) -> None:
        """Another first solution; the best one so far is kept aside."""
        self._keep(float(self._state.cost[layout.BEST]), self._best_tours())
        random = self._state.random
        self._state = new_lean_state(self._flat, self._seed)
        self._state.random[:] = random
        _leave_out(self._state, self.servable, slim.LEFT_OUT, slim.LEFT_OUT_AT, slim.ABSENT)
        self.build()

    def _keep(self, cost: float, tours: Tours) -> None:
        if self._best is None or cost < self._best[0]:
            self._best = cost, tours

    def make_ready_to_breed(self) -> None:
        """Compile or load the genetic search, which only some budgets use."""
        self._breeding = Breeding(self._flat, self._seed)

    def twin(self, seed: int) -> Self:
        other = super().twin(seed)
        if self._breeding is not None:
            other.make_ready_to_breed()
            other.bring()
        return other

    def follow(self, other: Any) -> None:
        super().follow(other)
        if other._best is not None:
            self._keep(*other._best)
            if self._breeding is not None:
                self._breeding.bring([tour for _, tour in other._best[1]])

    @property
    def can_breed(self) -> bool:
        """Whether the genetic search is ready."""
        return self._breeding is not None

    @property
    def child(self) -> int:
        """Iterations that take as long as a child."""
        return _CHILD * len(self._flat.data.near)

    def bring(self) -> None:
        """Make the state's best solution, which must serve every stop, a parent."""
        if self._breeding is not None:
            self._breeding.bring([tour for _, tour in self._best_tours()])

    def breed(self, iterations: int) -> None:
        """Search genetically for as long as so many iterations take."""
        if self._breeding is not None:
            self._breeding.search(max(1, round(iterations / self.child)))
            if self._breeding.cost() < self.best_cost():
                self._keep(self._breeding.cost(), [(0, tour) for tour in self._breeding.tours()])

    def best_cost(self) -> float:
        now = super().best_cost()
        return now if self._best is None else min(now, self._best[0])

    def _run(self, iterations: int, hot: float, cold: float) -> None:
        entry("lean")(self._flat.data, self._state, self._settings, iterations, hot, cold)

    def absent(self) -> int:
        return int(self._state.counts[slim.ABSENT])

    def routes(self) -> Iterator[Route]:
        names = self._flat.stops.tolist()
        unused = self._flat.data.kind_first[:-1].copy()
        if self._best is not None and self._best[0] < self._state.cost[layout.BEST]:
            found = self._best[1]
        else:
            found = self._best_tours()
        for kind, tour in found:
            yield int(self._flat.vehicles[unused[kind]]), [("stop", names[stop]) for stop in tour]
            unused[kind] += 1

    def _best_tours(self) -> Tours:
        """Kind of vehicle and stops of each tour of the state's best solution."""
        stops = len(self._flat.data.near)
        following = self._state.lists[slim.BEST_SUCC].tolist()
        found = []
        for head in range(stops, len(following)):
            tour = []
            node = following[head]
            while node != head:
                tour.append(node)
                node = following[node]
            if tour:
                found.append((int(self._state.lists[slim.BEST_SORT, head - stops]), tour))
        return found


class Rich(_Stateful):
    """The search that knows every wish."""

    def __init__(self, flat: Flat, seed: int, parameters: Parameters, start: Plan | None = None) -> None:
        self._flat, self._settings, self._seed, self._start = flat, _settings(parameters, flat), seed, start
        self.parameters = parameters
        self._state = new_state(flat, seed)
        self._run(self._state, 0, 0, 1.0, 1.0)
        self.servable = _servable(flat)

    def build(self) -> None:
        """With several kinds of vehicles the better of beginning with cheap or large ones."""
        from routing.kernels.fleet import CHEAPEST, LARGEST

        states = []
        for opening in (CHEAPEST, LARGEST) if len(self._flat.data.kind_first) > 2 else (CHEAPEST,):
            self._settings[OPENING] = opening
            states.append(self._built({} if self._start is None else _routes_of(self._start)))
        self._state = min(states, key=lambda state: float(state.cost[layout.BEST]))

    def _built(self, routes: Mapping[int, Sequence[Step]]) -> layout.State:
        """A solution that begins with routes, whatever these leave out inserted."""
        state = new_state(self._flat, self._seed)
        _leave_out(state, self.servable, layout.LEFT_OUT, layout.LEFT_OUT_AT, layout.ABSENT)
        if routes:
            _write_steps(self._flat, state, routes)
            self._run(state, 3, 0, 1.0, 1.0)
        self._run(state, 1, 0, 1.0, 1.0)
        return state

    def dissolve(self, least: int) -> None:
        """From now on dissolve one tour after the other, down to `least`; stops stand outside meanwhile."""
        self._state.counts[layout.LEAST] = least

    def tours(self) -> int:
        """Tours of the present solution."""
        return int(self._state.counts[layout.USED])

    def go_back(self) -> None:
        """Go on from the best solution with as many tours as it has, or as many as there are vehicles."""
        routes = dict(self.routes())
        self._state = self._built(routes)
        if self.absent() == 0:
            self._state.counts[layout.MOST] = len(routes)

    def anneal(self, iterations: int, hot: float, cold: float) -> None:
        self._run(self._state, 2, iterations, hot, cold)

    def _run(self, state: layout.State, phase: int, iterations: int, hot: float, cold: float) -> None:
        entry("rich")(self._flat.data, state, self._settings, phase, iterations, hot, cold)

    def absent(self) -> int:
        groups = self._flat.data.rule[layout.GROUP]
        served = self._state.lists[layout.GROUPS]
        spare = (served[groups[groups >= 0]] > 0).sum() - served.sum()
        return int(self._state.counts[layout.ABSENT] - spare)

    def routes(self) -> Iterator[Route]:
        stops = len(self._flat.data.near)
        first_slot = stops + len(self._flat.vehicles)
        names = self._flat.stops.tolist()
        following = self._state.node[layout.BEST_SUCC].tolist()
        sites = self._state.node[layout.BEST_SITE].tolist()
        for kernel_vehicle, vehicle in enumerate(self._flat.vehicles.tolist()):
            steps: list[Step] = []
            node = following[stops + kernel_vehicle]
            while node != stops + kernel_vehicle:
                steps.append(("stop", names[node]) if node < first_slot else ("disposal", sites[node]))
                node = following[node]
            if steps:
                yield vehicle, steps


def _routes_of(plan: Plan) -> dict[int, list[Step]]:
    """The steps of each vehicle that has a tour."""
    return {
        tour.vehicle: [
            (visit.kind, visit.index)
            for visit in tour.visits
            if visit.kind == "stop" or visit.kind == "disposal"
        ]
        for tour in plan.tours
    }


def _write_steps(flat: Flat, state: layout.State, routes: Mapping[int, Sequence[Step]]) -> None:
    """Put routes into PLACED as `routing.kernels.adopt` reads them: vehicle after vehicle, -1 between."""
    here = {original: stop for stop, original in enumerate(flat.stops.tolist())}
    codes: list[int] = []
    for vehicle in flat.vehicles.tolist():
        for kind, index in routes.get(vehicle, ()):
            codes.append(here[index] if kind == "stop" else -2 - index)
        codes.append(-1)
    state.lists[layout.PLACED, : len(codes)] = codes


def _left_out(flat: Flat, served: Iterable[int]) -> NDArray[np.intp]:
    """Stops of the kernels that are not served, one of each group; `served`: stops of the problem."""
    done = np.zeros(len(flat.stops), dtype=np.bool_)
    done[list(served)] = True
    left = np.flatnonzero(~done[flat.stops])
    groups = flat.data.rule[layout.GROUP]
    grouped = left[groups[left] >= 0]
    numbers, firsts = np.unique(groups[grouped], return_index=True)
    open_groups = ~np.isin(numbers, groups[done[flat.stops]])
    return np.concatenate([left[groups[left] < 0], grouped[firsts[open_groups]]])


def _servable(flat: Flat) -> NDArray[np.intp]:
    """Stops that some vehicle can serve alone."""
    return np.flatnonzero(flat.data.solo.min(axis=0, initial=layout.FAR) < layout.FAR)


def _leave_out(
    state: layout.State | slim.LeanState, servable: NDArray[np.intp], row: int, place_row: int, count: int
) -> None:
    """Take stops that nobody can serve out of the list of absent stops, so that no insertion is wasted."""
    state.lists[row, : len(servable)] = servable
    state.lists[place_row, servable] = np.arange(len(servable))
    state.counts[count] = len(servable)


def _mean(legs: NDArray[np.float64] | NDArray[np.float32]) -> float:
    used = legs[legs > 0]
    return float(used.mean()) if len(used) else 1.0
