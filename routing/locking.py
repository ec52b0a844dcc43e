"""Locks and plans under way: planning only what is still open, and putting it back behind what is not."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from routing.breaks import DrivingBreaks, LunchBreak
from routing.finishing import recounted
from routing.members import Step, Stop, UnderWay, Vehicle
from routing.plan import Plan, Tour, Visit
from routing.problem import Problem
from routing.timetable import timetable


@dataclass(frozen=True)
class OpenPart:
    """What is left to plan of a problem with fixed steps. stops: its stops as indices of the whole."""

    whole: Problem
    problem: Problem
    stops: tuple[int, ...]
    fixed: Mapping[int, tuple[Step, ...]]

    def put_back(self, plan: Plan) -> Plan:
        """The plan of the whole problem: each tour behind its fixed steps."""
        later = {tour.vehicle: self._steps(tour) for tour in plan.tours}
        vehicles = sorted({*later, *(vehicle for vehicle, steps in self.fixed.items() if steps)})
        tours = tuple(
            timetable(self.whole, vehicle, [*self.fixed.get(vehicle, ()), *later.get(vehicle, ())])
            for vehicle in vehicles
        )
        left = tuple(replace(one, stop=self.stops[one.stop]) for one in plan.unserved)
        return recounted(self.whole, replace(plan, tours=tours, unserved=left))

    def open_steps(self, plan: Plan) -> Plan:
        """What of a plan of the whole problem lies behind the fixed steps, as a plan of the open part."""
        place = {index: number for number, index in enumerate(self.stops)}
        tours = []
        for tour in plan.tours:
            steps = _steps(tour.visits)[len(self.fixed.get(tour.vehicle, ())) :]
            mine = [(k, place[i] if k == "stop" else i) for k, i in steps if k != "stop" or i in place]
            if mine:
                tours.append(timetable(self.problem, tour.vehicle, mine))
        return replace(plan, tours=tuple(tours), unserved=())

    def _steps(self, tour: Tour) -> list[Step]:
        found: list[Step] = []
        for visit in tour.visits:
            if visit.kind == "stop":
                found.append(("stop", self.stops[visit.index]))
            elif visit.kind == "disposal":
                found.append(("disposal", visit.index))
        return found


def open_part(problem: Problem) -> OpenPart:
    """The problem behind its locks: vehicles go on where promised steps end, locked tours are closed."""
    whole = replace(problem, locks=())
    vehicles = list(problem.vehicles)
    fixed = {lock.vehicle: lock.steps for lock in problem.locks}
    for lock in problem.locks:
        if lock.whole:
            vehicles[lock.vehicle] = replace(vehicles[lock.vehicle], max_stops=0, under_way=None)
        elif lock.steps:
            tour = timetable(whole, lock.vehicle, lock.steps)
            vehicles[lock.vehicle] = going_on(whole, tour, len(tour.visits))
    done = {index: lock.vehicle for lock in problem.locks for kind, index in lock.steps if kind == "stop"}
    stops, kept = _open_stops(whole, done)
    return OpenPart(whole, replace(whole, stops=stops, vehicles=vehicles), kept, fixed)


def replan(problem: Problem, plan: Plan, now_s: float) -> OpenPart:
    """What is still open at `now_s` of a plan that is being driven.

    What has begun by then, and the place that a vehicle is driving to, is kept; vehicles that have not left
    yet are free. New stops are those of `problem` that the plan does not serve. The new plan is
    `part.put_back(solve(part.problem, ...))`.
    """
    vehicles = list(problem.vehicles)
    fixed: dict[int, tuple[Step, ...]] = {}
    done: dict[int, int] = {}
    for index, car in enumerate(vehicles):
        vehicles[index] = replace(car, shift=(max(car.shift[0], min(now_s, car.shift[1])), car.shift[1]))
    for tour in plan.tours:
        if tour.start_s > now_s:
            continue
        count = _begun(tour, now_s)
        fixed[tour.vehicle] = _steps(tour.visits[:count])
        done |= dict.fromkeys((i for kind, i in fixed[tour.vehicle] if kind == "stop"), tour.vehicle)
        vehicles[tour.vehicle] = going_on(problem, tour, count)
    stops, kept = _open_stops(problem, done)
    return OpenPart(problem, replace(problem, stops=stops, vehicles=vehicles, locks=()), kept, fixed)


def accustomed(problem: Problem, plan: Plan) -> Problem:
    """The problem with each stop's usual vehicle that of an earlier plan, for `Objective.stability`."""
    usual = {stop: tour.vehicle for tour in plan.tours for stop in tour.stops}
    stops = [replace(stop, usual_vehicle=usual.get(index)) for index, stop in enumerate(problem.stops)]
    return replace(problem, stops=stops)


def going_on(problem: Problem, tour: Tour, count: int) -> Vehicle:
    """The vehicle of a tour as it stands after its first `count` visits."""
    car = problem.vehicles[tour.vehicle]
    before = car.under_way or UnderWay()
    visits = tour.visits[:count]
    state = _State(problem, tour, before)
    for visit in visits:
        state.after(visit)
    last = visits[-1] if visits else None
    served = [visit.index for visit in visits if visit.kind == "stop"]
    emptied = max((k for k, visit in enumerate(visits) if visit.kind == "disposal"), default=-1)
    on_board = [problem.stops[v.index] for v in visits[emptied + 1 :] if v.kind == "stop"]
    loads = tuple(load for stop in on_board for load in stop.loads)
    if emptied < 0:
        loads = before.loads + loads
    collected = problem.demands[served].sum(axis=0) if served else [0.0] * problem.dimensions
    day = before.day_load or (0.0,) * problem.dimensions
    exact = bool(loads) and all(stop.loads for stop in on_board) and not before.load
    return replace(
        car,
        start=state.at,
        shift=(last.departure_s if last else tour.start_s, car.shift[1]),
        under_way=replace(
            before,
            load=() if exact else (last.load if last else before.load),
            loads=loads if exact else (),
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
        ),
    )


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
