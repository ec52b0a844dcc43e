"""Times of one tour in plain Python: when each visit of a given order begins and ends, with its breaks.

The search decides the order with its own quick kernels; this module writes the times that people see, exactly
and in seconds. It looks at every place for a break and keeps the ways that may still turn out best.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.plan import Kind, Tour, Visit
from routing.problem import ALWAYS, DisposalSite, LunchBreak, Problem, Stop, Vehicle, Window, WorkBreaks

Step = tuple[Kind, int]
"""("stop", index) or ("disposal", index)."""

_EPSILON_S = 1e-6


@dataclass(frozen=True)
class _Way:
    """One way to the present point; `breaks`: step after which, before the drive?, start, length."""

    clock_s: float
    stretch_from_s: float
    rested_s: float
    breaks: tuple[tuple[int, bool, float, float], ...] = ()
    late_s: float = 0.0


def timetable(problem: Problem, vehicle: int, steps: Sequence[Step]) -> Tour:
    """The tour of a vehicle through the given steps, leaving as late as it can without returning later.

    Where windows, shift or breaks cannot be kept the tour is late rather than refused: `violations` says so.
    """
    car = problem.vehicles[vehicle]
    places = [_place(problem, step) for step in steps]
    way = _best_way(problem, car, places, _earliest_departure(problem, car, places))
    departure_s = _latest_departure(problem, car, places, way)
    way = replace(_follow(problem, car, places, departure_s, way.breaks), breaks=way.breaks)
    return _tour(problem, vehicle, steps, places, departure_s, way)


def route_rows(problem: Problem, vehicle: int, steps: Sequence[Step]) -> list[int]:
    """Locations from start to end."""
    car = problem.vehicles[vehicle]
    return [car.start, *(_place(problem, step).location for step in steps), car.end]


def _place(problem: Problem, step: Step) -> Stop | DisposalSite:
    kind, index = step
    return problem.stops[index] if kind == "stop" else problem.disposal_sites[index]


def _start_of(windows: Sequence[Window], arrival_s: float) -> tuple[float, float]:
    """Start of service and how much too late it is."""
    for opens, closes in windows or (ALWAYS,):
        if arrival_s <= closes + _EPSILON_S:
            return max(arrival_s, opens) if windows else arrival_s, 0.0
    return arrival_s, arrival_s - windows[-1][1]


def _drive_s(problem: Problem, start: int, end: int) -> float:
    return float(problem.duration_s[start, end])


def _earliest_departure(problem: Problem, car: Vehicle, places: Sequence[Stop | DisposalSite]) -> float:
    if not places:
        return car.shift[0]
    opens = places[0].windows[0][0] if places[0].windows else -math.inf
    return max(car.shift[0], opens - _drive_s(problem, car.start, places[0].location))


def _best_way(
    problem: Problem, car: Vehicle, places: Sequence[Stop | DisposalSite], departure_s: float
) -> _Way:
    """Ways with breaks, from few to many; the first that keeps all rules, else the least bad."""
    least_bad = _Way(math.inf, departure_s, 0.0, late_s=math.inf)
    for totals in _break_plans(car):
        for way in _ways(problem, car, places, departure_s, totals):
            bad = way.late_s + _break_fault_s(car, way, way.clock_s - departure_s)
            if bad <= _EPSILON_S:
                return way
            if bad < least_bad.late_s:
                least_bad = replace(way, late_s=bad)
    return least_bad


def _break_plans(car: Vehicle) -> list[tuple[float, ...]]:
    """Lengths of breaks in order of taking, plans with less rest first."""
    rule = car.breaks
    if rule is None:
        return [()]
    if isinstance(rule, LunchBreak):
        return [(), (rule.length_s,)]
    first, second, part = rule.first_break_s, rule.second_break_s, rule.part_s
    rest = max(second - first, part)
    return [(), (first,), (second,), (first, rest), (second, part)]


def _break_fault_s(car: Vehicle, way: _Way, elapsed_s: float) -> float:
    """By how much the breaks taken fall short of the rule."""
    rule = car.breaks
    if rule is None:
        return 0.0
    if isinstance(rule, LunchBreak):
        return 0.0 if way.breaks else max(0.0, way.clock_s - rule.closes_s)
    work_s = elapsed_s - way.rested_s
    needed_s = 0.0
    if work_s > rule.first_over_s + _EPSILON_S:
        needed_s = rule.first_break_s
    if work_s > rule.second_over_s + _EPSILON_S:
        needed_s = rule.second_break_s
    return max(0.0, needed_s - way.rested_s)


def _ways(
    problem: Problem,
    car: Vehicle,
    places: Sequence[Stop | DisposalSite],
    departure_s: float,
    lengths_s: Sequence[float],
) -> list[_Way]:
    """All undominated ways home that take breaks of these lengths, in this order, between visits."""
    fronts: list[list[_Way]] = [[] for _ in range(len(lengths_s) + 1)]
    fronts[0] = [_Way(departure_s, departure_s, 0.0)]
    location = car.start
    for step, place in enumerate([*places, None]):
        target = car.end if place is None else place.location
        drive_s = _drive_s(problem, location, target)
        moved: list[list[_Way]] = [[] for _ in fronts]
        for taken, front in enumerate(fronts):
            for way in front:
                moved[taken].append(_arrive(car, way, place, way.clock_s + drive_s))
                if taken < len(lengths_s) and step > 0:
                    length_s = lengths_s[taken]
                    for before_drive in (True, False):
                        if place is None and not before_drive:
                            continue  # a break at the end is none
                        rested = _rest(car, way, step, before_drive, drive_s, length_s)
                        moved[taken + 1].append(_arrive(car, rested, place, rested.clock_s))
        fronts = [_undominated(front) for front in moved]
        location = target
    return fronts[-1]


def _rest(car: Vehicle, way: _Way, step: int, before_drive: bool, drive_s: float, length_s: float) -> _Way:
    """Take a break before or after the drive to the next place; the clock then tells the arrival there."""
    begin_s = way.clock_s if before_drive else way.clock_s + drive_s
    late_s = 0.0
    if isinstance(car.breaks, LunchBreak):
        begin_s = max(begin_s, car.breaks.opens_s)
        late_s = max(0.0, begin_s - car.breaks.closes_s)
    if isinstance(car.breaks, WorkBreaks):
        late_s = max(0.0, begin_s - way.stretch_from_s - car.breaks.stretch_s)
    end_s = begin_s + length_s
    return _Way(
        clock_s=end_s + (drive_s if before_drive else 0.0),
        stretch_from_s=end_s,
        rested_s=way.rested_s + length_s,
        breaks=(*way.breaks, (step, before_drive, begin_s, length_s)),
        late_s=way.late_s + late_s,
    )


def _arrive(car: Vehicle, way: _Way, place: Stop | DisposalSite | None, arrival_s: float) -> _Way:
    """Arrive and serve, or come home."""
    if place is None:
        start_s, late_s, service_s = arrival_s, max(0.0, arrival_s - car.shift[1]), 0.0
    else:
        start_s, late_s = _start_of(place.windows, arrival_s)
        service_s = place.service_s
    end_s = start_s + service_s
    if isinstance(car.breaks, WorkBreaks):
        late_s += max(0.0, end_s - way.stretch_from_s - car.breaks.stretch_s)
    return replace(way, clock_s=end_s, late_s=way.late_s + (late_s if late_s > _EPSILON_S else 0.0))


def _undominated(ways: list[_Way]) -> list[_Way]:
    """Drop every way that another one beats in clock, lateness and length of the present stretch."""
    kept: list[_Way] = []
    for way in sorted(ways, key=lambda w: (w.late_s, w.clock_s, -w.stretch_from_s)):
        if not any(
            other.clock_s <= way.clock_s + _EPSILON_S
            and other.stretch_from_s >= way.stretch_from_s - _EPSILON_S
            and other.late_s <= way.late_s + _EPSILON_S
            for other in kept
        ):
            kept.append(way)
    return kept[:24]


def _follow(
    problem: Problem,
    car: Vehicle,
    places: Sequence[Stop | DisposalSite],
    departure_s: float,
    breaks: Sequence[tuple[int, bool, float, float]],
) -> _Way:
    """Drive the tour once more from another departure with breaks at the same places."""
    way = _Way(departure_s, departure_s, 0.0)
    location = car.start
    planned = list(breaks)
    for step, place in enumerate([*places, None]):
        target = car.end if place is None else place.location
        drive_s = _drive_s(problem, location, target)
        arrival_s = way.clock_s + drive_s
        if planned and planned[0][0] == step:
            _, before_drive, _, length_s = planned.pop(0)
            way = _rest(car, way, step, before_drive, drive_s, length_s)
            arrival_s = way.clock_s
        way = _arrive(car, way, place, arrival_s)
        location = target
    return way


def _latest_departure(
    problem: Problem, car: Vehicle, places: Sequence[Stop | DisposalSite], way: _Way
) -> float:
    """Latest departure with the same return, by halving: later departures never return earlier."""
    low = _earliest_departure(problem, car, places)
    if not places:
        return low
    base = _follow(problem, car, places, low, way.breaks)

    def keeps(departure_s: float) -> bool:
        other = _follow(problem, car, places, departure_s, way.breaks)
        return other.clock_s <= base.clock_s + _EPSILON_S and other.late_s <= base.late_s + _EPSILON_S

    step = base.clock_s - low
    good = low
    while step > 0.5:
        step /= 2.0
        if keeps(good + step):
            good += step
    return good


def _tour(
    problem: Problem,
    vehicle: int,
    steps: Sequence[Step],
    places: Sequence[Stop | DisposalSite],
    departure_s: float,
    way: _Way,
) -> Tour:
    """Write the visits down."""
    car = problem.vehicles[vehicle]
    visits: list[Visit] = []
    load = [0.0] * problem.dimensions
    clock_s, location, metres = departure_s, car.start, 0.0
    planned = list(way.breaks)
    for number, (kind, index) in enumerate([*steps, ("home", 0)]):
        place = None if kind == "home" else places[number]
        target = car.end if place is None else place.location
        drive_s = _drive_s(problem, location, target)
        metres += float(problem.distance_m[location, target])
        arrival_s = clock_s + drive_s
        if planned and planned[0][0] == number:
            _, before_drive, _, length_s = planned.pop(0)
            begin_s = clock_s if before_drive else arrival_s
            if isinstance(car.breaks, LunchBreak):
                begin_s = max(begin_s, car.breaks.opens_s)
            where = location if before_drive else target
            taken = sum(visit.kind == "break" for visit in visits)
            came_s = clock_s if before_drive else arrival_s
            visits.append(Visit("break", taken, where, came_s, begin_s, begin_s + length_s, tuple(load)))
            arrival_s = begin_s + length_s + (drive_s if before_drive else 0.0)
        clock_s = arrival_s
        if place is not None:
            start_s, _ = _start_of(place.windows, arrival_s)
            clock_s = start_s + place.service_s
            load = _loaded(load, place)
            kind_of: Kind = "stop" if kind == "stop" else "disposal"
            visits.append(Visit(kind_of, index, target, arrival_s, start_s, clock_s, tuple(load)))
        location = target
    duration_s = clock_s - departure_s
    cost = car.fixed_cost + car.cost_per_m * metres + car.cost_per_s * duration_s
    return Tour(vehicle, tuple(visits), departure_s, clock_s, metres, duration_s, cost)


def _loaded(load: Sequence[float], place: Stop | DisposalSite) -> list[float]:
    if isinstance(place, DisposalSite):
        return [0.0] * len(load)
    return [a + b for a, b in zip(load, place.demand, strict=True)]
