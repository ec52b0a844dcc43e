"""Why each stop of a plan is where it is: room, slack, and what skipping or moving it would cost."""

import heapq
import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from routing.breaks import LunchBreak
from routing.check import violations
from routing.members import Step
from routing.plan import Plan, Tour, Visit
from routing.problem import Problem, Window
from routing.timetable import timetable

_TRIED = 20  # other places of a stop that are driven through exactly, until one keeps every rule


@dataclass(frozen=True)
class Move:
    """The nearest other place found for a stop: behind which step of which vehicle, at what extra cost."""

    vehicle: int
    behind: Step | None
    costs: float


@dataclass(frozen=True)
class Explanation:
    """One stop of a tour. tour, position: counted from 0.

    slack_s: how much later the vehicle could arrive with windows and shift still kept, breaks as they are.
    waits_s: time before service begins. load, room: on board after it, and what would still fit in.
    skipping_saves: cost less without it, before its prize. move: None where none of the nearest other
    places keeps every rule.
    """

    stop: int
    tour: int
    position: int
    vehicle: int
    arrival_s: float
    start_s: float
    waits_s: float
    slack_s: float
    load: tuple[float, ...]
    room: tuple[float, ...]
    skipping_saves: float
    move: Move | None

    def __str__(self) -> str:
        parts = [
            f"stop {self.stop + 1}: vehicle {self.vehicle}, place {self.position + 1}",
            f"arrives at {self.arrival_s:.0f} s",
        ]
        if self.waits_s >= 1:
            parts.append(f"waits {self.waits_s:.0f} s")
        if math.isfinite(self.slack_s):
            parts.append(f"could be {self.slack_s:.0f} s later")
        pairs = zip(self.load, self.room, strict=True)
        amounts = [f"{load:g} on board, room for {room:g}" for load, room in pairs if math.isfinite(room)]
        parts += [" and ".join(amounts)] if amounts else []
        parts.append(f"without it {self.skipping_saves:.6g} less")
        return "; ".join([*parts, self._moving()])

    def _moving(self) -> str:
        if self.move is None:
            return f"none of the {_TRIED} nearest other places keeps every rule"
        behind = "first"
        if self.move.behind is not None:
            kind, index = self.move.behind
            behind = f"behind {'stop ' if kind == 'stop' else 'D'}{index + 1}"
        return f"next best place: vehicle {self.move.vehicle}, {behind}, for {self.move.costs:.6g} more"

    def as_json(self) -> dict[str, Any]:
        """Fields by name, stops counted from 1 as in instance files, what is endless as null."""
        fields = asdict(self) | {"stop": self.stop + 1, "tour": self.tour + 1, "position": self.position + 1}
        fields["slack_s"] = self.slack_s if math.isfinite(self.slack_s) else None
        fields["room"] = [room if math.isfinite(room) else None for room in self.room]
        fields["text"] = str(self)
        return fields


def explain(problem: Problem, plan: Plan, stops: Collection[int] | None = None) -> list[Explanation]:
    """An explanation for each served stop, or for the given ones, in order of the tours.

    Costs are of the tours concerned, each with its times worked out anew; a place counts only if the tours
    then keep every rule.
    Places are tried in the order in which they lengthen the way, the first good one counts.
    """
    found = []
    for number, tour in enumerate(plan.tours):
        steps = _steps(tour)
        slacks = _slacks(problem, tour)
        visits = [(k, visit) for k, visit in enumerate(tour.visits) if visit.kind != "break"]
        for place, (index, visit) in enumerate(visits):
            if visit.kind != "stop" or (stops is not None and visit.index not in stops):
                continue
            without = timetable(problem, tour.vehicle, [*steps[:place], *steps[place + 1 :]])
            found.append(
                Explanation(
                    stop=visit.index,
                    tour=number,
                    position=place,
                    vehicle=tour.vehicle,
                    arrival_s=visit.arrival_s,
                    start_s=visit.start_s,
                    waits_s=visit.start_s - visit.arrival_s,
                    slack_s=slacks[index],
                    load=visit.load,
                    room=_room(problem, tour.vehicle, visit),
                    skipping_saves=_cost_of_use(problem, tour, steps)
                    - _cost_of_use(problem, without, _steps(without)),
                    move=_best_move(problem, plan, number, place),
                )
            )
    return found


def _steps(tour: Tour) -> list[Step]:
    return [
        (visit.kind, visit.index) for visit in tour.visits if visit.kind == "stop" or visit.kind == "disposal"
    ]


def _room(problem: Problem, vehicle: int, visit: Visit) -> tuple[float, ...]:
    capacity = problem.vehicles[vehicle].capacity
    return tuple(most - load for most, load in zip(capacity, visit.load, strict=True))


def _cost_of_use(problem: Problem, tour: Tour, steps: Sequence[Step]) -> float:
    """Cost of a tour; a vehicle that serves nothing stays at home, unless it is under way."""
    served = any(kind == "stop" for kind, _ in steps)
    return tour.cost if served or problem.vehicles[tour.vehicle].under_way is not None else 0.0


def _slacks(problem: Problem, tour: Tour) -> list[float]:
    """How much later the vehicle could arrive at each visit with everything behind it in time (s)."""
    latest_s = problem.vehicles[tour.vehicle].shift[1]
    slacks = [0.0] * len(tour.visits)
    arrives_s = [visit.arrival_s for visit in tour.visits[1:]] + [tour.end_s]
    for index in range(len(tour.visits) - 1, -1, -1):
        visit = tour.visits[index]
        # what follows may arrive this much later, and so may this visit end
        late_s = latest_s - arrives_s[index]
        closes_s = _closing(problem, tour.vehicle, visit)
        latest_s = min(visit.start_s + late_s, closes_s)
        slacks[index] = max(0.0, latest_s - visit.arrival_s)
    return slacks


def _closing(problem: Problem, vehicle: int, visit: Visit) -> float:
    """When the window closes in which the visit begins; breaks but lunch begin any time."""
    if visit.kind == "break":
        rule = problem.vehicles[vehicle].breaks
        return rule.closes_s if isinstance(rule, LunchBreak) else math.inf
    place = problem.stops[visit.index] if visit.kind == "stop" else problem.disposal_sites[visit.index]
    windows: tuple[Window, ...] = place.windows
    return next((closes for _, closes in windows if visit.start_s <= closes + 0.01), math.inf)


def _best_move(problem: Problem, plan: Plan, number: int, place: int) -> Move | None:
    """The first place elsewhere that keeps every rule, of those that lengthen the way least."""
    here = plan.tours[number]
    step = _steps(here)[place]
    taken = {tour.vehicle for tour in plan.tours}
    unused: dict[int, int] = {}
    for vehicle, car in enumerate(problem.vehicles):
        if vehicle not in taken:
            unused.setdefault(id(car), vehicle)
    lines = {tour.vehicle: _steps(tour) for tour in plan.tours} | {v: [] for v in unused.values()}
    lines[here.vehicle] = [one for k, one in enumerate(lines[here.vehicle]) if k != place]
    places = [
        (_detour(problem, vehicle, steps, at, step), vehicle, at)
        for vehicle, steps in lines.items()
        for at in range(len(steps) + 1)
        if (vehicle, at) != (here.vehicle, place)
    ]
    for _, vehicle, at in heapq.nsmallest(_TRIED, places):
        changed = {here.vehicle: lines[here.vehicle]}
        changed[vehicle] = [*lines[vehicle][:at], step, *lines[vehicle][at:]]
        costs = _change(problem, plan, changed)
        if costs is not None:
            return Move(vehicle, lines[vehicle][at - 1] if at else None, costs)
    return None


def _detour(problem: Problem, vehicle: int, steps: Sequence[Step], at: int, step: Step) -> float:
    """Cost of the way by way of the step before the one at `at`."""
    car, metres = problem.vehicles[vehicle], problem.distance_of(vehicle)
    rows = [car.start, *(_location(problem, one) for one in steps), car.end]
    middle = _location(problem, step)
    way = sum(float(metres[a, b]) for a, b in itertools.pairwise((rows[at], middle, rows[at + 1])))
    if not steps:
        return car.fixed_cost + car.cost_per_m * way
    return car.cost_per_m * (way - float(metres[rows[at], rows[at + 1]]))


def _location(problem: Problem, step: Step) -> int:
    kind, index = step
    return problem.stops[index].location if kind == "stop" else problem.disposal_sites[index].location


def _change(problem: Problem, plan: Plan, lines: dict[int, list[Step]]) -> float | None:
    """What the plan costs more with these tours instead of theirs; None if it breaks a rule anew."""
    tours = {tour.vehicle: tour for tour in plan.tours}
    for vehicle, steps in lines.items():
        if any(kind == "stop" for kind, _ in steps) or problem.vehicles[vehicle].under_way is not None:
            tours[vehicle] = timetable(problem, vehicle, steps)
        else:
            tours.pop(vehicle, None)
    changed = tuple(tours[vehicle] for vehicle in lines if vehicle in tours)
    if any(one.tour is not None for one in violations(problem, Plan(changed, (), 0.0))):
        return None
    return sum(tour.cost for tour in tours.values()) - sum(tour.cost for tour in plan.tours)
