"""The checker finds each single lie and each broken rule; the times of `timetable` satisfy it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from routing import (
    DisposalSite,
    LunchBreak,
    Plan,
    Problem,
    Stop,
    Tour,
    Unserved,
    Vehicle,
    Visit,
    WorkBreaks,
    violations,
)
from routing.members import Step
from routing.timetable import timetable

HOUR = 3600.0
_AT = np.array([0.0, 600.0, 1200.0, 1800.0, 2400.0])
_METRES = np.abs(_AT[:, None] - _AT[None])


def _problem(**vehicle: object) -> Problem:
    """Three stops and a disposal site on a line, a metre a second."""
    car: dict[str, object] = {
        "start": 0,
        "end": 0,
        "capacity": (10.0,),
        "shift": (0.0, 8 * HOUR),
        "cost_per_m": 2.0,
        "cost_per_s": 0.5,
        "fixed_cost": 7.0,
        "home_empty": True,
        "max_load": (30.0,),
        "max_stops": 3,
    }
    return Problem(
        [
            Stop(1, (5.0,), 100.0, ((0.0, 3000.0),)),
            Stop(2, (5.0,), 100.0),
            Stop(3, (5.0,), 100.0, prize=50.0),
        ],
        [Vehicle(**(car | vehicle))] * 2,  # type: ignore[arg-type]
        _METRES,
        _METRES.copy(),
        [DisposalSite(4, 300.0, ((0.0, 4 * HOUR),)), DisposalSite(0, 60.0)],
    )


_STEPS: list[Step] = [("stop", 0), ("stop", 1), ("disposal", 0), ("stop", 2), ("disposal", 1)]


def _plan(problem: Problem, steps: list[Step]) -> Plan:
    tour = timetable(problem, 0, steps)
    return Plan((tour,), (), tour.cost)


def _tour(plan: Plan, **changes: object) -> Plan:
    return replace(plan, tours=(replace(plan.tours[0], **changes),))  # type: ignore[arg-type]


def _visit(plan: Plan, place: int, **changes: object) -> Plan:
    visits = list(plan.tours[0].visits)
    visits[place] = replace(visits[place], **changes)  # type: ignore[arg-type]
    return _tour(plan, visits=tuple(visits))


def test_a_right_plan_has_no_violation() -> None:
    problem = _problem()
    plan = _plan(problem, _STEPS)
    assert violations(problem, plan) == []
    # 600 + 600 + 1200 out, 600 back to the third stop, 1800 home; 300 s of service, 300 + 60 s of unloading.
    assert plan.tours[0].distance_m == 4800.0
    assert plan.tours[0].duration_s == pytest.approx(4800.0 + 300.0 + 360.0)
    assert plan.cost == pytest.approx(7.0 + 2.0 * 4800.0 + 0.5 * 5460.0)


_LIES: list[tuple[str, Callable[[Plan], Plan]]] = [
    ("cost", lambda plan: replace(plan, cost=plan.cost + 1.0)),
    ("cost", lambda plan: _tour(plan, cost=plan.cost - 1.0)),
    ("distance", lambda plan: _tour(plan, distance_m=4700.0)),
    ("duration", lambda plan: _tour(plan, duration_s=4800.0)),
    ("time", lambda plan: _tour(plan, end_s=plan.tours[0].end_s - 60.0)),
    ("time", lambda plan: _visit(plan, 1, arrival_s=0.0)),
    ("time", lambda plan: _visit(plan, 0, start_s=plan.tours[0].visits[0].arrival_s - 5.0)),
    ("service", lambda plan: _visit(plan, 2, departure_s=plan.tours[0].visits[2].start_s)),
    ("window", lambda plan: _visit(plan, 0, start_s=3100.0, departure_s=3200.0)),
    ("place", lambda plan: _visit(plan, 1, location=3)),
    ("load", lambda plan: _visit(plan, 1, load=(5.0,))),
    ("stop", lambda plan: _visit(plan, 1, index=0)),
    ("stop", lambda plan: _visit(plan, 1, index=17)),
    ("disposal", lambda plan: _visit(plan, 2, index=9)),
    ("vehicle", lambda plan: _tour(plan, vehicle=5)),
    ("vehicle", lambda plan: replace(plan, tours=plan.tours * 2, cost=plan.cost * 2)),
    ("unserved", lambda plan: replace(plan, unserved=(Unserved(1, "forgotten"),))),
    ("shift", lambda plan: _tour(plan, start_s=-100.0)),
]


@pytest.mark.parametrize(("rule", "lie"), _LIES)
def test_each_lie_is_found(rule: str, lie: Callable[[Plan], Plan]) -> None:
    problem = _problem()
    assert rule in {violation.rule for violation in violations(problem, lie(_plan(problem, _STEPS)))}


@pytest.mark.parametrize(
    ("rule", "vehicle", "steps"),
    [
        ("capacity", {}, [("stop", 0), ("stop", 1), ("stop", 2), ("disposal", 1)]),
        ("home empty", {}, [("stop", 0), ("stop", 1), ("disposal", 0), ("stop", 2)]),
        ("stop", {}, [("stop", 0), ("disposal", 0), ("stop", 2), ("disposal", 1)]),
        ("disposal", {"disposal_sites": (1,)}, _STEPS),
        ("day load", {"max_load": (14.0,)}, _STEPS),
        ("day stops", {"max_stops": 2}, _STEPS),
        ("duration", {"max_duration_s": 5000.0}, _STEPS),
        ("shift", {"shift": (0.0, 5000.0)}, _STEPS),
        ("window", {"shift": (3000.0, 20000.0)}, _STEPS),
        ("window", {"shift": (3 * HOUR, 20000.0)}, _STEPS),
    ],
)
def test_each_broken_rule_is_found(rule: str, vehicle: dict[str, object], steps: list[Step]) -> None:
    problem = _problem(**vehicle)
    assert rule in {violation.rule for violation in violations(problem, _plan(problem, steps))}


def test_a_mandatory_stop_left_out_is_a_violation_even_when_named() -> None:
    problem = _problem()
    tour = timetable(problem, 0, [("stop", 0), ("disposal", 0), ("stop", 2), ("disposal", 1)])
    plan = Plan((tour,), (Unserved(1, "no time"),), tour.cost)
    assert {violation.rule for violation in violations(problem, plan)} == {"unserved"}


def test_an_optional_stop_left_out_costs_its_prize() -> None:
    problem = _problem()
    tour = timetable(problem, 0, [("stop", 0), ("stop", 1), ("disposal", 1)])
    assert violations(problem, Plan((tour,), (Unserved(2, "too far"),), tour.cost + 50.0)) == []
    assert violations(problem, Plan((tour,), (Unserved(2, "too far"),), tour.cost)) != []


def _long_day(hours: float, breaks: WorkBreaks | LunchBreak, stops: int = 10) -> Problem:
    """Stops at the depot's door that fill the day with service."""
    zero = np.zeros((1, 1))
    vehicle = Vehicle(0, 0, (99.0,), (6 * HOUR, 24 * HOUR), breaks=breaks)
    return Problem([Stop(0, (1.0,), hours * HOUR / stops)] * stops, [vehicle], zero, zero)


def _rests(tour: Tour) -> list[float]:
    return [visit.departure_s - visit.start_s for visit in tour.visits if visit.kind == "break"]


@pytest.mark.parametrize(
    ("hours", "rests"),
    [(5.9, []), (6.5, [1800.0]), (9.0, [1800.0]), (9.5, [2700.0])],
)
def test_breaks_follow_the_working_time(hours: float, rests: list[float]) -> None:
    problem = _long_day(hours, WorkBreaks())
    tour = timetable(problem, 0, [("stop", i) for i in range(10)])
    assert _rests(tour) == rests
    assert violations(problem, Plan((tour,), (), tour.cost)) == []


def test_more_than_ten_hours_of_work_are_a_violation() -> None:
    problem = _long_day(10.5, WorkBreaks())
    tour = timetable(problem, 0, [("stop", i) for i in range(10)])
    assert "break" in {violation.rule for violation in violations(problem, Plan((tour,), (), tour.cost))}


def _with_break(problem: Problem, place: int, length_s: float) -> Plan:
    """A tour with one break put in by hand before the visit at `place`."""
    tour = timetable(replace(problem, vehicles=[replace(problem.vehicles[0], breaks=None)]), 0, _ALL)
    visits: list[Visit] = list(tour.visits)
    moment = visits[place].arrival_s if place < len(visits) else tour.end_s
    later = [
        replace(
            v,
            arrival_s=v.arrival_s + length_s,
            start_s=v.start_s + length_s,
            departure_s=v.departure_s + length_s,
        )
        for v in visits[place:]
    ]
    rest = Visit(
        "break", 0, 0, moment, moment, moment + length_s, visits[place - 1].load if place else (0.0,)
    )
    end_s = tour.end_s + length_s
    tour = replace(tour, visits=(*visits[:place], rest, *later), end_s=end_s, duration_s=end_s - tour.start_s)
    return Plan((tour,), (), tour.cost)


_ALL: list[Step] = [("stop", i) for i in range(10)]


@pytest.mark.parametrize(
    ("place", "length_s", "good"),
    [
        (5, 1800.0, True),
        (8, 1800.0, False),  # more than six hours before it
        (0, 1800.0, False),  # at the start
        (10, 1800.0, False),  # at the end
        (5, 1700.0, False),  # too short in total
        (5, 840.0, False),  # a part below a quarter of an hour does not count
    ],
)
def test_a_break_counts_only_where_and_as_long_as_the_law_says(
    place: int, length_s: float, good: bool
) -> None:
    problem = _long_day(8.0, WorkBreaks())
    rules = {violation.rule for violation in violations(problem, _with_break(problem, place, length_s))}
    assert rules == (set() if good else {"break"})


def test_lunch_begins_in_its_window_or_the_vehicle_is_home() -> None:
    lunch = LunchBreak(11 * HOUR, 12 * HOUR, HOUR)
    late = _long_day(7.0, lunch)
    tour = timetable(late, 0, _ALL)
    assert _rests(tour) == [HOUR]
    assert violations(late, Plan((tour,), (), tour.cost)) == []
    early = _long_day(5.0, lunch)
    assert _rests(timetable(early, 0, _ALL)) == []
    without = timetable(replace(late, vehicles=[replace(late.vehicles[0], breaks=None)]), 0, _ALL)
    found = violations(late, Plan((without,), (), without.cost))
    assert {violation.rule for violation in found} == {"break"}


def test_a_break_on_the_way_may_lie_where_the_vehicle_waits_anyway() -> None:
    matrix = np.array([[0.0, 100.0], [100.0, 0.0]])
    vehicle = Vehicle(0, 0, (9.0,), (0.0, 20 * HOUR), breaks=WorkBreaks())
    problem = Problem(
        [Stop(1, (1.0,), 3 * HOUR, ((0.0, HOUR),)), Stop(1, (1.0,), 3 * HOUR, ((4 * HOUR, 5 * HOUR),))],
        [vehicle],
        matrix,
        matrix,
    )
    tour = timetable(problem, 0, [("stop", 0), ("stop", 1)])
    assert violations(problem, Plan((tour,), (), tour.cost)) == []
    assert tour.end_s == pytest.approx(7 * HOUR + 100.0)


def test_the_vehicle_leaves_as_late_as_it_can() -> None:
    matrix = np.array([[0.0, 600.0], [600.0, 0.0]])
    problem = Problem(
        [Stop(1, windows=((5000.0, 6000.0),))], [Vehicle(0, 0, shift=(1000.0, 9000.0))], matrix, matrix
    )
    tour = timetable(problem, 0, [("stop", 0)])
    assert tour.start_s == pytest.approx(4400.0, abs=1.0)
    assert violations(problem, Plan((tour,), (), tour.cost)) == []


def test_each_violation_is_a_line_with_place_and_rule() -> None:
    problem = _problem(max_stops=2)
    text = str(violations(problem, _plan(problem, _STEPS))[0])
    assert text == "tour 1: day stops: 3 stops, limit 2"
