"""The library's one verb: `solve(problem, stop, seed)`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from routing.cache import use_cache_once
from routing.engines import Engine, Settings, engine_for
from routing.finishing import finish
from routing.flatten import Flat
from routing.locking import open_part
from routing.plan import Plan
from routing.problem import Problem
from routing.stop import StopCondition

_CHUNK = 500
_CHUNK_S = 0.05
_WARM = 10.0  # first temperature of a search that begins with a plan, in last temperatures


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
    hot: float = 1.0
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
    start: Plan | None = None,
    parameters: Parameters | None = None,
    clock: Callable[[], float] = time.perf_counter,
    cpu_clock: Callable[[], float] = time.thread_time,
) -> Plan:
    """Plan tours by slack induction by string removals.

    With a stop condition that counts iterations the same seed gives the same plan on every run. Stops that no
    vehicle could serve even alone are left out before the search and named in `Plan.unserved`.
    start: a plan of this problem, perhaps of part of its stops, that the search begins with and stays near.
    """
    if problem.locks:
        part = open_part(problem)
        begin = None if start is None else part.open_steps(start)
        found = solve(
            part.problem,
            stop,
            seed,
            progress,
            start=begin,
            parameters=parameters,
            clock=clock,
            cpu_clock=cpu_clock,
        )
        return part.put_back(found)
    use_cache_once()
    chosen = parameters or Parameters()
    if start is not None:
        chosen = replace(chosen, hot=min(chosen.hot, _WARM * chosen.cold))
    flat, engine = engine_for(problem, seed, _settings(chosen), start)
    servable = set(flat.stops[engine.servable].tolist())
    began, cpu_began = clock(), cpu_clock()
    engine.build()
    iterations = _run(flat, engine, stop, chosen, progress, lambda: clock() - began)
    seconds, cpu_seconds = clock() - began, cpu_clock() - cpu_began
    plan = finish(problem, engine.routes(), servable)
    return replace(plan, iterations=iterations, seconds=seconds, cpu_seconds=cpu_seconds)


def _run(
    flat: Flat,
    engine: Engine,
    stop: StopCondition,
    chosen: Parameters,
    progress: Callable[[Progress], None] | None,
    elapsed: Callable[[], float],
) -> int:
    """Anneal the first solution until the budget is used; returns the iterations done."""
    if len(flat.data.near) < 2:
        return 0
    mean = engine.mean_leg()
    hot, cold = chosen.hot * mean, chosen.cold * mean
    iterations, share, chunk = 0, stop(0, 0.0), _CHUNK
    while share < 1.0:
        count = _fitting(stop, iterations, chunk, elapsed())
        ahead = min(1.0, stop(iterations + count, elapsed()))
        began = elapsed()
        engine.anneal(count, _cooled(hot, cold, share), _cooled(hot, cold, max(share, ahead)))
        iterations += count
        if elapsed() - began < _CHUNK_S / 2 and stop(iterations, 0.0) == 0.0:
            chunk = min(2 * chunk, 1 << 20)  # only where wall time rules: it may not change what is computed
        share = stop(iterations, elapsed())
        if progress is not None:
            best = engine.best_cost() / flat.cost_scale
            progress(Progress(min(share, 1.0), iterations, elapsed(), best, engine.absent()))
    return iterations


def _settings(chosen: Parameters) -> Settings:
    return np.array(
        [chosen.mean_removed, chosen.longest_string, chosen.blink, chosen.near, chosen.retried, 0.0],
        dtype=np.float64,
    )


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
