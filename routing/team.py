"""Several searches side by side on the same problem; the best plan wins."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from routing.plan import Plan
from routing.problem import Problem
from routing.search import Progress, solve
from routing.stop import StopCondition


def solve_in_threads(
    problem: Problem,
    stop: StopCondition,
    seed: int = 1,
    threads: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> Plan:
    """Run `threads` searches with seeds seed, seed + 1, ...; the kernels let each other run.

    The plan with fewest mandatory stops left out, then the least cost, is answered; equal ones by seed, so
    with iterations the answer repeats. Iterations and CPU seconds are those of all, progress of the first.
    """
    if threads == 1:
        return solve(problem, stop, seed, progress)
    with ThreadPoolExecutor(threads) as pool:
        plans = list(
            pool.map(
                lambda number: solve(problem, stop, seed + number, progress if number == 0 else None),
                range(threads),
            )
        )
    best = min(plans, key=lambda plan: (_missing(problem, plan), plan.cost))
    return replace(
        best,
        iterations=sum(plan.iterations for plan in plans),
        cpu_seconds=sum(plan.cpu_seconds for plan in plans),
    )


def _missing(problem: Problem, plan: Plan) -> int:
    return sum(problem.stops[left.stop].prize is None for left in plan.unserved)
