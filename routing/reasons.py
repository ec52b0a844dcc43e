"""Why a stop stays unserved, in words for people."""

import math

from routing.problem import Problem, Vehicle


def why_never(problem: Problem, stop: int) -> str:
    """Why no vehicle can serve the stop even when it serves nothing else."""
    wish = problem.stops[stop]
    for dimension in range(problem.dimensions):
        most = max(_limit(vehicle, dimension) for vehicle in problem.vehicles)
        if wish.demand[dimension] > most:
            return f"demand {wish.demand[dimension]:g} is more than any vehicle takes ({most:g})"
    if not any(_reachable(problem, vehicle, wish.location) for vehicle in problem.vehicles):
        return "no way leads there and back from any vehicle's depot"
    if wish.windows and all(_outside(problem, vehicle, stop) for vehicle in problem.vehicles):
        last = max(closes for _, closes in wish.windows)
        return f"no vehicle can be there before its last window closes (at {last:g} s)"
    return "no vehicle can serve it within its shift, breaks and disposal sites, even alone"


def why_not_now(problem: Problem, stop: int) -> str:
    """Why the search left out a stop that could be served."""
    prize = problem.stops[stop].prize
    if prize is not None:
        return f"serving it would cost more than its prize ({prize:g}) or no vehicle has time or room left"
    return "no vehicle has time or room left for it"


def _limit(vehicle: Vehicle, dimension: int) -> float:
    day = math.inf if vehicle.max_load is None else vehicle.max_load[dimension]
    return min(vehicle.capacity[dimension], day)


def _reachable(problem: Problem, vehicle: Vehicle, location: int) -> bool:
    there = problem.duration_s[vehicle.start, location] + problem.distance_m[vehicle.start, location]
    back = problem.duration_s[location, vehicle.end] + problem.distance_m[location, vehicle.end]
    return math.isfinite(there) and math.isfinite(back)


def _outside(problem: Problem, vehicle: Vehicle, stop: int) -> bool:
    wish = problem.stops[stop]
    arrival_s = vehicle.shift[0] + float(problem.duration_s[vehicle.start, wish.location])
    return all(arrival_s > closes for _, closes in wish.windows)
