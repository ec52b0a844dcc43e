"""Fewer tours before any cost: dissolving one tour after the other before the search for the least cost."""

import math

from routing.annealing import Run
from routing.engines import Engine, Rich
from routing.flatten import Flat
from routing.problem import Problem

_UNTIL = 0.5  # share of the budget after which the fleet stays as it is


def use_fewest_vehicles(problem: Problem, run: Run, flat: Flat, engine: Engine) -> None:
    """Lead the search to the fewest tours that it finds to serve every stop; it opens no more from then on.

    Only for equal vehicles that stand at their depots, and stops that all must be served.
    """
    optional = any(stop.prize is not None or stop.group for stop in problem.stops)
    begun = any(car.under_way is not None for car in problem.vehicles)
    if optional or begun or len(flat.data.kind_first) != 2 or not isinstance(engine, Rich):
        return
    least = _least_vehicles(problem)
    engine.dissolve(least)
    run.anneal(flat, engine, until=_UNTIL, enough=lambda: engine.absent() == 0 and engine.tours() <= least)
    engine.go_back()


def _least_vehicles(problem: Problem) -> int:
    """No fewer can serve all stops: by amounts, numbers and service a day, or by what fits in at once."""
    car = problem.vehicles[0]
    day_s = min(car.shift[1] - car.shift[0], car.max_duration_s)
    service_s = sum(stop.service_s + car.setup_s + stop.lifts * car.lift_s for stop in problem.stops)
    bounds = [1, math.ceil(len(problem.stops) / (car.max_stops or math.inf))]
    bounds.append(math.ceil(service_s / day_s - 1e-9) if day_s > 0 else 1)
    limits = car.max_load or (car.capacity if not problem.disposal_sites else ())
    for limit, total in zip(limits, problem.demands.sum(axis=0).tolist(), strict=False):
        if 0 < limit < math.inf:
            bounds.append(math.ceil(total / limit - 1e-9))
    return max(bounds)
