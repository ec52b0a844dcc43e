"""What a tour costs, as the search counts it; the checker counts for itself."""

from collections.abc import Iterable

from routing.problem import Problem, UnderWay


def tour_cost(
    problem: Problem, vehicle: int, stops: Iterable[int], metres: float, start_s: float, end_s: float
) -> float:
    """The vehicle, its way and its time, and what the objective adds for balance, area and habit."""
    car, objective = problem.vehicles[vehicle], problem.objective
    departed_s = (car.under_way or UnderWay()).departed_s
    day_s = end_s - (start_s if departed_s is None else departed_s)
    cost = car.fixed_cost + car.cost_per_m * metres + car.cost_per_s * (end_s - start_s)
    if day_s > car.regular_s:
        cost += car.cost_per_overtime_s * (day_s - car.regular_s)
    cost += objective.balance_per_h2 * (day_s / 3600.0) ** 2
    return cost + sum(liking(problem, vehicle, stop) for stop in stops)


def liking(problem: Problem, vehicle: int, stop: int) -> float:
    """Cost of serving the stop with this vehicle beyond its way: far from its area, or not its usual one."""
    car, wish, objective = problem.vehicles[vehicle], problem.stops[stop], problem.objective
    cost = 0.0
    if objective.compactness_per_m and car.area is not None:
        cost += objective.compactness_per_m * float(problem.distance_of(vehicle)[car.area, wish.location])
    if objective.stability and wish.usual_vehicle is not None and wish.usual_vehicle != vehicle:
        cost += objective.stability
    return cost


def skipped_cost(problem: Problem, left_out: Iterable[int]) -> float:
    """Prizes of the stops left out; a group counts once, at its least prize, if all of its stops have one."""
    cost = 0.0
    groups: set[str] = set()
    for index in left_out:
        stop = problem.stops[index]
        if stop.group:
            groups.add(stop.group)
        else:
            cost += stop.prize or 0.0
    for group in sorted(groups):
        prizes = [stop.prize for stop in problem.stops if stop.group == group]
        known = [prize for prize in prizes if prize is not None]
        cost += min(known) if len(known) == len(prizes) else 0.0
    return cost
