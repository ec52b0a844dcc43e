"""Times of one tour in plain Python: when each visit of a given order begins and ends, with its breaks.

The search decides the order with its own quick kernels; this module writes the times that people see, exactly
and in seconds.
"""

from collections.abc import Sequence
from dataclasses import replace

from routing.breaks import LunchBreak
from routing.plan import Tour, Visit
from routing.pricing import tour_cost
from routing.problem import Problem, Step
from routing.ways import EPSILON_S, Day, Way, start_of

_EXACT_S = 1e-3  # of departures: a day that just keeps a limit may not miss it by the checker's tolerance


def timetable(problem: Problem, vehicle: int, steps: Sequence[Step]) -> Tour:
    """The tour of a vehicle through the given steps, leaving as late as it can without returning later.

    Where windows, shift or breaks cannot be kept the tour is late rather than refused: `violations` says so.
    """
    day = Day(problem, vehicle, steps)
    way = day.best_way(day.earliest_departure())
    departure_s = _latest_departure(day, way)
    way = replace(day.follow(departure_s, way.breaks), breaks=way.breaks)
    return _Writer(problem, vehicle, departure_s).tour(day, steps, way)


def _latest_departure(day: Day, way: Way) -> float:
    """The latest departure with breaks at the same places that neither returns nor serves later."""
    low = day.earliest_departure()
    if not day.places or day.car.under_way is not None:
        return low
    base = day.follow(low, way.breaks)

    def keeps(departure_s: float) -> bool:
        other = day.follow(departure_s, way.breaks)
        return other.clock_s <= base.clock_s + EPSILON_S and other.late_s <= base.late_s + EPSILON_S

    step = base.clock_s - low
    good = low
    while step > _EXACT_S:
        step /= 2.0
        if keeps(good + step):
            good += step
    return good


class _Writer:
    """Writes the visits of a tour down, one after the other."""

    def __init__(self, problem: Problem, vehicle: int, departure_s: float) -> None:
        self._problem = problem
        self._vehicle = vehicle
        self._car = problem.vehicles[vehicle]
        self._departure_s = departure_s
        self._clock_s = departure_s
        self._location = self._car.start
        self._metres = 0.0
        self._visits: list[Visit] = []
        now = self._car.under_way
        load = now and (now.load or (problem.pressed(now.loads) if now.loads else ()))
        self._load = list(load or (0.0,) * problem.dimensions)

    def tour(self, day: Day, steps: Sequence[Step], way: Way) -> Tour:
        distance_m = self._problem.distance_of(self._vehicle)
        rests = {rest.step: rest for rest in way.breaks}
        for number, drive_s in enumerate(day.drives_s):
            place = day.places[number] if number < len(day.places) else None
            target = self._car.end if place is None else place.location
            self._metres += float(distance_m[self._location, target])
            rest = rests.get(number)
            if rest is None:
                self._clock_s += drive_s
            elif rest.before_drive:
                self._rest(rest.length_s, self._location)
                self._clock_s += drive_s
            else:
                self._clock_s += drive_s
                self._rest(rest.length_s, target)
            if place is not None:
                arrival_s = self._clock_s
                start_s, _ = start_of(place.windows, max(arrival_s, place.ready_s))
                self._clock_s = start_s + place.service_s
                self._serve(steps[number], target, arrival_s, start_s)
            self._location = target
        stops = [index for kind, index in steps if kind == "stop"]
        cost = tour_cost(self._problem, self._vehicle, stops, self._metres, self._departure_s, self._clock_s)
        duration_s = self._clock_s - self._departure_s
        visits = tuple(self._visits)
        return Tour(self._vehicle, visits, self._departure_s, self._clock_s, self._metres, duration_s, cost)

    def _serve(self, step: Step, location: int, arrival_s: float, start_s: float) -> None:
        kind, index = step
        if kind == "disposal":
            self._load = [0.0] * len(self._load)
        else:
            demand = self._problem.demands[index].tolist()
            self._load = [a + b for a, b in zip(self._load, demand, strict=True)]
        self._visits.append(
            Visit(kind, index, location, arrival_s, start_s, self._clock_s, tuple(self._load))
        )

    def _rest(self, length_s: float, location: int) -> None:
        begin_s = self._clock_s
        if isinstance(self._car.breaks, LunchBreak):
            begin_s = max(begin_s, self._car.breaks.opens_s)
        taken = sum(visit.kind == "break" for visit in self._visits)
        end_s = begin_s + length_s
        self._visits.append(Visit("break", taken, location, self._clock_s, begin_s, end_s, tuple(self._load)))
        self._clock_s = end_s
