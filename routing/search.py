"""The library's one verb: `solve(problem, stop, seed)`."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.cache import use_cache_once
from routing.flatten import Flat, flatten, new_state
from routing.kernels import layout
from routing.kernels.anneal import ANNEAL, BUILD, OPENING, PRICE, run
from routing.kernels.fleet import CHEAPEST, LARGEST
from routing.kernels.layout import State
from routing.plan import Plan, Tour, Unserved
from routing.problem import Problem
from routing.reasons import why_never, why_not_now
from routing.stop import StopCondition
from routing.timetable import Step, timetable

_CHUNK = 500
_CHUNK_S = 0.05


@dataclass(frozen=True)
class Parameters:
    """How the search moves; the names of Christiaens and Vanden Berghe (2020) in brackets.

    mean_removed [c-bar], longest_string [L-max]: stops. blink: chance to overlook a position. near:
    neighbours beside which a stop may go. hot, cold: first and last temperature as shares of the mean cost of
    a leg.
    retried: stops left out that are tried again in each iteration.
    """

    mean_removed: float = 10.0
    longest_string: float = 10.0
    blink: float = 0.01
    near: int = 40
    hot: float = 0.5
    cold: float = 0.005
    retried: int = 8


@dataclass(frozen=True)
class Progress:
    """How far a search is: share of the budget used (0..1), best cost, stops left out."""

    share: float
    iterations: int
    seconds: float
    cost: float
    unserved: int


def solve(
    problem: Problem,
    stop: StopCondition,
    seed: int = 1,
    progress: Callable[[Progress], None] | None = None,
    *,
    parameters: Parameters | None = None,
    clock: Callable[[], float] = time.perf_counter,
    cpu_clock: Callable[[], float] = time.thread_time,
) -> Plan:
    """Plan tours by slack induction by string removals.

    With a stop condition that counts iterations the same seed gives the same plan on every run. Stops that no
    vehicle could serve even alone are left out before the search and named in `Plan.unserved`.
    """
    use_cache_once()
    chosen = parameters or Parameters()
    flat = flatten(problem)
    settings = _settings(flat, chosen)
    run(flat.data, new_state(flat, seed), settings, PRICE, 0, 1.0, 1.0)
    servable = np.flatnonzero(flat.data.solo.min(axis=0, initial=layout.FAR) < layout.FAR)
    began, cpu_began = clock(), cpu_clock()
    state = _first(flat, seed, servable, settings)
    iterations = _run(flat, state, stop, chosen, settings, progress, lambda: clock() - began)
    seconds, cpu_seconds = clock() - began, cpu_clock() - cpu_began
    tours = tuple(_tours(problem, flat, state))
    unserved = tuple(_unserved(problem, tours, set(servable.tolist())))
    skipped = sum(problem.stops[left.stop].prize or 0.0 for left in unserved)
    cost = sum(tour.cost for tour in tours) + skipped
    return Plan(tours, unserved, cost, iterations, seconds, cpu_seconds)


def _first(flat: Flat, seed: int, servable: NDArray[np.intp], settings: NDArray[np.float64]) -> State:
    """A first solution; with several kinds of vehicles the better of beginning with cheap or large ones."""
    states = []
    for opening in (CHEAPEST, LARGEST) if len(flat.data.kind_first) > 2 else (CHEAPEST,):
        state = new_state(flat, seed)
        _leave_out(state, servable)
        settings[OPENING] = opening
        run(flat.data, state, settings, BUILD, 0, 1.0, 1.0)
        states.append(state)
    return min(states, key=lambda state: float(state.cost[layout.BEST]))


def _leave_out(state: State, servable: NDArray[np.intp]) -> None:
    """Take stops that nobody can serve out of the list of absent stops, so that no insertion is wasted."""
    state.lists[layout.LEFT_OUT, : len(servable)] = servable
    state.lists[layout.LEFT_OUT_AT, servable] = np.arange(len(servable))
    state.counts[layout.ABSENT] = len(servable)


def _run(
    flat: Flat,
    state: State,
    stop: StopCondition,
    chosen: Parameters,
    settings: NDArray[np.float64],
    progress: Callable[[Progress], None] | None,
    elapsed: Callable[[], float],
) -> int:
    """Anneal the first solution until the budget is used; returns the iterations done."""
    if len(flat.data.near) < 2:
        return 0
    hot, cold = _temperatures(flat, state, chosen)
    iterations, share, chunk = 0, stop(0, 0.0), _CHUNK
    while share < 1.0:
        count = _fitting(stop, iterations, chunk, elapsed())
        ahead = min(1.0, stop(iterations + count, elapsed()))
        began = elapsed()
        ends = _cooled(hot, cold, share), _cooled(hot, cold, max(share, ahead))
        run(flat.data, state, settings, ANNEAL, count, *ends)
        iterations += count
        if elapsed() - began < _CHUNK_S / 2 and stop(iterations, 0.0) == 0.0:
            chunk = min(2 * chunk, 1 << 20)  # only where wall time rules: it may not change what is computed
        share = stop(iterations, elapsed())
        if progress is not None:
            best = float(state.cost[layout.BEST]) / flat.cost_scale
            progress(Progress(min(share, 1.0), iterations, elapsed(), best, int(state.counts[layout.ABSENT])))
    return iterations


def _settings(flat: Flat, chosen: Parameters) -> NDArray[np.float64]:
    near = min(chosen.near, flat.data.near.shape[1])
    return np.array(
        [chosen.mean_removed, chosen.longest_string, chosen.blink, near, chosen.retried, 0.0],
        dtype=np.float64,
    )


def _temperatures(flat: Flat, state: State, chosen: Parameters) -> tuple[float, float]:
    """First and last temperature, from the mean cost of the legs of the first solution."""
    used = state.leg[state.leg > 0]
    mean = float(used.mean()) if len(used) else 1.0
    return chosen.hot * mean, chosen.cold * mean


def _cooled(hot: float, cold: float, share: float) -> float:
    return float(hot * (cold / hot) ** share)


def _fitting(stop: StopCondition, iterations: int, chunk: int, seconds: float) -> int:
    """Largest step of at most `chunk` iterations that does not run past the budget, at least one."""
    if stop(iterations + chunk, seconds) <= 1.0:
        return chunk
    low, high = 1, chunk
    while low < high:
        middle = (low + high) // 2
        if stop(iterations + middle, seconds) >= 1.0:
            high = middle
        else:
            low = middle + 1
    return low


def _tours(problem: Problem, flat: Flat, state: State) -> list[Tour]:
    """Read the best solution out of the rings."""
    stops = len(problem.stops)
    first_slot = stops + len(problem.vehicles)
    tours = []
    for kernel_vehicle, vehicle in enumerate(flat.vehicles.tolist()):
        steps: list[Step] = []
        node = int(state.node[layout.BEST_SUCC, stops + kernel_vehicle])
        while node != stops + kernel_vehicle:
            steps.append(
                ("stop", node) if node < first_slot else ("disposal", int(state.node[layout.BEST_SITE, node]))
            )
            node = int(state.node[layout.BEST_SUCC, node])
        if steps:
            tours.append(timetable(problem, vehicle, steps))
    return sorted(tours, key=lambda tour: tour.vehicle)


def _unserved(problem: Problem, tours: tuple[Tour, ...], servable: set[int]) -> list[Unserved]:
    served = {stop for tour in tours for stop in tour.stops}
    left = [index for index in range(len(problem.stops)) if index not in served]
    return [
        Unserved(index, why_not_now(problem, index) if index in servable else why_never(problem, index))
        for index in left
    ]
