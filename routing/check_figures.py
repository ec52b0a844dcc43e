"""Checking what a plan states of itself: distance, duration and cost."""

from collections.abc import Iterator

from routing.plan import Plan, Tour
from routing.problem import Problem, UnderWay

_TIME_S = 0.01
_SHARE = 1e-6
"""Distances and costs may differ by this share without being wrong."""


def figures(problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    """Faults of the figures of a tour: rule and sentence."""
    vehicle = problem.vehicles[tour.vehicle]
    metres = _metres(problem, tour)
    if _differs(metres, tour.distance_m):
        yield "distance", f"{tour.distance_m:.3f} m stated, {metres:.3f} m by the matrix"
    driven_m = metres + (vehicle.under_way.driven_m if vehicle.under_way else 0.0)
    if driven_m > vehicle.max_distance_m * (1 + _SHARE):
        yield "distance", f"{driven_m:.0f} m, limit {vehicle.max_distance_m:.0f} m"
    duration_s = tour.end_s - tour.start_s
    if abs(duration_s - tour.duration_s) > _TIME_S:
        yield "duration", f"{tour.duration_s:.2f} s stated, {duration_s:.2f} s from start to end"
    cost = _cost(problem, tour, metres)
    if _differs(cost, tour.cost):
        yield "cost", f"{tour.cost:.6g} stated, {cost:.6g} counted"


def plan_cost(problem: Problem, plan: Plan) -> float:
    """Cost of all tours as stated, and of what is left out; a group counts once, at its least prize."""
    left = {one.stop for one in plan.unserved if 0 <= one.stop < len(problem.stops)}
    served = {problem.stops[i].group for tour in plan.tours for i in tour.stops if i < len(problem.stops)}
    cost = sum(tour.cost for tour in plan.tours)
    cost += sum(problem.stops[index].prize or 0.0 for index in left if not problem.stops[index].group)
    for group in {problem.stops[index].group for index in left} - served - {""}:
        prizes = [stop.prize for stop in problem.stops if stop.group == group]
        if all(prize is not None for prize in prizes):
            cost += min(prize for prize in prizes if prize is not None)
    return cost


def _metres(problem: Problem, tour: Tour) -> float:
    vehicle = problem.vehicles[tour.vehicle]
    distance_m = problem.distance_of(tour.vehicle)
    at, metres = vehicle.start, 0.0
    for visit in tour.visits:
        if visit.location is None or (visit.kind == "break" and visit.location == at):
            continue
        metres += float(distance_m[at, visit.location])
        at = visit.location
    return metres + float(distance_m[at, vehicle.end])


def _cost(problem: Problem, tour: Tour, metres: float) -> float:
    """Of the vehicle and its time, and what the objective adds for balance, area and habit."""
    vehicle, objective = problem.vehicles[tour.vehicle], problem.objective
    now = vehicle.under_way or UnderWay()
    day_s = tour.end_s - (tour.start_s if now.departed_s is None else now.departed_s)
    cost = vehicle.fixed_cost + vehicle.cost_per_m * metres + vehicle.cost_per_s * (tour.end_s - tour.start_s)
    cost += vehicle.cost_per_overtime_s * max(0.0, day_s - vehicle.regular_s)
    cost += objective.balance_per_h2 * (day_s / 3600.0) ** 2
    for index in tour.stops:
        stop = problem.stops[index]
        if vehicle.area is not None:
            away_m = float(problem.distance_of(tour.vehicle)[vehicle.area, stop.location])
            cost += objective.compactness_per_m * away_m
        if stop.usual_vehicle not in (None, tour.vehicle):
            cost += objective.stability
    return cost


def _differs(one: float, other: float) -> bool:
    return not abs(one - other) <= _SHARE * max(1.0, abs(one), abs(other))
