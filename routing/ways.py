"""Ways through a day with its breaks: every place for a break is looked at, and the best ways are kept."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.breaks import Breaks, DrivingBreaks, LunchBreak, WorkBreaks
from routing.problem import ALWAYS, Problem, Step, UnderWay, Vehicle, Window

EPSILON_S = 1e-6
_FRONT = 24  # ways kept at each place
_MOST_BREAKS = 3  # looked at where driving needs breaks as well


@dataclass(frozen=True)
class Place:
    """A step as its vehicle meets it: time there, windows, and the start that releases allow (s)."""

    location: int
    service_s: float
    windows: Sequence[Window]
    ready_s: float = 0.0


@dataclass(frozen=True)
class Rest:
    """A break: step before which, before the drive to it or after, from when and how long (s)."""

    step: int
    before_drive: bool
    begin_s: float
    length_s: float


@dataclass(frozen=True)
class Way:
    """One way to the present point. late_s: by how much windows, shift and breaks are missed in sum."""

    clock_s: float
    stretch_from_s: float
    rested_s: float = 0.0
    driven_s: float = 0.0
    part: bool = False
    breaks: tuple[Rest, ...] = ()
    late_s: float = 0.0


class Day:
    """A vehicle's steps of one tour, ready for trying departures and breaks."""

    def __init__(self, problem: Problem, vehicle: int, steps: Sequence[Step]) -> None:
        self.car = problem.vehicles[vehicle]
        self.now = self.car.under_way or UnderWay()
        self.places = _places(problem, self.car, steps)
        self.first_ready_s = _released_s(problem, steps, 0)
        rows = [self.car.start, *(place.location for place in self.places), self.car.end]
        duration_s = problem.duration_of(vehicle)
        self.drives_s = [float(duration_s[start, end]) for start, end in itertools.pairwise(rows)]
        self.work = _work_rule(self.car.breaks)
        self.driving = self.car.breaks if isinstance(self.car.breaks, DrivingBreaks) else None

    def earliest_departure(self) -> float:
        """When to leave so as not to wait at the first place; a vehicle under way leaves at once."""
        if self.car.under_way is not None or not self.places:
            return self.car.shift[0]
        windows = self.places[0].windows
        opens_s = windows[0][0] if windows else -math.inf
        return max(self.car.shift[0], self.first_ready_s, opens_s - self.drives_s[0])

    def best_way(self, departure_s: float) -> Way:
        """Ways with breaks, from few to many; the first that keeps all rules, else the least bad."""
        least_bad = Way(math.inf, departure_s, late_s=math.inf)
        for lengths_s in _break_plans(self.car.breaks, self.now):
            for way in self._ways(departure_s, lengths_s):
                bad = way.late_s + self._break_fault_s(way, way.clock_s - departure_s)
                if bad <= EPSILON_S:
                    return way
                if bad < least_bad.late_s:
                    least_bad = replace(way, late_s=bad)
        return least_bad

    def follow(self, departure_s: float, breaks: Sequence[Rest]) -> Way:
        """Drive the tour once more from another departure with breaks at the same places."""
        way = self._begin(departure_s)
        planned = list(breaks)
        for step, drive_s in enumerate(self.drives_s):
            if planned and planned[0].step == step:
                rest = planned.pop(0)
                way = self._rest(way, step, rest.before_drive, rest.length_s)
            else:
                way = self._drive(way, drive_s)
            way = self._arrive(way, step)
        return way

    def _begin(self, departure_s: float) -> Way:
        return Way(
            departure_s,
            departure_s - self.now.stretch_s,
            driven_s=self.now.driven_stretch_s,
            part=self.now.part_taken,
        )

    def _ways(self, departure_s: float, lengths_s: Sequence[float]) -> list[Way]:
        """All undominated ways home that take breaks of these lengths, in this order, between visits."""
        fronts: list[list[Way]] = [[] for _ in range(len(lengths_s) + 1)]
        fronts[0] = [self._begin(departure_s)]
        for step, drive_s in enumerate(self.drives_s):
            moved: list[list[Way]] = [[] for _ in fronts]
            for taken, front in enumerate(fronts):
                for way in front:
                    moved[taken].append(self._arrive(self._drive(way, drive_s), step))
                    if taken == len(lengths_s) or (step == 0 and self.car.under_way is None):
                        continue
                    for before_drive in (True, False):
                        if step == len(self.places) and not before_drive:
                            continue  # a break at the end is none
                        rested = self._rest(way, step, before_drive, lengths_s[taken])
                        moved[taken + 1].append(self._arrive(rested, step))
            fronts = [_undominated(front) for front in moved]
        return fronts[-1]

    def _drive(self, way: Way, drive_s: float) -> Way:
        driven_s, late_s = way.driven_s + drive_s, way.late_s
        if self.driving is not None:
            late_s += _over(driven_s, self.driving.driving_s)
        return replace(way, clock_s=way.clock_s + drive_s, driven_s=driven_s, late_s=late_s)

    def _rest(self, way: Way, step: int, before_drive: bool, length_s: float) -> Way:
        """Take a break before or after the drive of a step; the clock then tells the arrival there."""
        drive_s = self.drives_s[step]
        if not before_drive:
            way = self._drive(way, drive_s)
        begin_s, late_s = way.clock_s, way.late_s
        if isinstance(self.car.breaks, LunchBreak):
            begin_s = max(begin_s, self.car.breaks.opens_s)
            late_s += max(0.0, begin_s - self.car.breaks.closes_s)
        if self.work is not None:
            late_s += max(0.0, begin_s - way.stretch_from_s - self.work.stretch_s)
        driven_s, part = _after_rest(self.driving, way, length_s)
        rested = replace(
            way,
            clock_s=begin_s + length_s,
            stretch_from_s=begin_s + length_s,
            rested_s=way.rested_s + length_s,
            driven_s=driven_s,
            part=part,
            breaks=(*way.breaks, Rest(step, before_drive, begin_s, length_s)),
            late_s=late_s,
        )
        return self._drive(rested, drive_s) if before_drive else rested

    def _arrive(self, way: Way, step: int) -> Way:
        """Serve what is at the step, or come home."""
        if step == len(self.places):
            end_s, late_s = way.clock_s, _over(way.clock_s, self.car.shift[1])
        else:
            place = self.places[step]
            start_s, late_s = start_of(place.windows, max(way.clock_s, place.ready_s))
            end_s = start_s + place.service_s
        if self.work is not None:
            late_s += _over(end_s - way.stretch_from_s, self.work.stretch_s)
        return replace(way, clock_s=end_s, late_s=way.late_s + late_s)

    def _break_fault_s(self, way: Way, elapsed_s: float) -> float:
        """By how much the breaks taken fall short of the rule."""
        rule = self.car.breaks
        if isinstance(rule, LunchBreak):
            lunched = way.breaks or self.now.lunched
            return 0.0 if lunched else _over(way.clock_s, rule.closes_s)
        if self.work is None:
            return 0.0
        work_s = self.now.worked_s + elapsed_s - way.rested_s
        needed_s = 0.0
        if work_s > self.work.first_over_s + EPSILON_S:
            needed_s = self.work.first_break_s
        if work_s > self.work.second_over_s + EPSILON_S:
            needed_s = self.work.second_break_s
        return max(0.0, needed_s - self.now.rested_s - way.rested_s)


def start_of(windows: Sequence[Window], arrival_s: float) -> tuple[float, float]:
    """Start of service and how much too late it is."""
    for opens, closes in windows or (ALWAYS,):
        if arrival_s <= closes + EPSILON_S:
            return max(arrival_s, opens) if windows else arrival_s, 0.0
    return arrival_s, arrival_s - windows[-1][1]


def _places(problem: Problem, car: Vehicle, steps: Sequence[Step]) -> list[Place]:
    places = []
    for number, (kind, index) in enumerate(steps):
        if kind == "stop":
            stop = problem.stops[index]
            service_s = stop.service_s + car.setup_s + stop.lifts * car.lift_s
            places.append(Place(stop.location, service_s, stop.windows))
        else:
            site = problem.disposal_sites[index]
            service_s = site.service_s + site.weighing_s
            ready_s = _released_s(problem, steps, number + 1) - service_s
            places.append(Place(site.location, service_s, site.windows, ready_s))
    return places


def _released_s(problem: Problem, steps: Sequence[Step], first: int) -> float:
    """Latest release of the stops from `first` on up to the next disposal visit."""
    trip = itertools.takewhile(lambda step: step[0] == "stop", steps[first:])
    return max((problem.stops[index].release_s for _, index in trip), default=0.0)


def _work_rule(breaks: Breaks | None) -> WorkBreaks | None:
    return (
        breaks.work
        if isinstance(breaks, DrivingBreaks)
        else breaks
        if isinstance(breaks, WorkBreaks)
        else None
    )


def _break_plans(rule: Breaks | None, now: UnderWay) -> list[tuple[float, ...]]:
    """Lengths of breaks in order of taking, plans with less rest first."""
    if rule is None:
        return [()]
    if isinstance(rule, LunchBreak):
        return [()] if now.lunched else [(), (rule.length_s,)]
    work = rule.work if isinstance(rule, DrivingBreaks) else rule
    first, second, part = work.first_break_s, work.second_break_s, work.part_s
    rest = max(second - first, part)
    plans = [(), (part,), (first,), (second,), (first, rest), (second, part)]
    if not isinstance(rule, DrivingBreaks):
        return plans if now.rested_s else [plan for plan in plans if plan != (part,)]
    lengths = {first, second, part, rule.first_part_s, rule.second_part_s, rule.break_s}
    for count in range(1, _MOST_BREAKS + 1):
        plans += itertools.product(sorted(lengths), repeat=count)
    return sorted(set(plans), key=lambda plan: (sum(plan), len(plan), plan))


def _after_rest(rule: DrivingBreaks | None, way: Way, length_s: float) -> tuple[float, bool]:
    """Driving since the last full break, and whether a first part is behind it."""
    if rule is None:
        return way.driven_s, way.part
    if length_s >= rule.break_s - EPSILON_S or (way.part and length_s >= rule.second_part_s - EPSILON_S):
        return 0.0, False
    return way.driven_s, way.part or length_s >= rule.first_part_s - EPSILON_S


def _over(value_s: float, limit_s: float) -> float:
    over_s = value_s - limit_s
    return over_s if over_s > EPSILON_S else 0.0


def _undominated(ways: list[Way]) -> list[Way]:
    """Drop every way that another one beats in clock, lateness, present stretch and driving."""
    kept: list[Way] = []
    for way in sorted(ways, key=lambda w: (w.late_s, w.clock_s, -w.stretch_from_s)):
        if not any(_beats(other, way) for other in kept):
            kept.append(way)
    return kept[:_FRONT]


def _beats(other: Way, way: Way) -> bool:
    return (
        other.clock_s <= way.clock_s + EPSILON_S
        and other.stretch_from_s >= way.stretch_from_s - EPSILON_S
        and other.late_s <= way.late_s + EPSILON_S
        and other.driven_s <= way.driven_s + EPSILON_S
        and other.part >= way.part
    )
