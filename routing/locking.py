"""Locks and plans under way: planning only what is still open, and putting it back behind what is not."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from routing.breaks import DrivingBreaks, LunchBreak
from routing.finishing import recounted
from routing.members import Load, Step, Stop, UnderWay, Vehicle
from routing.plan import Plan, Tour, Visit
from routing.pricing import tour_cost
from routing.problem import Problem
from routing.timetable import timetable


@dataclass(frozen=True)
class OpenPart:
    """What is left to plan of a problem with fixed steps.

    stops: the stops of `problem` as indices of the whole. begun: beginnings of tours that go on in `problem`,
    closed: tours that do not; both by vehicle.
    """

    whole: Problem
    problem: Problem
    stops: tuple[int, ...]
    begun: Mapping[int, Tour]
    closed: Mapping[int, Tour]

    def put_back(self, plan: Plan) -> Plan:
        """The plan of the whole problem: what is fixed as it was, and behind it what was planned."""
        tours = dict(self.closed)
        for tour in plan.tours:
            tours[tour.vehicle] = self._joined(tour)
        left = tuple(replace(one, stop=self.stops[one.stop]) for one in plan.unserved)
        ordered = tuple(tours[vehicle] for vehicle in sorted(tours))
        return recounted(self.whole, replace(plan, tours=ordered, unserved=left))

    def open_steps(self, plan: Plan) -> Plan:
        """What of a plan of the whole problem lies behind the fixed steps, as a plan of the open part."""
        place = {index: number for number, index in enumerate(self.stops)}
        tours = []
        for tour in plan.tours:
            steps = _steps(tour.visits)
            if tour.vehicle in self.begun:
                steps = steps[len(_steps(self.begun[tour.vehicle].visits)) :]
            mine = [(k, place[i] if k == "stop" else i) for k, i in steps if k != "stop" or i in place]
            if mine:
                tours.append(timetable(self.problem, tour.vehicle, mine))
        return replace(plan, tours=tuple(tours), unserved=())

    def _joined(self, tour: Tour) -> Tour:
        """A planned tour with the indices of the whole, behind its beginning."""
        visits = tuple(
            replace(visit, index=self.stops[visit.index]) if visit.kind == "stop" else visit
            for visit in tour.visits
        )
        start_s, distance_m = tour.start_s, tour.distance_m
        before = self.begun.get(tour.vehicle)
        if before is not None:
            visits = before.visits + visits
            start_s, distance_m = before.start_s, before.distance_m + distance_m
        served = [visit.index for visit in visits if visit.kind == "stop"]
        cost = tour_cost(self.whole, tour.vehicle, served, distance_m, start_s, tour.end_s)
        return Tour(tour.vehicle, visits, start_s, tour.end_s, distance_m, tour.end_s - start_s, cost)


def open_part(problem: Problem) -> OpenPart:
    """The problem behind its locks: vehicles go on where promised steps end, locked tours are closed."""
    whole = replace(problem, locks=())
    begun, closed = {}, {}
    for lock in problem.locks:
        if lock.whole and lock.steps:
            closed[lock.vehicle] = timetable(whole, lock.vehicle, lock.steps)
        elif lock.steps:
            begun[lock.vehicle] = timetable(whole, lock.vehicle, lock.steps)
    shut = {lock.vehicle for lock in problem.locks if lock.whole}
    return _open(whole, list(whole.vehicles), begun, closed, shut)


def replan(problem: Problem, plan: Plan, now_s: float) -> OpenPart:
    """What is still open at `now_s` of a plan that is being driven.

    What has begun by then, and the place that a vehicle is driving to, is kept with its times; a vehicle on
    its way home stays on it, one that has not left yet is free. New stops are those of `problem` that the
    plan does not serve. The new plan is `part.put_back(solve(part.problem, ...))`.
    """
    vehicles = [
        replace(car, shift=(max(car.shift[0], min(now_s, car.shift[1])), car.shift[1]))
        for car in problem.vehicles
    ]
    begun: dict[int, Tour] = {}
    closed: dict[int, Tour] = {}
    for tour in plan.tours:
        if tour.start_s <= now_s:
            count = _begun(tour, now_s)
            homeward = count == len(tour.visits) and (not count or tour.visits[-1].departure_s < now_s)
            (closed if homeward else begun)[tour.vehicle] = replace(tour, visits=tour.visits[:count])
    return _open(problem, vehicles, begun, closed, set(closed))


def _open(
    whole: Problem,
    vehicles: list[Vehicle],
    begun: Mapping[int, Tour],
    closed: Mapping[int, Tour],
    shut: Collection[int],
) -> OpenPart:
    """Vehicles go on behind their beginnings or not at all; only stops that nobody serves yet are left."""
    for vehicle in shut:
        vehicles[vehicle] = replace(vehicles[vehicle], max_stops=0, under_way=None)
    parts = {}
    for vehicle, tour in begun.items():
        vehicles[vehicle], parts[vehicle] = _going_on(whole, tour)
    done = {stop: tour.vehicle for tour in (*begun.values(), *closed.values()) for stop in tour.stops}
    stops, kept = _open_stops(whole, done)
    problem = replace(whole, stops=stops, vehicles=vehicles, locks=())
    return OpenPart(whole, problem, kept, parts, closed)


def accustomed(problem: Problem, plan: Plan) -> Problem:
    """The problem with each stop's usual vehicle that of an earlier plan, for `Objective.stability`."""
    usual = {stop: tour.vehicle for tour in plan.tours for stop in tour.stops}
    stops = [replace(stop, usual_vehicle=usual.get(index)) for index, stop in enumerate(problem.stops)]
    return replace(problem, stops=stops)


def _going_on(problem: Problem, tour: Tour) -> tuple[Vehicle, Tour]:
    """The vehicle as it stands after the visits of its tour, and the tour up to there."""
    car, visits = problem.vehicles[tour.vehicle], tour.visits
    before = car.under_way or UnderWay()
    state = _State(problem, tour, before)
    for visit in visits:
        state.after(visit)
    served = list(tour.stops)
    collected = problem.demands[served].sum(axis=0) if served else [0.0] * problem.dimensions
    day = before.day_load or (0.0,) * problem.dimensions
    load, loads = _on_board(problem, visits, before)
    now = replace(
        before,
        load=load,
        loads=loads,
        day_load=tuple(float(a + b) for a, b in zip(day, collected, strict=True)),
        stops=before.stops + len(served),
        departed_s=tour.start_s if before.departed_s is None else before.departed_s,
        worked_s=before.worked_s + state.clock_s - tour.start_s - state.rested_s,
        rested_s=before.rested_s + state.rested_s,
        stretch_s=state.clock_s - state.stretch_from_s,
        driven_s=before.driven_s + state.driven_s,
        driven_stretch_s=state.driven_stretch_s,
        driven_m=before.driven_m + state.driven_m,
        part_taken=state.part,
        lunched=state.lunched,
    )
    shift = (state.clock_s, max(state.clock_s, car.shift[1]))
    part = replace(tour, end_s=state.clock_s, distance_m=state.driven_m)
    return replace(car, start=state.at, shift=shift, under_way=now), part


def _on_board(
    problem: Problem, visits: Sequence[Visit], before: UnderWay
) -> tuple[tuple[float, ...], tuple[Load, ...]]:
    """What is on board after the visits: by fraction if that is known of everything, else in sum."""
    emptied = max((k for k, visit in enumerate(visits) if visit.kind == "disposal"), default=-1)
    stops = [problem.stops[visit.index] for visit in visits[emptied + 1 :] if visit.kind == "stop"]
    loads = tuple(load for stop in stops for load in stop.loads)
    if emptied < 0:
        loads = before.loads + loads
    if (
        loads
        and all(stop.loads or not any(stop.demand) for stop in stops)
        and not (emptied < 0 and before.load)
    ):
        return (), loads
    return (visits[-1].load, ()) if visits else (before.load, before.loads)


class _State:
    """Counters of work, driving and breaks along the visits of a tour."""

    def __init__(self, problem: Problem, tour: Tour, before: UnderWay) -> None:
        self._distance_m = problem.distance_of(tour.vehicle)
        self._duration_s = problem.duration_of(tour.vehicle)
        self._rule = problem.vehicles[tour.vehicle].breaks
        self.at = problem.vehicles[tour.vehicle].start
        self.clock_s = tour.start_s
        self.stretch_from_s = tour.start_s - before.stretch_s
        self.rested_s = 0.0
        self.driven_s = 0.0
        self.driven_m = 0.0
        self.driven_stretch_s = before.driven_stretch_s
        self.part = before.part_taken
        self.lunched = before.lunched

    def after(self, visit: Visit) -> None:
        if visit.location is not None and (visit.kind != "break" or visit.location != self.at):
            drive_s = float(self._duration_s[self.at, visit.location])
            self.driven_s += drive_s
            self.driven_stretch_s += drive_s
            self.driven_m += float(self._distance_m[self.at, visit.location])
            self.at = visit.location
        self.clock_s = visit.departure_s
        if visit.kind == "break":
            self._rest(visit.departure_s - visit.start_s)

    def _rest(self, length_s: float) -> None:
        self.rested_s += length_s
        self.stretch_from_s = self.clock_s
        self.lunched = self.lunched or isinstance(self._rule, LunchBreak)
        if isinstance(self._rule, DrivingBreaks):
            full = length_s >= self._rule.break_s or (self.part and length_s >= self._rule.second_part_s)
            self.driven_stretch_s = 0.0 if full else self.driven_stretch_s
            self.part = not full and (self.part or length_s >= self._rule.first_part_s)


def _begun(tour: Tour, now_s: float) -> int:
    """Visits that the vehicle has begun or is driving to."""
    free_s, count = tour.start_s, 0
    for visit in tour.visits:
        if free_s > now_s or math.isclose(free_s, now_s):
            break
        count += 1
        free_s = visit.departure_s
    return count


def _steps(visits: Sequence[Visit]) -> tuple[Step, ...]:
    return tuple(
        (visit.kind, visit.index) for visit in visits if visit.kind == "stop" or visit.kind == "disposal"
    )


def _open_stops(problem: Problem, done: Mapping[int, int]) -> tuple[list[Stop], tuple[int, ...]]:
    """Stops that are not done, with what they say of done ones carried over, and their indices."""
    groups = {problem.stops[index].group for index in done} - {""}
    kept = tuple(
        index for index, stop in enumerate(problem.stops) if index not in done and stop.group not in groups
    )
    place = {index: number for number, index in enumerate(kept)}
    return [_carried_over(problem.stops[index], done, place) for index in kept], kept


def _carried_over(stop: Stop, done: Mapping[int, int], place: Mapping[int, int]) -> Stop:
    if stop.after is None:
        return stop
    if stop.after in done:
        return replace(stop, after=None, vehicles=(done[stop.after],))
    return replace(stop, after=place.get(stop.after))
