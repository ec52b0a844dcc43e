"""Fewer tours before any cost: trying the same problem with one vehicle less, again and again.

A tour seldom disappears by chance while its stops still have to be served. So the fleet is cut first and its
stops stand outside at a price until all are served, as in the fleet minimisation of Christiaens and Vanden
Berghe (2020), section 5.4.
"""

import math
from dataclasses import replace

from routing.annealing import Run
from routing.engines import Engine, engine_for, settings_of
from routing.flatten import Flat
from routing.problem import Problem

_UNTIL = 0.5  # share of the budget after which the fleet stays as it is
_ATTEMPT = 0.2  # share of the budget for one vehicle less


def with_fewest_vehicles(
    problem: Problem, seed: int, run: Run, flat: Flat, engine: Engine
) -> tuple[Flat, Engine]:
    """The search with the smallest fleet that was found to serve every stop.

    Only for equal vehicles and stops that all must be served; else the search as it is.
    """
    if len(flat.data.kind_first) != 2 or any(stop.prize is not None for stop in problem.stops):
        return flat, engine
    least = _least_vehicles(problem)
    while run.share < _UNTIL and engine.absent() == 0:
        count = sum(1 for _ in engine.routes())
        if count <= least:
            break
        smaller = replace(problem, vehicles=problem.vehicles[: count - 1])
        tried_flat, tried = engine_for(smaller, seed, settings_of(run.parameters))
        tried.build()
        run.anneal(tried_flat, tried, until=min(_UNTIL, run.share + _ATTEMPT), served=True)
        if tried.absent() > 0:
            break
        flat, engine = tried_flat, tried
    return flat, engine


def _least_vehicles(problem: Problem) -> int:
    """No fewer can take all stops: by amounts and numbers a day, or what fits in where nothing is emptied."""
    car = problem.vehicles[0]
    bounds = [1, math.ceil(len(problem.stops) / (car.max_stops or math.inf))]
    limits = car.max_load or (car.capacity if not problem.disposal_sites else ())
    for limit, total in zip(limits, problem.demands.sum(axis=0).tolist(), strict=False):
        if 0 < limit < math.inf:
            bounds.append(math.ceil(total / limit - 1e-9))
    return max(bounds)
