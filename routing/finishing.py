"""From the steps that a search found to a whole plan: times, ways home, and what is left out."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from routing.members import Step
from routing.plan import Plan, Tour, Unserved
from routing.pricing import skipped_cost
from routing.problem import Problem
from routing.reasons import why_never, why_not_now
from routing.timetable import timetable

Route = tuple[int, Sequence[Step]]
"""Index of the vehicle in the problem and its steps."""


def finish(problem: Problem, routes: Iterable[Route], servable: set[int]) -> Plan:
    """The plan of the routes; `servable`: stops that some vehicle could serve alone."""
    tours = {vehicle: timetable(problem, vehicle, _emptying_once(steps)) for vehicle, steps in routes}
    for vehicle, car in enumerate(problem.vehicles):
        if car.under_way is not None and vehicle not in tours:
            tours[vehicle] = _way_home(problem, vehicle)
    ordered = tuple(tours[vehicle] for vehicle in sorted(tours))
    unserved = tuple(left_out(problem, ordered, servable))
    cost = sum(tour.cost for tour in ordered) + skipped_cost(problem, (left.stop for left in unserved))
    return Plan(ordered, unserved, cost)


def _emptying_once(steps: Sequence[Step]) -> list[Step]:
    """The steps without disposal visits right behind another at the same site, which cost time alone."""
    return [
        step
        for before, step in itertools.pairwise((None, *steps))
        if step is not None and (step[0] == "stop" or step != before)
    ]


def left_out(problem: Problem, tours: Iterable[Tour], servable: set[int]) -> list[Unserved]:
    """Stops in no tour with the reason; not those of a group of which another stop is served."""
    served = {stop for tour in tours for stop in tour.stops}
    done = {problem.stops[stop].group for stop in served} - {""}
    return [
        Unserved(index, why_not_now(problem, index) if index in servable else why_never(problem, index))
        for index, stop in enumerate(problem.stops)
        if index not in served and stop.group not in done
    ]


def recounted(problem: Problem, plan: Plan) -> Plan:
    """The plan with its cost counted anew from its tours and the stops left out."""
    cost = sum(tour.cost for tour in plan.tours)
    return replace(plan, cost=cost + skipped_cost(problem, (left.stop for left in plan.unserved)))


def _way_home(problem: Problem, vehicle: int) -> Tour:
    """The tour of a vehicle under way without further stops, emptying if it must come home empty."""
    car = problem.vehicles[vehicle]
    direct = timetable(problem, vehicle, [])
    now = car.under_way
    on_board = now is not None and (any(now.load) or any(any(load.amounts) for load in now.loads))
    if not (car.home_empty and on_board):
        return direct
    carried = {load.fraction for load in now.loads} if now is not None else set()
    ways = [
        timetable(problem, vehicle, [("disposal", site)])
        for site in problem.sites_of(vehicle)
        if (accepted := problem.disposal_sites[site].fractions) is None or carried <= set(accepted)
    ]
    in_time = [tour for tour in ways if tour.end_s <= car.shift[1]]
    return min(in_time or ways or [direct], key=lambda tour: tour.cost)
