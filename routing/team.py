"""Several searches side by side on the same problem that pass their solutions on."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from routing.annealing import Progress, Run
from routing.cache import use_cache_once
from routing.engines import Engine, Lean, engine_for
from routing.finishing import finish
from routing.fleet_size import use_fewest_vehicles
from routing.locking import open_part
from routing.plan import Plan
from routing.problem import Problem
from routing.rounds import begin_breeding, make_ready
from routing.search import solve
from routing.stop import StopCondition

_ROUNDS = 8


def solve_in_threads(
    problem: Problem,
    stop: StopCondition,
    seed: int = 1,
    threads: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> Plan:
    """Run `threads` searches with seeds seed, seed + 1, ...; the kernels let each other run.

    All begin with one first solution. At the end of each of eight rounds the worst search takes over the
    solutions of the best one; they wait for each other, so with iterations the answer repeats. The best plan
    is answered; iterations and CPU seconds are those of all, progress of the first.
    """
    if threads == 1:
        return solve(problem, stop, seed, progress)
    if problem.locks:
        part = open_part(problem)
        return part.put_back(solve_in_threads(part.problem, stop, seed, threads, progress))
    use_cache_once()
    flat, lead = engine_for(problem, seed)
    servable = set(flat.stops[lead.servable].tolist())
    make_ready(flat, lead, stop)
    began, cpu_began = time.perf_counter(), time.thread_time()
    lead.build()
    first = Run(stop, lead.parameters, progress, lambda: time.perf_counter() - began)
    if problem.objective.vehicles_first:
        use_fewest_vehicles(problem, first, flat, lead)
    bred = isinstance(lead, Lean) and lead.can_breed and begin_breeding(flat, lead, first)
    engines = [lead, *(lead.twin(seed + number) for number in range(1, threads))]
    runs = [first, *(first.beside() for _ in range(1, threads))]
    cpu_seconds = time.thread_time() - cpu_began
    begin, before = first.share, first.iterations

    def search(run: Run, engine: Engine, until: float) -> float:
        cpu = time.thread_time()
        if bred and isinstance(engine, Lean):
            run.breed(flat, engine, until)
        else:
            run.anneal(flat, engine, until, cooling=(begin, 1.0))
        return time.thread_time() - cpu

    with ThreadPoolExecutor(threads) as pool:
        for part_done in range(1, _ROUNDS + 1):
            until = 1.0 if part_done == _ROUNDS else begin + (1.0 - begin) * part_done / _ROUNDS
            cpu_seconds += sum(pool.map(search, runs, engines, [until] * threads))
            if part_done < _ROUNDS:
                _pass_on(engines)
    seconds = time.perf_counter() - began
    plan = finish(problem, _best(engines).routes(), servable)
    iterations = before + sum(run.iterations - before for run in runs)
    return replace(plan, iterations=iterations, seconds=seconds, cpu_seconds=cpu_seconds)


def _pass_on(engines: Sequence[Engine]) -> None:
    """The worst search goes on from where the best one is."""
    best = _best(engines)
    worst = max(engines, key=lambda engine: engine.best_cost())
    if worst.best_cost() > best.best_cost():
        worst.follow(best)


def _best(engines: Sequence[Engine]) -> Engine:
    return min(engines, key=lambda engine: engine.best_cost())
