"""The library's one verb: `solve(problem, stop, seed)`."""

import time
from collections.abc import Callable
from dataclasses import replace

from routing.annealing import Progress, Run
from routing.cache import use_cache_once
from routing.engines import engine_for
from routing.finishing import finish
from routing.fleet_size import use_fewest_vehicles
from routing.locking import open_part
from routing.parameters import Parameters
from routing.plan import Plan
from routing.problem import Problem
from routing.rounds import anneal_in_rounds, make_ready
from routing.stop import StopCondition

__all__ = ["Parameters", "Progress", "solve"]


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
    flat, engine = engine_for(problem, seed, parameters, start)
    servable = set(flat.stops[engine.servable].tolist())
    make_ready(flat, engine, stop)
    began, cpu_began = clock(), cpu_clock()
    engine.build()
    run = Run(stop, engine.parameters, progress, lambda: clock() - began)
    if problem.objective.vehicles_first and start is None:
        use_fewest_vehicles(problem, run, flat, engine)
    anneal_in_rounds(flat, engine, run)
    seconds, cpu_seconds = clock() - began, cpu_clock() - cpu_began
    plan = finish(problem, engine.routes(), servable)
    return replace(plan, iterations=run.iterations, seconds=seconds, cpu_seconds=cpu_seconds)
